//! The mean difference of two systems on the same items, with an interval that holds with clusters, runs and rare discordance.

use super::law::Law;
use super::paired::PairedItems;
use crate::rule::TEMPLATES_FOR_A_DOMAIN;
use crate::{ClusterKind, Design, Estimate, Interval, Level, Sample, Scale01, StatsError};

pub use super::law::FEW_CLUSTERS;

/// The mean difference with all that is needed for its intervals at any level.
///
/// *Estimates* the mean over items like these of the score of A minus that of B, each item weighing the same, its runs averaged.
///
/// *Assumes* clusters are drawn independently, and that the items only one system answered differ in nothing from the others.
///
/// *Misleads* when scores lie between 0 and 1, nearly all alike, and a few items fail altogether: with one in ten lower by 0.9
/// coverage is 0.75 at 10 items, 0.88 at 20, 0.90 at 30 to 50, as a sample that missed them does not show it. With discordance all
/// one way in about five to ten clusters' worth of items, nearly all misses are on the side of no difference. When *every* item
/// is discordant, up to 6.4 % of equal yes/no systems are called different. With very unequal clusters it is wide, up to all of
/// [-1, 1] when one cluster holds half of the items.
///
/// *Formula* two imaginary clusters are added, in which all items differ by `+v` and by `-v`: they are what the data cannot
/// exclude. With the difference `S_c` summed over the `n_c` items of a cluster, `N = Σ n_c` over all `G + 2`, `d = Σ S_c / N`:
/// `d ± t(f) √(Σ (S_c - d n_c)² / (1 - n_c/N)) / N · √k`, stretched to hold the plain mean and cut off at ±1.
/// - Imaginary clusters have `1 + (n/G* - 1)·r` items, as many as one independent item is worth; `G* = n² / Σ n_c²`. `r` is the
///   intraclass correlation of the differences by analysis of variance, but at least `(1 - G*·min(mean |d_i|, 1 - |mean d_i|)/3)²`:
///   until there are three whole clusters' worth of discordance, nothing in the data tells how it clumps.
/// - For yes/no scores `v = 1`; otherwise `v² = (Σ d_i² + 1)/(m + 1)` over the `m` items that differ.
/// - `f` is Bell and McCaffrey's, `k ≥ 1` removes the bias of the variance, both for clusters whose items are correlated by `r`.
///   Clusters of one size have `f = G - 1` and `k = 1`.
/// - Independent yes/no items, one run each: Bonett and Price's interval, with t(n-1) for the normal and N - 1 for N.
/// - Fewer than six clusters: Clopper and Pearson's interval for `(1 + d)/2` on `G*` cases, the widest spread there is. One
///   cluster: [-1, 1].
///
/// *Reference* Bonett and Price, J Educ Behav Stat 2012; 37: 479-488. Bell and McCaffrey, Surv
/// Methodol 2002; 28: 169-181. Pustejovsky and Tipton, J Bus Econ Stat 2018; 36: 672-683. Imaginary clusters are ours, chosen by
/// simulation: `examples/coverage_paired.rs`. By hand: 100 items, 10 right by A only, 3 by B only, `N = 102`, `d = 7/102`,
/// `√((15 - 102·d²)/(102·101)) = 0.03754`, t(99) = 1.9842:
///
/// ```
/// use bedside_stats::{ClusterKind, Design, Level, Observation, Scale01, comparison::paired::PairedItems};
/// let runs = |right: fn(u32) -> bool| -> Vec<Observation> {
///     (0..100).map(|item| Observation { item, cluster: item, epoch: 0, score: f64::from(right(item)) }).collect()
/// };
/// let items = PairedItems::new(&runs(|item| item < 70), &runs(|item| (10..73).contains(&item)))?;
/// let design =
///     Design { scale: Scale01::Binary, clusters: ClusterKind::Sampled("item".into()), level: Level::NINETY_FIVE };
/// let difference = items.difference(&design)?;
/// assert_eq!(difference.estimate().to_string(), "0.070 [-0.006, 0.143]");
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    estimate: Estimate,
    law: Law,
    only_a: u64,
    only_b: u64,
}

impl PairedItems {
    /// The mean difference A minus B; see [`Difference`].
    pub fn difference(&self, design: &Design) -> Result<Difference, StatsError> {
        self.check(design.scale)?;
        let clusters = self.by_cluster();
        let law = Law::new(&clusters, design.scale);
        let value = self.mean();
        let sample = Sample {
            n_items: self.pairs().len() as u64,
            n_clusters: clusters.len() as u64,
            n_epochs: u64::from(self.most_runs()),
        };
        let assumptions = self.assumptions(design, clusters.len(), law);
        let estimate = Estimate::new(value, law.interval(value, design.level)?, law.method(), sample, assumptions)?;
        Ok(Difference { estimate, law, only_a: self.only_a(), only_b: self.only_b() })
    }

    fn check(&self, scale: Scale01) -> Result<(), StatsError> {
        if scale == Scale01::Binary && !self.is_yes_no() {
            return Err(StatsError::Input { why: "the scale is 0/1, but some scores lie between".into() });
        }
        Ok(())
    }

    fn assumptions(&self, design: &Design, n_clusters: usize, law: Law) -> Vec<String> {
        let name = match &design.clusters {
            ClusterKind::Sampled(name) => name.as_str(),
            ClusterKind::Templates => "template",
        };
        let mut words = vec![format!("paired by item; {} items answered by both", self.pairs().len())];
        if self.only_a() + self.only_b() > 0 {
            words.push(format!(
                "left out: {} items answered by the first only, {} by the second only",
                self.only_a(),
                self.only_b()
            ));
        }
        if n_clusters == self.pairs().len() {
            words.push("items drawn independently within the benchmark".to_owned());
        } else {
            words.push(format!("clusters: {name}; {n_clusters} drawn independently, their items are not"));
        }
        match law {
            Law::One => words.push(format!("one {name}: the data do not say how far another would differ")),
            Law::Few { .. } => words.push(format!(
                "too few to see how they spread: each {name} counted as one yes/no case, the widest spread there is"
            )),
            Law::Student { .. } => {}
        }
        if self.most_runs() > 1 {
            let (fewest, most) = (self.fewest_runs(), self.most_runs());
            let runs = if fewest == most { format!("{most}") } else { format!("{fewest} to {most}") };
            words.push(format!("{runs} runs an item, averaged within the item"));
        }
        if design.clusters == ClusterKind::Templates && n_clusters < TEMPLATES_FOR_A_DOMAIN {
            words.push(format!(
                "these templates only: no domain-level claim ({n_clusters} of at least {TEMPLATES_FOR_A_DOMAIN})"
            ));
        }
        words
    }
}

impl Difference {
    /// The mean difference with its interval.
    pub fn estimate(&self) -> &Estimate {
        &self.estimate
    }

    /// The interval at another level.
    pub fn interval(&self, level: Level) -> Result<Interval, StatsError> {
        self.law.interval(self.estimate.value(), level)
    }

    /// The interval that must lie inside a margin before two systems are called equivalent.
    ///
    /// As [`Difference::interval`], but with `v² = 5/3` on either scale, so that `n` independent items without any difference leave
    /// 3/n possible on each side at 90 %, as the rule of three does. Equivalence is a claim that nothing was missed: a sample in
    /// which no item failed altogether does not show that none does.
    pub fn cautious_interval(&self, level: Level) -> Result<Interval, StatsError> {
        self.law.cautious().interval(self.estimate.value(), level)
    }

    /// Two-sided p value against no difference: 1 less the highest level at which the interval excludes 0.
    pub fn p(&self) -> f64 {
        self.law.p(self.estimate.value())
    }

    /// Items compared.
    pub fn n_matched(&self) -> u64 {
        self.estimate.sample().n_items
    }

    /// Items that only A answered, left out.
    pub fn only_a(&self) -> u64 {
        self.only_a
    }

    /// Items that only B answered, left out.
    pub fn only_b(&self) -> u64 {
        self.only_b
    }

    /// The same difference as one of a family of `comparisons`, with its simultaneous interval by Bonferroni.
    pub fn among(mut self, comparisons: usize) -> Result<Self, StatsError> {
        let level = shared(self.estimate.ci().level(), comparisons)?;
        let ci = self.interval(level)?;
        self.estimate = self.estimate.with_simultaneous_ci(ci)?;
        Ok(self)
    }
}

/// The level at which each of `comparisons` intervals must stand so that all hold together at `level`.
pub(crate) fn shared(level: Level, comparisons: usize) -> Result<Level, StatsError> {
    Level::new(1.0 - (1.0 - level.value()) / comparisons.max(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Observation;

    fn design(scale: Scale01) -> Design {
        Design { scale, clusters: ClusterKind::Sampled("passage".into()), level: Level::NINETY_FIVE }
    }

    /// Items with these differences, in clusters of these sizes.
    fn items(differences: &[f64], cluster: impl Fn(u32) -> u32) -> PairedItems {
        let runs = |sign: f64| -> Vec<_> {
            (0..)
                .zip(differences)
                .map(|(item, d)| Observation { item, cluster: cluster(item), epoch: 0, score: (d * sign).max(0.0) })
                .collect()
        };
        PairedItems::new(&runs(1.0), &runs(-1.0)).expect("matched")
    }

    #[test]
    fn no_discordance_keeps_a_width() {
        for (n, per_cluster) in [(1, 1), (2, 1), (5, 1), (6, 1), (40, 1), (400, 1), (60, 10), (400, 4), (30, 30)] {
            for scale in [Scale01::Binary, Scale01::Continuous] {
                let found = items(&vec![0.0; n], |item| item / per_cluster).difference(&design(scale)).expect("scores");
                let width = found.estimate().ci().width();
                let clusters = n as f64 / f64::from(per_cluster);
                // The rule of three for clusters: at least 3 of them might have differed, either way.
                assert!(width > 3.0 / (clusters + 2.0), "{n} in {per_cluster}: {width}");
                assert!((found.p() - 1.0).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn all_differing_alike_is_not_certain() {
        let found = items(&[1.0; 8], |item| item).difference(&design(Scale01::Binary)).expect("scores");
        assert!(found.estimate().ci().width() > 0.3 && found.estimate().ci().lower() > 0.0, "{:?}", found.estimate());
        let few = items(&[1.0; 5], |item| item).difference(&design(Scale01::Binary)).expect("scores");
        assert!(few.estimate().ci().lower() < 0.0 && few.p() > 0.05, "five clusters decide nothing");
    }

    #[test]
    fn p_and_interval_say_the_same() {
        for shift in 0..20_u32 {
            let differences: Vec<f64> = (0..24_u32)
                .map(|i| {
                    if i < shift {
                        1.0
                    } else if i % 5 == 0 {
                        -1.0
                    } else {
                        0.0
                    }
                })
                .collect();
            for per_cluster in [1, 3, 8] {
                let found = items(&differences, |item| item / per_cluster).difference(&design(Scale01::Binary));
                let found = found.expect("scores");
                let p = found.p();
                for step in [-1e-6, 1e-6] {
                    let Ok(level) = Level::new(1.0 - p + step) else { continue };
                    let excludes = !found.interval(level).expect("ordered").contains(0.0);
                    assert_eq!(excludes, step < 0.0, "p {p}, {step}: {:?}", found.interval(level));
                }
            }
        }
    }

    #[test]
    fn swapping_the_systems_mirrors_the_interval() {
        let run = |item: u32, score| Observation { item, cluster: item / 3, epoch: 0, score };
        let a: Vec<_> = (0..40).map(|item| run(item, f64::from(item % 3 == 0))).collect();
        let b: Vec<_> = (0..40).map(|item| run(item, f64::from(item % 4 == 0))).collect();
        let one = PairedItems::new(&a, &b).and_then(|items| items.difference(&design(Scale01::Binary))).expect("ok");
        let other = PairedItems::new(&b, &a).and_then(|items| items.difference(&design(Scale01::Binary))).expect("ok");
        assert!((one.estimate().value() + other.estimate().value()).abs() < 1e-15);
        assert!((one.estimate().ci().lower() + other.estimate().ci().upper()).abs() < 1e-12);
        assert!((one.p() - other.p()).abs() < 1e-12);
    }

    #[test]
    fn scores_off_the_scale_are_refused() {
        let run = |score| [Observation { item: 0, cluster: 0, epoch: 0, score }];
        assert!(matches!(PairedItems::new(&run(1.5), &run(0.0)), Err(StatsError::OffScale { .. })));
        let off = PairedItems::new(&run(0.5), &run(0.0)).expect("matched").difference(&design(Scale01::Binary));
        assert!(off.is_err());
    }
}
