//! `bedside.verify/1`

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Name and version of the shape.
pub const VERIFY_SCHEMA: &str = "bedside.verify/1";

/// What `bedside verify --format json` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VerifyDocument {
    /// `bedside.verify/1`.
    pub schema: String,
    /// Id of the run.
    pub run: String,
    /// The run file.
    pub file: String,
    /// Whether everything is as it was written and every score that can be computed again is the same.
    pub whole: bool,
    /// What is not as it was written; `null` when all is. Nothing after it was checked.
    pub broken: Option<String>,
    /// Events whose hash and place in a chain were checked.
    pub events: u64,
    /// Blobs whose digest was checked.
    pub blobs: u64,
    /// Where each chain ends. Keep these elsewhere: that events were cut off behind them shows only there.
    pub chains: Vec<ChainHead>,
    /// Planned cells whose rows were checked against the plan.
    pub planned: u64,
    /// Scores that were computed again.
    pub scores: ScoresChecked,
}

/// The end of one writer's chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChainHead {
    /// The writer.
    pub writer: String,
    /// Number of its events.
    pub events: i64,
    /// Hash of the last.
    pub hash: String,
}

/// Stored scores against scores computed now from the stored outputs. One scorer's reading of one answer counts once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ScoresChecked {
    /// In the file, those that were replaced by a later scoring too.
    pub stored: u64,
    /// Computed again, and the same.
    pub same: u64,
    /// Not computed again, because this program has another version of the scorer. No error.
    pub not_computed: Vec<NotComputedScores>,
    /// Computed again, and different.
    pub different: u64,
    /// The first thousand of them.
    pub differences: Vec<ScoreDifference>,
}

/// Scores that this program cannot compute again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NotComputedScores {
    /// Id of the benchmark.
    pub benchmark: String,
    /// Id of the scorer.
    pub scorer: String,
    /// Version that scored.
    pub stored_version: u32,
    /// Version that this program has; `null` when it has none.
    pub version: Option<u32>,
    /// How many.
    pub scores: u64,
}

/// A stored score that its output does not give.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ScoreDifference {
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
    /// Who wrote the score.
    pub writer: String,
    /// Its number among the writer's events.
    pub seq: i64,
    /// What differs.
    pub what: String,
}
