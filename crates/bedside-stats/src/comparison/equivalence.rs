//! Showing that two systems do not differ by more than matters.

use super::student::{Moments, differences};
use super::tails::student_above;
use crate::{Figure, StatsError};

/// The two one-sided tests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tost {
    /// The larger of the two: equivalence is shown when it is at most 0.05.
    pub p: Figure,
    /// Against a difference at or below the lower margin.
    pub p_lower: Figure,
    /// Against a difference at or above the upper margin.
    pub p_upper: Figure,
}

/// Two one-sided paired t tests of equivalence.
///
/// *Estimates* nothing: tests that the mean difference lies within margins declared beforehand.
///
/// *Assumes* independent pairs, enough for a normal mean. For clusters, yes/no scores and rare discordance use
/// [`super::difference::Difference::decide`].
///
/// *Misleads* with margins chosen after the fact. Differences that are all the same give "undefined": n equal differences show no
/// spread, not that there is none.
///
/// *Formula* `t_lower = (d - low)/se`, upper tail; `t_upper = (d - high)/se`, lower tail; n - 1 degrees of freedom.
///
/// *Reference* Schuirmann, J Pharmacokinet Biopharm 1987; 15: 657-680. By hand: differences -1, 0, 1 have standard error 1/√3, and
/// t = √3 against ±1 leaves 0.1127 with two degrees of freedom:
///
/// ```
/// use bedside_stats::comparison::equivalence::tost_paired;
/// let found = tost_paired(&[0.0, 1.0, 2.0], &[1.0, 1.0, 1.0], -1.0, 1.0)?;
/// assert!((found.p.number().expect("they vary") - (0.5 - (3.0_f64 / 5.0).sqrt() / 2.0)).abs() < 1e-12);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn tost_paired(a: &[f64], b: &[f64], low: f64, high: f64) -> Result<Tost, StatsError> {
    if !(low.is_finite() && high.is_finite() && low < high) {
        return Err(StatsError::Input { why: format!("margins {low} and {high} are no range") });
    }
    let moments = Moments::new(&differences(a, b)?);
    let (Some(from_low), Some(from_high)) = (moments.t(low).number(), moments.t(high).number()) else {
        return Ok(Tost { p: Figure::Undefined, p_lower: Figure::Undefined, p_upper: Figure::Undefined });
    };
    let freedom = moments.n - 1.0;
    let (p_lower, p_upper) = (student_above(from_low, freedom), student_above(-from_high, freedom));
    Ok(Tost { p: Figure::from(p_lower.max(p_upper)), p_lower: Figure::from(p_lower), p_upper: Figure::from(p_upper) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_differences_show_nothing() {
        let found = tost_paired(&[0.5, 0.5], &[0.5, 0.5], -0.1, 0.1).expect("pairs");
        assert_eq!(found.p, Figure::Undefined);
    }

    #[test]
    fn margins_are_a_range() {
        for (low, high) in [(0.1, -0.1), (0.1, 0.1), (f64::NAN, 0.1)] {
            assert!(tost_paired(&[0.5, 0.6], &[0.5, 0.5], low, high).is_err());
        }
    }
}
