//! What `rescore`, `merge` and `verify` print with `--format json`: their shapes are promises, like that of the results.

mod merge;
mod rescore;
mod verify;

pub use merge::{CellAnswers, MERGE_SCHEMA, MergeDocument, MergedPart, OneAnswer};
pub use rescore::{CellChange, RESCORE_SCHEMA, Reading, RescoreCells, RescoreDocument, RescoredResult, ScorerChange};
pub use verify::{ChainHead, NotComputedScores, ScoreDifference, ScoresChecked, VERIFY_SCHEMA, VerifyDocument};
