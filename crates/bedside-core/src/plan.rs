//! What a run set out to do, as recorded in its first event.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::cell::{CellKey, Variant};
use crate::digest::Digest;
use crate::item::TaskKind;
use crate::manifest::{DataClass, Domain, Reader, SystemClass};
use crate::score::Scale;

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

impl Plan {
    /// Every cell in the order of work: epoch by epoch, so that a stopped run has seen every item before any twice.
    pub fn cells(&self) -> impl Iterator<Item = CellIndex> + '_ {
        self.benchmarks.iter().enumerate().flat_map(move |(benchmark, planned)| {
            let epochs = self.systems.iter().map(|system| system.epochs).max().unwrap_or(0);
            let items = usize::try_from(planned.selected).unwrap_or(usize::MAX);
            (0..epochs).flat_map(move |epoch| {
                (0..items).flat_map(move |item| {
                    (0..planned.prompts.len()).flat_map(move |prompt| {
                        (0..self.systems.len())
                            .map(move |system| CellIndex { benchmark, epoch, item, prompt, system })
                            .filter(|cell| self.has(*cell))
                    })
                })
            })
        })
    }

    /// Whether the plan holds a cell at these positions.
    fn has(&self, cell: CellIndex) -> bool {
        let system = &self.systems[cell.system];
        cell.epoch < system.epochs
            && system.takes_part_in(cell.benchmark)
            && (cell.prompt == 0 || !system.reference_prompt_only)
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

    /// The key of a cell, given the digest of its item.
    pub fn key(&self, cell: CellIndex, item: Digest) -> CellKey {
        let prompt = self.benchmarks[cell.benchmark].prompts[cell.prompt].digest;
        CellKey::new(item, &Variant::default(), prompt, self.systems[cell.system].digest, cell.epoch)
    }
}
