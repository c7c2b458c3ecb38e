//! Differences between two shares: of two sets of cases, or of the same cases answered twice.
//!
//! Paired counts forget clusters; where cases share a passage, or have several runs, the difference is taken by item and
//! its interval by cluster instead.

use crate::interval::{proportion, wilson};
use crate::quantile::normal_upper;
use crate::{Interval, Level, StatsError};

/// A difference of two shares with its interval, in [-1, 1].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShareDifference {
    /// First share minus second, as observed.
    pub value: f64,
    /// Its interval.
    pub interval: Interval,
}

/// The same cases answered twice: how often both, one or neither was right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PairedTable {
    /// Right both times.
    pub both: u64,
    /// Right the first time only.
    pub first_only: u64,
    /// Right the second time only.
    pub second_only: u64,
    /// Right neither time.
    pub neither: u64,
}

/// Newcombe's interval for the difference between the shares of two independent samples.
///
/// *Estimates* the difference between two long-run shares, each of cases like its own.
///
/// *Assumes* all cases are independent, and no case stands in both samples.
///
/// *Misleads* for two systems on the same cases: there the pairing is thrown away; use [`newcombe_paired`] or
/// [`bonett_price`].
///
/// *Formula* with Wilson limits `l`, `u` of each share: from `d - √((p₁-l₁)² + (u₂-p₂)²)` to `d + √((u₁-p₁)² + (p₂-l₂)²)`.
///
/// *Reference* Newcombe, Stat Med 1998; 17: 873-890, method 10; table II, 56 of 70 against 48 of 80:
///
/// ```
/// use bedside_stats::{Level, difference::newcombe};
/// let difference = newcombe((56.0, 70.0), (48.0, 80.0), Level::NINETY_FIVE)?;
/// assert_eq!(format!("{:.4}", difference.interval.lower()), "0.0524");
/// assert_eq!(format!("{:.4}", difference.interval.upper()), "0.3339");
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn newcombe(first: (f64, f64), second: (f64, f64), level: Level) -> Result<ShareDifference, StatsError> {
    square_and_add(first, second, 0.0, level)
}

/// Newcombe's interval for the difference between two shares of the same cases.
///
/// *Estimates* by how much more often the first answer is right than the second, for cases like these.
///
/// *Assumes* cases are independent of each other.
///
/// *Misleads* when cases share passages or were run several times: it counts them as independent.
///
/// *Formula* as [`newcombe`] with `- 2φ(p₁-l₁)(u₂-p₂)`, and `- 2φ(u₁-p₁)(p₂-l₂)`, under the roots. `φ` is the correlation of
/// the two answers, its numerator (both · neither - first only · second only) lowered by `n/2`, though not below 0, when it is positive.
///
/// *Reference* Newcombe, Stat Med 1998; 17: 2635-2650, method 10. Altman et al., Statistics with Confidence, 2nd ed., 2000,
/// table 6.2:
///
/// ```
/// use bedside_stats::{Level, difference::{PairedTable, newcombe_paired}};
/// let table = PairedTable { both: 14, first_only: 5, second_only: 0, neither: 22 };
/// let difference = newcombe_paired(table, Level::NINETY_FIVE)?;
/// assert_eq!(format!("{:.3} {}", difference.value, difference.interval), "0.122 [0.011, 0.226]");
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn newcombe_paired(table: PairedTable, level: Level) -> Result<ShareDifference, StatsError> {
    let PairedTable { both, first_only, second_only, neither } = table;
    let [both, first_only, second_only, neither] = [both, first_only, second_only, neither].map(|count| count as f64);
    let (first, second, n) = (both + first_only, both + second_only, both + first_only + second_only + neither);
    let margins = first * (n - first) * second * (n - second);
    let excess = both * neither - first_only * second_only;
    let excess = if excess > 0.0 { (excess - n / 2.0).max(0.0) } else { excess };
    // A margin of 0: one of the answers never varies, and varies with nothing.
    let correlation = if margins > 0.0 { excess / margins.sqrt() } else { 0.0 };
    square_and_add((first, n), (second, n), correlation, level)
}

/// Bonett and Price's interval for the difference between two shares of the same cases.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BonettPrice {
    /// The difference as observed, `(b - c)/n`.
    pub value: f64,
    /// The middle of the interval, `(b - c)/(n + 2)`.
    pub adjusted: f64,
    /// Its interval.
    pub interval: Interval,
}

/// Bonett and Price's adjusted Wald interval for the difference between two shares of the same cases.
///
/// *Estimates* by how much more often the first answer is right than the second, for cases like these; or the mean of any
/// difference that is -1, 0 or 1.
///
/// *Assumes* cases are independent of each other, drawn at random.
///
/// *Misleads* when cases share passages or were run several times. Without one discordant case it still has a width, about
/// `5.5/n`: that is what so few cases could have missed.
///
/// *Formula* `p₁₂ = (b+1)/(n+2)`, `p₂₁ = (c+1)/(n+2)`, `p₁₂ - p₂₁ ± z √((p₁₂ + p₂₁ - (p₁₂-p₂₁)²)/(n+2))`, within [-1, 1], for
/// `b` right the first time only and `c` the second.
///
/// *Reference* Bonett and Price, J Educ Behav Stat 2012; 37: 479-488. By hand, no discordant case among 200:
///
/// ```
/// use bedside_stats::{Level, difference::bonett_price};
/// let difference = bonett_price(0, 0, 200, Level::NINETY_FIVE)?;
/// assert_eq!(difference.interval.to_string(), "[-0.014, 0.014]"); // 1.96 · √2 / 202
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn bonett_price(first_only: u64, second_only: u64, n: u64, level: Level) -> Result<BonettPrice, StatsError> {
    if n == 0 {
        return Err(StatsError::Empty);
    }
    let discordant = first_only.saturating_add(second_only);
    if discordant > n {
        return Err(StatsError::MoreThanAll { part: discordant, whole: n });
    }
    let (b, c, n) = (first_only as f64, second_only as f64, n as f64);
    let (first, second) = ((b + 1.0) / (n + 2.0), (c + 1.0) / (n + 2.0));
    let adjusted = first - second;
    let half = normal_upper(level.tail()) * ((first + second - adjusted * adjusted) / (n + 2.0)).sqrt();
    let interval = Interval::new((adjusted - half).max(-1.0), (adjusted + half).min(1.0), level)?;
    Ok(BonettPrice { value: (b - c) / n, adjusted, interval })
}

/// Wilson limits of both shares, put together as the sides of a triangle whose angle has this cosine.
fn square_and_add(
    first: (f64, f64),
    second: (f64, f64),
    correlation: f64,
    level: Level,
) -> Result<ShareDifference, StatsError> {
    let (p, q) = (proportion(first.0, first.1)?, proportion(second.0, second.1)?);
    let (one, other) = (wilson(first.0, first.1, level)?, wilson(second.0, second.1, level)?);
    let side = |a: f64, b: f64| (a * a - 2.0 * correlation * a * b + b * b).max(0.0).sqrt();
    let down = side(p - one.lower(), other.upper() - q);
    let up = side(one.upper() - p, q - other.lower());
    let value = p - q;
    let interval = Interval::new((value - down).max(-1.0), (value + up).min(1.0), level)?;
    Ok(ShareDifference { value, interval })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_difference_keeps_its_width() {
        let same = newcombe((10.0, 10.0), (10.0, 10.0), Level::NINETY_FIVE).expect("shares");
        assert!(same.interval.lower() < -0.2 && same.interval.upper() > 0.2, "{}", same.interval);
        for table in [
            PairedTable { both: 20, first_only: 0, second_only: 0, neither: 0 },
            PairedTable { both: 0, first_only: 0, second_only: 0, neither: 20 },
            PairedTable { both: 10, first_only: 0, second_only: 0, neither: 10 },
            PairedTable { both: 0, first_only: 1, second_only: 0, neither: 0 },
        ] {
            let difference = newcombe_paired(table, Level::NINETY_FIVE).expect("cases");
            assert!(difference.interval.width() > 0.05, "{table:?}: {}", difference.interval);
            assert!(difference.interval.contains(difference.value));
        }
    }

    #[test]
    fn turning_the_pair_round_turns_the_interval_round() {
        let table = PairedTable { both: 1, first_only: 1, second_only: 7, neither: 12 };
        let turned = PairedTable { first_only: 7, second_only: 1, ..table };
        let (one, other) = (
            newcombe_paired(table, Level::NINETY_FIVE).expect("cases"),
            newcombe_paired(turned, Level::NINETY_FIVE).expect("cases"),
        );
        assert!((one.interval.lower() + other.interval.upper()).abs() < 1e-12);
    }

    #[test]
    fn counts_that_do_not_fit_are_refused() {
        assert_eq!(bonett_price(0, 0, 0, Level::NINETY_FIVE), Err(StatsError::Empty));
        assert!(bonett_price(3, 2, 4, Level::NINETY_FIVE).is_err());
        assert!(bonett_price(u64::MAX, 2, 4, Level::NINETY_FIVE).is_err());
        let none = PairedTable { both: 0, first_only: 0, second_only: 0, neither: 0 };
        assert!(newcombe_paired(none, Level::NINETY_FIVE).is_err());
        assert!(newcombe((5.0, 4.0), (1.0, 2.0), Level::NINETY_FIVE).is_err());
    }

    #[test]
    fn one_discordant_case_of_one_stays_on_the_scale() {
        let difference = bonett_price(1, 0, 1, Level::NINETY_FIVE).expect("a case");
        assert!(difference.interval.contains(1.0) && difference.interval.upper() <= 1.0);
    }
}
