//! A binomial number, by inversion from the mode outwards.

use super::stream::uniform;
use rand_chacha::ChaCha8Rng;
use statrs::function::gamma::ln_gamma;

/// How many of `n` happen when each does so with this probability.
///
/// The probabilities are summed from the likeliest number outwards until they exceed a uniform number, so it takes about as
/// many steps as the standard deviation. Exact but for the rounding of the probabilities, about 1e-12.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "numbers between 0 and n")]
pub(super) fn binomial(n: u64, probability: f64, generator: &mut ChaCha8Rng) -> u64 {
    if n == 0 || probability <= 0.0 {
        return 0;
    }
    if probability >= 1.0 {
        return n;
    }
    let trials = n as f64;
    let odds = probability / (1.0 - probability);
    let mode = ((trials + 1.0) * probability).floor().min(trials);
    let ways = ln_gamma(trials + 1.0) - ln_gamma(mode + 1.0) - ln_gamma(trials - mode + 1.0);
    let likeliest = (ways + mode * probability.ln() + (trials - mode) * (-probability).ln_1p()).exp();
    let mut left = uniform(generator) - likeliest;
    let (mut up, mut above) = (mode, likeliest);
    let (mut down, mut under) = (mode, likeliest);
    while left > 0.0 {
        above *= (trials - up) / (up + 1.0) * odds;
        up += 1.0;
        left -= above;
        if left <= 0.0 {
            return up as u64;
        }
        under *= down / ((trials - down + 1.0) * odds);
        down -= 1.0;
        left -= under;
        if left <= 0.0 {
            return down as u64;
        }
        if above == 0.0 && under == 0.0 {
            // The rounding of the sum, less than 1e-12: any number will do, and the likeliest is one.
            break;
        }
    }
    mode as u64
}

#[cfg(test)]
mod tests {
    use super::super::stream::{seeded, stream};
    use super::*;

    #[test]
    fn every_number_comes_as_often_as_it_should() {
        for (n, probability) in [(1, 0.3), (5, 0.5), (12, 0.07), (40, 0.9), (7, 1.0 / 3.0)] {
            let mut generator = stream(&seeded(4), n);
            let draws = 100_000;
            let mut seen = vec![0_u32; n as usize + 1];
            for _ in 0..draws {
                seen[usize::try_from(binomial(u64::from(n), probability, &mut generator)).expect("at most n")] += 1;
            }
            for (k, &times) in (0_u32..).zip(&seen) {
                let ways: f64 = (0..k).map(|i| f64::from(n - i) / f64::from(i + 1)).product();
                let likely = ways * probability.powf(f64::from(k)) * (1.0 - probability).powf(f64::from(n - k));
                let expected = likely * f64::from(draws);
                assert!(
                    (f64::from(times) - expected).abs() <= 4.5 * expected.sqrt() + 1.0,
                    "{k} of {n} at {probability}: {times} times, not {expected}"
                );
            }
        }
    }

    #[test]
    fn large_numbers_have_the_mean_and_spread_of_the_law() {
        for (n, probability) in [(100_000_u64, 0.5), (100_000, 0.01), (1_000_000, 0.9)] {
            let mut generator = stream(&seeded(5), 1);
            let draws = 20_000;
            let (mut sum, mut squares) = (0.0, 0.0);
            let (mean, variance) = (n as f64 * probability, n as f64 * probability * (1.0 - probability));
            for _ in 0..draws {
                let off = binomial(n, probability, &mut generator) as f64 - mean;
                sum += off;
                squares += off * off;
            }
            let count = f64::from(draws);
            assert!((sum / count).abs() < 4.5 * (variance / count).sqrt(), "{n}: mean off by {}", sum / count);
            assert!((squares / count / variance - 1.0).abs() < 4.5 * (2.0 / count).sqrt(), "{n}: {}", squares / count);
        }
    }

    #[test]
    fn what_must_happen_happens() {
        let mut generator = seeded(1);
        assert_eq!(binomial(0, 0.5, &mut generator), 0);
        assert_eq!(binomial(9, 0.0, &mut generator), 0);
        assert_eq!(binomial(9, 1.0, &mut generator), 9);
    }
}
