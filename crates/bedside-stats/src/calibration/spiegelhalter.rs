//! Spiegelhalter's test of calibration, which needs no bins.

use super::{Forecast, check};
use crate::{Figure, StatsError};
use statrs::distribution::{ContinuousCDF, Normal};

/// Test statistic and p-value.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Spiegelhalter {
    /// Positive when the Brier score is worse than calibrated probabilities would give: too extreme. Negative: too timid.
    pub z: Figure,
    /// Two-sided p-value.
    pub p: Figure,
}

/// Spiegelhalter's z: is the Brier score what it should be, were all probabilities right?
///
/// *Estimates* nothing: it tests whether the stated probabilities can all be right.
///
/// *Assumes* independent cases, enough of them for a normal law.
///
/// *Misleads* both ways: with many cases a trifling departure is significant, and probabilities too high here and too low
/// there may cancel. Undefined when every probability is 0, 1/2 or 1.
///
/// *Formula* `z = Σ(y - p)(1 - 2p) / √Σ(1 - 2p)² p(1 - p)`.
///
/// *Reference* Spiegelhalter, Stat Med 1986; 5: 421-433. By hand, one event foreseen at 0.2: `0.8·0.6 / (0.6·0.4) = 2`:
///
/// ```
/// use bedside_stats::{Figure, calibration::{Forecast, spiegelhalter_z}};
/// let found = spiegelhalter_z(&Forecast::independent(&[0.2], &[true])?)?;
/// assert!((found.z.number().expect("finite") - 2.0).abs() < 1e-12);
/// assert!((found.p.number().expect("finite") - 0.045_500_263_896).abs() < 1e-10);
/// assert_eq!(spiegelhalter_z(&Forecast::independent(&[0.5], &[true])?)?.z, Figure::Undefined);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn spiegelhalter_z(forecasts: &[Forecast]) -> Result<Spiegelhalter, StatsError> {
    check(forecasts)?;
    let (mut sum, mut variance) = (0.0, 0.0);
    for forecast in forecasts {
        let p = forecast.probability;
        let weight = 1.0 - 2.0 * p;
        sum += (forecast.y() - p) * weight;
        variance += weight * weight * p * (1.0 - p);
    }
    let z = Figure::ratio(sum, variance.sqrt());
    let p = match z {
        Figure::Number(z) => Figure::Number(2.0 * Normal::standard().sf(z.abs())),
        // A certain forecast failed: under the null that cannot happen.
        Figure::Infinite | Figure::MinusInfinite => Figure::Number(0.0),
        none => none,
    };
    Ok(Spiegelhalter { z, p })
}
