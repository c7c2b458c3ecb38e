//! From a lane to the score of one metric on one set of items.

use bedside_core::Scale;
use bedside_stats::{ClusterKind, ClusteredMean, Design, Estimate, Level, Observation, Scale01, StatsError};

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
