//! Cohen's kappa of two raters, from their table.

use super::ratings::square;
use super::{Coefficient, Ratings, Weights, chance_corrected};
use crate::{Estimate, Figure, Level, StatsError};

/// Cohen's kappa with its parts.
#[derive(Debug, Clone, PartialEq)]
pub struct Cohen {
    /// `(po - pe) / (1 - pe)`; undefined when both raters put everything into the same category.
    pub kappa: Figure,
    /// Observed agreement, weighted.
    pub agreement: f64,
    /// Agreement expected from the shares of both raters, weighted.
    pub chance: f64,
    /// Standard error around the kappa found; 0 without disagreement, which is no certainty.
    pub se: Figure,
    /// Standard error if the raters rated independently: for a test of kappa = 0, not for an interval.
    pub se_null: Figure,
    table: Vec<Vec<u64>>,
    weights: Weights,
}

/// Cohen's kappa, with weights for ordered categories.
///
/// *Estimates* the share of the agreement left open by chance that two raters reached, chance being that each keeps the own
/// shares of the categories and rates at random.
///
/// *Assumes* units are independent; both raters rated all of them, on the same categories.
///
/// *Misleads* with a rare category (118 + 0 agreements in 125 give -0.02), with raters who use the categories differently, and
/// across tables of other prevalence. The standard errors fail near 1 and for rare categories; [`Cohen::estimate`] does not use
/// them. Quadratic weights flatter many categories.
///
/// *Formula* `po = Σ w p_ij`, `pe = Σ w p_i. p_.j`, with `w_i. = Σ_j w_ij p_.j` and `w_.j = Σ_i w_ij p_i.`:
/// `SE² = (Σ p_ij (w_ij(1-pe) - (w_i. + w_.j)(1-po))² - (po·pe - 2pe + po)²) / (n (1-pe)⁴)`,
/// `SE0² = (Σ p_i. p_.j (w_ij - w_i. - w_.j)² - pe²) / (n (1-pe)²)`.
///
/// *Reference* Cohen, Educ Psychol Meas 1960; 20: 37-46; Psychol Bull 1968; 70: 213-220. Fleiss, Cohen and Everitt, Psychol Bull
/// 1969; 72: 323-327. Checked against statsmodels 0.15.0:
///
/// ```
/// use bedside_stats::agreement::{Weights, cohen::cohen};
/// let kappa = cohen(&[vec![20, 5], vec![10, 15]], Weights::Identity)?;
/// assert!((kappa.kappa.number().expect("defined") - 0.4).abs() < 1e-12);
/// assert!((kappa.se.number().expect("defined") - 0.126_996_062_931).abs() < 1e-12);
/// assert!((kappa.se_null.number().expect("defined") - 0.138_564_064_606).abs() < 1e-12);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn cohen(table: &[Vec<u64>], weights: Weights) -> Result<Cohen, StatsError> {
    let q = square(table)?;
    let n = table.iter().flatten().sum::<u64>() as f64;
    if n <= 0.0 {
        return Err(StatsError::Empty);
    }
    let categories: Vec<f64> = (0..q).map(|category| category as f64).collect();
    let w = weights.matrix(&categories)?;
    let p: Vec<Vec<f64>> = table.iter().map(|row| row.iter().map(|&count| count as f64 / n).collect()).collect();
    let rows: Vec<f64> = p.iter().map(|row| row.iter().sum()).collect();
    let columns: Vec<f64> = (0..q).map(|j| p.iter().map(|row| row[j]).sum()).collect();
    let sum =
        |term: &dyn Fn(usize, usize) -> f64| -> f64 { (0..q).map(|i| (0..q).map(|j| term(i, j)).sum::<f64>()).sum() };
    // From whole counts where they decide: 1 must be 1.
    let disagreement = sum(&|i, j| (1.0 - w[i][j]) * p[i][j]);
    let expected = sum(&|i, j| (1.0 - w[i][j]) * rows[i] * columns[j]);
    let (agreement, chance) = (1.0 - disagreement, 1.0 - expected);
    let kappa = Figure::ratio(expected - disagreement, expected);
    let row_weights: Vec<f64> = (0..q).map(|i| (0..q).map(|j| w[i][j] * columns[j]).sum()).collect();
    let column_weights: Vec<f64> = (0..q).map(|j| (0..q).map(|i| w[i][j] * rows[i]).sum()).collect();
    let around =
        sum(&|i, j| p[i][j] * (w[i][j] * expected - (row_weights[i] + column_weights[j]) * disagreement).powi(2))
            - (agreement * chance - 2.0 * chance + agreement).powi(2);
    let null =
        sum(&|i, j| rows[i] * columns[j] * (w[i][j] - row_weights[i] - column_weights[j]).powi(2)) - chance * chance;
    // A difference of squares: below its rounding it is 0.
    let root = |variance: f64, scale: f64| Figure::ratio(variance.max(0.0).sqrt(), scale * n.sqrt());
    Ok(Cohen {
        kappa,
        agreement,
        chance,
        se: root(around, expected * expected),
        se_null: root(null, expected),
        table: table.to_vec(),
        weights,
    })
}

impl Cohen {
    /// Kappa with an interval that holds near 1 and for rare categories too; see
    /// [`ChanceCorrected::estimate`](super::ChanceCorrected::estimate). An error when kappa is undefined.
    pub fn estimate(&self, level: Level, seed: u64) -> Result<Estimate, StatsError> {
        let ratings = Ratings::from_table(&self.table)?;
        chance_corrected(&ratings, self.weights, Coefficient::Conger)?.estimate(level, seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constant_raters_are_undefined_with_full_agreement() {
        let found = cohen(&[vec![12, 0], vec![0, 0]], Weights::Identity).expect("square");
        assert_eq!((found.kappa, found.se, found.agreement), (Figure::Undefined, Figure::Undefined, 1.0));
        assert!(found.estimate(Level::NINETY_FIVE, 1).is_err());
    }

    #[test]
    fn perfect_agreement_is_exactly_1_with_a_wide_interval() {
        let found = cohen(&[vec![5, 0], vec![0, 7]], Weights::Quadratic).expect("square");
        assert_eq!(found.kappa, Figure::Number(1.0));
        let estimate = found.estimate(Level::NINETY_FIVE, 1).expect("defined");
        assert!(estimate.ci().lower() < 0.75 && estimate.ci().upper() >= 1.0, "{estimate}");
    }

    #[test]
    fn the_table_and_the_ratings_agree() {
        let table = [vec![40, 6, 4, 15], vec![4, 25, 1, 5], vec![4, 2, 21, 9], vec![17, 13, 12, 45]];
        for weights in [Weights::Identity, Weights::Linear, Weights::Quadratic] {
            let ratings = Ratings::from_table(&table).expect("square");
            let other = chance_corrected(&ratings, weights, Coefficient::Conger).expect("pairs").value();
            let kappa = cohen(&table, weights).expect("square").kappa;
            let difference = other.number().expect("defined") - kappa.number().expect("defined");
            assert!(difference.abs() < 1e-12, "{weights:?}");
        }
    }

    #[test]
    fn empty_and_crooked_tables_are_refused() {
        assert_eq!(cohen(&[vec![0, 0], vec![0, 0]], Weights::Identity), Err(StatsError::Empty));
        assert!(cohen(&[vec![1, 0]], Weights::Identity).is_err());
        assert_eq!(cohen(&[], Weights::Identity), Err(StatsError::Empty));
    }
}
