//! `fetch`: upstream files, published outputs of real systems, and the embedded model.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use bedside_core::benchmark::{CheckedManifest, parse_items};
use bedside_core::problem::{Problem, Problems};
use bedside_run::fetch::{Fetcher, write_atomically};
use bedside_run::system::local;
use bedside_run::{package, weights};

use crate::args::{Fetch, Global};
use crate::commands::fetcher;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;

/// `bedside fetch`
pub async fn fetch(global: &Global, args: &Fetch) -> Result<Exit, Failure> {
    let fetcher = fetcher(global);
    let every: Vec<String> = bedside_recipes::embedded::names().map(str::to_owned).collect();
    let what = if args.what.is_empty() { &every } else { &args.what };
    let mut problems = Problems::new();
    for name in what {
        if name.strip_prefix("local/") == Some(local::MODEL) {
            match weights::obtain(&fetcher, &output::say).await {
                Ok(path) => output::result(&format!("{name}  {}\n", path.display()))?,
                Err(found) => problems.0.extend(found.0),
            }
            continue;
        }
        match one(name, &fetcher, args.output.as_deref()).await {
            Ok(text) => output::result(&text)?,
            Err(failure) => problems.0.extend(failure.problems.0),
        }
    }
    if problems.0.is_empty() { Ok(Exit::Done) } else { Err(problems.into()) }
}

async fn one(name: &str, fetcher: &Fetcher, output_folder: Option<&Path>) -> Result<String, Failure> {
    let manifest = package::manifest(&package::find(name)?)?;
    let table = &manifest.manifest.benchmark;
    if let Some(notice) = manifest.manifest.source.as_ref().and_then(|source| source.notice.as_ref()) {
        output::say(&format!("{}: {notice}", table.id));
    }
    let converted = fetcher.fetch(&manifest, true).await?;
    let items = parse_items(&format!("items of {}", table.id), &converted.items_jsonl, &manifest.manifest)?;
    let mut text = format!("{}  {} items, licence {}\n", table.id, items.len(), table.licence);
    for origin in &converted.origins {
        let pinned = if origin.pinned { ", sha256 as pinned" } else { "" };
        let _ = writeln!(text, "  {}  {} bytes from {}{pinned}", origin.file, origin.bytes, origin.from);
    }
    let folder = match output_folder {
        Some(folder) => {
            let folder = folder.join(&table.id);
            write_atomically(&folder.join("benchmark.toml"), manifest.text.as_bytes())?;
            write_atomically(&folder.join("items.jsonl"), converted.items_jsonl.as_bytes())?;
            folder.join("recorded")
        }
        None => recorded_folder(&manifest, fetcher),
    };
    for recorded in &converted.recorded {
        let path = folder.join(recorded_name(&recorded.system));
        write_atomically(&path, recorded.jsonl.as_bytes())?;
        let _ = writeln!(text, "  recorded outputs of {}: {}", recorded.system, path.display());
    }
    Ok(text)
}

/// Converts the recorded outputs that come with a recipe and keeps them in the cache, where a run file can find them again.
pub async fn keep_recorded(manifest: &CheckedManifest, fetcher: &Fetcher) -> Result<PathBuf, Failure> {
    let converted = fetcher.fetch(manifest, true).await?;
    if converted.recorded.is_empty() {
        return Err(Problem::new(
            "nothing_recorded",
            format!("no recorded outputs come with `{}`", manifest.manifest.benchmark.id),
        )
        .into());
    }
    let folder = recorded_folder(manifest, fetcher);
    for recorded in &converted.recorded {
        write_atomically(&folder.join(recorded_name(&recorded.system)), recorded.jsonl.as_bytes())?;
    }
    Ok(folder)
}

fn recorded_folder(manifest: &CheckedManifest, fetcher: &Fetcher) -> PathBuf {
    fetcher.cache.join("recorded").join(&manifest.manifest.benchmark.id)
}

/// File name for a system: what no file system and no shell trips over.
pub fn recorded_name(system: &str) -> String {
    let name: String = system
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' })
        .collect();
    format!("{name}.jsonl")
}
