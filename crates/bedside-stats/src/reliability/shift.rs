//! Errors over a shift of different cases: what a ward would notice.

use crate::{Estimate, Interval, StatsError};

/// What to expect of a shift.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Shift {
    /// Different cases in it.
    pub cases: u32,
    /// Errors expected among them.
    pub expected_errors: Estimate,
    /// Chance that the shift passes without any.
    pub error_free: Estimate,
}

/// Errors to expect in a shift of `cases` different cases.
///
/// *Estimates* the mean number of errors in a shift, and the chance of none, from the mean success of one run of one case.
///
/// *Assumes* the cases of a shift are different ones, drawn independently from cases like these, each run once.
///
/// *Misleads* when the shift's cases are not like the benchmark's (a suite full of traps has more), when cases of a shift hang
/// together (an outbreak: the same mean number of errors, in fewer shifts), and when confused with [`super::pass_hat_k`]: a
/// system that always fails one case in ten has a pass^8 of 0.9, and `0.9^40 = 1.5 %` of shifts of 40 cases without an error.
///
/// *Formula* `n(1 - p)` and `p^n`, with both ends of the interval of `p` put in.
///
/// *Reference* MEASUREMENT.md section 6. By hand: 0.95 right makes 2 errors in 40 cases, and `0.95^40 = 0.1285` shifts
/// without any:
///
/// ```
/// use bedside_stats::{Level, Observation, Scale01, mean_estimate, reliability::errors_per_shift};
/// let observations: Vec<_> = (0..400u32)
///     .map(|item| Observation { item, cluster: item, epoch: 0, score: f64::from(item % 20 != 0) })
///     .collect();
/// let shift = errors_per_shift(&mean_estimate(&observations, Scale01::Binary, Level::NINETY_FIVE)?, 40)?;
/// assert_eq!(shift.expected_errors.to_string(), "2.000 [1.304, 3.039]");
/// assert!((shift.error_free.value() - 0.128_512_156).abs() < 1e-8);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn errors_per_shift(success: &Estimate, cases: u32) -> Result<Shift, StatsError> {
    if !(0.0..=1.0).contains(&success.value()) {
        return Err(StatsError::ValueOutside { value: success.value(), lower: 0.0, upper: 1.0 });
    }
    let n = f64::from(cases);
    let ci = success.ci();
    let (low, high) = (ci.lower().max(0.0), ci.upper().min(1.0));
    let of = |value: f64, lower: f64, upper: f64| {
        let mut assumptions = success.assumptions().to_vec();
        assumptions.push(format!("a shift is {cases} different cases like these, each run once"));
        let interval = Interval::new(lower, upper, ci.level())?;
        Estimate::new(value, interval, success.method().clone(), success.sample(), assumptions)
    };
    Ok(Shift {
        cases,
        expected_errors: of(n * (1.0 - success.value()), n * (1.0 - high), n * (1.0 - low))?,
        error_free: of(success.value().powf(n), low.powf(n), high.powf(n))?,
    })
}
