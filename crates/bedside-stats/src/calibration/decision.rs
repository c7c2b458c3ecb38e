//! Is acting on a probability better than treating everyone, or no one?

use super::{Forecast, check, classes};
use crate::{ClusterKind, Design, Estimate, Figure, Interval, Level, Observation, Scale01, StatsError};

/// Net benefit at one threshold, in events found per case after paying for false alarms.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct NetBenefit {
    /// The threshold from which on one acts.
    pub threshold: f64,
    /// Of acting when the stated probability is at least the threshold.
    pub net_benefit: Estimate,
    /// Of acting always.
    pub treat_all: Estimate,
    /// Acting on the probability less acting always, paired by case.
    pub over_treat_all: Estimate,
    /// Net benefit over the prevalence, which is the most that can be had; undefined without events.
    pub standardised: Figure,
}

/// Net benefit of treating all, from counts.
///
/// *Formula* `π - (1-π)·t/(1-t)` with prevalence `π`. *Reference* Vickers and Elkin, Med Decis Making 2006; 26: 565-574.
/// 750 patients, 105 cancers (dcurves):
///
/// ```
/// use bedside_stats::calibration::treat_all;
/// assert!((treat_all(105.0, 750.0, 0.1)? - 0.044_444_444_444).abs() < 1e-12);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn treat_all(events: f64, n: f64, threshold: f64) -> Result<f64, StatsError> {
    let odds = odds(threshold)?;
    let prevalence = crate::interval::proportion(events, n)?;
    Ok(prevalence - (1.0 - prevalence) * odds)
}

/// The odds at which a false alarm is paid for; an error unless the threshold lies in [0, 1).
fn odds(threshold: f64) -> Result<f64, StatsError> {
    if (0.0..1.0).contains(&threshold) {
        Ok(threshold / (1.0 - threshold))
    } else {
        Err(StatsError::Input { why: format!("threshold {threshold} is not in [0, 1)") })
    }
}

/// Net benefit of acting from a threshold on: one point of a decision curve.
///
/// *Estimates* the gain per case, in units of one event found, of acting when the stated probability is at least
/// `threshold`, when an unneeded action costs `t/(1-t)` of a missed event.
///
/// *Assumes* the threshold says how the site weighs the two errors; independent clusters; cases in the ward's mix.
///
/// *Misleads* when read at a threshold nobody would use, or on an enriched suite: prevalence enters directly. Treating none
/// has a net benefit of 0; a system below 0 or below treating all should not be used at that threshold.
///
/// *Formula* `TP/n - FP/n · t/(1-t)`; per case it is `y` or `-t/(1-t)` if acted on, else 0, so its interval is that of a
/// mean between these two ends ([`crate::rule`]), and none of zero width.
///
/// *Reference* Vickers and Elkin, Med Decis Making 2006; 26: 565-574. By hand:
///
/// ```
/// use bedside_stats::{Level, calibration::{Forecast, net_benefit}};
/// let p = [0.9, 0.2, 0.7, 0.6, 0.4, 0.1, 0.8, 0.6, 0.55, 0.95, 0.3, 0.4];
/// let y = [1, 0, 1, 1, 0, 0, 1, 0, 1, 1, 0, 1].map(|y| y == 1);
/// let at = net_benefit(&Forecast::independent(&p, &y)?, 0.5, Level::NINETY_FIVE)?;
/// assert!((at.net_benefit.value() - 5.0 / 12.0).abs() < 1e-12); // 6 true and 1 false alarm
/// assert!((at.treat_all.value() - 2.0 / 12.0).abs() < 1e-12);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn net_benefit(forecasts: &[Forecast], threshold: f64, level: Level) -> Result<NetBenefit, StatsError> {
    check(forecasts)?;
    let cost = odds(threshold)?;
    let gain = |forecast: &Forecast| if forecast.event { 1.0 } else { -cost };
    let acts = |forecast: &Forecast| forecast.probability >= threshold;
    let benefit =
        mean_between(forecasts, level, -cost, 1.0, |forecast| if acts(forecast) { gain(forecast) } else { 0.0 })?;
    let over_treat_all =
        mean_between(forecasts, level, -1.0, cost, |forecast| if acts(forecast) { 0.0 } else { -gain(forecast) })?;
    let (events, _) = classes(forecasts);
    Ok(NetBenefit {
        threshold,
        standardised: Figure::ratio(benefit.value(), events / forecasts.len() as f64),
        net_benefit: benefit,
        treat_all: mean_between(forecasts, level, -cost, 1.0, gain)?,
        over_treat_all,
    })
}

/// Mean of a number between two ends, with the interval of a mean score in [0, 1] stretched to them.
pub(crate) fn mean_between(
    forecasts: &[Forecast],
    level: Level,
    low: f64,
    high: f64,
    of: impl Fn(&Forecast) -> f64,
) -> Result<Estimate, StatsError> {
    let width = high - low;
    let observations: Vec<Observation> = (0..)
        .zip(forecasts)
        .map(|(item, forecast)| Observation {
            item,
            cluster: forecast.cluster,
            epoch: 0,
            score: ((of(forecast) - low) / width).clamp(0.0, 1.0),
        })
        .collect();
    let design = Design { scale: Scale01::Continuous, clusters: ClusterKind::Sampled("cluster".into()), level };
    let unit = design.mean_estimate(&observations)?;
    let value = forecasts.iter().map(of).sum::<f64>() / forecasts.len() as f64;
    let interval = Interval::new(
        (low + width * unit.ci().lower()).min(value),
        (low + width * unit.ci().upper()).max(value),
        level,
    )?;
    Estimate::new(value, interval, unit.method().clone(), unit.sample(), unit.assumptions().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibration::tests::{forecasts, twelve};

    #[test]
    fn the_difference_is_the_difference() {
        for threshold in [0.0, 0.1, 0.25, 0.5, 0.9] {
            let at = net_benefit(&twelve(), threshold, Level::NINETY_FIVE).expect("forecasts");
            let difference = at.net_benefit.value() - at.treat_all.value();
            assert!((at.over_treat_all.value() - difference).abs() < 1e-12, "{threshold}");
        }
    }

    #[test]
    fn no_action_and_no_events_keep_a_width() {
        let none = forecasts(&[(0.1, 0), (0.2, 0), (0.1, 0), (0.3, 0), (0.2, 0), (0.1, 0)]);
        let at = net_benefit(&none, 0.5, Level::NINETY_FIVE).expect("forecasts");
        assert_eq!(at.standardised, Figure::Undefined);
        assert!(at.net_benefit.value().abs() < 1e-15 && at.net_benefit.ci().width() > 0.1, "{}", at.net_benefit);
        assert!(net_benefit(&none, 1.0, Level::NINETY_FIVE).is_err());
        assert!(net_benefit(&none, f64::NAN, Level::NINETY_FIVE).is_err());
    }
}
