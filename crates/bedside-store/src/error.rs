//! Why a run file could not be written or read, in words that say what to do.

use std::path::{Path, PathBuf};

use bedside_core::{CellKey, Digest};

/// What went wrong with a run file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Not a run file.
    #[error("{} is no run file: {why}", path.display())]
    NotARun {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        why: String,
    },
    /// Written by a newer version of the program.
    #[error("{} was written by a newer version (layout {found}, this program knows {known}): it can be read but is not written; to go on with it, update bedside", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest version known here.
        known: u32,
    },
    /// A run is never overwritten.
    #[error("{} exists already: a run is never overwritten; resume it, or give another name", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Another process writes to it.
    #[error("{} is being written by {by}: wait for it, or end it first", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
        /// Who holds it, as far as known.
        by: String,
    },
    /// No room.
    #[error("no room left while writing {}: what was recorded before is safe; make room on its disk and resume", path.display())]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// The content is not what was written.
    #[error("{} is damaged or was changed: {what}; use a copy of it, if there is one, and do not publish from this file", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// Where.
        what: Broken,
    },
    /// An earlier write failed.
    #[error("an earlier write to {} failed, so nothing more is written: look at the first error, then resume", path.display())]
    Stopped {
        /// The file.
        path: PathBuf,
    },
    /// The run to merge is another run.
    #[error("{} is another run and cannot be merged: {differs}", path.display())]
    OtherPlan {
        /// The file that was to be taken in.
        path: PathBuf,
        /// In what the plans differ.
        differs: String,
    },
    /// Two files have different events under the same number of the same writer.
    #[error("the events of writer {writer:?} in {} differ from those taken in before, from number {seq} or an earlier one on: two processes went on with copies of one file; merge one of the copies", path.display())]
    Forked {
        /// The file that was to be taken in.
        path: PathBuf,
        /// The writer.
        writer: String,
        /// Last number that both have.
        seq: i64,
    },
    /// Something the file should hold is not in it.
    #[error("{} does not hold {what}: it is damaged, or was made by a program that left it out", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
        /// What is missing.
        what: String,
    },
    /// JSON in the file could not be understood.
    #[error("{what} in {} cannot be read: {source}; a newer version of bedside may know it", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Which part.
        what: String,
        /// Why.
        source: serde_json::Error,
    },
    /// The operating system refused.
    #[error("{doing} {} failed: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was being done.
        doing: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// The database refused.
    #[error("{doing} {} failed: {source}", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What was being done.
        doing: &'static str,
        /// Why.
        source: rusqlite::Error,
    },
}

/// What is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Broken {
    /// An event does not match its own hash.
    #[error("event {seq} of writer {writer:?} is not what was written")]
    Event {
        /// The writer.
        writer: String,
        /// Its number.
        seq: i64,
    },
    /// An event does not follow the one before it.
    #[error("event {seq} of writer {writer:?} does not follow the one before it")]
    Link {
        /// The writer.
        writer: String,
        /// Its number.
        seq: i64,
    },
    /// A number is missing.
    #[error("event {seq} of writer {writer:?} is missing")]
    Gap {
        /// The writer.
        writer: String,
        /// The number that is missing.
        seq: i64,
    },
    /// A blob does not match its digest.
    #[error("blob {id} does not match its digest")]
    Blob {
        /// Its row.
        id: i64,
    },
    /// Bytes that were asked for are others.
    #[error("the bytes with digest {} are not what was written", digest.short())]
    Bytes {
        /// Their digest.
        digest: Digest,
    },
    /// A blob that an event names is missing.
    #[error("the bytes with digest {} are missing", digest.short())]
    NoBlob {
        /// Its digest.
        digest: Digest,
    },
    /// There is no plan.
    #[error("it holds no plan")]
    NoPlan,
    /// A planned cell is not listed as the plan has it.
    #[error("the list of planned cells does not match the plan at cell {}", .0.0.short())]
    Planned(CellKey),
    /// A table made from the plan does not match it.
    #[error("table {0} does not match the plan")]
    Table(&'static str),
    /// Tables, triggers or views were changed.
    #[error("its tables, triggers or views are not those of its version")]
    Layout,
    /// The database is damaged below the level of rows.
    #[error("{0}")]
    Database(String),
}

impl StoreError {
    /// The items for a new run file could not be read from where they wait.
    pub fn from_temporary(path: &Path, source: std::io::Error) -> Self {
        Self::io(path, "copying items from a temporary file to", source)
    }

    pub(crate) fn io(path: &Path, doing: &'static str, source: std::io::Error) -> Self {
        let path = path.to_owned();
        if source.kind() == std::io::ErrorKind::StorageFull {
            Self::Full { path }
        } else {
            Self::Io { path, doing, source }
        }
    }

    pub(crate) fn broken(path: &Path, what: Broken) -> Self {
        Self::Broken { path: path.to_owned(), what }
    }

    pub(crate) fn missing(path: &Path, what: impl Into<String>) -> Self {
        Self::Missing { path: path.to_owned(), what: what.into() }
    }

    pub(crate) fn unreadable(path: &Path, what: impl Into<String>, source: serde_json::Error) -> Self {
        Self::Unreadable { path: path.to_owned(), what: what.into(), source }
    }

    /// Whether the content of the file is the cause: it was changed, cut or damaged. `bedside verify` then fails too.
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Broken { .. } | Self::Missing { .. } | Self::Unreadable { .. } => true,
            // Text that is no SQL, a missing table: the schema is not what was written.
            Self::Database { source, .. } => {
                !matches!(source, rusqlite::Error::SqliteFailure(..))
                    || source.sqlite_error_code() == Some(rusqlite::ErrorCode::Unknown)
            }
            _ => false,
        }
    }

    /// Whether the disk is the cause: it is full or broken, where name and rights are as they should be.
    pub fn is_disk(&self) -> bool {
        use rusqlite::ErrorCode::{CannotOpen, ReadOnly, SystemIoFailure};
        use std::io::ErrorKind::{IsADirectory, NotADirectory, NotFound, PermissionDenied};
        match self {
            Self::Full { .. } | Self::Stopped { .. } => true,
            Self::Io { source, .. } => {
                !matches!(source.kind(), NotFound | PermissionDenied | NotADirectory | IsADirectory)
            }
            // What cannot be opened to write, SQLite opens to read.
            Self::Database { source, .. } => {
                matches!(source.sqlite_error_code(), Some(SystemIoFailure | CannotOpen | ReadOnly))
            }
            _ => false,
        }
    }

    fn database(path: &Path, doing: &'static str, source: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseCorrupt, DatabaseLocked, DiskFull, NotADatabase};
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(DiskFull) => Self::Full { path },
            Some(NotADatabase) => Self::NotARun { path, why: "it is no SQLite database".to_owned() },
            Some(DatabaseCorrupt) => Self::Broken { path, what: Broken::Database(source.to_string()) },
            Some(DatabaseBusy | DatabaseLocked) => Self::Locked { path, by: "another program".to_owned() },
            _ => match source {
                rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::IntegralValueOutOfRange(..) => {
                    Self::Broken { path, what: Broken::Database(source.to_string()) }
                }
                source => Self::Database { path, doing, source },
            },
        }
    }
}

/// Gives a failure of the database its file and what was being done.
pub(crate) trait Fail<T> {
    fn fail(self, path: &Path, doing: &'static str) -> Result<T, StoreError>;
}

impl<T> Fail<T> for rusqlite::Result<T> {
    fn fail(self, path: &Path, doing: &'static str) -> Result<T, StoreError> {
        self.map_err(|source| StoreError::database(path, doing, source))
    }
}
