//! The expectation-maximisation of Dawid and Skene's model, with weights for items.

use crate::agreement::Ratings;
use crate::agreement::ratings::Cell;

/// Parameters and posteriors.
#[derive(Debug, Clone)]
pub(super) struct Fit {
    pub prevalence: Vec<f64>,
    /// By rater, true class, category said.
    pub confusion: Vec<Vec<Vec<f64>>>,
    pub posterior: Vec<Vec<f64>>,
    pub log_likelihood: f64,
}

/// Fits the model to the items of `ratings` and `more` of them, with one weight each. Starts from `start`, or from majority
/// votes. Says whether it settled and in how many steps.
pub(super) fn fit(
    ratings: &Ratings,
    more: &[Vec<Cell>],
    weights: &[f64],
    start: Option<&Fit>,
    most_steps: u32,
    settled: f64,
) -> (Fit, bool, u32) {
    let q = ratings.categories().len();
    let n_raters = ratings.n_raters();
    let items: Vec<&[Cell]> = ratings.units().iter().chain(more).map(Vec::as_slice).collect();
    let votes = |cells: &[Cell]| -> Vec<f64> {
        (0..q).map(|k| cells.iter().filter(|cell| cell.category == k).count() as f64 / cells.len() as f64).collect()
    };
    let mut now = if let Some(start) = start {
        start.clone()
    } else {
        let posterior: Vec<Vec<f64>> = items.iter().map(|cells| votes(cells)).collect();
        maximise(&items, weights, posterior, None, n_raters, q)
    };
    for step in 1..=most_steps {
        let (posterior, log_likelihood) = expect(&items, weights, &now);
        let next = maximise(&items, weights, posterior, Some(&now), n_raters, q);
        let change = largest_change(&now, &next);
        now = Fit { log_likelihood, ..next };
        if change <= settled {
            return (now, true, step);
        }
    }
    (now, false, most_steps)
}

/// Posteriors of the items, and the log-likelihood, under the parameters.
fn expect(items: &[&[Cell]], weights: &[f64], fit: &Fit) -> (Vec<Vec<f64>>, f64) {
    let mut log_likelihood = 0.0;
    // Logarithms, because a hundred raters multiply to less than the smallest number.
    let shares: Vec<f64> = fit.prevalence.iter().map(|share| share.ln()).collect();
    let said: Vec<Vec<Vec<f64>>> = fit
        .confusion
        .iter()
        .map(|rows| rows.iter().map(|row| row.iter().map(|share| share.ln()).collect()).collect())
        .collect();
    let posterior = items
        .iter()
        .zip(weights)
        .map(|(cells, weight)| {
            let log = |(k, share): (usize, &f64)| {
                share + cells.iter().map(|cell| said[cell.rater][k][cell.category]).sum::<f64>()
            };
            let logs: Vec<f64> = shares.iter().enumerate().map(log).collect();
            let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let shares: Vec<f64> = logs.iter().map(|log| (log - most).exp()).collect();
            let all: f64 = shares.iter().sum();
            log_likelihood += weight * (most + all.ln());
            shares.iter().map(|share| share / all).collect()
        })
        .collect();
    (posterior, log_likelihood)
}

/// Parameters from posteriors. A rater who saw no item of a class keeps what was thought of him.
fn maximise(
    items: &[&[Cell]],
    weights: &[f64],
    posterior: Vec<Vec<f64>>,
    before: Option<&Fit>,
    n_raters: usize,
    q: usize,
) -> Fit {
    let mut prevalence = vec![0.0; q];
    let mut confusion = vec![vec![vec![0.0; q]; q]; n_raters];
    for ((cells, weight), shares) in items.iter().zip(weights).zip(&posterior) {
        for (k, share) in shares.iter().enumerate() {
            prevalence[k] += weight * share;
            cells.iter().for_each(|cell| confusion[cell.rater][k][cell.category] += weight * share);
        }
    }
    let all: f64 = prevalence.iter().sum();
    for share in &mut prevalence {
        *share /= all;
    }
    for (rater, rows) in confusion.iter_mut().enumerate() {
        for (k, row) in rows.iter_mut().enumerate() {
            let seen: f64 = row.iter().sum();
            if seen > 0.0 {
                for share in row {
                    *share /= seen;
                }
            } else {
                *row = before.map_or_else(|| vec![1.0 / q as f64; q], |fit| fit.confusion[rater][k].clone());
            }
        }
    }
    Fit { prevalence, confusion, posterior, log_likelihood: f64::NEG_INFINITY }
}

fn largest_change(a: &Fit, b: &Fit) -> f64 {
    let shares = a.prevalence.iter().zip(&b.prevalence);
    let cells = a.confusion.iter().flatten().flatten().zip(b.confusion.iter().flatten().flatten());
    shares.chain(cells).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}
