//! Two yes/no outcomes on the same items: only the discordant pairs speak.

use super::tails::{binomial_up_to, chi_squared_above};
use crate::{Figure, StatsError};

/// McNemar's test in its three forms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct McNemar {
    /// Exact two-sided p value; 1 without discordant pairs, which is no evidence of equality.
    pub p_exact: f64,
    /// `(b - c)² / (b + c)`; undefined without discordant pairs.
    pub chi2: Figure,
    /// Its p value, one degree of freedom.
    pub p_chi2: Figure,
    /// With Edwards' continuity correction.
    pub chi2_corrected: Figure,
    /// Its p value.
    pub p_chi2_corrected: Figure,
}

/// McNemar's test: are the two kinds of discordant pairs equally likely?
///
/// *Estimates* nothing: tests whether A-only-right and B-only-right are equally frequent among items like these.
///
/// *Assumes* items are independent, one run each. With clusters use [`super::permutation::SignFlips`], with several runs
/// [`super::difference::Difference`].
///
/// *Misleads* when read without the size of the difference; and a p value near 1 from few discordant pairs is no equality.
///
/// *Formula* exact: twice the chance of at most `min(b, c)` heads in `b + c` fair throws, at most 1. Corrected:
/// `max(|b - c| - 1, 0)² / (b + c)`.
///
/// *Reference* McNemar, Psychometrika 1947; 12: 153-157. Edwards, Psychometrika 1948; 13: 185-187. Ten against three:
/// `2·(1 + 13 + 78 + 286)/2^13`.
///
/// ```
/// let test = bedside_stats::comparison::discordant::mcnemar(10, 3);
/// assert!((test.p_exact - 756.0 / 8192.0).abs() < 1e-12);
/// ```
pub fn mcnemar(only_a: u64, only_b: u64) -> McNemar {
    let n = only_a + only_b;
    let (total, gap) = (n as f64, only_a.abs_diff(only_b) as f64);
    let p_exact = if only_a == only_b { 1.0 } else { (2.0 * binomial_up_to(only_a.min(only_b), n, 0.5)).min(1.0) };
    let chi2 = Figure::ratio(gap * gap, total);
    let chi2_corrected = Figure::ratio((gap - 1.0).max(0.0).powi(2), total);
    McNemar {
        p_exact,
        chi2,
        p_chi2: chi_squared_above(chi2, 1.0),
        chi2_corrected,
        p_chi2_corrected: chi_squared_above(chi2_corrected, 1.0),
    }
}

/// What a change of the items did to one system's yes/no score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PerturbationGap {
    /// Share right on the original items less share right on the changed ones.
    pub drop: f64,
    /// Standard error of the drop over items.
    pub se_paired: f64,
    /// McNemar's exact p value.
    pub p_exact: f64,
}

/// The drop from original to perturbed items.
///
/// *Estimates* by how much the share of right answers falls when items are changed in this way.
///
/// *Assumes* items are independent, one run each.
///
/// *Misleads* when the drop is read as contamination: the change may make items harder for everyone. Difference it against
/// reference systems that cannot know the items. The standard error is 0 without discordance and says nothing then; for an
/// interval use [`super::difference::Difference`].
///
/// *Formula* `(b - c)/n`, standard error `√(b + c - (b - c)²/n) / n`, with `b` right on the original only, `c` on the change only.
///
/// *Reference* Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions, 2003, chapter 13. Bedi et al., JAMA Netw Open
/// 2025; 8: e2526021, replace the right option by "none of the others": 68 items, one model right on 63 and then on 38.
///
/// ```
/// use bedside_stats::comparison::discordant::perturbation_gap;
/// let gap = perturbation_gap(68, 27, 2)?;
/// assert!((gap.drop - 25.0 / 68.0).abs() < 1e-12);
/// assert!(perturbation_gap(20, 15, 6).is_err(), "more discordant pairs than items");
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn perturbation_gap(n_items: u64, original_only: u64, perturbed_only: u64) -> Result<PerturbationGap, StatsError> {
    let discordant = original_only.saturating_add(perturbed_only);
    if n_items == 0 {
        return Err(StatsError::Empty);
    }
    if discordant > n_items {
        return Err(StatsError::MoreThanAll { part: discordant, whole: n_items });
    }
    let (n, b, c) = (n_items as f64, original_only as f64, perturbed_only as f64);
    Ok(PerturbationGap {
        drop: (b - c) / n,
        se_paired: (b + c - (b - c) * (b - c) / n).max(0.0).sqrt() / n,
        p_exact: mcnemar(original_only, perturbed_only).p_exact,
    })
}

/// How often a change that should not matter changes the outcome, and whether it changes it one way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CounterfactualFlip {
    /// Share of pairs whose outcome changed, either way.
    pub flip_rate: f64,
    /// McNemar's exact p value: is one direction more frequent?
    pub p_exact: f64,
}

/// Flips of an outcome under a counterfactual swap, such as another name or sex in the same vignette.
///
/// *Estimates* the share of vignettes whose outcome depends on what was swapped.
///
/// *Assumes* vignettes are independent, one run each.
///
/// *Misleads* twice: with a system that answers at random every swap flips something, so compare with flips between two runs of
/// the same vignette; and a high p value shows no fairness, which is [`super::answer::Answer::Equivalent`].
///
/// *Formula* `(worse + better)/n`. *Reference* as for [`mcnemar`]. Fourteen worse and five better of 200:
///
/// ```
/// use bedside_stats::comparison::discordant::counterfactual_flip;
/// let flips = counterfactual_flip(200, 14, 5)?;
/// assert!((flips.flip_rate - 0.095).abs() < 1e-12 && (flips.p_exact - 0.063_568_115_234_375).abs() < 1e-12);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn counterfactual_flip(pairs: u64, to_worse: u64, to_better: u64) -> Result<CounterfactualFlip, StatsError> {
    let gap = perturbation_gap(pairs, to_worse, to_better)?;
    Ok(CounterfactualFlip { flip_rate: (to_worse + to_better) as f64 / pairs as f64, p_exact: gap.p_exact })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_discordance_is_no_evidence() {
        let test = mcnemar(0, 0);
        assert!((test.p_exact - 1.0).abs() < 1e-15);
        assert_eq!(
            (test.chi2, test.p_chi2, test.p_chi2_corrected),
            (Figure::Undefined, Figure::Undefined, Figure::Undefined)
        );
        assert!(counterfactual_flip(0, 0, 0).is_err());
    }

    #[test]
    fn exact_p_agrees_with_enumeration() {
        for b in 0..15_u64 {
            for c in 0..15_u64 {
                let n = b + c;
                let choose = |k: u64| (0..k).fold(1.0, |product, i| product * (n - i) as f64 / (i + 1) as f64);
                let tail: f64 = (0..=b.min(c)).map(choose).sum::<f64>() / f64::from(1_u32 << n);
                assert!((mcnemar(b, c).p_exact - (2.0 * tail).min(1.0)).abs() < 1e-12, "{b} {c}");
            }
        }
    }

    #[test]
    fn large_counts_stay_probabilities() {
        let p = mcnemar(1_000_000, 990_000).p_exact;
        assert!(p > 0.0 && p < 1e-11, "{p}");
    }
}
