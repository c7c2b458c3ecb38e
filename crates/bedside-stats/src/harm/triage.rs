//! Triage: too low, too high, and how far.

use crate::calibration::rate;
use crate::influence::student_interval;
use crate::interval::clopper_pearson;
use crate::{Estimate, Figure, Interval, Level, StatsError};

/// Triage against the reference.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Triage {
    /// Share sent to a lower level than the reference.
    pub under: Estimate,
    /// Share sent to a higher level than the reference.
    pub over: Estimate,
    /// Share sent to the reference's level.
    pub exact: Estimate,
    /// Share sent lower, among those who could be: not of the lowest level. `None` if there are none.
    pub under_among_urgent: Option<Estimate>,
    /// Agreement beyond chance, weighted by the squared distance of levels; undefined when both sides always say the same
    /// level.
    pub kappa: Figure,
    /// Interval of `kappa`, if it has one.
    pub kappa_interval: Option<Interval>,
}

/// Under-triage and over-triage, and quadratic weighted kappa.
///
/// *Estimates* the share of cases sent too low and too high, for cases like these.
///
/// *Assumes* independent cases, levels in order from least to most urgent.
///
/// *Misleads* by the shares over all cases when most are of the lowest level: these cannot be sent lower. See
/// `under_among_urgent`. Kappa falls with an uneven mix of levels, and counts a step too low as much as one too high.
///
/// *Formula* counts below, above and on the diagonal, with the interval of independent yes/no cases. Kappa
/// `1 - Σ(i-j)² n_ij / Σ(i-j)² n_i. n_.j / n`, its standard error by the influence of each case, `t(n - 1)`; without any
/// spread (all agree), its ends are what the exact bound on cases of another kind allows, each as far off as can be.
///
/// *Reference* Cohen, Psychol Bull 1968; 70: 213-220. Fleiss, Cohen and Everitt, Psychol Bull 1969; 72: 323-327. Checked
/// against scikit-learn 1.9.1:
///
/// ```
/// use bedside_stats::{Level, harm::triage};
/// let found = triage(&[vec![30, 8, 2], vec![5, 20, 5], vec![1, 4, 25]], Level::NINETY_FIVE)?;
/// assert_eq!(found.under.to_string(), "0.100 [0.049, 0.176]");
/// assert!((found.kappa.number().expect("three levels") - 0.752_186_588_921).abs() < 1e-10);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn triage(reference_by_given: &[Vec<u64>], level: Level) -> Result<Triage, StatsError> {
    let levels = reference_by_given.len();
    if let Some(row) = reference_by_given.iter().find(|row| row.len() != levels) {
        return Err(StatsError::Input { why: format!("{levels} levels, and a row of {}", row.len()) });
    }
    let sum_where = |keep: fn(usize, usize) -> bool| -> f64 {
        cells(reference_by_given).filter(|(i, j, _)| keep(*i, *j)).map(|(_, _, count)| count).sum()
    };
    let (n, urgent) = (sum_where(|_, _| true), sum_where(|i, _| i > 0));
    let (under, over) = (sum_where(|i, j| j < i), sum_where(|i, j| j > i));
    let share = |events: f64| rate(events, n, level)?.ok_or(StatsError::Empty);
    let (kappa, kappa_interval) = weighted_kappa(reference_by_given, n, level)?;
    Ok(Triage {
        under: share(under)?,
        over: share(over)?,
        exact: share(n - under - over)?,
        under_among_urgent: rate(under, urgent, level)?,
        kappa,
        kappa_interval,
    })
}

fn cells(table: &[Vec<u64>]) -> impl Iterator<Item = (usize, usize, f64)> + '_ {
    table.iter().enumerate().flat_map(|(i, row)| row.iter().enumerate().map(move |(j, count)| (i, j, *count as f64)))
}

fn weighted_kappa(table: &[Vec<u64>], n: f64, level: Level) -> Result<(Figure, Option<Interval>), StatsError> {
    let distance = |i: usize, j: usize| (i as f64 - j as f64).powi(2);
    let levels = table.len();
    let (mut rows, mut columns) = (vec![0.0; levels], vec![0.0; levels]);
    let mut observed = 0.0;
    for (i, j, count) in cells(table) {
        rows[i] += count / n;
        columns[j] += count / n;
        observed += distance(i, j) * count / n;
    }
    let from_row = |i: usize| (0..levels).map(|j| distance(i, j) * columns[j]).sum::<f64>();
    let from_column = |j: usize| (0..levels).map(|i| distance(i, j) * rows[i]).sum::<f64>();
    let expected: f64 = (0..levels).map(|i| rows[i] * from_row(i)).sum();
    let ratio = Figure::ratio(observed, expected);
    let Figure::Number(ratio) = ratio else { return Ok((Figure::Undefined, None)) };
    let kappa = 1.0 - ratio;
    let squares: f64 = cells(table)
        .map(|(i, j, count)| {
            let by_chance = from_row(i) + from_column(j) - 2.0 * expected;
            count * ((observed - distance(i, j)) / expected + ratio * by_chance / expected).powi(2)
        })
        .sum();
    // Without spread, or with one case: what the exact bound on cases of another kind allows, each as far off as can be.
    if squares <= 1e-12 || n < 2.0 {
        let unseen = clopper_pearson(0.0, n, level)?.upper() * distance(0, levels - 1) / expected;
        let interval = Interval::new((kappa - unseen).max(-1.0), (kappa + unseen).min(1.0), level)?;
        return Ok((Figure::Number(kappa), Some(interval)));
    }
    let interval = student_interval(kappa, (squares / (n - 1.0) / n).sqrt(), n - 1.0, level)?;
    let clipped = Interval::new(interval.lower().max(-1.0), interval.upper().min(1.0), level)?;
    Ok((Figure::Number(kappa), Some(clipped)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn perfect_triage_is_not_certain() {
        let found = triage(&[vec![10, 0], vec![0, 10]], Level::NINETY_FIVE).expect("twenty cases");
        assert!(found.under.ci().upper() > 0.15);
        assert!(found.kappa_interval.expect("two levels").lower() < 0.7, "{:?}", found.kappa_interval);
    }

    #[test]
    fn one_level_has_no_kappa() {
        let found = triage(&[vec![7, 0], vec![0, 0]], Level::NINETY_FIVE).expect("seven cases");
        assert_eq!((found.kappa, found.kappa_interval, found.under_among_urgent), (Figure::Undefined, None, None));
    }

    #[test]
    fn empty_and_ragged_tables_are_refused() {
        assert!(triage(&[], Level::NINETY_FIVE).is_err());
        assert!(triage(&[vec![0, 0], vec![0, 0]], Level::NINETY_FIVE).is_err());
        assert!(triage(&[vec![1, 2], vec![3]], Level::NINETY_FIVE).is_err());
    }

    /// Disagreement in one way only: no variance in sight, and still a width.
    #[test]
    fn uniform_disagreement_keeps_a_width() {
        let found = triage(&[vec![0, 5], vec![5, 0]], Level::NINETY_FIVE).expect("ten cases");
        assert!((found.kappa.number().expect("two levels") + 1.0).abs() < 1e-12);
        assert!(found.kappa_interval.expect("two levels").width() > 0.1, "{:?}", found.kappa_interval);
    }
}
