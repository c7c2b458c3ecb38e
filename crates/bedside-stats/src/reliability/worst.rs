//! The worst of k runs.

use super::{at_least, by_item, mean_over_items};
use crate::{Design, Estimate, Figure, Observation, Scale01, StatsError};

/// Mean over all sets of `k` of these scores of the lowest score in the set; undefined with fewer than `k` scores.
///
/// ```
/// use bedside_stats::{Figure, reliability::worst_at};
/// assert_eq!(worst_at(&[0.5, 1.0, 0.0], 2), Figure::Number(0.5 / 3.0)); // minima 0.5, 0, 0
/// ```
pub fn worst_at(scores: &[f64], k: u32) -> Figure {
    let (n, k) = (scores.len() as f64, f64::from(k));
    if k < 1.0 || k > n || scores.iter().any(|score| score.is_nan()) {
        return Figure::Undefined;
    }
    let mut sorted = scores.to_vec();
    sorted.sort_by(f64::total_cmp);
    // The i-th lowest is the minimum of C(n-i, k-1) of the C(n, k) sets: a share of k/n for the lowest, and so on down.
    let mut share = k / n;
    let mut sum = 0.0;
    for (rank, score) in (1_u32..).zip(sorted) {
        sum += share * score;
        let left = n - f64::from(rank);
        share *= if left > 0.0 { ((left - k + 1.0) / left).max(0.0) } else { 0.0 };
    }
    Figure::from(sum)
}

/// worst-at-k: the score to expect of the worst of `k` runs of one case.
///
/// *Estimates* the mean, over cases like these, of the lowest of `k` runs' scores.
///
/// *Assumes* runs of one item are independent given the item; every item has at least `k` runs.
///
/// *Misleads* when scores are noisy because of the judge: the worst of several noisy grades is low although every answer was
/// as good.
///
/// *Formula* mean over items of `Σ_i y_(i) C(n-i, k-1) / C(n, k)` over the runs' scores in rising order, which is the mean
/// over all sets of `k` runs; interval of a mean in [0, 1] by item or cluster ([`crate::rule`]).
///
/// *Reference* Arora et al. 2025, arXiv 2505.08775 (HealthBench), which draws the sets at random. For 0/1 scores it is
/// [`super::pass_hat_k`]. By enumeration of all pairs:
///
/// ```
/// use bedside_stats::{ClusterKind, Design, Level, Observation, Scale01, reliability::worst_at_k};
/// let rows = [[0.9, 0.4, 0.7, 0.8], [0.5, 0.5, 0.6, 0.2]];
/// let runs: Vec<_> = (0..2)
///     .zip(rows)
///     .flat_map(|(item, row)| (0..4).zip(row).map(move |(epoch, score)| Observation { item, cluster: item, epoch, score }))
///     .collect();
/// let design =
///     Design { scale: Scale01::Continuous, clusters: ClusterKind::Sampled("case".into()), level: Level::NINETY_FIVE };
/// // Minima of pairs: .4 .7 .8 .4 .4 .7 and .5 .5 .2 .5 .2 .2.
/// assert!((worst_at_k(&runs, 2, &design)?.value() - 5.5 / 12.0).abs() < 1e-12);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn worst_at_k(observations: &[Observation], k: u32, design: &Design) -> Result<Estimate, StatsError> {
    Scale01::Continuous.check(observations)?;
    if k == 0 {
        return Err(StatsError::Input { why: "k = 0: no runs to look at".into() });
    }
    let items = by_item(observations)?;
    at_least(&items, k as usize, "worst-at-k")?;
    let yes_or_no = items
        .iter()
        .all(|item| item.scores.len() == k as usize && item.scores.iter().all(|score| matches!(score, 0.0 | 1.0)));
    let scale = if yes_or_no { Scale01::Binary } else { Scale01::Continuous };
    mean_over_items(&items, design, scale, &format!("the worst of {k} runs of one case"), |scores| {
        worst_at(scores, k).number().unwrap_or(0.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reliability::pass_hat;
    use crate::reliability::tests::{design, rows};

    #[test]
    fn the_mean_of_minima_agrees_with_enumeration() {
        let scores = [0.31, 0.9, 0.9, 0.12, 0.5, 0.77, 0.0];
        for k in 1..=7_u32 {
            let subsets: Vec<u32> = (0..1_u32 << 7).filter(|subset| subset.count_ones() == k).collect();
            let lowest = |subset: &u32| {
                (0..7).filter(|bit| subset >> bit & 1 == 1).map(|bit| scores[bit]).fold(f64::INFINITY, f64::min)
            };
            let expected = subsets.iter().map(lowest).sum::<f64>() / subsets.len() as f64;
            assert!((worst_at(&scores, k).number().expect("k <= 7") - expected).abs() < 1e-12, "k {k}");
        }
        assert_eq!(worst_at(&scores, 8), Figure::Undefined);
        assert_eq!(worst_at(&[], 1), Figure::Undefined);
    }

    #[test]
    fn on_yes_and_no_it_is_pass_hat() {
        let scores = [1.0, 0.0, 1.0, 1.0, 1.0];
        for k in 1..=5 {
            let (worst, pass) = (worst_at(&scores, k).number(), pass_hat(4, 5, k).number());
            assert!((worst.expect("a number") - pass.expect("a number")).abs() < 1e-12);
        }
    }

    #[test]
    fn equal_scores_keep_a_width() {
        let worst = worst_at_k(&rows(&[[0.5, 0.5]; 12]), 2, &design(Scale01::Continuous)).expect("two runs");
        assert!(worst.ci().width() > 0.3, "{worst}");
    }
}
