//! Tests of a share: against one stated beforehand, and of two shares against each other.
//!
//! A p value says how surprising the data would be under no difference. It says neither how large a difference is nor that
//! there is none; print the interval of [`crate::interval`] or [`crate::difference`] beside it.

use crate::interval::proportion;
use crate::quantile::{beta_share, normal_below};
use crate::{Figure, StatsError};
use serde::{Deserialize, Serialize};
use statrs::function::gamma::ln_gamma;

/// In which direction a departure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Alternative {
    /// Below what was stated.
    Less,
    /// Above what was stated.
    Greater,
    /// Either way.
    TwoSided,
}

/// Outcomes whose probabilities differ by less than this count as equally likely. As in scipy.
const EQUALLY_LIKELY: f64 = 1.0 + 1e-7;

/// Exact binomial test: p value of `events` in `n` against a stated share.
///
/// *Estimates* how often chance alone would give as many events, or fewer, or as unlikely a number, if the share were `stated`.
///
/// *Assumes* cases are independent, and that the share was stated before the data were seen.
///
/// *Misleads* when a p above 0.05 is read as "meets the share"; that is what an interval inside the requirement shows.
///
/// *Formula* `P(X ≤ x)`, `P(X ≥ x)`, or the sum over outcomes no likelier than `x`, for `X ~ Bin(n, stated)`.
///
/// *Reference* Clopper and Pearson, Biometrika 1934; 26: 404-413. Checked against scipy 1.12.0 `binomtest`:
///
/// ```
/// use bedside_stats::significance::{Alternative, binomial};
/// let p = binomial(3, 300, 0.03, Alternative::Less)?;
/// assert!((p - 0.019_890_031_158).abs() < 1e-12);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn binomial(events: u64, n: u64, stated: f64, alternative: Alternative) -> Result<f64, StatsError> {
    proportion(events as f64, n as f64)?;
    if !(0.0..=1.0).contains(&stated) {
        return Err(StatsError::Input { why: format!("the stated share {stated} is not between 0 and 1") });
    }
    let p = match alternative {
        Alternative::Less => at_most(events, n, stated),
        Alternative::Greater => at_least(events, n, stated),
        Alternative::TwoSided => no_likelier(events, n, stated),
    };
    Ok(p.clamp(0.0, 1.0))
}

fn at_most(events: u64, n: u64, share: f64) -> f64 {
    if events >= n { 1.0 } else { beta_share((n - events) as f64, events as f64 + 1.0, 1.0 - share) }
}

fn at_least(events: u64, n: u64, share: f64) -> f64 {
    if events == 0 { 1.0 } else { beta_share(events as f64, (n - events) as f64 + 1.0, share) }
}

/// Sum over the outcomes no likelier than this one: its own tail and a part of the other.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an expected number lies between 0 and n")]
fn no_likelier(events: u64, n: u64, share: f64) -> f64 {
    let bar = likelihood(events, n, share) * EQUALLY_LIKELY;
    let expected = n as f64 * share;
    // Away from the expected number outcomes only become less likely, so the far part starts where a search finds.
    if (events as f64) < expected {
        let far = first(expected.ceil() as u64..n + 1, |k| likelihood(k, n, share) <= bar);
        at_most(events, n, share) + if far > n { 0.0 } else { at_least(far, n, share) }
    } else if (events as f64) > expected {
        let near = first(0..expected.floor() as u64 + 1, |k| likelihood(k, n, share) > bar);
        at_least(events, n, share) + if near == 0 { 0.0 } else { at_most(near - 1, n, share) }
    } else {
        1.0
    }
}

/// The first number of a range for which a condition holds that, once true, stays true; the range's end if there is none.
fn first(range: std::ops::Range<u64>, holds: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (range.start, range.end);
    while low < high {
        let middle = u64::midpoint(low, high);
        if holds(middle) { high = middle } else { low = middle + 1 }
    }
    low
}

/// Probability of exactly this many events.
fn likelihood(events: u64, n: u64, share: f64) -> f64 {
    let (x, n) = (events as f64, n as f64);
    // 0·ln 0 = 0: what cannot happen, not happening.
    let times_log = |count: f64, log: f64| if count > 0.0 { count * log } else { 0.0 };
    let ways = ln_gamma(n + 1.0) - ln_gamma(x + 1.0) - ln_gamma(n - x + 1.0);
    (ways + times_log(x, share.ln()) + times_log(n - x, (-share).ln_1p())).exp()
}

/// A z statistic and its p value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ZTest {
    /// Distance from no difference in standard errors; undefined when all cases came out alike.
    pub z: Figure,
    /// Two-sided p value; undefined with `z`.
    pub p: Figure,
}

/// Test of two independent shares by their pooled standard error.
///
/// *Estimates* how often chance alone would set two samples from one population this far apart.
///
/// *Assumes* all cases are independent, no case stands in both samples, and at least about five events and five non-events
/// in each.
///
/// *Misleads* with fewer, and for two systems on the same cases, whose pairing it ignores.
///
/// *Formula* `z = (p₁ - p₂) / √(p(1-p)(1/n₁ + 1/n₂))` with `p` the share in both together; `p = 2Φ(-|z|)`.
///
/// *Reference* Pearson's chi-squared test of the two by two table, whose statistic is `z²`. Checked against statsmodels 0.15.0:
///
/// ```
/// use bedside_stats::significance::two_shares;
/// let test = two_shares((56, 70), (48, 80))?;
/// assert!((test.z.number().expect("both outcomes occur") - 2.650_171_951).abs() < 1e-9);
/// assert!((test.p.number().expect("both outcomes occur") - 0.008_045_081).abs() < 1e-9);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn two_shares(first: (u64, u64), second: (u64, u64)) -> Result<ZTest, StatsError> {
    let [x1, n1, x2, n2] = [first.0, first.1, second.0, second.1].map(|count| count as f64);
    let difference = proportion(x1, n1)? - proportion(x2, n2)?;
    let pooled = (x1 + x2) / (n1 + n2);
    let se = (pooled * (1.0 - pooled) * (1.0 / n1 + 1.0 / n2)).sqrt();
    let z = Figure::ratio(difference, se);
    let p = z.number().map_or(Figure::Undefined, |z| Figure::from(2.0 * normal_below(-z.abs())));
    Ok(ZTest { z, p })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_sided_p_is_the_sum_over_all_outcomes_no_likelier() {
        for n in [1_u64, 2, 7, 20, 33] {
            for share in [0.0, 0.03, 0.25, 0.5, 0.77, 1.0] {
                for events in 0..=n {
                    let bar = likelihood(events, n, share) * EQUALLY_LIKELY;
                    let sum: f64 = (0..=n).map(|k| likelihood(k, n, share)).filter(|&q| q <= bar).sum();
                    let p = binomial(events, n, share, Alternative::TwoSided).expect("a share");
                    assert!((p - sum.min(1.0)).abs() < 1e-10, "{events} of {n} at {share}: {p}, not {sum}");
                }
            }
        }
    }

    #[test]
    fn the_tails_meet_in_the_outcome_itself() {
        for events in 0..=12 {
            let tails = at_most(events, 12, 0.3) + at_least(events, 12, 0.3);
            assert!((tails - 1.0 - likelihood(events, 12, 0.3)).abs() < 1e-12);
        }
    }

    #[test]
    fn samples_that_came_out_alike_have_no_z() {
        for x in [0, 10] {
            let test = two_shares((x, 10), (x, 10)).expect("shares");
            assert_eq!((test.z, test.p), (Figure::Undefined, Figure::Undefined));
        }
        assert!(two_shares((1, 0), (1, 2)).is_err());
        assert!(binomial(1, 0, 0.5, Alternative::Less).is_err());
        assert!(binomial(1, 2, 1.5, Alternative::Less).is_err());
    }
}
