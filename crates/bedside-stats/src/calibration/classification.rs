//! A yes/no test against the truth.

use crate::interval::{clopper_pearson, wilson};
use crate::{Estimate, Figure, Level, Method, Sample, StatsError};

/// Counts of a yes/no test against the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Confusion {
    /// Events called events.
    pub true_positive: u64,
    /// Others called events.
    pub false_positive: u64,
    /// Events missed.
    pub false_negative: u64,
    /// Others called so.
    pub true_negative: u64,
}

/// Measures of a yes/no test. Rates with their intervals; `None` where there was no case to count.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Classification {
    /// Share of events found.
    pub sensitivity: Option<Estimate>,
    /// Share of others left alone.
    pub specificity: Option<Estimate>,
    /// Share of alarms that are true.
    pub ppv: Option<Estimate>,
    /// Share of all-clears that are true.
    pub npv: Option<Estimate>,
    /// Mean of sensitivity and specificity.
    pub balanced_accuracy: Figure,
    /// Harmonic mean of sensitivity and positive predictive value.
    pub f1: Figure,
    /// Matthews' correlation.
    pub mcc: Figure,
}

impl Confusion {
    /// Sensitivity, specificity, predictive values, balanced accuracy, F1 and Matthews' correlation.
    ///
    /// *Estimates* each for cases like these.
    ///
    /// *Assumes* independent cases.
    ///
    /// *Misleads* when cases were enriched: predictive values, F1 and Matthews' correlation then hold for the mix of the
    /// benchmark, not for the ward's. Where a margin is empty a measure is undefined, and not 0 as other packages have it.
    ///
    /// *Formula* `tp/(tp+fn)`, `tn/(tn+fp)`, `tp/(tp+fp)`, `tn/(tn+fn)`, `2tp/(2tp+fp+fn)`,
    /// `(tp·tn - fp·fn)/√((tp+fp)(tp+fn)(tn+fp)(tn+fn))`; intervals Wilson's, exact with fewer than 15 of either kind.
    ///
    /// *Reference* Altman and Bland, BMJ 1994; 308: 1552 and 309: 102. Matthews, Biochim Biophys Acta 1975; 405: 442-451.
    ///
    /// ```
    /// use bedside_stats::{Level, calibration::Confusion};
    /// let counts = Confusion { true_positive: 40, false_positive: 10, false_negative: 5, true_negative: 45 };
    /// let found = counts.measures(Level::NINETY_FIVE)?;
    /// assert_eq!(found.sensitivity.expect("45 events").to_string(), "0.889 [0.759, 0.963]");
    /// assert!((found.mcc.number().expect("all margins") - 0.703_526_470_681).abs() < 1e-12); // scikit-learn 1.9.1
    /// # Ok::<(), bedside_stats::StatsError>(())
    /// ```
    pub fn measures(&self, level: Level) -> Result<Classification, StatsError> {
        let [tp, fp, fn_, tn] = [self.true_positive, self.false_positive, self.false_negative, self.true_negative]
            .map(|count| count as f64);
        if tp + fp + fn_ + tn < 1.0 {
            return Err(StatsError::Empty);
        }
        let (sensitivity, specificity) = (Figure::ratio(tp, tp + fn_), Figure::ratio(tn, tn + fp));
        let balanced_accuracy = match (sensitivity, specificity) {
            (Figure::Number(one), Figure::Number(other)) => Figure::Number(f64::midpoint(one, other)),
            _ => Figure::Undefined,
        };
        Ok(Classification {
            sensitivity: rate(tp, tp + fn_, level)?,
            specificity: rate(tn, tn + fp, level)?,
            ppv: rate(tp, tp + fp, level)?,
            npv: rate(tn, tn + fn_, level)?,
            balanced_accuracy,
            f1: Figure::ratio(2.0 * tp, 2.0 * tp + fp + fn_),
            mcc: Figure::ratio(
                tp * tn - fp * fn_,
                (tp + fp).sqrt() * (tp + fn_).sqrt() * (tn + fp).sqrt() * (tn + fn_).sqrt(),
            ),
        })
    }
}

/// Rate of independent yes/no cases, by the rule for those ([`crate::rule`]); none without cases.
pub(crate) fn rate(events: f64, n: f64, level: Level) -> Result<Option<Estimate>, StatsError> {
    const SMALL_CELL: f64 = 15.0;
    if n < 1.0 {
        return Ok(None);
    }
    let (method, ci) = if events.min(n - events) < SMALL_CELL {
        (Method::CLOPPER_PEARSON, clopper_pearson(events, n, level)?)
    } else {
        (Method::WILSON, wilson(events, n, level)?)
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
    let cases = n as u64;
    let sample = Sample { n_items: cases, n_clusters: cases, n_epochs: 1 };
    Estimate::new(events / n, ci, method, sample, vec!["cases drawn independently".into()]).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_margins_are_undefined() {
        let never = Confusion { true_positive: 0, false_positive: 0, false_negative: 3, true_negative: 7 };
        let found = never.measures(Level::NINETY_FIVE).expect("ten cases");
        assert_eq!((found.ppv, found.mcc), (None, Figure::Undefined));
        assert!(found.specificity.expect("seven").ci().lower() < 0.6);
        let none = Confusion { true_positive: 0, false_positive: 0, false_negative: 0, true_negative: 0 };
        assert_eq!(none.measures(Level::NINETY_FIVE), Err(StatsError::Empty));
        let no_events = Confusion { true_positive: 0, false_positive: 0, false_negative: 0, true_negative: 7 };
        let found = no_events.measures(Level::NINETY_FIVE).expect("seven cases");
        assert_eq!((found.f1, found.balanced_accuracy), (Figure::Undefined, Figure::Undefined));
    }
}
