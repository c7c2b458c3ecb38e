//! Tails and quantiles of Student's t, F and χ², and of runs of fair coins, on the solved Beta quantile where there is one.

use crate::quantile::{beta, beta_share};
use statrs::distribution::{ChiSquared, ContinuousCDF};

/// Quantile of the F law.
pub(super) fn f_quantile(numerator: f64, denominator: f64, probability: f64) -> f64 {
    let share = beta(numerator / 2.0, denominator / 2.0, probability);
    denominator * share / (numerator * (1.0 - share))
}

/// Share of Student's t law below `t`.
pub(super) fn student_below(freedom: f64, t: f64) -> f64 {
    if t.is_infinite() {
        return f64::from(u8::from(t > 0.0));
    }
    let tail = beta_share(freedom / 2.0, 0.5, freedom / (freedom + t * t)) / 2.0;
    if t < 0.0 { tail } else { 1.0 - tail }
}

/// Share of the χ² law above `x`; none without degrees of freedom.
pub(super) fn chi_squared_above(freedom: f64, x: f64) -> Option<f64> {
    ChiSquared::new(freedom).ok().map(|law| law.sf(x))
}

/// Quantile of the χ² law; none without degrees of freedom.
pub(super) fn chi_squared_quantile(freedom: f64, probability: f64) -> Option<f64> {
    ChiSquared::new(freedom).ok().map(|law| law.inverse_cdf(probability))
}

/// Probability that a fair coin falls at least as unevenly in `n` throws as `heads` heads.
pub(super) fn fair_coin(heads: u64, n: u64) -> f64 {
    let fewer = heads.min(n - heads);
    if 2 * fewer == n {
        return 1.0;
    }
    // At most `fewer` heads: the Beta law of the coin with n - fewer and fewer + 1.
    (2.0 * beta_share((n - fewer) as f64, fewer as f64 + 1.0, 0.5)).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: f64, expected: f64, relative: f64) {
        assert!(((got - expected) / expected).abs() < relative, "{got} is not {expected}");
    }

    /// scipy 1.17.1: `f.ppf`, `t.cdf`, `chi2.sf`, `chi2.ppf`, `binomtest`.
    #[test]
    fn tails_and_quantiles_agree_with_scipy() {
        close(f_quantile(5.0, 15.0, 0.975), 3.576_415_349_279_060_7, 1e-11);
        close(f_quantile(3.7, 5.0, 0.025), 0.095_542_506_077_069_11, 1e-11);
        close(student_below(11.0, -1.2), 0.127_673_141_278_217_3, 1e-11);
        close(student_below(39.0, 2.5), 0.991_633_107_626_401_1, 1e-12);
        close(chi_squared_above(19.0, 30.760_441_929_399_082).expect("19"), 0.042_883_473_126_947_86, 1e-9);
        close(chi_squared_quantile(19.0, 0.025).expect("19"), 8.906_516_481_987_971, 1e-9);
        close(chi_squared_quantile(1.0, 0.025).expect("1"), 0.000_982_069_117_175_255_7, 1e-9);
        close(chi_squared_quantile(199.0, 0.975).expect("199"), 239.959_681_827_644_2, 1e-9);
        close(fair_coin(120, 200), 0.005_685_155_996_750_306, 1e-10);
        close(fair_coin(0, 10), 0.001_953_125, 1e-12);
        close(fair_coin(5, 10), 1.0, 1e-15);
    }
}
