//! Why a report could not be made.

use bedside_stats::StatsError;
use bedside_store::StoreError;
use thiserror::Error;

/// Why a run file could not be analysed or shown.
#[derive(Debug, Error)]
pub enum ReportError {
    /// The run file could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The plan in the run file contradicts itself.
    #[error("the plan in the run file is not one that bedside writes: {0}")]
    Plan(String),
    /// More cells than a table may hold.
    #[error("the plan has more than {most} cells")]
    TooManyCells {
        /// The bound.
        most: usize,
    },
    /// A score in the run file is not one that a scorer gives.
    #[error("benchmark `{benchmark}`, system `{system}`, metric `{metric}`: {source}")]
    Estimate {
        /// Id of the benchmark.
        benchmark: String,
        /// The system.
        system: String,
        /// `scorer.metric`.
        metric: String,
        /// What the statistics refused.
        source: StatsError,
    },
    /// The page could not be written.
    #[error("failed to write the page: {0}")]
    Write(#[from] std::io::Error),
    /// A template of ours failed: our bug.
    #[error("failed to fill in the page: {0}")]
    Template(#[from] minijinja::Error),
    /// A chart could not be drawn: our bug.
    #[error("failed to draw a chart: {0}")]
    Chart(String),
    /// A table could not be written as CSV.
    #[error("failed to write CSV: {0}")]
    Csv(#[from] csv::Error),
    /// A result could not be written as JSON.
    #[error("failed to write JSON: {0}")]
    Json(#[from] serde_json::Error),
}
