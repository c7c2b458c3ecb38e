//! Intervals for the shares of Dawid and Skene's model.

use super::em::{Fit, fit};
use crate::agreement::Ratings;
use crate::agreement::chance_corrected::{assumptions, sample};
use crate::agreement::envelope::{dice, exponential};
use crate::agreement::ratings::Cell;
use crate::bootstrap::{at, below};
use crate::{Estimate, Interval, Level, Method, StatsError};
use rayon::prelude::*;

/// Refits per interval. 999 puts both 2.5 % points on an order statistic.
const REFITS: u32 = 999;
/// Change of a parameter at which a refit has settled: far below the width of any interval.
const SETTLED: f64 = 1e-5;
/// Steps of a refit at most; it starts near its end.
const STEPS: u32 = 2_000;

/// A share that the model estimates.
#[derive(Debug, Clone, Copy)]
pub(super) enum Share {
    /// Of a class among items.
    Prevalence { class: usize },
    /// Of a class that a rater recognises.
    Recognition { rater: usize, class: usize },
}

impl Share {
    fn of(self, fit: &Fit) -> f64 {
        match self {
            Self::Prevalence { class } => fit.prevalence[class],
            Self::Recognition { rater, class } => fit.confusion[rater][class][class],
        }
    }

    /// One item more that pulls the share down, or up: its raters, and what they say.
    fn pull(self, model: &[Cell], other: usize, up: bool) -> Vec<Cell> {
        let mut cells = model.to_vec();
        match self {
            Self::Prevalence { class } => {
                let category = if up { class } else { other };
                for cell in &mut cells {
                    cell.category = category;
                }
            }
            Self::Recognition { rater, class } => {
                for cell in &mut cells {
                    cell.category = if cell.rater == rater && !up { other } else { class };
                }
            }
        }
        cells
    }
}

pub(super) fn estimate(
    ratings: &Ratings,
    found: &Fit,
    share: Share,
    level: Level,
    seed: u64,
) -> Result<Estimate, StatsError> {
    let q = ratings.categories().len();
    let (Share::Prevalence { class } | Share::Recognition { class, .. }) = share;
    let rater = if let Share::Recognition { rater, .. } = share { rater } else { 0 };
    if class >= q || rater >= ratings.n_raters() || q < 2 {
        let why =
            format!("no interval for class {class} of rater {rater}: {q} categories, {} raters", ratings.n_raters());
        return Err(StatsError::Input { why });
    }
    // An item that the rater rated, for shares of that rater.
    let models: Vec<&Vec<Cell>> = ratings
        .units()
        .iter()
        .filter(|cells| {
            cells.len() > 2
                && (matches!(share, Share::Prevalence { .. }) || cells.iter().any(|cell| cell.rater == rater))
        })
        .collect();
    if models.is_empty() {
        return Err(StatsError::Input { why: format!("rater {rater} shares no item with two others") });
    }
    let value = share.of(found);
    let draws: Vec<(f64, f64)> = (0..REFITS)
        .into_par_iter()
        .map(|index| {
            let mut dice = dice(seed, index);
            let clusters: Vec<f64> = (0..ratings.n_clusters()).map(|_| exponential(&mut dice)).collect();
            let mut weights: Vec<f64> = ratings.clusters().iter().map(|&cluster| clusters[cluster]).collect();
            weights.push(exponential(&mut dice));
            let model = models[below(models.len(), &mut dice)];
            let other = (class + 1 + below(q - 1, &mut dice)) % q;
            let refit = |up| {
                let more = [share.pull(model, other, up)];
                share.of(&fit(ratings, &more, &weights, Some(&away_from_edges(found)), STEPS, SETTLED).0)
            };
            (refit(false), refit(true))
        })
        .collect();
    let (mut low, mut high): (Vec<f64>, Vec<f64>) = draws.into_iter().unzip();
    low.sort_by(f64::total_cmp);
    high.sort_by(f64::total_cmp);
    let (low, high) = (at(&low, level.tail()), at(&high, 1.0 - level.tail()));
    let ci = Interval::new(low.min(value).max(0.0), high.max(value).min(1.0), level)?;
    let mut words = assumptions(ratings);
    words.push("raters' errors independent given the true class; raters better than chance".into());
    Estimate::new(value, ci, Method::LATENT_ENVELOPE, sample(ratings), words)
}

/// The parameters moved off 0 and 1, where the iteration could not leave them.
fn away_from_edges(fit: &Fit) -> Fit {
    const EDGE: f64 = 0.01;
    let move_in = |shares: &mut Vec<f64>| {
        let q = shares.len() as f64;
        for share in shares {
            *share = (1.0 - EDGE) * *share + EDGE / q;
        }
    };
    let mut moved = fit.clone();
    move_in(&mut moved.prevalence);
    moved.confusion.iter_mut().flatten().for_each(move_in);
    moved
}
