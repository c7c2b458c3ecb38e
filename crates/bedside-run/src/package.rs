//! Finding a benchmark by name or path, and reading a package from a folder.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use bedside_core::benchmark::{Benchmark, CheckedManifest, parse_items};
use bedside_core::limits;
use bedside_core::problem::{Place, Problem, Problems};

use crate::fetch::Fetcher;

/// Reads a file of bounded size; a problem names the file and what to do.
pub fn read_bounded(path: &Path, limit: u64) -> Result<Vec<u8>, Problems> {
    let name = path.display().to_string();
    let failed = |error: std::io::Error| {
        let problem = Problem::new("unreadable_file", format!("cannot read {name}"))
            .at(Place::file(&name))
            .because(error.to_string());
        Problems::from(problem)
    };
    let file = File::open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.is_dir() {
        return Err(Problem::new("unreadable_file", format!("{name} is a folder")).at(Place::file(&name)).into());
    }
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > limit {
        return Err(Problem::new("too_large", format!("{name} has more than {limit} bytes"))
            .at(Place::file(&name))
            .into());
    }
    Ok(bytes)
}

/// Reads a text file of bounded size.
pub fn read_text(path: &Path, limit: u64) -> Result<String, Problems> {
    let bytes = read_bounded(path, limit)?;
    String::from_utf8(bytes).map_err(|error| {
        let name = path.display().to_string();
        let before = error.as_bytes()[..error.utf8_error().valid_up_to()].split(|byte| *byte == b'\n');
        let line = before.count();
        let mut place = Place::file(&name);
        place.line = Some(line);
        Problem::new("not_utf8", format!("{name} is not UTF-8 text")).at(place).into()
    })
}

/// Reads the manifest of a package folder.
pub fn load_manifest(folder: &Path) -> Result<CheckedManifest, Problems> {
    let path = folder.join("benchmark.toml");
    let text = read_text(&path, limits::MANIFEST_BYTES)?;
    CheckedManifest::parse(&path.display().to_string(), &text, bedside_score::catalogue())
}

/// Where a benchmark was found.
#[derive(Clone, Debug)]
pub enum Found {
    /// A folder.
    Folder(PathBuf),
    /// A recipe in the binary.
    Embedded(&'static str),
}

/// Finds `what`: a path, else `./benchmarks/NAME`, else a recipe in the binary.
pub fn find(what: &str) -> Result<Found, Problem> {
    let path = Path::new(what);
    if path.is_file() && path.file_name().is_some_and(|name| name == "benchmark.toml") {
        return Ok(Found::Folder(path.parent().unwrap_or(Path::new(".")).to_owned()));
    }
    for folder in [path.to_owned(), Path::new("benchmarks").join(what)] {
        if folder.join("benchmark.toml").is_file() {
            return Ok(Found::Folder(folder));
        }
    }
    if let Some(name) = bedside_recipes::embedded::names().find(|name| *name == what) {
        return Ok(Found::Embedded(name));
    }
    if path.is_dir() {
        return Err(Problem::new("no_manifest", format!("{what} holds no benchmark.toml"))
            .hint("`bedside init NAME` writes one to start from"));
    }
    let beside = std::fs::read_dir("benchmarks").into_iter().flatten().flatten();
    let local: Vec<String> = beside.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    let mut names: Vec<&str> = bedside_recipes::embedded::names().collect();
    names.extend(local.iter().map(String::as_str));
    Err(Problem::new("unknown_benchmark", format!("unknown benchmark `{what}`"))
        .because("no folder, no ./benchmarks entry and no recipe has this name")
        .suggest(what, names))
}

/// The manifest of something found.
pub fn manifest(found: &Found) -> Result<CheckedManifest, Problems> {
    match found {
        Found::Folder(folder) => load_manifest(folder),
        Found::Embedded(name) => {
            let text = bedside_recipes::embedded::manifest(name).unwrap_or_default();
            CheckedManifest::parse(
                &format!("benchmarks/{name}/benchmark.toml (in the binary)"),
                text,
                bedside_score::catalogue(),
            )
        }
    }
}

/// Loads a benchmark with its items, fetching what is missing, mirror first.
pub async fn load(found: &Found, fetcher: &Fetcher) -> Result<Benchmark, Problems> {
    let manifest = manifest(found)?;
    if manifest.manifest.source.is_some() {
        let converted = fetcher.fetch(&manifest, false).await?;
        let file = format!("items of {}", manifest.manifest.benchmark.id);
        let items = parse_items(&file, &converted.items_jsonl, &manifest.manifest)?;
        return Ok(Benchmark::new(manifest, items));
    }
    let Found::Folder(folder) = found else {
        return Err(Problem::new("internal", "an embedded recipe without [source]").into());
    };
    let path = folder.join("items.jsonl");
    let text = read_text(&path, limits::FILE_BYTES)?;
    let items = parse_items(&path.display().to_string(), &text, &manifest.manifest)?;
    Ok(Benchmark::new(manifest, items))
}
