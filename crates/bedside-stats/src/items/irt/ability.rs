//! One taker's ability from answers to items with known curves.

use super::grid::Grid;
use super::model::{Item, logistic, softplus};
use crate::{Figure, StatsError};

/// Newton steps; each halves its length until it gains.
const STEPS: u32 = 200;
/// A step this small ends the search, in standard deviations of ability.
const SMALL: f64 = 1e-12;

/// Three estimates of one ability, each with its error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ability {
    /// Mean of the posterior.
    pub eap: f64,
    /// Its standard deviation.
    pub eap_sd: f64,
    /// Mode of the posterior.
    pub map: f64,
    /// One over the root of the curvature there.
    pub map_se: f64,
    /// Maximum of the likelihood; infinite when all answers point one way, not identifiable when none tells anything.
    pub ml: Figure,
    /// One over the root of the test information there; `None` if the maximum is not finite.
    pub ml_se: Option<f64>,
}

/// Ability of a taker by posterior mean (EAP), posterior mode (MAP) and maximum likelihood (ML).
///
/// *Estimates* where a taker stands on the scale on which the takers behind the item parameters are standard normal.
///
/// *Assumes* the item parameters are right, and answers independent given ability; EAP and MAP that this taker was drawn from
/// the standard normal law.
///
/// *Misleads* when parameters come from few takers or an older generation: then the error is larger than stated. EAP and MAP
/// are drawn towards 0, most of all with few items; ML has no finite value for a perfect answer sheet.
///
/// *Formula* posterior proportional to `φ(θ) Π P^u (1 - P)^(1-u)`.
///
/// *Reference* Bock and Mislevy, Appl Psychol Meas 1982; 6: 431-444. One item of discrimination 1 and difficulty 0, answered
/// rightly: the mode solves `θ = 1 / (1 + exp θ)`, which is 0.401058:
///
/// ```
/// use bedside_stats::{Figure, items::irt::{Item, ability}};
/// let found = ability(&[Item::new(1.0, 0.0)?], &[Some(true)])?;
/// assert!((found.map - 0.401_058_137_541).abs() < 1e-10);
/// assert_eq!((found.ml, found.ml_se), (Figure::Infinite, None));
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn ability(items: &[Item], answers: &[Option<bool>]) -> Result<Ability, StatsError> {
    if items.len() != answers.len() {
        return Err(StatsError::Input { why: format!("{} items and {} answers", items.len(), answers.len()) });
    }
    for item in items {
        Item::new(item.a, item.b)?;
    }
    let answered: Vec<(Item, bool)> =
        items.iter().zip(answers).filter_map(|(&item, answer)| answer.map(|answer| (item, answer))).collect();
    let map = mode(&answered, 1.0, 0.0)?;
    let (_, curvature) = slope(&answered, 1.0, map);
    // The posterior is narrower than the prior on both sides of its mode: the grid's reach suffices.
    let grid = Grid::new(&answered.iter().map(|&(item, _)| item), map);
    let ln: Vec<f64> = grid.points.iter().map(|&point| ln_likelihood(&answered, point) - 0.5 * point * point).collect();
    let peak = ln.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let (mut total, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for (value, point) in ln.iter().zip(&grid.points) {
        let (weight, away) = ((value - peak).exp(), point - map);
        total += weight;
        sum += weight * away;
        squares += weight * away * away;
    }
    let away = sum / total;
    let telling: Vec<bool> = answered
        .iter()
        .filter(|(item, _)| item.a.abs() > 0.0)
        .map(|&(item, answer)| answer == (item.a > 0.0))
        .collect();
    let (ml, ml_se) = match (telling.contains(&true), telling.contains(&false)) {
        (false, false) => (Figure::NotIdentifiable, None),
        (true, false) => (Figure::Infinite, None),
        (false, true) => (Figure::MinusInfinite, None),
        (true, true) => {
            let ml = mode(&answered, 0.0, map)?;
            let (_, information) = slope(&answered, 0.0, ml);
            (Figure::from(ml), Some(1.0 / information.sqrt()).filter(|se| se.is_finite()))
        }
    };
    let eap_sd = (squares / total - away * away).sqrt();
    Ok(Ability { eap: map + away, eap_sd, map, map_se: 1.0 / curvature.sqrt(), ml, ml_se })
}

/// Where likelihood times prior of this precision (1 or 0) is largest: it is concave, so Newton with halving finds it.
fn mode(answered: &[(Item, bool)], precision: f64, start: f64) -> Result<f64, StatsError> {
    let value = |at: f64| ln_likelihood(answered, at) - 0.5 * precision * at * at;
    let mut here = start;
    for _ in 0..STEPS {
        let (gradient, curvature) = slope(answered, precision, here);
        // Far out the curvature vanishes: no step longer than 1.
        let mut step = (gradient / curvature.max(f64::MIN_POSITIVE)).clamp(-1.0, 1.0);
        while value(here + step) < value(here) && step.abs() > SMALL {
            step /= 2.0;
        }
        here += step;
        if step.abs() <= SMALL * here.abs().max(1.0) {
            return Ok(here);
        }
    }
    Err(StatsError::NotConverged { method: "ability", steps: STEPS })
}

fn ln_likelihood(answered: &[(Item, bool)], at: f64) -> f64 {
    answered
        .iter()
        .map(|&(item, answer)| {
            let z = item.logit(at);
            -softplus(if answer { -z } else { z })
        })
        .sum()
}

/// Slope of the log-posterior and its negative curvature.
fn slope(answered: &[(Item, bool)], precision: f64, at: f64) -> (f64, f64) {
    answered.iter().fold((-precision * at, precision), |(gradient, curvature), &(item, answer)| {
        let excess = f64::from(answer) - logistic(item.logit(at));
        (gradient + item.a * excess, curvature + item.information_at(at))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(a: f64, b: f64) -> Item {
        Item { a, b }
    }

    #[test]
    fn no_answer_leaves_the_prior() {
        let found = ability(&[item(1.0, 0.0)], &[None]).expect("one item");
        assert!(found.eap.abs() < 1e-12 && (found.eap_sd - 1.0).abs() < 1e-10 && found.map.abs() < 1e-12);
        assert_eq!(found.ml, Figure::NotIdentifiable);
        assert_eq!(ability(&[item(0.0, 0.0)], &[Some(true)]).expect("a flat item").ml, Figure::NotIdentifiable);
    }

    #[test]
    fn a_reversed_item_points_the_other_way() {
        let items = [item(1.0, 0.0), item(-1.0, 0.5)];
        let perfect = ability(&items, &[Some(true), Some(false)]).expect("two items");
        assert_eq!(perfect.ml, Figure::Infinite);
        let worst = ability(&items, &[Some(false), Some(true)]).expect("two items");
        assert_eq!(worst.ml, Figure::MinusInfinite);
        assert!((perfect.eap - 0.5 + worst.eap - 0.5).abs() < 1.0);
    }

    #[test]
    fn thousands_of_sharp_items_are_integrated_between_their_points() {
        let items: Vec<Item> = (0..4_000).map(|i| item(2.0, f64::from(i % 41) / 10.0 - 2.0)).collect();
        // Answers as a taker of ability 0.3 would give most likely.
        let answers: Vec<_> = items.iter().map(|item| Some(item.b < 0.3)).collect();
        let found = ability(&items, &answers).expect("many items");
        assert!((found.eap - found.map).abs() < 1e-3);
        assert!((found.eap_sd / found.map_se - 1.0).abs() < 0.01, "{found:?}");
    }
}
