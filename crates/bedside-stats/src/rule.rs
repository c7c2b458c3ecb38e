//! Which interval a mean score gets.
//!
//! | scores | clusters or runs | interval |
//! | --- | --- | --- |
//! | 0/1 | one run, items independent, at least 15 of each | Wilson |
//! | 0/1 | one run, items independent, fewer | Clopper-Pearson |
//! | 0/1 | clusters, or several runs | Korn-Graubard |
//! | [0, 1] | fewer than 5 clusters | exact, each cluster as one yes/no case |
//! | [0, 1] | nearly all the same | exact, each cluster as one yes/no case |
//! | [0, 1] | otherwise | effective Beta, with room for an unseen failure: below for scores, above for losses |
//! | any | one cluster of several items | all of [0, 1]: not identified |

use crate::continuous::{
    effective_beta, effective_beta_with_room, effective_beta_with_room_above, is_nearly_constant, nearly_constant,
};
use crate::effective::korn_graubard;
use crate::interval::{clopper_pearson, wilson};
use crate::{ClusteredMean, Estimate, Interval, Level, Method, Observation, Sample, StatsError};

/// With fewer events or non-events than this the exact interval is taken: there Wilson's dips furthest. By exact summation the
/// rule then covers at least 0.935 for every proportion at 10 to 300 items; with 5 in place of 15 it falls to 0.921.
const SMALL_CELL: f64 = 15.0;

/// With fewer clusters than this their spread says nothing: two scores that happen to be close would give an interval of no width.
/// The widest law on the scale is assumed instead.
const FEW_CLUSTERS: usize = 5;

/// Below this many templates no claim about the domain is made (MEASUREMENT.md section 2).
pub const TEMPLATES_FOR_A_DOMAIN: usize = 12;

/// The scale of a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale01 {
    /// 0 or 1.
    Binary,
    /// Anything from 0 to 1; an empty or refused answer scores 0.
    Continuous,
    /// Anything from 0 to 1 where 0 is best and a failure costs 1, such as a squared error of a probability.
    Loss,
    /// `(1 + d)/2` for a difference `d` of two scores: as `Continuous`, without room for unseen failures on one side.
    HalvedDifference,
}

/// What the clusters are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClusterKind {
    /// Sampled from more of their kind, and called so: "passage", "patient".
    Sampled(String),
    /// Templates from which items were made: there are no more of them to sample from unless someone writes them.
    Templates,
}

/// How a mean is to be estimated.
#[derive(Debug, Clone, PartialEq)]
pub struct Design {
    /// The scale of the scores.
    pub scale: Scale01,
    /// What the clusters are.
    pub clusters: ClusterKind,
    /// Confidence level.
    pub level: Level,
}

/// Mean score over items, with the interval that its design asks for; see the [module](self) for the rule.
///
/// *Estimates* the mean score over items like these, each item weighing the same.
///
/// *Assumes* what the estimate lists in words.
///
/// *Misleads* when faulted cells are left out for a reason that has to do with their score: show
/// [`crate::bounds::range_over_faults`] beside it.
///
/// *Formula* see the methods. *Reference* MEASUREMENT.md sections 1-3.
///
/// ```
/// use bedside_stats::{Level, Observation, Scale01, mean_estimate};
/// let observations: Vec<_> = (0..263u32)
///     .map(|item| Observation { item, cluster: item, epoch: 0, score: f64::from(item < 81) })
///     .collect();
/// let share = mean_estimate(&observations, Scale01::Binary, Level::NINETY_FIVE)?;
/// assert_eq!(share.to_string(), "0.308 [0.255, 0.366]"); // Newcombe 1998, table I
/// assert_eq!(share.method().as_str(), "wilson");
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn mean_estimate(observations: &[Observation], scale: Scale01, level: Level) -> Result<Estimate, StatsError> {
    Design { scale, clusters: ClusterKind::Sampled("cluster".into()), level }.mean_estimate(observations)
}

impl Design {
    /// Mean score over items; as [`mean_estimate`], and it knows what the clusters are.
    ///
    /// ```
    /// use bedside_stats::{ClusterKind, Design, Level, Observation, Scale01};
    /// let observations: Vec<_> = (0..60u32)
    ///     .map(|item| Observation { item, cluster: item % 6, epoch: 0, score: f64::from(item % 4 > 0) })
    ///     .collect();
    /// let design = Design { scale: Scale01::Binary, clusters: ClusterKind::Templates, level: Level::NINETY_FIVE };
    /// let share = design.mean_estimate(&observations)?;
    /// assert!(share.assumptions().iter().any(|text| text.starts_with("these templates only")));
    /// # Ok::<(), bedside_stats::StatsError>(())
    /// ```
    pub fn mean_estimate(&self, observations: &[Observation]) -> Result<Estimate, StatsError> {
        self.scale.check(observations)?;
        self.estimate_of(&ClusteredMean::new(observations)?)
    }

    /// The same from a mean whose scores are known to be on the scale.
    pub fn estimate_of(&self, mean: &ClusteredMean) -> Result<Estimate, StatsError> {
        let (method, ci) = self.interval(mean)?;
        let sample = Sample {
            n_items: mean.n_items() as u64,
            n_clusters: mean.n_clusters() as u64,
            n_epochs: u64::from(mean.most_runs()),
        };
        let assumptions = self.assumptions(mean, &method);
        Estimate::new(mean.mean(), ci, method, sample, assumptions)
    }

    fn interval(&self, mean: &ClusteredMean) -> Result<(Method, Interval), StatsError> {
        let several_runs = mean.most_runs() > 1;
        let unidentified = || Ok((Method::ONE_CLUSTER, Interval::new(0.0, 1.0, self.level)?));
        if self.scale == Scale01::Binary && mean.clusters_are_items() && !several_runs {
            let n = mean.n_items() as f64;
            // A sum of zeros and ones: rounded, because the mean of them need not be exact.
            let events = (mean.mean() * n).round();
            return if events.min(n - events) < SMALL_CELL {
                Ok((Method::CLOPPER_PEARSON, clopper_pearson(events, n, self.level)?))
            } else {
                Ok((Method::WILSON, wilson(events, n, self.level)?))
            };
        }
        if mean.n_clusters() == 1 {
            return unidentified();
        }
        let (method, interval) = match self.scale {
            Scale01::Binary => (Method::KORN_GRAUBARD, korn_graubard(mean, self.level)?),
            _ if mean.n_clusters() < FEW_CLUSTERS => (Method::FEW_CLUSTERS, Some(nearly_constant(mean, self.level)?)),
            _ if is_nearly_constant(mean) => (Method::NEARLY_CONSTANT, Some(nearly_constant(mean, self.level)?)),
            Scale01::Continuous => (Method::EFFECTIVE_BETA, effective_beta_with_room(mean, self.level)?),
            Scale01::Loss => (Method::EFFECTIVE_BETA, effective_beta_with_room_above(mean, self.level)?),
            Scale01::HalvedDifference => (Method::EFFECTIVE_BETA, effective_beta(mean, self.level)?),
        };
        match interval {
            Some(interval) => Ok((method, interval)),
            // Clusters that do not differ although no value repeats: rounding on clusters of different sizes.
            None => Ok((Method::NEARLY_CONSTANT, nearly_constant(mean, self.level)?)),
        }
    }

    fn assumptions(&self, mean: &ClusteredMean, method: &Method) -> Vec<String> {
        let g = mean.n_clusters();
        let mut words = Vec::new();
        let name = match &self.clusters {
            ClusterKind::Sampled(name) => name.as_str(),
            ClusterKind::Templates => "template",
        };
        if mean.clusters_are_items() {
            words.push("items drawn independently within the benchmark".to_owned());
        } else {
            words.push(format!("clusters: {name}; {g} drawn independently, their items are not"));
        }
        if *method == Method::ONE_CLUSTER {
            words.push(format!("one {name}: the data do not say how far another would differ"));
        }
        if mean.most_runs() > 1 {
            let runs = if mean.fewest_runs() == mean.most_runs() {
                format!("{}", mean.most_runs())
            } else {
                format!("{} to {}", mean.fewest_runs(), mean.most_runs())
            };
            words.push(format!("{runs} runs an item, averaged within the item"));
        }
        if *method == Method::FEW_CLUSTERS {
            words.push(format!(
                "too few to see how they spread: each {name} counted as one yes/no case, the widest spread there is"
            ));
        }
        if *method == Method::NEARLY_CONSTANT {
            words.push("nearly all scores are the same: every cluster counted as one yes/no case".to_owned());
        }
        let end = match self.scale {
            Scale01::Continuous => Some("lower"),
            Scale01::Loss => Some("upper"),
            Scale01::Binary | Scale01::HalvedDifference => None,
        };
        if let Some(end) = end.filter(|_| *method == Method::EFFECTIVE_BETA) {
            words.push(format!("the {end} limit leaves room for a failure that these items did not show"));
        }
        if self.clusters == ClusterKind::Templates && g < TEMPLATES_FOR_A_DOMAIN {
            words.push(format!(
                "these templates only: no domain-level claim ({g} of at least {TEMPLATES_FOR_A_DOMAIN})"
            ));
        }
        words
    }
}

impl Scale01 {
    /// Whether a score is on this scale. Exactly: a share of 0.9999 on a yes/no scale is a mistake to report, not to round.
    pub fn holds(self, score: f64) -> bool {
        match self {
            Self::Binary => matches!(score, 0.0 | 1.0),
            Self::Continuous | Self::Loss | Self::HalvedDifference => (0.0..=1.0).contains(&score),
        }
    }

    /// The scale in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Binary => "0/1",
            Self::Continuous | Self::Loss | Self::HalvedDifference => "[0, 1]",
        }
    }

    /// An error for the first score that is not on this scale.
    pub(crate) fn check(self, observations: &[Observation]) -> Result<(), StatsError> {
        match observations.iter().find(|o| !self.holds(o.score)) {
            Some(&Observation { item, epoch, score, .. }) => {
                Err(StatsError::OffScale { item, epoch, score, scale: self.words() })
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_close_scores_do_not_make_a_narrow_interval() {
        let observations: Vec<_> = [0.410, 0.413]
            .into_iter()
            .zip(0..)
            .map(|(score, item)| Observation { item, cluster: item, epoch: 0, score })
            .collect();
        let mean = mean_estimate(&observations, Scale01::Continuous, Level::NINETY_FIVE).expect("two scores");
        assert_eq!(mean.method().as_str(), "few_clusters_exact");
        assert!(mean.ci().width() > 0.9, "{mean}");
    }
}
