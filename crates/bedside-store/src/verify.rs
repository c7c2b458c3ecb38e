//! Checking a run file against itself: every event, every blob, and every table that was made from them.
//!
//! Bytes that hold nothing (free space in a page, counters of the database) may differ without being noticed: the content is the same.

use std::path::Path;

use bedside_core::event::{CallAnswered, CallSent, CellFinished, Rescored, ScoredBody};
use bedside_core::{Digest, EventKind, Plan};
use rusqlite::Connection;

use crate::chain::{FIRST, Head};
use crate::error::{Broken, Fail, StoreError};
use crate::scan::{Row, heads};
use crate::{blobs, planned, schema};

const DOING: &str = "checking";

/// What was checked and found whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The end of each writer's chain. That nothing was cut off behind it shows only in a copy of this kept elsewhere.
    pub heads: Vec<Head>,
    /// Number of events.
    pub events: u64,
    /// Number of blobs.
    pub blobs: u64,
}

pub(crate) fn verify(conn: &Connection, path: &Path, plan: &Plan) -> Result<Verified, StoreError> {
    schema::same_layout(conn, path)?;
    let sound: String = conn.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).fail(path, DOING)?;
    if sound != "ok" {
        return Err(StoreError::broken(path, Broken::Database(sound)));
    }
    let blobs = verify_blobs(conn, path)?;
    let heads = heads(conn, path)?;
    let mut events = 0;
    for head in &heads {
        events += verify_chain(conn, path, head)?;
    }
    let rows: u64 = conn.query_row("SELECT count(*) FROM event", [], |row| row.get(0)).fail(path, DOING)?;
    if rows != events {
        return Err(StoreError::broken(
            path,
            Broken::Database(format!("{rows} events, of which {events} are in a chain")),
        ));
    }
    planned::verify(conn, path, plan)?;
    Ok(Verified { heads, events, blobs })
}

/// One writer's events from first to last, and that what they name is in the file.
fn verify_chain(conn: &Connection, path: &Path, head: &Head) -> Result<u64, StoreError> {
    let sql = format!("SELECT {} FROM event WHERE writer = ?1 ORDER BY seq", Row::COLUMNS);
    let mut statement = conn.prepare(&sql).fail(path, DOING)?;
    let mut rows = statement.query([&head.writer]).fail(path, DOING)?;
    let (mut seq, mut prev) = (0, FIRST);
    while let Some(row) = rows.next().fail(path, DOING)? {
        let row = Row::new(path, &head.writer, row);
        prev = row.follows(seq, &prev)?;
        seq += 1;
        for digest in named(&row)?.into_iter().flatten() {
            if blobs::find(conn, path, &digest)?.is_none() {
                return Err(StoreError::broken(path, Broken::NoBlob { digest }));
            }
        }
    }
    Ok(seq.unsigned_abs())
}

/// The blobs that an event names.
fn named(row: &Row<'_>) -> Result<[Option<Digest>; 2], StoreError> {
    Ok(match row.kind()? {
        Some(EventKind::CallSent) => [Some(row.parse::<CallSent>()?.request), None],
        Some(EventKind::CallAnswered) => {
            let body: CallAnswered = row.parse()?;
            [body.response, body.stderr]
        }
        Some(EventKind::CellFinished) => [row.parse::<CellFinished>()?.output, None],
        Some(EventKind::Scored) => {
            let body: ScoredBody = row.parse()?;
            [body.output, body.manifest]
        }
        Some(EventKind::Rescored) => [Some(row.parse::<Rescored>()?.manifest), None],
        _ => [None, None],
    })
}

fn verify_blobs(conn: &Connection, path: &Path) -> Result<u64, StoreError> {
    let mut statement = conn.prepare("SELECT id, digest, bytes FROM blob").fail(path, DOING)?;
    let mut rows = statement.query([]).fail(path, DOING)?;
    let mut count = 0;
    while let Some(row) = rows.next().fail(path, DOING)? {
        let digest: [u8; 32] = row.get(1).fail(path, DOING)?;
        let bytes = row.get_ref(2).and_then(|value| Ok(value.as_blob()?)).fail(path, DOING)?;
        if Digest::of(bytes).bytes() != &digest {
            return Err(StoreError::broken(path, Broken::Blob { id: row.get(0).fail(path, DOING)? }));
        }
        count += 1;
    }
    Ok(count)
}
