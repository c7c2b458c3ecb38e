//! Events by exposure: alerts per hour, harms per thousand encounters, where one encounter may have several.

use crate::quantile::gamma;
use crate::{Interval, Level, StatsError};

/// Exact interval for the rate of events.
///
/// *Estimates* the long-run number of events in one unit of exposure.
///
/// *Assumes* events come independently of each other at one rate, as in a Poisson process.
///
/// *Misleads* when events come in bursts (one bad template, one bad night): it is then too narrow. For cases that either
/// fail or do not, use a proportion.
///
/// *Formula* from the `α/2` quantile of `Gamma(x)` to the `1 - α/2` quantile of `Gamma(x + 1)`, divided by the exposure.
///
/// *Reference* Garwood, Biometrika 1936; 28: 437-442. Five events, as in its table:
///
/// ```
/// use bedside_stats::{Level, rate::poisson};
/// assert_eq!(poisson(5, 1.0, Level::NINETY_FIVE)?.to_string(), "[1.623, 11.668]");
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn poisson(events: u64, exposure: f64, level: Level) -> Result<Interval, StatsError> {
    exposed(exposure)?;
    let x = events as f64;
    let lower = if events == 0 { 0.0 } else { gamma(x, level.tail()) };
    Interval::new(lower / exposure, gamma(x + 1.0, 1.0 - level.tail()) / exposure, level)
}

/// Exact one-sided upper bound for the rate of events.
///
/// *Estimates* the highest rate that the data leave possible. *Assumes* and *Misleads* as [`poisson`].
///
/// *Formula* the `level` quantile of `Gamma(x + 1)`, divided by the exposure; with no event, `-ln(α) / exposure`.
///
/// *Reference* Garwood, Biometrika 1936; 28: 437-442. No event in 1,000 hours allows 3 per 1,000:
///
/// ```
/// use bedside_stats::{Level, rate::poisson_upper};
/// let bound = poisson_upper(0, 1_000.0, Level::NINETY_FIVE)?;
/// assert!((bound.upper() - 0.002_995_732_273_554).abs() < 1e-15);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn poisson_upper(events: u64, exposure: f64, level: Level) -> Result<Interval, StatsError> {
    exposed(exposure)?;
    let upper = gamma(events as f64 + 1.0, level.value()) / exposure;
    Interval::new(0.0, upper.max(events as f64 / exposure), level)
}

fn exposed(exposure: f64) -> Result<(), StatsError> {
    if exposure.is_finite() && exposure > 0.0 {
        Ok(())
    } else {
        Err(StatsError::Input { why: format!("exposure {exposure} is not a positive number") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_exposure_is_refused() {
        for exposure in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(poisson(1, exposure, Level::NINETY_FIVE).is_err());
            assert!(poisson_upper(1, exposure, Level::NINETY_FIVE).is_err());
        }
    }

    /// scipy 1.12.0, `chi2.ppf`.
    #[test]
    fn many_and_few_events_agree_with_scipy() {
        for (events, lower, upper) in [
            (0, 0.0, 3.688_879_454_113_935_4),
            (1, 0.025_317_807_984_289_876, 5.571_643_390_938_898),
            (1_000, 938.973_018_407_695_2, 1_063.952_136_016_302),
        ] {
            let interval = poisson(events, 1.0, Level::NINETY_FIVE).expect("exposure");
            assert!((interval.lower() - lower).abs() < 1e-12 * lower.max(1.0), "{events}: {interval}");
            assert!((interval.upper() - upper).abs() < 1e-12 * upper, "{events}: {interval}");
        }
    }
}
