//! Draws from a seed, the same on every platform and with every version of `rand`.
//!
//! Only the ChaCha stream comes from outside: how it becomes a choice is written here, because ranges and shuffles of `rand` may
//! change between its versions and would change published items with them.

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

/// A source of draws.
pub struct Draw(ChaCha12Rng);

impl Draw {
    /// The draws of one seed. `stream` tells apart what is drawn from the same seed, so that the k-th case is the same however many
    /// are drawn.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        bytes[8..16].copy_from_slice(&stream.to_le_bytes());
        Self(ChaCha12Rng::from_seed(bytes))
    }

    /// A whole number from 0 to `bound - 1`, each equally likely: draws beyond the last full multiple of `bound` are repeated.
    pub fn below(&mut self, bound: u32) -> u32 {
        let bound = u64::from(bound.max(1));
        let usable = u64::MAX - u64::MAX % bound;
        loop {
            let drawn = self.0.next_u64();
            if drawn < usable {
                return u32::try_from(drawn % bound).expect("below a u32");
            }
        }
    }

    /// A whole number from `low` to `high`.
    pub fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.below(high - low + 1)
    }

    /// One of several.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(u32::try_from(from.len()).expect("short lists")) as usize]
    }

    /// True once in `of` times.
    pub fn once_in(&mut self, of: u32) -> bool {
        self.below(of) == 0
    }

    /// Puts a list in random order.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            let other = self.below(u32::try_from(last + 1).expect("short lists")) as usize;
            list.swap(last, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_pinned() {
        let mut draw = Draw::new(1, 0);
        let drawn: Vec<u32> = (0..6).map(|_| draw.below(1000)).collect();
        assert_eq!(drawn, [458, 790, 57, 563, 838, 238], "a change here changes every published item");
    }

    #[test]
    fn draws_are_even() {
        let mut draw = Draw::new(7, 7);
        let mut counts = [0_u32; 3];
        for _ in 0..3000 {
            counts[draw.below(3) as usize] += 1;
        }
        assert!(counts.iter().all(|count| (900..1100).contains(count)), "{counts:?}");
    }
}
