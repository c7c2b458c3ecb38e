//! An interval that may be looked at after every case.

use crate::interval::proportion;
use crate::{Interval, Level, StatsError};
use statrs::function::beta::ln_beta;

/// Halvings of the search; 200 exhaust the digits of a number in [0, 1].
const STEPS: u32 = 200;

/// Interval for a mean in [0, 1] that holds at all times at once.
///
/// *Estimates* the long-run share (or mean score in [0, 1]) of cases like these, after each case anew.
///
/// *Assumes* cases are independent, in an order that has nothing to do with their outcome. For clusters count each as one case
/// with its mean score.
///
/// *Misleads* never by looking often or stopping when it pleases: with the stated level, *no* interval of the whole sequence misses.
/// That costs width: about half as much again as an interval for one look at a fixed number. Before the first case it is
/// [0, 1].
///
/// *Formula* all `p` with `B(1 + s, 1 + n - s) / (p^s (1 - p)^(n - s)) < 1/α`, for the sum of scores `s`: the likelihood ratio averaged over
/// a uniform law, which exceeds `1/α` at the true `p` at any time with chance `α` at most. For scores between 0 and 1 that
/// holds as well, since the ratio is convex in the score.
///
/// *Reference* Ville, Étude critique de la notion de collectif, 1939. Robbins, Ann Math Stat 1970; 41: 1397-1409. Howard et al., Ann
/// Stat 2021; 49: 1055-1080. Without failures it has the closed form `1 - (α/(n + 1))^(1/n)`:
///
/// ```
/// use bedside_stats::{Level, planning::confidence_sequence::anytime};
/// let upper = anytime(0.0, 300.0, Level::NINETY_FIVE)?.upper();
/// assert!((upper - (1.0 - (0.05_f64 / 301.0).powf(1.0 / 300.0))).abs() < 1e-12);
/// assert_eq!(format!("{upper:.4}"), "0.0286");
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn anytime(sum: f64, n: f64, level: Level) -> Result<Interval, StatsError> {
    if n == 0.0 && sum == 0.0 {
        return Interval::new(0.0, 1.0, level);
    }
    let mean = proportion(sum, n)?;
    let averaged = ln_beta(1.0 + sum, 1.0 + n - sum);
    let limit = -(1.0 - level.value()).ln();
    let inside = |p: f64| {
        // 0·ln 0 is 0 here.
        let part = |count: f64, share: f64| if count > 0.0 { count * share.ln() } else { 0.0 };
        averaged - part(sum, p) - part(n - sum, 1.0 - p) < limit
    };
    // The ratio is lowest at the mean and grows towards both ends.
    let search = |end: f64| {
        if inside(end) {
            return end;
        }
        let (mut outside, mut within) = (end, mean);
        for _ in 0..STEPS {
            let middle = f64::midpoint(outside, within);
            if inside(middle) { within = middle } else { outside = middle }
        }
        outside
    };
    Interval::new(search(0.0).min(mean), search(1.0).max(mean), level)
}

/// Stopping rule for two systems on the same yes/no items: may we stop and say which is better?
///
/// *Estimates* among the items right for one system only, the share that A gets right.
///
/// *Assumes* and *misleads* as [`anytime`]. It says which is better, not by how much.
///
/// *Formula* [`anytime`] on the discordant items; stop when 1/2 is outside.
///
/// *Reference* Wald, Sequential Analysis, 1947, chapter 6, for the reduction to discordant pairs.
///
/// ```
/// use bedside_stats::{Level, planning::confidence_sequence::paired_may_stop};
/// assert!(!paired_may_stop(7, 0, Level::NINETY_FIVE)?, "0.5^7·8 is 0.0625");
/// assert!(paired_may_stop(8, 0, Level::NINETY_FIVE)?, "0.5^8·9 is 0.035");
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn paired_may_stop(only_a: u64, only_b: u64, level: Level) -> Result<bool, StatsError> {
    let n = only_a.saturating_add(only_b) as f64;
    Ok(!anytime(only_a as f64, n, level)?.contains(0.5))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Exact: the chance that some interval up to case 400 misses, over all paths that have not missed yet.
    #[test]
    fn no_interval_of_the_sequence_misses() {
        for p in [0.01, 0.1, 0.5] {
            let mut open = vec![1.0];
            let mut missed = 0.0;
            for n in 1..=400_u32 {
                let mut next = vec![0.0; open.len() + 1];
                for (sum, mass) in open.iter().enumerate() {
                    next[sum] += mass * (1.0 - p);
                    next[sum + 1] += mass * p;
                }
                for (sum, mass) in (0_u32..).zip(next.iter_mut()).filter(|(_, mass)| **mass > 1e-15) {
                    let interval = anytime(f64::from(sum), f64::from(n), Level::NINETY_FIVE).expect("a share");
                    if !interval.contains(p) {
                        missed += *mass;
                        *mass = 0.0;
                    }
                }
                open = next;
            }
            assert!(missed <= 0.05, "p {p}: {missed}");
        }
    }

    #[test]
    fn ends_and_nonsense() {
        let nothing = anytime(0.0, 0.0, Level::NINETY_FIVE).expect("the whole scale");
        assert!((nothing.width() - 1.0).abs() < 1e-15);
        let all = anytime(50.0, 50.0, Level::NINETY_FIVE).expect("a share");
        assert!((all.upper() - 1.0).abs() < 1e-15 && all.lower() < 0.9);
        let middle = anytime(12.5, 50.0, Level::NINETY_FIVE).expect("a mean score");
        assert!(middle.contains(0.25) && middle.width() > 0.2);
        for (sum, n) in [(-1.0, 5.0), (6.0, 5.0), (f64::NAN, 5.0), (1.0, f64::INFINITY)] {
            assert!(anytime(sum, n, Level::NINETY_FIVE).is_err());
        }
    }
}
