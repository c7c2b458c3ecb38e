//! Observed and chance agreement of weighted units, and how each unit moves the coefficient.

use super::Coefficient;
use crate::agreement::envelope::{Unit, Weighted};
use crate::agreement::ratings::Cell;

/// A unit with the mean weight of its pairs of ratings.
pub(super) fn prepare(cells: Vec<Cell>, weights: &[Vec<f64>]) -> Unit {
    let mut sum = 0.0;
    for (at, a) in cells.iter().enumerate() {
        sum += cells[at + 1..].iter().map(|b| weights[a.category][b.category]).sum::<f64>();
    }
    let pairs = cells.len() * cells.len().saturating_sub(1) / 2;
    Unit { agreement: if pairs > 0 { sum / pairs as f64 } else { 0.0 }, cells }
}

/// Observed and chance agreement with the shares that they come from.
#[derive(Debug)]
pub(super) struct Parts {
    coefficient: Coefficient,
    /// `pa`.
    pub agreement: f64,
    /// `pe`.
    pub chance: f64,
    /// Share of each category.
    shares: Vec<f64>,
    /// Share of each category by rater, and the share of units that the rater rated; for Conger's coefficient only.
    by_rater: Vec<(Vec<f64>, f64)>,
}

/// The parts of a coefficient on weighted units.
pub(super) fn parts(units: &Weighted<'_>, weights: &[Vec<f64>], n_raters: usize, coefficient: Coefficient) -> Parts {
    let q = weights.len();
    let by_ratings = coefficient == Coefficient::Krippendorff;
    let (mut pairable, mut agreeing, mut all) = (0.0, 0.0, 0.0);
    let mut shares = vec![0.0; q];
    for &(weight, unit) in units {
        let r = unit.cells.len();
        let weight = if by_ratings { weight * r as f64 } else { weight };
        if r > 1 {
            pairable += weight;
            agreeing += weight * unit.agreement;
        } else if by_ratings {
            continue;
        }
        all += weight;
        unit.cells.iter().for_each(|cell| shares[cell.category] += weight / r as f64);
    }
    for share in &mut shares {
        *share /= all;
    }
    let mut agreement = agreeing / pairable;
    let by_rater = if coefficient == Coefficient::Conger { rater_shares(units, q, n_raters, all) } else { Vec::new() };
    let total: f64 = weights.iter().flatten().sum();
    let size = q as f64;
    let chance = match coefficient {
        Coefficient::BrennanPrediger => total / (size * size),
        Coefficient::Fleiss => form(weights, &shares, &shares),
        Coefficient::Gwet if q < 2 => 1.0,
        Coefficient::Gwet => total * shares.iter().map(|p| p * (1.0 - p)).sum::<f64>() / (size * (size - 1.0)),
        Coefficient::Conger => {
            let mut sum = 0.0;
            for (g, (first, _)) in by_rater.iter().enumerate() {
                sum += by_rater[g + 1..].iter().map(|(second, _)| form(weights, first, second)).sum::<f64>();
            }
            sum / (n_raters * (n_raters - 1) / 2) as f64
        }
        Coefficient::Krippendorff => {
            // The number of ratings, not their weight: a draw stands for as many.
            let ratings: usize = units.iter().map(|(_, unit)| unit.cells.len()).filter(|&r| r > 1).sum();
            let epsilon = 1.0 / ratings as f64;
            agreement = (1.0 - epsilon) * agreement + epsilon;
            form(weights, &shares, &shares)
        }
    };
    // Sums of shares come out as 1 - 1e-16 for constant ratings; that is 1.
    let chance = if chance > 1.0 - 1e-12 { 1.0 } else { chance };
    let agreement = if agreement > 1.0 - 1e-14 { 1.0 } else { agreement };
    Parts { coefficient, agreement, chance, shares, by_rater }
}

impl Parts {
    /// `(pa - pe) / (1 - pe)`; not a number when chance is certain to agree.
    pub fn value(&self) -> f64 {
        (self.agreement - self.chance) / (1.0 - self.chance)
    }

    /// Variance of the coefficient by linearisation over units of weight 1, and the number of units it is taken over; not a
    /// number for one unit.
    pub fn variance(&self, units: &[Unit], weights: &[Vec<f64>]) -> (f64, usize) {
        let counted: Vec<&Unit> =
            units.iter().filter(|unit| self.coefficient != Coefficient::Krippendorff || unit.cells.len() > 1).collect();
        let n = counted.len() as f64;
        let pairable = counted.iter().filter(|unit| unit.cells.len() > 1).count() as f64;
        let mean_ratings = counted.iter().map(|unit| unit.cells.len()).sum::<usize>() as f64 / n;
        // What one unit adds to chance agreement, up to a constant.
        let slopes: Vec<f64> = match self.coefficient {
            Coefficient::Gwet => {
                let q = weights.len() as f64;
                let total: f64 = weights.iter().flatten().sum();
                self.shares.iter().map(|p| total * (1.0 - p) / (q * (q - 1.0))).collect()
            }
            _ => weights.iter().map(|row| row.iter().zip(&self.shares).map(|(w, p)| w * p).sum()).collect(),
        };
        let value = self.centre(units);
        let squares: f64 = counted
            .iter()
            .map(|unit| {
                let r = unit.cells.len() as f64;
                let sum = |of: &dyn Fn(&Cell) -> f64| unit.cells.iter().map(of).sum::<f64>();
                let slope = sum(&|cell| slopes[cell.category]);
                let (seen, chance) = if self.coefficient == Coefficient::Krippendorff {
                    let more = r / mean_ratings - 1.0;
                    // The corrected agreement in the second term, as published; without it the difference is of order 1/n.
                    (
                        unit.agreement * r / mean_ratings - self.agreement * more - self.chance,
                        slope / mean_ratings - self.chance * more - self.chance,
                    )
                } else {
                    let seen = if r > 1.0 { (unit.agreement - self.chance) * n / pairable } else { 0.0 };
                    let chance = match self.coefficient {
                        Coefficient::BrennanPrediger => 0.0,
                        Coefficient::Conger => sum(&|cell| self.rater_slope(cell, weights)),
                        _ => slope / r - self.chance,
                    };
                    (seen, chance)
                };
                let moved = (seen - 2.0 * (1.0 - value) * chance) / (1.0 - self.chance);
                (moved - value).powi(2)
            })
            .sum();
        (squares / (n * (n - 1.0)), counted.len())
    }

    /// The coefficient that the linearisation is centred at: Krippendorff's without its small-sample correction.
    fn centre(&self, units: &[Unit]) -> f64 {
        if self.coefficient != Coefficient::Krippendorff {
            return self.value();
        }
        let ratings = units.iter().map(|unit| unit.cells.len()).filter(|&r| r > 1).sum::<usize>() as f64;
        let agreement = (self.agreement * ratings - 1.0) / (ratings - 1.0);
        (agreement - self.chance) / (1.0 - self.chance)
    }

    /// Half of what one rating adds to the mean chance agreement over pairs of raters.
    fn rater_slope(&self, cell: &Cell, weights: &[Vec<f64>]) -> f64 {
        let (own, rated) = &self.by_rater[cell.rater];
        let n_raters = self.by_rater.len() as f64;
        let others = |k: usize| {
            let row = &weights[k];
            let all: f64 = self.by_rater.iter().map(|(p, _)| row.iter().zip(p).map(|(w, p)| w * p).sum::<f64>()).sum();
            all - row.iter().zip(own).map(|(w, p)| w * p).sum::<f64>()
        };
        let mean: f64 = own.iter().enumerate().map(|(k, p)| p * others(k)).sum();
        (others(cell.category) - mean) / (rated * n_raters * (n_raters - 1.0))
    }
}

/// `Σ w_kl a_k b_l`.
fn form(weights: &[Vec<f64>], a: &[f64], b: &[f64]) -> f64 {
    weights.iter().zip(a).map(|(row, a)| a * row.iter().zip(b).map(|(w, b)| w * b).sum::<f64>()).sum()
}

fn rater_shares(units: &Weighted<'_>, q: usize, n_raters: usize, all: f64) -> Vec<(Vec<f64>, f64)> {
    let mut shares = vec![(vec![0.0; q], 0.0); n_raters];
    for &(weight, unit) in units {
        for cell in &unit.cells {
            let (of, rated) = &mut shares[cell.rater];
            of[cell.category] += weight;
            *rated += weight;
        }
    }
    for (of, rated) in &mut shares {
        for share in of {
            *share /= *rated;
        }
        *rated /= all;
    }
    shares
}
