//! The one writer of a run file: events in groups, each group durable before it is acknowledged.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bedside_core::plan::Plan;
use bedside_core::{Digest, Event};
use rusqlite::config::DbConfig;
use rusqlite::hooks::{CheckpointMode, Wal};
use rusqlite::{Connection, ErrorCode, OptionalExtension};

use crate::blobs::{Content, Keeper, Recent};
use crate::chain::{FIRST, Head, Link};
use crate::create;
use crate::error::{Broken, Fail, StoreError};
use crate::lock::Lock;
use crate::scan::{Row, heads, writers};
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
        blobs: impl IntoIterator<Item: Into<Content>>,
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

    /// Records a stream of events in one transaction, all or none, without holding them in memory. The caller says at the end
    /// whether they are kept; a failure of the caller's own keeps nothing and lets the writer go on.
    pub fn append_all<E: From<StoreError>>(
        &mut self,
        at_ms: i64,
        fill: impl FnOnce(&mut Appender<'_>) -> Result<Keep, E>,
    ) -> Result<Keep, E> {
        if self.stopped {
            return Err(StoreError::Stopped { path: self.path.clone() }.into());
        }
        let mut chain = self.chain.clone();
        let mut failed = false;
        let (filled, ended) = match self.conn.unchecked_transaction() {
            Err(source) => (None, Err(source)),
            Ok(transaction) => {
                let filled = fill(&mut Appender {
                    conn: &self.conn,
                    path: &self.path,
                    chain: &mut chain,
                    recent: &mut self.recent,
                    at_ms,
                    failed: &mut failed,
                });
                let keep = matches!(filled, Ok(Keep::All)) && !failed;
                let ended = if keep { transaction.commit() } else { transaction.rollback() };
                (Some(filled), ended.map(|()| keep))
            }
        };
        match ended {
            Ok(true) => self.chain = chain,
            // Bytes that were just kept are gone again.
            Ok(false) => self.recent = Recent::default(),
            Err(_) => failed = true,
        }
        if failed {
            self.stop();
        }
        let filled = filled.transpose()?;
        ended.fail(&self.path, "writing events to")?;
        Ok(filled.unwrap_or(Keep::Nothing))
    }

    fn stop(&mut self) {
        self.stopped = true;
        // Closing would carry the log into the file and with that try the disk again.
        let _ = self.conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
    }

    /// Ends writing and leaves one file. A reader that has the file open is no error: then the log stays beside it until the next writer.
    pub fn close(mut self) -> Result<(), StoreError> {
        if self.stopped {
            return Err(StoreError::Stopped { path: self.path.clone() });
        }
        self.conn.busy_timeout(CLOSE_WAIT).fail(&self.path, "closing")?;
        match schema::switch(&self.conn, &self.path, "DELETE", "closing") {
            Ok(()) | Err(StoreError::Locked { .. }) => {}
            // The log holds everything and stays beside the file for the next writer.
            Err(error) => {
                self.stop();
                return Err(error);
            }
        }
        let Self { conn, path, .. } = self;
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

/// Whether what was streamed is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// All of it.
    All,
    /// None of it: it turned out to say nothing new.
    Nothing,
}

/// Takes events within [`RunWriter::append_all`].
#[derive(Debug)]
pub struct Appender<'a> {
    conn: &'a Connection,
    path: &'a Path,
    chain: &'a mut Chain,
    recent: &'a mut Recent,
    at_ms: i64,
    failed: &'a mut bool,
}

impl Appender<'_> {
    /// Adds events at the end of the chain.
    pub fn append(&mut self, events: &[Event]) -> Result<(), StoreError> {
        let written = self.chain.append(self.conn, self.recent, self.at_ms, events);
        *self.failed |= written.is_err();
        written.fail(self.path, "writing events to")
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

/// Who wrote the plan that counts: one of the whole run before one of a share, which a merge copies in; then the earliest.
pub(crate) fn first_writer(conn: &Connection, path: &Path) -> Result<String, StoreError> {
    let sql = "SELECT at, json_extract(body, '$.shard') IS NOT NULL FROM event WHERE writer = ?1 AND seq = 0 AND kind = 'plan'";
    let mut find = conn.prepare(sql).fail(path, "reading")?;
    let mut first: Option<(bool, i64, String)> = None;
    // By writer, since there is no index on the kind of event.
    for writer in writers(conn).fail(path, "reading")? {
        let found = find.query_row([&writer], |row| Ok((row.get(1)?, row.get(0)?))).optional();
        if let Some((share, at)) = found.fail(path, "reading")? {
            let here = (share, at, writer);
            first = Some(first.map_or(here.clone(), |other| other.min(here)));
        }
    }
    first.map(|(.., writer)| writer).ok_or_else(|| StoreError::broken(path, Broken::NoPlan))
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
