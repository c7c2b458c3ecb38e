//! Run files by name: `latest`, an id, the start of an id, or a path.

use std::path::{Path, PathBuf};

use bedside_core::Digest;
use bedside_core::problem::Problem;
use jiff::Timestamp;

/// Milliseconds since 1970, for the engine, which has no clock of its own.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
pub fn now_ms() -> i64 {
    Timestamp::now().as_millisecond()
}

/// A new run's id: the time for people, a few digits of the plan for uniqueness.
pub fn new_id(at_ms: i64, plan: &Digest) -> String {
    let time = Timestamp::from_millisecond(at_ms).unwrap_or_default();
    format!("{}-{}", time.strftime("%Y%m%d-%H%M%S"), &plan.hex()[..6])
}

/// The file of a run id.
pub fn file(runs: &Path, id: &str) -> PathBuf {
    runs.join(format!("{id}.sqlite"))
}

/// Id of a run file.
pub fn id(path: &Path) -> String {
    path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned())
}

/// All run files in a folder, oldest first.
pub fn all(runs: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(runs)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "sqlite"))
        .collect();
    found.sort();
    found
}

/// The file that is meant.
pub fn find(runs: &Path, wanted: &str) -> Result<PathBuf, Problem> {
    let path = Path::new(wanted);
    if path.is_file() {
        return Ok(path.to_owned());
    }
    let all = all(runs);
    let nothing = || {
        Problem::new("no_runs", format!("no run files in {}", runs.display()))
            .hint("`bedside run` makes one; --runs or BEDSIDE_RUNS names the folder")
    };
    if wanted == "latest" {
        // By time of the last change, since a resumed run is the latest again.
        return all
            .into_iter()
            .max_by_key(|path| path.metadata().and_then(|meta| meta.modified()).ok())
            .ok_or_else(nothing);
    }
    if all.is_empty() {
        return Err(nothing());
    }
    let matching: Vec<&PathBuf> = all.iter().filter(|path| id(path).starts_with(wanted)).collect();
    match matching.as_slice() {
        [one] => Ok((*one).clone()),
        [] => {
            let ids: Vec<String> = all.iter().map(|path| id(path)).collect();
            Err(Problem::new("unknown_run", format!("no run `{wanted}` in {}", runs.display()))
                .suggest(wanted, ids.iter().map(String::as_str)))
        }
        several => {
            let ids: Vec<String> = several.iter().map(|path| id(path)).collect();
            Err(Problem::new("ambiguous_run", format!("`{wanted}` is the start of {} runs", several.len()))
                .hint(ids.join(", ")))
        }
    }
}
