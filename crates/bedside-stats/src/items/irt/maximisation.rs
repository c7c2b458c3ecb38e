//! Curves that fit the expected abilities best: the M step, a logistic regression for each item.

use super::expectation::{Curves, Expectation};
use super::model::{logistic, softplus};
use crate::items::Responses;
use rayon::prelude::*;

/// Largest discrimination. An item that parts takers without a single error has no finite one; such items stop here and say so.
pub(super) const STEEPEST: f64 = 10.0;
/// Newton steps within one M step; two or three suffice near the end.
const STEPS: u32 = 25;
/// A Newton step this small ends them.
const SMALL: f64 = 1e-10;
/// Longest Newton step, in logits: far from the solution the parabola misleads.
const LONGEST: f64 = 2.0;
/// A fall of the log-likelihood by less than this share of it is rounding.
const ROUNDING: f64 = 1e-13;

/// Slope and intercept of every item by themselves.
pub(super) fn separate(responses: &Responses, expected: &Expectation, from: &Curves) -> Curves {
    let found: Vec<(f64, f64)> = (0..responses.items())
        .into_par_iter()
        .map(|item| {
            let regression = Regression::new(responses, expected, item);
            let (a, d) = regression.best(from.slope[item], from.intercept[item], true);
            if a.abs() > STEEPEST {
                let bound = STEEPEST.copysign(a);
                (bound, regression.best(bound, d, false).1)
            } else {
                (a, d)
            }
        })
        .collect();
    let (slope, intercept) = found.into_iter().unzip();
    Curves { slope, intercept }
}

/// One slope for all items, and an intercept for each.
pub(super) fn common(responses: &Responses, expected: &Expectation, from: &Curves) -> Curves {
    let regressions: Vec<Regression> =
        (0..responses.items()).into_par_iter().map(|item| Regression::new(responses, expected, item)).collect();
    let (mut slope, mut intercept) = (from.slope[0], from.intercept.clone());
    let at = |slope: f64, intercept: &[f64]| -> Vec<Local> {
        regressions.par_iter().zip(intercept).map(|(regression, &d)| regression.at(slope, d)).collect()
    };
    let mut here = at(slope, &intercept);
    for _ in 0..STEPS {
        // Block elimination: the intercepts meet only in the slope.
        let (mut gradient, mut curvature) = (0.0, 0.0);
        for local in &here {
            let share = local.cross / local.of_intercept;
            gradient += local.by_slope - share * local.by_intercept;
            curvature += local.of_slope - share * local.cross;
        }
        let step = gradient / curvature;
        let steps: Vec<f64> =
            here.iter().map(|local| (local.by_intercept - local.cross * step) / local.of_intercept).collect();
        let largest = steps.iter().fold(step.abs(), |most, step| most.max(step.abs()));
        if !largest.is_finite() {
            break;
        }
        let value: f64 = here.iter().map(|local| local.value).sum();
        let mut length = (LONGEST / largest).min(1.0);
        loop {
            let there: Vec<f64> = intercept.iter().zip(&steps).map(|(d, step)| d + length * step).collect();
            let next = at(slope + length * step, &there);
            let better = next.iter().map(|local| local.value).sum::<f64>() >= value - ROUNDING * value.abs();
            if better || length * largest < SMALL {
                slope += length * step;
                intercept = there;
                here = next;
                break;
            }
            length /= 2.0;
        }
        if largest < SMALL {
            break;
        }
    }
    Curves { slope: vec![slope; responses.items()], intercept }
}

/// Logistic regression of one item's answers on expected ability.
struct Regression {
    takers: Vec<(f64, f64)>,
    right: f64,
    ability_of_right: f64,
}

/// Value, gradient and negative curvature of its log-likelihood at one slope and intercept.
#[derive(Clone, Copy)]
struct Local {
    value: f64,
    by_slope: f64,
    by_intercept: f64,
    of_slope: f64,
    of_intercept: f64,
    cross: f64,
}

impl Regression {
    fn new(responses: &Responses, expected: &Expectation, item: usize) -> Self {
        let (right, ability_of_right) = expected.right(responses, item);
        Self { takers: expected.takers_of(responses, item), right, ability_of_right }
    }

    fn at(&self, slope: f64, intercept: f64) -> Local {
        let mut local = Local {
            value: slope * self.ability_of_right + intercept * self.right,
            by_slope: self.ability_of_right,
            by_intercept: self.right,
            of_slope: 0.0,
            of_intercept: f64::MIN_POSITIVE,
            cross: 0.0,
        };
        for &(ability, number) in &self.takers {
            let z = slope * ability + intercept;
            let p = logistic(z);
            let spread = number * p * logistic(-z);
            local.value -= number * softplus(z);
            local.by_slope -= number * p * ability;
            local.by_intercept -= number * p;
            local.of_slope += spread * ability * ability;
            local.of_intercept += spread;
            local.cross += spread * ability;
        }
        local
    }

    /// The best slope and intercept from a start; the slope stays where it is unless `free`. Stops early beyond the bound.
    fn best(&self, mut slope: f64, mut intercept: f64, free: bool) -> (f64, f64) {
        let mut here = self.at(slope, intercept);
        for _ in 0..STEPS {
            let (step_slope, step_intercept) = if free {
                let determinant = here.of_slope * here.of_intercept - here.cross * here.cross;
                let determinant = determinant.max(f64::MIN_POSITIVE);
                (
                    (here.of_intercept * here.by_slope - here.cross * here.by_intercept) / determinant,
                    (here.of_slope * here.by_intercept - here.cross * here.by_slope) / determinant,
                )
            } else {
                (0.0, here.by_intercept / here.of_intercept)
            };
            let largest = step_slope.abs().max(step_intercept.abs());
            if !largest.is_finite() {
                break;
            }
            let mut length = (LONGEST / largest).min(1.0);
            loop {
                let next = self.at(slope + length * step_slope, intercept + length * step_intercept);
                if next.value >= here.value - ROUNDING * here.value.abs() || length * largest < SMALL {
                    slope += length * step_slope;
                    intercept += length * step_intercept;
                    here = next;
                    break;
                }
                length /= 2.0;
            }
            if largest < SMALL || (free && slope.abs() > STEEPEST) {
                break;
            }
        }
        (slope, intercept)
    }
}
