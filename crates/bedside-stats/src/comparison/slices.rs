//! Slices: where two systems differ, which slice is worst, whether groups differ.

use super::answer::Decision;
use super::difference::{Difference, shared};
use super::multiplicity::{Adjustment, adjust};
use super::paired::PairedItems;
use super::several::ChiSquared;
use crate::interval::{proportion, wilson};
use crate::quantile::beta;
use crate::{Design, Figure, Interval, Level, StatsError};
use std::collections::BTreeMap;

/// One slice of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct SliceDifference {
    /// Name of the slice.
    pub slice: String,
    /// The difference, with its simultaneous interval over all slices.
    pub difference: Difference,
    /// p value adjusted over all slices by Holm.
    pub p_holm: f64,
    /// The answer; all slices' answers hold together.
    pub decision: Decision,
}

impl PairedItems {
    /// The difference in each slice, slices by name.
    ///
    /// *Estimates* the mean difference over items like these in each slice.
    ///
    /// *Assumes* what [`Difference`] assumes; slices may overlap, but must have been declared before the scores were seen.
    ///
    /// *Misleads* when slices were found by looking where the difference is large, and when "better" in one slice and "cannot tell"
    /// in another is read as a difference between the slices.
    ///
    /// *Formula* with `m` slices, intervals at `1 - α/m` (Bonferroni), which decide the answers; p values by Holm, which may be
    /// a little smaller than those intervals say.
    ///
    /// *Reference* Holm, Scand J Stat 1979; 6: 65-70. Six discordant items, all one way, show a difference alone and not as one
    /// slice of four:
    ///
    /// ```
    /// use bedside_stats::comparison::{answer::Answer, paired::PairedItems};
    /// use bedside_stats::{ClusterKind, Design, Level, Observation, Scale01};
    /// let runs = |right: fn(u32) -> bool| -> Vec<Observation> {
    ///     (0..120).map(|item| Observation { item, cluster: item, epoch: 0, score: f64::from(right(item)) }).collect()
    /// };
    /// let items = PairedItems::new(&runs(|item| item < 60), &runs(|item| (6..60).contains(&item)))?;
    /// let design =
    ///     Design { scale: Scale01::Binary, clusters: ClusterKind::Sampled("item".into()), level: Level::NINETY_FIVE };
    /// let slices = items.slices(&design, None, |item| vec![format!("ward {}", item / 30)])?;
    /// assert_eq!(slices[0].difference.decide(None)?.answer, Answer::Better);
    /// assert_eq!(slices[0].decision.answer, Answer::CannotTell);
    /// # Ok::<(), bedside_stats::StatsError>(())
    /// ```
    pub fn slices(
        &self,
        design: &Design,
        margin: Option<f64>,
        mut slices_of: impl FnMut(u32) -> Vec<String>,
    ) -> Result<Vec<SliceDifference>, StatsError> {
        let mut members: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        for pair in self.pairs() {
            for slice in slices_of(pair.item) {
                members.entry(slice).or_default().push(pair.item);
            }
        }
        let m = members.len();
        let mut found = Vec::with_capacity(m);
        for (slice, items) in members {
            // Pairs stand in the order of their items, and so do members.
            let Some(pairs) = self.slice(|item| items.binary_search(&item).is_ok()) else { continue };
            found.push((slice, pairs.difference(design)?.among(m)?));
        }
        let p: Vec<f64> = found.iter().map(|(_, difference)| difference.p()).collect();
        let adjusted = adjust(&p, Adjustment::Holm)?;
        found
            .into_iter()
            .zip(adjusted)
            .map(|((slice, difference), p_holm)| {
                let decision = difference.decide_among(margin, m)?;
                Ok(SliceDifference { slice, difference, p_holm, decision })
            })
            .collect()
    }
}

/// Lower bounds of all slices at once.
#[derive(Debug, Clone, PartialEq)]
pub struct WorstSlice {
    /// One-sided lower bound of each slice; all hold together.
    pub lower: Vec<f64>,
    /// The lowest of them: every slice is at least this good.
    pub worst_lower: f64,
}

/// How good is the worst slice at least?
///
/// *Estimates* a share that every slice reaches.
///
/// *Assumes* cases are independent, slices declared beforehand.
///
/// *Misleads* when the lowest bound is read as the worst slice: it is often the smallest one.
///
/// *Formula* Clopper and Pearson's lower bound at `1 - α/k`: the `α/k` quantile of `Beta(x, n - x + 1)`; 0 when nothing was right.
///
/// *Reference* Clopper and Pearson, Biometrika 1934; 26: 404-413. One slice of 59, all right: `0.05^(1/59)`.
///
/// ```
/// use bedside_stats::{Level, comparison::slices::worst_slice};
/// let found = worst_slice(&[(59, 59)], Level::NINETY_FIVE)?;
/// assert!((found.worst_lower - 0.05_f64.powf(1.0 / 59.0)).abs() < 1e-12);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn worst_slice(right_of: &[(u64, u64)], level: Level) -> Result<WorstSlice, StatsError> {
    if right_of.is_empty() {
        return Err(StatsError::Empty);
    }
    let alpha = 1.0 - shared(level, right_of.len())?.value();
    let lower = right_of
        .iter()
        .map(|&(right, n)| {
            proportion(right as f64, n as f64)?;
            Ok(if right == 0 { 0.0 } else { beta(right as f64, (n - right) as f64 + 1.0, alpha) })
        })
        .collect::<Result<Vec<f64>, StatsError>>()?;
    let worst_lower = lower.iter().copied().fold(f64::INFINITY, f64::min);
    Ok(WorstSlice { lower, worst_lower })
}

/// How far groups of different cases differ.
#[derive(Debug, Clone, PartialEq)]
pub struct SubgroupGap {
    /// Pearson's chi-squared test that all groups have one rate; undefined when all are right, or none.
    pub test: ChiSquared,
    /// Highest rate less lowest.
    pub max_gap: f64,
    /// The lowest rate.
    pub worst_rate: f64,
    /// Wilson's interval for it at `1 - α/k`, as it was picked from `k`.
    pub worst_interval: Interval,
}

/// Do groups of patients get different rates of right answers?
///
/// *Estimates* the gap between the best and the worst served group.
///
/// *Assumes* independent cases, different ones in each group. Where the same vignette is told of several groups, compare within it:
/// [`super::discordant::counterfactual_flip`].
///
/// *Misleads* when cases of one group are harder; and the largest of many gaps is large by chance alone, which is why it has no
/// interval here.
///
/// *Formula* `Σ (observed - expected)²/expected`, `k - 1` degrees of freedom, no continuity correction.
///
/// *Reference* Pearson, Philos Mag 1900; 50: 157-175. Two groups of ten, 8 and 4 right: `20·(8·6 - 2·4)²/(12·8·10·10)`.
///
/// ```
/// use bedside_stats::{Level, comparison::slices::subgroup_gap};
/// let gap = subgroup_gap(&[(8, 2), (4, 6)], Level::NINETY_FIVE)?;
/// assert!((gap.test.statistic.number().expect("rates between 0 and 1") - 10.0 / 3.0).abs() < 1e-12);
/// assert!((gap.max_gap - 0.4).abs() < 1e-12);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn subgroup_gap(right_wrong: &[(u64, u64)], level: Level) -> Result<SubgroupGap, StatsError> {
    let k = right_wrong.len();
    if k < 2 {
        return Err(StatsError::TooFew { method: "subgroup_gap", needs: "2 groups".into(), found: k.to_string() });
    }
    let groups: Vec<(f64, f64)> = right_wrong.iter().map(|&(right, wrong)| (right as f64, wrong as f64)).collect();
    if groups.iter().any(|(right, wrong)| right + wrong == 0.0) {
        return Err(StatsError::Input { why: "a group has no cases".into() });
    }
    let (right, wrong) = groups.iter().fold((0.0, 0.0), |sum, group| (sum.0 + group.0, sum.1 + group.1));
    let all = right + wrong;
    let statistic: f64 = groups
        .iter()
        .map(|group| {
            let size = group.0 + group.1;
            let expected = (size * right / all, size * wrong / all);
            (group.0 - expected.0).powi(2) / expected.0 + (group.1 - expected.1).powi(2) / expected.1
        })
        .sum();
    let rate = |group: &(f64, f64)| group.0 / (group.0 + group.1);
    let highest = groups.iter().map(rate).fold(f64::NEG_INFINITY, f64::max);
    let Some(worst) = groups.iter().min_by(|a, b| rate(a).total_cmp(&rate(b))) else { return Err(StatsError::Empty) };
    Ok(SubgroupGap {
        test: ChiSquared::new(Figure::from(statistic), k - 1),
        max_gap: highest - rate(worst),
        worst_rate: rate(worst),
        worst_interval: wilson(worst.0, worst.0 + worst.1, shared(level, k)?)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ClusterKind, Observation, Scale01};

    #[test]
    fn a_slice_without_right_answers_reaches_nothing() {
        let found = worst_slice(&[(0, 10), (10, 10)], Level::NINETY_FIVE).expect("slices");
        assert!(found.worst_lower.abs() < 1e-15);
        assert!(worst_slice(&[], Level::NINETY_FIVE).is_err());
        assert!(worst_slice(&[(1, 0)], Level::NINETY_FIVE).is_err());
    }

    #[test]
    fn groups_that_are_all_right_have_no_test() {
        let gap = subgroup_gap(&[(5, 0), (9, 0)], Level::NINETY_FIVE).expect("groups");
        assert_eq!((gap.test.statistic, gap.test.p), (Figure::Undefined, Figure::Undefined));
        assert!(gap.worst_interval.width() > 0.0);
        assert!(subgroup_gap(&[(5, 0), (0, 0)], Level::NINETY_FIVE).is_err());
        assert!(subgroup_gap(&[(5, 0)], Level::NINETY_FIVE).is_err());
    }

    #[test]
    fn slices_may_overlap_and_share_the_error() {
        let runs = |score: f64| -> Vec<_> {
            (0..40).map(|item| Observation { item, cluster: item / 2, epoch: 0, score }).collect()
        };
        let items = PairedItems::new(&runs(1.0), &runs(0.0)).expect("matched");
        let clusters = ClusterKind::Sampled("passage".into());
        let design = Design { scale: Scale01::Binary, clusters, level: Level::NINETY_FIVE };
        let slices = items
            .slices(&design, None, |item| {
                let mut names = vec![if item < 30 { "common" } else { "rare" }.to_owned()];
                if item % 2 == 0 {
                    names.push("even".into());
                }
                names
            })
            .expect("slices");
        let sizes: Vec<_> = slices.iter().map(|slice| (slice.slice.as_str(), slice.difference.n_matched())).collect();
        assert_eq!(sizes, [("common", 30), ("even", 20), ("rare", 10)]);
        for slice in &slices {
            let estimate = slice.difference.estimate();
            let together = estimate.simultaneous_ci().expect("a family");
            assert!(together.lower() <= estimate.ci().lower() && together.upper() >= estimate.ci().upper());
            assert!(slice.p_holm >= slice.difference.p());
        }
    }
}
