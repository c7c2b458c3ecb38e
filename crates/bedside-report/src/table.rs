//! The fold of a run file into observations: one lane for each (benchmark, system, prompt), one place for each run of an item.
//!
//! A lane is dense and small (a few bytes a cell and one or two a score), so that a million cells fit into memory, and it does not
//! matter in which order the cells come.

use std::collections::{BTreeMap, BTreeSet};

use bedside_core::event::CellFinished;
use bedside_core::plan::{CellIndex, Plan, PlannedMetric, Role};
use bedside_core::{Fault, Scored, Stop};

use crate::column::Column;
use crate::error::ReportError;
use crate::item_index::ItemIndex;
use crate::limits;

/// What became of one cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CellState {
    /// Its end.
    pub end: CellEnd,
    /// A scorer read the answer as a refusal.
    pub refused: bool,
    /// Calls of it that were sent again because no answer to the first was known.
    pub sent_again: u32,
}

/// How a cell ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CellEnd {
    /// It was planned and never begun, or begun and not finished.
    #[default]
    NotAttempted,
    /// It is of another shard's share: no cell of this run file.
    Elsewhere,
    /// The system answered, or failed to.
    Answered(Stop),
    /// The operator's side failed: missing data.
    Fault(Fault),
}

/// One score of one cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// Position of the item in the benchmark's index.
    pub item: usize,
    /// Run of the item.
    pub epoch: u32,
    /// The score.
    pub score: f64,
    /// Whether an answer could be read out of the output.
    pub parsed: bool,
}

/// All cells of one benchmark, system and prompt.
#[derive(Clone, Debug)]
pub struct Lane {
    /// Position of the benchmark in the plan.
    pub benchmark: usize,
    /// Position of the system in the plan.
    pub system: usize,
    /// Position of the prompt in the benchmark.
    pub prompt: usize,
    /// Runs of each item.
    pub epochs: u32,
    items: usize,
    cells: Vec<CellState>,
    /// By metric.
    scores: Vec<Column>,
    versions: Vec<BTreeSet<u32>>,
}

impl Lane {
    fn new(position: LaneKey, items: usize, epochs: u32, metrics: usize, end: CellEnd) -> Self {
        let cells = items * epochs as usize;
        let LaneKey { benchmark, system, prompt } = position;
        Self {
            benchmark,
            system,
            prompt,
            epochs,
            items,
            cells: vec![CellState { end, ..CellState::default() }; cells],
            scores: vec![Column::new(cells); metrics],
            versions: vec![BTreeSet::new(); metrics],
        }
    }

    fn place(&self, item: usize, epoch: u32) -> usize {
        epoch as usize * self.items + item
    }

    /// What became of one run of an item.
    pub fn state(&self, item: usize, epoch: u32) -> CellState {
        self.cells[self.place(item, epoch)]
    }

    /// The score of one run of an item, if the metric has one.
    pub fn reading(&self, metric: usize, item: usize, epoch: u32) -> Option<Reading> {
        let (score, parsed) = self.scores[metric].get(self.place(item, epoch))?;
        Some(Reading { item, epoch, score, parsed })
    }

    /// Every score of a metric, for the items asked for.
    pub fn readings<'a>(
        &'a self,
        metric: usize,
        items: impl IntoIterator<Item = usize> + 'a,
    ) -> impl Iterator<Item = Reading> + 'a {
        items
            .into_iter()
            .flat_map(move |item| (0..self.epochs).filter_map(move |epoch| self.reading(metric, item, epoch)))
    }

    /// Every cell of the items asked for.
    pub fn states<'a>(
        &'a self,
        items: impl IntoIterator<Item = usize> + 'a,
    ) -> impl Iterator<Item = (usize, u32, CellState)> + 'a {
        items
            .into_iter()
            .flat_map(move |item| (0..self.epochs).map(move |epoch| (item, epoch, self.state(item, epoch))))
    }

    /// Number of items.
    pub fn items(&self) -> usize {
        self.items
    }

    /// Version of the scorer behind a metric: the latest seen.
    pub fn scorer_version(&self, metric: usize) -> Option<u32> {
        self.versions[metric].last().copied()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct LaneKey {
    benchmark: usize,
    system: usize,
    prompt: usize,
}

/// Every lane of a run, in the order of the plan: benchmark, system, prompt.
#[derive(Clone, Debug)]
pub struct Table {
    lanes: BTreeMap<LaneKey, Lane>,
    metrics: Vec<Vec<PlannedMetric>>,
    items: Vec<ItemIndex>,
}

impl Table {
    /// An empty table for a plan and the items of each of its benchmarks.
    pub fn new(plan: &Plan, items: Vec<ItemIndex>) -> Result<Self, ReportError> {
        let mut lanes = BTreeMap::new();
        let mut cells = 0_usize;
        // A shard's reader hands over the cells of its share and no others.
        let end = if plan.shard.is_some() { CellEnd::Elsewhere } else { CellEnd::NotAttempted };
        for (benchmark, (planned, index)) in plan.benchmarks.iter().zip(&items).enumerate() {
            for (system, asked) in plan.systems.iter().enumerate().filter(|(_, asked)| asked.takes_part_in(benchmark)) {
                let prompts =
                    if asked.reference_prompt_only { planned.prompts.len().min(1) } else { planned.prompts.len() };
                for prompt in 0..prompts {
                    cells = index
                        .n_items()
                        .checked_mul(asked.epochs as usize)
                        .and_then(|more| cells.checked_add(more))
                        .unwrap_or(usize::MAX);
                    if cells > limits::CELLS {
                        return Err(ReportError::TooManyCells { most: limits::CELLS });
                    }
                    let key = LaneKey { benchmark, system, prompt };
                    lanes.insert(key, Lane::new(key, index.n_items(), asked.epochs, planned.metrics.len(), end));
                }
            }
        }
        let metrics = plan.benchmarks.iter().map(|planned| planned.metrics.clone()).collect();
        Ok(Self { lanes, metrics, items })
    }

    /// Enters one cell. Cells that the plan does not have are passed over: a merged file may hold more than its plan.
    pub fn add(&mut self, at: CellIndex, finished: Option<&CellFinished>, scored: &[Scored], sent_again: u32) {
        let key = LaneKey { benchmark: at.benchmark, system: at.system, prompt: at.prompt };
        let Some(lane) = self.lanes.get_mut(&key).filter(|lane| at.item < lane.items && at.epoch < lane.epochs) else {
            return;
        };
        let place = lane.place(at.item, at.epoch);
        let state = &mut lane.cells[place];
        state.sent_again = sent_again;
        state.end = CellEnd::NotAttempted;
        let Some(finished) = finished else { return };
        state.end = match finished.fault {
            Some(fault) => CellEnd::Fault(fault),
            None => CellEnd::Answered(finished.stop.unwrap_or_default()),
        };
        if finished.fault.is_some() {
            return;
        }
        state.refused = scored.iter().any(|scored| scored.refused);
        for (metric, planned) in self.metrics[at.benchmark].iter().enumerate() {
            // A rescored cell has several entries; the last one is the newest.
            let Some(scored) = scored.iter().rev().find(|scored| scored.scorer == planned.scorer) else { continue };
            if let Some(&score) = scored.values.get(&planned.metric) {
                lane.scores[metric].set(place, score, scored.parsed);
                lane.versions[metric].insert(scored.version);
            }
        }
    }

    /// Every lane, in the order of the plan.
    pub fn lanes(&self) -> impl Iterator<Item = &Lane> {
        self.lanes.values()
    }

    /// The lanes of one benchmark and system, by prompt.
    pub fn lanes_of(&self, benchmark: usize, system: usize) -> impl Iterator<Item = &Lane> {
        let key = |prompt| LaneKey { benchmark, system, prompt };
        self.lanes.range(key(0)..=key(usize::MAX)).map(|(_, lane)| lane)
    }

    /// The lanes of systems in this role for one benchmark.
    pub fn lanes_in_role<'a>(&'a self, plan: &'a Plan, benchmark: usize, role: Role) -> impl Iterator<Item = &'a Lane> {
        self.lanes().filter(move |lane| lane.benchmark == benchmark && plan.systems[lane.system].role == role)
    }

    /// The items of a benchmark.
    pub fn items(&self, benchmark: usize) -> &ItemIndex {
        &self.items[benchmark]
    }
}
