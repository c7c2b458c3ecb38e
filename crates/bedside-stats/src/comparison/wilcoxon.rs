//! Wilcoxon's signed ranks.

use super::several::mean_ranks;
use super::student::differences;
use super::tails::normal_beyond;
use crate::{Figure, StatsError};

/// Up to this many differences that are not 0 the exact law is summed; beyond, the normal one is as good.
const EXACT_UP_TO: usize = 50;

/// Differences are told apart at this share of the largest score, lest 0.3 - 0.2 and 0.2 - 0.1 be no tie.
const GRAIN: f64 = 1e-12;

/// The signed-rank statistic with its p values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SignedRank {
    /// The smaller of the two rank sums.
    pub w: f64,
    /// Differences that are not 0.
    pub n_used: u64,
    /// Two-sided p value by the normal law, corrected for ties; undefined when every difference is 0.
    pub p_normal: Figure,
    /// Two-sided p value over all signs, given the ranks at hand; `None` beyond 50 differences.
    pub p_exact: Option<f64>,
}

/// Wilcoxon's signed-rank test.
///
/// *Estimates* nothing: tests that differences are symmetric about 0.
///
/// *Assumes* independent pairs whose differences can be ranked. Zeros are dropped, ties share their mean rank.
///
/// *Misleads* as a test of the mean when differences are skewed, and with many zeros, which it forgets: a system that differs on
/// three items of a thousand is judged by those three. For scores we test the mean: [`super::permutation::SignFlips`].
///
/// *Formula* `W = min(Σ ranks of positive, Σ ranks of negative |d|)`;
/// `z = (W - n(n+1)/4) / √(n(n+1)(2n+1)/24 - Σ(t³ - t)/48)`, no continuity correction.
///
/// *Reference* Wilcoxon, Biometrics Bull 1945; 1: 80-83; Pratt and Gibbons, Concepts of Nonparametric Theory, 1981. Three positive
/// differences: one arrangement of signs in eight is as extreme on each side.
///
/// ```
/// let found = bedside_stats::comparison::wilcoxon::signed_rank(&[1.0, 2.0, 3.0], &[0.0, 0.0, 0.0])?;
/// assert_eq!((found.w, found.p_exact), (0.0, Some(0.25)));
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn signed_rank(a: &[f64], b: &[f64]) -> Result<SignedRank, StatsError> {
    let largest = a.iter().chain(b).fold(0.0_f64, |largest, score| largest.max(score.abs()));
    let grain = (largest * GRAIN).max(f64::MIN_POSITIVE);
    let differences: Vec<f64> =
        differences(a, b)?.into_iter().map(|d| (d / grain).round()).filter(|d| *d != 0.0).collect();
    let sizes: Vec<f64> = differences.iter().map(|d| d.abs()).collect();
    let (ranks, ties) = mean_ranks(&sizes);
    let positive: f64 = ranks.iter().zip(&differences).filter(|(_, d)| **d > 0.0).map(|(rank, _)| rank).sum();
    let n = differences.len() as f64;
    let total = n * (n + 1.0) / 2.0;
    let w = positive.min(total - positive);
    let variance = n * (n + 1.0) * (2.0 * n + 1.0) / 24.0 - ties / 48.0;
    let p_normal = Figure::from((w - total / 2.0) / variance.sqrt());
    Ok(SignedRank {
        w,
        n_used: differences.len() as u64,
        p_normal: p_normal.number().map_or(Figure::Undefined, |z| Figure::from(normal_beyond(z))),
        p_exact: (differences.len() <= EXACT_UP_TO).then(|| exact(&ranks, w)),
    })
}

/// Twice the share of sign patterns whose positive ranks sum to `w` or less; at most 1.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "doubled mean ranks are small whole numbers"
)]
fn exact(ranks: &[f64], w: f64) -> f64 {
    let doubled: Vec<usize> = ranks.iter().map(|rank| (2.0 * rank).round() as usize).collect();
    let mut share = vec![0.0; doubled.iter().sum::<usize>() + 1];
    share[0] = 1.0;
    for rank in doubled {
        for sum in (0..share.len()).rev() {
            share[sum] = 0.5 * (share[sum] + if sum >= rank { share[sum - rank] } else { 0.0 });
        }
    }
    let reached = (2.0 * w).round() as usize;
    (2.0 * share.iter().take(reached + 1).sum::<f64>()).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_zeros_leave_nothing_to_test() {
        let found = signed_rank(&[0.5, 0.5], &[0.5, 0.5]).expect("pairs");
        assert_eq!((found.n_used, found.p_normal, found.p_exact), (0, Figure::Undefined, Some(1.0)));
    }

    #[test]
    fn rounding_breaks_no_ties() {
        let found = signed_rank(&[0.3, 0.2, 0.7], &[0.2, 0.1, 0.8]).expect("pairs");
        assert!((found.w - 2.0).abs() < 1e-12, "three ties share rank 2: {found:?}");
        assert_eq!(signed_rank(&[0.1 + 0.2], &[0.3]).expect("a pair").n_used, 0);
    }

    /// Every pattern of signs, counted.
    #[test]
    fn the_exact_law_agrees_with_enumeration() {
        let a = [3.0, -1.0, 4.0, 1.0, -5.0, 9.0, 2.0, -6.0, 5.0];
        let zeros = [0.0; 9];
        let found = signed_rank(&a, &zeros).expect("pairs");
        let (ranks, _) = mean_ranks(&a.map(f64::abs));
        let sums = (0..1_u32 << 9).map(|signs| {
            ranks.iter().zip(0..).filter(|(_, at)| signs >> at & 1 == 1).map(|(rank, _)| rank).sum::<f64>()
        });
        let at_most = sums.filter(|sum| *sum <= found.w).count() as f64;
        assert!((found.p_exact.expect("nine") - 2.0 * at_most / 512.0).abs() < 1e-12);
    }
}
