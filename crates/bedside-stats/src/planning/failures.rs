//! How many cases show that failures are rare.

use super::{Clumping, open_unit, whole};
use crate::comparison::tails::binomial_up_to;
use crate::{Level, StatsError};

/// Cases needed, none of which may fail, to show a failure rate below `p_max`.
///
/// *Estimates* the smallest number of cases after which no failure leaves an exact upper bound of at most `p_max`.
///
/// *Assumes* independent cases like those of the intended use; with clusters, that failures clump as said.
///
/// *Misleads* as a promise: if the true rate is half of `p_max`, no failure in that many cases happens only every fifth time.
/// Plan for some with [`k_failures`].
///
/// *Formula* `ln(1 - level) / ln(1 - p_max)`, times `1 + (m - 1)ρ`, rounded up.
///
/// *Reference* Hanley and Lippman-Hand, JAMA 1983; 249: 1743-1745. 59 cases for 5 %, 299 for 1 %, 2,995 for 0.1 %:
///
/// ```
/// use bedside_stats::{Level, planning::{Clumping, failures::zero_failures}};
/// let n = |p_max| zero_failures(p_max, Level::NINETY_FIVE, Clumping::NONE);
/// assert_eq!((n(0.05)?, n(0.01)?, n(0.001)?), (59, 299, 2_995));
/// let clusters = Clumping { cluster_size: 5.0, intraclass_correlation: 0.3 };
/// assert_eq!(zero_failures(0.01, Level::NINETY_FIVE, clusters)?, 656);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn zero_failures(p_max: f64, level: Level, clumping: Clumping) -> Result<u64, StatsError> {
    open_unit("p_max", p_max)?;
    whole((1.0 - level.value()).ln() / (-p_max).ln_1p() * clumping.design_effect()?)
}

/// Cases needed, of which at most `max_failures` may fail, to show a failure rate below `p_max`.
///
/// *Estimates* the smallest number of cases after which that many failures leave an exact upper bound of at most `p_max`.
///
/// *Assumes* and *misleads* as [`zero_failures`]: fewer failures are allowed than expected at `p_max`, by design.
///
/// *Formula* the smallest `n` with `P(X ≤ k | n, p_max) ≤ 1 - level`; with clusters times `1 + (m - 1)ρ`, rounded up.
///
/// *Reference* Clopper and Pearson, Biometrika 1934; 26: 404-413; tables of acceptance sampling: 473, 628 and 773 cases for 1, 2 and 3
/// failures at 1 %.
///
/// ```
/// use bedside_stats::{Level, planning::{Clumping, failures::k_failures}};
/// let n = |k| k_failures(k, 0.01, Level::NINETY_FIVE, Clumping::NONE);
/// assert_eq!((n(0)?, n(1)?, n(2)?, n(3)?), (299, 473, 628, 773));
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn k_failures(max_failures: u64, p_max: f64, level: Level, clumping: Clumping) -> Result<u64, StatsError> {
    open_unit("p_max", p_max)?;
    let enough = |n: u64| binomial_up_to(max_failures, n, p_max) <= 1.0 - level.value();
    // Enough at `high`, not at `low`.
    let (mut low, mut high) = (max_failures, whole((max_failures as f64 + 4.0) / p_max)?);
    while !enough(high) {
        whole(high as f64 * 2.0)?;
        (low, high) = (high, high * 2);
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if enough(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    whole(high as f64 * clumping.design_effect()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_failures_are_the_closed_form() {
        for step in 1..200_u32 {
            let p = f64::from(step) / 201.0;
            for level in [Level::NINETY, Level::NINETY_FIVE] {
                let closed = zero_failures(p, level, Clumping::NONE).expect("a size");
                assert_eq!(k_failures(0, p, level, Clumping::NONE), Ok(closed), "{p}");
            }
        }
    }

    #[test]
    fn the_bound_holds_from_there_on_and_not_before() {
        for (k, p) in [(0, 0.5), (1, 0.2), (5, 0.03), (20, 0.001)] {
            let n = k_failures(k, p, Level::NINETY_FIVE, Clumping::NONE).expect("a size") as f64;
            let bound = |n: f64| crate::rare::upper_bound(k as f64, n, Level::NINETY_FIVE).expect("rate").upper();
            assert!(bound(n) <= p + 1e-12 && bound(n - 1.0) > p, "{k} of {n}");
        }
    }

    #[test]
    fn limits_of_nothing_are_refused() {
        for p in [0.0, 1.0, -0.1, f64::NAN, 1e-300] {
            assert!(zero_failures(p, Level::NINETY_FIVE, Clumping::NONE).is_err(), "{p}");
            assert!(k_failures(1, p, Level::NINETY_FIVE, Clumping::NONE).is_err(), "{p}");
        }
    }
}
