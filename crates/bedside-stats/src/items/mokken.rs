//! Mokken scalability: whether items order takers the same way, without assuming a curve.

use super::Responses;
use crate::{Figure, StatsError};
use rayon::prelude::*;

/// Below this an item does not belong to the scale, by Mokken's convention.
pub const WEAKEST_ITEM: f64 = 0.3;

/// Scalability of every item and of the whole set.
#[derive(Debug, Clone, PartialEq)]
pub struct Scalability {
    /// `H_i`, one an item; undefined for an item that all answer alike.
    pub items: Vec<Figure>,
    /// `H` of the whole set.
    pub scale: Figure,
    /// Takers who answered every item; the others are left out.
    pub complete_takers: u64,
}

/// Loevinger's coefficients `H_i` and `H`.
///
/// *Estimates* how far answers follow one order of difficulty: 1 when nobody solves a harder item and misses an easier one,
/// 0 when such errors are as frequent as among unrelated items.
///
/// *Assumes* independent takers; nothing about the shape of the curves.
///
/// *Misleads* with few takers: it has no standard error here, and an item with H below 0.3 among a dozen takers is a reason to
/// look at it and no more. Items nearly all solve give unstable values. High H does not show that one thing is measured.
///
/// *Formula* with `F_ij` the takers who solve the harder and miss the easier of two items and `E_ij` their number under
/// independence: `H_ij = 1 - F_ij/E_ij`, `H_i = 1 - Σ_j F_ij / Σ_j E_ij`, `H = 1 - ΣΣ F / ΣΣ E`.
///
/// *Reference* Mokken, A Theory and Procedure of Scale Analysis, 1971. Three items, one error in eight takers, by hand:
///
/// ```
/// use bedside_stats::items::{Responses, mokken::scalability};
/// let row = |text: &str| text.chars().map(|c| Some(c == '1')).collect();
/// let table = Responses::new(&["111", "111", "110", "110", "100", "100", "010", "000"].map(row))?;
/// let found = scalability(&table)?;
/// // Solved by 6, 5 and 2; the pairs expect 5·2/8, 2·2/8 and 2·3/8 errors, one was made.
/// assert!((found.scale.number().expect("items differ") - (1.0 - 1.0 / 2.5)).abs() < 1e-12);
/// assert!((found.items[2].number().expect("it differs") - 1.0).abs() < 1e-12);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn scalability(responses: &Responses) -> Result<Scalability, StatsError> {
    let whole = responses.complete()?;
    let items = whole.items();
    let sums: Vec<(f64, f64)> = (0..items)
        .into_par_iter()
        .map(|item| {
            (0..items).filter(|&other| other != item).fold((0.0, 0.0), |(errors, expected), other| {
                let (f, e) = errors_of(&whole, item, other);
                (errors + f, expected + e)
            })
        })
        .collect();
    let (errors, expected) = sums.iter().fold((0.0, 0.0), |(f, e), sum| (f + sum.0, e + sum.1));
    Ok(Scalability {
        items: sums.iter().map(|&(errors, expected)| coefficient(errors, expected)).collect(),
        scale: coefficient(errors, expected),
        complete_takers: whole.takers(),
    })
}

/// Loevinger's coefficient `H_ij` of one pair of items.
///
/// *Estimates*, *assumes*, *misleads* as [`scalability`]. *Formula* `1 - F_ij/E_ij`. *Reference* Loevinger, Psychol Bull 1948;
/// 45: 507-529.
///
/// ```
/// use bedside_stats::{Figure, items::{Responses, mokken::pair}};
/// let table = Responses::new(&[vec![Some(true), Some(false)], vec![Some(false), Some(true)]])?;
/// assert_eq!(pair(&table, 0, 1)?, Figure::Number(-1.0));
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn pair(responses: &Responses, one: usize, other: usize) -> Result<Figure, StatsError> {
    if one >= responses.items() || other >= responses.items() || one == other {
        return Err(StatsError::Input { why: format!("no pair of items {one} and {other}") });
    }
    let whole = responses.complete()?;
    let (errors, expected) = errors_of(&whole, one, other);
    Ok(coefficient(errors, expected))
}

/// Every `H_ij`, row by row; the diagonal is undefined.
pub(crate) fn pairs(responses: &Responses) -> Result<Vec<Vec<Figure>>, StatsError> {
    let whole = responses.complete()?;
    let row = |one: usize| {
        let of = |other| {
            if one == other {
                return Figure::Undefined;
            }
            let (errors, expected) = errors_of(&whole, one, other);
            coefficient(errors, expected)
        };
        (0..whole.items()).map(of).collect()
    };
    Ok((0..whole.items()).map(row).collect())
}

fn coefficient(errors: f64, expected: f64) -> Figure {
    if expected > 0.0 { Figure::from(1.0 - errors / expected) } else { Figure::Undefined }
}

/// Observed and expected takers who solve the harder and miss the easier of two items, from complete rows.
fn errors_of(whole: &Responses, one: usize, other: usize) -> (f64, f64) {
    let n = whole.takers();
    let (first, second) = (whole.tally(one).0, whole.tally(other).0);
    let (easy, hard) = (first.max(second), first.min(second));
    let both: u64 =
        whole.right(one).filter(|&row| whole.answer(row, other) == Some(true)).map(|row| whole.count(row)).sum();
    ((hard - both) as f64, hard as f64 * (n - easy) as f64 / n as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constant_items_are_undefined_and_perfect_scales_are_one() {
        let row = |text: &str| text.chars().map(|c| Some(c == '1')).collect();
        let table = Responses::new(&["1111", "1110", "1100", "1000"].map(row)).expect("a table");
        let found = scalability(&table).expect("complete rows");
        assert_eq!(found.items, [Figure::Undefined, Figure::Number(1.0), Figure::Number(1.0), Figure::Number(1.0)]);
        assert_eq!(found.scale, Figure::Number(1.0));
    }
}
