//! Methods on outcomes and stated probabilities.

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::{conf, ends, ends_or_undefined, input};
use crate::calibration::{self, Forecast};
use crate::{Estimate, Figure, Level, StatsError};

/// Null draws of the calibration error when the input says nothing.
const DRAWS: u32 = 999;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Probabilities {
    y: Vec<u8>,
    p: Vec<f64>,
    #[serde(default)]
    clusters: Option<Vec<u32>>,
    #[serde(default)]
    bins: Option<u32>,
    #[serde(default)]
    draws: Option<u32>,
    #[serde(default)]
    seed: u64,
    #[serde(default = "conf")]
    conf: Level,
}

impl Probabilities {
    fn forecasts(&self) -> Result<Vec<Forecast>, StatsError> {
        forecasts(&self.y, &self.p, self.clusters.as_deref())
    }
}

/// Forecasts from outcomes 0/1, probabilities and, if there are any, clusters.
pub(super) fn forecasts(y: &[u8], p: &[f64], clusters: Option<&[u32]>) -> Result<Vec<Forecast>, StatsError> {
    if let Some(at) = y.iter().position(|y| *y > 1) {
        return Err(StatsError::Input { why: format!("y[{at}] is {}, neither 0 nor 1", y[at]) });
    }
    let events: Vec<bool> = y.iter().map(|y| *y == 1).collect();
    let mut forecasts = Forecast::independent(p, &events)?;
    if let Some(clusters) = clusters {
        if clusters.len() != forecasts.len() {
            return Err(StatsError::Input { why: format!("{} cases and {} clusters", y.len(), clusters.len()) });
        }
        for (forecast, cluster) in forecasts.iter_mut().zip(clusters) {
            forecast.cluster = *cluster;
        }
    }
    Ok(forecasts)
}

pub(super) fn probability_scores(value: &Value) -> Result<Value, StatsError> {
    let given: Probabilities = input(value)?;
    let forecasts = given.forecasts()?;
    let brier = calibration::brier(&forecasts, given.conf)?;
    let area = calibration::auroc(&forecasts, given.conf)?;
    Ok(json!({
        "brier": brier.value(),
        "brier_ci": ends(&brier),
        "log_loss": calibration::log_loss(&forecasts)?,
        "auroc": area.as_ref().map_or(Figure::Undefined, |area| Figure::Number(Estimate::value(area))),
        "auroc_ci": ends_or_undefined(area.as_ref()),
        "average_precision": calibration::average_precision(&forecasts)?,
    }))
}

pub(super) fn ece(value: &Value) -> Result<Value, StatsError> {
    let given: Probabilities = input(value)?;
    let found =
        calibration::ece(&given.forecasts()?, given.bins.unwrap_or(10), given.draws.unwrap_or(DRAWS), given.seed)?;
    Ok(json!(found))
}

pub(super) fn brier_decomposition(value: &Value) -> Result<Value, StatsError> {
    let given: Probabilities = input(value)?;
    Ok(json!(calibration::murphy(&given.forecasts()?, given.bins)?))
}

pub(super) fn calibration_slope(value: &Value) -> Result<Value, StatsError> {
    let given: Probabilities = input(value)?;
    let fit = calibration::calibration_slope(&given.forecasts()?, given.conf)?;
    Ok(json!({
        "slope": fit.slope.value,
        "slope_se": fit.slope.se,
        "slope_ci": [fit.slope.lower, fit.slope.upper],
        "intercept_joint": fit.intercept.value,
        "intercept_joint_se": fit.intercept.se,
        "intercept_joint_ci": [fit.intercept.lower, fit.intercept.upper],
        "calibration_in_the_large": fit.in_the_large.value,
        "calibration_in_the_large_se": fit.in_the_large.se,
        "calibration_in_the_large_ci": [fit.in_the_large.lower, fit.in_the_large.upper],
    }))
}

pub(super) fn spiegelhalter_z(value: &Value) -> Result<Value, StatsError> {
    let given: Probabilities = input(value)?;
    Ok(json!(calibration::spiegelhalter_z(&given.forecasts()?)?))
}
