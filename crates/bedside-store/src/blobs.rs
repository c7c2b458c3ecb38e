//! Bytes by their digest: kept once, found through an index on the first eight bytes.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::marker::PhantomData;
use std::path::Path;

use bedside_core::Digest;
use rusqlite::{CachedStatement, Connection, OptionalExtension};
use serde::Deserializer as _;
use serde::de::{DeserializeOwned, SeqAccess, Visitor};

use crate::error::{Fail, StoreError};

const FIND: &str = "SELECT id FROM blob WHERE substr(digest, 1, 8) = ?1 AND digest = ?2";
const KEEP: &str = "INSERT INTO blob (digest, bytes) VALUES (?1, ?2)";

/// Digests remembered in each of two generations: prompts and replies that repeat do so soon. 2 x 16,384 x 33 bytes.
const REMEMBERED: usize = 16_384;

/// Digests that were met lately, so that most repeated bytes are known without looking into the file.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    young: HashSet<Digest>,
    old: HashSet<Digest>,
}

impl Recent {
    /// Whether the digest was met lately; it is remembered from now on.
    fn meet(&mut self, digest: Digest) -> bool {
        if self.young.contains(&digest) {
            return true;
        }
        if self.young.len() == REMEMBERED {
            std::mem::swap(&mut self.young, &mut self.old);
            self.young.clear();
        }
        let known = self.old.contains(&digest);
        self.young.insert(digest);
        known
    }
}

/// Bytes for a new run file: in memory, or in a file when they are many.
#[derive(Debug)]
pub enum Content {
    /// In memory.
    Bytes(Vec<u8>),
    /// The whole of a file whose length and digest are known.
    File {
        /// The file; it is read from its start.
        file: File,
        /// Its length.
        bytes: u64,
        /// Its digest.
        digest: Digest,
    },
}

impl From<Vec<u8>> for Content {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

/// Files up to this size are kept like bytes in memory.
const SMALL: u64 = 4 << 20;

/// Keeps content of either form. A large file is copied piece by piece, for which the index must make way: SQLite opens no blob for
/// writing in a table whose index is on an expression.
pub(crate) fn keep_content(
    conn: &Connection,
    path: &Path,
    recent: &mut Recent,
    content: Content,
) -> Result<(), StoreError> {
    let doing = "writing items to";
    let read = |error| StoreError::io(path, doing, error);
    match content {
        Content::Bytes(bytes) => {
            Keeper::new(conn, recent).and_then(|mut keeper| keeper.keep(&bytes)).fail(path, doing)?
        }
        Content::File { mut file, bytes, digest } if bytes <= SMALL => {
            let mut content = Vec::new();
            file.seek(SeekFrom::Start(0)).and_then(|_| file.take(bytes).read_to_end(&mut content)).map_err(read)?;
            let mut keeper = Keeper::new(conn, recent).fail(path, doing)?;
            keeper.keep_as(digest, &content).fail(path, doing)?
        }
        Content::File { digest, .. } if find(conn, path, &digest)?.is_some() => false,
        Content::File { mut file, bytes, digest } => {
            let length = i32::try_from(bytes).map_err(|_| StoreError::Full { path: path.to_owned() })?;
            conn.execute_batch("DROP INDEX blob_prefix").fail(path, doing)?;
            conn.execute(KEEP, (digest.bytes(), rusqlite::blob::ZeroBlob(length))).fail(path, doing)?;
            let mut blob =
                conn.blob_open("main", "blob", "bytes", conn.last_insert_rowid(), false).fail(path, doing)?;
            file.seek(SeekFrom::Start(0)).map_err(read)?;
            let copied =
                std::io::copy(&mut BufReader::with_capacity(1 << 16, file.take(bytes)), &mut blob).map_err(read)?;
            blob.close().fail(path, doing)?;
            if copied != bytes {
                return Err(read(std::io::ErrorKind::UnexpectedEof.into()));
            }
            conn.execute_batch(crate::schema::blob_index()).fail(path, doing)?;
            true
        }
    };
    Ok(())
}

/// Keeps blobs within one transaction.
pub(crate) struct Keeper<'a> {
    find: CachedStatement<'a>,
    keep: CachedStatement<'a>,
    recent: &'a mut Recent,
}

impl<'a> Keeper<'a> {
    pub fn new(conn: &'a Connection, recent: &'a mut Recent) -> rusqlite::Result<Self> {
        Ok(Self { find: conn.prepare_cached(FIND)?, keep: conn.prepare_cached(KEEP)?, recent })
    }

    /// Keeps the bytes unless the file has them. True when they were new.
    pub fn keep(&mut self, bytes: &[u8]) -> rusqlite::Result<bool> {
        self.keep_as(Digest::of(bytes), bytes)
    }

    /// The same for bytes whose digest is known.
    pub fn keep_as(&mut self, digest: Digest, bytes: &[u8]) -> rusqlite::Result<bool> {
        if self.recent.meet(digest) || self.find.exists((prefix(&digest), digest.bytes()))? {
            return Ok(false);
        }
        self.keep.execute((digest.bytes(), bytes))?;
        Ok(true)
    }
}

/// The bytes with this digest.
pub(crate) fn bytes(conn: &Connection, path: &Path, digest: &Digest) -> Result<Vec<u8>, StoreError> {
    let Some(id) = find(conn, path, digest)? else {
        return Err(StoreError::missing(path, format!("the bytes with digest {}", digest.short())));
    };
    conn.prepare_cached("SELECT bytes FROM blob WHERE id = ?1")
        .and_then(|mut found| found.query_row([id], |row| row.get(0)))
        .fail(path, "reading from")
}

/// A JSON list with this digest, one element at a time: the list of a million items is never in memory.
pub(crate) fn each<T: DeserializeOwned>(
    conn: &Connection,
    path: &Path,
    digest: &Digest,
    what: &str,
    see: impl FnMut(T) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let Some(id) = find(conn, path, digest)? else {
        return Err(StoreError::missing(path, format!("{what} (digest {})", digest.short())));
    };
    let blob = conn.blob_open("main", "blob", "bytes", id, true).fail(path, "reading from")?;
    let mut refused = None;
    let list = Each { see, refused: &mut refused, element: PhantomData };
    let mut json = serde_json::Deserializer::from_reader(BufReader::with_capacity(1 << 16, blob));
    let read = json.deserialize_seq(list).and_then(|()| json.end());
    match (refused, read) {
        (Some(error), _) => Err(error),
        (None, read) => read.map_err(|source| StoreError::unreadable(path, what, source)),
    }
}

/// Hands the elements of a list on as they are read; what `see` refuses ends the reading.
struct Each<'a, T, F> {
    see: F,
    refused: &'a mut Option<StoreError>,
    element: PhantomData<T>,
}

impl<'de, T: DeserializeOwned, F: FnMut(T) -> Result<(), StoreError>> Visitor<'de> for Each<'_, T, F> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        while let Some(element) = list.next_element()? {
            if let Err(error) = (self.see)(element) {
                *self.refused = Some(error);
                return Err(serde::de::Error::custom("refused"));
            }
        }
        Ok(())
    }
}

/// The row that holds the bytes with this digest.
pub(crate) fn find(conn: &Connection, path: &Path, digest: &Digest) -> Result<Option<i64>, StoreError> {
    conn.prepare_cached(FIND)
        .and_then(|mut find| find.query_row((prefix(digest), digest.bytes()), |row| row.get(0)).optional())
        .fail(path, "reading from")
}

fn prefix(digest: &Digest) -> &[u8] {
    &digest.bytes()[..8]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recent_digests_are_bounded_and_forget_the_oldest_first() {
        let mut recent = Recent::default();
        let digest = |n: usize| Digest::of(&n.to_le_bytes());
        assert!(!recent.meet(digest(0)));
        assert!(recent.meet(digest(0)));
        for n in 1..=REMEMBERED {
            assert!(!recent.meet(digest(n)));
        }
        assert!(recent.meet(digest(0)), "one generation back");
        for n in 0..3 * REMEMBERED {
            recent.meet(digest(n + 10 * REMEMBERED));
        }
        assert!(!recent.meet(digest(1)), "forgotten");
        assert!(recent.young.len() + recent.old.len() <= 2 * REMEMBERED);
    }
}
