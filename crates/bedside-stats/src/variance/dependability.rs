//! How reliably systems are told apart, from what pairs of them have in common.

use super::draws::{chi_square, dice, middle, variance};
use super::facet::Cell;
use super::moments::Decomposition;
use super::shares::{RESAMPLES, Role, Settings, SystemShares, role};
use crate::{Figure, Interval, Level, StatsError};
use std::collections::{BTreeMap, BTreeSet};

/// A system is paired with this many others to see what they have in common.
const PARTNERS: usize = 5;

/// Reliability of the ranking of systems.
#[derive(Debug, Clone, PartialEq)]
pub struct Dependability {
    /// Variance between systems' expected scores as it comes, possibly negative.
    pub systems_raw: f64,
    /// Mean error variance of a system's own score.
    pub absolute_error: f64,
    /// Mean error variance of differences between systems, a half for each.
    pub relative_error: f64,
    /// Share of the variance of observed means that is not absolute error.
    pub phi: Figure,
    /// Its interval: how few the systems are; the errors are taken as known.
    pub phi_ci: Option<Interval>,
    /// The same with the relative error.
    pub generalizability: Figure,
}

/// Reliability of the systems' order, from what pairs of systems have in common.
pub(super) fn dependability(
    systems: &[SystemShares],
    cells: &[Vec<Cell>],
    settings: &Settings,
    level: Level,
) -> Result<Dependability, StatsError> {
    let n = systems.len();
    let absolute = |at: usize| systems[at].parts.iter().map(|part| part.contribution).sum::<f64>();
    let (mut sum, mut pairs) = (0.0, 0.0);
    for step in 1..=PARTNERS.min(n / 2) {
        for one in 0..n {
            let other = (one + step) % n;
            sum += half_error_of_difference(&cells[one], &cells[other], settings)?
                .unwrap_or(f64::midpoint(absolute(one), absolute(other)));
            pairs += 1.0;
        }
    }
    let relative_error: f64 = sum / pairs;
    let absolute_error = (0..n).map(absolute).sum::<f64>() / n as f64;
    let observed = variance(&systems.iter().map(|system| system.mean).collect::<Vec<_>>());
    let systems_raw = observed - relative_error;
    let coefficient = |between: f64, error: f64| Figure::ratio(between.max(0.0), between.max(0.0) + error);
    let phi = coefficient(systems_raw, absolute_error);
    let mut dice = dice(settings.seed);
    let draws = (0..RESAMPLES).filter_map(|_| {
        let between = observed * (n as f64 - 1.0) / chi_square(n - 1, &mut dice) - relative_error;
        coefficient(between, absolute_error).number()
    });
    let draws: Vec<f64> = draws.collect();
    // Without error every draw is 1, and with means closer than their error allows every draw is 0: no width, no interval.
    let phi_ci = match phi.number() {
        Some(value) => Some(middle(draws, value, level)?).filter(|interval| interval.width() > 0.0),
        None => None,
    };
    let generalizability = coefficient(systems_raw, relative_error);
    Ok(Dependability { systems_raw, absolute_error, relative_error, phi, phi_ci, generalizability })
}

/// Half the error variance of the difference of two systems on the cells they share; `None` without at least two clusters.
fn half_error_of_difference(one: &[Cell], other: &[Cell], settings: &Settings) -> Result<Option<f64>, StatsError> {
    let place = |cell: &Cell| (cell.item, cell.prompt, cell.epoch, cell.judge, cell.scaffold);
    let scores: BTreeMap<_, f64> = other.iter().map(|cell| (place(cell), cell.score)).collect();
    let differences: Vec<Cell> = one
        .iter()
        .filter_map(|cell| scores.get(&place(cell)).map(|score| Cell { score: cell.score - score, ..*cell }))
        .collect();
    if differences.iter().map(|cell| cell.cluster).collect::<BTreeSet<_>>().len() < 2 {
        return Ok(None);
    }
    let found = Decomposition::new(&differences)?;
    let counted = (0..found.partitions.len()).filter(|&at| !matches!(role(&found, at, settings), Role::Out(_)));
    Ok(Some(counted.map(|at| found.multipliers[at] * found.raw[at].max(0.0)).sum::<f64>() / 2.0))
}
