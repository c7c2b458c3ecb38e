//! Several conditions on the same items: prompts, formats, systems.

use super::tails::chi_squared_above;
use crate::{Figure, StatsError};

/// A statistic with its chi-squared p value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChiSquared {
    /// The statistic; undefined when nothing varies.
    pub statistic: Figure,
    /// Degrees of freedom.
    pub freedom: u64,
    /// Chance of as much or more, were there no difference.
    pub p: Figure,
}

impl ChiSquared {
    pub(crate) fn new(statistic: Figure, freedom: usize) -> Self {
        Self { statistic, freedom: freedom as u64, p: chi_squared_above(statistic, freedom as f64) }
    }
}

/// Cochran's Q: do several yes/no conditions on the same items differ?
///
/// *Estimates* nothing: tests that all conditions are right equally often.
///
/// *Assumes* items are independent, and items on which conditions differ are many (from about 24 cells among them).
///
/// *Misleads* for few such items; items on which all conditions agree add nothing, so "n" is not the number of items.
///
/// *Formula* `(k - 1)(k Σ C_j² - N²) / (k N - Σ R_i²)` with column sums `C`, row sums `R`, their total `N`, `k` conditions.
///
/// *Reference* Cochran, Biometrika 1950; 37: 256-266. Two conditions give McNemar's chi-squared, here 7²/13:
///
/// ```
/// use bedside_stats::comparison::{discordant::mcnemar, several::cochran_q};
/// let rows: Vec<Vec<bool>> = (0..20).map(|item| vec![item < 10, (10..13).contains(&item)]).collect();
/// assert_eq!(cochran_q(&rows)?.statistic, mcnemar(10, 3).chi2);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn cochran_q(items_by_conditions: &[Vec<bool>]) -> Result<ChiSquared, StatsError> {
    let k = rectangle(items_by_conditions, "cochran_q", "2 conditions")?;
    let mut columns = vec![0.0; k];
    let (mut total, mut row_squares) = (0.0, 0.0);
    for row in items_by_conditions {
        let mut right = 0.0;
        for (column, &yes) in columns.iter_mut().zip(row) {
            *column += f64::from(yes);
            right += f64::from(yes);
        }
        total += right;
        row_squares += right * right;
    }
    let conditions = k as f64;
    let column_squares: f64 = columns.iter().map(|sum| sum * sum).sum();
    let between = (conditions - 1.0) * (conditions * column_squares - total * total);
    Ok(ChiSquared::new(Figure::ratio(between, conditions * total - row_squares), k - 1))
}

/// Friedman's test: do several conditions on the same items differ in rank?
///
/// *Estimates* nothing: tests that within an item every order of the conditions is equally likely.
///
/// *Assumes* items are independent; scores need an order only. Ties get mean ranks.
///
/// *Misleads* for few items, where the p value is rough (below about 10), and when scores are nearly all tied.
///
/// *Formula* `(12 / (n k (k + 1)) Σ R_j² - 3 n (k + 1)) / (1 - Σ (t³ - t) / (n k (k² - 1)))`, over ties of `t` within items.
///
/// *Reference* Friedman, J Am Stat Assoc 1937; 32: 675-701. Two items that rank three conditions alike have the most there is,
/// `n (k - 1)`:
///
/// ```
/// use bedside_stats::{Figure, comparison::several::friedman};
/// let found = friedman(&[vec![1.0, 5.0], vec![2.0, 6.0], vec![3.0, 9.0]])?;
/// assert!((found.statistic.number().expect("ranks differ") - 4.0).abs() < 1e-12);
/// assert_eq!(friedman(&[vec![1.0, 5.0], vec![1.0, 5.0]])?.statistic, Figure::Undefined);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn friedman(conditions: &[Vec<f64>]) -> Result<ChiSquared, StatsError> {
    let n = rectangle(conditions, "friedman", "1 item")?;
    let k = conditions.len();
    if k < 2 {
        return Err(StatsError::TooFew { method: "friedman", needs: "2 conditions".into(), found: k.to_string() });
    }
    if conditions.iter().flatten().any(|score| !score.is_finite()) {
        return Err(StatsError::Input { why: "a score is not a finite number".into() });
    }
    let mut rank_sums = vec![0.0; k];
    let mut ties = 0.0;
    for item in 0..n {
        let scores: Vec<f64> = conditions.iter().map(|condition| condition[item]).collect();
        let (ranks, of_item) = mean_ranks(&scores);
        ties += of_item;
        for (sum, rank) in rank_sums.iter_mut().zip(ranks) {
            *sum += rank;
        }
    }
    let (n, k_real) = (n as f64, k as f64);
    let squares: f64 = rank_sums.iter().map(|sum| sum * sum).sum();
    let raw = 12.0 / (n * k_real * (k_real + 1.0)) * squares - 3.0 * n * (k_real + 1.0);
    let untied = 1.0 - ties / (n * k_real * (k_real * k_real - 1.0));
    // All tied leaves 0/0, but for rounding.
    let statistic = if untied <= f64::EPSILON { Figure::Undefined } else { Figure::ratio(raw.max(0.0), untied) };
    Ok(ChiSquared::new(statistic, k - 1))
}

/// Ranks from 1, ties sharing their mean, and `Σ (t³ - t)` over the ties.
pub(crate) fn mean_ranks(values: &[f64]) -> (Vec<f64>, f64) {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&i, &j| values[i].total_cmp(&values[j]));
    let mut ranks = vec![0.0; values.len()];
    let (mut before, mut ties) = (0.0, 0.0);
    // Partial equality, so that 0.0 and -0.0 tie.
    for group in order.chunk_by(|&i, &j| values[i].partial_cmp(&values[j]) == Some(std::cmp::Ordering::Equal)) {
        let size = group.len() as f64;
        for &at in group {
            ranks[at] = before + f64::midpoint(size, 1.0);
        }
        ties += size * size * size - size;
        before += size;
    }
    (ranks, ties)
}

/// The common length of all rows.
fn rectangle<T>(rows: &[Vec<T>], method: &'static str, needs: &str) -> Result<usize, StatsError> {
    let width = rows.first().ok_or(StatsError::Empty)?.len();
    if rows.iter().any(|row| row.len() != width) {
        return Err(StatsError::Input { why: format!("{method}: rows of different lengths") });
    }
    if width < if needs.starts_with('2') { 2 } else { 1 } {
        return Err(StatsError::TooFew { method, needs: needs.to_owned(), found: width.to_string() });
    }
    Ok(width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_varies() {
        let rows = vec![vec![true, true, true], vec![false, false, false]];
        assert_eq!(cochran_q(&rows).expect("rows").statistic, Figure::Undefined);
        assert_eq!(cochran_q(&rows).expect("rows").p, Figure::Undefined);
    }

    #[test]
    fn ragged_and_empty_tables_are_refused() {
        assert!(cochran_q(&[vec![true, false], vec![true]]).is_err());
        assert!(cochran_q(&[vec![true]]).is_err());
        assert_eq!(cochran_q(&[]), Err(StatsError::Empty));
        assert!(friedman(&[vec![1.0]]).is_err());
        assert!(friedman(&[vec![1.0], vec![f64::NAN]]).is_err());
        assert!(friedman(&[vec![], vec![]]).is_err());
    }

    #[test]
    fn ranks_share_ties() {
        assert_eq!(mean_ranks(&[3.0, 1.0, 3.0, 0.0]), (vec![3.5, 2.0, 3.5, 1.0], 6.0));
        assert_eq!(mean_ranks(&[0.0, -0.0]).0, vec![1.5, 1.5]);
    }
}
