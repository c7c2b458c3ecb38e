//! Limits for a corrected mean that stay honest when judge and audit seldom or never differ.
//!
//! A standard error sees only the differences that the audit happened to find. Found none, it says 0. The limits here come
//! from exact ones for each kind of answer, put together by squares (MOVER).

use std::collections::BTreeMap;

use crate::interval::{clopper_pearson, wilson};
use crate::quantile::{normal_upper, student_upper};
use crate::{Level, StatsError};

/// With fewer of either outcome than this the exact interval is taken, as in [`crate::rule`].
const SMALL_CELL: f64 = 15.0;
/// With this many clusters' worth of the rarer outcome, the design effect is left to the data, as in [`crate::effective`].
const CLUSTERS_OF_EVENTS: f64 = 3.0;

/// One audited answer: its share of the audit's weight, its cluster, what the judge said and what is so.
#[derive(Debug, Clone, Copy)]
pub(super) struct Audited {
    pub weight: f64,
    pub cluster: u32,
    pub judge: f64,
    pub gold: f64,
}

impl Audited {
    /// Whether judge and audit are both yes or no.
    pub fn is_binary(&self) -> bool {
        [self.judge, self.gold].iter().all(|score| matches!(*score, 0.0 | 1.0))
    }
}

/// Limits for the true share, from yes/no judgements: the share of yes among answers that the judge passed and among those
/// it failed, each with its own interval, weighted with the judge's share of passes in the whole run.
///
/// `judge_half` is the half-width of the interval for that share.
pub(super) fn from_yes_no(
    audited: &[Audited],
    judge_mean: f64,
    judge_half: f64,
    level: Level,
) -> Result<(f64, f64), StatsError> {
    let total: f64 = audited.iter().map(|a| a.weight).sum();
    let overall = audited.iter().map(|a| a.weight * a.gold).sum::<f64>() / total;
    let mut shares = [(overall, 0.0, 1.0); 2];
    for (verdict, place) in [0.0, 1.0].into_iter().zip(&mut shares) {
        let kind: Vec<(f64, u32, f64)> =
            audited.iter().filter(|a| (a.judge - verdict).abs() < 0.5).map(|a| (a.weight, a.cluster, a.gold)).collect();
        // A kind of answer of which none was audited may be anything.
        if !kind.is_empty() {
            *place = share(&kind, level)?;
        }
    }
    let [(failed, failed_low, failed_high), (passed, passed_low, passed_high)] = shares;
    let weights = [1.0 - judge_mean, judge_mean];
    let centre = weights[0] * failed + weights[1] * passed;
    let judge_part = ((passed - failed) * judge_half).powi(2);
    let half = |of_failed: f64, of_passed: f64| {
        ((weights[0] * of_failed).powi(2) + (weights[1] * of_passed).powi(2) + judge_part).sqrt()
    };
    Ok((
        centre - half(failed - failed_low, passed - passed_low),
        centre + half(failed_high - failed, passed_high - passed),
    ))
}

/// Limits for the true mean, from scores between 0 and 1 of which the audit changed few: exact ones for the mean rise and
/// the mean fall, each cluster counted as one yes/no case, added to the judge's mean.
pub(super) fn from_few_changes(
    audited: &[Audited],
    judge_mean: f64,
    judge_half: f64,
    level: Level,
) -> Result<(f64, f64), StatsError> {
    let total: f64 = audited.iter().map(|a| a.weight).sum();
    let mean = |of: fn(f64) -> f64| audited.iter().map(|a| a.weight * of(a.gold - a.judge)).sum::<f64>() / total;
    let (rise, fall) = (mean(|d| d.max(0.0)), mean(|d| (-d).max(0.0)));
    let g = equivalent(audited.iter().map(|a| (a.cluster, a.weight)));
    let limits = |part: f64| clopper_pearson((part * g).clamp(0.0, g), g, level);
    let (rises, falls) = (limits(rise)?, limits(fall)?);
    let centre = judge_mean + rise - fall;
    let down = ((rise - rises.lower()).powi(2) + (falls.upper() - fall).powi(2) + judge_half.powi(2)).sqrt();
    let up = ((rises.upper() - rise).powi(2) + (fall - falls.lower()).powi(2) + judge_half.powi(2)).sqrt();
    Ok((centre - down, centre + up))
}

/// Number of clusters of one weight that would be worth as much: `(Σ w)² / Σ w_c²`.
pub(super) fn equivalent(parts: impl IntoIterator<Item = (u32, f64)>) -> f64 {
    let mut weights: BTreeMap<u32, f64> = BTreeMap::new();
    for (cluster, weight) in parts {
        *weights.entry(cluster).or_default() += weight;
    }
    let total: f64 = weights.values().sum();
    total * total / weights.values().map(|weight| weight * weight).sum::<f64>()
}

/// A weighted share of yes with its limits: Wilson's or exact ones on as many independent cases as are as precise.
fn share(kind: &[(f64, u32, f64)], level: Level) -> Result<(f64, f64, f64), StatsError> {
    let total: f64 = kind.iter().map(|(w, _, _)| w).sum();
    let p = (kind.iter().map(|(w, _, y)| w * y).sum::<f64>() / total).clamp(0.0, 1.0);
    let cases = total * total / kind.iter().map(|(w, _, _)| w * w).sum::<f64>();
    let g = equivalent(kind.iter().map(|(w, cluster, _)| (*cluster, *w)));
    let n = if cases - g < 1e-9 * cases { cases } else { clustered(kind, p, total, cases, g, level) };
    let n = n.max(1e-6);
    let events = (p * n).clamp(0.0, n);
    let interval = if events.min(n - events) < SMALL_CELL {
        clopper_pearson(events, n, level)?
    } else {
        wilson(events, n, level)?
    };
    Ok((p, interval.lower(), interval.upper()))
}

/// Effective number of cases when some share a cluster; as [`crate::effective::korn_graubard`], with weights.
fn clustered(kind: &[(f64, u32, f64)], p: f64, total: f64, cases: f64, g: f64, level: Level) -> f64 {
    if g <= 1.0 + 1e-9 {
        return 0.0;
    }
    let rare = (1.0 - g * p.min(1.0 - p) / CLUSTERS_OF_EVENTS).max(0.0).powi(2);
    let allowed = cases / crate::effective::design_effect(cases / g, rare);
    let mut sums: BTreeMap<u32, f64> = BTreeMap::new();
    for (weight, cluster, y) in kind {
        *sums.entry(*cluster).or_default() += weight / total * (y - p);
    }
    let variance = sums.values().map(|sum| sum * sum).sum::<f64>() * g / (g - 1.0);
    let freedom = (g - 1.0).max(1.0);
    let t_ratio = normal_upper(level.tail()) / student_upper(freedom, level.tail());
    let from_data = if variance > 1e-18 { p * (1.0 - p) / variance } else { cases };
    (from_data.min(cases) * t_ratio.powi(2)).min(allowed)
}
