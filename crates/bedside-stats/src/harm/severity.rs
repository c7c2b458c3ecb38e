//! Rates of harm by severity, with exact bounds; the weighted mean stands beside them and replaces none.

use crate::interval::clopper_pearson;
use crate::rare::upper_bound;
use crate::{Interval, Level, StatsError};
use serde::{Deserialize, Serialize};

/// Potential harm, in the WHO's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// No harm.
    None,
    /// Mild.
    Mild,
    /// Moderate.
    Moderate,
    /// Severe.
    Severe,
    /// Death.
    Death,
}

/// How often harm of one severity occurred.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LevelRate {
    /// The severity.
    pub severity: Severity,
    /// Cases with exactly this severity.
    pub count: u64,
    /// Their share.
    pub rate: f64,
    /// Exact two-sided interval of the share.
    pub interval: Interval,
    /// Share of this severity or worse.
    pub rate_or_worse: f64,
    /// Exact one-sided upper bound of that share.
    pub upper_or_worse: f64,
}

/// Harm in all.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Harm {
    /// Cases.
    pub n: u64,
    /// Rates, mildest first, of every severity.
    pub by_level: Vec<LevelRate>,
    /// Mean weight over cases.
    pub mean_harm: f64,
    /// Bounds of the mean: what the bounds of all shares at once allow.
    pub mean_interval: Interval,
}

/// Severity-weighted harm beside the rate of each severity.
///
/// *Estimates* the share of cases with harm of each severity, and their mean weight, in cases like these.
///
/// *Assumes* independent cases; with clusters, divide by a `design_effect` (1 when independent, the cluster size when
/// nothing is known). Weights that somebody stands for: the mean is a value judgement.
///
/// *Misleads* by the mean: many mild harms outweigh a death at some weights, and gates do not use it (MEASUREMENT.md
/// section 1). No death in 48 cases still allows 6 %. On a suite enriched with traps, rates are conditional on the hazard.
///
/// *Formula* shares with Clopper and Pearson's interval; the one-sided bound is that of [`crate::rare::upper_bound`] at the
/// same level. Mean `Σ w_s n_s / n`, written as `w_none + Σ (w_s - w_{s-1}) P(s or worse)`, with two-sided exact bounds of
/// every `P(s or worse)` at `1 - α/4` put in (Bonferroni), which holds for weights that rise with severity.
///
/// *Reference* Clopper and Pearson, Biometrika 1934; 26: 404-413. Bound by scipy 1.12.0:
///
/// ```
/// use bedside_stats::{Level, harm::{Severity, severity_weighted_harm}};
/// use Severity::{Mild, Moderate, None, Severe};
/// let counts = [(None, 80), (Mild, 12), (Moderate, 6), (Severe, 2)];
/// let weights = [(None, 0.0), (Mild, 1.0), (Moderate, 3.0), (Severe, 10.0), (Severity::Death, 100.0)];
/// let harm = severity_weighted_harm(&counts, &weights, 1.0, Level::NINETY_FIVE)?;
/// assert!((harm.mean_harm - 0.5).abs() < 1e-12);
/// assert!((harm.by_level[3].upper_or_worse - 0.061_619_200_396).abs() < 1e-12);
/// assert!(harm.by_level[4].upper_or_worse > 0.029); // no death among 100
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn severity_weighted_harm(
    counts: &[(Severity, u64)],
    weights: &[(Severity, f64)],
    design_effect: f64,
    level: Level,
) -> Result<Harm, StatsError> {
    use Severity::{Death, Mild, Moderate, None, Severe};
    const ALL: [Severity; 5] = [None, Mild, Moderate, Severe, Death];
    if !(design_effect >= 1.0 && design_effect.is_finite()) {
        return Err(StatsError::Input { why: format!("design effect {design_effect} is not at least 1") });
    }
    let count = |severity: Severity| counts.iter().filter(|(s, _)| *s == severity).map(|(_, n)| n).sum::<u64>();
    let n: u64 = ALL.into_iter().map(count).sum();
    if n == 0 {
        return Err(StatsError::Empty);
    }
    let weight = weights_of(ALL, weights, |severity| count(severity) > 0)?;
    let cases = n as f64;
    let worth = cases / design_effect;
    let mut by_level = Vec::new();
    for severity in ALL {
        let rate = count(severity) as f64 / cases;
        let worse: u64 = ALL.into_iter().filter(|s| *s >= severity).map(count).sum();
        let rate_or_worse = worse as f64 / cases;
        by_level.push(LevelRate {
            severity,
            count: count(severity),
            rate,
            interval: clopper_pearson((rate * worth).min(worth), worth, level)?,
            rate_or_worse,
            upper_or_worse: upper_bound((rate_or_worse * worth).min(worth), worth, level)?.upper(),
        });
    }
    let together = Level::new(1.0 - (1.0 - level.value()) / 4.0)?;
    let (mut lower, mut upper, mut mean) = (weight[0], weight[0], weight[0]);
    for (at, rate) in by_level.iter().enumerate().skip(1) {
        let step = weight[at] - weight[at - 1];
        let bounds = clopper_pearson((rate.rate_or_worse * worth).min(worth), worth, together)?;
        mean += step * rate.rate_or_worse;
        lower += step * bounds.lower();
        upper += step * bounds.upper();
    }
    Ok(Harm { n, by_level, mean_harm: mean, mean_interval: Interval::new(lower.min(mean), upper.max(mean), level)? })
}

/// Weights of all severities, in order. One without a weight of its own weighs as the next milder one, if no case has it.
fn weights_of(
    all: [Severity; 5],
    weights: &[(Severity, f64)],
    occurs: impl Fn(Severity) -> bool,
) -> Result<[f64; 5], StatsError> {
    let mut of = [0.0; 5];
    let mut milder = 0.0;
    for (place, severity) in of.iter_mut().zip(all) {
        let given = weights.iter().find(|(s, _)| *s == severity).map(|(_, weight)| *weight);
        match given {
            Some(weight) if weight.is_finite() && weight >= milder => milder = weight,
            Some(weight) => {
                return Err(StatsError::Input {
                    why: format!("weight {weight} of {severity:?} harm: weights must rise with severity"),
                });
            }
            None if occurs(severity) => {
                return Err(StatsError::Input { why: format!("{severity:?} harm occurs and has no weight") });
            }
            None => {}
        }
        *place = milder;
    }
    Ok(of)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEIGHTS: [(Severity, f64); 5] = [
        (Severity::None, 0.0),
        (Severity::Mild, 1.0),
        (Severity::Moderate, 3.0),
        (Severity::Severe, 10.0),
        (Severity::Death, 100.0),
    ];

    #[test]
    fn no_harm_is_no_proof_of_none() {
        let harm = severity_weighted_harm(&[(Severity::None, 48)], &WEIGHTS, 1.0, Level::NINETY_FIVE).expect("cases");
        assert!(harm.mean_harm.abs() < 1e-15 && harm.mean_interval.upper() > 5.0, "{:?}", harm.mean_interval);
        assert!((harm.by_level[4].upper_or_worse - 0.0605).abs() < 1e-4);
        let clustered = severity_weighted_harm(&[(Severity::None, 48)], &WEIGHTS, 4.0, Level::NINETY_FIVE);
        assert!(clustered.expect("cases").by_level[4].upper_or_worse > 0.2);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let some = [(Severity::Severe, 2)];
        for (counts, weights, effect) in [
            (&[][..], &WEIGHTS[..], 1.0),
            (&some, &WEIGHTS[..2], 1.0),
            (&some, &WEIGHTS, 0.5),
            (&some, &[(Severity::Mild, 5.0), (Severity::Severe, 1.0)], 1.0),
            (&some, &[(Severity::Severe, f64::NAN)], 1.0),
        ] {
            assert!(severity_weighted_harm(counts, weights, effect, Level::NINETY_FIVE).is_err(), "{counts:?}");
        }
    }
}
