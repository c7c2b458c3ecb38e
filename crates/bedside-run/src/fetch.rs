//! Bringing upstream files: mirror first, then the network; every digest checked; the cache is never left half written.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bedside_core::benchmark::CheckedManifest;
use bedside_core::manifest::DataClass;
use bedside_core::problem::{Place, Problem, Problems};
use bedside_core::source::{SourceFile, SourceTable};
use bedside_recipes::RecordedFile;
use sha2::{Digest as _, Sha256};

use crate::egress::{Egress, Endpoint};
use crate::package::read_bounded;

/// Where upstream files lie on the usual code host.
const DEFAULT_URL: &str = "https://raw.githubusercontent.com/{repository}/{commit}/{path}";
/// One file. The largest known one takes seconds on a slow line.
const DOWNLOAD_TIMEOUT: Duration = Duration::from_mins(5);

/// How to get upstream files.
#[derive(Clone, Debug)]
pub struct Fetcher {
    /// Folder of the cache.
    pub cache: PathBuf,
    /// A folder with the same files, asked before the network.
    pub mirror: Option<PathBuf>,
    /// What may leave the machine: even asking for a file tells the host something.
    pub egress: Egress,
}

/// A converted benchmark.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// The items, as `items.jsonl`.
    pub items_jsonl: String,
    /// Published outputs of real systems.
    pub recorded: Vec<RecordedFile>,
    /// Where each file came from.
    pub origins: Vec<Origin>,
}

/// Where a file came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Id of the file in the recipe.
    pub file: String,
    /// `cache`, `mirror` or the host.
    pub from: String,
    /// Size.
    pub bytes: u64,
    /// Whether the recipe pins its digest, as of every file that is fetched.
    pub pinned: bool,
}

/// The folder of the cache: `BEDSIDE_CACHE`, else the user's cache folder.
pub fn cache_folder() -> PathBuf {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("BEDSIDE_CACHE")
        .or_else(|| set("XDG_CACHE_HOME").map(|folder| folder.join("bedside")))
        .or_else(|| set("LOCALAPPDATA").map(|folder| folder.join("bedside")))
        .or_else(|| set("HOME").map(|folder| folder.join(".cache").join("bedside")))
        .unwrap_or_else(|| PathBuf::from(".bedside-cache"))
}

impl Fetcher {
    /// Brings a benchmark's files and converts them.
    pub async fn fetch(&self, manifest: &CheckedManifest, with_recorded: bool) -> Result<Fetched, Problems> {
        let id = &manifest.manifest.benchmark.id;
        let Some(source) = &manifest.manifest.source else {
            return Err(Problem::new(
                "nothing_to_fetch",
                format!("`{id}` has its items in its own folder: there is nothing to fetch"),
            )
            .into());
        };
        let mut files = BTreeMap::new();
        let mut origins = Vec::new();
        for file in source.file.iter().filter(|file| with_recorded || !file.recorded_only) {
            let (bytes, from) = self.file(id, source, file).await?;
            origins.push(Origin { file: file.id.clone(), from, bytes: file.bytes, pinned: true });
            files.insert(file.id.clone(), bytes);
        }
        let converted = bedside_recipes::convert(manifest, &files)?;
        if let Some(generator) = &source.generator {
            let from = format!("drawn here, seed {}", generator.seed);
            origins.push(Origin {
                file: generator.name.clone(),
                from,
                bytes: converted.items_jsonl.len() as u64,
                pinned: false,
            });
        }
        Ok(Fetched { items_jsonl: converted.items_jsonl, recorded: converted.recorded, origins })
    }

    /// One file: from the cache, the mirror or upstream, in this order.
    async fn file(
        &self,
        benchmark: &str,
        source: &SourceTable,
        file: &SourceFile,
    ) -> Result<(Vec<u8>, String), Problems> {
        let cached = self.cache.join("sources").join(&file.sha256);
        if let Ok(bytes) = read_bounded(&cached, file.bytes)
            && sha256(&bytes) == file.sha256
        {
            return Ok((bytes, "cache".to_owned()));
        }
        if let (Some(mirror), Some(folder)) = (&self.mirror, &source.mirror) {
            let path = mirror.join(folder).join(file.mirror_path.as_deref().unwrap_or(&file.path));
            if path.is_file() {
                let bytes = read_bounded(&path, file.bytes.saturating_mul(2).max(1 << 20))?;
                check(&bytes, file, &path.display().to_string())?;
                write_atomically(&cached, &bytes)?;
                return Ok((bytes, "mirror".to_owned()));
            }
        }
        if let Some(reason) = &source.mirror_only {
            return Err(Problem::new("mirror_only", format!("`{}` of `{benchmark}` has no upstream address", file.id))
                .because(reason.clone())
                .hint("give the folder that holds it by --mirror DIR or BEDSIDE_MIRROR")
                .into());
        }
        let address = source
            .url
            .as_deref()
            .unwrap_or(DEFAULT_URL)
            .replace("{repository}", source.repository.as_deref().unwrap_or_default())
            .replace("{commit}", source.commit.as_deref().unwrap_or_default())
            .replace("{path}", &file.path);
        let bytes = self.download(benchmark, &address, file.bytes).await?;
        check(&bytes, file, &address)?;
        write_atomically(&cached, &bytes)?;
        let host = Endpoint::parse(&address).map_or_else(|_| address.clone(), |endpoint| endpoint.host);
        Ok((bytes, host))
    }

    /// Downloads a file of known size.
    pub async fn download(&self, what: &str, address: &str, bytes_expected: u64) -> Result<Vec<u8>, Problems> {
        let failed = |why: String| {
            Problems::from(
                Problem::new("fetch_failed", format!("cannot fetch a file of `{what}`"))
                    .at(Place::file(address))
                    .because(why)
                    .hint("without a network, give a folder with the same files by --mirror DIR or BEDSIDE_MIRROR"),
            )
        };
        let endpoint = Endpoint::parse(address).map_err(|error| failed(error.to_string()))?;
        // A request for public files carries no item; the class is that of the request, not of what comes back.
        let client = self
            .egress
            .client(&endpoint, "a request for public files", DataClass::Synthetic, DOWNLOAD_TIMEOUT)
            .map_err(|error| failed(error.to_string()))?;
        let mut response = client.get(endpoint.url.clone()).send().await.map_err(|error| failed(causes(&error)))?;
        if !response.status().is_success() {
            return Err(failed(format!("the server answered {}", response.status())));
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| failed(causes(&error)))? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() as u64 > bytes_expected {
                return Err(failed(format!("the file is larger than the {bytes_expected} bytes that the recipe pins")));
            }
        }
        Ok(bytes)
    }
}

/// Writes a file so that it is there whole or not at all.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), Problems> {
    let name = path.display().to_string();
    let write = || -> std::io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|error| {
        Problem::new("cannot_write", format!("cannot write {name}"))
            .at(Place::file(&name))
            .because(error.to_string())
            .into()
    })
}

fn check(bytes: &[u8], file: &SourceFile, from: &str) -> Result<(), Problems> {
    let found = sha256(bytes);
    if found == file.sha256 {
        return Ok(());
    }
    Err(Problem::new("digest_mismatch", format!("`{}` is not the file that the recipe pins", file.id))
        .at(Place::file(from))
        .because(format!(
            "sha256 is {found}, pinned is {}; nothing was kept, and what the cache holds is untouched",
            file.sha256
        ))
        .hint("the upstream file changed or was damaged on the way: scores on it would not be comparable")
        .into())
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        use std::fmt::Write as _;
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The innermost cause: the outer ones repeat the address.
fn causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = cause.to_string();
        source = cause.source();
    }
    text
}
