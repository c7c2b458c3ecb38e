//! How much agreement lies in ratings that differ.

use crate::StatsError;
use serde::Deserialize;

/// Agreement between two categories: 1 for the same, less for others, by a rule that fits the scale.
///
/// *Estimates* nothing; it says what a near miss is worth, and the coefficient follows.
///
/// *Assumes* for all but identity and ordinal that distances between the numbers of the categories mean something.
///
/// *Misleads* when chosen after seeing the coefficients: quadratic weights on five grades call a mix-up of neighbours 94 %
/// agreement.
///
/// *Formula* with categories `x` from `x_1` to `x_q` and `d = x_k - x_l`: see the variants.
///
/// *Reference* Gwet, Handbook of Inter-Rater Reliability, 4th ed. 2014, chapter 3. Cohen, Psychol Bull 1968; 70: 213-220.
///
/// ```
/// use bedside_stats::agreement::Weights;
/// let quadratic = Weights::Quadratic.matrix(&[1.0, 2.0, 3.0, 4.0, 5.0])?;
/// assert!((quadratic[0][1] - 0.9375).abs() < 1e-15);
/// assert!((Weights::Ordinal.matrix(&[1.0, 2.0, 9.0])?[0][1] - 2.0 / 3.0).abs() < 1e-15, "1 - 1/3");
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weights {
    /// 1 for the same category, else 0.
    Identity,
    /// `1 - |d| / (x_q - x_1)`.
    Linear,
    /// `1 - (d / (x_q - x_1))²`.
    Quadratic,
    /// `1 - C(|k - l| + 1, 2) / C(q, 2)`: by rank alone.
    Ordinal,
    /// `1 - √(|d| / (x_q - x_1))`.
    Radical,
    /// `1 - (d / (x_k + x_l))² / ((x_q - x_1) / (x_q + x_1))²`, for positive numbers.
    Ratio,
    /// `1 - sin²(πd / (x_q - x_1 + 1))`, divided by its largest: for scales that close, such as hours.
    Circular,
    /// `1 - d² / ((x_k + x_l - 2x_1)(2x_q - x_k - x_l))`, divided by its largest: differences at the ends count more.
    Bipolar,
}

impl Weights {
    /// The matrix of agreements between these categories, given in ascending order.
    pub fn matrix(self, categories: &[f64]) -> Result<Vec<Vec<f64>>, StatsError> {
        let q = categories.len();
        let (Some(&first), Some(&last)) = (categories.first(), categories.last()) else {
            return Err(StatsError::Empty);
        };
        if self == Self::Ratio && first <= 0.0 {
            return Err(StatsError::Input { why: format!("ratio weights need positive ratings; here is {first}") });
        }
        let span = last - first;
        let distance = |k: usize, l: usize| {
            let (x, y) = (categories[k], categories[l]);
            let d = (x - y).abs();
            match self {
                Self::Identity => 1.0,
                Self::Linear => d / span,
                Self::Quadratic => (d / span).powi(2),
                Self::Ordinal => {
                    let steps = k.abs_diff(l) as f64;
                    steps * (steps + 1.0) / (q as f64 * (q as f64 - 1.0))
                }
                Self::Radical => (d / span).sqrt(),
                Self::Ratio => (d / (x + y) * (last + first) / span).powi(2),
                Self::Circular => (std::f64::consts::PI * d / (span + 1.0)).sin().powi(2),
                Self::Bipolar => d * d / ((x + y - 2.0 * first) * (2.0 * last - x - y)),
            }
        };
        let mut matrix: Vec<Vec<f64>> =
            (0..q).map(|k| (0..q).map(|l| if k == l { 0.0 } else { distance(k, l) }).collect()).collect();
        let largest = if matches!(self, Self::Circular | Self::Bipolar) {
            matrix.iter().flatten().copied().fold(f64::MIN_POSITIVE, f64::max)
        } else {
            1.0
        };
        matrix.iter_mut().flatten().for_each(|cell| *cell = 1.0 - *cell / largest);
        Ok(matrix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Weights; 8] = [
        Weights::Identity,
        Weights::Linear,
        Weights::Quadratic,
        Weights::Ordinal,
        Weights::Radical,
        Weights::Ratio,
        Weights::Circular,
        Weights::Bipolar,
    ];

    /// irrCAC 0.4.4 prints this matrix in its documentation.
    #[test]
    fn bipolar_weights_agree_with_irrcac() {
        let matrix = Weights::Bipolar.matrix(&[1.0, 2.0, 3.0, 4.0, 5.0]).expect("five");
        for (found, expected) in matrix[0].iter().zip([1.0, 0.857_142_86, 0.666_666_67, 0.4, 0.0]) {
            assert!((found - expected).abs() < 5e-9, "{found} is not {expected}");
        }
    }

    #[test]
    fn every_matrix_is_symmetric_from_0_to_1_and_1_on_the_diagonal() {
        for weights in ALL {
            for categories in [vec![3.0], vec![1.0, 2.0], vec![1.0, 2.5, 4.0, 10.0]] {
                let matrix = weights.matrix(&categories).expect("positive");
                for (k, row) in matrix.iter().enumerate() {
                    assert!((row[k] - 1.0).abs() < 1e-15);
                    for (l, &cell) in row.iter().enumerate() {
                        assert!((-1e-12..=1.0).contains(&cell), "{weights:?} {k} {l}: {cell}");
                        assert!((cell - matrix[l][k]).abs() < 1e-15);
                    }
                }
            }
        }
        assert!(Weights::Ratio.matrix(&[0.0, 1.0]).is_err());
    }
}
