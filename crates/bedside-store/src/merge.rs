//! Merging the shards of a run: chains are copied whole, so the result is the union of their events whatever the order.

use bedside_core::{CellKey, Digest};
use rusqlite::params;

use crate::blobs::Keeper;
use crate::chain::Head;
use crate::error::{Fail, StoreError};
use crate::read::RunReader;
use crate::scan::heads;
use crate::write::{APPEND, RunWriter};

/// Rows copied in one transaction.
const GROUP: usize = 4_096;

/// What a merge added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TakenIn {
    /// Events that were not here before.
    pub events: u64,
    /// Blobs that were not here before.
    pub blobs: u64,
}

impl RunWriter {
    /// Takes in all of another part of the same run, after checking it. Repeating it changes nothing, also after a kill.
    pub fn take_in(&mut self, source: &RunReader) -> Result<TakenIn, StoreError> {
        let here = RunReader::open(self.path())?;
        let other_plan = |_| StoreError::OtherPlan { path: source.path().to_owned() };
        let plans = (
            serde_json::to_value(here.plan()).map_err(other_plan)?,
            serde_json::to_value(source.plan()).map_err(other_plan)?,
        );
        if plans.0 != plans.1 {
            return Err(StoreError::OtherPlan { path: source.path().to_owned() });
        }
        source.verify()?;
        let ours = heads(self.conn(), self.path())?;
        let theirs = source.heads()?;
        for head in &theirs {
            self.agree(source, head, &ours)?;
        }
        let mut taken = TakenIn { events: 0, blobs: self.take_blobs(source)? };
        for head in theirs {
            let from = ours.iter().find(|known| known.writer == head.writer).map_or(0, |known| known.events);
            taken.events += self.take_chain(source, &head.writer, from)?;
        }
        Ok(taken)
    }

    /// Whether a writer's chains are one chain: the hash of the last event that both have says so of all before it.
    fn agree(&self, source: &RunReader, theirs: &Head, ours: &[Head]) -> Result<(), StoreError> {
        let Some(known) = ours.iter().find(|known| known.writer == theirs.writer) else { return Ok(()) };
        let seq = known.events.min(theirs.events) - 1;
        let hash = |conn: &rusqlite::Connection, path| -> Result<[u8; 32], StoreError> {
            let sql = "SELECT hash FROM event WHERE writer = ?1 AND seq = ?2";
            conn.query_row(sql, (&theirs.writer, seq), |row| row.get(0)).fail(path, "reading")
        };
        if hash(self.conn(), self.path())? == hash(source.conn(), source.path())? {
            Ok(())
        } else {
            Err(StoreError::Forked { path: source.path().to_owned(), writer: theirs.writer.clone(), seq })
        }
    }

    fn take_blobs(&mut self, source: &RunReader) -> Result<u64, StoreError> {
        let mut statement =
            source.conn().prepare("SELECT digest, bytes FROM blob ORDER BY id").fail(source.path(), "reading")?;
        let mut rows = statement.query([]).fail(source.path(), "reading")?;
        let (mut kept, mut more) = (0, true);
        while more {
            self.write("merging into", |conn, _, recent| {
                let mut keeper = Keeper::new(conn, recent)?;
                for _ in 0..GROUP {
                    let Some(row) = rows.next()? else {
                        more = false;
                        break;
                    };
                    kept += u64::from(keeper.keep_as(Digest::from_bytes(row.get(0)?), row.get_ref(1)?.as_blob()?)?);
                }
                Ok(())
            })?;
        }
        Ok(kept)
    }

    fn take_chain(&mut self, source: &RunReader, writer: &str, from: i64) -> Result<u64, StoreError> {
        let sql = "SELECT seq, at, kind, cell, step, body, prev, hash FROM event WHERE writer = ?1 AND seq >= ?2 ORDER BY seq";
        let mut statement = source.conn().prepare(sql).fail(source.path(), "reading")?;
        let mut rows = statement.query((writer, from)).fail(source.path(), "reading")?;
        let path = self.path().to_owned();
        let (mut copied, mut more) = (0, true);
        while more {
            self.write("merging into", |conn, chain, _| {
                let mut insert = conn.prepare_cached(APPEND)?;
                for _ in 0..GROUP {
                    let Some(row) = rows.next()? else {
                        more = false;
                        break;
                    };
                    let cell: Option<[u8; 32]> = row.get(3)?;
                    let cell = cell.map(|bytes| CellKey(Digest::from_bytes(bytes)));
                    let (prev, hash): ([u8; 32], [u8; 32]) = (row.get(6)?, row.get(7)?);
                    insert.execute(params![
                        writer,
                        row.get::<_, i64>(0)?,
                        row.get::<_, i64>(1)?,
                        row.get_ref(2)?.as_str()?,
                        cell.as_ref().map(|cell| cell.0.bytes()),
                        row.get::<_, u32>(4)?,
                        row.get_ref(5)?.as_str()?,
                        prev,
                        hash,
                    ])?;
                    copied += 1;
                }
                chain.move_to(&heads(conn, &path).map_err(|_| rusqlite::Error::QueryReturnedNoRows)?);
                Ok(())
            })?;
        }
        Ok(copied)
    }
}
