//! Standard errors from the observed information: what complete data would tell, less what not knowing abilities costs (Louis).

use super::expectation::{Curves, Expectation};
use super::model::logistic;
use crate::items::Responses;
use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

/// Variances of an item's slope and intercept, and their covariance.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Errors {
    pub of_slope: Option<f64>,
    pub of_intercept: Option<f64>,
    pub cross: f64,
}

/// Where the parameters of an item stand in the vector of all.
#[derive(Debug, Clone, Copy)]
struct Places {
    slope: Option<usize>,
    intercept: usize,
}

fn places(free: &[bool], shared: bool) -> (Vec<Places>, usize) {
    let mut next = usize::from(shared);
    let mut take = || {
        next += 1;
        next - 1
    };
    let places = free
        .iter()
        .map(|&free| Places { slope: if shared { Some(0) } else { free.then(&mut take) }, intercept: take() })
        .collect();
    (places, next)
}

/// From the inverse of the information on all parameters together; `None` if it has none.
pub(super) fn joint(
    responses: &Responses,
    curves: &Curves,
    expected: &Expectation,
    free: &[bool],
    shared: bool,
) -> Option<Vec<Errors>> {
    let (places, size) = places(free, shared);
    let mut information = DMatrix::<f64>::zeros(size, size);
    for (item, place) in places.iter().enumerate() {
        let [aa, ad, dd] = complete(responses, curves, expected, item);
        information[(place.intercept, place.intercept)] += dd;
        if let Some(slope) = place.slope {
            information[(slope, slope)] += aa;
            information[(slope, place.intercept)] += ad;
            information[(place.intercept, slope)] += ad;
        }
    }
    for (row, posterior) in expected.posteriors.iter().enumerate() {
        let points = &expected.grid.points[posterior.from..][..posterior.weights.len()];
        let mut scores = DMatrix::<f64>::zeros(size, points.len());
        for (item, place) in places.iter().enumerate() {
            let Some(answer) = responses.answer(row, item) else { continue };
            for (at, point) in points.iter().enumerate() {
                let excess = f64::from(answer) - logistic(curves.slope[item] * point + curves.intercept[item]);
                scores[(place.intercept, at)] += excess;
                if let Some(slope) = place.slope {
                    scores[(slope, at)] += excess * point;
                }
            }
        }
        let mean = &scores * DVector::from_column_slice(&posterior.weights);
        for (at, weight) in posterior.weights.iter().enumerate() {
            let mut column = scores.column_mut(at);
            column -= &mean;
            column *= weight.sqrt();
        }
        information.gemm(-(responses.count(row) as f64), &scores, &scores.transpose(), 1.0);
    }
    let covariance = information.cholesky()?.inverse();
    let errors = places.iter().map(|place| Errors {
        of_slope: place.slope.map(|slope| covariance[(slope, slope)]),
        of_intercept: Some(covariance[(place.intercept, place.intercept)]),
        cross: place.slope.map_or(0.0, |slope| covariance[(slope, place.intercept)]),
    });
    Some(errors.collect())
}

/// From each item's own information, the others held fixed; a common slope is held fixed too.
pub(super) fn by_item(
    responses: &Responses,
    curves: &Curves,
    expected: &Expectation,
    free: &[bool],
    shared: bool,
) -> Vec<Errors> {
    let of = |item: usize| {
        let [mut aa, mut ad, mut dd] = complete(responses, curves, expected, item);
        for (row, posterior) in expected.posteriors.iter().enumerate() {
            let Some(answer) = responses.answer(row, item) else { continue };
            let [mut a, mut d, mut squares_a, mut products, mut squares_d] = [0.0; 5];
            for (weight, point) in posterior.weights.iter().zip(&expected.grid.points[posterior.from..]) {
                let excess = f64::from(answer) - logistic(curves.slope[item] * point + curves.intercept[item]);
                let by_slope = excess * point;
                a += weight * by_slope;
                d += weight * excess;
                squares_a += weight * by_slope * by_slope;
                products += weight * by_slope * excess;
                squares_d += weight * excess * excess;
            }
            let count = responses.count(row) as f64;
            aa -= count * (squares_a - a * a);
            ad -= count * (products - a * d);
            dd -= count * (squares_d - d * d);
        }
        let determinant = aa * dd - ad * ad;
        let proper = |variance: f64| (variance.is_finite() && variance > 0.0).then_some(variance);
        if free[item] && !shared {
            Errors {
                of_slope: proper(dd / determinant),
                of_intercept: proper(aa / determinant),
                cross: -ad / determinant,
            }
        } else {
            Errors { of_slope: shared.then_some(0.0), of_intercept: proper(1.0 / dd), cross: 0.0 }
        }
    };
    (0..responses.items()).into_par_iter().map(of).collect()
}

/// Information that complete data would give on slope, both, and intercept of one item.
fn complete(responses: &Responses, curves: &Curves, expected: &Expectation, item: usize) -> [f64; 3] {
    expected.takers_of(responses, item).iter().fold([0.0; 3], |[aa, ad, dd], &(ability, number)| {
        let z = curves.slope[item] * ability + curves.intercept[item];
        let spread = number * logistic(z) * logistic(-z);
        [aa + spread * ability * ability, ad + spread * ability, dd + spread]
    })
}
