//! The one writer of a run file: events in groups, each group durable before it is acknowledged.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bedside_core::plan::Plan;
use bedside_core::{Digest, Event};
use rusqlite::config::DbConfig;
use rusqlite::hooks::{CheckpointMode, Wal};
use rusqlite::{Connection, ErrorCode, OptionalExtension};

use crate::blobs::{Keeper, Recent};
use crate::chain::{FIRST, Head, Link};
use crate::create;
use crate::error::{Broken, Fail, StoreError};
use crate::lock::Lock;
use crate::scan::{Row, heads};
use crate::schema;

pub(crate) const APPEND: &str = "INSERT INTO event (writer, seq, at, kind, cell, step, body, prev, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

/// Pages in the log before they are carried into the file: 64 MiB. Fewer means that index pages are carried over and over.
const CHECKPOINT_PAGES: i32 = 8_000;

/// How long a clean close waits for readers before it leaves the log beside the file.
const CLOSE_WAIT: Duration = Duration::from_millis(200);

/// Writes a run file. There is one at a time, by lock.
///
/// After any failed write it refuses all others: what cannot be recorded must not be spent, and a failed fsync is never retried.
#[derive(Debug)]
pub struct RunWriter {
    conn: Connection,
    path: PathBuf,
    chain: Chain,
    recent: Recent,
    stopped: bool,
    _lock: Lock, // after the connection: released last
}

impl RunWriter {
    /// Makes a run file with its plan and the blobs that the plan names: manifests, lists of items, items.
    ///
    /// The file and a missing folder can be read by their owner only. An existing file is never overwritten.
    pub fn create(
        path: &Path,
        writer: &str,
        plan: &Plan,
        blobs: impl IntoIterator<Item = Vec<u8>>,
        at_ms: i64,
    ) -> Result<Self, StoreError> {
        create::folder(path)?;
        let lock = Lock::take(path)?;
        create::create(path, writer, plan, blobs, at_ms)?;
        Self::start(path, Some(writer), lock)
    }

    /// Goes on with a run under the name that began it.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_existing(path, None)
    }

    /// Goes on with a run under a name of one's own, with a chain of its own: for shards that are merged later.
    pub fn open_as(path: &Path, writer: &str) -> Result<Self, StoreError> {
        Self::open_existing(path, Some(writer))
    }

    fn open_existing(path: &Path, writer: Option<&str>) -> Result<Self, StoreError> {
        // Before the lock, so that no lock file appears beside what is no run file.
        drop(schema::open_reader(path)?);
        let lock = Lock::take(path)?;
        Self::start(path, writer, lock)
    }

    fn start(path: &Path, writer: Option<&str>, lock: Lock) -> Result<Self, StoreError> {
        let conn = schema::open_writer(path)?;
        conn.wal_hook(Some(checkpoint));
        let chain = Chain::go_on(&conn, path, writer)?;
        Ok(Self { conn, path: path.to_owned(), chain, recent: Recent::default(), stopped: false, _lock: lock })
    }

    /// Records events, all or none. When this returns, they are on the disk.
    ///
    /// Larger groups cost less each: about a thousand cells at once is a good size. Time never goes back: an earlier `at_ms` than
    /// the last becomes the last.
    pub fn append(&mut self, at_ms: i64, events: &[Event]) -> Result<(), StoreError> {
        self.write("writing events to", |conn, chain, recent| chain.append(conn, recent, at_ms, events))
    }

    /// One transaction, and the end of all writing when it fails.
    pub(crate) fn write(
        &mut self,
        doing: &'static str,
        work: impl FnOnce(&Connection, &mut Chain, &mut Recent) -> rusqlite::Result<()>,
    ) -> Result<(), StoreError> {
        if self.stopped {
            return Err(StoreError::Stopped { path: self.path.clone() });
        }
        let mut chain = self.chain.clone();
        let written = self.conn.unchecked_transaction().and_then(|transaction| {
            work(&self.conn, &mut chain, &mut self.recent)?;
            transaction.commit()
        });
        match written {
            Ok(()) => self.chain = chain,
            Err(_) => self.stop(),
        }
        written.fail(&self.path, doing)
    }

    fn stop(&mut self) {
        self.stopped = true;
        // Closing would carry the log into the file and with that try the disk again.
        let _ = self.conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
    }

    /// Ends writing and leaves one file. A reader that has the file open is no error: then the log stays beside it until the next writer.
    pub fn close(self) -> Result<(), StoreError> {
        if self.stopped {
            return Err(StoreError::Stopped { path: self.path.clone() });
        }
        let Self { conn, path, .. } = self;
        conn.busy_timeout(CLOSE_WAIT).fail(&path, "closing")?;
        match conn.execute_batch("PRAGMA journal_mode = DELETE;") {
            Err(error) if error.sqlite_error_code().is_some_and(is_busy) => {}
            done => done.fail(&path, "closing")?,
        }
        conn.close().map_err(|(_, source)| source).fail(&path, "closing")
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where this writer's chain stands.
    pub fn head(&self) -> Head {
        let Chain { writer, seq, prev, at } = self.chain.clone();
        Head { writer, events: seq, hash: prev, at_ms: at }
    }

    pub(crate) fn conn(&self) -> &Connection {
        &self.conn
    }

    /// Limits the file's size: the only way to make a disk full in a test.
    #[doc(hidden)]
    pub fn limit_pages(&self, pages: u32) -> Result<(), StoreError> {
        self.conn.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(())).fail(&self.path, "limiting")
    }
}

/// Carries the log into the file when it has grown. An error reaches the commit that caused it; busy readers are none.
fn checkpoint(wal: &Wal, pages: i32) -> rusqlite::Result<()> {
    if pages < CHECKPOINT_PAGES {
        return Ok(());
    }
    match wal.checkpoint_v2(CheckpointMode::PASSIVE) {
        Err(error) if error.sqlite_error_code().is_some_and(is_busy) => Ok(()),
        done => done.map(|_| ()),
    }
}

fn is_busy(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
}

/// Where a writer's chain stands.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    writer: String,
    /// Number of the next event.
    seq: i64,
    prev: Digest,
    at: i64,
}

impl Chain {
    pub fn start(writer: &str) -> Self {
        Self { writer: writer.to_owned(), seq: 0, prev: FIRST, at: i64::MIN }
    }

    /// The end of the chain in the file, checked against its own hash and the one before.
    pub fn go_on(conn: &Connection, path: &Path, writer: Option<&str>) -> Result<Self, StoreError> {
        let heads = heads(conn, path)?;
        let latest =
            heads.iter().map(|head| head.at_ms).max().ok_or_else(|| StoreError::broken(path, Broken::NoPlan))?;
        let writer = match writer {
            Some(writer) => writer.to_owned(),
            None => first_writer(conn, path)?,
        };
        let Some(head) = heads.into_iter().find(|head| head.writer == writer) else {
            return Ok(Self { at: latest, ..Self::start(&writer) });
        };
        check(conn, path, &writer, 0, &FIRST)?;
        let last = head.events - 1;
        if last > 0 {
            let before = hash_of(conn, path, &writer, last - 1)?;
            check(conn, path, &writer, last, &before)?;
        }
        Ok(Self { writer, seq: head.events, prev: head.hash, at: latest })
    }

    /// Writes events at the end of the chain.
    pub fn append(
        &mut self,
        conn: &Connection,
        recent: &mut Recent,
        at_ms: i64,
        events: &[Event],
    ) -> rusqlite::Result<()> {
        let mut keeper = Keeper::new(conn, recent)?;
        let mut insert = conn.prepare_cached(APPEND)?;
        self.at = self.at.max(at_ms);
        for event in events {
            for bytes in &event.blobs {
                keeper.keep(bytes)?;
            }
            let kind = event.kind.word();
            let link = Link {
                prev: &self.prev,
                writer: &self.writer,
                seq: self.seq,
                at: self.at,
                kind,
                cell: event.cell.as_ref(),
                step: event.step,
                body: &event.body,
            };
            let hash = link.hash();
            let cell = event.cell.as_ref().map(|cell| cell.0.bytes());
            insert.execute((
                &self.writer,
                self.seq,
                self.at,
                kind,
                cell,
                event.step,
                &event.body,
                self.prev.bytes(),
                hash.bytes(),
            ))?;
            self.seq += 1;
            self.prev = hash;
        }
        Ok(())
    }

    /// Moves to where the file now ends, after events of this writer were taken in from another file.
    pub fn move_to(&mut self, heads: &[Head]) {
        for head in heads {
            self.at = self.at.max(head.at_ms);
            if head.writer == self.writer {
                (self.seq, self.prev) = (head.events, head.hash);
            }
        }
    }
}

/// Who wrote the plan that counts: the earliest.
pub(crate) fn first_writer(conn: &Connection, path: &Path) -> Result<String, StoreError> {
    conn.query_row("SELECT writer FROM event WHERE seq = 0 AND kind = 'plan' ORDER BY at, writer LIMIT 1", [], |row| {
        row.get(0)
    })
    .optional()
    .fail(path, "reading")?
    .ok_or_else(|| StoreError::broken(path, Broken::NoPlan))
}

fn hash_of(conn: &Connection, path: &Path, writer: &str, seq: i64) -> Result<Digest, StoreError> {
    conn.query_row("SELECT hash FROM event WHERE writer = ?1 AND seq = ?2", (writer, seq), |row| row.get(0))
        .optional()
        .fail(path, "reading")?
        .map(Digest::from_bytes)
        .ok_or_else(|| StoreError::broken(path, Broken::Gap { writer: writer.to_owned(), seq }))
}

fn check(conn: &Connection, path: &Path, writer: &str, seq: i64, prev: &Digest) -> Result<(), StoreError> {
    let sql = format!("SELECT {} FROM event WHERE writer = ?1 AND seq = ?2", Row::COLUMNS);
    let mut find = conn.prepare(&sql).fail(path, "reading")?;
    let mut rows = find.query((writer, seq)).fail(path, "reading")?;
    match rows.next().fail(path, "reading")? {
        Some(row) => Row::new(path, writer, row).follows(seq, prev).map(|_| ()),
        None => Err(StoreError::broken(path, Broken::Gap { writer: writer.to_owned(), seq })),
    }
}
