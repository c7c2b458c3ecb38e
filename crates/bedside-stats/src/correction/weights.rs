//! What each run and each audited answer weighs.

use std::collections::BTreeMap;

use super::JudgedRun;
use crate::{Sample, StatsError};

/// A run as it enters the estimate.
pub(super) struct Unit {
    pub run: JudgedRun,
    /// Share of the run's mean: the same for every item.
    pub share: f64,
    /// Share of the audit's mean; 0 if not audited.
    pub weight: f64,
}

/// Shares and weights of all runs; an error for scores off the scale, an item in two clusters, or a stratum without an
/// audited answer.
pub(super) fn units(runs: &[JudgedRun]) -> Result<Vec<Unit>, StatsError> {
    let mut sorted = runs.to_vec();
    // Sums must not depend on the order in which answers came back.
    sorted
        .sort_by(|a, b| (a.item, a.gold.is_none()).cmp(&(b.item, b.gold.is_none())).then(a.judge.total_cmp(&b.judge)));
    let by_item = || sorted.chunk_by(|a, b| a.item == b.item);
    let items = by_item().count() as f64;
    let mut units = Vec::with_capacity(runs.len());
    for of_one in by_item() {
        let audited = of_one.iter().filter(|run| run.gold.is_some()).count() as f64;
        for run in of_one {
            run.check()?;
            if run.cluster != of_one[0].cluster {
                return Err(StatsError::TwoClusters { item: run.item, first: of_one[0].cluster, second: run.cluster });
            }
            let weight = if run.gold.is_some() { 1.0 / (run.probability * audited) } else { 0.0 };
            units.push(Unit { run: *run, share: 1.0 / (items * of_one.len() as f64), weight });
        }
    }
    let mut strata: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
    for unit in &units {
        let (share, weight) = strata.entry(unit.run.stratum).or_default();
        *share += unit.share;
        *weight += unit.weight;
    }
    if let Some((stratum, (share, _))) = strata.iter().find(|(_, (_, weight))| *weight <= 0.0) {
        return Err(StatsError::Input {
            why: format!("stratum {stratum} holds {:.1} % of the answers, and none of them was audited", 100.0 * share),
        });
    }
    for unit in &mut units {
        let (share, weight) = strata[&unit.run.stratum];
        unit.weight *= share / weight;
    }
    Ok(units)
}

/// Items, clusters and most runs of one item.
pub(super) fn sample(units: &[Unit], clusters: usize) -> Sample {
    let runs: Vec<u64> =
        units.chunk_by(|a, b| a.run.item == b.run.item).map(|of_one_item| of_one_item.len() as u64).collect();
    Sample { n_items: runs.len() as u64, n_clusters: clusters as u64, n_epochs: runs.into_iter().max().unwrap_or(0) }
}
