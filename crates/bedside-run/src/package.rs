//! Finding a benchmark by name or path, and reading a package from a folder.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use bedside_core::benchmark::{CheckedManifest, ItemParser, package_digest};
use bedside_core::problem::{Place, Problem, Problems};
use bedside_core::{Digest, limits};

use crate::fetch::Fetcher;
use crate::items::{Items, ItemsBuilder};

/// Opens a file of bounded size; a problem names the file and what to do.
pub(crate) fn open_bounded(path: &Path, limit: u64) -> Result<impl Read, Problems> {
    let name = path.display().to_string();
    let failed = |error: &std::io::Error| Problems::from(unreadable(&name, error));
    let file = File::open(path).map_err(|error| failed(&error))?;
    let metadata = file.metadata().map_err(|error| failed(&error))?;
    if metadata.is_dir() {
        return Err(Problem::new("unreadable_file", format!("{name} is a folder")).at(Place::file(&name)).into());
    }
    if metadata.len() > limit {
        return Err(too_large(&name, limit));
    }
    // A file may grow while it is read.
    Ok(file.take(limit + 1))
}

/// Reads a file of bounded size.
pub fn read_bounded(path: &Path, limit: u64) -> Result<Vec<u8>, Problems> {
    let name = path.display().to_string();
    let mut bytes = Vec::new();
    open_bounded(path, limit)?.read_to_end(&mut bytes).map_err(|error| unreadable(&name, &error))?;
    if bytes.len() as u64 > limit { Err(too_large(&name, limit)) } else { Ok(bytes) }
}

pub(crate) fn unreadable(name: &str, error: &std::io::Error) -> Problem {
    Problem::new("unreadable_file", format!("cannot read {name}")).at(Place::file(name)).because(error.to_string())
}

fn too_large(name: &str, limit: u64) -> Problems {
    Problem::new("too_large", format!("{name} has more than {limit} bytes")).at(Place::file(name)).into()
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

/// A benchmark that can be run.
#[derive(Clone, Debug)]
pub struct Package {
    /// The checked manifest.
    pub manifest: CheckedManifest,
    /// The items, in file order.
    pub items: Items,
    /// Content address of manifest and items.
    pub digest: Digest,
    /// Where files that belong to items lie.
    pub folder: Option<PathBuf>,
}

impl Package {
    /// Puts a manifest and its items together.
    pub fn new(manifest: CheckedManifest, items: Items, folder: Option<PathBuf>) -> Self {
        let digest = package_digest(&manifest, items.digests());
        Self { manifest, items, digest, folder }
    }

    /// The benchmark's id.
    pub fn id(&self) -> &str {
        &self.manifest.manifest.benchmark.id
    }
}

/// Loads a benchmark with its items, fetching what is missing, mirror first.
pub async fn load(found: &Found, fetcher: &Fetcher) -> Result<Package, Problems> {
    let manifest = manifest(found)?;
    if manifest.manifest.source.is_some() {
        let converted = fetcher.fetch(&manifest, false).await?;
        let file = format!("items of {}", manifest.manifest.benchmark.id);
        let items = read_items(&file, converted.items_jsonl.as_bytes(), &manifest)?;
        return Ok(Package::new(manifest, items, None));
    }
    let Found::Folder(folder) = found else {
        return Err(Problem::new("internal", "an embedded recipe without [source]").into());
    };
    let path = folder.join("items.jsonl");
    let items = read_items(&path.display().to_string(), open_bounded(&path, limits::FILE_BYTES)?, &manifest)?;
    Ok(Package::new(manifest, items, Some(folder.clone())))
}

/// Reads items line by line into their temporary file.
fn read_items(name: &str, text: impl Read, manifest: &CheckedManifest) -> Result<Items, Problems> {
    let mut text = BufReader::with_capacity(1 << 16, text);
    let mut parser = ItemParser::new(name, &manifest.manifest);
    let mut items = ItemsBuilder::new()?;
    let mut line = Vec::new();
    for number in 0.. {
        line.clear();
        // Two bytes more than an item may have: enough for the parser to see that it has too many.
        let read = Read::by_ref(&mut text).take(limits::ITEM_BYTES as u64 + 2).read_until(b'\n', &mut line);
        if read.map_err(|error| unreadable(name, &error))? == 0 {
            break;
        }
        let Ok(words) = std::str::from_utf8(&line) else {
            let mut place = Place::file(name);
            place.line = Some(number + 1);
            return Err(Problem::new("not_utf8", format!("{name} is not UTF-8 text")).at(place).into());
        };
        if let Some(item) = parser.line(number, words.strip_suffix('\n').unwrap_or(words)) {
            items.push(&item)?;
        }
        if parser.is_full() || line.len() > limits::ITEM_BYTES {
            break;
        }
    }
    parser.finish()?;
    Ok(items.finish()?)
}
