//! Quantiles of the normal, Student's t and Beta laws, exact enough to be compared with published tables.
//!
//! `statrs` has a Beta quantile, but its Newton search starts no lower than 1e-4 and its continued fraction stops after
//! 140 terms, which is too few for effective sample sizes of 100,000. So the quantile is solved here, on our own
//! continued fraction; from `statrs` come the log-gamma function and the normal quantile.

use statrs::distribution::{ContinuousCDF, Normal};
use statrs::function::gamma::{gamma_lr, gamma_ur, ln_gamma};

/// Terms of the continued fraction. It needs about the square root of the larger shape: this is enough beyond 1e7.
const TERMS: u32 = 10_000;
/// Steps of the root search: bisection alone halves [0, 1] down to the smallest positive number in 1,074.
const STEPS: u32 = 1_200;

/// Upper quantile of the standard normal law that leaves `tail` above it.
pub(crate) fn normal_upper(tail: f64) -> f64 {
    -Normal::standard().inverse_cdf(tail)
}

/// Upper quantile of Student's t law with `freedom` degrees of freedom that leaves `tail` (< 0.5) above it.
///
/// By `t² / (freedom + t²) ~ Beta(1/2, freedom/2)`.
pub(crate) fn student_upper(freedom: f64, tail: f64) -> f64 {
    let share = beta(0.5, freedom / 2.0, 1.0 - 2.0 * tail);
    (freedom * share / (1.0 - share)).sqrt()
}

/// Quantile of the Beta(a, b) law at `probability`.
///
/// Newton steps on the distribution function, kept inside a bracket that bisection shrinks.
pub(crate) fn beta(a: f64, b: f64, probability: f64) -> f64 {
    if probability <= 0.0 {
        return 0.0;
    }
    if probability >= 1.0 {
        return 1.0;
    }
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    let mut x = a / (a + b);
    let scale = ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b);
    for _ in 0..STEPS {
        let excess = beta_below(a, b, x, scale) - probability;
        if excess > 0.0 {
            high = x;
        } else {
            low = x;
        }
        let density = (scale + (a - 1.0) * x.ln() + (b - 1.0) * (-x).ln_1p()).exp();
        let newton = x - excess / density;
        let next = if newton > low && newton < high { newton } else { f64::midpoint(low, high) };
        if (next - x).abs() <= f64::EPSILON * next {
            return next;
        }
        x = next;
    }
    x
}

/// Share of the Beta(a, b) law below `x`.
pub(crate) fn beta_share(a: f64, b: f64, x: f64) -> f64 {
    beta_below(a, b, x, ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b))
}

/// Quantile of the Gamma law with this shape and scale 1 at `probability`; half the chi-squared quantile at `2·shape`.
///
/// Newton steps inside a bracket, as for [`beta`]; the smaller tail is compared, so that far quantiles keep their digits.
pub(crate) fn gamma(shape: f64, probability: f64) -> f64 {
    if probability <= 0.0 {
        return 0.0;
    }
    let (mut low, mut high) = (0.0_f64, f64::INFINITY);
    let mut x = shape;
    let scale = ln_gamma(shape);
    for _ in 0..STEPS {
        let excess =
            if probability < 0.5 { gamma_lr(shape, x) - probability } else { (1.0 - probability) - gamma_ur(shape, x) };
        if excess > 0.0 {
            high = x;
        } else {
            low = x;
        }
        let density = ((shape - 1.0) * x.ln() - x - scale).exp();
        let newton = x - excess / density;
        let next = if newton > low && newton < high {
            newton
        } else if high.is_finite() {
            f64::midpoint(low, high)
        } else {
            2.0 * x
        };
        if (next - x).abs() <= 2.0 * f64::EPSILON * next {
            return next;
        }
        x = next;
    }
    x
}

/// Share of the standard normal law below `x`, exact in the lower tail.
///
/// By `x²/2 ~ Gamma(1/2)`, and not by the error function of `statrs`, which is off by 1e-10 near 0.5.
pub(crate) fn normal_below(x: f64) -> f64 {
    // Beyond 39 standard deviations nothing is left that a double could hold.
    let half_square = x.clamp(-39.0, 39.0).powi(2) / 2.0;
    if half_square <= 0.0 {
        0.5
    } else if x < 0.0 {
        0.5 * gamma_ur(0.5, half_square)
    } else {
        0.5 + 0.5 * gamma_lr(0.5, half_square)
    }
}

/// Share of the Beta(a, b) law below `x`; `scale` is `-ln B(a, b)`.
fn beta_below(a: f64, b: f64, x: f64, scale: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let front = (scale + a * x.ln() + b * (-x).ln_1p()).exp();
    // The fraction converges fast below the mode; above it, the mirror image does.
    if x < (a + 1.0) / (a + b + 2.0) {
        front * continued_fraction(a, b, x) / a
    } else {
        1.0 - front * continued_fraction(b, a, 1.0 - x) / b
    }
}

/// Lentz's evaluation of the continued fraction of the incomplete beta function (DLMF 8.17.22).
#[expect(clippy::many_single_char_names, reason = "the symbols of DLMF 8.17 and of Lentz's algorithm")]
fn continued_fraction(a: f64, b: f64, x: f64) -> f64 {
    let nonzero = |value: f64| if value.abs() < f64::MIN_POSITIVE { f64::MIN_POSITIVE } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / nonzero(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for term in 1..=TERMS {
        let m = f64::from(term);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / nonzero(1.0 + even * d);
        c = nonzero(1.0 + even / c);
        fraction *= c * d;
        d = 1.0 / nonzero(1.0 + odd * d);
        c = nonzero(1.0 + odd / c);
        fraction *= c * d;
        if (c * d - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: f64, expected: f64, relative: f64) {
        assert!(((got - expected) / expected).abs() < relative, "{got} is not {expected}");
    }

    /// mpmath 1.3 with 40 digits: root of `betainc(a, b, 0, x, regularized=True) - p`.
    #[test]
    fn beta_quantiles_agree_with_forty_digits() {
        close(beta(3.0, 18.0, 0.025), 0.032_070_937_185_463_71, 1e-12);
        close(beta(0.5, 50.5, 0.025), 9.771_663_301_804_048e-6, 1e-12);
        close(beta(12.3, 4.7, 0.975), 0.901_569_578_810_816_1, 1e-12);
        close(beta(0.015, 1.015, 0.975), 0.181_011_724_391_054_5, 1e-12);
        close(beta(2500.0, 7501.0, 0.025), 0.241_536_876_182_029_7, 1e-11);
        close(beta(1.0, 2_000_000.0, 0.025), 1.265_890_391_202_101_3e-8, 1e-9);
    }

    /// mpmath 1.3 with 40 digits.
    #[test]
    fn student_quantiles_agree_with_forty_digits() {
        close(student_upper(1.0, 0.025), 12.706_204_736_174_705, 1e-12);
        close(student_upper(2.0, 0.025), 4.302_652_729_749_464, 1e-12);
        close(student_upper(11.0, 0.025), 2.200_985_160_091_639_9, 1e-12);
        close(student_upper(39.5, 0.025), 2.021_872_619_814_608_8, 1e-12);
        close(student_upper(100_000.0, 0.025), 1.959_987_707_534_609_6, 1e-10);
    }

    #[test]
    fn normal_quantile_is_the_known_one() {
        close(normal_upper(0.025), 1.959_963_984_540_054, 1e-14);
    }

    /// scipy 1.12.0: `norm.cdf`.
    #[test]
    fn normal_shares_agree_with_scipy() {
        close(normal_below(-0.7), 0.241_963_652_223_073_04, 1e-14);
        close(normal_below(-1.959_963_984_540_054), 0.025, 1e-13);
        close(normal_below(0.3), 0.617_911_422_188_952_7, 1e-14);
        close(normal_below(-8.0), 6.220_960_574_271_74e-16, 1e-12);
        close(normal_below(0.0), 0.5, 1e-15);
        close(normal_below(1e-200), 0.5, 1e-15);
        close(normal_below(f64::INFINITY), 1.0, 1e-15);
        assert!(normal_below(f64::NEG_INFINITY) < 1e-300);
    }

    /// scipy 1.12.0: `gamma.ppf`.
    #[test]
    fn gamma_quantiles_agree_with_scipy() {
        close(gamma(1.0, 0.95), 2.995_732_273_553_991, 1e-14);
        close(gamma(5.0, 0.025), 1.623_486_390_118_420_7, 1e-13);
        close(gamma(1_001.0, 0.975), 1_063.952_136_016_302, 1e-13);
    }
}
