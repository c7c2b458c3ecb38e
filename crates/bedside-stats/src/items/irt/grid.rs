//! Abilities at which integrals over ability are summed.
//!
//! Equally spaced: for a bell-shaped integrand the sum over points one standard deviation apart is already exact to 1e-8 (its
//! error falls as `exp(-2π² s²/h²)`). So the spacing follows the sharpest posterior there can be. A fixed rule, such as 61
//! Gauss-Hermite points, is exact for short tests and blind for thousands of items, whose posteriors fall between its points.

use super::model::Item;

/// Half the width, in standard deviations of ability: what lies outside has prior mass 1e-19.
const REACH: f64 = 9.0;
/// Widest spacing: for few items, whose posterior is near the prior, in standard deviations of it.
const WIDEST: f64 = 0.2;
/// Spacing of the points at which the information is looked at.
const LOOK: f64 = 0.25;

/// Equally spaced abilities around a centre, and the logarithm of the standard normal weight of each.
#[derive(Debug, Clone)]
pub(super) struct Grid {
    pub points: Vec<f64>,
    pub ln_weights: Vec<f64>,
}

impl Grid {
    /// A grid around `centre`, fine enough for the posterior that all these items together give.
    pub fn new(items: &(impl Iterator<Item = Item> + Clone), centre: f64) -> Self {
        let looks = (-36..=36).map(|step| {
            let at = centre + f64::from(step) * LOOK;
            items.clone().map(|item| item.information_at(at)).sum::<f64>()
        });
        let sharpest = looks.fold(0.0, f64::max);
        let spacing = WIDEST.min(1.0 / (1.0 + sharpest).sqrt());
        // At most 9 · 5000: information grows with items, the number of points with its root.
        let half = (REACH / spacing).ceil().min(45_000.0);
        #[expect(clippy::cast_possible_truncation, reason = "at most 45,000")]
        let half = half as i32;
        let points: Vec<f64> = (-half..=half).map(|step| centre + f64::from(step) * spacing).collect();
        let scale = spacing.ln() - 0.5 * std::f64::consts::TAU.ln();
        let ln_weights = points.iter().map(|point| scale - 0.5 * point * point).collect();
        Self { points, ln_weights }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_the_normal_law_are_exact() {
        for items in [0, 3, 5_000] {
            let grid = Grid::new(&(0..items).map(|_| Item { a: 1.5, b: 0.0 }), 0.0);
            let sum = |power: i32| -> f64 {
                grid.points.iter().zip(&grid.ln_weights).map(|(x, w)| x.powi(power) * w.exp()).sum()
            };
            for (power, moment) in [(0, 1.0), (2, 1.0), (4, 3.0), (6, 15.0)] {
                assert!((sum(power) - moment).abs() < 1e-11, "{items} items, power {power}: {}", sum(power));
            }
        }
    }
}
