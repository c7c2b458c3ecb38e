//! What a run set out to do, as recorded in its first event.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::cell::{CellKey, Variant};
use crate::digest::Digest;
use crate::item::TaskKind;
use crate::manifest::{DataClass, Domain, Reader, SystemClass};
use crate::score::Scale;
use crate::shard::Shard;

/// Version of the plan's shape.
pub const PLAN_VERSION: u32 = 1;

/// Benchmarks × systems: every cell that the run is to fill.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Plan {
    /// Version of this shape.
    pub v: u32,
    /// Version of the program that made the plan.
    pub bedside: String,
    /// Seed of all that was drawn at random.
    pub seed: u64,
    /// Benchmarks, in the order given.
    pub benchmarks: Vec<PlannedBenchmark>,
    /// Systems, in the order given; null policies added for the floors come last.
    pub systems: Vec<PlannedSystem>,
    /// Which share of the cells this run file does; all of them when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// Manifests under which answers were scored again, by position of the benchmark. No part of the plan as recorded: a reader
    /// puts them in when it says what is in force now.
    #[serde(skip)]
    pub rescored: BTreeMap<usize, Digest>,
}

/// A benchmark as it was on the day of the run.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "fields repeat benchmark.toml, where they are documented")]
pub struct PlannedBenchmark {
    pub id: String,
    pub version: String,
    pub title: String,
    pub domain: Domain,
    pub subdomain: String,
    pub system_class: SystemClass,
    pub task: String,
    pub kind: TaskKind,
    pub reader: Reader,
    pub licence: String,
    pub data_class: DataClass,
    pub reviewed_by: String,
    pub citation: Option<String>,
    pub claim: Option<String>,
    pub limits: Vec<String>,
    pub cluster_by: Option<String>,
    /// Digest of the whole package.
    pub package: Digest,
    /// Blob: `benchmark.toml` as it was.
    pub manifest: Digest,
    /// Blob: JSON list of [`PlannedItem`]s, those selected for this run.
    pub index: Digest,
    /// Items in the package, of which `selected` are in this run.
    pub items: u64,
    pub selected: u64,
    /// How they were selected, in words: `all`, `first 20`, `20 at random, seed 7`.
    pub selection: String,
    pub prompts: Vec<PlannedPrompt>,
    pub metrics: Vec<PlannedMetric>,
    /// The headline, an index into `metrics`.
    pub primary: usize,
}

/// What a reader of the run file needs of an item without opening its blob.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "fields repeat Item")]
pub struct PlannedItem {
    pub id: String,
    pub cluster: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub strata: BTreeMap<String, String>,
    /// Address of the item and, in the run file, of the blob with its JSON.
    pub digest: Digest,
    /// Blob holding the JSON of the item.
    pub blob: Digest,
}

/// One wording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "an id and a digest")]
pub struct PlannedPrompt {
    pub id: String,
    pub digest: Digest,
}

/// One metric of one scorer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "names")]
pub struct PlannedMetric {
    pub scorer: String,
    pub scorer_kind: String,
    pub scorer_version: u32,
    pub metric: String,
    pub scale: Scale,
    /// Name of the key it is scored against, when not the published one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

impl PlannedMetric {
    /// `scorer.metric`.
    pub fn name(&self) -> String {
        format!("{}.{}", self.scorer, self.metric)
    }
}

/// What a system is in the run for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// It is under test.
    Subject,
    /// It is a null policy that was added to show what no skill scores.
    Floor,
}

/// A system as it was on the day of the run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PlannedSystem {
    /// The name in tables, such as `openai/gpt-x?temperature=0`.
    pub name: String,
    /// Provider.
    pub provider: String,
    /// Model, file or policy.
    pub model: String,
    /// Settings, as given.
    pub settings: Map<String, Value>,
    /// Address of all that could change the answers.
    pub digest: Digest,
    /// Under test or a floor.
    pub role: Role,
    /// Times each item is asked.
    pub epochs: u32,
    /// Cells that a recording lacks: never attempted, and no fault.
    #[serde(default)]
    pub unavailable: u64,
    /// Host that the calls go to, when they leave the process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Whether only the first wording is asked (null policies).
    #[serde(default)]
    pub reference_prompt_only: bool,
    /// Which benchmarks it takes part in, by position; all when absent. Not every null policy fits every kind of task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub benchmarks: Option<Vec<usize>>,
}

impl PlannedSystem {
    /// Whether the system is asked about the benchmark at this position.
    pub fn takes_part_in(&self, benchmark: usize) -> bool {
        self.benchmarks.as_ref().is_none_or(|list| list.contains(&benchmark))
    }
}

/// A cell by positions in the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "positions")]
pub struct CellIndex {
    pub benchmark: usize,
    pub epoch: u32,
    pub item: usize,
    pub prompt: usize,
    pub system: usize,
}

/// The cells of a plan by number, without a list of them.
#[derive(Clone, Debug)]
pub struct Places {
    blocks: Vec<Block>,
    cells: u64,
}

/// One epoch of one benchmark: every item meets the same wordings and systems.
#[derive(Clone, Debug)]
struct Block {
    benchmark: usize,
    epoch: u32,
    /// Number of its first cell.
    first: u64,
    items: usize,
    /// Wordings and systems, in the order in which an item meets them.
    meets: Vec<(usize, usize)>,
}

impl Places {
    /// Number of cells.
    pub const fn len(&self) -> u64 {
        self.cells
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.cells == 0
    }

    /// The cell of a number, counted from 0 in the order of work.
    pub fn cell(&self, number: u64) -> Option<CellIndex> {
        let after = self.blocks.partition_point(|block| block.first <= number);
        let block = self.blocks.get(after.checked_sub(1)?).filter(|_| number < self.cells)?;
        let within = usize::try_from(number - block.first).ok()?;
        Some(block.cell(within))
    }

    /// Every cell in the order of work.
    pub fn iter(&self) -> impl Iterator<Item = CellIndex> + '_ {
        self.blocks.iter().flat_map(|block| (0..block.len()).map(|within| block.cell(within)))
    }
}

impl Block {
    const fn len(&self) -> usize {
        self.items * self.meets.len()
    }

    fn cell(&self, within: usize) -> CellIndex {
        let (prompt, system) = self.meets[within % self.meets.len()];
        CellIndex { benchmark: self.benchmark, epoch: self.epoch, item: within / self.meets.len(), prompt, system }
    }
}

impl Plan {
    /// The cells in the order of work: epoch by epoch, so that a stopped run has seen every item before any twice.
    pub fn places(&self) -> Places {
        let epochs = self.systems.iter().map(|system| system.epochs).max().unwrap_or(0);
        let mut places = Places { blocks: Vec::new(), cells: 0 };
        for (benchmark, planned) in self.benchmarks.iter().enumerate() {
            let items = usize::try_from(planned.selected).unwrap_or(usize::MAX);
            for epoch in 0..epochs {
                let meets: Vec<(usize, usize)> = (0..planned.prompts.len())
                    .flat_map(|prompt| (0..self.systems.len()).map(move |system| (prompt, system)))
                    .filter(|(prompt, system)| self.has(benchmark, epoch, *prompt, *system))
                    .collect();
                if items > 0 && !meets.is_empty() {
                    let block = Block { benchmark, epoch, first: places.cells, items, meets };
                    places.cells += block.len() as u64;
                    places.blocks.push(block);
                }
            }
        }
        places
    }

    /// Every cell in the order of work.
    pub fn cells(&self) -> impl Iterator<Item = CellIndex> {
        let places = self.places();
        places.blocks.into_iter().flat_map(|block| (0..block.len()).map(move |within| block.cell(within)))
    }

    /// Whether the plan holds cells of this epoch, wording and system.
    fn has(&self, benchmark: usize, epoch: u32, prompt: usize, system: usize) -> bool {
        let system = &self.systems[system];
        epoch < system.epochs && system.takes_part_in(benchmark) && (prompt == 0 || !system.reference_prompt_only)
    }

    /// Number of cells planned for one system.
    pub fn cells_of(&self, system: usize) -> u64 {
        let system = &self.systems[system];
        self.benchmarks
            .iter()
            .enumerate()
            .filter(|(position, _)| system.takes_part_in(*position))
            .map(|(_, benchmark)| {
                let prompts = if system.reference_prompt_only { 1 } else { benchmark.prompts.len() as u64 };
                benchmark.selected * prompts * u64::from(system.epochs)
            })
            .sum()
    }

    /// Whether this run file is to hold the cell: all cells, or those of its share.
    pub fn holds(&self, cell: &CellKey) -> bool {
        self.shard.as_ref().is_none_or(|shard| shard.holds(cell))
    }

    /// Cells of a system that its recording lacks, of those that this run file is to hold.
    pub fn unavailable_of(&self, system: usize) -> u64 {
        match &self.shard {
            None => self.systems[system].unavailable,
            Some(shard) => shard.unavailable.get(system).copied().unwrap_or(0),
        }
    }

    /// The key of a cell, given the digest of its item.
    pub fn key(&self, cell: CellIndex, item: Digest) -> CellKey {
        let prompt = self.benchmarks[cell.benchmark].prompts[cell.prompt].digest;
        CellKey::new(item, &Variant::default(), prompt, self.systems[cell.system].digest, cell.epoch)
    }
}
