//! Intervals for a mean of scores in [0, 1] that are not only 0 and 1.

use crate::effective::unseen_correlation;
use crate::interval::clopper_pearson;
use crate::quantile::{normal_upper, student_upper};
use crate::{ClusteredMean, Interval, Level, RobustError, StatsError};

/// With fewer clusters than this off the most common value, the spread of the rest says nothing; see [`nearly_constant`].
/// Five is where the jump to the effective Beta interval no longer showed in the simulated coverage.
const FEW: usize = 5;

/// Cluster-robust t interval, cut off at the ends of the scale.
///
/// *Estimates* the mean score over items like these, in clusters like these.
///
/// *Assumes* clusters are drawn independently, and are many enough for their mean to be normal.
///
/// *Misleads* with few clusters and skewed scores (most at one end): too narrow on the side of the tail. `None` with one
/// cluster, or when the clusters do not differ and the interval would have no width.
///
/// *Formula* `ȳ ± t(f)·SE`, within [0, 1]; `SE` and `f` of [`ClusteredMean::robust_error`], `CR2` and `G - 1` for clusters of one
/// size.
///
/// *Reference* Cameron and Miller, J Hum Resour 2015; 50: 317-372. By hand, scores 0.2, 0.4, 0.6:
///
/// ```
/// use bedside_stats::{ClusteredMean, Level, Observation, continuous::cluster_t};
/// let observations: Vec<_> = (1..4u32)
///     .map(|item| Observation { item, cluster: item, epoch: 0, score: f64::from(item) / 5.0 })
///     .collect();
/// let interval = cluster_t(&ClusteredMean::new(&observations)?, Level::NINETY)?.expect("three clusters");
/// assert_eq!(interval.to_string(), "[0.063, 0.737]"); // 0.4 ± 2.920 · 0.2/√3
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn cluster_t(mean: &ClusteredMean, level: Level) -> Result<Option<Interval>, StatsError> {
    let Some(interval) = student(mean, level)? else { return Ok(None) };
    let centre = mean.mean();
    Interval::new(interval.lower().max(0.0).min(centre), interval.upper().min(1.0).max(centre), level).map(Some)
}

/// Cluster-robust t interval on a scale without ends; otherwise as [`cluster_t`].
///
/// ```
/// use bedside_stats::{ClusteredMean, Level, Observation, continuous::student};
/// let observations: Vec<_> = (1..4u32)
///     .map(|item| Observation { item, cluster: item, epoch: 0, score: f64::from(item) * 10.0 })
///     .collect();
/// let interval = student(&ClusteredMean::new(&observations)?, Level::NINETY_FIVE)?.expect("three clusters");
/// assert_eq!(interval.to_string(), "[-4.841, 44.841]"); // 20 ± 4.303 · 10/√3
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn student(mean: &ClusteredMean, level: Level) -> Result<Option<Interval>, StatsError> {
    let Some(RobustError { standard_error, freedom, .. }) = mean.robust_error() else { return Ok(None) };
    if standard_error <= f64::EPSILON * mean.mean().abs() {
        return Ok(None);
    }
    let half = student_upper(freedom, level.tail()) * standard_error;
    Interval::new(mean.mean() - half, mean.mean() + half, level).map(Some)
}

/// Beta interval on the effective number of yes/no cases: Korn and Graubard's, for scores between 0 and 1.
///
/// *Estimates* the mean score over items like these, in clusters like these; or, with `(1 + d)/2` for scores, a mean difference.
///
/// *Assumes* clusters are drawn independently, and that the mean's law is skewed like a Beta law with its mean and variance.
///
/// *Misleads* when a few scores lie far from the rest and the sample missed them: with one score in ten at 1 and the others near 0,
/// or the other way round, coverage is 0.65 at 10 single items, 0.88 at 20, 0.95 at 30; and as low at any number of items when
/// about one in that many lies so far off. For scores use [`effective_beta_with_room`]. With skewed scores in 5 clusters coverage is
/// near 0.90. `None` with one cluster, or when the clusters do not differ.
///
/// *Formula* Clopper and Pearson's interval on `n* = p(1-p)/SE² · (z/t(f))²` cases with `p·n*` events; `z` is t at
/// infinitely many degrees of freedom, `SE` and `f` are those of [`ClusteredMean::robust_error`]. Unlike for yes/no scores, `n*`
/// may exceed the number of items.
///
/// *Reference* Korn and Graubard, Surv Methodol 1998; 24: 193-201, whose interval it is for 0/1 scores. Our extension, chosen by
/// simulation (`examples/coverage`): beyond noise it never covered less than the t interval or the percentile bootstrap,
/// and bootstrap-t, which covers as well, was up to twice as wide below 30 clusters.
///
/// ```
/// use bedside_stats::{ClusteredMean, Level, Observation, continuous::effective_beta};
/// let observations: Vec<_> = (0..40u32)
///     .map(|item| Observation { item, cluster: item, epoch: 0, score: 1.0 - f64::from(item % 8) / 40.0 })
///     .collect();
/// let interval = effective_beta(&ClusteredMean::new(&observations)?, Level::NINETY_FIVE)?.expect("40 clusters");
/// assert!(interval.contains(0.9125) && interval.width() < 0.045);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn effective_beta(mean: &ClusteredMean, level: Level) -> Result<Option<Interval>, StatsError> {
    let Some(RobustError { standard_error: se, freedom, .. }) = mean.robust_error() else { return Ok(None) };
    let p = mean.mean();
    let spread = p * (1.0 - p);
    if se <= f64::EPSILON || spread <= f64::EPSILON {
        return Ok(None);
    }
    let t_ratio = normal_upper(level.tail()) / student_upper(freedom, level.tail());
    let n = spread / (se * se) * t_ratio.powi(2);
    clopper_pearson((p * n).clamp(0.0, n), n, level).map(Some)
}

/// [`effective_beta`] with room below for a failure that the sample did not show: what scores get by default.
///
/// *Estimates* the mean score over items like these, in clusters like these.
///
/// *Assumes* as [`effective_beta`]; and that 0 is always possible, because an empty, refused or cut answer scores 0 on any scale.
///
/// *Misleads* as [`effective_beta`] for rare scores far above the rest; and when whole clusters of many items fail but few clusters
/// were seen (`docs/reference/coverage.md` lists these). Not for differences, where neither side has more room than the other.
///
/// *Formula* the lower limit is that of [`effective_beta`] with a further cluster of average size `m`, of whose items `1 + (m-1)ρ`
/// score 0 and the others the mean, if that is lower. `ρ` is [`ClusteredMean::intraclass_correlation`], and at least what
/// [`crate::effective::korn_graubard`] allows for an outcome as rare as `1 - p`.
///
/// *Reference* ours, after the rule of three. Without it, scores near 1 with one in ten at 0 were covered by 0.64 at 10 single
/// items, because a third of the samples show no 0; with it, by 0.99 (`examples/coverage`).
///
/// ```
/// use bedside_stats::{ClusteredMean, Level, Observation, continuous::effective_beta_with_room};
/// let observations: Vec<_> = (0..40u32)
///     .map(|item| Observation { item, cluster: item, epoch: 0, score: 1.0 - f64::from(item % 8) / 40.0 })
///     .collect();
/// let interval = effective_beta_with_room(&ClusteredMean::new(&observations)?, Level::NINETY_FIVE)?.expect("40 clusters");
/// // Above, what these scores show; below, room for one zero in 41.
/// assert_eq!(interval.to_string(), "[0.831, 0.930]");
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn effective_beta_with_room(mean: &ClusteredMean, level: Level) -> Result<Option<Interval>, StatsError> {
    let Some(shown) = effective_beta(mean, level)? else { return Ok(None) };
    let correlation = mean.intraclass_correlation().max(unseen_correlation(mean, 1.0 - mean.mean()));
    let with_a_failure = effective_beta(&mean.with_a_failure(correlation), level)?.unwrap_or(shown);
    Interval::new(shown.lower().min(with_a_failure.lower()), shown.upper(), level).map(Some)
}

/// [`effective_beta_with_room`] for losses, where 0 is best and a failure costs 1: the room is above.
///
/// *Estimates* the mean loss over items like these. *Assumes* and *Misleads* as [`effective_beta_with_room`], turned round; a sure
/// forecast that was wrong, which these items did not show, costs a squared error of 1. *Formula* and *Reference* its own, for
/// `1 - loss`.
///
/// ```
/// use bedside_stats::{ClusteredMean, Level, Observation, continuous::effective_beta_with_room_above};
/// let losses: Vec<_> = (0..40u32)
///     .map(|item| Observation { item, cluster: item, epoch: 0, score: f64::from(item % 8) / 40.0 })
///     .collect();
/// let interval = effective_beta_with_room_above(&ClusteredMean::new(&losses)?, Level::NINETY_FIVE)?.expect("40 clusters");
/// assert_eq!(interval.to_string(), "[0.070, 0.169]");
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn effective_beta_with_room_above(mean: &ClusteredMean, level: Level) -> Result<Option<Interval>, StatsError> {
    let Some(turned) = effective_beta_with_room(&mean.mirrored(), level)? else { return Ok(None) };
    Interval::new(1.0 - turned.upper(), 1.0 - turned.lower(), level).map(Some)
}

/// Whether fewer than five clusters differ from the most common cluster mean.
pub fn is_nearly_constant(mean: &ClusteredMean) -> bool {
    let mut values: Vec<f64> = mean.clusters().iter().map(|c| c.sum / c.items).collect();
    values.sort_by(f64::total_cmp);
    let most_common = values.chunk_by(|a, b| (a - b).abs() <= f64::EPSILON).map(<[f64]>::len).max().unwrap_or(0);
    // One value among few clusters is no constant unless something repeats.
    most_common > 1 && values.len() - most_common < FEW
}

/// Exact interval as if every cluster were one yes/no case: for scores that are all, or nearly all, the same.
///
/// *Estimates* the mean score over items like these, in clusters like these.
///
/// *Assumes* clusters are drawn independently. That twenty clusters scored 1 does not show that none would score 0; the
/// interval allows for what so few clusters could have missed.
///
/// *Misleads* by width when scores cannot in fact reach the ends of the scale.
///
/// *Formula* Clopper and Pearson's interval on `G` cases with `ȳ·G` events. Exact when all scores lie at one end, since
/// `P(all at 1) ≤ μ^G`; elsewhere conservative, as no law on [0, 1] spreads more than yes/no at the same mean.
///
/// *Reference* Clopper and Pearson, Biometrika 1934; 26: 404-413. Hoeffding, J Am Stat Assoc 1963; 58: 13-30, for the order
/// of spread. Twenty cases, all at 1 (statsmodels 0.15.0):
///
/// ```
/// use bedside_stats::{ClusteredMean, Level, Observation, continuous::nearly_constant};
/// let observations: Vec<_> =
///     (0..20u32).map(|item| Observation { item, cluster: item, epoch: 0, score: 1.0 }).collect();
/// let interval = nearly_constant(&ClusteredMean::new(&observations)?, Level::NINETY_FIVE)?;
/// assert!((interval.lower() - 0.831_566_529_017).abs() < 1e-12);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn nearly_constant(mean: &ClusteredMean, level: Level) -> Result<Interval, StatsError> {
    let g = mean.n_clusters() as f64;
    clopper_pearson((mean.mean() * g).clamp(0.0, g), g, level)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Observation;

    fn mean(scores: &[f64]) -> ClusteredMean {
        let observations: Vec<_> =
            (0..).zip(scores).map(|(item, &score)| Observation { item, cluster: item, epoch: 0, score }).collect();
        ClusteredMean::new(&observations).expect("scores")
    }

    #[test]
    fn near_constancy_counts_clusters_off_the_most_common_value() {
        assert!(is_nearly_constant(&mean(&[0.5; 30])));
        let with_off = |off: u32| -> Vec<f64> {
            (0..30_u32).map(|i| if i < off { 0.1 + f64::from(i) / 100.0 } else { 1.0 }).collect()
        };
        assert!(is_nearly_constant(&mean(&with_off(4))));
        assert!(!is_nearly_constant(&mean(&with_off(5))));
        assert!(!is_nearly_constant(&mean(&[0.1, 0.2, 0.3])), "three different values");
    }

    #[test]
    fn equal_scores_inside_the_scale_keep_a_width() {
        let interval = nearly_constant(&mean(&[0.5; 30]), Level::NINETY_FIVE).expect("proportion");
        assert!(interval.width() > 0.3, "{interval}");
        assert_eq!(effective_beta(&mean(&[0.5; 30]), Level::NINETY_FIVE), Ok(None));
    }

    #[test]
    fn t_is_cut_off_at_the_scale() {
        let interval =
            cluster_t(&mean(&[0.0, 0.9, 1.0]), Level::NINETY_FIVE).expect("ordered").expect("three clusters");
        assert!(interval.lower() >= 0.0 && interval.upper() <= 1.0);
    }
}
