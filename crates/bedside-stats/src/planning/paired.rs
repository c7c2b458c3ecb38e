//! How many items tell two systems apart, and which difference given items can show.

use super::{Clumping, open_unit, whole};
use crate::StatsError;
use crate::quantile::normal_upper;

/// What is known of two systems' scores on the same items.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairedVariance {
    /// Variance over items of the difference of expected scores.
    pub items: f64,
    /// Mean variance of A's runs of one item.
    pub runs_a: f64,
    /// Mean variance of B's runs of one item.
    pub runs_b: f64,
    /// Runs of A an item.
    pub k_a: u32,
    /// Runs of B an item.
    pub k_b: u32,
}

impl PairedVariance {
    /// Yes/no scores, one run each, of which this share is right for one system only.
    pub fn discordance(share: f64) -> Self {
        // Without a difference, d is 1 or -1 for this share: variance = share.
        Self { items: share, runs_a: 0.0, runs_b: 0.0, k_a: 1, k_b: 1 }
    }

    /// Variance of one item's mean difference.
    fn of_difference(self) -> Result<f64, StatsError> {
        for (name, value) in [("omega2", self.items), ("sigma2_a", self.runs_a), ("sigma2_b", self.runs_b)] {
            if !(value.is_finite() && value >= 0.0) {
                return Err(StatsError::Input { why: format!("{name} = {value} is no variance") });
            }
        }
        if self.k_a == 0 || self.k_b == 0 {
            return Err(StatsError::Input { why: "k_a and k_b: at least one run an item".into() });
        }
        Ok(self.items + self.runs_a / f64::from(self.k_a) + self.runs_b / f64::from(self.k_b))
    }
}

/// The errors a test may make.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Errors {
    /// Two-sided error of the first kind: calling equal systems different.
    pub alpha: f64,
    /// Chance to find the difference if there is one.
    pub power: f64,
}

impl Errors {
    /// 5 % two-sided, 80 % power.
    pub const USUAL: Self = Self { alpha: 0.05, power: 0.8 };

    fn steps(self) -> Result<f64, StatsError> {
        open_unit("alpha", self.alpha)?;
        open_unit("power", self.power)?;
        Ok(normal_upper(self.alpha / 2.0) + normal_upper(1.0 - self.power))
    }
}

/// Items needed to find a difference.
///
/// *Estimates* the number of items at which a mean difference of `delta` is found with the stated power.
///
/// *Assumes* a normal mean difference, and the variances given; cases in clusters as said.
///
/// *Misleads* when the variances are guesses: discordance is what matters, so take it from a pilot. Below about 50 items, and
/// 30 clusters, our interval needs some more (see [`crate::comparison::difference`]).
///
/// *Formula* `n = (z_{α/2} + z_β)² (ω² + σ_A²/K_A + σ_B²/K_B)/δ²`, times `1 + (m - 1)ρ`.
///
/// *Reference* Miller 2024, arXiv 2411.00640, section 5: 969 items for 3 points at ω² = 1/9.
///
/// ```
/// use bedside_stats::planning::{Clumping, paired::{Errors, PairedVariance, sample_size}};
/// let n = sample_size(PairedVariance::discordance(1.0 / 9.0), 0.03, Errors::USUAL, Clumping::NONE)?;
/// assert_eq!(n.ceil(), 969.0);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn sample_size(
    variance: PairedVariance,
    delta: f64,
    errors: Errors,
    clumping: Clumping,
) -> Result<f64, StatsError> {
    if !(delta.is_finite() && delta != 0.0) {
        return Err(StatsError::Input { why: format!("delta = {delta}: a difference to be found is not 0") });
    }
    let n = errors.steps()?.powi(2) * variance.of_difference()? / (delta * delta) * clumping.design_effect()?;
    whole(n).map(|_| n)
}

/// The smallest difference that `n` items can be relied on to show.
///
/// *Estimates* the mean difference that is found with the stated power.
///
/// *Assumes*, *misleads* and *reference* as for [`sample_size`], of which it is the inverse.
///
/// *Formula* `(z_{α/2} + z_β) √((ω² + σ_A²/K_A + σ_B²/K_B)(1 + (m - 1)ρ)/n)`.
///
/// ```
/// use bedside_stats::planning::{Clumping, paired::{Errors, PairedVariance, detectable_difference, sample_size}};
/// let (variance, errors) = (PairedVariance::discordance(0.2), Errors::USUAL);
/// let n = sample_size(variance, 0.05, errors, Clumping::NONE)?;
/// assert!((detectable_difference(variance, n, errors, Clumping::NONE)? - 0.05).abs() < 1e-12);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn detectable_difference(
    variance: PairedVariance,
    n: f64,
    errors: Errors,
    clumping: Clumping,
) -> Result<f64, StatsError> {
    if !(n.is_finite() && n > 0.0) {
        return Err(StatsError::Input { why: format!("n = {n} items") });
    }
    Ok(errors.steps()? * (variance.of_difference()? * clumping.design_effect()? / n).sqrt())
}

/// Items needed to show that two systems are equivalent.
///
/// *Estimates* the number of items at which two one-sided tests at `alpha/2` each show that a true difference of 0 lies within
/// ±`margin`, with the stated power.
///
/// *Assumes* and *misleads* as [`sample_size`]; a true difference that is not 0 needs more.
///
/// *Formula* `n = (z_{α/2} + z_{β/2})² · variance / margin²`, times `1 + (m - 1)ρ`; tests at 5 % each are `alpha` = 0.10.
///
/// *Reference* Julious, Stat Med 2004; 23: 1921-1986, section 5. At the 5 % of each test, 80 % power, discordance 0.2, margin 0.05:
/// `(1.6449 + 1.2816)² · 0.2/0.0025 = 685.1`.
///
/// ```
/// use bedside_stats::planning::{Clumping, paired::{Errors, PairedVariance, equivalence_size}};
/// let errors = Errors { alpha: 0.10, power: 0.8 };
/// let n = equivalence_size(PairedVariance::discordance(0.2), 0.05, errors, Clumping::NONE)?;
/// assert_eq!(n.ceil(), 686.0);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn equivalence_size(
    variance: PairedVariance,
    margin: f64,
    errors: Errors,
    clumping: Clumping,
) -> Result<f64, StatsError> {
    // Both tests must succeed: half of the tolerated failures for each.
    let both = Errors { alpha: errors.alpha, power: f64::midpoint(1.0, open_unit("power", errors.power)?) };
    sample_size(variance, margin, both, clumping)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_runs_and_fewer_clusters() {
        let one = PairedVariance { items: 0.1, runs_a: 0.2, runs_b: 0.2, k_a: 1, k_b: 1 };
        let many = PairedVariance { k_a: 5, k_b: 5, ..one };
        let size = |variance, clumping| sample_size(variance, 0.05, Errors::USUAL, clumping).expect("a size");
        assert!(size(many, Clumping::NONE) < size(one, Clumping::NONE));
        let clumped = Clumping { cluster_size: 10.0, intraclass_correlation: 0.1 };
        assert!((size(one, clumped) / size(one, Clumping::NONE) - 1.9).abs() < 1e-12);
    }

    #[test]
    fn what_cannot_be_planned_is_refused() {
        let variance = PairedVariance::discordance(0.2);
        let none = Clumping::NONE;
        for delta in [0.0, f64::NAN, f64::INFINITY, 1e-12] {
            assert!(sample_size(variance, delta, Errors::USUAL, none).is_err(), "{delta}");
        }
        assert!(sample_size(variance, 0.1, Errors { alpha: 0.0, power: 0.8 }, none).is_err());
        assert!(sample_size(variance, 0.1, Errors { alpha: 0.05, power: 1.0 }, none).is_err());
        assert!(sample_size(PairedVariance { k_a: 0, ..variance }, 0.1, Errors::USUAL, none).is_err());
        assert!(sample_size(PairedVariance { items: -0.1, ..variance }, 0.1, Errors::USUAL, none).is_err());
        assert!(detectable_difference(variance, 0.0, Errors::USUAL, none).is_err());
    }
}
