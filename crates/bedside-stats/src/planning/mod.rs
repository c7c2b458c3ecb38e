//! What a design can decide before it is paid for: sample sizes, detectable differences, sequential stopping.
//!
//! | question | here |
//! | --- | --- |
//! | how many items to tell two systems apart, or: which difference can these items show? | [`paired`] |
//! | how many cases without (or with at most k) failures show a rate below a limit? | [`failures`] |
//! | how to divide a judge's calibration set; how many items for kappa? | [`raters`] |
//! | may I stop early? | [`sprt`], [`confidence_sequence`] |
//!
//! Sizes are for independent cases; a [`Clumping`] says how many more it takes in clusters.

pub mod confidence_sequence;
pub mod failures;
pub mod paired;
pub mod raters;
pub mod sprt;

use crate::StatsError;
use crate::effective::design_effect;

/// How cases will come in clusters.
///
/// ```
/// use bedside_stats::planning::Clumping;
/// assert_eq!(Clumping { cluster_size: 5.0, intraclass_correlation: 0.3 }.design_effect()?, 2.2);
/// assert_eq!(Clumping::NONE.design_effect()?, 1.0);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Clumping {
    /// Cases in a cluster.
    pub cluster_size: f64,
    /// Correlation of the outcome (for paired designs: of the differences) of cases in a cluster.
    pub intraclass_correlation: f64,
}

impl Clumping {
    /// Independent cases.
    pub const NONE: Self = Self { cluster_size: 1.0, intraclass_correlation: 0.0 };

    /// How many times more cases clusters need.
    pub fn design_effect(self) -> Result<f64, StatsError> {
        let Self { cluster_size, intraclass_correlation } = self;
        if !(cluster_size.is_finite() && cluster_size >= 1.0) {
            return Err(StatsError::Input { why: format!("cluster size {cluster_size} is below 1") });
        }
        if !(0.0..=1.0).contains(&intraclass_correlation) {
            return Err(StatsError::Input {
                why: format!("intraclass correlation {intraclass_correlation} is not between 0 and 1"),
            });
        }
        Ok(design_effect(cluster_size, intraclass_correlation))
    }
}

/// A probability that is neither 0 nor 1, by the name of its field.
pub(crate) fn open_unit(name: &str, value: f64) -> Result<f64, StatsError> {
    if value > 0.0 && value < 1.0 {
        Ok(value)
    } else {
        Err(StatsError::Input { why: format!("{name} = {value} is not between 0 and 1") })
    }
}

/// The next whole number, not counting rounding.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be a size that fits")]
pub(crate) fn whole(size: f64) -> Result<u64, StatsError> {
    // So that 299.00000000001, which is 299 but for rounding, stays 299.
    let up = (size * (1.0 - 1e-12)).ceil();
    if (0.0..9e15).contains(&up) {
        Ok(up as u64)
    } else {
        Err(StatsError::Input { why: format!("a size of {size} cannot be collected") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_clusters_are_refused() {
        for (cluster_size, intraclass_correlation) in [(0.5, 0.1), (f64::NAN, 0.1), (5.0, -0.1), (5.0, 1.1)] {
            assert!(Clumping { cluster_size, intraclass_correlation }.design_effect().is_err());
        }
        assert!(whole(f64::INFINITY).is_err());
        assert_eq!(whole(299.000_000_000_01), Ok(299));
        assert_eq!(whole(299.001), Ok(300));
    }
}
