//! One cell with all that is known of it.

use std::collections::BTreeMap;

use bedside_core::item::Item;
use bedside_core::manifest::Domain;
use bedside_core::observation::{OptionLogprob, Stop, Usage};
use bedside_core::plan::Role;
use bedside_core::{Fault, Plan, Scored};
use bedside_store::{CellRow, Items, RunReader};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Exported;
use crate::error::ReportError;
use crate::fold::in_force;

/// One line of `bedside export --as jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExportedCell {
    /// Id of the benchmark.
    pub benchmark: String,
    /// Its version.
    pub version: String,
    /// Name of the task.
    pub task: String,
    /// Kind of clinical work.
    #[schemars(with = "String")]
    pub domain: Domain,
    /// The system.
    pub system: String,
    /// `subject`, or `floor` for a null policy that was added.
    #[schemars(with = "String")]
    pub role: Role,
    /// Id of the item.
    pub item: String,
    /// What the item was sampled in.
    pub cluster: String,
    /// The template it was made from.
    pub template: Option<String>,
    /// Its slices.
    pub strata: BTreeMap<String, String>,
    /// Id of the wording.
    pub prompt: String,
    /// Rewrite of the item; `original` is the item as it stands.
    pub variant: String,
    /// Repetition, from 0.
    pub epoch: u32,
    /// The cell's key: the hash of all that could change its answer.
    pub cell: String,
    /// `answered`, `fault` (missing data) or `missing`.
    pub outcome: String,
    /// Why the system stopped.
    #[schemars(with = "Option<String>")]
    pub stop: Option<Stop>,
    /// Why there is no answer, through no doing of the system.
    #[schemars(with = "Option<String>")]
    pub fault: Option<Fault>,
    /// What was seen of the fault.
    pub detail: Option<String>,
    /// Scores in force, by `scorer.metric`.
    pub scores: BTreeMap<String, f64>,
    /// Whether an answer could be read for the headline.
    pub parsed: Option<bool>,
    /// Whether the answer was a refusal, by any scorer.
    pub refused: Option<bool>,
    /// What was read for the headline.
    pub extracted: Option<String>,
    /// What each scorer said.
    pub readings: Vec<ExportedReading>,
    /// Whether the scores are by other scorers than those in force; `scores` is then empty.
    pub scored_otherwise: bool,
    /// Tokens used. Unknown is absent, never 0.
    pub usage: Usage,
    /// Log-probabilities of the options, where known.
    pub option_logprobs: Vec<OptionLogprob>,
    /// Calls that were sent again because no answer to the first was known.
    pub possibly_billed_twice: u32,
    /// The output.
    pub output: Option<String>,
}

/// What one scorer said of the output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExportedReading {
    /// Id of the scorer.
    pub scorer: String,
    /// Its version.
    pub version: u32,
    /// Whether an answer could be read out of the output.
    pub parsed: bool,
    /// What was read.
    pub extracted: Option<String>,
    /// Whether it was a refusal.
    pub refused: bool,
    /// Why the score is what it is.
    pub why: String,
    /// Why nothing could be scored.
    pub unscorable: Option<String>,
}

/// Goes through the cells of a run.
pub(super) struct Cells<'a> {
    reader: &'a RunReader,
    plan: &'a Plan,
}

impl<'a> Cells<'a> {
    pub fn new(reader: &'a RunReader, plan: &'a Plan) -> Self {
        Self { reader, plan }
    }

    /// Every cell, in the order of the plan. `see` says whether it wrote a row. Outputs are read only when asked for.
    pub fn for_each(
        &mut self,
        outputs: bool,
        mut see: impl FnMut(ExportedCell) -> Result<bool, ReportError>,
    ) -> Result<Exported, ReportError> {
        let mut exported = Exported::default();
        let mut items = Items::new(self.reader);
        let mut refused = None;
        self.reader.for_each_cell(|row| {
            if refused.is_some() {
                return Ok(());
            }
            let item = items.get(row.index.benchmark, row.index.item)?;
            let output = match row.finished.as_ref().and_then(|finished| finished.output).filter(|_| outputs) {
                Some(digest) => Some(String::from_utf8_lossy(&self.reader.blob(&digest)?).into_owned()),
                None => None,
            };
            let cell = self.cell(row, &item, output);
            exported.scored_otherwise += u64::from(cell.scored_otherwise);
            match see(cell) {
                Ok(written) => exported.rows += u64::from(written),
                Err(error) => refused = Some(error),
            }
            Ok(())
        })?;
        refused.map_or(Ok(exported), Err)
    }

    fn cell(&self, row: CellRow, item: &Item, output: Option<String>) -> ExportedCell {
        let benchmark = &self.plan.benchmarks[row.index.benchmark];
        let system = &self.plan.systems[row.index.system];
        let scored_otherwise = !in_force(self.plan, &row);
        let scored = if scored_otherwise { &[] } else { row.scored.as_slice() };
        let headline = benchmark.metrics.get(benchmark.primary);
        let headline = headline.and_then(|metric| scored.iter().rev().find(|scored| scored.scorer == metric.scorer));
        let mut values = BTreeMap::new();
        for metric in &benchmark.metrics {
            let of = scored.iter().rev().find(|scored| scored.scorer == metric.scorer);
            if let Some(value) = of.and_then(|scored| scored.values.get(&metric.metric)) {
                values.insert(metric.name(), *value);
            }
        }
        let refused = (!scored.is_empty()).then(|| scored.iter().any(|scored| scored.refused));
        let (parsed, extracted) =
            headline.map_or((None, None), |scored| (Some(scored.parsed), scored.extracted.clone()));
        let outcome = match &row.finished {
            None => "missing",
            Some(finished) if finished.fault.is_some() => "fault",
            Some(_) => "answered",
        };
        let finished = row.finished;
        ExportedCell {
            benchmark: benchmark.id.clone(),
            version: benchmark.version.clone(),
            task: benchmark.task.clone(),
            domain: benchmark.domain,
            system: system.name.clone(),
            role: system.role,
            item: item.id.clone(),
            cluster: item.cluster.clone(),
            template: item.template.clone(),
            strata: item.strata.clone(),
            prompt: benchmark.prompts[row.index.prompt].id.clone(),
            variant: "original".to_owned(),
            epoch: row.index.epoch,
            cell: row.key.to_string(),
            outcome: outcome.to_owned(),
            stop: finished.as_ref().and_then(|finished| finished.stop),
            fault: finished.as_ref().and_then(|finished| finished.fault),
            detail: finished.as_ref().and_then(|finished| finished.detail.clone()),
            scores: values,
            parsed,
            refused,
            extracted,
            readings: row.scored.into_iter().map(ExportedReading::from).collect(),
            scored_otherwise,
            usage: finished.as_ref().map(|finished| finished.usage).unwrap_or_default(),
            option_logprobs: finished.map(|finished| finished.option_logprobs).unwrap_or_default(),
            possibly_billed_twice: row.possibly_billed_twice,
            output,
        }
    }
}

impl From<Scored> for ExportedReading {
    fn from(scored: Scored) -> Self {
        let Scored { scorer, version, parsed, extracted, refused, why, values: _, unscorable } = scored;
        Self { scorer, version, parsed, extracted, refused, why, unscorable }
    }
}
