//! Calibration slope and intercept, by logistic regression on the stated log-odds.

use super::{Forecast, check, classes};
use crate::quantile::normal_upper;
use crate::{Figure, Level, StatsError};

/// Newton steps; from 0 it takes about six, and each is halved while it makes the fit worse.
const STEPS: u32 = 200;
/// Largest step, in units of the coefficients, at which Newton has settled.
const SETTLED: f64 = 1e-12;

/// A coefficient with its standard error and interval.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Coefficient {
    /// The estimate.
    pub value: Figure,
    /// Its standard error from the observed information.
    pub se: Figure,
    /// Lower end of its Wald interval.
    pub lower: Figure,
    /// Upper end of its Wald interval.
    pub upper: Figure,
}

impl Coefficient {
    const NOT_IDENTIFIABLE: Self = Self {
        value: Figure::NotIdentifiable,
        se: Figure::NotIdentifiable,
        lower: Figure::NotIdentifiable,
        upper: Figure::NotIdentifiable,
    };

    fn new(value: f64, se: f64, level: Level) -> Self {
        let half = normal_upper(level.tail()) * se;
        Self {
            value: Figure::from(value),
            se: Figure::from(se),
            lower: Figure::from(value - half),
            upper: Figure::from(value + half),
        }
    }
}

/// Calibration by logistic regression.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct CalibrationFit {
    /// 1 when right; below 1, probabilities are too extreme; above 1, too timid.
    pub slope: Coefficient,
    /// The intercept fitted together with the slope.
    pub intercept: Coefficient,
    /// The intercept with the slope held at 1: above 0, events are more frequent than stated.
    pub in_the_large: Coefficient,
}

/// Calibration slope, intercept, and calibration in the large.
///
/// *Estimates* the logistic regression of the event on the stated log-odds, in cases like these.
///
/// *Assumes* independent cases; that the log-odds are related linearly.
///
/// *Misleads* with few events (below about 20 of either kind the Wald interval is poor). Where stated probabilities separate
/// events from the rest without overlap, no finite slope fits best and the answer is `not_identifiable`, as it is when all
/// probabilities are the same or all outcomes are. A probability of 0 or 1 has no log-odds and is an error: an impossible
/// event that happened is a finding to report, not to shave.
///
/// *Formula* `logit P(y) = a + b·logit p`, by Newton's method with step halving; in the large: `logit P(y) = a + logit p`.
///
/// *Reference* Cox, Biometrika 1958; 45: 562-565. Van Calster et al., BMC Med 2019; 17: 230. Checked against statsmodels
/// 0.15.0:
///
/// ```
/// use bedside_stats::{Level, calibration::{Forecast, calibration_slope}};
/// let p = [0.9, 0.2, 0.7, 0.6, 0.4, 0.1, 0.8, 0.6, 0.55, 0.95, 0.3, 0.4];
/// let y = [1, 0, 1, 1, 0, 0, 1, 0, 1, 1, 0, 1].map(|y| y == 1);
/// let fit = calibration_slope(&Forecast::independent(&p, &y)?, Level::NINETY_FIVE)?;
/// assert!((fit.slope.value.number().expect("overlap") - 2.465_697_572).abs() < 1e-8);
/// assert!((fit.in_the_large.value.number().expect("both outcomes") - 0.231_205_992).abs() < 1e-8);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn calibration_slope(forecasts: &[Forecast], level: Level) -> Result<CalibrationFit, StatsError> {
    check(forecasts)?;
    if let Some(at) = forecasts.iter().position(|f| f.probability <= 0.0 || f.probability >= 1.0) {
        return Err(StatsError::Input {
            why: format!("case {at}: a probability of {} has no log-odds", forecasts[at].probability),
        });
    }
    let cases: Vec<(f64, f64)> =
        forecasts.iter().map(|f| (f.probability.ln() - (-f.probability).ln_1p(), f.y())).collect();
    let (events, others) = classes(forecasts);
    if events < 1.0 || others < 1.0 {
        let none = Coefficient::NOT_IDENTIFIABLE;
        return Ok(CalibrationFit { slope: none, intercept: none, in_the_large: none });
    }
    let [shift, _] = newton(&cases, [0.0, 1.0], false)?;
    let information: f64 = cases.iter().map(|(x, _)| spread(shift + x)).sum();
    let in_the_large = Coefficient::new(shift, information.sqrt().recip(), level);
    if separated(&cases) {
        let none = Coefficient::NOT_IDENTIFIABLE;
        return Ok(CalibrationFit { slope: none, intercept: none, in_the_large });
    }
    let [intercept, slope] = newton(&cases, [0.0, 0.0], true)?;
    let [s0, s1, s2] = moments(&cases, intercept, slope);
    let determinant = s0 * s2 - s1 * s1;
    Ok(CalibrationFit {
        slope: Coefficient::new(slope, (s0 / determinant).sqrt(), level),
        intercept: Coefficient::new(intercept, (s2 / determinant).sqrt(), level),
        in_the_large,
    })
}

/// Whether log-odds of events and others meet in at most one point: then no finite slope fits best.
fn separated(cases: &[(f64, f64)]) -> bool {
    let range = |event: bool| {
        cases
            .iter()
            .filter(|(_, y)| (*y > 0.5) == event)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (x, _)| (low.min(*x), high.max(*x)))
    };
    let ((low1, high1), (low0, high0)) = (range(true), range(false));
    high0 <= low1 || high1 <= low0
}

/// Maximum likelihood of intercept and, if `both`, slope.
fn newton(cases: &[(f64, f64)], start: [f64; 2], both: bool) -> Result<[f64; 2], StatsError> {
    let [mut a, mut b] = start;
    let mut fit = log_likelihood(cases, a, b);
    for _ in 0..STEPS {
        let (mut g0, mut g1) = (0.0, 0.0);
        for (x, y) in cases {
            let rest = y - logistic(a + b * x);
            g0 += rest;
            g1 += rest * x;
        }
        let [s0, s1, s2] = moments(cases, a, b);
        let (da, db) = if both {
            let determinant = s0 * s2 - s1 * s1;
            ((s2 * g0 - s1 * g1) / determinant, (s0 * g1 - s1 * g0) / determinant)
        } else {
            (g0 / s0, 0.0)
        };
        let mut share = 1.0;
        let mut next = log_likelihood(cases, a + da, b + db);
        while (next.is_nan() || next < fit - fit.abs() * 1e-14) && share > 1e-10 {
            share /= 2.0;
            next = log_likelihood(cases, a + share * da, b + share * db);
        }
        (a, b, fit) = (a + share * da, b + share * db, next);
        if !a.is_finite() || !b.is_finite() {
            break;
        }
        if (da.abs()).max(db.abs()) < SETTLED * (1.0 + a.abs().max(b.abs())) {
            return Ok([a, b]);
        }
    }
    Err(StatsError::NotConverged { method: "calibration slope", steps: STEPS })
}

/// `Σ w`, `Σ w x`, `Σ w x²` with the variance of the outcome as weight.
fn moments(cases: &[(f64, f64)], a: f64, b: f64) -> [f64; 3] {
    cases.iter().fold([0.0; 3], |[s0, s1, s2], (x, _)| {
        let w = spread(a + b * x);
        [s0 + w, s1 + w * x, s2 + w * x * x]
    })
}

fn log_likelihood(cases: &[(f64, f64)], a: f64, b: f64) -> f64 {
    cases
        .iter()
        .map(|(x, y)| {
            let eta = (a + b * x) * if *y > 0.5 { 1.0 } else { -1.0 };
            // ln(1/(1 + e^-η)) without overflow.
            if eta > 0.0 { -(-eta).exp().ln_1p() } else { eta - eta.exp().ln_1p() }
        })
        .sum()
}

fn logistic(eta: f64) -> f64 {
    if eta >= 0.0 { 1.0 / (1.0 + (-eta).exp()) } else { eta.exp() / (1.0 + eta.exp()) }
}

fn spread(eta: f64) -> f64 {
    let p = logistic(eta);
    p * (1.0 - p)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibration::tests::forecasts;

    #[test]
    fn separation_is_named() {
        for cases in [
            &[(0.9, 1), (0.8, 1), (0.2, 0), (0.3, 0)][..],
            &[(0.9, 0), (0.8, 0), (0.2, 1), (0.3, 1)],
            &[(0.9, 1), (0.5, 1), (0.5, 0), (0.3, 0)],
            &[(0.4, 1), (0.4, 0), (0.4, 1)],
        ] {
            let fit = calibration_slope(&forecasts(cases), Level::NINETY_FIVE).expect("forecasts");
            assert_eq!(fit.slope.value, Figure::NotIdentifiable, "{cases:?}");
            assert!(fit.in_the_large.value.number().is_some());
        }
        let all = calibration_slope(&forecasts(&[(0.4, 1), (0.6, 1)]), Level::NINETY_FIVE).expect("forecasts");
        assert_eq!(all.in_the_large.value, Figure::NotIdentifiable);
    }

    #[test]
    fn certainty_has_no_log_odds() {
        let error = calibration_slope(&forecasts(&[(0.4, 1), (1.0, 1)]), Level::NINETY_FIVE).expect_err("p = 1");
        assert_eq!(error.to_string(), "case 1: a probability of 1 has no log-odds");
    }

    #[test]
    fn far_off_intercepts_converge() {
        let cases: Vec<(f64, u8)> = (0..200).map(|at| (1e-9 * f64::from(at + 1), u8::from(at % 3 == 0))).collect();
        let fit = calibration_slope(&forecasts(&cases), Level::NINETY_FIVE).expect("settles");
        assert!(fit.in_the_large.value.number().expect("finite") > 10.0);
    }
}
