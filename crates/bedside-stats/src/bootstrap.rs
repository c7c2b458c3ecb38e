//! Resampling whole clusters, with the same answer on any number of threads.

use crate::{ClusteredMean, Interval, Level, StatsError};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Resamples per interval. 1,999 puts both 2.5 % points on an order statistic; their Monte Carlo error is then about a
/// twentieth of the interval's own.
pub const RESAMPLES: u32 = 1_999;

/// One resample of the clusters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Resample {
    /// Mean over the items of the clusters drawn.
    pub mean: f64,
    /// Its distance from the observed mean in its own CR1 standard errors; infinite when that standard error is 0.
    pub studentised: f64,
}

/// Seeded bootstrap of a mean over clusters.
///
/// *Estimates* how the mean over items would vary, had other clusters been drawn.
///
/// *Assumes* clusters are drawn independently, and that those at hand resemble those that might have been drawn.
///
/// *Misleads* with few clusters: the percentile interval is then too narrow (below about 30), the studentised one erratic
/// (below about 10). What no cluster shows, no resample shows: equal scores give an interval without width.
///
/// *Formula* percentile: quantiles of the resampled means. Studentised: from `ȳ - t*(1-α/2)·CR1` to `ȳ - t*(α/2)·CR1`.
///
/// *Reference* Efron and Tibshirani, An Introduction to the Bootstrap, 1993, sections 12.5, 13.3. Cameron, Gelbach and
/// Miller, Rev Econ Stat 2008; 90: 414-427, for clusters.
///
/// ```
/// use bedside_stats::{ClusteredMean, Level, Observation, bootstrap::ClusterBootstrap};
/// let observations: Vec<_> = (0..40u32)
///     .map(|item| Observation { item, cluster: item, epoch: 0, score: f64::from(item) / 39.0 })
///     .collect();
/// let mean = ClusteredMean::new(&observations)?;
/// let interval = ClusterBootstrap::new(&mean, 7).percentile(Level::NINETY_FIVE)?;
/// // The exact standard error of this mean is 0.0474.
/// assert!(interval.contains(0.5) && (interval.width() - 2.0 * 1.96 * 0.0474).abs() < 0.01);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
#[derive(Debug, Clone)]
pub struct ClusterBootstrap<'a> {
    observed: &'a ClusteredMean,
    generator: ChaCha8Rng,
}

impl<'a> ClusterBootstrap<'a> {
    /// A bootstrap of this mean. The same seed gives the same interval, bit for bit.
    pub fn new(observed: &'a ClusteredMean, seed: u64) -> Self {
        // The seed is written out and not stretched by `seed_from_u64`, whose stretching rand may change.
        let mut key = [0_u8; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        Self { observed, generator: ChaCha8Rng::from_seed(key) }
    }

    /// The resample with this index. It depends on the seed and the index alone, so that resamples may be drawn in any
    /// order, on any number of threads.
    pub fn resample(&self, index: u32) -> Resample {
        let mut generator = self.generator.clone();
        generator.set_stream(u64::from(index));
        let clusters = self.observed.clusters();
        let g = clusters.len() as f64;
        let (mut sum, mut items) = (0.0, 0.0);
        let (mut sums_squared, mut products, mut items_squared) = (0.0, 0.0, 0.0);
        for _ in 0..clusters.len() {
            let drawn = clusters[below(clusters.len(), &mut generator)];
            sum += drawn.sum;
            items += drawn.items;
            sums_squared += drawn.sum * drawn.sum;
            products += drawn.sum * drawn.items;
            items_squared += drawn.items * drawn.items;
        }
        let mean = sum / items;
        // Σ (s_c - mean·n_c)² multiplied out, so that one pass suffices.
        let squares = (sums_squared - 2.0 * mean * products + mean * mean * items_squared).max(0.0);
        let se = (squares * g / (g - 1.0)).sqrt() / items;
        let distance = mean - self.observed.mean();
        // Below a billionth, the standard error is the rounding of that difference of squares.
        let studentised = if se > 1e-9 { distance / se } else { distance.signum() * f64::INFINITY };
        Resample { mean, studentised }
    }

    /// Percentile interval.
    pub fn percentile(&self, level: Level) -> Result<Interval, StatsError> {
        let means = self.sorted(|resample| resample.mean);
        let observed = self.observed.mean();
        let (low, high) = (at(&means, level.tail()), at(&means, 1.0 - level.tail()));
        Interval::new(low.min(observed), high.max(observed), level)
    }

    /// Studentised (bootstrap-t) interval, cut off at the ends of the scale [0, 1]; `None` with one cluster.
    pub fn studentised(&self, level: Level) -> Result<Option<Interval>, StatsError> {
        let Some(se) = self.observed.se_cr1() else { return Ok(None) };
        let distances = self.sorted(|resample| resample.studentised);
        let mean = self.observed.mean();
        let end = |probability| {
            let steps: f64 = at(&distances, probability);
            if steps.is_finite() { (mean - steps * se).clamp(0.0, 1.0) } else { f64::from(steps < 0.0) }
        };
        let (low, high) = (end(1.0 - level.tail()), end(level.tail()));
        Interval::new(low.min(mean), high.max(mean), level).map(Some)
    }

    fn sorted(&self, of: impl Fn(Resample) -> f64) -> Vec<f64> {
        let mut values: Vec<f64> = (0..RESAMPLES).map(|index| of(self.resample(index))).collect();
        values.sort_by(f64::total_cmp);
        values
    }
}

/// The order statistic at `probability`: number `⌈(B + 1)·probability⌉` of `B`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rank between 1 and the number of resamples"
)]
fn at(sorted: &[f64], probability: f64) -> f64 {
    // Less a hair, so that 0.975 · 2000 = 1950.0000000000002 stays rank 1950.
    let rank = ((sorted.len() + 1) as f64 * probability - 1e-9).ceil() as usize;
    sorted[rank.clamp(1, sorted.len()) - 1]
}

/// A whole number below `n`, each equally likely: Lemire's multiplication with rejection. Written out because `rand` keeps
/// the right to change how it draws, and a report must come out the same years later.
#[expect(clippy::cast_possible_truncation, reason = "the halves of a 128-bit product; the upper one is below n")]
fn below(n: usize, generator: &mut ChaCha8Rng) -> usize {
    let n = n as u64;
    let biased = n.wrapping_neg() % n;
    loop {
        let product = u128::from(generator.next_u64()) * u128::from(n);
        if product as u64 >= biased {
            return (product >> 64) as usize;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Observation;

    fn mean() -> ClusteredMean {
        let observations: Vec<_> = (0..60u32)
            .map(|item| Observation { item, cluster: item / 3, epoch: 0, score: f64::from(item * 37 % 60) / 60.0 })
            .collect();
        ClusteredMean::new(&observations).expect("scores")
    }

    #[test]
    fn threads_do_not_change_a_bit() {
        let mean = mean();
        let bootstrap = ClusterBootstrap::new(&mean, 42);
        let alone: Vec<Resample> = (0..200).map(|index| bootstrap.resample(index)).collect();
        let together: Vec<Resample> = std::thread::scope(|scope| {
            let halves: Vec<_> = [100..200, 0..100]
                .map(|part| scope.spawn(|| part.map(|index| bootstrap.resample(index)).collect::<Vec<_>>()))
                .into_iter()
                .map(|thread| thread.join().expect("no panic"))
                .collect();
            halves.into_iter().rev().flatten().collect()
        });
        assert_eq!(alone, together);
    }

    /// The stream is part of what a report promises to reproduce: a change here is a change of every bootstrap interval.
    #[test]
    fn the_stream_stays_as_it_was() {
        let mut generator = ChaCha8Rng::from_seed([0; 32]);
        generator.set_stream(3);
        let drawn: Vec<usize> = (0..8).map(|_| below(10, &mut generator)).collect();
        assert_eq!(drawn, [7, 1, 3, 9, 0, 7, 3, 2]);
    }

    #[test]
    fn another_seed_gives_another_interval() {
        let mean = mean();
        let with = |seed| ClusterBootstrap::new(&mean, seed).percentile(Level::NINETY_FIVE).expect("ordered");
        assert_eq!(with(1), with(1));
        assert_ne!(with(1), with(2));
    }

    /// All 256 resamples of 1, 2, 4, 8 have standard deviation 1.3405 (enumeration); 1,999 random ones come near it.
    #[test]
    fn the_spread_is_that_of_the_enumeration() {
        let observations: Vec<_> =
            (0..4u32).map(|item| Observation { item, cluster: item, epoch: 0, score: f64::from(1 << item) }).collect();
        let mean = ClusteredMean::new(&observations).expect("scores");
        let bootstrap = ClusterBootstrap::new(&mean, 5);
        let squares: f64 = (0..RESAMPLES).map(|index| (bootstrap.resample(index).mean - 3.75).powi(2)).sum();
        let spread = (squares / f64::from(RESAMPLES)).sqrt();
        assert!((spread - 1.340_475_661_845_451).abs() < 0.06, "{spread}");
    }

    #[test]
    fn ranks_fall_on_order_statistics() {
        let values: Vec<f64> = (1..=1_999).map(f64::from).collect();
        assert!((at(&values, 0.025) - 50.0).abs() < 1e-12);
        assert!((at(&values, 0.975) - 1_950.0).abs() < 1e-12);
    }
}
