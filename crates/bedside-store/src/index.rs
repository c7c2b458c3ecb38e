//! Where in the file the events lie that count for each cell: 40 bytes a cell, so that a run of a million cells fits in memory
//! while its outputs stay on the disk.

use std::collections::HashSet;
use std::path::Path;

use bedside_core::{CellKey, Digest, EventKind, Fault};
use hashbrown::HashTable;
use rusqlite::Connection;
use serde::Deserialize;

use crate::calls::OpenCalls;
use crate::error::StoreError;
use crate::scan::{Row, heads, scan};
use crate::settle::{Conflict, settle};

/// An event by the position of its writer and its number, in 8 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place(u64);

impl Place {
    const NOWHERE: Self = Self(u64::MAX);
    const SEQ_BITS: u32 = 44;

    pub fn new(writer: usize, seq: i64) -> Self {
        Self((writer as u64) << Self::SEQ_BITS | seq.unsigned_abs())
    }

    pub fn writer(self) -> usize {
        usize::try_from(self.0 >> Self::SEQ_BITS).unwrap_or(usize::MAX)
    }

    pub fn seq(self) -> i64 {
        (self.0 & ((1 << Self::SEQ_BITS) - 1)).cast_signed()
    }

    fn known(self) -> Option<Self> {
        (self != Self::NOWHERE).then_some(self)
    }
}

/// What counts for one cell.
#[derive(Clone, Copy, Debug)]
struct Slot {
    /// Half the key: two cells never share it.
    key: [u8; 16],
    finished: Place,
    scored: Place,
    twice: u16,
    lost: bool,
    answered: bool,
    fault: Option<Fault>,
}

/// How a cell stands.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Standing {
    pub finished: Option<Place>,
    pub scored: Option<Place>,
    pub answered: bool,
    pub fault: Option<Fault>,
    pub in_flight: bool,
    pub lost: bool,
    pub possibly_billed_twice: u32,
}

/// All that the fold needs of `cell.finished`.
#[derive(Deserialize)]
pub(crate) struct Ended {
    #[serde(default)]
    pub fault: Option<Fault>,
}

/// All that the fold needs of `call.sent`.
#[derive(Deserialize)]
struct Again {
    #[serde(default)]
    again: bool,
}

/// All that the fold needs of `call.answered`.
#[derive(Deserialize)]
struct Lost {
    #[serde(default)]
    lost: bool,
}

/// The fold over all events, and where they lie.
#[derive(Debug, Default)]
pub(crate) struct Index {
    writers: Vec<String>,
    /// Number of the next event of each writer.
    next: Vec<i64>,
    slots: Vec<Slot>,
    /// Number of a cell's slot, by its key.
    table: HashTable<u32>,
    open: OpenCalls<u32>,
    contested: HashSet<CellKey>,
    pub conflicts: Vec<Conflict>,
    pub sealed: bool,
    /// Where the answers of a benchmark were scored again, in order.
    pub rescored: Vec<Place>,
}

impl Index {
    /// Takes in what was written since the last time. The caller holds a transaction.
    pub fn update(&mut self, conn: &Connection, path: &Path) -> Result<(), StoreError> {
        let mut grown = false;
        for head in heads(conn, path)? {
            let position = self.writers.iter().position(|writer| *writer == head.writer).unwrap_or_else(|| {
                self.writers.push(head.writer.clone());
                self.next.push(0);
                self.writers.len() - 1
            });
            grown |= self.next[position] < head.events;
        }
        if !grown {
            return Ok(());
        }
        let writers = self.writers.clone();
        let from: Vec<_> = writers.iter().map(String::as_str).zip(self.next.iter().copied()).collect();
        scan(conn, path, &from, |position, row| self.observe(position, row))?;
        if !self.contested.is_empty() {
            self.settle(conn, path)?;
        }
        Ok(())
    }

    fn observe(&mut self, position: usize, row: &Row<'_>) -> Result<(), StoreError> {
        let seq = row.seq()?;
        self.next[position] = seq + 1;
        let place = Place::new(position, seq);
        let kind = row.kind()?;
        let Some(cell) = row.cell()? else {
            match kind {
                // Neither scoring again nor a kind that a newer version knows makes a run go on.
                Some(EventKind::Rescored) => self.rescored.push(place),
                Some(kind) => self.sealed = kind == EventKind::Sealed,
                None => {}
            }
            return Ok(());
        };
        let Some(kind) = kind else { return Ok(()) };
        let number = self.slot(&cell);
        let slot = &mut self.slots[number as usize];
        match kind {
            EventKind::CallSent => {
                self.open.sent(number, row.step()?);
                slot.twice = slot.twice.saturating_add(u16::from(row.parse::<Again>()?.again));
            }
            EventKind::CallAnswered => {
                self.open.answered(number, row.step()?);
                slot.lost = row.parse::<Lost>()?.lost;
            }
            EventKind::CellFinished => {
                self.open.finished(number);
                let ended: Ended = row.parse()?;
                match (slot.answered, ended.fault) {
                    (true, None) => {
                        self.contested.insert(cell);
                    }
                    (true, Some(_)) => {}
                    (false, fault) => {
                        slot.finished = place;
                        slot.answered = fault.is_none();
                        slot.fault = fault;
                    }
                }
            }
            EventKind::Scored => slot.scored = place,
            EventKind::Plan
            | EventKind::Rescored
            | EventKind::Judged
            | EventKind::Rated
            | EventKind::Imported
            | EventKind::Sealed => {}
        }
        Ok(())
    }

    fn settle(&mut self, conn: &Connection, path: &Path) -> Result<(), StoreError> {
        let from: Vec<_> = self.writers.iter().map(|writer| (writer.as_str(), 0)).collect();
        let settled = settle(conn, path, &from, &self.contested)?;
        self.conflicts.clear();
        for (cell, settled) in settled {
            let number = self.slot(&cell);
            let slot = &mut self.slots[number as usize];
            slot.finished = settled.finished;
            slot.scored = settled.scored.unwrap_or(Place::NOWHERE);
            self.conflicts.push(settled.conflict);
        }
        self.conflicts.sort_by_key(|conflict| conflict.cell);
        Ok(())
    }

    /// How a cell stands; nothing when no event speaks of it.
    pub fn standing(&self, cell: &CellKey) -> Standing {
        let Some(number) = self.find(cell) else { return Standing::default() };
        let slot = self.slots[number as usize];
        Standing {
            finished: slot.finished.known(),
            scored: slot.scored.known().filter(|_| slot.answered),
            answered: slot.answered,
            fault: slot.fault,
            in_flight: self.open.is_open(number),
            lost: slot.lost,
            possibly_billed_twice: u32::from(slot.twice),
        }
    }

    /// Name of the writer at a place.
    pub fn writer(&self, place: Place) -> &str {
        &self.writers[place.writer()]
    }

    fn slot(&mut self, cell: &CellKey) -> u32 {
        self.find(cell).unwrap_or_else(|| {
            let number = u32::try_from(self.slots.len()).expect("four thousand million cells do not fit in a run file");
            let (key, nowhere) = (half(cell.0), Place::NOWHERE);
            self.slots.push(Slot {
                key,
                finished: nowhere,
                scored: nowhere,
                twice: 0,
                lost: false,
                answered: false,
                fault: None,
            });
            let slots = &self.slots;
            self.table.insert_unique(spread(&key), number, |number| spread(&slots[*number as usize].key));
            number
        })
    }

    fn find(&self, cell: &CellKey) -> Option<u32> {
        let key = half(cell.0);
        self.table.find(spread(&key), |number| self.slots[*number as usize].key == key).copied()
    }
}

/// A digest is spread evenly as it is.
fn spread(key: &[u8; 16]) -> u64 {
    key.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

fn half(digest: Digest) -> [u8; 16] {
    digest.bytes().first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_two_numbers() {
        for (writer, seq) in [(0, 0), (0, 7), (3, (1 << 44) - 1), (1000, 12)] {
            let place = Place::new(writer, seq);
            assert_eq!((place.writer(), place.seq()), (writer, seq));
            assert_ne!(place, Place::NOWHERE);
        }
    }

    #[test]
    fn cells_with_the_same_first_bytes_are_kept_apart() {
        let cell = |last: u8| {
            let mut bytes = [7; 32];
            bytes[15] = last;
            CellKey(Digest::from_bytes(bytes))
        };
        let mut index = Index::default();
        let numbers: Vec<u32> = (0..5).map(|last| index.slot(&cell(last))).collect();
        assert_eq!(numbers, [0, 1, 2, 3, 4]);
        assert_eq!((0..5).map(|last| index.slot(&cell(last))).collect::<Vec<_>>(), numbers);
        assert!(size_of::<Slot>() <= 40, "{}", size_of::<Slot>());
    }
}
