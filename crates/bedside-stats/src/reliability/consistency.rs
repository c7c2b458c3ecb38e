//! Two runs of one case differ, or do not.

use super::{at_least, by_item, mean_over_items};
use crate::{Design, Estimate, Figure, Observation, Scale01, StatsError};

/// Share of the pairs of these outcomes that differ; undefined with fewer than two.
///
/// Outcomes may be anything that can be compared: scores, options chosen, dispositions.
///
/// ```
/// use bedside_stats::{Figure, reliability::flip};
/// assert_eq!(flip(&["A", "A", "C"]), Figure::Number(2.0 / 3.0));
/// assert_eq!(flip(&["A"]), Figure::Undefined);
/// ```
pub fn flip<T: PartialEq>(outcomes: &[T]) -> Figure {
    let n = outcomes.len();
    let differ: usize = outcomes
        .iter()
        .enumerate()
        .map(|(at, one)| outcomes[at + 1..].iter().filter(|other| one != *other).count())
        .sum();
    Figure::ratio(differ as f64, (n * n.saturating_sub(1) / 2) as f64)
}

/// How alike the runs of one case are, four ways.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct RunConsistency {
    /// Chance that two runs of one case differ.
    pub flip_rate: Estimate,
    /// Share of cases whose runs all came out the same; falls with the number of runs.
    pub always_same: Estimate,
    /// One minus the variance within cases over its greatest possible value, 1/4.
    pub outcome_consistency: Estimate,
    /// One minus the flip rate over that of runs drawn from different cases: an intraclass correlation. Undefined when all
    /// are right or all wrong.
    pub chance_corrected: Figure,
}

/// Consistency of right and wrong over the runs of one case.
///
/// *Estimates* how often a second run of the same case would come out otherwise.
///
/// *Assumes* runs of one item are independent given the item; at least two runs of every item, 0/1 scores.
///
/// *Misleads* as praise: a system that is always wrong is perfectly consistent. `always_same` falls with more runs and
/// `outcome_consistency` too (its variance divides by `n`): compare them only at the same number of runs. `flip_rate` does
/// not depend on it. Two different wrong answers count as the same outcome here; for that use [`flip`] on the answers.
///
/// *Formula* means over items of `2c(n-c)/(n(n-1))`, of `c ∈ {0, n}`, and of `1 - 4p(1-p)`; chance-corrected
/// `1 - flip rate / (2p̄(1-p̄))`, over the pooled `p̄` and not each item's own, for which it would be a constant.
///
/// *Reference* arXiv 2602.16666 (outcome consistency). By hand:
///
/// ```
/// use bedside_stats::{ClusterKind, Design, Level, Observation, Scale01, reliability::run_consistency};
/// let runs: Vec<_> = (0..6)
///     .zip([2, 0, 3, 1, 3, 2])
///     .flat_map(|(item, right)| {
///         (0..3).map(move |epoch| Observation { item, cluster: item, epoch, score: f64::from(epoch < right) })
///     })
///     .collect();
/// let design =
///     Design { scale: Scale01::Binary, clusters: ClusterKind::Sampled("case".into()), level: Level::NINETY_FIVE };
/// let consistency = run_consistency(&runs, &design)?;
/// assert!((consistency.flip_rate.value() - 1.0 / 3.0).abs() < 1e-12); // 2/3 in three of six cases
/// assert!((consistency.outcome_consistency.value() - 5.0 / 9.0).abs() < 1e-12);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn run_consistency(observations: &[Observation], design: &Design) -> Result<RunConsistency, StatsError> {
    Scale01::Binary.check(observations)?;
    let items = by_item(observations)?;
    at_least(&items, 2, "run consistency")?;
    let mean = |scores: &[f64]| scores.iter().sum::<f64>() / scores.len() as f64;
    let flip_rate = mean_over_items(&items, design, Scale01::Loss, "two runs of one case differ", |scores| {
        flip(scores).number().unwrap_or(0.0)
    })?;
    let always_same = mean_over_items(&items, design, Scale01::Binary, "all runs of one case the same", |scores| {
        f64::from(scores.iter().all(|score| (score - scores[0]).abs() < 0.5))
    })?;
    let outcome_consistency = mean_over_items(
        &items,
        design,
        Scale01::Continuous,
        "one minus four times the variance within a case",
        |scores| {
            let p = mean(scores);
            1.0 - 4.0 * p * (1.0 - p)
        },
    )?;
    let pooled = items.iter().map(|item| mean(&item.scores)).sum::<f64>() / items.len() as f64;
    let by_chance = 2.0 * pooled * (1.0 - pooled);
    let chance_corrected = match Figure::ratio(flip_rate.value(), by_chance) {
        Figure::Number(share) => Figure::Number(1.0 - share),
        none => none,
    };
    Ok(RunConsistency { flip_rate, always_same, outcome_consistency, chance_corrected })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reliability::tests::{design, rows};

    #[test]
    fn always_right_is_consistent_and_not_certain() {
        let found = run_consistency(&rows(&[[1.0, 1.0]; 20]), &design(Scale01::Binary)).expect("two runs");
        assert_eq!(found.chance_corrected, Figure::Undefined);
        assert!(found.flip_rate.value().abs() < 1e-15 && found.flip_rate.ci().upper() > 0.1, "{}", found.flip_rate);
        assert!(found.always_same.ci().lower() < 0.9, "{}", found.always_same);
    }

    #[test]
    fn one_run_says_nothing() {
        assert!(run_consistency(&rows(&[vec![1.0, 0.0], vec![1.0]]), &design(Scale01::Binary)).is_err());
        assert!(run_consistency(&rows(&[[0.4, 0.0]]), &design(Scale01::Binary)).is_err());
    }
}
