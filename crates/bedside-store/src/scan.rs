//! Reading events in one order, whatever the order in which they came into the file: by time, then writer, then number.

use std::path::Path;

use bedside_core::{CellKey, Digest, EventKind};
use rusqlite::Connection;
use rusqlite::fallible_streaming_iterator::FallibleStreamingIterator;
use rusqlite::types::FromSql;
use serde::Deserialize;

use crate::chain::{Head, Link};
use crate::error::{Broken, Fail, StoreError};

/// An event as it lies in the file. Columns are read when asked for.
pub(crate) struct Row<'a> {
    path: &'a Path,
    writer: &'a str,
    columns: &'a rusqlite::Row<'a>,
}

impl<'a> Row<'a> {
    /// The columns that a row is made from, in this order.
    pub const COLUMNS: &'static str = "seq, at, kind, cell, step, body, prev, hash";

    pub fn new(path: &'a Path, writer: &'a str, row: &'a rusqlite::Row<'a>) -> Self {
        Self { path, writer, columns: row }
    }

    fn get<T: FromSql>(&self, column: usize) -> Result<T, StoreError> {
        self.columns.get(column).fail(self.path, "reading")
    }

    fn text(&self, column: usize) -> Result<&'a str, StoreError> {
        let text = self.columns.get_ref(column).and_then(|value| Ok(value.as_str()?));
        text.fail(self.path, "reading")
    }

    pub fn writer(&self) -> &'a str {
        self.writer
    }

    pub fn seq(&self) -> Result<i64, StoreError> {
        self.get(0)
    }

    pub fn at(&self) -> Result<i64, StoreError> {
        self.get(1)
    }

    pub fn word(&self) -> Result<&'a str, StoreError> {
        self.text(2)
    }

    /// `None` for a kind that a newer version wrote.
    pub fn kind(&self) -> Result<Option<EventKind>, StoreError> {
        self.word().map(EventKind::from_word)
    }

    pub fn cell(&self) -> Result<Option<CellKey>, StoreError> {
        let bytes: Option<[u8; 32]> = self.get(3)?;
        Ok(bytes.map(|bytes| CellKey(Digest::from_bytes(bytes))))
    }

    pub fn step(&self) -> Result<u32, StoreError> {
        self.get(4)
    }

    pub fn body(&self) -> Result<&'a str, StoreError> {
        self.text(5)
    }

    /// The body, or what is needed of it.
    pub fn parse<T: Deserialize<'a>>(&self) -> Result<T, StoreError> {
        let body = self.body()?;
        match serde_json::from_str(body) {
            Ok(parsed) => Ok(parsed),
            Err(source) => {
                let what = format!("event {} of writer {:?}", self.seq()?, self.writer);
                Err(StoreError::unreadable(self.path, what, source))
            }
        }
    }

    pub fn prev(&self) -> Result<Digest, StoreError> {
        self.get(6).map(Digest::from_bytes)
    }

    pub fn hash(&self) -> Result<Digest, StoreError> {
        self.get(7).map(Digest::from_bytes)
    }

    /// Checks the event against its own hash, which whoever changes it by accident does not change too.
    pub fn check(&self) -> Result<(), StoreError> {
        self.follows(self.seq()?, &self.prev()?).map(|_| ())
    }

    /// Checks that this is event `seq`, after one with hash `prev`, as it was written. Gives its hash.
    pub fn follows(&self, seq: i64, prev: &Digest) -> Result<Digest, StoreError> {
        let writer = || self.writer.to_owned();
        if self.seq()? != seq {
            return Err(StoreError::broken(self.path, Broken::Gap { writer: writer(), seq }));
        }
        if self.prev()? != *prev {
            return Err(StoreError::broken(self.path, Broken::Link { writer: writer(), seq }));
        }
        let cell = self.cell()?;
        let link = Link {
            prev,
            writer: self.writer,
            seq,
            at: self.at()?,
            kind: self.word()?,
            cell: cell.as_ref(),
            step: self.step()?,
            body: self.body()?,
        };
        let hash = self.hash()?;
        if link.hash() == hash {
            Ok(hash)
        } else {
            Err(StoreError::broken(self.path, Broken::Event { writer: writer(), seq }))
        }
    }
}

/// The end of every writer's chain, by writer.
pub(crate) fn heads(conn: &Connection, path: &Path) -> Result<Vec<Head>, StoreError> {
    read_heads(conn).fail(path, "reading")
}

fn read_heads(conn: &Connection) -> rusqlite::Result<Vec<Head>> {
    let mut last =
        conn.prepare_cached("SELECT seq, hash, at FROM event WHERE writer = ?1 ORDER BY seq DESC LIMIT 1")?;
    let head = |writer: String| {
        last.query_row([&writer], |row| {
            let seq: i64 = row.get(0)?;
            Ok(Head {
                events: seq + 1,
                hash: Digest::from_bytes(row.get(1)?),
                at_ms: row.get(2)?,
                writer: writer.clone(),
            })
        })
    };
    writers(conn)?.into_iter().map(head).collect()
}

/// Every writer, by name; each is one step through the table's own index.
pub(crate) fn writers(conn: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut next = conn.prepare_cached("SELECT min(writer) FROM event WHERE writer > ?1")?;
    let mut writers: Vec<String> = Vec::new();
    let mut writer: Option<String> = conn.query_row("SELECT min(writer) FROM event", [], |row| row.get(0))?;
    while let Some(name) = writer {
        writer = next.query_row([&name], |row| row.get(0))?;
        writers.push(name);
    }
    Ok(writers)
}

/// Calls `see` with every event of each writer from the given number on, all in one order. The first argument is the writer's
/// position in `from`. The caller holds a transaction.
pub(crate) fn scan(
    conn: &Connection,
    path: &Path,
    from: &[(&str, i64)],
    mut see: impl FnMut(usize, &Row<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let doing = "reading";
    let sql = format!("SELECT {} FROM event WHERE writer = ?1 AND seq >= ?2 ORDER BY seq", Row::COLUMNS);
    let prepared: rusqlite::Result<Vec<_>> = from.iter().map(|_| conn.prepare(&sql)).collect();
    let mut statements = prepared.fail(path, doing)?;
    let mut chains = Vec::with_capacity(from.len());
    for (statement, chain) in statements.iter_mut().zip(from) {
        let mut rows = statement.query(*chain).fail(path, doing)?;
        rows.advance().fail(path, doing)?;
        chains.push(rows);
    }
    loop {
        let mut next: Option<(i64, &str, usize)> = None;
        for (position, rows) in chains.iter().enumerate() {
            if let Some(row) = rows.get() {
                let here = (row.get(1).fail(path, doing)?, from[position].0, position);
                next = Some(next.map_or(here, |other| other.min(here)));
            }
        }
        let Some((_, writer, position)) = next else { return Ok(()) };
        if let Some(row) = chains[position].get() {
            see(position, &Row::new(path, writer, row))?;
        }
        chains[position].advance().fail(path, doing)?;
    }
}
