//! What is known of a rate after counting, as a Beta law.

use crate::interval::proportion;
use crate::quantile::{beta, beta_share};
use crate::{Interval, Level, StatsError};

/// Posterior of a rate under a Beta prior.
///
/// *Estimates* where the long-run rate lies, as a law: its mean, its interval, the chance that it exceeds a threshold.
///
/// *Assumes* independent cases, and the prior, which speaks as loudly as `a + b` cases.
///
/// *Misleads* with few cases, where the prior decides; and with no or only events under a prior with `a` or `b` below 1, when
/// the equal-tailed interval leaves out the observed rate.
///
/// *Formula* `Beta(a + x, b + n - x)`.
///
/// *Reference* Gelman et al., Bayesian Data Analysis, 3rd ed., section 2.4. Checked against scipy 1.12.0:
///
/// ```
/// use bedside_stats::{Level, posterior::BetaPosterior};
/// let rate = BetaPosterior::new(48.0, 50.0, (0.5, 0.5))?;
/// assert!((rate.mean() - 0.950_980_392_157).abs() < 1e-12);
/// assert!((rate.interval(Level::NINETY_FIVE)?.lower() - 0.877_821_064_413).abs() < 1e-12);
/// assert!((rate.share_above(0.9) - 0.934_736_187_308).abs() < 1e-11);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BetaPosterior {
    a: f64,
    b: f64,
}

impl BetaPosterior {
    /// The posterior after `successes` of `n`, from the prior `Beta(prior.0, prior.1)`.
    pub fn new(successes: f64, n: f64, prior: (f64, f64)) -> Result<Self, StatsError> {
        if n != 0.0 || successes != 0.0 {
            proportion(successes, n)?;
        }
        for weight in [prior.0, prior.1] {
            if !(weight.is_finite() && weight > 0.0) {
                return Err(StatsError::Input { why: format!("prior weight {weight} is not a positive number") });
            }
        }
        Ok(Self { a: prior.0 + successes, b: prior.1 + n - successes })
    }

    /// Its mean.
    pub fn mean(&self) -> f64 {
        self.a / (self.a + self.b)
    }

    /// The interval with equal shares of the law below and above.
    pub fn interval(&self, level: Level) -> Result<Interval, StatsError> {
        Interval::new(beta(self.a, self.b, level.tail()), beta(self.a, self.b, 1.0 - level.tail()), level)
    }

    /// The share of the law above `rate`.
    pub fn share_above(&self, rate: f64) -> f64 {
        // The mirror image keeps the digits of a small share.
        beta_share(self.b, self.a, 1.0 - rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_case_the_prior_stands() {
        let prior = BetaPosterior::new(0.0, 0.0, (1.0, 1.0)).expect("a prior");
        assert!((prior.mean() - 0.5).abs() < 1e-15);
        assert!((prior.share_above(0.9) - 0.1).abs() < 1e-12);
        assert_eq!(prior.interval(Level::NINETY_FIVE).expect("a law").to_string(), "[0.025, 0.975]");
    }

    #[test]
    fn what_is_no_law_is_refused() {
        assert!(BetaPosterior::new(3.0, 2.0, (1.0, 1.0)).is_err());
        assert!(BetaPosterior::new(-1.0, 0.0, (1.0, 1.0)).is_err());
        for weight in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(BetaPosterior::new(1.0, 2.0, (weight, 1.0)).is_err());
        }
    }
}
