//! Cells that were answered more than once, as happens when shards that overlap are merged: which answer counts, and which scores.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::path::Path;

use bedside_core::event::CellFinished;
use bedside_core::{CellKey, Digest, EventKind};
use rusqlite::Connection;
use serde::Deserialize;

use crate::error::StoreError;
use crate::index::Place;
use crate::scan::scan;

/// A cell with several answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The cell.
    pub cell: CellKey,
    /// The answer that counts: the one whose event has the lowest hash, so that the order of merging does not matter.
    pub chosen: Answered,
    /// The others.
    pub others: Vec<Answered>,
}

/// One of several answers to a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// Hash of the event.
    pub hash: Digest,
    /// Who wrote it.
    pub writer: String,
    /// Its number in the writer's chain.
    pub seq: i64,
    /// Digest of the output.
    pub output: Option<Digest>,
}

/// What is settled about a cell.
#[derive(Clone, Debug)]
pub(crate) struct Settled {
    pub conflict: Conflict,
    pub finished: Place,
    pub scored: Option<Place>,
}

/// All of `scored` that matters here: the output that was scored, where the event says so.
#[derive(Deserialize)]
struct ScoredOutput<'a> {
    #[serde(borrow, default)]
    output: Option<Cow<'a, str>>,
}

#[derive(Default)]
struct Found {
    answers: Vec<(Answered, Place)>,
    scores: Vec<(String, Option<String>, Place)>,
}

/// Goes through the file once for the given cells.
pub(crate) fn settle(
    conn: &Connection,
    path: &Path,
    from: &[(&str, i64)],
    cells: &HashSet<CellKey>,
) -> Result<HashMap<CellKey, Settled>, StoreError> {
    let mut found: HashMap<CellKey, Found> = HashMap::new();
    scan(conn, path, from, |position, row| {
        let Some(cell) = row.cell()?.filter(|cell| cells.contains(cell)) else { return Ok(()) };
        let place = Place::new(position, row.seq()?);
        match row.kind()? {
            Some(EventKind::CellFinished) => {
                let body: CellFinished = row.parse()?;
                if body.fault.is_none() {
                    let answered = Answered {
                        hash: row.hash()?,
                        writer: row.writer().to_owned(),
                        seq: row.seq()?,
                        output: body.output,
                    };
                    found.entry(cell).or_default().answers.push((answered, place));
                }
            }
            Some(EventKind::Scored) => {
                let body: ScoredOutput = row.parse()?;
                let output = body.output.map(Cow::into_owned);
                found.entry(cell).or_default().scores.push((row.writer().to_owned(), output, place));
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(found.into_iter().filter_map(|(cell, found)| Some((cell, choose(cell, found)?))).collect())
}

/// The lowest hash counts, and the last score of its output. A score that does not name its output belongs to the answer of its own
/// writer, or to the one that counts when its writer gave none.
fn choose(cell: CellKey, found: Found) -> Option<Settled> {
    let mut answers = found.answers;
    answers.sort_by_key(|(answer, _)| answer.hash);
    let mut answers = answers.into_iter();
    let (chosen, finished) = answers.next()?;
    let others: Vec<Answered> = answers.map(|(answer, _)| answer).collect();
    let output = chosen.output.map(|digest| digest.hex());
    let counts = |writer: &str, scored: Option<&str>| match scored {
        Some(scored) => Some(scored) == output.as_deref(),
        None => writer == chosen.writer || others.iter().all(|other| other.writer != writer),
    };
    let scored = found.scores.iter().rev().find(|(writer, scored, _)| counts(writer, scored.as_deref()));
    let scored = scored.map(|(.., place)| *place);
    Some(Settled { conflict: Conflict { cell, chosen, others }, finished, scored })
}
