//! Two-sided intervals for a proportion.
//!
//! All take real-valued counts, because an effective sample size is seldom whole. Which one a report uses is decided in
//! [`crate::rule`]. There is no Wald interval: below 300 items or 10 events it is wrong, and above it gains nothing.

use crate::quantile::{beta, normal_upper};
use crate::{Interval, Level, StatsError};

/// Wilson's score interval for a proportion.
///
/// *Estimates* the long-run share of cases answered correctly, for cases like these.
///
/// *Assumes* cases are independent; for runs of one case or cases that share a passage use
/// [`crate::effective::korn_graubard`].
///
/// *Misleads* for rare events: its coverage averages 95 % over proportions, but dips below for some (0.904 at n = 10,
/// p = 0.01). It also misleads when cases were chosen because a model failed them.
///
/// *Formula* `(p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n)`.
///
/// *Reference* Wilson, J Am Stat Assoc 1927; 22: 209-212. Newcombe, Stat Med 1998; 17: 857-872, table I, 81 of 263:
///
/// ```
/// use bedside_stats::{Level, interval::wilson};
/// assert_eq!(format!("{:.4}", wilson(81.0, 263.0, Level::NINETY_FIVE)?.lower()), "0.2553");
/// assert_eq!(format!("{:.4}", wilson(81.0, 263.0, Level::NINETY_FIVE)?.upper()), "0.3662");
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn wilson(successes: f64, n: f64, level: Level) -> Result<Interval, StatsError> {
    let p = proportion(successes, n)?;
    let z = normal_upper(level.tail());
    let shrink = 1.0 + z * z / n;
    let centre = (p + z * z / (2.0 * n)) / shrink;
    let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt() / shrink;
    within_unit(successes, n, centre - half, centre + half, level)
}

/// Clopper and Pearson's exact interval for a proportion.
///
/// *Estimates* the long-run share of cases answered correctly, for cases like these.
///
/// *Assumes* cases are independent, and nothing else: the only one here that never covers less than it says.
///
/// *Misleads* only by width: it is wider than it need be, most of all for few cases.
///
/// *Formula* from the `α/2` quantile of `Beta(x, n - x + 1)` to the `1 - α/2` quantile of `Beta(x + 1, n - x)`.
///
/// *Reference* Clopper and Pearson, Biometrika 1934; 26: 404-413. Newcombe 1998, table I, 81 of 263:
///
/// ```
/// use bedside_stats::{Level, interval::clopper_pearson};
/// let exact = clopper_pearson(81.0, 263.0, Level::NINETY_FIVE)?;
/// assert_eq!(format!("{:.4} {:.4}", exact.lower(), exact.upper()), "0.2527 0.3676");
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn clopper_pearson(successes: f64, n: f64, level: Level) -> Result<Interval, StatsError> {
    proportion(successes, n)?;
    let failures = n - successes;
    let lower = if successes > 0.0 { beta(successes, failures + 1.0, level.tail()) } else { 0.0 };
    let upper = if failures > 0.0 { beta(successes + 1.0, failures, 1.0 - level.tail()) } else { 1.0 };
    within_unit(successes, n, lower, upper, level)
}

/// Jeffreys' interval for a proportion: equal tails of the posterior under the prior `Beta(1/2, 1/2)`.
///
/// *Estimates* the long-run share of cases answered correctly, for cases like these.
///
/// *Assumes* cases are independent, and a prior that favours both ends a little.
///
/// *Misleads* with no or only events: the interval then excludes the observed proportion. We return the raw quantiles, as
/// statsmodels does, and do not clamp; Brown, Cai and DasGupta set that end to 0 or 1.
///
/// *Formula* quantiles `α/2` and `1 - α/2` of `Beta(x + 1/2, n - x + 1/2)`.
///
/// *Reference* Brown, Cai and DasGupta, Stat Sci 2001; 16: 101-133. Checked against statsmodels 0.15.0:
///
/// ```
/// use bedside_stats::{Level, interval::jeffreys};
/// let interval = jeffreys(0.0, 50.0, Level::NINETY_FIVE)?;
/// assert!((interval.upper() - 0.048_758_459_444).abs() < 1e-12);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn jeffreys(successes: f64, n: f64, level: Level) -> Result<Interval, StatsError> {
    proportion(successes, n)?;
    let (a, b) = (successes + 0.5, n - successes + 0.5);
    Interval::new(beta(a, b, level.tail()), beta(a, b, 1.0 - level.tail()), level)
}

/// Agresti and Coull's interval for a proportion: Wald's after adding `z²` cases, half of them events.
///
/// *Estimates* the long-run share of cases answered correctly, for cases like these.
///
/// *Assumes* cases are independent.
///
/// *Misleads* near 0 and 1, where it is wider than Wilson's and is cut off at the end of the scale. Kept because others
/// report it; we use Wilson's, which it approximates.
///
/// *Formula* `p' ± z √(p'(1-p')/n')` with `n' = n + z²`, `p' = (x + z²/2)/n'`.
///
/// *Reference* Agresti and Coull, Am Stat 1998; 52: 119-126. Checked against statsmodels 0.15.0:
///
/// ```
/// use bedside_stats::{Level, interval::agresti_coull};
/// let interval = agresti_coull(7.0, 50.0, Level::NINETY_FIVE)?;
/// assert!((interval.lower() - 0.066_374_343_494).abs() < 1e-12);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn agresti_coull(successes: f64, n: f64, level: Level) -> Result<Interval, StatsError> {
    proportion(successes, n)?;
    let z = normal_upper(level.tail());
    let padded = n + z * z;
    let centre = (successes + z * z / 2.0) / padded;
    let half = z * (centre * (1.0 - centre) / padded).sqrt();
    Interval::new((centre - half).max(0.0), (centre + half).min(1.0), level)
}

/// The proportion, if there is one.
pub(crate) fn proportion(successes: f64, n: f64) -> Result<f64, StatsError> {
    if n.is_finite() && n > 0.0 && (0.0..=n).contains(&successes) {
        Ok(successes / n)
    } else {
        Err(StatsError::Proportion { successes, n })
    }
}

/// The interval, exact at both ends of the scale and holding its proportion in spite of rounding.
fn within_unit(successes: f64, n: f64, lower: f64, upper: f64, level: Level) -> Result<Interval, StatsError> {
    let p = successes / n;
    let lower = if successes <= 0.0 { 0.0 } else { lower.clamp(0.0, p) };
    let upper = if successes >= n { 1.0 } else { upper.clamp(p, 1.0) };
    Interval::new(lower, upper, level)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, interval: Interval, lower: f64, upper: f64) {
        assert!((interval.lower() - lower).abs() < 1e-12, "{name}: lower {} is not {lower}", interval.lower());
        assert!((interval.upper() - upper).abs() < 1e-12, "{name}: upper {} is not {upper}", interval.upper());
    }

    /// statsmodels 0.15.0, `proportion_confint`, to twelve digits.
    #[test]
    fn intervals_agree_with_statsmodels() {
        let level = Level::NINETY_FIVE;
        for (x, n, lower, upper) in [
            (8.0, 10.0, 0.490_162_471_536_641_83, 0.943_317_848_545_624_7),
            (0.0, 10.0, 0.0, 0.277_532_799_862_889_26),
            (10.0, 10.0, 0.722_467_200_137_110_6, 1.0),
            (1.0, 1.0, 0.206_549_314_377_237_4, 1.0),
        ] {
            check("wilson", wilson(x, n, level).expect("proportion"), lower, upper);
        }
        for (x, n, lower, upper) in [
            (0.0, 20.0, 0.0, 0.168_433_470_983_085_34),
            (20.0, 20.0, 0.831_566_529_016_914_6, 1.0),
            (3.0, 20.0, 0.032_070_937_185_463_7, 0.378_926_826_545_313_96),
            (0.0, 1.0, 0.0, 0.975),
        ] {
            check("clopper_pearson", clopper_pearson(x, n, level).expect("proportion"), lower, upper);
        }
        check(
            "jeffreys",
            jeffreys(0.0, 50.0, level).expect("proportion"),
            9.771_663_301_804_05e-6,
            0.048_758_459_444_071_395,
        );
        check(
            "agresti_coull",
            agresti_coull(7.0, 50.0, level).expect("proportion"),
            0.066_374_343_494_217_75,
            0.264_995_927_881_800_6,
        );
    }

    #[test]
    fn what_is_no_proportion_is_refused() {
        for (x, n) in [(1.0, 0.0), (-1.0, 5.0), (6.0, 5.0), (f64::NAN, 5.0), (1.0, f64::INFINITY)] {
            for method in [wilson, clopper_pearson, jeffreys, agresti_coull] {
                assert!(method(x, n, Level::NINETY_FIVE).is_err(), "{x} of {n}");
            }
        }
    }
}
