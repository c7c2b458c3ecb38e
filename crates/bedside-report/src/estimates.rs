//! From a lane to the score of one metric on one set of items.

use bedside_core::Scale;
use bedside_stats::{ClusterKind, ClusteredMean, Design, Estimate, Interval, Level, Observation, Scale01, StatsError};

use crate::table::{CellEnd, ClusterLevel, ItemIndex, Lane};

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
            CellEnd::Answered(_) => {}
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
    let observation = |item: usize, epoch, score| Observation {
        item: u32::try_from(item).expect("items are bounded far below 2^32"),
        cluster: index.clusters[item],
        epoch,
        score,
    };
    let (mut n, mut ones, mut unparsed) = (0, 0, 0);
    let mut observed = Vec::new();
    let mut generous = Vec::new();
    for reading in lane.readings(metric, items.iter().copied()) {
        n += 1;
        ones += u64::from(reading.score >= 1.0);
        unparsed += u64::from(!reading.parsed);
        observed.push(observation(reading.item, reading.epoch, reading.score));
        generous.push(observation(reading.item, reading.epoch, if reading.parsed { reading.score } else { 1.0 }));
    }
    if observed.is_empty() {
        return Ok(None);
    }
    let estimate = design.mean_estimate(&observed)?;
    let unparsed_as_right = ClusteredMean::new(&generous)?.mean();
    let faults = lane.states(items.iter().copied()).filter(|(_, _, state)| matches!(state.end, CellEnd::Fault(_)));
    let with_faults: Vec<Observation> =
        faults.map(|(item, epoch, _)| observation(item, epoch, 0.0)).chain(observed).collect();
    let faults_as_failures = ClusteredMean::new(&with_faults)?.mean();
    Ok(Some(Score { estimate, n, ones, unparsed, faults_as_failures, unparsed_as_right }))
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
    let mut observations = Vec::new();
    for &item in items {
        let (sum, n) =
            floor.readings(metric, [item]).fold((0.0, 0_u32), |(sum, n), reading| (sum + reading.score, n + 1));
        if n == 0 {
            continue;
        }
        let floor_score = sum / f64::from(n);
        observations.extend(lane.readings(metric, [item]).map(|reading| Observation {
            item: u32::try_from(item).expect("items are bounded far below 2^32"),
            cluster: index.clusters[item],
            epoch: reading.epoch,
            score: f64::midpoint(reading.score - floor_score, 1.0).clamp(0.0, 1.0),
        }));
    }
    if observations.is_empty() {
        return Ok(None);
    }
    let halved = Design { scale: Scale01::Continuous, ..design.clone() }.mean_estimate(&observations)?;
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
