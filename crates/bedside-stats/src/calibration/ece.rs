//! Expected calibration error, beside what perfectly calibrated probabilities would show.

use super::{Forecast, check};
use crate::StatsError;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Calibration error beside its null distribution.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Ece {
    /// The observed error.
    pub ece: f64,
    /// Its mean, had every stated probability been right.
    pub null_mean: f64,
    /// Its 95th percentile, had every stated probability been right.
    pub null_95: f64,
    /// Observed less null mean: what is left after the bias.
    pub excess: f64,
    /// Share of null draws at least as large, the observed one included.
    pub p: f64,
}

/// The bin of a probability: `min(⌊p · bins⌋, bins - 1)`, the product taken in floating point.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the number of bins")]
pub(super) fn bin(probability: f64, bins: u32) -> usize {
    ((probability * f64::from(bins)).floor() as usize).min(bins as usize - 1)
}

/// Expected calibration error with bins of equal width.
///
/// *Estimates* the mean distance of stated probabilities from the rate of events, by bin.
///
/// *Misleads* at small n: perfectly calibrated probabilities score above 0, the more so the more bins; [`ece`] says by how
/// much. Different bins give different numbers, and errors within a bin cancel.
///
/// *Formula* `Σ_b n_b/n · |ȳ_b - p̄_b|`, bin `min(⌊p·bins⌋, bins - 1)`.
///
/// *Reference* Naeini, Cooper and Hauskrecht, AAAI 2015: 2901-2907. By hand:
///
/// ```
/// use bedside_stats::calibration::{Forecast, expected_calibration_error};
/// let forecasts = Forecast::independent(&[0.2, 0.2, 0.9, 0.9], &[false, true, true, true])?;
/// assert!((expected_calibration_error(&forecasts, 10)? - 0.2).abs() < 1e-12); // (0.3 + 0.1) / 2
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn expected_calibration_error(forecasts: &[Forecast], bins: u32) -> Result<f64, StatsError> {
    check(forecasts)?;
    if bins == 0 {
        return Err(StatsError::Input { why: "bins must be at least 1".into() });
    }
    let places = places(forecasts, bins);
    Ok(error(&places, forecasts.iter().map(Forecast::y)))
}

/// Expected calibration error beside its value under perfect calibration.
///
/// *Estimates* as [`expected_calibration_error`]; and how much of it is noise.
///
/// *Assumes* independent cases: within clusters outcomes hang together, and the null is then too narrow.
///
/// *Misleads* when a large `p` is read as "well calibrated": with few cases it says "cannot tell".
///
/// *Formula* outcomes are drawn anew `draws` times from the stated probabilities themselves; `p = (1 + #{null ≥ observed}) /
/// (draws + 1)`. Seeded: the same seed gives the same null.
///
/// *Reference* Bröcker and Smith, Weather Forecast 2007; 22: 651-661 (consistency resampling).
///
/// ```
/// use bedside_stats::calibration::{Forecast, ece};
/// // 200 cases at 0.5, half of them events: perfectly calibrated, and the null still averages about 0.028.
/// let events: Vec<bool> = (0..200).map(|case| case % 2 == 0).collect();
/// let found = ece(&Forecast::independent(&[0.5; 200], &events)?, 10, 999, 1)?;
/// assert!(found.ece < 1e-12 && (found.null_mean - 0.028).abs() < 0.003 && found.p > 0.99);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn ece(forecasts: &[Forecast], bins: u32, draws: u32, seed: u64) -> Result<Ece, StatsError> {
    let observed = expected_calibration_error(forecasts, bins)?;
    if draws == 0 {
        return Err(StatsError::Input { why: "draws must be at least 1".into() });
    }
    let places = places(forecasts, bins);
    let mut key = [0_u8; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    let mut null: Vec<f64> = (0..draws)
        .map(|draw| {
            let mut generator = ChaCha8Rng::from_seed(key);
            generator.set_stream(u64::from(draw));
            error(&places, forecasts.iter().map(|f| f64::from(uniform(&mut generator) < f.probability)))
        })
        .collect();
    null.sort_by(f64::total_cmp);
    let null_mean = null.iter().sum::<f64>() / f64::from(draws);
    // Sums in another order may differ in the last digit.
    let as_large = null.iter().filter(|value| **value >= observed - 1e-12).count() as f64;
    Ok(Ece {
        ece: observed,
        null_mean,
        null_95: null[(null.len() * 95).div_ceil(100) - 1],
        excess: observed - null_mean,
        p: (1.0 + as_large) / (1.0 + f64::from(draws)),
    })
}

/// Bins of the cases, with the sum of probabilities in each.
struct Places {
    bins: Vec<usize>,
    stated: Vec<f64>,
}

fn places(forecasts: &[Forecast], bins: u32) -> Places {
    // Bins beyond those that hold a case are never touched: numbering those in use keeps a huge `bins` cheap.
    let raw: Vec<usize> = forecasts.iter().map(|f| bin(f.probability, bins)).collect();
    let mut used = raw.clone();
    used.sort_unstable();
    used.dedup();
    let bins: Vec<usize> = raw.iter().map(|bin| used.partition_point(|other| other < bin)).collect();
    let mut stated = vec![0.0; used.len()];
    for (forecast, place) in forecasts.iter().zip(&bins) {
        stated[*place] += forecast.probability;
    }
    Places { bins, stated }
}

fn error(places: &Places, events: impl Iterator<Item = f64>) -> f64 {
    let mut gap = places.stated.clone();
    for (event, place) in events.zip(&places.bins) {
        gap[*place] -= event;
    }
    gap.iter().map(|gap| gap.abs()).sum::<f64>() / places.bins.len() as f64
}

/// A number in [0, 1) from the upper 53 bits.
fn uniform(generator: &mut ChaCha8Rng) -> f64 {
    (generator.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibration::tests::{forecasts, twelve};

    #[test]
    fn one_seed_one_null() {
        let with = |seed| ece(&twelve(), 10, 99, seed).expect("forecasts");
        assert_eq!(with(3), with(3));
        assert_ne!(with(3), with(4));
    }

    #[test]
    fn certain_and_right_is_no_error_and_no_null() {
        let found = ece(&forecasts(&[(1.0, 1), (0.0, 0)]), 10, 50, 1).expect("forecasts");
        assert!(found.ece.abs() < 1e-15 && found.null_mean.abs() < 1e-15 && (found.p - 1.0).abs() < 1e-15);
    }

    #[test]
    fn far_off_is_seen() {
        let wrong: Vec<(f64, u8)> = (0..100).map(|case| (0.9, u8::from(case % 2 == 0))).collect();
        assert!(ece(&forecasts(&wrong), 10, 199, 1).expect("forecasts").p < 0.01);
        assert!(ece(&forecasts(&wrong), 0, 199, 1).is_err() && ece(&forecasts(&wrong), 10, 0, 1).is_err());
    }
}
