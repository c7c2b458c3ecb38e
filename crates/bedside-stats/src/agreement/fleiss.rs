//! Fleiss' kappa and Randolph's free-marginal kappa, from counts of raters per category.

use super::{Coefficient, Ratings, Weights, chance_corrected};
use crate::quantile::normal_upper;
use crate::{Estimate, Figure, Level, StatsError};

/// Fleiss' and Randolph's kappa with their parts.
#[derive(Debug, Clone, PartialEq)]
pub struct Fleiss {
    /// Fleiss' kappa: chance is that raters draw from the shares of all ratings.
    pub kappa: Figure,
    /// Randolph's kappa: chance is that raters choose every category equally often.
    pub randolph: Figure,
    /// Mean agreement of pairs of raters.
    pub agreement: f64,
    /// Standard error if all raters rated at random: for a test of kappa = 0 only. Undefined when units had unequal numbers of
    /// raters.
    pub se_null: Figure,
    ratings: Ratings,
}

/// Kappa of several raters who need not be the same for each unit.
///
/// *Estimates* the share of the agreement left open by chance that pairs of raters reached.
///
/// *Assumes* units are independent, and raters exchangeable: who rated does not matter.
///
/// *Misleads* as Cohen's kappa does with rare categories. Randolph's does not, but counts categories that nobody would use as
/// chances to differ: adding an empty category raises it.
///
/// *Formula* `(P - Pe) / (1 - Pe)`, `P` = mean over units of `Σ n_k(n_k - 1) / (n(n-1))`; Fleiss `Pe = Σ p_k²`, Randolph `1/q`.
/// `SE0² = 2 (S² - Σ p_k q_k (q_k - p_k)) / (N n (n-1) S²)`, `S = Σ p_k q_k`, `q_k = 1 - p_k`.
///
/// *Reference* Fleiss, Psychol Bull 1971; 76: 378-382. Fleiss, Nee and Landis, Psychol Bull 1979; 86: 974-977, for the standard
/// error. Randolph, Joensuu Learning and Instruction Symposium 2005. Ten units, 14 raters, published as 0.210:
///
/// ```
/// use bedside_stats::agreement::fleiss::fleiss;
/// let counts = [
///     [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
///     [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
/// ];
/// let found = fleiss(&counts.map(|row| row.to_vec()))?;
/// assert!((found.kappa.number().expect("defined") - 0.209_930_704_422).abs() < 1e-12);
/// assert!((found.randolph.number().expect("defined") - 0.222_527_472_527).abs() < 1e-12);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn fleiss(counts: &[Vec<u64>]) -> Result<Fleiss, StatsError> {
    let ratings = Ratings::from_counts(counts)?;
    let fleiss = chance_corrected(&ratings, Weights::Identity, Coefficient::Fleiss)?;
    let randolph = chance_corrected(&ratings, Weights::Identity, Coefficient::BrennanPrediger)?;
    let (kappa, agreement, randolph) = (fleiss.value(), fleiss.agreement(), randolph.value());
    let se_null = null_error(counts, &ratings);
    Ok(Fleiss { kappa, randolph, agreement, se_null, ratings })
}

fn null_error(counts: &[Vec<u64>], ratings: &Ratings) -> Figure {
    let raters: Vec<u64> = counts.iter().map(|row| row.iter().sum()).collect();
    if raters.iter().any(|&n| n != raters[0]) {
        return Figure::Undefined;
    }
    let (units, n) = (counts.len() as f64, raters[0] as f64);
    let shares = ratings.shares();
    let spread: f64 = shares.iter().map(|p| p * (1.0 - p)).sum();
    let skew: f64 = shares.iter().map(|p| p * (1.0 - p) * (1.0 - 2.0 * p)).sum();
    Figure::ratio((2.0 * (spread * spread - skew)).max(0.0).sqrt(), (units * n * (n - 1.0)).sqrt() * spread)
}

impl Fleiss {
    /// z of kappa against 0, if the raters rated at random.
    pub fn z(&self) -> Figure {
        match (self.kappa, self.se_null) {
            (Figure::Number(kappa), Figure::Number(se)) => Figure::ratio(kappa, se),
            _ => Figure::Undefined,
        }
    }

    /// Smallest kappa that this test would call more than chance at 5 %, two-sided.
    pub fn detectable(&self) -> Figure {
        self.se_null.number().map_or(Figure::Undefined, |se| Figure::from(se * normal_upper(0.025)))
    }

    /// Fleiss' kappa with its interval; see [`ChanceCorrected::estimate`](super::ChanceCorrected::estimate).
    pub fn estimate(&self, level: Level, seed: u64) -> Result<Estimate, StatsError> {
        chance_corrected(&self.ratings, Weights::Identity, Coefficient::Fleiss)?.estimate(level, seed)
    }

    /// Randolph's kappa with its interval.
    pub fn randolph_estimate(&self, level: Level, seed: u64) -> Result<Estimate, StatsError> {
        chance_corrected(&self.ratings, Weights::Identity, Coefficient::BrennanPrediger)?.estimate(level, seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_alike_is_undefined_and_perfect_is_1() {
        let constant = fleiss(&[vec![4, 0], vec![4, 0]]).expect("counts");
        assert_eq!((constant.kappa, constant.randolph), (Figure::Undefined, Figure::Number(1.0)));
        assert_eq!(constant.z(), Figure::Undefined);
        let perfect = fleiss(&[vec![4, 0], vec![0, 4], vec![4, 0]]).expect("counts");
        assert_eq!(perfect.kappa, Figure::Number(1.0));
        assert!(perfect.estimate(Level::NINETY_FIVE, 1).expect("defined").ci().lower() < 0.5);
    }

    #[test]
    fn unequal_raters_have_a_kappa_but_no_null_error() {
        let found = fleiss(&[vec![3, 1], vec![0, 3], vec![2, 0]]).expect("counts");
        assert!(found.kappa.number().is_some());
        assert_eq!(found.se_null, Figure::Undefined);
    }

    #[test]
    fn a_single_rating_a_unit_is_refused() {
        assert!(fleiss(&[vec![1, 0], vec![0, 1]]).is_err());
    }
}
