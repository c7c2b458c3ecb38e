//! All of k runs right, and at least one of k runs right.

use super::{at_least, by_item, mean_over_items};
use crate::{Design, Estimate, Figure, Observation, Scale01, StatsError};

/// Chance that `k` runs drawn without replacement from these are all right: `C(c, k) / C(n, k)`.
///
/// Undefined with fewer than `k` runs, or `k` = 0: no model fills them in.
///
/// ```
/// use bedside_stats::{Figure, reliability::pass_hat};
/// assert_eq!(pass_hat(3, 4, 2), Figure::Number(0.5)); // 3 of the 6 pairs
/// assert_eq!(pass_hat(3, 3, 4), Figure::Undefined);
/// ```
pub fn pass_hat(right: u32, runs: u32, k: u32) -> Figure {
    if k == 0 || k > runs || right > runs {
        return Figure::Undefined;
    }
    if right < k {
        return Figure::Number(0.0);
    }
    Figure::Number((0..k).map(|drawn| f64::from(right - drawn) / f64::from(runs - drawn)).product())
}

/// Chance that of `k` runs drawn without replacement from these at least one is right: `1 - C(n-c, k) / C(n, k)`.
///
/// ```
/// use bedside_stats::{Figure, reliability::pass_at};
/// assert_eq!(pass_at(1, 4, 2), Figure::Number(0.5)); // 3 of the 6 pairs hold the right one
/// assert_eq!(pass_at(1, 4, 5), Figure::Undefined);
/// ```
pub fn pass_at(right: u32, runs: u32, k: u32) -> Figure {
    if right > runs {
        return Figure::Undefined;
    }
    match pass_hat(runs - right, runs, k) {
        Figure::Number(all_wrong) => Figure::Number(1.0 - all_wrong),
        none => none,
    }
}

/// pass^k: the chance that all of `k` runs of one case are right.
///
/// *Estimates* the share of cases like these, each run `k` times, that come out right every time: repeatability of one case.
///
/// *Assumes* runs of one item are independent given the item, success was defined before the run (scores are 0/1), and every
/// item has at least `k` runs; items may have different numbers of them. An item with fewer is an error, not left out: what
/// was run less often may be what fails more often.
///
/// *Misleads* when read as "no error in `k` patients": those are `k` different cases, and errors gather in some cases; see
/// [`super::errors_per_shift`].
///
/// *Formula* mean over items of `C(c_i, k) / C(n_i, k)`, unbiased for `E[p_i^k]`; interval of a mean in [0, 1] by item or
/// cluster ([`crate::rule`]), so that all right or all wrong still has a width.
///
/// *Reference* Yao et al. 2024, arXiv 2406.12045 (tau-bench). By hand, eight runs each, right 8, 8, 5, 3, 0 and 7 times:
///
/// ```
/// use bedside_stats::{ClusterKind, Design, Level, Observation, Scale01, reliability::pass_hat_k};
/// let runs: Vec<_> = (0..6)
///     .zip([8, 8, 5, 3, 0, 7])
///     .flat_map(|(item, right)| {
///         (0..8).map(move |epoch| Observation { item, cluster: item, epoch, score: f64::from(epoch < right) })
///     })
///     .collect();
/// let design =
///     Design { scale: Scale01::Binary, clusters: ClusterKind::Sampled("case".into()), level: Level::NINETY_FIVE };
/// let four = pass_hat_k(&runs, 4, &design)?;
/// assert!((four.value() - 3.0 / 7.0).abs() < 1e-12); // (1 + 1 + 5/70 + 0 + 0 + 35/70) / 6
/// assert!(pass_hat_k(&runs, 9, &design).is_err());
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn pass_hat_k(observations: &[Observation], k: u32, design: &Design) -> Result<Estimate, StatsError> {
    over_items(observations, k, design, "pass^k", &format!("all of {k} runs of one case right"), pass_hat)
}

/// pass@k: the chance that at least one of `k` runs of one case is right.
///
/// *Estimates* what someone reaches who can tell the right one of `k` answers: the best case.
///
/// *Assumes* as [`pass_hat_k`].
///
/// *Misleads* when called reliability: it grows with `k`, and nobody at the bedside picks the right one of five answers.
///
/// *Formula* mean over items of `1 - C(n_i - c_i, k) / C(n_i, k)`. *Reference* Chen et al. 2021, arXiv 2107.03374.
///
/// ```
/// use bedside_stats::{ClusterKind, Design, Level, Observation, Scale01, reliability::pass_at_k};
/// let run = |item, epoch, score| Observation { item, cluster: item, epoch, score };
/// let runs = [run(0, 0, 1.0), run(0, 1, 0.0), run(0, 2, 0.0), run(1, 0, 1.0), run(1, 1, 1.0)];
/// let design =
///     Design { scale: Scale01::Binary, clusters: ClusterKind::Sampled("case".into()), level: Level::NINETY_FIVE };
/// // Two of the three pairs of item 0 hold a right one, and the pair of item 1 does.
/// assert!((pass_at_k(&runs, 2, &design)?.value() - 5.0 / 6.0).abs() < 1e-12);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn pass_at_k(observations: &[Observation], k: u32, design: &Design) -> Result<Estimate, StatsError> {
    let says = format!("at least one of {k} runs of one case right: the best case, no reliability");
    over_items(observations, k, design, "pass@k", &says, pass_at)
}

fn over_items(
    observations: &[Observation],
    k: u32,
    design: &Design,
    method: &'static str,
    says: &str,
    of: fn(u32, u32, u32) -> Figure,
) -> Result<Estimate, StatsError> {
    Scale01::Binary.check(observations)?;
    if k == 0 {
        return Err(StatsError::Input { why: "k = 0: no runs to look at".into() });
    }
    let items = by_item(observations)?;
    at_least(&items, k as usize, method)?;
    // With as many runs as are asked for, or one, an item is right or wrong.
    let scale =
        if items.iter().all(|item| item.scores.len() == k as usize) { Scale01::Binary } else { Scale01::Continuous };
    mean_over_items(&items, design, scale, says, |scores| {
        let right = scores.iter().map(|&score| u32::from(score > 0.5)).sum();
        of(right, u32::try_from(scores.len()).unwrap_or(u32::MAX), k).number().unwrap_or(0.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reliability::tests::{design, rows};

    /// All subsets, one by one.
    #[test]
    fn chances_agree_with_enumeration() {
        for runs in 1..=8_u32 {
            for right in 0..=runs {
                for k in 1..=runs {
                    let (mut all, mut some, mut subsets) = (0.0, 0.0, 0.0);
                    for subset in (0..1_u32 << runs).filter(|subset| subset.count_ones() == k) {
                        let hits = (subset & ((1 << right) - 1)).count_ones();
                        subsets += 1.0;
                        all += f64::from(hits == k);
                        some += f64::from(hits > 0);
                    }
                    let close = |figure: Figure, expected: f64| {
                        assert!(
                            (figure.number().expect("k <= n") - expected).abs() < 1e-12,
                            "{right} of {runs}, k {k}"
                        );
                    };
                    close(pass_hat(right, runs, k), all / subsets);
                    close(pass_at(right, runs, k), some / subsets);
                }
            }
        }
    }

    #[test]
    fn always_right_keeps_a_width() {
        for score in [0.0, 1.0] {
            let row = [score; 4];
            let runs = rows(&[row; 10]);
            for k in [1, 2, 4] {
                let estimate = pass_hat_k(&runs, k, &design(Scale01::Binary)).expect("four runs");
                assert!(estimate.ci().width() > 0.2, "{estimate}");
                assert_eq!(estimate.sample().n_epochs, 4);
            }
        }
    }

    #[test]
    fn too_few_runs_of_one_item_and_scores_between_are_refused() {
        let unequal = rows(&[vec![1.0, 1.0, 1.0], vec![1.0, 1.0]]);
        assert!(pass_hat_k(&unequal, 2, &design(Scale01::Binary)).is_ok());
        let error = pass_hat_k(&unequal, 3, &design(Scale01::Binary)).expect_err("item 1 has two");
        assert_eq!(error.to_string(), "pass^k needs at least 3 runs of every item; here are 2 of one item");
        assert!(pass_hat_k(&rows(&[[0.5, 1.0]]), 1, &design(Scale01::Binary)).is_err());
        assert!(pass_hat_k(&unequal, 0, &design(Scale01::Binary)).is_err());
        assert!(pass_hat_k(&[], 1, &design(Scale01::Binary)).is_err());
    }
}
