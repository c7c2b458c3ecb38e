//! What a resumed run must know of each cell.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use bedside_core::{CellKey, EventKind, Fault};
use rusqlite::Connection;

use crate::calls::OpenCalls;
use crate::error::StoreError;
use crate::index::Ended;
use crate::scan::{heads, scan};
use crate::settle::settle;

/// How far a cell came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CellState {
    /// It has an answer: never ask again.
    pub answered: bool,
    /// The answer was scored.
    pub scored: bool,
    /// It has a fault and no answer: missing data, may be asked again.
    pub fault: Option<Fault>,
    /// A call was sent of which no answer is known. Asking again may be billed twice, and says so.
    pub in_flight: bool,
}

/// The state of every cell that some event speaks of. The caller holds a transaction.
pub(crate) fn progress(conn: &Connection, path: &Path) -> Result<HashMap<CellKey, CellState>, StoreError> {
    let heads = heads(conn, path)?;
    let from: Vec<_> = heads.iter().map(|head| (head.writer.as_str(), 0)).collect();
    let mut states: HashMap<CellKey, CellState> = HashMap::new();
    let mut open = OpenCalls::default();
    let mut contested = HashSet::new();
    scan(conn, path, &from, |_, row| {
        let (Some(kind), Some(cell)) = (row.kind()?, row.cell()?) else { return Ok(()) };
        let state = states.entry(cell).or_default();
        match kind {
            EventKind::CallSent => {
                open.sent(cell, row.step()?);
            }
            EventKind::CallAnswered => open.answered(cell, row.step()?),
            EventKind::CellFinished => {
                open.finished(cell);
                let fault = row.parse::<Ended>()?.fault;
                if fault.is_none() && state.answered {
                    contested.insert(cell);
                }
                state.answered |= fault.is_none();
                state.fault = fault.filter(|_| !state.answered);
            }
            EventKind::Scored => state.scored = true,
            EventKind::Plan | EventKind::Judged | EventKind::Rated | EventKind::Imported | EventKind::Sealed => {}
        }
        Ok(())
    })?;
    for state in states.values_mut() {
        state.scored &= state.answered;
    }
    if !contested.is_empty() {
        for (cell, settled) in settle(conn, path, &from, &contested)? {
            states.entry(cell).or_default().scored = settled.scored.is_some();
        }
    }
    for cell in open.cells() {
        states.entry(cell).or_default().in_flight = true;
    }
    Ok(states)
}
