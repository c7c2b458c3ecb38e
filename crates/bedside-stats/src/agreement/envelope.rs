//! An interval for any agreement coefficient: resampled units, and one unit more that agrees or differs.
//!
//! Standard errors fail exactly where agreement is reported: near 1, and when one category holds most ratings. No
//! disagreement seen gives a standard error of 0; five in 125 with a rare category give kappa = -0.02 ± 0.02 when 0.4 would
//! not surprise. Clopper and Pearson's interval for a proportion has no such gap, because its ends are quantiles of the
//! posterior after one failure more and after one success more. The same is done here for coefficients.

use super::ratings::{Cell, Ratings};
use crate::bootstrap::{RESAMPLES, at, below};
use crate::{Interval, Level, StatsError};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rayon::prelude::*;

/// A unit prepared for one coefficient.
#[derive(Debug, Clone)]
pub(crate) struct Unit {
    pub cells: Vec<Cell>,
    /// What its ratings agree, in the terms of the coefficient; unused with fewer than two ratings.
    pub agreement: f64,
}

/// Units with the weight that a draw gives them.
pub(crate) type Weighted<'a> = [(f64, &'a Unit)];

/// Seeded interval of a coefficient, by Bayesian bootstrap over clusters with one cluster more.
///
/// *Estimates* how the coefficient might come out on all units like these.
///
/// *Assumes* clusters of units (or units) are drawn independently. The raters are these raters: it says nothing about how
/// others would agree.
///
/// *Misleads* by width when agreement is high and units are few: 20 units without disagreement leave 0.83 possible, as they
/// do for a proportion. With raters who agree only by chance it holds 0 about 95 times in a hundred, no more.
///
/// *Formula* each draw gives every cluster an exponential weight, and one more cluster as well: one at random, its ratings
/// replaced. The lower end is the `α/2` quantile when the raters of that one differ as much as they can (spread over the
/// categories in random order), the upper end the `1 - α/2` quantile when they are unanimous on a random category. For the
/// raw agreement of two raters this is Clopper and Pearson's interval.
///
/// *Reference* Rubin, Ann Stat 1981; 9: 130-134 (Bayesian bootstrap). Clopper and Pearson, Biometrika 1934; 26: 404-413. The
/// combination is ours; coverage in `examples/agreement.rs`.
pub(crate) fn envelope(
    ratings: &Ratings,
    observed: f64,
    prepare: impl Fn(Vec<Cell>) -> Unit + Sync,
    coefficient: impl Fn(&Weighted<'_>) -> f64 + Sync,
    level: Level,
    seed: u64,
) -> Result<Interval, StatsError> {
    let units: Vec<Unit> = ratings.units().iter().map(|cells| prepare(cells.clone())).collect();
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); ratings.n_clusters()];
    for (unit, &cluster) in ratings.clusters().iter().enumerate() {
        members[cluster].push(unit);
    }
    let draws: Vec<(f64, f64)> = (0..RESAMPLES)
        .into_par_iter()
        .map(|index| {
            let mut dice = dice(seed, index);
            let weights: Vec<f64> = (0..members.len()).map(|_| exponential(&mut dice)).collect();
            let more = exponential(&mut dice);
            let model = &members[below(members.len(), &mut dice)];
            let with = |extra: Vec<Unit>| {
                let mut weighted: Vec<(f64, &Unit)> = Vec::with_capacity(units.len() + extra.len());
                weighted.extend(units.iter().zip(ratings.clusters()).map(|(unit, &cluster)| (weights[cluster], unit)));
                weighted.extend(extra.iter().map(|unit| (more, unit)));
                coefficient(&weighted)
            };
            let q = ratings.categories().len();
            let differing = model.iter().map(|&unit| prepare(spread(&units[unit].cells, q, &mut dice))).collect();
            let low = with(differing);
            let agreeing = model.iter().map(|&unit| prepare(unanimous(&units[unit].cells, q, &mut dice))).collect();
            (low, with(agreeing))
        })
        .collect();
    let (mut low, mut high): (Vec<f64>, Vec<f64>) = draws.into_iter().unzip();
    let end = |draws: &mut Vec<f64>, probability| {
        draws.retain(|draw| draw.is_finite());
        draws.sort_by(f64::total_cmp);
        if draws.is_empty() { observed } else { at(draws, probability) }
    };
    let (low, high) = (end(&mut low, level.tail()), end(&mut high, 1.0 - level.tail()));
    Interval::new(low.min(observed), high.max(observed), level)
}

/// The random numbers of one draw: they depend on the seed and its index alone, so that threads change nothing.
pub(crate) fn dice(seed: u64, index: u32) -> ChaCha8Rng {
    let mut key = [0_u8; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    let mut dice = ChaCha8Rng::from_seed(key);
    dice.set_stream(u64::from(index));
    dice
}

/// A standard exponential number.
pub(crate) fn exponential(dice: &mut ChaCha8Rng) -> f64 {
    // 53 bits, moved off zero.
    -(((dice.next_u64() >> 11) as f64 + 0.5) / 9_007_199_254_740_992.0).ln()
}

/// A number of the Gamma law of this shape, by Marsaglia and Tsang.
pub(crate) fn gamma(shape: f64, dice: &mut ChaCha8Rng) -> f64 {
    if shape < 1.0 {
        // A shape of one more, scaled down by a power of a uniform number.
        return gamma(shape + 1.0, dice) * (-exponential(dice) / shape).exp();
    }
    let d = shape - 1.0 / 3.0;
    loop {
        let x = normal(dice);
        let v = (1.0 + x / (9.0 * d).sqrt()).powi(3);
        if v > 0.0 && -exponential(dice) < x * x / 2.0 + d - d * v + d * v.ln() {
            return d * v;
        }
    }
}

/// A standard normal number, by Box and Muller.
fn normal(dice: &mut ChaCha8Rng) -> f64 {
    let turn = std::f64::consts::TAU * (-exponential(dice)).exp();
    (2.0 * exponential(dice)).sqrt() * turn.cos()
}

/// The same raters, unanimous on a random category.
fn unanimous(cells: &[Cell], n_categories: usize, dice: &mut ChaCha8Rng) -> Vec<Cell> {
    let category = below(n_categories, dice);
    cells.iter().map(|cell| Cell { category, ..*cell }).collect()
}

/// The same raters, spread over the categories in random order.
fn spread(cells: &[Cell], n_categories: usize, dice: &mut ChaCha8Rng) -> Vec<Cell> {
    let mut order: Vec<usize> = (0..n_categories).collect();
    // The first steps of a Fisher-Yates shuffle: no more categories are needed than there are raters.
    for place in 0..n_categories.min(cells.len()) {
        order.swap(place, place + below(n_categories - place, dice));
    }
    let mut raters: Vec<usize> = (0..cells.len()).collect();
    for place in 0..raters.len() {
        let other = place + below(raters.len() - place, dice);
        raters.swap(place, other);
    }
    cells.iter().zip(raters).map(|(cell, place)| Cell { category: order[place % n_categories], ..*cell }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interval::clopper_pearson;

    /// Raw agreement of two raters on two categories.
    fn raw(ratings: &Ratings, observed: f64, seed: u64) -> Interval {
        envelope(
            ratings,
            observed,
            |cells| Unit { agreement: f64::from(u8::from(cells[0].category == cells[1].category)), cells },
            |units| {
                let (agree, all) = units.iter().fold((0.0, 0.0), |(a, w), (x, unit)| (a + x * unit.agreement, w + x));
                agree / all
            },
            Level::NINETY_FIVE,
            seed,
        )
        .expect("ordered")
    }

    #[test]
    fn raw_agreement_gets_the_exact_interval() {
        for (agree, differ) in [(20, 0), (17, 3), (45, 5)] {
            let ratings = Ratings::from_table(&[vec![agree, differ], vec![0, 0]]).expect("square");
            let n = (agree + differ) as f64;
            let exact = clopper_pearson(agree as f64, n, Level::NINETY_FIVE).expect("proportion");
            let found = raw(&ratings, agree as f64 / n, 11);
            assert!((found.lower() - exact.lower()).abs() < 0.02, "{found} is not {exact}");
            assert!((found.upper() - exact.upper()).abs() < 0.02, "{found} is not {exact}");
        }
    }

    #[test]
    fn the_seed_decides() {
        let ratings = Ratings::from_table(&[vec![17, 3], vec![0, 4]]).expect("square");
        assert_eq!(raw(&ratings, 0.875, 1), raw(&ratings, 0.875, 1));
        assert_ne!(raw(&ratings, 0.875, 1), raw(&ratings, 0.875, 2));
    }

    /// Mean and variance of a Gamma law are its shape.
    #[test]
    fn gamma_numbers_have_their_mean_and_variance() {
        for shape in [0.5, 1.0, 7.5, 200.0] {
            let draws: Vec<f64> = (0..20_000).map(|index| gamma(shape, &mut dice(9, index))).collect();
            let mean = draws.iter().sum::<f64>() / 20_000.0;
            let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 20_000.0;
            assert!((mean / shape - 1.0).abs() < 0.05, "{shape}: mean {mean}");
            assert!((variance / shape - 1.0).abs() < 0.08, "{shape}: variance {variance}");
        }
    }

    #[test]
    fn raters_spread_as_far_as_they_can() {
        let cells: Vec<Cell> = (0..5).map(|rater| Cell { rater, category: 0 }).collect();
        let mut dice = dice(3, 0);
        for n_categories in 1..8 {
            let spread = spread(&cells, n_categories, &mut dice);
            let mut used: Vec<usize> = spread.iter().map(|cell| cell.category).collect();
            used.sort_unstable();
            used.dedup();
            assert_eq!(used.len(), n_categories.min(5));
            assert!(spread.iter().zip(&cells).all(|(a, b)| a.rater == b.rater));
        }
    }
}
