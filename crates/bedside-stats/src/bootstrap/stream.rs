//! Random numbers by seed and index, written out so that a report comes out the same years later.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// The generator of this seed. It is not stretched by `seed_from_u64`, whose stretching rand may change.
pub(super) fn seeded(seed: u64) -> ChaCha8Rng {
    let mut key = [0_u8; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    ChaCha8Rng::from_seed(key)
}

/// The stream with this index. It depends on the seed and the index alone, so that resamples may be drawn in any order, on
/// any number of threads.
pub(super) fn stream(seeded: &ChaCha8Rng, index: u32) -> ChaCha8Rng {
    let mut generator = seeded.clone();
    generator.set_stream(u64::from(index));
    generator
}

/// A number between 0 and 1, neither included: one of 2⁵² midpoints, each equally likely.
pub(super) fn uniform(generator: &mut ChaCha8Rng) -> f64 {
    ((generator.next_u64() >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
}

/// A whole number below `n`, each equally likely: Lemire's multiplication with rejection.
#[expect(clippy::cast_possible_truncation, reason = "the halves of a 128-bit product; the upper one is below n")]
pub(crate) fn below(n: usize, generator: &mut ChaCha8Rng) -> usize {
    let n = n as u64;
    let biased = n.wrapping_neg() % n;
    loop {
        let product = u128::from(generator.next_u64()) * u128::from(n);
        if product as u64 >= biased {
            return (product >> 64) as usize;
        }
    }
}

/// How many numbers below 1,024 one word of 64 bits makes.
pub(super) const SIX: usize = 6;

/// Six numbers below 1,024, each equally likely: ten bits each.
pub(super) fn six_below_1024(generator: &mut ChaCha8Rng) -> [usize; SIX] {
    let word = generator.next_u64();
    std::array::from_fn(|at| ((word >> (10 * at)) & 1_023) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The stream is part of what a report promises to reproduce: a change here is a change of every bootstrap interval.
    #[test]
    fn the_stream_stays_as_it_was() {
        let mut generator = stream(&seeded(0), 3);
        let drawn: Vec<usize> = (0..8).map(|_| below(10, &mut generator)).collect();
        assert_eq!(drawn, [7, 1, 3, 9, 0, 7, 3, 2]);
    }

    #[test]
    fn numbers_below_are_equally_likely() {
        let even = |seen: &[u32]| {
            let expected = f64::from(seen.iter().sum::<u32>()) / seen.len() as f64;
            let squares: f64 = seen.iter().map(|&times| (f64::from(times) - expected).powi(2) / expected).sum();
            // Chi-squared with one degree of freedom less than cells: five standard deviations.
            (squares - (seen.len() as f64 - 1.0)).abs() <= 5.0 * (2.0 * seen.len() as f64).sqrt()
        };
        let mut generator = stream(&seeded(9), 1);
        for n in [1_usize, 2, 3, 7, 1_000] {
            let mut seen = vec![0_u32; n];
            for _ in 0..200 * n {
                seen[below(n, &mut generator)] += 1;
            }
            assert!(even(&seen), "below {n}");
        }
        let mut seen = vec![vec![0_u32; 1_024]; SIX];
        for _ in 0..100_000 {
            for (lane, at) in six_below_1024(&mut generator).into_iter().enumerate() {
                seen[lane][at] += 1;
            }
        }
        assert!(seen.iter().all(|lane| even(lane)));
    }
}
