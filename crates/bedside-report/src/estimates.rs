//! From a lane to the score of one metric on one set of items.

use bedside_core::Scale;
use bedside_stats::{ClusterKind, ClusteredMean, Design, Estimate, Interval, ItemRuns, Level, Scale01, StatsError};

use crate::item_index::{ClusterLevel, ItemIndex};
use crate::table::{CellEnd, Lane};

/// A score with all that must stand beside it.
#[derive(Clone, Debug)]
pub struct Score {
    /// The score.
    pub estimate: Estimate,
    /// Cells scored.
    pub n: u64,
    /// Cells that scored 1.
    pub ones: u64,
    /// Cells scored whose answer could not be read.
    pub unparsed: u64,
    /// The mean with every fault as 0.
    pub faults_as_failures: f64,
    /// The mean with every unparsed answer as 1.
    pub unparsed_as_right: f64,
}

/// Cells that have no score, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    /// The operator's side failed.
    pub faults: u64,
    /// Never finished.
    pub not_attempted: u64,
    /// Answered, and not scorable on this metric.
    pub unscored: u64,
}

/// Cells of these items without a score on this metric.
pub fn missing(lane: &Lane, metric: usize, items: &[usize]) -> Missing {
    let mut missing = Missing::default();
    for (item, epoch, state) in lane.states(items.iter().copied()) {
        match state.end {
            CellEnd::Fault(_) => missing.faults += 1,
            CellEnd::NotAttempted => missing.not_attempted += 1,
            CellEnd::Answered(_) if lane.reading(metric, item, epoch).is_none() => missing.unscored += 1,
            CellEnd::Answered(_) | CellEnd::Elsewhere => {}
        }
    }
    missing
}

/// The score of a metric on some items; `None` when none of their cells has one.
pub fn score(
    lane: &Lane,
    index: &ItemIndex,
    metric: usize,
    items: &[usize],
    design: &Design,
) -> Result<Option<Score>, StatsError> {
    let scale = design.scale;
    let (mut n, mut ones, mut unparsed) = (0, 0, 0);
    // Item by item, so that a million runs are never in one list.
    let mut observed = Vec::with_capacity(items.len());
    let mut generous = Vec::with_capacity(items.len());
    let mut with_faults = Vec::with_capacity(items.len());
    for &item in items {
        let cluster = index.clusters[item];
        let empty = ItemRuns { cluster, ..ItemRuns::default() };
        let (mut seen, mut read, mut faulted) = (empty, empty, empty);
        for reading in lane.readings(metric, [item]) {
            if !scale.holds(reading.score) {
                let item = u32::try_from(item).expect("items are bounded far below 2^32");
                return Err(StatsError::OffScale {
                    item,
                    epoch: reading.epoch,
                    score: reading.score,
                    scale: scale.words(),
                });
            }
            n += 1;
            ones += u64::from(reading.score >= 1.0);
            unparsed += u64::from(!reading.parsed);
            add(&mut seen, reading.score);
            add(&mut read, if reading.parsed { reading.score } else { 1.0 });
            add(&mut faulted, reading.score);
        }
        for (.., state) in lane.states([item]) {
            if matches!(state.end, CellEnd::Fault(_)) {
                add(&mut faulted, 0.0);
            }
        }
        observed.push(seen);
        generous.push(read);
        with_faults.push(faulted);
    }
    if n == 0 {
        return Ok(None);
    }
    let estimate = design.estimate_of(&ClusteredMean::of_items(observed)?)?;
    let unparsed_as_right = ClusteredMean::of_items(generous)?.mean();
    let faults_as_failures = ClusteredMean::of_items(with_faults)?.mean();
    Ok(Some(Score { estimate, n, ones, unparsed, faults_as_failures, unparsed_as_right }))
}

fn add(runs: &mut ItemRuns, score: f64) {
    runs.sum += score;
    runs.count += 1;
}

/// Score of a system minus that of a null policy on the same items and metric; `None` when they share no scored item.
///
/// *Estimates* the mean difference by item. *Assumes* what the estimate lists. *Misleads* when the policy was picked as the best
/// of many on few items: the difference is then a little too small. *Formula* the mean and interval of `(s - f + 1) / 2`, which lies in
/// [0, 1], carried back to [-1, 1].
pub fn difference(
    lane: &Lane,
    floor: &Lane,
    index: &ItemIndex,
    metric: usize,
    items: &[usize],
    design: &Design,
) -> Result<Option<Estimate>, StatsError> {
    let mut differences = Vec::with_capacity(items.len());
    for &item in items {
        let (sum, n) =
            floor.readings(metric, [item]).fold((0.0, 0_u32), |(sum, n), reading| (sum + reading.score, n + 1));
        if n == 0 {
            continue;
        }
        let floor_score = sum / f64::from(n);
        let mut runs = ItemRuns { cluster: index.clusters[item], ..ItemRuns::default() };
        for reading in lane.readings(metric, [item]) {
            add(&mut runs, f64::midpoint(reading.score - floor_score, 1.0).clamp(0.0, 1.0));
        }
        differences.push(runs);
    }
    if differences.iter().all(|runs| runs.count == 0) {
        return Ok(None);
    }
    let halved = Design { scale: Scale01::HalvedDifference, ..design.clone() }
        .estimate_of(&ClusteredMean::of_items(differences)?)?;
    let back = |value: f64| 2.0 * value - 1.0;
    let ci = Interval::new(back(halved.ci().lower()), back(halved.ci().upper()), halved.ci().level())?;
    let mut assumptions = halved.assumptions().to_vec();
    assumptions.push("differences by item, system minus null policy".to_owned());
    Estimate::new(back(halved.value()), ci, halved.method().clone(), halved.sample(), assumptions).map(Some)
}

/// How the mean of a metric is to be estimated: its scale, and the outermost level that was sampled.
pub fn design(scale: Scale, level: ClusterLevel, cluster_by: Option<&str>, confidence: Level) -> Design {
    let scale = match scale {
        Scale::Binary => Scale01::Binary,
        Scale::Fraction | Scale::Overlap => Scale01::Continuous,
    };
    let clusters = match level {
        ClusterLevel::Template => ClusterKind::Templates,
        ClusterLevel::Cluster => ClusterKind::Sampled(cluster_by.unwrap_or("cluster").to_owned()),
    };
    Design { scale, clusters, level: confidence }
}
