//! From resampled values to the ends of an interval.

use crate::quantile::{normal_below, normal_upper};
use crate::{Interval, Level, StatsError};

/// The order statistic at `probability`: number `⌈(B + 1)·probability⌉` of `B`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rank between 1 and the number of resamples"
)]
pub(crate) fn at(sorted: &[f64], probability: f64) -> f64 {
    // Less a hair, so that 0.975 · 2000 = 1950.0000000000002 stays rank 1950. Corrected probabilities come from the normal law
    // and back, which costs a few more digits.
    let rank = ((sorted.len() + 1) as f64 * probability - 1e-7).ceil() as usize;
    sorted[rank.clamp(1, sorted.len()) - 1]
}

/// The quantiles of the resampled values.
pub(super) fn percentile(sorted: &[f64], observed: f64, level: Level) -> Result<Interval, StatsError> {
    between(sorted, level.tail(), 1.0 - level.tail(), observed, level)
}

/// The median bias of resampled values: the normal quantile of the share below the observed one, ties halved.
pub(super) fn median_bias(sorted: &[f64], observed: f64) -> f64 {
    let below = sorted.partition_point(|&value| value < observed);
    let not_above = sorted.partition_point(|&value| value <= observed);
    let share = (below + not_above) as f64 / (2 * sorted.len()) as f64;
    // With every resample on one side the bias is off the scale: half a resample keeps it finite.
    let edge = 0.5 / sorted.len() as f64;
    -normal_upper(share.clamp(edge, 1.0 - edge))
}

/// The quantiles corrected for bias and acceleration.
pub(super) fn bca(
    sorted: &[f64],
    observed: f64,
    median_bias: f64,
    acceleration: f64,
    level: Level,
) -> Result<Interval, StatsError> {
    let z = normal_upper(level.tail());
    let moved = |z: f64| {
        let from_bias = median_bias + z;
        let slack = 1.0 - acceleration * from_bias;
        // Where the transformation turns over there is no such quantile: the farthest resample stands for it.
        if slack <= 0.0 { f64::from(from_bias > 0.0) } else { normal_below(median_bias + from_bias / slack) }
    };
    between(sorted, moved(-z), moved(z), observed, level)
}

fn between(sorted: &[f64], low: f64, high: f64, observed: f64, level: Level) -> Result<Interval, StatsError> {
    Interval::new(at(sorted, low).min(observed), at(sorted, high).max(observed), level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_fall_on_order_statistics() {
        let values: Vec<f64> = (1..=1_999).map(f64::from).collect();
        assert!((at(&values, 0.025) - 50.0).abs() < 1e-12);
        assert!((at(&values, 0.975) - 1_950.0).abs() < 1e-12);
    }

    #[test]
    fn without_bias_or_acceleration_bca_is_the_percentile() {
        let values: Vec<f64> = (1..=1_999).map(f64::from).collect();
        assert!(median_bias(&values, 1_000.0).abs() < 1e-12);
        let level = Level::NINETY_FIVE;
        assert_eq!(bca(&values, 1_000.0, 0.0, 0.0, level), percentile(&values, 1_000.0, level));
        let moved = bca(&values, 1_000.0, 0.1, 0.05, level).expect("ordered");
        assert!(moved.lower() > 50.0 && moved.upper() > 1_950.0, "{moved}");
    }

    #[test]
    fn values_all_on_one_side_keep_the_bias_finite() {
        let values = [1.0, 2.0, 3.0];
        assert!(median_bias(&values, 0.0).is_finite() && median_bias(&values, 9.0).is_finite());
        assert!(bca(&values, 9.0, median_bias(&values, 9.0), 0.9, Level::NINETY_FIVE).is_ok());
    }
}
