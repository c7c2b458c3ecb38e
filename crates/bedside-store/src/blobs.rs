//! Bytes by their digest: kept once, found through an index on the first eight bytes.

use std::collections::HashSet;
use std::io::BufReader;
use std::path::Path;

use bedside_core::Digest;
use rusqlite::{CachedStatement, Connection, OptionalExtension};
use serde::de::DeserializeOwned;

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

/// JSON with this digest, read piece by piece: the list of a million items is never in memory as text.
pub(crate) fn json<T: DeserializeOwned>(
    conn: &Connection,
    path: &Path,
    digest: &Digest,
    what: &str,
) -> Result<T, StoreError> {
    let Some(id) = find(conn, path, digest)? else {
        return Err(StoreError::missing(path, format!("{what} (digest {})", digest.short())));
    };
    let blob = conn.blob_open("main", "blob", "bytes", id, true).fail(path, "reading from")?;
    serde_json::from_reader(BufReader::with_capacity(1 << 16, blob))
        .map_err(|source| StoreError::unreadable(path, what, source))
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
