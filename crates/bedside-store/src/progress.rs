//! What a resumed run must know of each cell.

use bedside_core::{CellKey, Fault};

use crate::index::Index;

/// How far a cell came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "four facts about a cell, in any combination")]
pub struct CellState {
    /// It has an answer: never ask again.
    pub answered: bool,
    /// The answer was scored.
    pub scored: bool,
    /// It has a fault and no answer: missing data, may be asked again.
    pub fault: Option<Fault>,
    /// A call was sent of which no answer is known. Asking again may be billed twice, and says so.
    pub in_flight: bool,
    /// The last call may have been accepted, and no answer could be read of it.
    pub lost: bool,
}

impl CellState {
    /// Whether a call for this cell may have been accepted, and billed, without an answer in the file.
    pub fn may_have_been_billed(&self) -> bool {
        self.in_flight || self.lost || self.fault.is_some_and(Fault::may_have_been_billed)
    }
}

/// The state of every cell, as it was when this was taken from a reader: 50 bytes a cell.
#[derive(Debug, Default)]
pub struct Standings(Index);

impl Standings {
    pub(crate) const fn new(index: Index) -> Self {
        Self(index)
    }

    /// How far a cell came; nothing when no event speaks of it.
    pub fn of(&self, cell: &CellKey) -> CellState {
        let standing = self.0.standing(cell);
        CellState {
            answered: standing.answered,
            scored: standing.scored.is_some(),
            fault: standing.fault.filter(|_| !standing.answered),
            in_flight: standing.in_flight,
            lost: standing.lost && !standing.answered,
        }
    }
}
