//! Proportions from clusters or repeated runs: as much data as how many independent cases?

use crate::interval::clopper_pearson;
use crate::quantile::student_upper;
use crate::{ClusteredMean, Interval, Level, RobustError, StatsError};

/// With this many whole clusters' worth of the rarer outcome, the design effect is left to the data. Three, as in the rule of
/// three: clumps that are expected thrice are missed altogether in one sample out of twenty.
const CLUSTERS_OF_EVENTS: f64 = 3.0;

/// Fewer effective cases than this are no fewer: the interval is all of [0, 1] already, and the Beta quantile needs some.
const LEAST_N: f64 = 1e-6;

/// Korn and Graubard's interval for a proportion from clusters.
///
/// *Estimates* the share of yes among items like these, in clusters like these.
///
/// *Assumes* clusters are drawn independently; runs of one item count as part of its cluster.
///
/// *Misleads* by width below 12 clusters, and with few clusters of very unequal sizes: it is then often much wider than it need
/// be. With one cluster there is no such interval, and `None` is returned.
///
/// *Formula* Clopper and Pearson's interval on `n*` cases with `p·n*` events. `n* = n/deff · (t(n-1)/t(f))²` with
/// `deff = SE² / (p(1-p)/(n-1))`, at least 1; `n` counts runs, and `SE` and `f` are those of
/// [`ClusteredMean::robust_error`] (`CR2` and `G - 1` for clusters of one size). And `n*` is at most `n / (1 + (n/G* - 1)·ρ)` with `ρ = (1 - G*·min(p, 1-p)/3)²`, 0 from three whole clusters' worth
/// of the rarer outcome on, where `G*` is [`ClusteredMean::equivalent_clusters`]. So with no or only events, when nothing tells the design effect, it is the cluster size
/// (`n* = G*`), and a single event does not suddenly make it 1.
///
/// *Reference* Korn and Graubard, Surv Methodol 1998; 24: 193-201. National Center for Health Statistics, Vital Health
/// Stat 2(175), 2017, for a design effect of at least 1. The limit for rare outcomes is ours: without it coverage was
/// 0.75 for 12 clusters of 10 items with four runs, intraclass correlation 0.5, p = 0.02 (`examples/coverage`).
///
/// ```
/// use bedside_stats::{ClusteredMean, Level, Observation, effective::korn_graubard};
/// // 20 passages of 5 questions, all five answered alike: worth 20 questions, not 100.
/// let observations: Vec<_> = (0..100u32)
///     .map(|item| Observation { item, cluster: item / 5, epoch: 0, score: f64::from(item / 5 % 2) })
///     .collect();
/// let interval = korn_graubard(&ClusteredMean::new(&observations)?, Level::NINETY_FIVE)?.expect("20 clusters");
/// assert_eq!(interval.to_string(), "[0.255, 0.745]");
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn korn_graubard(mean: &ClusteredMean, level: Level) -> Result<Option<Interval>, StatsError> {
    let Some(n) = effective_n(mean, level.tail()) else { return Ok(None) };
    clopper_pearson((mean.mean() * n).clamp(0.0, n), n, level).map(Some)
}

/// Number of independent yes/no cases that would be as precise, with Korn and Graubard's correction for the uncertainty of
/// the design effect; none with one cluster.
pub(crate) fn effective_n(mean: &ClusteredMean, tail: f64) -> Option<f64> {
    let RobustError { standard_error, freedom, .. } = mean.robust_error()?;
    let (p, g) = (mean.mean(), mean.equivalent_clusters());
    let n = mean.equivalent_runs().max(g);
    let spread = p * (1.0 - p);
    if spread <= f64::EPSILON {
        return Some(g);
    }
    // Several clusters hold several runs, so n > 1.
    let from_data = standard_error * standard_error * (n - 1.0) / spread;
    let t_ratio = student_upper((n - 1.0).max(freedom), tail) / student_upper(freedom, tail);
    let estimated = n / from_data.max(1.0) * t_ratio.powi(2);
    let allowed = n / design_effect(n / g, unseen_correlation(mean, p.min(1.0 - p)));
    Some(estimated.min(allowed).max(LEAST_N))
}

/// The correlation within clusters to allow for when an outcome is too rare to show its own: 1 when it was not seen, 0 from
/// three whole clusters' worth of it on.
pub(crate) fn unseen_correlation(mean: &ClusteredMean, share: f64) -> f64 {
    (1.0 - mean.equivalent_clusters() * share / CLUSTERS_OF_EVENTS).max(0.0).powi(2)
}

/// Kish's design effect of clusters of one size.
///
/// *Estimates* by how much clustering inflates the variance of a mean.
///
/// *Assumes* clusters of equal size with one common intraclass correlation.
///
/// *Misleads* with very unequal clusters. For planning; [`korn_graubard`] takes it from the data.
///
/// *Formula* `1 + (m - 1) ρ`.
///
/// *Reference* Kish, Survey Sampling, 1965. 500 items in fives with ρ = 0.2 are worth 277.8:
///
/// ```
/// use bedside_stats::effective::design_effect;
/// assert!((500.0 / design_effect(5.0, 0.2) - 277.777_777_777).abs() < 1e-8);
/// ```
pub fn design_effect(cluster_size: f64, intraclass_correlation: f64) -> f64 {
    1.0 + (cluster_size - 1.0) * intraclass_correlation
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Observation;

    fn mean(n: u32, per_cluster: u32, score: impl Fn(u32) -> f64) -> ClusteredMean {
        let observations: Vec<_> = (0..n)
            .map(|item| Observation { item, cluster: item / per_cluster, epoch: 0, score: score(item) })
            .collect();
        ClusteredMean::new(&observations).expect("scores")
    }

    #[test]
    fn independent_items_are_worth_themselves() {
        let n = effective_n(&mean(40, 1, |i| f64::from(i % 4 == 0)), 0.025).expect("40 clusters");
        assert!((n - 40.0).abs() < 1e-9, "{n}");
    }

    #[test]
    fn no_events_count_clusters() {
        for score in [0.0, 1.0] {
            let n = effective_n(&mean(200, 10, |_| score), 0.025).expect("20 clusters");
            assert!((n - 20.0).abs() < 1e-9, "{n}");
        }
    }

    #[test]
    fn balanced_clusters_never_count_for_more_than_their_items() {
        let n = effective_n(&mean(200, 10, |i| f64::from(i % 2)), 0.025).expect("20 clusters");
        assert!(n < 200.0, "every cluster has the same share, and yet: {n}");
    }

    #[test]
    fn one_cluster_is_not_identified() {
        assert_eq!(korn_graubard(&mean(9, 9, |i| f64::from(i % 2)), Level::NINETY_FIVE), Ok(None));
    }
}
