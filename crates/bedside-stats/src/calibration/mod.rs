//! Are stated probabilities right, and is it worth acting on them?
//!
//! | question | statistic |
//! | --- | --- |
//! | how good are the probabilities as a whole | [`brier`], [`log_loss`] |
//! | do higher ones mean more events | [`auroc`], [`average_precision`] |
//! | are they too extreme, too high | [`calibration_slope`], [`ece`], [`spiegelhalter_z`], [`murphy`] |
//! | which answers to withhold | [`risk_coverage`] |
//! | a yes/no test | [`Confusion`] |
//! | is acting on them better than treating all or none | [`net_benefit`] |
//!
//! A language model's spoken confidence is nearly constant whatever its accuracy (arXiv 2606.19509): calibration of such
//! numbers says little, and discrimination nothing.

mod classification;
mod decision;
mod ece;
mod proper;
mod ranking;
mod regression;
mod selective;
mod spiegelhalter;

pub(crate) use classification::rate;
pub use classification::{Classification, Confusion};
pub use decision::{NetBenefit, net_benefit, treat_all};
pub use ece::{Ece, ece, expected_calibration_error};
pub use proper::{Murphy, brier, log_loss, murphy};
pub use ranking::{auroc, average_precision};
pub use regression::{CalibrationFit, Coefficient, calibration_slope};
pub use selective::{RiskCoverage, risk_coverage};
pub use spiegelhalter::{Spiegelhalter, spiegelhalter_z};

use crate::StatsError;

/// One stated probability and what happened.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Forecast {
    /// The stated probability of the event, in [0, 1].
    pub probability: f64,
    /// Whether it happened.
    pub event: bool,
    /// Index of the outermost cluster that was sampled; the case's own index if there is none.
    pub cluster: u32,
}

impl Forecast {
    /// Forecasts of independent cases: each its own cluster.
    pub fn independent(probabilities: &[f64], events: &[bool]) -> Result<Vec<Self>, StatsError> {
        if probabilities.len() != events.len() {
            return Err(StatsError::Input {
                why: format!("{} probabilities and {} outcomes", probabilities.len(), events.len()),
            });
        }
        Ok((0..)
            .zip(probabilities.iter().zip(events))
            .map(|(cluster, (&probability, &event))| Self { probability, event, cluster })
            .collect())
    }

    /// The event as a number.
    fn y(&self) -> f64 {
        f64::from(self.event)
    }
}

/// An error for no forecasts, or one that is no probability.
fn check(forecasts: &[Forecast]) -> Result<(), StatsError> {
    if forecasts.is_empty() {
        return Err(StatsError::Empty);
    }
    match forecasts.iter().position(|forecast| !(0.0..=1.0).contains(&forecast.probability)) {
        Some(at) => {
            Err(StatsError::Input { why: format!("case {at}: {} is no probability", forecasts[at].probability) })
        }
        None => Ok(()),
    }
}

/// Number of events and of non-events.
fn classes(forecasts: &[Forecast]) -> (f64, f64) {
    let events = forecasts.iter().filter(|forecast| forecast.event).count();
    (events as f64, (forecasts.len() - events) as f64)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Twelve cases used throughout, checked against scikit-learn 1.9.1 and statsmodels 0.15.0.
    pub(crate) fn twelve() -> Vec<Forecast> {
        let events = [1, 0, 1, 1, 0, 0, 1, 0, 1, 1, 0, 1].map(|y| y == 1);
        let p = [0.9, 0.2, 0.7, 0.6, 0.4, 0.1, 0.8, 0.6, 0.55, 0.95, 0.3, 0.4];
        Forecast::independent(&p, &events).expect("twelve of each")
    }

    pub(crate) fn forecasts(of: &[(f64, u8)]) -> Vec<Forecast> {
        (0..).zip(of).map(|(cluster, &(probability, y))| Forecast { probability, event: y == 1, cluster }).collect()
    }
}
