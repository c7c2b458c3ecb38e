//! Wald's sequential test: stop as soon as the cases decide.

use super::open_unit;
use crate::StatsError;
use serde::Serialize;

/// What a sequential test says so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SequentialDecision {
    /// The rate is the low one: accept the system.
    AcceptLow,
    /// The rate is the high one: reject the system.
    AcceptHigh,
    /// Go on.
    Continue,
}

/// Sequential probability ratio test of a failure rate.
///
/// *Estimates* nothing: decides between a rate that is good enough, `p0`, and one that is not, `p1`.
///
/// *Assumes* independent cases in an order that has nothing to do with their outcome; both rates and errors declared before the
/// first case.
///
/// *Misleads* when the true rate lies between `p0` and `p1`: it can then take long, and either answer is likely. The share of failures
/// at the stop is biased; report [`super::confidence_sequence`] instead. For clusters, take one case of each.
///
/// *Formula* after `x` failures in `n`, `Λ = x ln(p1/p0) + (n - x) ln((1 - p1)/(1 - p0))`; high at `Λ ≥ ln((1 - β)/α)`, low at
/// `Λ ≤ ln(β/(1 - α))`. Errors are then at most `α/(1 - β)` and `β/(1 - α)`.
///
/// *Reference* Wald, Sequential Analysis, 1947, chapter 5. By hand: 1 % against 3 % with errors 5 % and 10 % accepts after 111 cases
/// without failure, `ln(0.95/0.1)/ln(0.99/0.97)`.
///
/// ```
/// use bedside_stats::planning::sprt::{SequentialDecision, Sprt};
/// let test = Sprt::new(0.01, 0.03, 0.05, 0.1)?;
/// assert_eq!(test.cases_without_failure(), 111);
/// assert_eq!(test.decide(0, 110)?, SequentialDecision::Continue);
/// assert_eq!(test.decide(0, 111)?, SequentialDecision::AcceptLow);
/// assert_eq!(test.decide(3, 10)?, SequentialDecision::AcceptHigh);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sprt {
    /// Boundary above which the high rate is accepted.
    pub log_upper: f64,
    /// Boundary below which the low rate is accepted.
    pub log_lower: f64,
    /// What a failure adds.
    pub per_failure: f64,
    /// What a case without failure adds.
    pub per_success: f64,
}

impl Sprt {
    /// A test of `p0` against `p1 > p0`, with the chance `alpha` to reject at `p0` and `beta` to accept at `p1`.
    pub fn new(p0: f64, p1: f64, alpha: f64, beta: f64) -> Result<Self, StatsError> {
        for (name, value) in [("p0", p0), ("p1", p1), ("alpha", alpha), ("beta", beta)] {
            open_unit(name, value)?;
        }
        if p0 >= p1 {
            return Err(StatsError::Input { why: format!("p0 = {p0} is not below p1 = {p1}") });
        }
        if alpha + beta >= 1.0 {
            return Err(StatsError::Input { why: format!("alpha {alpha} and beta {beta} leave nothing to decide") });
        }
        Ok(Self {
            log_upper: ((1.0 - beta) / alpha).ln(),
            log_lower: (beta / (1.0 - alpha)).ln(),
            per_failure: (p1 / p0).ln(),
            per_success: (-p1).ln_1p() - (-p0).ln_1p(),
        })
    }

    /// The log likelihood ratio after so many failures in `n` cases.
    pub fn log_ratio(&self, failures: u64, n: u64) -> Result<f64, StatsError> {
        let Some(successes) = n.checked_sub(failures) else {
            return Err(StatsError::MoreThanAll { part: failures, whole: n });
        };
        Ok(failures as f64 * self.per_failure + successes as f64 * self.per_success)
    }

    /// What the test says after so many failures in `n` cases.
    pub fn decide(&self, failures: u64, n: u64) -> Result<SequentialDecision, StatsError> {
        let ratio = self.log_ratio(failures, n)?;
        Ok(if ratio >= self.log_upper {
            SequentialDecision::AcceptHigh
        } else if ratio <= self.log_lower {
            SequentialDecision::AcceptLow
        } else {
            SequentialDecision::Continue
        })
    }

    /// Cases without any failure after which the low rate is accepted.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive, and saturates where absurd")]
    pub fn cases_without_failure(&self) -> u64 {
        (self.log_lower / self.per_success).ceil() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_decides_nothing_is_refused() {
        for (p0, p1, alpha, beta) in
            [(0.03, 0.01, 0.05, 0.1), (0.01, 0.01, 0.05, 0.1), (0.0, 0.1, 0.05, 0.1), (0.01, 0.03, 0.5, 0.5)]
        {
            assert!(Sprt::new(p0, p1, alpha, beta).is_err());
        }
        assert!(Sprt::new(0.01, 0.03, 0.05, 0.1).expect("a test").decide(5, 4).is_err());
    }

    /// Exact: the law of the number of failures among the paths still open, case by case.
    #[test]
    fn errors_stay_within_their_bounds() {
        let (p0, p1, alpha, beta) = (0.02, 0.08, 0.05, 0.1);
        let test = Sprt::new(p0, p1, alpha, beta).expect("a test");
        let wrong = |rate: f64, wrong: SequentialDecision| {
            let mut open = vec![1.0];
            let mut share = 0.0;
            for n in 1..3_000_u64 {
                let mut next = vec![0.0; open.len() + 1];
                for (failures, mass) in open.iter().enumerate() {
                    next[failures] += mass * (1.0 - rate);
                    next[failures + 1] += mass * rate;
                }
                for (failures, mass) in (0..).zip(next.iter_mut()) {
                    let decision = test.decide(failures, n).expect("counts");
                    if decision != SequentialDecision::Continue {
                        share += if decision == wrong { *mass } else { 0.0 };
                        *mass = 0.0;
                    }
                }
                open = next;
                while open.len() > 1 && open.last().is_some_and(|mass| *mass <= 0.0) {
                    open.pop();
                }
            }
            share
        };
        assert!(wrong(p0, SequentialDecision::AcceptHigh) <= alpha / (1.0 - beta));
        assert!(wrong(p1, SequentialDecision::AcceptLow) <= beta / (1.0 - alpha));
    }
}
