//! Where each taker's ability lies, given the items: the E step.
//!
//! With nothing missing, a taker's likelihood depends on the answers only through `Σ a` and `Σ d` over the items answered
//! rightly, so that a step costs takers × points and items × points, never the product of all three.

use super::grid::Grid;
use super::model::{Item, softplus};
use crate::items::Responses;
use rayon::prelude::*;

/// Items summed together: fixed, so that sums are the same on any number of threads.
const CHUNK: usize = 64;
/// Logarithm below the peak at which a posterior is cut off: 1e-17 of it.
const CUT: f64 = 40.0;

/// Slopes and intercepts of all items.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Curves {
    pub slope: Vec<f64>,
    pub intercept: Vec<f64>,
}

impl Curves {
    fn items(&self) -> impl Iterator<Item = Item> + Clone + '_ {
        // A slope of 0 has no difficulty, and no information either.
        self.slope
            .iter()
            .zip(&self.intercept)
            .map(|(&a, &d)| if a.abs() > 1e-12 { Item { a, b: -d / a } } else { Item { a: 0.0, b: 0.0 } })
    }
}

/// The posterior of one row's ability: weights at consecutive points of the grid, summing to 1.
#[derive(Debug, Clone)]
pub(super) struct Posterior {
    pub from: usize,
    pub weights: Vec<f64>,
    pub mean: f64,
    pub square: f64,
    ln_likelihood: f64,
}

/// All posteriors and what is summed from them.
#[derive(Debug)]
pub(super) struct Expectation {
    pub grid: Grid,
    pub posteriors: Vec<Posterior>,
    pub ln_likelihood: f64,
    /// Expected number of takers at each point.
    pub takers: Vec<f64>,
    /// Mean and standard deviation of ability over takers.
    pub mean: f64,
    pub deviation: f64,
}

impl Expectation {
    pub fn new(responses: &Responses, curves: &Curves) -> Self {
        let grid = Grid::new(&curves.items(), 0.0);
        let some_missing = (0..responses.rows()).any(|row| responses.missing_in(row).next().is_some());
        let of = |item: usize| -> Vec<f64> {
            grid.points.iter().map(|point| softplus(curves.slope[item] * point + curves.intercept[item])).collect()
        };
        let table: Vec<Vec<f64>> =
            if some_missing { (0..responses.items()).into_par_iter().map(of).collect() } else { Vec::new() };
        let chunks: Vec<Vec<f64>> = (0..responses.items().div_ceil(CHUNK))
            .into_par_iter()
            .map(|chunk| {
                let mut sums = vec![0.0; grid.points.len()];
                for item in chunk * CHUNK..responses.items().min((chunk + 1) * CHUNK) {
                    sums.iter_mut().zip(of(item)).for_each(|(sum, value)| *sum += value);
                }
                sums
            })
            .collect();
        let mut all = vec![0.0; grid.points.len()];
        for chunk in &chunks {
            all.iter_mut().zip(chunk).for_each(|(sum, value)| *sum += value);
        }
        let posteriors: Vec<Posterior> = (0..responses.rows())
            .into_par_iter()
            .map(|row| {
                let mut minus = all.clone();
                for item in responses.missing_in(row) {
                    minus.iter_mut().zip(&table[item]).for_each(|(sum, value)| *sum -= value);
                }
                posterior(responses, row, curves, &grid, minus)
            })
            .collect();
        let mut takers = vec![0.0; grid.points.len()];
        let (mut n, mut sum, mut squares, mut ln_likelihood) = (0.0, 0.0, 0.0, 0.0);
        for (row, posterior) in posteriors.iter().enumerate() {
            let count = responses.count(row) as f64;
            for (at, weight) in takers[posterior.from..].iter_mut().zip(&posterior.weights) {
                *at += count * weight;
            }
            n += count;
            sum += count * posterior.mean;
            squares += count * posterior.square;
            ln_likelihood += count * posterior.ln_likelihood;
        }
        let mean = sum / n;
        let deviation = (squares / n - mean * mean).max(f64::MIN_POSITIVE).sqrt();
        Self { grid, posteriors, ln_likelihood, takers, mean, deviation }
    }

    /// Expected number of takers who answered this item, at each point that has any: ability and number.
    pub fn takers_of(&self, responses: &Responses, item: usize) -> Vec<(f64, f64)> {
        let mut takers = self.takers.clone();
        for row in responses.missing(item) {
            let posterior = &self.posteriors[row];
            let count = responses.count(row) as f64;
            for (at, weight) in takers[posterior.from..].iter_mut().zip(&posterior.weights) {
                *at -= count * weight;
            }
        }
        // What is left by subtraction may be rounding.
        let points = self.grid.points.iter().copied().zip(takers);
        points.filter(|&(_, number)| number > 1e-12).collect()
    }

    /// Takers who answered this item rightly, and the sum of their expected abilities.
    pub fn right(&self, responses: &Responses, item: usize) -> (f64, f64) {
        responses.right(item).fold((0.0, 0.0), |(number, sum), row| {
            let count = responses.count(row) as f64;
            (number + count, sum + count * self.posteriors[row].mean)
        })
    }
}

/// The posterior of one row; `softplus` holds `Σ ln(1 + exp z)` over the items it answered, at each point.
fn posterior(responses: &Responses, row: usize, curves: &Curves, grid: &Grid, softplus: Vec<f64>) -> Posterior {
    let (slope, intercept) =
        responses.right_in(row).fold((0.0, 0.0), |(a, d), item| (a + curves.slope[item], d + curves.intercept[item]));
    let mut ln = softplus;
    for ((value, point), weight) in ln.iter_mut().zip(&grid.points).zip(&grid.ln_weights) {
        *value = slope * point + intercept - *value + weight;
    }
    let peak = ln.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    // The logarithm of the posterior is concave: what exceeds the cut is one stretch.
    let from = ln.iter().position(|value| value - peak > -CUT).unwrap_or(0);
    let mut weights: Vec<f64> =
        ln[from..].iter().take_while(|&value| value - peak > -CUT).map(|v| (v - peak).exp()).collect();
    let total: f64 = weights.iter().sum();
    let (mut mean, mut square) = (0.0, 0.0);
    for (weight, point) in weights.iter_mut().zip(&grid.points[from..]) {
        *weight /= total;
        mean += *weight * point;
        square += *weight * point * point;
    }
    Posterior { from, weights, mean, square, ln_likelihood: peak + total.ln() }
}
