//! Prediction-powered inference for a mean: audited answers, and others that only the judge saw.

use super::limits::{self, Audited};
use crate::influence::unit_interval;
use crate::quantile::{normal_upper, student_upper};
use crate::{Estimate, Interval, Level, Method, Sample, StatsError};

/// A mean by prediction-powered inference.
#[derive(Debug, Clone, PartialEq)]
pub struct Ppi {
    /// The mean with an interval that holds for small audits too, both within [0, 1].
    pub estimate: Estimate,
    /// The mean before it was cut off at 0 and 1.
    pub raw: f64,
    /// Weight of the judge.
    pub lambda: f64,
    /// Standard error as published, without small-sample correction.
    pub se: f64,
    /// Lower end of the published interval, by the normal law.
    pub lower: f64,
    /// Upper end of the published interval, by the normal law.
    pub upper: f64,
}

/// Prediction-powered mean (PPI), and with `lambda: None` its tuned form (PPI++).
///
/// *Estimates* the mean of the audited score over answers like these.
///
/// *Assumes* audited and unaudited answers are independent samples of the same answers, and do not overlap; independent
/// items. For an audit that is part of the run, clusters or strata, use [`super::two_phase_regression`].
///
/// *Misleads* when the audited answers are of another mix or another system: the judge's error on them is then not its
/// error on the rest. The published interval has no width when the judge is never wrong in the audit and covers too little
/// below about 100 audited answers; `estimate` has neither fault.
///
/// *Formula* `θ = λ f̄_u + mean(y - λ f)`; `SE² = λ² var(f_u)/N + var(y - λ f)/n`; `λ* = cov(y, f)/((1 + n/N) var(f))`, the
/// variance over both samples. The estimate's interval: the exact one on as many cases as have that standard error, with
/// variances over `n - 1` and t(n - 1); and at least as wide, on either side, as that of [`super::two_phase_regression`]
/// for few or no errors.
///
/// *Reference* Angelopoulos et al., Science 2023; 382: 669-674 (arXiv 2301.09633), and 2023, arXiv 2311.01453. `λ = 1`, by
/// hand:
///
/// ```
/// use bedside_stats::{Level, correction::ppi_mean};
/// let found = ppi_mean(&[1.0, 0.0, 1.0, 0.0], &[1.0, 1.0, 1.0, 0.0], &[1.0, 1.0, 0.0, 1.0], Some(1.0), Level::NINETY_FIVE)?;
/// assert!((found.raw - 0.5).abs() < 1e-12); // 0.75 judged, a quarter too kindly
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn ppi_mean(
    gold: &[f64],
    judge_on_gold: &[f64],
    judge_elsewhere: &[f64],
    lambda: Option<f64>,
    level: Level,
) -> Result<Ppi, StatsError> {
    if gold.len() != judge_on_gold.len() {
        return Err(StatsError::Input {
            why: format!("{} audited answers and {} judgements of them", gold.len(), judge_on_gold.len()),
        });
    }
    if gold.len() < 2 || judge_elsewhere.is_empty() {
        return Err(StatsError::TooFew {
            method: "prediction-powered inference",
            needs: "2 audited answers and 1 other".into(),
            found: format!("{} and {}", gold.len(), judge_elsewhere.len()),
        });
    }
    let all = || gold.iter().chain(judge_on_gold).chain(judge_elsewhere);
    if let Some(score) = all().find(|score| !(0.0..=1.0).contains(*score)) {
        return Err(StatsError::Input { why: format!("score {score} is not on the [0, 1] scale") });
    }
    if let Some(lambda) = lambda.filter(|lambda| !lambda.is_finite()) {
        return Err(StatsError::Input { why: format!("lambda {lambda} is no weight") });
    }
    let (n, other) = (gold.len() as f64, judge_elsewhere.len() as f64);
    let pooled: Vec<f64> = judge_on_gold.iter().chain(judge_elsewhere).copied().collect();
    let lambda = lambda.unwrap_or_else(|| tuned(gold, judge_on_gold, &pooled, n / other));
    let rest: Vec<f64> = gold.iter().zip(judge_on_gold).map(|(y, f)| y - lambda * f).collect();
    let raw = lambda * mean(judge_elsewhere) + mean(&rest);
    let (in_rest, in_judge) = (squares(&rest), lambda * lambda * squares(judge_elsewhere));
    let se = (in_rest / n / n + in_judge / other / other).sqrt();
    let half = normal_upper(level.tail()) * se;
    let unbiased = (in_rest / n / (n - 1.0) + in_judge / other / (other - 1.0).max(1.0)).sqrt();
    let value = raw.clamp(0.0, 1.0);
    let by_error = unit_interval(value, unbiased, n - 1.0, n, level)?;
    let (low, high) = honest(gold, judge_on_gold, &pooled, level)?.unwrap_or((value, value));
    let ci = Interval::new(
        by_error.lower().min(low.max(0.0)).min(value),
        by_error.upper().max(high.min(1.0)).max(value),
        level,
    )?;
    let items = pooled.len() as u64;
    let says = vec![
        format!("{} audited answers, drawn like the {} others; the audit is right", gold.len(), judge_elsewhere.len()),
        "items drawn independently".to_owned(),
    ];
    let sample = Sample { n_items: items, n_clusters: items, n_epochs: 1 };
    let estimate = Estimate::new(value, ci, Method::named("prediction_powered"), sample, says)?;
    Ok(Ppi { estimate, raw, lambda, se, lower: raw - half, upper: raw + half })
}

/// The weight with the least variance; 0 for a judge that always says the same.
fn tuned(gold: &[f64], judge: &[f64], pooled: &[f64], ratio: f64) -> f64 {
    let (gold_mean, judge_mean) = (mean(gold), mean(judge));
    let covariance =
        gold.iter().zip(judge).map(|(y, f)| (y - gold_mean) * (f - judge_mean)).sum::<f64>() / gold.len() as f64;
    let variance = squares(pooled) / (pooled.len() as f64 - 1.0);
    if variance > 1e-12 { covariance / ((1.0 + ratio) * variance) } else { 0.0 }
}

/// Limits that do not rest on the errors the audit happened to find; none when it found enough.
fn honest(gold: &[f64], judge: &[f64], pooled: &[f64], level: Level) -> Result<Option<(f64, f64)>, StatsError> {
    const FEW: usize = 5;
    let audited: Vec<Audited> = (0..)
        .zip(gold.iter().zip(judge))
        .map(|(cluster, (gold, judge))| Audited { weight: 1.0, cluster, judge: *judge, gold: *gold })
        .collect();
    let all = pooled.len() as f64;
    let half = student_upper(all - 1.0, level.tail()) * (squares(pooled) / (all - 1.0) / all).sqrt();
    let yes_no = audited.iter().all(Audited::is_binary) && pooled.iter().all(|f| matches!(*f, 0.0 | 1.0));
    let changed = audited.iter().filter(|a| (a.gold - a.judge).abs() > 1e-9).count();
    if yes_no {
        limits::from_yes_no(&audited, mean(pooled), half, level).map(Some)
    } else if changed < FEW {
        limits::from_few_changes(&audited, mean(pooled), half, level).map(Some)
    } else {
        Ok(None)
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Sum of squared distances from the mean.
fn squares(values: &[f64]) -> f64 {
    let mean = mean(values);
    values.iter().map(|value| (value - mean).powi(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_judge_without_error_is_not_certain() {
        let (ones, more) = ([1.0; 20], [1.0; 500]);
        let found = ppi_mean(&ones, &ones, &more, None, Level::NINETY_FIVE).expect("an audit");
        assert!(found.se < 1e-15 && found.estimate.ci().lower() < 0.9, "{}", found.estimate);
        let half: Vec<f64> = (0..20).map(|item| f64::from(item % 2)).collect();
        let found = ppi_mean(&half, &half, &more, Some(1.0), Level::NINETY_FIVE).expect("an audit");
        assert!(found.estimate.ci().width() > 0.15, "{}", found.estimate);
    }

    #[test]
    fn without_the_judge_it_is_the_mean_of_the_audit() {
        let found = ppi_mean(&[1.0, 0.0, 0.0], &[1.0, 1.0, 0.0], &[1.0], Some(0.0), Level::NINETY_FIVE);
        assert!((found.expect("an audit").raw - 1.0 / 3.0).abs() < 1e-15);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let level = Level::NINETY_FIVE;
        assert!(ppi_mean(&[1.0, 0.0], &[1.0], &[1.0], None, level).is_err());
        assert!(ppi_mean(&[1.0], &[1.0], &[1.0], None, level).is_err());
        assert!(ppi_mean(&[1.0, 0.0], &[1.0, 1.0], &[], None, level).is_err());
        assert!(ppi_mean(&[1.0, 2.0], &[1.0, 1.0], &[1.0], None, level).is_err());
        assert!(ppi_mean(&[1.0, 0.0], &[1.0, 1.0], &[1.0], Some(f64::NAN), level).is_err());
    }
}
