//! Resampling whole clusters, or rows, with the same answer on any number of threads.
//!
//! [`ClusterBootstrap`] resamples a mean over clusters, fast. [`RowBootstrap`] resamples any statistic of independent rows.
//! [`exhaustive_mean`] goes through all resamples of a few numbers. Each resample has its own stream of random numbers, by its
//! index; the resampled values are then sorted, so that neither threads nor their order can change a bit.

mod binomial;
mod draw;
mod ends;
mod exhaustive;
mod rows;
mod stream;

pub use exhaustive::{Exhaustive, exhaustive_mean};
pub use rows::{ResampledRows, RowBootstrap};

use crate::jackknife::acceleration;
use crate::{ClusteredMean, Interval, Level, StatsError};
use draw::Scheme;
pub(crate) use ends::at;
use ends::{bca, median_bias, percentile};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
pub(crate) use stream::below;
use stream::{seeded, stream};

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
/// *Misleads* with few clusters: the percentile and the BCa interval are then too narrow (below about 30), the studentised
/// one erratic (below about 10). What no cluster shows, no resample shows: clusters that do not differ are refused, because
/// their interval would have no width.
///
/// *Formula* percentile: quantiles of the resampled means. BCa: the same at `Φ(z₀ + (z₀ ± z)/(1 - a(z₀ ± z)))`, with the median
/// bias `z₀` from the resamples and the acceleration `a` from leaving out one cluster at a time. Studentised: from
/// `ȳ - t*(1-α/2)·CR1` to `ȳ - t*(α/2)·CR1`.
///
/// *Reference* Efron and Tibshirani, An Introduction to the Bootstrap, 1993, sections 12.5, 13.3, 14.3. Cameron, Gelbach and
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
    scheme: Scheme,
    generator: ChaCha8Rng,
    resamples: u32,
}

impl<'a> ClusterBootstrap<'a> {
    /// A bootstrap of this mean with [`RESAMPLES`]. The same seed gives the same interval, bit for bit.
    pub fn new(observed: &'a ClusteredMean, seed: u64) -> Self {
        Self { observed, scheme: Scheme::new(observed), generator: seeded(seed), resamples: RESAMPLES }
    }

    /// The same with another number of resamples, at least 1.
    #[must_use]
    pub fn with_resamples(mut self, resamples: u32) -> Self {
        self.resamples = resamples.max(1);
        self
    }

    /// The resample with this index. It depends on the data, the seed and the index alone.
    pub fn resample(&self, index: u32) -> Resample {
        let sums = self.scheme.draw(&mut stream(&self.generator, index));
        let g = self.observed.n_clusters() as f64;
        let distance = sums.excess / sums.items;
        // Σ (e_c - distance·n_c)² multiplied out, so that one pass suffices.
        let squares = sums.excess_squared - 2.0 * distance * sums.product + distance * distance * sums.items_squared;
        let se = (squares.max(0.0) * g / (g - 1.0)).sqrt() / sums.items;
        // Below a billionth, the standard error is the rounding of that difference of squares.
        let studentised = if se > 1e-9 { distance / se } else { distance.signum() * f64::INFINITY };
        Resample { mean: self.observed.mean() + distance, studentised }
    }

    /// Percentile interval.
    pub fn percentile(&self, level: Level) -> Result<Interval, StatsError> {
        self.differing()?;
        with_width(percentile(&self.sorted(|resample| resample.mean), self.observed.mean(), level)?)
    }

    /// Interval corrected for bias and acceleration (BCa).
    ///
    /// ```
    /// use bedside_stats::{ClusteredMean, Level, Observation, bootstrap::ClusterBootstrap};
    /// // Skewed: the long arm of the interval points to the long tail.
    /// let observations: Vec<_> = (0..60u32)
    ///     .map(|item| Observation { item, cluster: item, epoch: 0, score: (f64::from(item) / 60.0).powi(6) })
    ///     .collect();
    /// let mean = ClusteredMean::new(&observations)?;
    /// let interval = ClusterBootstrap::new(&mean, 7).bca(Level::NINETY_FIVE)?;
    /// assert!(interval.upper() - mean.mean() > 1.1 * (mean.mean() - interval.lower()));
    /// # Ok::<(), bedside_stats::StatsError>(())
    /// ```
    pub fn bca(&self, level: Level) -> Result<Interval, StatsError> {
        self.differing()?;
        let (means, observed) = (self.sorted(|resample| resample.mean), self.observed.mean());
        with_width(bca(
            &means,
            observed,
            median_bias(&means, observed),
            acceleration(&self.observed.without_each()),
            level,
        )?)
    }

    /// Studentised (bootstrap-t) interval, cut off at the ends of the scale [0, 1].
    pub fn studentised(&self, level: Level) -> Result<Interval, StatsError> {
        self.differing()?;
        let se = self.observed.se_cr1().unwrap_or(0.0);
        let distances = self.sorted(|resample| resample.studentised);
        let mean = self.observed.mean();
        let end = |probability| {
            let steps: f64 = at(&distances, probability);
            if steps.is_finite() { (mean - steps * se).clamp(0.0, 1.0) } else { f64::from(steps < 0.0) }
        };
        let (low, high) = (end(1.0 - level.tail()), end(level.tail()));
        with_width(Interval::new(low.min(mean), high.max(mean), level)?)
    }

    /// An error when the clusters do not differ: no resample would, and the interval would pretend certainty.
    fn differing(&self) -> Result<(), StatsError> {
        let clusters = self.observed.clusters();
        let mean = self.observed.mean();
        if clusters.len() > 1 && clusters.iter().any(|c| (c.sum - mean * c.items).abs() > 1e-12 * c.items) {
            return Ok(());
        }
        Err(alike(format!("{} with the same score", clusters.len())))
    }

    fn sorted(&self, of: impl Fn(Resample) -> f64 + Sync) -> Vec<f64> {
        // Collected by index and only then sorted: the number of threads changes nothing.
        let mut values: Vec<f64> = (0..self.resamples).into_par_iter().map(|index| of(self.resample(index))).collect();
        values.sort_unstable_by(f64::total_cmp);
        values
    }
}

fn alike(found: String) -> StatsError {
    StatsError::TooFew { method: "cluster bootstrap", needs: "2 clusters that differ".into(), found }
}

/// The interval, unless nearly all resamples were the same and it has no width.
fn with_width(interval: Interval) -> Result<Interval, StatsError> {
    if interval.width() > 1e-12 { Ok(interval) } else { Err(alike("resamples that are all the same".into())) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Observation;

    fn mean(n: u32, score: impl Fn(u32) -> f64) -> ClusteredMean {
        let observations: Vec<_> =
            (0..n).map(|item| Observation { item, cluster: item / 3, epoch: 0, score: score(item) }).collect();
        ClusteredMean::new(&observations).expect("scores")
    }

    #[test]
    fn threads_do_not_change_a_bit() {
        let grouped = mean(6_000, |item| f64::from(item % 5 == 0));
        let single = mean(4_000, |item| f64::from(item * 37 % 6_007) / 6_007.0);
        for observed in [&grouped, &single] {
            let on = |threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
                pool.install(|| {
                    let bootstrap = ClusterBootstrap::new(observed, 42).with_resamples(199);
                    let level = Level::NINETY_FIVE;
                    [bootstrap.percentile(level), bootstrap.bca(level), bootstrap.studentised(level)].map(|interval| {
                        let interval = interval.expect("clusters differ");
                        (interval.lower().to_bits(), interval.upper().to_bits())
                    })
                })
            };
            assert_eq!(on(1), on(2));
            assert_eq!(on(1), on(16));
        }
    }

    #[test]
    fn another_seed_gives_another_interval() {
        let mean = mean(60, |item| f64::from(item * 37 % 60) / 60.0);
        let with = |seed| ClusterBootstrap::new(&mean, seed).percentile(Level::NINETY_FIVE).expect("ordered");
        assert_eq!(with(1), with(1));
        assert_ne!(with(1), with(2));
    }

    #[test]
    fn clusters_that_do_not_differ_are_refused() {
        let same = mean(60, |_| 0.7);
        let one = mean(3, |item| f64::from(item % 2));
        for observed in [&same, &one] {
            let bootstrap = ClusterBootstrap::new(observed, 1);
            for interval in [
                bootstrap.percentile(Level::NINETY_FIVE),
                bootstrap.bca(Level::NINETY_FIVE),
                bootstrap.studentised(Level::NINETY_FIVE),
            ] {
                assert!(matches!(interval, Err(StatsError::TooFew { .. })), "{interval:?}");
            }
        }
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
}
