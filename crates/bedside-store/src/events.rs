//! Events by kind, and every scoring with the answer it is about: for ratings, and for computing stored scores again.

use std::collections::HashMap;

use bedside_core::event::{CellFinished, ScoredBody};
use bedside_core::plan::CellIndex;
use bedside_core::{CellKey, EventKind};
use serde::de::DeserializeOwned;

use crate::error::{Fail, StoreError};
use crate::read::RunReader;
use crate::scan::{heads, scan};
use crate::settle::{Answered, Conflict};

/// An event as it lies in the file, checked against its own hash.
#[derive(Clone, Debug)]
pub struct StoredEvent {
    /// Who wrote it.
    pub writer: String,
    /// Its number in the writer's chain.
    pub seq: i64,
    /// When it was written, milliseconds since 1970.
    pub at_ms: i64,
    /// The cell it belongs to, if any.
    pub cell: Option<CellKey>,
    /// The step within the cell.
    pub step: u32,
    /// The body: JSON.
    pub body: String,
}

/// One scoring of one answer, in force or replaced by a later one.
#[derive(Clone, Debug)]
pub struct Scoring {
    /// Who wrote it.
    pub writer: String,
    /// Its number in the writer's chain.
    pub seq: i64,
    /// The cell.
    pub cell: CellKey,
    /// What was said.
    pub body: ScoredBody,
    /// The answer that was scored. Several where the file does not say which of a cell's answers it was, none where the file has
    /// no answer of this cell.
    pub answers: Vec<CellFinished>,
}

impl RunReader {
    /// Every event of a kind, in the one order of the file: by time, then writer, then number.
    pub fn for_each_event<E: From<StoreError>>(
        &self,
        kind: EventKind,
        mut see: impl FnMut(StoredEvent) -> Result<(), E>,
    ) -> Result<(), E> {
        self.at_one_moment(|| {
            let heads = heads(self.conn(), self.path())?;
            let from: Vec<_> = heads.iter().map(|head| (head.writer.as_str(), 0)).collect();
            let mut refused = None;
            scan(self.conn(), self.path(), &from, |_, row| {
                if refused.is_some() || row.kind()? != Some(kind) {
                    return Ok(());
                }
                row.check()?;
                let event = StoredEvent {
                    writer: row.writer().to_owned(),
                    seq: row.seq()?,
                    at_ms: row.at()?,
                    cell: row.cell()?,
                    step: row.step()?,
                    body: row.body()?.to_owned(),
                };
                refused = see(event).err();
                Ok(())
            })?;
            refused.map_or(Ok(()), Err)
        })
    }

    /// Every scoring in the file with the answer it is about.
    pub fn for_each_scoring<E: From<StoreError>>(
        &self,
        mut see: impl FnMut(Scoring) -> Result<(), E>,
    ) -> Result<(), E> {
        self.at_one_moment(|| {
            let index = self.index()?;
            let contested: HashMap<CellKey, &Conflict> =
                index.conflicts.iter().map(|conflict| (conflict.cell, conflict)).collect();
            self.for_each_event(EventKind::Scored, |event| {
                let Some(cell) = event.cell else { return Ok(()) };
                let body: ScoredBody = event.parse(self)?;
                let answers = if let Some(conflict) = contested.get(&cell) {
                    self.scored_of(conflict, &event.writer, &body)?
                } else {
                    let standing = index.standing(&cell);
                    let answered = standing.finished.filter(|_| standing.answered);
                    let answer = answered.map(|place| self.event_body(index.writer(place), place.seq())).transpose()?;
                    answer.into_iter().collect()
                };
                see(Scoring { writer: event.writer, seq: event.seq, cell, body, answers })
            })
        })
    }

    /// Which of several answers a scoring is about, by the rule that settles which scoring counts.
    fn scored_of(&self, conflict: &Conflict, writer: &str, body: &ScoredBody) -> Result<Vec<CellFinished>, StoreError> {
        let all = || std::iter::once(&conflict.chosen).chain(&conflict.others);
        let about: Vec<&Answered> = match body.output {
            Some(output) => all().filter(|answer| answer.output == Some(output)).take(1).collect(),
            None if all().any(|answer| answer.writer == writer) => {
                all().filter(|answer| answer.writer == writer).collect()
            }
            None => vec![&conflict.chosen],
        };
        about.into_iter().map(|answer| self.event_body(&answer.writer, answer.seq)).collect()
    }

    /// Where a cell stands in the plan: several places when benchmarks share an item.
    pub fn places(&self, cell: &CellKey) -> Result<Vec<CellIndex>, StoreError> {
        let sql = "SELECT benchmark, epoch, item, prompt, system FROM planned WHERE cell = ?1";
        let mut find = self.conn().prepare_cached(sql).fail(self.path(), "reading")?;
        let rows = find.query_map([cell.0.bytes()], |row| {
            Ok(CellIndex {
                benchmark: row.get(0)?,
                epoch: row.get(1)?,
                item: row.get(2)?,
                prompt: row.get(3)?,
                system: row.get(4)?,
            })
        });
        rows.and_then(Iterator::collect).fail(self.path(), "reading")
    }
}

impl StoredEvent {
    /// The body as a type.
    pub fn parse<T: DeserializeOwned>(&self, reader: &RunReader) -> Result<T, StoreError> {
        serde_json::from_str(&self.body).map_err(|source| {
            StoreError::unreadable(reader.path(), format!("event {} of writer {:?}", self.seq, self.writer), source)
        })
    }
}
