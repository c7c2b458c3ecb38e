//! Reading a run: its plan, its items, and every cell with what counts for it.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use bedside_core::event::{CellFinished, Rescored, ScoredBody};
use bedside_core::plan::{CellIndex, Plan, PlannedItem};
use bedside_core::{CellKey, Digest, Fault, Item, Scored};
use rusqlite::Connection;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::chain::Head;
use crate::error::{Broken, Fail, StoreError};
use crate::index::{Index, Place, Standing};
use crate::progress::Standings;
use crate::scan::Row;
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
    /// The manifest that the scoring named: it was done again. Absent for a score of the plan's own scorers.
    pub scored_under: Option<Digest>,
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
    /// Cells of the plan, or of its share.
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

    /// The plan with the metrics that are in force now: those of the last rescoring, where there was one. Cells and keys are the same.
    pub fn plan_in_force(&self) -> Result<Plan, StoreError> {
        let index = self.index()?;
        let mut plan = self.plan.clone();
        for place in &index.rescored {
            let Rescored { benchmark, manifest, metrics, primary, .. } = self.body(&index, *place)?;
            let planned = plan.benchmarks.get_mut(benchmark);
            let planned = planned.ok_or_else(|| StoreError::missing(&self.path, format!("benchmark {benchmark}")))?;
            planned.manifest = manifest;
            planned.metrics = metrics;
            planned.primary = primary;
            plan.rescored.insert(benchmark, manifest);
        }
        Ok(plan)
    }

    /// The items of a benchmark, by its position in the plan.
    pub fn items(&self, benchmark: usize) -> Result<Vec<PlannedItem>, StoreError> {
        let mut items = Vec::new();
        self.for_each_item(benchmark, |item| {
            items.push(item);
            Ok(())
        })?;
        Ok(items)
    }

    /// Every item of a benchmark in turn, for those that are too many to hold.
    pub fn for_each_item(
        &self,
        benchmark: usize,
        see: impl FnMut(PlannedItem) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.each_item(benchmark, see)
    }

    /// Some items of a benchmark, by their positions.
    pub fn items_at(
        &self,
        benchmark: usize,
        positions: &BTreeSet<usize>,
    ) -> Result<BTreeMap<usize, PlannedItem>, StoreError> {
        let mut found = BTreeMap::new();
        let mut position = 0;
        self.for_each_item(benchmark, |item| {
            if positions.contains(&position) {
                found.insert(position, item);
            }
            position += 1;
            Ok(())
        })?;
        Ok(found)
    }

    /// An item with all its content.
    pub fn item(&self, item: &PlannedItem) -> Result<Item, StoreError> {
        serde_json::from_slice(&self.blob(&item.blob)?)
            .map_err(|source| StoreError::unreadable(&self.path, format!("item {}", item.id), source))
    }

    /// The blobs of a benchmark's items, in the order of the plan.
    pub(crate) fn item_blobs(&self, benchmark: usize) -> Result<Vec<Digest>, StoreError> {
        let mut blobs = Vec::new();
        self.each_item(benchmark, |item: ItemBlob| {
            blobs.push(item.blob);
            Ok(())
        })?;
        Ok(blobs)
    }

    /// The bytes with this digest, and no others: changed bytes are an error.
    pub fn blob(&self, digest: &Digest) -> Result<Vec<u8>, StoreError> {
        let bytes = blobs::bytes(&self.conn, &self.path, digest)?;
        if Digest::of(&bytes) == *digest {
            Ok(bytes)
        } else {
            Err(StoreError::broken(&self.path, Broken::Bytes { digest: *digest }))
        }
    }

    /// How far each cell came, for resuming.
    pub fn standings(self) -> Result<Standings, StoreError> {
        drop(self.index()?);
        Ok(Standings::new(self.index.into_inner()))
    }

    /// Every cell of the plan, or of its share, in the order of the plan. Outputs stay in the file: see [`RunReader::blob`].
    pub fn for_each_cell(&self, see: impl FnMut(CellRow) -> Result<(), StoreError>) -> Result<(), StoreError> {
        self.for_some_cells(|_| true, see)
    }

    /// The cells at the places that are wanted; of others nothing is read.
    pub fn for_some_cells(
        &self,
        wanted: impl Fn(CellIndex) -> bool,
        mut see: impl FnMut(CellRow) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        // In one transaction: taking and giving back SQLite's lock for each event costs more than reading it.
        self.at_one_moment(|| {
            let index = self.index()?;
            for cell in self.plan.cells().filter(|cell| wanted(*cell)) {
                let key = self.key(cell);
                if self.plan.holds(&key) {
                    see(self.row(&index, cell, key)?)?;
                }
            }
            Ok(())
        })
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
            let key = self.key(cell);
            if !self.plan.holds(&key) {
                continue;
            }
            if filter.outcome.is_none() && passed < offset {
                passed += 1;
                continue;
            }
            if filter.outcome.is_some_and(|wanted| index.standing(&key).outcome() != wanted) {
                continue;
            }
            passed += 1;
            if passed > offset || filter.outcome.is_none() {
                page.push(self.row(&index, cell, key)?);
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
            unavailable: (0..self.plan.systems.len()).map(|system| self.plan.unavailable_of(system)).sum(),
            conflicts: index.conflicts.len() as u64,
            sealed: index.sealed,
            ..Summary::default()
        };
        for cell in self.plan.cells() {
            let key = self.key(cell);
            if !self.plan.holds(&key) {
                continue;
            }
            let standing = index.standing(&key);
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
    pub(crate) fn index(&self) -> Result<std::cell::Ref<'_, Index>, StoreError> {
        if self.digests.get().is_none() {
            let lists = (0..self.plan.benchmarks.len()).map(|benchmark| {
                let mut digests = Vec::new();
                self.each_item(benchmark, |item: ItemDigest| {
                    digests.push(item.digest);
                    Ok(())
                })?;
                if digests.len() as u64 == self.plan.benchmarks[benchmark].selected {
                    Ok(digests)
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

    fn row(&self, index: &Index, cell: CellIndex, key: CellKey) -> Result<CellRow, StoreError> {
        let standing = index.standing(&key);
        let finished = standing.finished.map(|place| self.body(index, place)).transpose()?;
        let scored = standing.scored.map(|place| self.body::<ScoredBody>(index, place)).transpose()?;
        let scored = scored.unwrap_or_default();
        Ok(CellRow {
            index: cell,
            key,
            finished,
            scored: scored.scorers,
            scored_under: scored.manifest,
            in_flight: standing.in_flight,
            possibly_billed_twice: standing.possibly_billed_twice,
        })
    }

    fn body<T: DeserializeOwned>(&self, index: &Index, place: Place) -> Result<T, StoreError> {
        self.event_body(index.writer(place), place.seq())
    }

    /// The body of an event that is as it was written.
    pub(crate) fn event_body<T: DeserializeOwned>(&self, writer: &str, seq: i64) -> Result<T, StoreError> {
        let sql = "SELECT seq, at, kind, cell, step, body, prev, hash FROM event WHERE writer = ?1 AND seq = ?2";
        let mut find = self.conn.prepare_cached(sql).fail(&self.path, "reading")?;
        let mut rows = find.query((writer, seq)).fail(&self.path, "reading")?;
        let row = rows.next().fail(&self.path, "reading")?;
        let row = row.ok_or_else(|| StoreError::broken(&self.path, Broken::Gap { writer: writer.to_owned(), seq }))?;
        let row = Row::new(&self.path, writer, row);
        row.check()?;
        row.parse()
    }

    /// When an event was written.
    pub(crate) fn event_at(&self, writer: &str, seq: i64) -> Result<i64, StoreError> {
        let sql = "SELECT at FROM event WHERE writer = ?1 AND seq = ?2";
        self.conn.query_row(sql, (writer, seq), |row| row.get(0)).fail(&self.path, "reading")
    }

    fn each_item<T: DeserializeOwned>(
        &self,
        benchmark: usize,
        see: impl FnMut(T) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let planned = self.plan.benchmarks.get(benchmark);
        let planned = planned.ok_or_else(|| StoreError::missing(&self.path, format!("benchmark {benchmark}")))?;
        let what = format!("the list of items of {}", planned.id);
        blobs::each(&self.conn, &self.path, &planned.index, &what, see)
    }

    /// Runs several queries on the same state of the file. One moment within another is the same moment.
    pub(crate) fn at_one_moment<T, E: From<StoreError>>(&self, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        if !self.conn.is_autocommit() {
            return work();
        }
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

/// All that opening an item needs.
#[derive(Deserialize)]
struct ItemBlob {
    blob: Digest,
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
