//! What a score could have been, had the answers that we lack or could not read been there.
//!
//! Arithmetic, no inference: these ranges stand beside a score and its interval, and replace neither.

use crate::StatsError;

/// The lowest and the highest value that a score could have taken.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct ValueRange {
    /// The value if all that is unknown went against the system.
    pub lower: f64,
    /// The value if all that is unknown went for the system.
    pub upper: f64,
}

/// Range of a mean score over its faulted cells.
///
/// *Estimates* nothing: it gives the mean over all cells if every fault had been a failure (`lower`, the number that
/// reliability and safety gates use) and if every fault had been a success (`upper`).
///
/// *Assumes* scores in [0, 1], and that each cell weighs the same; with unequal numbers of runs per item that is not quite
/// the mean over items.
///
/// *Misleads* when read as an interval: sampling error comes on top.
///
/// *Formula* `mean · n / (n + f)` to `(mean · n + f) / (n + f)`, for `n` scored and `f` faulted cells.
///
/// *Reference* Manski, Partial Identification of Probability Distributions, 2003, section 1.
///
/// ```
/// use bedside_stats::bounds::range_over_faults;
/// let range = range_over_faults(0.75, 80, 20)?;
/// assert!((range.lower - 0.60).abs() < 1e-12 && (range.upper - 0.80).abs() < 1e-12);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn range_over_faults(mean: f64, n_scored: u64, n_faults: u64) -> Result<ValueRange, StatsError> {
    if n_scored == 0 {
        return if n_faults == 0 { Err(StatsError::Empty) } else { Ok(ValueRange { lower: 0.0, upper: 1.0 }) };
    }
    on_scale(mean)?;
    let (scored, faults) = (n_scored as f64, n_faults as f64);
    let earned = mean * scored;
    Ok(ValueRange { lower: earned / (scored + faults), upper: ((earned + faults) / (scored + faults)).min(1.0) })
}

/// Range of a mean score over its unparsed answers.
///
/// *Estimates* nothing: unparsed answers count as not correct in the score (`lower`, the score itself); `upper` is what
/// the score would be if every one of them had been right.
///
/// *Assumes* the mean was taken over all `n_scored` answers, with 0 for each of the `n_unparsed` among them.
///
/// *Misleads* when the format was part of the task: then an unparsed answer is a failure, and the range says nothing.
///
/// *Formula* `mean` to `mean + u / n`, for `u` unparsed of `n` scored answers.
///
/// *Reference* Manski, Partial Identification of Probability Distributions, 2003, section 1.
///
/// ```
/// use bedside_stats::bounds::range_over_unparsed;
/// let range = range_over_unparsed(0.75, 80, 4)?;
/// assert!((range.upper - 0.80).abs() < 1e-12);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn range_over_unparsed(mean: f64, n_scored: u64, n_unparsed: u64) -> Result<ValueRange, StatsError> {
    if n_scored == 0 {
        return Err(StatsError::Empty);
    }
    if n_unparsed > n_scored {
        return Err(StatsError::MoreThanAll { part: n_unparsed, whole: n_scored });
    }
    on_scale(mean)?;
    Ok(ValueRange { lower: mean, upper: (mean + n_unparsed as f64 / n_scored as f64).min(1.0) })
}

/// A mean score lies in [0, 1].
fn on_scale(mean: f64) -> Result<(), StatsError> {
    if (0.0..=1.0).contains(&mean) {
        Ok(())
    } else {
        Err(StatsError::ValueOutside { value: mean, lower: 0.0, upper: 1.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_missing_leaves_the_mean() {
        let range = range_over_faults(0.3, 10, 0).expect("scored");
        assert!((range.lower - 0.3).abs() < 1e-15 && (range.upper - 0.3).abs() < 1e-15);
    }

    #[test]
    fn nothing_scored_leaves_everything_possible() {
        assert_eq!(range_over_faults(0.0, 0, 7), Ok(ValueRange { lower: 0.0, upper: 1.0 }));
        assert_eq!(range_over_faults(0.0, 0, 0), Err(StatsError::Empty));
        assert_eq!(range_over_unparsed(0.0, 0, 0), Err(StatsError::Empty));
    }

    #[test]
    fn impossible_counts_are_refused() {
        assert_eq!(range_over_unparsed(0.1, 10, 11), Err(StatsError::MoreThanAll { part: 11, whole: 10 }));
        assert!(range_over_faults(f64::NAN, 10, 1).is_err());
        assert!(range_over_unparsed(1.2, 10, 1).is_err());
    }
}
