//! One writer at a time: an advisory lock on `<run file>.lock`, which the operating system releases when its holder ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::error::StoreError;

/// The right to write to a run file. Released, and its file removed, when dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes the lock or says who has it. A file left by a process that was killed is no obstacle.
    pub fn take(run: &Path) -> Result<Self, StoreError> {
        let path = beside(run, ".lock");
        let fail = |source| StoreError::io(&path, "locking", source);
        loop {
            let mut file = private().read(true).write(true).create(true).truncate(false).open(&path).map_err(fail)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    let mut holder = String::new();
                    let read = Read::by_ref(&mut file).take(64).read_to_string(&mut holder);
                    let by = if read.is_ok() && !holder.is_empty() {
                        format!("process {}", holder.trim())
                    } else {
                        "another process".to_owned()
                    };
                    return Err(StoreError::Locked { path: run.to_owned(), by });
                }
                Err(TryLockError::Error(source)) => return Err(fail(source)),
            }
            // The holder before us may have removed the file between our opening and our locking: then it locks nothing.
            if same_file(&file, &path) {
                // From here on dropping it removes the file, also when the disk takes no number.
                let mut lock = Self { file, path: path.clone() };
                let file = &mut lock.file;
                file.set_len(0)
                    .and_then(|()| file.rewind())
                    .and_then(|()| writeln!(file, "{}", std::process::id()))
                    .map_err(fail)?;
                return Ok(lock);
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Removed while still locked. Where others could not notice that (see `same_file`), it stays.
        if cfg!(unix) {
            let _ = std::fs::remove_file(&self.path);
        }
        let _ = self.file.unlock();
    }
}

/// The path of a file beside the run file.
pub(crate) fn beside(run: &Path, suffix: &str) -> PathBuf {
    let mut name = run.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Options for files that only their owner may read: a run may hold clinical text.
pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(unix)]
fn same_file(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(ours), Ok(there)) => ours.ino() == there.ino() && ours.dev() == there.dev(),
        _ => false,
    }
}

#[cfg(not(unix))]
fn same_file(_: &File, _: &Path) -> bool {
    true
}
