//! Tail probabilities for tests.

use crate::Figure;
use crate::quantile::beta_share;
use statrs::distribution::{ChiSquared, ContinuousCDF, Normal};

/// Chance that Student's t with `freedom` degrees of freedom exceeds `t`.
pub(crate) fn student_above(t: f64, freedom: f64) -> f64 {
    if t.is_nan() {
        return f64::NAN;
    }
    // t² / (freedom + t²) ~ Beta(1/2, freedom/2); its complement is taken where t is small, lest digits be lost.
    let half = if t * t < freedom {
        (1.0 - beta_share(0.5, freedom / 2.0, t * t / (freedom + t * t))) / 2.0
    } else {
        beta_share(freedom / 2.0, 0.5, freedom / (freedom + t * t)) / 2.0
    };
    if t >= 0.0 { half } else { 1.0 - half }
}

/// Chance that Student's t lies further from 0 than `t`.
pub(crate) fn student_beyond(t: f64, freedom: f64) -> f64 {
    (2.0 * student_above(t.abs(), freedom)).min(1.0)
}

/// Chance that a standard normal variable lies further from 0 than `z`.
pub(crate) fn normal_beyond(z: f64) -> f64 {
    (2.0 * Normal::standard().sf(z.abs())).min(1.0)
}

/// Chance that chi-squared exceeds `statistic`, unless that is no number.
pub(crate) fn chi_squared_above(statistic: Figure, freedom: f64) -> Figure {
    match (statistic.number(), ChiSquared::new(freedom)) {
        (Some(statistic), Ok(law)) => Figure::from(law.sf(statistic)),
        _ => Figure::Undefined,
    }
}

/// Chance of `events` or fewer in `n` at rate `rate`.
pub(crate) fn binomial_up_to(events: u64, n: u64, rate: f64) -> f64 {
    if events >= n {
        return 1.0;
    }
    beta_share((n - events) as f64, events as f64 + 1.0, 1.0 - rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// scipy 1.17.1.
    #[test]
    fn tails_agree_with_scipy() {
        for (t, freedom, above) in [
            (2.0, 3.0, 0.069_662_984_279_421_55),
            (0.1, 7.5, 0.461_482_666_033_895_1),
            (-1.0, 4.0, 0.813_049_516_849_970_6),
            (12.0, 30.0, 2.790_092_707_599_630_3e-13),
        ] {
            let found = student_above(t, freedom);
            assert!(((found - above) / above).abs() < 1e-9, "t {t}, {freedom}: {found}");
        }
        let normal = normal_beyond(1.0);
        assert!((normal - 0.317_310_507_862_914_1).abs() < 1e-10, "{normal}");
        assert!((binomial_up_to(1, 473, 0.01) - 0.049_797_538_819_848_844).abs() < 1e-12);
    }
}
