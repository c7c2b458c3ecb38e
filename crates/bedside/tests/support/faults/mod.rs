//! A disk that fails at a chosen call, under the real binary: a few lines of C that are loaded before the C library.
//!
//! Chosen over `strace --inject`, which needs leave to trace, is ten times slower, and cannot name files that do not exist yet. The C
//! compiler is the linker that Rust needs anyway. Calls that pass the C library by are not seen; of ours that is only the rename of the
//! page (compared with strace: every other call on the run folder is counted).

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// That call alone.
    Once,
    /// That call and all after it.
    Always,
    /// That call alone; a write has written half before.
    Torn,
}

/// What fails.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// Number of the call on a file of the folder, from 1; 0 for none.
    pub at: usize,
    pub mode: Mode,
    pub error: DiskError,
}

/// The error that is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiskError {
    Broken,
    Full,
}

/// One call that was seen.
#[derive(Clone, Debug)]
pub struct Call {
    pub name: String,
    pub path: String,
    pub failed: bool,
}

/// The compiled library.
pub struct Disk {
    folder: TempDir,
}

impl Disk {
    /// `None` where there is no C compiler.
    pub fn compile() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let compiled = Command::new("cc")
            .args(["-O1", "-Wall", "-shared", "-fPIC", "-o"])
            .arg(folder.path().join("faults.so"))
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/faults/faults.c"))
            .args(["-ldl", "-lpthread"])
            .status();
        match compiled {
            Ok(status) => {
                assert!(status.success(), "the library does not compile");
                Some(Self { folder })
            }
            Err(_) => None,
        }
    }

    /// Lets a call of this command fail on files in `under`; the calls are written to `log`, which lies elsewhere.
    pub fn fail(&self, command: &mut Command, fault: Fault, under: &Path, log: &Path) {
        let mode = match fault.mode {
            Mode::Once => "once",
            Mode::Always => "always",
            Mode::Torn => "torn",
        };
        let error = match fault.error {
            DiskError::Broken => "5",
            DiskError::Full => "28",
        };
        command
            .env("LD_PRELOAD", self.folder.path().join("faults.so"))
            .env("BEDSIDE_FAULT_UNDER", under)
            .env("BEDSIDE_FAULT_AT", fault.at.to_string())
            .env("BEDSIDE_FAULT_MODE", mode)
            .env("BEDSIDE_FAULT_ERRNO", error)
            .env("BEDSIDE_FAULT_LOG", log);
    }
}

/// The calls in a log.
pub fn calls(log: &PathBuf) -> Vec<Call> {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    text.lines()
        .map(|line| {
            let words: Vec<&str> = line.split(' ').collect();
            assert_eq!(words.len(), 4, "{line}");
            Call { name: words[1].to_owned(), path: words[2].to_owned(), failed: words[3] == "failed" }
        })
        .collect()
}
