//! The curve of an item, and what an answer to it tells.

use crate::StatsError;
use serde::{Deserialize, Serialize};

/// Parameters of a two-parameter logistic item; with equal discriminations, of a one-parameter one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// Discrimination: the slope of the curve, in logits per standard deviation of ability. Negative: audit the key.
    pub a: f64,
    /// Difficulty: the ability at which half answer rightly.
    pub b: f64,
}

impl Item {
    /// An item; an error unless both parameters are finite.
    pub fn new(a: f64, b: f64) -> Result<Self, StatsError> {
        if a.is_finite() && b.is_finite() {
            Ok(Self { a, b })
        } else {
            Err(StatsError::Input { why: format!("an item with discrimination {a} and difficulty {b} has no curve") })
        }
    }

    /// Probability of a right answer at this ability.
    pub fn right_at(self, ability: f64) -> f64 {
        logistic(self.logit(ability))
    }

    /// Fisher information at this ability: `a² P (1 - P)`.
    pub fn information_at(self, ability: f64) -> f64 {
        let z = self.logit(ability);
        self.a * self.a * logistic(z) * logistic(-z)
    }

    pub(super) fn logit(self, ability: f64) -> f64 {
        self.a * (ability - self.b)
    }
}

/// What answers tell about ability at one point.
#[derive(Debug, Clone, PartialEq)]
pub struct Information {
    /// Probability of a right answer, item by item.
    pub right: Vec<f64>,
    /// Fisher information, item by item.
    pub items: Vec<f64>,
    /// Their sum. The standard error of an ability here is at best one over its square root.
    pub test: f64,
}

/// Item and test information at an ability.
///
/// *Estimates* how precisely these items measure a taker of this ability.
///
/// *Assumes* the parameters are right, and answers independent given ability.
///
/// *Misleads* when parameters come from few takers: items with overestimated discrimination look informative, and picking the
/// most informative ones picks the overestimated.
///
/// *Formula* `I(θ) = Σ a² P(θ) (1 - P(θ))`.
///
/// *Reference* Birnbaum, in Lord and Novick, Statistical Theories of Mental Test Scores, 1968, chapter 17.
///
/// ```
/// use bedside_stats::items::irt::{Item, information};
/// // At its own difficulty an item with a = 2 tells 2²/4.
/// let found = information(&[Item::new(2.0, 0.5)?, Item::new(0.0, 0.0)?], 0.5)?;
/// assert_eq!((found.items[0], found.test, found.right[0]), (1.0, 1.0, 0.5));
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn information(items: &[Item], ability: f64) -> Result<Information, StatsError> {
    if !ability.is_finite() {
        return Err(StatsError::Input { why: format!("theta {ability} is no ability") });
    }
    let told: Vec<f64> = items.iter().map(|item| item.information_at(ability)).collect();
    Ok(Information {
        right: items.iter().map(|item| item.right_at(ability)).collect(),
        test: told.iter().sum(),
        items: told,
    })
}

/// `1 / (1 + exp(-z))`.
pub(super) fn logistic(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

/// `ln(1 + exp(z))`, for any z.
pub(super) fn softplus(z: f64) -> f64 {
    z.max(0.0) + (-z.abs()).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn far_out_nothing_overflows() {
        for z in [-800.0, -40.0, 0.0, 40.0, 800.0] {
            assert!((softplus(z) - softplus(-z) - z).abs() < 1e-9, "{z}");
            assert!((logistic(z) + logistic(-z) - 1.0).abs() < 1e-15, "{z}");
        }
        let steep = Item { a: 50.0, b: 0.0 };
        assert!(steep.information_at(100.0) < 1e-300);
    }

    #[test]
    fn parameters_that_are_no_numbers_are_refused() {
        assert!(Item::new(f64::NAN, 0.0).is_err());
        assert!(Item::new(1.0, f64::INFINITY).is_err());
        assert!(information(&[], f64::NAN).is_err());
    }
}
