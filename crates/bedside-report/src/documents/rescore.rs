//! `bedside.rescore/1`

use std::collections::BTreeMap;

use bedside_core::{Scale, Scored};
use bedside_stats::Estimate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::row::EstimateShape;

/// Name and version of the shape.
pub const RESCORE_SCHEMA: &str = "bedside.rescore/1";

/// What `bedside rescore --format json` prints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RescoreDocument {
    /// `bedside.rescore/1`.
    pub schema: String,
    /// Id of the run.
    pub run: String,
    /// The run file.
    pub file: String,
    /// Whether new scores were appended. Not when all are as they were.
    pub appended: bool,
    /// Benchmarks of which the scorers of an edited package are in force now.
    pub edited: Vec<String>,
    /// Scorers of which version, settings or metrics are others now.
    pub scorers: Vec<ScorerChange>,
    /// Cells by what became of their scores.
    pub cells: RescoreCells,
    /// Old and new score side by side.
    pub results: Vec<RescoredResult>,
    /// Every cell whose value changed.
    pub casebook: Vec<CellChange>,
}

/// A scorer that is another now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ScorerChange {
    /// Id of the benchmark.
    pub benchmark: String,
    /// Id of the scorer.
    pub scorer: String,
    /// Version that scored before; `null` for a scorer that is new.
    pub before: Option<u32>,
    /// Version that scores now; `null` for a scorer that is gone.
    pub after: Option<u32>,
    /// Metrics that there were not before.
    pub new_metrics: Vec<String>,
    /// Metrics that there are no more.
    pub gone_metrics: Vec<String>,
}

/// Cells by what became of their scores.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RescoreCells {
    /// Answered cells: all of them were scored again.
    pub answered: u64,
    /// Cells in which the value of some metric changed that there was before.
    pub value_changed: u64,
    /// Cells whose answer was read otherwise, with the same values.
    pub reading_changed: u64,
    /// Answers that had no score before.
    pub first_scored: u64,
}

/// Old and new score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RescoredResult {
    /// Id of the benchmark.
    pub benchmark: String,
    /// The system.
    pub system: String,
    /// Id of the wording.
    pub prompt: String,
    /// `scorer.metric`.
    pub metric: String,
    /// The scale.
    pub scale: Scale,
    /// Whether it is the headline now.
    pub primary: bool,
    /// The score before; `null` when there was none.
    #[schemars(with = "Option<EstimateShape>")]
    pub before: Option<Estimate>,
    /// The score now; `null` when there is none any more.
    #[schemars(with = "Option<EstimateShape>")]
    pub after: Option<Estimate>,
    /// Cells whose value changed.
    pub changed: u64,
}

/// A cell whose value changed by one scorer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CellChange {
    /// Id of the benchmark.
    pub benchmark: String,
    /// The system.
    pub system: String,
    /// Id of the item.
    pub item: String,
    /// Id of the wording.
    pub prompt: String,
    /// Repetition.
    pub epoch: u32,
    /// Id of the scorer.
    pub scorer: String,
    /// Metrics whose value changed.
    pub metrics: Vec<String>,
    /// The beginning of the output.
    pub output: String,
    /// What the scorer said before.
    pub before: Reading,
    /// What it says now.
    pub after: Reading,
}

/// What a scorer said of an output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Reading {
    /// Version of the scorer.
    pub version: u32,
    /// Value by metric.
    pub values: BTreeMap<String, f64>,
    /// Whether an answer could be read.
    pub parsed: bool,
    /// What was read.
    pub read: Option<String>,
    /// Why the value is what it is.
    pub why: String,
}

impl From<&Scored> for Reading {
    fn from(scored: &Scored) -> Self {
        Self {
            version: scored.version,
            values: scored.values.clone(),
            parsed: scored.parsed,
            read: scored.extracted.clone(),
            why: scored.why.clone(),
        }
    }
}
