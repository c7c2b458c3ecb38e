//! `bedside.merge/1`

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Name and version of the shape.
pub const MERGE_SCHEMA: &str = "bedside.merge/1";

/// What `bedside merge --format json` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MergeDocument {
    /// `bedside.merge/1`.
    pub schema: String,
    /// Id of the merged run.
    pub run: String,
    /// The merged file.
    pub file: String,
    /// Whether the file is new.
    pub new: bool,
    /// What each part added, in the order given.
    pub parts: Vec<MergedPart>,
    /// Cells of the whole plan, null policies included.
    pub planned: u64,
    /// Cells with an answer.
    pub answered: u64,
    /// Cells with a fault and no answer.
    pub faults: u64,
    /// Cells without either.
    pub missing: u64,
    /// Cells that a recording lacks, among the missing.
    pub unavailable: u64,
    /// Cells that were answered more than once.
    pub conflicts: Vec<CellAnswers>,
}

/// A file that was merged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MergedPart {
    /// The file.
    pub file: String,
    /// Which share it is, as `2/5`; `null` for a whole run.
    pub shard: Option<String>,
    /// Events that were not there before.
    pub events: u64,
    /// Blobs that were not there before.
    pub blobs: u64,
}

/// A cell with several answers, and the one that counts: the one whose event has the lowest hash, chosen without looking at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CellAnswers {
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
    /// Whether all answers are the same text.
    pub same_output: bool,
    /// The answer that counts.
    pub counts: OneAnswer,
    /// The others.
    pub others: Vec<OneAnswer>,
}

/// One of several answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OneAnswer {
    /// Who wrote it.
    pub writer: String,
    /// Its number among the writer's events.
    pub seq: i64,
    /// Digest of the output.
    pub output: Option<String>,
}
