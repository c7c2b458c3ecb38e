//! Reliability of sums and means: Cronbach's alpha, Spearman and Brown's formula, correction for attenuation.

use super::icc::{Icc, IccKind};
use crate::quantile::normal_upper;
use crate::{Estimate, Figure, Interval, Level, StatsError};

/// Cronbach's alpha of a sum of items.
///
/// *Estimates* the share of the variance of the sum that another set of such items would share: a lower bound of its reliability.
///
/// *Assumes* a complete table; independent rows; items that measure the same thing equally, with uncorrelated errors. The interval
/// also takes errors as normal.
///
/// *Misleads* as a sign that items measure one thing: many items make alpha high whatever they measure. Items that share a passage
/// have correlated errors, which raises it. It says nothing about single items or judges.
///
/// *Formula* `k/(k-1) (1 - Σ s_i² / s_sum²)`, which is ICC(3,k); Feldt's interval is that of ICC(3,k).
///
/// *Reference* Cronbach, Psychometrika 1951; 16: 297-334. Feldt, Psychometrika 1965; 30: 357-370. The table of Shrout and Fleiss:
///
/// ```
/// use bedside_stats::{Level, agreement::composite::{cronbach, cronbach_estimate}};
/// let table = [[9., 2., 5., 8.], [6., 1., 3., 2.], [8., 4., 6., 8.], [7., 1., 2., 6.], [10., 5., 6., 9.], [6., 2., 4., 7.]];
/// let table = table.map(|row| row.to_vec());
/// assert!((cronbach(&table)?.number().expect("varied") - 0.909_315_542_377).abs() < 1e-12);
/// assert_eq!(cronbach_estimate(&table, Level::NINETY_FIVE)?.to_string(), "0.909 [0.676, 0.986]");
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn cronbach(rows_by_items: &[Vec<f64>]) -> Result<Figure, StatsError> {
    Ok(Icc::new(rows_by_items)?.value(IccKind::ConsistencyMean))
}

/// Cronbach's alpha with Feldt's interval; see [`cronbach`]. An error when no row differs from another.
pub fn cronbach_estimate(rows_by_items: &[Vec<f64>], level: Level) -> Result<Estimate, StatsError> {
    Icc::new(rows_by_items)?.estimate(IccKind::ConsistencyMean, level, 0)
}

/// Spearman and Brown's formula: reliability of a test `k` times as long.
///
/// *Estimates* the reliability of the mean of `k` parallel parts, given that of one; `k` below 1 shortens.
///
/// *Assumes* parts that measure the same thing equally, with independent errors.
///
/// *Misleads* when more of the same is not parallel: ten more runs of one model on one item are no ten items. It rises with `r`, so
/// an interval of `r` gives one of the result, end by end.
///
/// *Formula* `k r / (1 + (k - 1) r)`; infinite at its pole, and of no meaning below it.
///
/// *Reference* Spearman, Br J Psychol 1910; 3: 271-295. Brown, ibid. 296-322. Doubling a test of 0.6:
///
/// ```
/// use bedside_stats::{Figure, agreement::composite::spearman_brown};
/// assert!((spearman_brown(0.6, 2.0)?.number().expect("finite") - 0.75).abs() < 1e-15);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn spearman_brown(reliability: f64, k: f64) -> Result<Figure, StatsError> {
    if !(k > 0.0 && k.is_finite()) {
        return Err(StatsError::Input { why: format!("a test {k} times as long is none: k must be positive") });
    }
    if !(-1.0..=1.0).contains(&reliability) {
        return Err(StatsError::Input { why: format!("r = {reliability} is no reliability: it must lie in [-1, 1]") });
    }
    let length = 1.0 + (k - 1.0) * reliability;
    // Beyond the pole the formula changes sign, and no test has that reliability.
    if length < 0.0 { Ok(Figure::Undefined) } else { Ok(Figure::ratio(k * reliability, length)) }
}

/// A correlation corrected for unreliable measurement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Disattenuated {
    /// May exceed 1: then the reliabilities or the correlation are off by chance or by more. Never cut off.
    pub correlation: f64,
    /// From the interval of the correlation and, if given, of the reliabilities; none without a number of subjects.
    pub interval: Option<Interval>,
}

/// What is known about a reliability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reliability {
    /// The reliability, above 0 and at most 1.
    pub value: f64,
    /// Its interval, if it was estimated; taken as known if there is none.
    pub interval: Option<(f64, f64)>,
}

/// Spearman's correction for attenuation.
///
/// *Estimates* the correlation that error-free measurements would have.
///
/// *Assumes* errors independent of each other and of what is measured; reliabilities of just these measurements in just this
/// population. With intervals of the reliabilities: that they were estimated on other subjects.
///
/// *Misleads* with alpha as the reliability when its items share errors, and when the result, near or above 1, is cut off and called
/// perfect. Without intervals of the reliabilities the interval is too narrow, and is said to take them as known.
///
/// *Formula* `r / √(r_xx r_yy)`. Interval: Fisher's z for `r`, the logarithm's for the reliabilities, joined by square-and-add
/// (MOVER).
///
/// *Reference* Spearman, Am J Psychol 1904; 15: 72-101. Zou and Donner, Stat Med 2008; 27: 1693-1702, for the joining.
///
/// ```
/// use bedside_stats::{Level, agreement::composite::{Reliability, disattenuated}};
/// let known = |value| Reliability { value, interval: None };
/// let found = disattenuated(0.45, known(0.8), known(0.6), Some(100), Level::NINETY_FIVE)?;
/// assert!((found.correlation - 0.649_519_052_838).abs() < 1e-12);
/// assert_eq!(found.interval.expect("100 subjects").to_string(), "[0.402, 0.857]");
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn disattenuated(
    correlation: f64,
    x: Reliability,
    y: Reliability,
    subjects: Option<u64>,
    level: Level,
) -> Result<Disattenuated, StatsError> {
    if !(-1.0..=1.0).contains(&correlation) {
        return Err(StatsError::Input { why: format!("{correlation} is no correlation: it must lie in [-1, 1]") });
    }
    for Reliability { value, interval } in [x, y] {
        let (lower, upper) = interval.unwrap_or((value, value));
        if !(value > 0.0 && value <= 1.0 && lower > 0.0 && lower <= value && value <= upper && upper <= 1.0) {
            let why =
                format!("the reliability {value} [{lower}, {upper}] must lie above 0, at most 1 and in its interval");
            return Err(StatsError::Input { why });
        }
    }
    let factor = 1.0 / (x.value * y.value).sqrt();
    let value = correlation * factor;
    let interval = match subjects {
        None => None,
        Some(n) if n < 4 => {
            let (needs, found) = ("4 subjects".into(), n.to_string());
            return Err(StatsError::TooFew { method: "an interval of a correlation", needs, found });
        }
        Some(n) => {
            let (lower, upper) = fisher(correlation, n, level);
            let (less, more) = factors(factor, x, y);
            // The factor's error counts in the direction that moves the product.
            let (down, up) = if correlation < 0.0 { (more, less) } else { (less, more) };
            let ends = (
                value - (factor * (correlation - lower)).hypot(correlation * (factor - down)),
                value + (factor * (upper - correlation)).hypot(correlation * (up - factor)),
            );
            Some(Interval::new(ends.0, ends.1, level)?)
        }
    };
    Ok(Disattenuated { correlation: value, interval })
}

/// Fisher's interval of a correlation; for one of ±1 that of one case less than perfect: the end nearest to `1 - 1/n²` away.
fn fisher(correlation: f64, n: u64, level: Level) -> (f64, f64) {
    // z of ±1 is infinite, and its interval would have no width.
    let inside = correlation.clamp(-1.0 + 1.0 / (n * n) as f64, 1.0 - 1.0 / (n * n) as f64);
    let half = normal_upper(level.tail()) / (n as f64 - 3.0).sqrt();
    ((inside.atanh() - half).tanh().min(correlation), (inside.atanh() + half).tanh().max(correlation))
}

/// Ends of the correction factor, from the intervals of both reliabilities.
fn factors(factor: f64, x: Reliability, y: Reliability) -> (f64, f64) {
    let half = |r: Reliability, end: fn((f64, f64)) -> f64| {
        r.interval.map_or(0.0, |interval| (end(interval) / r.value).ln() / 2.0)
    };
    let less = half(x, |ends| ends.1).hypot(half(y, |ends| ends.1));
    let more = half(x, |ends| ends.0).hypot(half(y, |ends| ends.0));
    (factor * (-less).exp(), factor * more.exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERFECT: Reliability = Reliability { value: 1.0, interval: None };

    #[test]
    fn more_than_1_is_reported_and_not_cut_off() {
        let low = Reliability { value: 0.4, interval: None };
        let found = disattenuated(0.6, low, low, Some(30), Level::NINETY_FIVE).expect("valid");
        assert!((found.correlation - 1.5).abs() < 1e-12);
        assert!(found.interval.expect("30 subjects").upper() > 1.5);
    }

    #[test]
    fn uncertain_reliabilities_widen_and_signs_mirror() {
        let unsure = Reliability { value: 0.7, interval: Some((0.5, 0.85)) };
        let known = Reliability { value: 0.7, interval: None };
        let with = |r, x| disattenuated(r, x, x, Some(50), Level::NINETY_FIVE).expect("valid").interval.expect("50");
        assert!(with(0.5, unsure).width() > with(0.5, known).width());
        let (plus, minus) = (with(0.5, unsure), with(-0.5, unsure));
        assert!((plus.lower() + minus.upper()).abs() < 1e-12 && (plus.upper() + minus.lower()).abs() < 1e-12);
    }

    #[test]
    fn a_perfect_correlation_keeps_a_width() {
        let found = disattenuated(1.0, PERFECT, PERFECT, Some(20), Level::NINETY_FIVE).expect("valid");
        assert!(found.interval.expect("20 subjects").width() > 0.001);
    }

    #[test]
    fn what_is_no_reliability_is_refused() {
        let r = |value| Reliability { value, interval: None };
        assert!(disattenuated(0.5, r(0.0), r(0.5), None, Level::NINETY_FIVE).is_err());
        assert!(disattenuated(1.5, r(0.5), r(0.5), None, Level::NINETY_FIVE).is_err());
        assert!(disattenuated(0.5, r(0.5), r(0.5), Some(3), Level::NINETY_FIVE).is_err());
        assert!(spearman_brown(0.5, 0.0).is_err() && spearman_brown(2.0, 2.0).is_err());
        assert_eq!(spearman_brown(-1.0, 2.0), Ok(Figure::MinusInfinite));
        assert_eq!(spearman_brown(-0.9, 5.0), Ok(Figure::Undefined));
    }
}
