//! Withholding the answers one is least sure of.

use crate::{Figure, StatsError};

/// Risk at every coverage, in the order of falling confidence.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct RiskCoverage {
    /// Mean error among the `k` most confident answers, for `k` from 1 to all.
    pub risk_at_coverage: Vec<f64>,
    /// Its mean over `k`: the area under the curve.
    pub aurc: f64,
    /// The area less that of the best possible order of the same errors.
    pub eaurc: f64,
}

impl RiskCoverage {
    /// Risk when the share `coverage` of answers is given: the `⌈coverage · n⌉` most confident ones. Undefined for none.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the number of answers")]
    pub fn risk_at(&self, coverage: f64) -> Figure {
        if !(coverage > 0.0 && coverage <= 1.0) {
            return Figure::Undefined;
        }
        // Less a hair, so that 0.07 · 100 = 7.000000000000001 stays 7.
        let kept = (coverage * self.risk_at_coverage.len() as f64 - 1e-9).ceil() as usize;
        self.risk_at_coverage.get(kept.max(1) - 1).map_or(Figure::Undefined, |risk| Figure::Number(*risk))
    }
}

/// Risk-coverage curve, its area (AURC) and the excess over the best order (E-AURC).
///
/// *Estimates* the mean error of the answers that would be given, were the least confident ones withheld.
///
/// *Assumes* the confidence was stated before the answer was graded; independent cases.
///
/// *Misleads* across systems: the area falls with fewer errors whatever the confidence is worth; E-AURC takes that out in
/// part. Equal confidences have no order: ties count as if drawn at random, so that constant confidence gives a flat curve
/// and no order of the file flatters a system.
///
/// *Formula* `AURC = Σ_k r_k / n` with `r_k` the mean error of the `k` most confident; E-AURC subtracts the same with
/// errors sorted last.
///
/// *Reference* Geifman and El-Yaniv, NeurIPS 2017; Geifman, Uziel and El-Yaniv, ICLR 2019. By hand:
///
/// ```
/// use bedside_stats::calibration::risk_coverage;
/// let confidence = [0.99, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4];
/// let curve = risk_coverage(&confidence, &[0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0])?;
/// assert!((curve.aurc - 0.222_172_619_048).abs() < 1e-12 && (curve.eaurc - 0.118_75).abs() < 1e-12);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn risk_coverage(confidence: &[f64], error: &[f64]) -> Result<RiskCoverage, StatsError> {
    if confidence.len() != error.len() {
        return Err(StatsError::Input { why: format!("{} confidences and {} errors", confidence.len(), error.len()) });
    }
    if confidence.is_empty() {
        return Err(StatsError::Empty);
    }
    if let Some(at) = error.iter().position(|error| !(0.0..=1.0).contains(error)) {
        return Err(StatsError::Input { why: format!("case {at}: error {} is not on the [0, 1] scale", error[at]) });
    }
    if let Some(at) = confidence.iter().position(|confidence| confidence.is_nan()) {
        return Err(StatsError::Input { why: format!("case {at}: the confidence is no number") });
    }
    let mut sorted: Vec<(f64, f64)> = confidence.iter().copied().zip(error.iter().copied()).collect();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut given, mut errors) = (0.0, 0.0);
    let mut risk_at_coverage = Vec::with_capacity(sorted.len());
    for tied in sorted.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        let mean = tied.iter().map(|(_, error)| error).sum::<f64>() / tied.len() as f64;
        for _ in tied {
            given += 1.0;
            errors += mean;
            risk_at_coverage.push(errors / given);
        }
    }
    let aurc = risk_at_coverage.iter().sum::<f64>() / given;
    let mut best: Vec<f64> = error.to_vec();
    best.sort_by(f64::total_cmp);
    let (mut least, mut errors) = (0.0, 0.0);
    for (k, error) in (1_u32..).zip(best) {
        errors += error;
        least += errors / f64::from(k);
    }
    Ok(RiskCoverage { risk_at_coverage, aurc, eaurc: aurc - least / given })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constant_confidence_gives_a_flat_curve_whatever_the_order() {
        let curve = risk_coverage(&[0.9; 4], &[0.0, 0.0, 0.0, 1.0]).expect("four");
        assert!(curve.risk_at_coverage.iter().all(|risk| (risk - 0.25).abs() < 1e-12));
        assert_eq!(curve.risk_at(0.5), Figure::Number(0.25));
    }

    #[test]
    fn the_best_order_has_no_excess() {
        let curve = risk_coverage(&[0.9, 0.8, 0.1], &[0.0, 0.0, 1.0]).expect("three");
        assert!(curve.eaurc.abs() < 1e-15);
        assert_eq!(curve.risk_at(0.0), Figure::Undefined);
        assert_eq!(curve.risk_at(1.5), Figure::Undefined);
        assert!((curve.risk_at(1.0).number().expect("all") - 1.0 / 3.0).abs() < 1e-15);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert!(risk_coverage(&[], &[]).is_err());
        assert!(risk_coverage(&[0.1], &[0.0, 1.0]).is_err());
        assert!(risk_coverage(&[f64::NAN], &[0.0]).is_err());
        assert!(risk_coverage(&[0.1], &[2.0]).is_err());
    }
}
