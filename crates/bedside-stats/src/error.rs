//! What can be wrong with the numbers handed to a statistic.

use thiserror::Error;

/// Why no statistic could be computed from what was given.
///
/// Every variant carries the numbers needed to explain it; the caller adds the file and the line.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum StatsError {
    /// There is nothing to average.
    #[error("no scores: an estimate needs at least one scored item")]
    Empty,
    /// A confidence level outside (0, 1).
    #[error("confidence level {level} is not between 0 and 1")]
    Level {
        /// The level that was given.
        level: f64,
    },
    /// More successes than trials, a negative count, no trials, or a number that is not finite.
    #[error("{successes} successes in {n} trials is no proportion")]
    Proportion {
        /// Successes, possibly an effective (real-valued) number.
        successes: f64,
        /// Trials, possibly an effective (real-valued) number.
        n: f64,
    },
    /// The ends of an interval are not finite or stand in the wrong order.
    #[error("[{lower}, {upper}] is no interval")]
    Interval {
        /// The lower end that was given.
        lower: f64,
        /// The upper end that was given.
        upper: f64,
    },
    /// An interval that does not contain its own value.
    #[error("the value {value} lies outside its interval [{lower}, {upper}]")]
    ValueOutside {
        /// The value that was given.
        value: f64,
        /// Lower end of the interval.
        lower: f64,
        /// Upper end of the interval.
        upper: f64,
    },
    /// A score that the scale does not have: off [0, 1], or other than 0 and 1 on a binary scale.
    #[error("item {item}, run {epoch}: score {score} is not on the {scale} scale")]
    OffScale {
        /// The item.
        item: u32,
        /// The run.
        epoch: u32,
        /// Its score.
        score: f64,
        /// The scale in words.
        scale: &'static str,
    },
    /// An item that stands in two clusters: clusters must nest.
    #[error("item {item} stands in cluster {first} and in cluster {second}; an item has one cluster")]
    TwoClusters {
        /// The item.
        item: u32,
        /// The cluster seen first.
        first: u32,
        /// The other cluster.
        second: u32,
    },
    /// One run of one item given twice: counted twice, it would pretend to be two.
    #[error("item {item}, run {epoch} was given twice")]
    Repeated {
        /// The item.
        item: u32,
        /// The run.
        epoch: u32,
    },
    /// More parts than the whole, such as more unparsed answers than answers.
    #[error("{part} of {whole} is more than all")]
    MoreThanAll {
        /// The part.
        part: u64,
        /// The whole.
        whole: u64,
    },
    /// Input that cannot be read, or numbers that do not fit together; says which.
    #[error("{why}")]
    Input {
        /// What is wrong, in words that name the field.
        why: String,
    },
    /// Too few data for what was asked: refused by name instead of answered badly.
    #[error("{method} needs at least {needs}; here are {found}")]
    TooFew {
        /// The method that refuses.
        method: &'static str,
        /// What it needs: "3 raters".
        needs: String,
        /// What there is: "2".
        found: String,
    },
    /// An iteration that did not settle.
    #[error("{method} did not converge in {steps} steps")]
    NotConverged {
        /// The method.
        method: &'static str,
        /// Steps taken.
        steps: u32,
    },
}
