//! Merging the shards of a run: chains are copied whole, so the result is the union of their events whatever the order.

use bedside_core::Digest;
use rusqlite::{Connection, params};

use crate::blobs::{Keeper, Recent};
use crate::chain::Head;
use crate::error::{Fail, StoreError};
use crate::read::RunReader;
use crate::scan::heads;
use crate::write::{APPEND, RunWriter};

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
        if let Some(differs) = here.plan().differs_from(source.plan()) {
            return Err(StoreError::OtherPlan { path: source.path().to_owned(), differs });
        }
        drop(here);
        // What is checked is what is taken, also from a file that is being written.
        source.at_one_moment(|| {
            source.verify()?;
            let ours = heads(self.conn(), self.path())?;
            let mut chains = Vec::new();
            for head in source.heads()? {
                self.agree(source, &head, &ours)?;
                let from = ours.iter().find(|known| known.writer == head.writer).map_or(0, |known| known.events);
                if from < head.events {
                    chains.push((head.writer, from));
                }
            }
            // Whoever has all events has all that they name.
            if chains.is_empty() { Ok(TakenIn::default()) } else { self.take(source, &chains) }
        })
    }

    /// Copies blobs and ends of chains, all or nothing: half a chain would show calls as unanswered that were answered.
    fn take(&mut self, source: &RunReader, chains: &[(String, i64)]) -> Result<TakenIn, StoreError> {
        let path = self.path().to_owned();
        let mut taken = TakenIn::default();
        self.write("merging into", |conn, chain, recent| {
            taken.blobs = take_blobs(source, conn, recent)?;
            for (writer, from) in chains {
                taken.events += take_chain(source, conn, writer, *from)?;
            }
            chain.move_to(&heads(conn, &path).map_err(|_| rusqlite::Error::QueryReturnedNoRows)?);
            Ok(())
        })?;
        Ok(taken)
    }

    /// Whether a writer's chains are one chain: the hash of the last event that both have says so of all before it.
    fn agree(&self, source: &RunReader, theirs: &Head, ours: &[Head]) -> Result<(), StoreError> {
        let Some(known) = ours.iter().find(|known| known.writer == theirs.writer) else { return Ok(()) };
        let seq = known.events.min(theirs.events) - 1;
        let hash = |conn: &Connection, path| -> Result<[u8; 32], StoreError> {
            let sql = "SELECT hash FROM event WHERE writer = ?1 AND seq = ?2";
            conn.query_row(sql, (&theirs.writer, seq), |row| row.get(0)).fail(path, "reading")
        };
        if hash(self.conn(), self.path())? == hash(source.conn(), source.path())? {
            Ok(())
        } else {
            Err(StoreError::Forked { path: source.path().to_owned(), writer: theirs.writer.clone(), seq })
        }
    }
}

fn take_blobs(source: &RunReader, conn: &Connection, recent: &mut Recent) -> rusqlite::Result<u64> {
    let mut statement = source.conn().prepare("SELECT digest, bytes FROM blob ORDER BY id")?;
    let mut rows = statement.query([])?;
    let mut keeper = Keeper::new(conn, recent)?;
    let mut kept = 0;
    while let Some(row) = rows.next()? {
        kept += u64::from(keeper.keep_as(Digest::from_bytes(row.get(0)?), row.get_ref(1)?.as_blob()?)?);
    }
    Ok(kept)
}

fn take_chain(source: &RunReader, conn: &Connection, writer: &str, from: i64) -> rusqlite::Result<u64> {
    let sql =
        "SELECT seq, at, kind, cell, step, body, prev, hash FROM event WHERE writer = ?1 AND seq >= ?2 ORDER BY seq";
    let mut statement = source.conn().prepare(sql)?;
    let mut rows = statement.query((writer, from))?;
    let mut insert = conn.prepare_cached(APPEND)?;
    let mut copied = 0;
    while let Some(row) = rows.next()? {
        let cell: Option<[u8; 32]> = row.get(3)?;
        let (prev, hash): ([u8; 32], [u8; 32]) = (row.get(6)?, row.get(7)?);
        insert.execute(params![
            writer,
            row.get::<_, i64>(0)?,
            row.get::<_, i64>(1)?,
            row.get_ref(2)?.as_str()?,
            cell,
            row.get::<_, u32>(4)?,
            row.get_ref(5)?.as_str()?,
            prev,
            hash,
        ])?;
        copied += 1;
    }
    Ok(copied)
}
