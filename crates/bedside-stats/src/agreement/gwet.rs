//! Gwet's AC1 and AC2: chance agreement that does not grow with prevalence.

use super::{ChanceCorrected, Coefficient, Ratings, Weights, chance_corrected};
use crate::StatsError;

/// Gwet's AC1.
///
/// *Estimates* the share of units, among those not agreed upon by chance, on which raters agree; chance is that a rater guesses
/// uniformly on units too hard to tell, whose share is read from how evenly the categories are used.
///
/// *Assumes* as [`chance_corrected`].
///
/// *Misleads* as the only number. It stays high when nobody ever finds the rare category: two raters who always say "no
/// error" have AC1 = 1 on a declared scale of two. It does not say whether they tell errors apart; kappa does.
///
/// *Formula* `pe = Σ π_k (1 - π_k) / (q - 1)`. Categories that are declared and unused count in `q`.
///
/// *Reference* Gwet, Br J Math Stat Psychol 2008; 61: 29-48. 118 and 0 agreements in 125:
///
/// ```
/// use bedside_stats::agreement::{Ratings, gwet::ac1};
/// let ratings = Ratings::from_table(&[vec![118, 5], vec![2, 0]])?;
/// assert!((ac1(&ratings)?.value().number().expect("defined") - 0.940_776_337_609).abs() < 1e-12);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn ac1(ratings: &Ratings) -> Result<ChanceCorrected<'_>, StatsError> {
    chance_corrected(ratings, Weights::Identity, Coefficient::Gwet)
}

/// Gwet's AC2: AC1 with weights for near misses.
///
/// *Estimates* as [`ac1`], partial agreement counted by the weights. *Assumes* as [`ac1`], and weights chosen beforehand.
///
/// *Misleads* when weights are generous: with quadratic weights on five grades, raters who differ by one grade on every unit
/// still have a weighted agreement of 0.94.
///
/// *Formula* `pe = Σw Σ π_k (1 - π_k) / (q (q - 1))`, see [`chance_corrected`].
///
/// *Reference* Gwet, Handbook of Inter-Rater Reliability, 4th ed. 2014, chapter 3. Three units, two raters, by hand:
///
/// ```
/// use bedside_stats::agreement::{Ratings, Weights, gwet::ac2};
/// let rows = [[1.0, 1.0], [1.0, 2.0], [3.0, 3.0]].map(|row| row.map(Some).to_vec());
/// // pa = (1 + 3/4 + 1)/3; shares 1/2, 1/6, 1/3; weights sum to 6; pe = 6 · 11/18 / 6.
/// let (pa, pe) = (2.75 / 3.0, 11.0 / 18.0);
/// let ratings = Ratings::by_unit(&rows)?;
/// let found = ac2(&ratings, Weights::Quadratic)?;
/// assert!((found.value().number().expect("defined") - (pa - pe) / (1.0 - pe)).abs() < 1e-12);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn ac2(ratings: &Ratings, weights: Weights) -> Result<ChanceCorrected<'_>, StatsError> {
    chance_corrected(ratings, weights, Coefficient::Gwet)
}
