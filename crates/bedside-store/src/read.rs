//! Reading a run: its plan, its items, and every cell with what counts for it.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use bedside_core::event::{CellFinished, ScoredBody};
use bedside_core::plan::{CellIndex, Plan, PlannedItem};
use bedside_core::{CellKey, Digest, Fault, Item, Scored};
use rusqlite::Connection;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::chain::Head;
use crate::error::{Broken, Fail, StoreError};
use crate::index::{Index, Place, Standing};
use crate::progress::{self, CellState};
use crate::settle::Conflict;
use crate::verify::{self, Verified};
use crate::write::first_writer;
use crate::{blobs, scan, schema};

/// Reads a run file, also one that is being written: each call sees all that was recorded when it began.
#[derive(Debug)]
pub struct RunReader {
    conn: Connection,
    path: PathBuf,
    version: u32,
    plan: Plan,
    /// Digests of the items by benchmark, for the keys of cells.
    digests: OnceCell<Vec<Vec<Digest>>>,
    index: RefCell<Index>,
}

/// A cell of the plan and what counts for it.
#[derive(Clone, Debug)]
pub struct CellRow {
    /// Its place in the plan.
    pub index: CellIndex,
    /// Its key.
    pub key: CellKey,
    /// How it ended; absent when it has not. An answer beats a fault.
    pub finished: Option<CellFinished>,
    /// What the last scoring said of its answer.
    pub scored: Vec<Scored>,
    /// A call was sent of which no answer is known.
    pub in_flight: bool,
    /// Calls that were sent again because no answer to the first was known.
    pub possibly_billed_twice: u32,
}

/// Which cells a page shows. Absent fields let all through.
#[derive(Clone, Copy, Debug, Default)]
pub struct CellFilter {
    /// Position of a benchmark in the plan.
    pub benchmark: Option<usize>,
    /// Position of a system.
    pub system: Option<usize>,
    /// Position of a wording.
    pub prompt: Option<usize>,
    /// Position of an item.
    pub item: Option<usize>,
    /// How the cell stands.
    pub outcome: Option<OutcomeKind>,
}

/// How a cell stands, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OutcomeKind {
    /// It has an answer.
    Answered,
    /// Missing through no doing of the system.
    Fault,
    /// Not ended: in flight, not attempted, or not in the recording.
    Missing,
}

/// Counts of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Name of the run: the file's stem.
    pub run: String,
    /// The file.
    pub file: String,
    /// Cells of the plan.
    pub planned: u64,
    /// Cells with an answer.
    pub answered: u64,
    /// Of these, cells whose answer was scored.
    pub scored: u64,
    /// Cells with a fault and no answer, by kind.
    pub faults: BTreeMap<Fault, u64>,
    /// Cells that have not ended and of which a call was sent.
    pub in_flight: u64,
    /// Calls that were sent again because no answer to the first was known.
    pub possibly_billed_twice: u64,
    /// Cells that were not begun, those that a recording lacks among them.
    pub not_attempted: u64,
    /// Cells that a recording lacks.
    pub unavailable: u64,
    /// Cells with several answers.
    pub conflicts: u64,
    /// Whether the run said that it reached its end.
    pub sealed: bool,
}

impl RunReader {
    /// Opens a run file for reading. One of a newer version is read as far as it can be; see [`RunReader::newer`].
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let (conn, version) = schema::open_reader(path)?;
        let writer = first_writer(&conn, path)?;
        let plan: String = conn
            .query_row("SELECT body FROM event WHERE writer = ?1 AND seq = 0", [writer], |row| row.get(0))
            .fail(path, "reading")?;
        let plan: Plan =
            serde_json::from_str(&plan).map_err(|source| StoreError::unreadable(path, "the plan", source))?;
        let (digests, index) = (OnceCell::new(), RefCell::default());
        Ok(Self { conn, path: path.to_owned(), version, plan, digests, index })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The version of the layout, when it is newer than this program knows: some of the file may not be understood.
    pub fn newer(&self) -> Option<u32> {
        (self.version > schema::VERSION).then_some(self.version)
    }

    /// What the run set out to do.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The items of a benchmark, by its position in the plan.
    pub fn items(&self, benchmark: usize) -> Result<Vec<PlannedItem>, StoreError> {
        self.item_list(benchmark)
    }

    /// An item with all its content.
    pub fn item(&self, item: &PlannedItem) -> Result<Item, StoreError> {
        blobs::json(&self.conn, &self.path, &item.blob, &format!("item {}", item.id))
    }

    /// The bytes with this digest.
    pub fn blob(&self, digest: &Digest) -> Result<Vec<u8>, StoreError> {
        blobs::bytes(&self.conn, &self.path, digest)
    }

    /// How far each cell came, for resuming. Cells without any event are absent.
    pub fn progress(&self) -> Result<HashMap<CellKey, CellState>, StoreError> {
        self.at_one_moment(|| progress::progress(&self.conn, &self.path))
    }

    /// Every cell of the plan, in the order of the plan. Outputs stay in the file: see [`RunReader::blob`].
    pub fn for_each_cell(&self, mut see: impl FnMut(CellRow) -> Result<(), StoreError>) -> Result<(), StoreError> {
        let index = self.index()?;
        for cell in self.plan.cells() {
            see(self.row(&index, cell)?)?;
        }
        Ok(())
    }

    /// The cells of a reading page, in the order of the plan.
    pub fn cells_page(&self, filter: &CellFilter, offset: usize, limit: usize) -> Result<Vec<CellRow>, StoreError> {
        let index = self.index()?;
        let mut passed = 0;
        let mut page = Vec::new();
        for cell in self.plan.cells().filter(|cell| filter.has_place(*cell)) {
            if page.len() == limit {
                break;
            }
            if filter.outcome.is_none() && passed < offset {
                passed += 1;
                continue;
            }
            if filter.outcome.is_some_and(|wanted| index.standing(&self.key(cell)).outcome() != wanted) {
                continue;
            }
            passed += 1;
            if passed > offset || filter.outcome.is_none() {
                page.push(self.row(&index, cell)?);
            }
        }
        Ok(page)
    }

    /// Counts of the run.
    pub fn summary(&self) -> Result<Summary, StoreError> {
        let index = self.index()?;
        let mut summary = Summary {
            run: self.path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default(),
            file: self.path.display().to_string(),
            unavailable: self.plan.systems.iter().map(|system| system.unavailable).sum(),
            conflicts: index.conflicts.len() as u64,
            sealed: index.sealed,
            ..Summary::default()
        };
        for cell in self.plan.cells() {
            let standing = index.standing(&self.key(cell));
            summary.planned += 1;
            summary.possibly_billed_twice += u64::from(standing.possibly_billed_twice);
            match standing.fault {
                _ if standing.answered => {
                    summary.answered += 1;
                    summary.scored += u64::from(standing.scored.is_some());
                }
                Some(fault) => *summary.faults.entry(fault).or_default() += 1,
                None if standing.in_flight => summary.in_flight += 1,
                None => summary.not_attempted += 1,
            }
        }
        Ok(summary)
    }

    /// Cells with several answers: after a merge of shards that overlap, or when two processes wrote.
    pub fn conflicts(&self) -> Result<Vec<Conflict>, StoreError> {
        Ok(self.index()?.conflicts.clone())
    }

    /// Where each writer's chain ends. Keep these elsewhere to notice later that events were cut off.
    pub fn heads(&self) -> Result<Vec<Head>, StoreError> {
        scan::heads(&self.conn, &self.path)
    }

    /// Checks every event, blob and table against what was written.
    pub fn verify(&self) -> Result<Verified, StoreError> {
        if let Some(found) = self.newer() {
            return Err(StoreError::Newer { path: self.path.clone(), found, known: schema::VERSION });
        }
        self.at_one_moment(|| verify::verify(&self.conn, &self.path, &self.plan))
    }

    /// The index, with all that was written until now; and the digests that [`RunReader::key`] needs.
    fn index(&self) -> Result<std::cell::Ref<'_, Index>, StoreError> {
        if self.digests.get().is_none() {
            let lists = (0..self.plan.benchmarks.len()).map(|benchmark| {
                let items: Vec<ItemDigest> = self.item_list(benchmark)?;
                if items.len() as u64 == self.plan.benchmarks[benchmark].selected {
                    Ok(items.into_iter().map(|item| item.digest).collect())
                } else {
                    Err(StoreError::broken(&self.path, Broken::Table("plan_item")))
                }
            });
            let lists = lists.collect::<Result<Vec<_>, StoreError>>()?;
            let _ = self.digests.set(lists);
        }
        self.at_one_moment(|| self.index.borrow_mut().update(&self.conn, &self.path))?;
        Ok(self.index.borrow())
    }

    fn key(&self, cell: CellIndex) -> CellKey {
        let digests = self.digests.get().expect("filled by `index`, which every caller calls first");
        self.plan.key(cell, digests[cell.benchmark][cell.item])
    }

    fn row(&self, index: &Index, cell: CellIndex) -> Result<CellRow, StoreError> {
        let key = self.key(cell);
        let standing = index.standing(&key);
        let finished = standing.finished.map(|place| self.body(index, place)).transpose()?;
        let scored = standing.scored.map(|place| self.body::<ScoredBody>(index, place)).transpose()?;
        Ok(CellRow {
            index: cell,
            key,
            finished,
            scored: scored.map(|body| body.scorers).unwrap_or_default(),
            in_flight: standing.in_flight,
            possibly_billed_twice: standing.possibly_billed_twice,
        })
    }

    fn body<T: DeserializeOwned>(&self, index: &Index, place: Place) -> Result<T, StoreError> {
        let mut find = self
            .conn
            .prepare_cached("SELECT body FROM event WHERE writer = ?1 AND seq = ?2")
            .fail(&self.path, "reading")?;
        let (writer, seq) = (index.writer(place), place.seq());
        let mut rows = find.query((writer, seq)).fail(&self.path, "reading")?;
        let row = rows.next().fail(&self.path, "reading")?;
        let row = row.ok_or_else(|| StoreError::broken(&self.path, Broken::Gap { writer: writer.to_owned(), seq }))?;
        let body = row.get_ref(0).and_then(|value| Ok(value.as_str()?)).fail(&self.path, "reading")?;
        serde_json::from_str(body)
            .map_err(|source| StoreError::unreadable(&self.path, format!("event {seq} of writer {writer:?}"), source))
    }

    fn item_list<T: DeserializeOwned>(&self, benchmark: usize) -> Result<Vec<T>, StoreError> {
        let planned = self.plan.benchmarks.get(benchmark);
        let planned = planned.ok_or_else(|| StoreError::missing(&self.path, format!("benchmark {benchmark}")))?;
        blobs::json(&self.conn, &self.path, &planned.index, &format!("the list of items of {}", planned.id))
    }

    /// Runs several queries on the same state of the file.
    fn at_one_moment<T>(&self, work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
        let moment = self.conn.unchecked_transaction().fail(&self.path, "reading")?;
        let done = work();
        drop(moment);
        done
    }

    pub(crate) fn conn(&self) -> &Connection {
        &self.conn
    }
}

/// All that the keys of cells need of a planned item.
#[derive(Deserialize)]
struct ItemDigest {
    digest: Digest,
}

impl CellFilter {
    fn has_place(&self, cell: CellIndex) -> bool {
        let fits = |wanted: Option<usize>, found| wanted.is_none_or(|wanted| wanted == found);
        fits(self.benchmark, cell.benchmark)
            && fits(self.system, cell.system)
            && fits(self.prompt, cell.prompt)
            && fits(self.item, cell.item)
    }
}

impl Standing {
    fn outcome(&self) -> OutcomeKind {
        match self.fault {
            _ if self.answered => OutcomeKind::Answered,
            Some(_) => OutcomeKind::Fault,
            None => OutcomeKind::Missing,
        }
    }
}
