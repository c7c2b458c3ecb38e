//! Leaving one row out at a time: bias, standard error, and the acceleration that BCa needs.

use crate::StatsError;

/// What a statistic does when each row is left out in turn.
///
/// *Estimates* the bias and the standard error of a statistic of independent rows, and how its standard error changes with
/// its value (the acceleration).
///
/// *Assumes* rows are independent and the statistic is smooth in them; leave whole clusters out where rows are clustered.
///
/// *Misleads* for medians and other statistics that jump: the standard error is then not consistent.
///
/// *Formula* with `θ₍ᵢ₎` without row i and `θ̄` their mean: bias `(n-1)(θ̄ - θ)`, standard error `√((n-1)/n Σ(θ₍ᵢ₎ - θ̄)²)`,
/// acceleration `Σ(θ̄ - θ₍ᵢ₎)³ / (6 (Σ(θ̄ - θ₍ᵢ₎)²)^1.5)`.
///
/// *Reference* Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 11 and section 14.3. Its law school data:
///
/// ```
/// use bedside_stats::jackknife::{Jackknife, pearson};
/// let lsat = [576., 635., 558., 578., 666., 580., 555., 661., 651., 605., 653., 575., 545., 572., 594.];
/// let gpa = [3.39, 3.30, 2.81, 3.03, 3.44, 3.07, 3.00, 3.43, 3.36, 3.13, 3.12, 2.74, 2.76, 2.88, 2.96];
/// let correlation = Jackknife::new(15, |rows| pearson(&lsat, &gpa, rows))?;
/// assert_eq!(format!("{:.3} {:.3}", correlation.value, correlation.standard_error), "0.776 0.143");
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Jackknife {
    /// The statistic of all rows.
    pub value: f64,
    /// How far it lies above what it estimates, on average.
    pub bias: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Its acceleration; 0 when leaving out a row changes nothing.
    pub acceleration: f64,
}

impl Jackknife {
    /// Leaves out each of `n` rows; `statistic` gets the rows that stay.
    pub fn new(n: usize, statistic: impl Fn(&[usize]) -> f64) -> Result<Self, StatsError> {
        if n < 2 {
            return Err(StatsError::TooFew { method: "jackknife", needs: "2 rows".into(), found: n.to_string() });
        }
        let all: Vec<usize> = (0..n).collect();
        let value = statistic(&all);
        let without: Vec<f64> = (0..n)
            .map(|row| {
                let rest: Vec<usize> = (0..n).filter(|&other| other != row).collect();
                statistic(&rest)
            })
            .collect();
        if !(value.is_finite() && without.iter().all(|value| value.is_finite())) {
            return Err(StatsError::Input {
                why: "the statistic is undefined for all rows, or when one of them is left out".into(),
            });
        }
        let rows = n as f64;
        let centre = without.iter().sum::<f64>() / rows;
        let squares: f64 = without.iter().map(|value| (centre - value).powi(2)).sum();
        Ok(Self {
            value,
            bias: (rows - 1.0) * (centre - value),
            standard_error: ((rows - 1.0) / rows * squares).sqrt(),
            acceleration: acceleration(&without),
        })
    }
}

/// The acceleration from the values without each row; 0 when they are all the same.
pub(crate) fn acceleration(without: &[f64]) -> f64 {
    let centre = without.iter().sum::<f64>() / without.len() as f64;
    let (mut squares, mut cubes) = (0.0, 0.0);
    for value in without {
        let step = centre - value;
        squares += step * step;
        cubes += step * step * step;
    }
    if squares > 0.0 { cubes / (6.0 * squares.powf(1.5)) } else { 0.0 }
}

/// Mean of these rows of `x`; rows may repeat.
pub fn mean(x: &[f64], rows: &[usize]) -> f64 {
    rows.iter().map(|&row| x[row]).sum::<f64>() / rows.len() as f64
}

/// Pearson's correlation of these rows of `x` and `y`; rows may repeat. Not a number when either is constant.
pub fn pearson(x: &[f64], y: &[f64], rows: &[usize]) -> f64 {
    let (x_mean, y_mean) = (mean(x, rows), mean(y, rows));
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for &row in rows {
        let (dx, dy) = (x[row] - x_mean, y[row] - y_mean);
        xx += dx * dx;
        yy += dy * dy;
        xy += dx * dy;
    }
    xy / (xx * yy).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For a mean the jackknife's standard error is `s/√n`, without bias.
    #[test]
    fn of_a_mean_it_is_the_textbook_standard_error() {
        let x = [1.0, 2.0, 4.0, 8.0];
        let jackknife = Jackknife::new(4, |rows| mean(&x, rows)).expect("four rows");
        assert!((jackknife.standard_error - (28.75_f64 / 3.0 / 4.0).sqrt()).abs() < 1e-12);
        assert!(jackknife.bias.abs() < 1e-12);
    }

    #[test]
    fn what_is_undefined_is_refused() {
        assert!(Jackknife::new(1, |_| 0.0).is_err());
        let (x, y) = ([1.0, 2.0, 3.0], [5.0, 5.0, 5.0]);
        assert!(Jackknife::new(3, |rows| pearson(&x, &y, rows)).is_err());
    }

    #[test]
    fn rows_that_change_nothing_have_no_acceleration() {
        let jackknife = Jackknife::new(5, |_| 2.0).expect("five rows");
        assert!(jackknife.acceleration.abs() < 1e-300 && jackknife.standard_error.abs() < 1e-300);
    }
}
