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
        source: Box<StatsError>,
    },
    /// The page or an export could not be written.
    #[error("failed to write: {0}")]
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
    /// A table could not be written as Parquet.
    #[error("failed to write Parquet: {0}")]
    Parquet(#[from] parquet::errors::ParquetError),
    /// No benchmark of the run has the metric.
    #[error("no benchmark of this run has a metric `{metric}`")]
    NoMetric {
        /// The metric asked for, as `scorer.metric`.
        metric: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// A score that a table of observations must not hold.
    #[error("{metric} of item `{item}`, system `{system}`, is {score}: observations are scores from 0 to 1")]
    ScoreRange {
        /// `scorer.metric`.
        metric: String,
        /// The item.
        item: String,
        /// The system.
        system: String,
        /// The score.
        score: f64,
    },
    /// A rating in the run file is none that a table can hold.
    #[error("rating {seq} of writer `{writer}` cannot be read: {why}")]
    Rating {
        /// Who wrote it.
        writer: String,
        /// Its number.
        seq: i64,
        /// What is wrong.
        why: String,
    },
    /// A result could not be written as JSON.
    #[error("failed to write JSON: {0}")]
    Json(#[from] serde_json::Error),
}
