//! Permutation tests: exact by enumeration, or by a seeded sample of permutations.

use super::student::finite;
use crate::StatsError;
use crate::bootstrap::below;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Up to this many clusters all patterns of signs are tried: 65,536.
pub const EXACT_CLUSTERS: usize = 16;
/// Up to this many ways to split two samples all are tried.
pub const EXACT_SPLITS: u64 = 1 << 20;
/// Permutations drawn beyond that, unless said otherwise: p values near 0.05 then stand to ± 0.004.
pub const PERMUTATIONS: u32 = 9_999;
/// Permutations drawn from one stream.
const CHUNK: u32 = 256;
/// Sums that differ by less than this share of their size are tied: a tie lost to rounding would make p too small.
const TIE: f64 = 1e-10;

/// A permutation test's result.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Permutation {
    /// The observed mean, or difference of means.
    pub observed: f64,
    /// Share of permutations at least as far from 0.
    pub p_two_sided: f64,
    /// Share of permutations at least as high.
    pub p_greater: f64,
    /// Permutations tried; all there are when `exact`.
    pub n_permutations: u64,
    /// Whether all were tried.
    pub exact: bool,
}

/// Paired permutation test: the signs of whole clusters are flipped.
///
/// *Estimates* nothing: tests that A and B are exchangeable, so that each cluster's differences might as well have the other sign.
///
/// *Assumes* clusters are independent, and nothing of the law of the differences. Items in a cluster flip together.
///
/// *Misleads* in that fewer than six clusters cannot reach 5 %. It tests exchangeability: with clusters of very different sizes
/// and skewed differences of mean 0, more than 5 % may be rejected.
///
/// *Formula* share of the `2^G` sign patterns whose `|Σ d|` is at least the observed one; with more than 16 clusters, `(b + 1)/(m + 1)`
/// over `m` random patterns.
///
/// *Reference* Fisher, The Design of Experiments, 1935, section 21, Darwin's 15 pairs of maize: 1,726 of 32,768 patterns at least as
/// extreme, in eighths of an inch.
///
/// ```
/// use bedside_stats::comparison::permutation::SignFlips;
/// let eighths = [49.0, -67.0, 8.0, 16.0, 6.0, 23.0, 28.0, 41.0, 14.0, 29.0, 56.0, 24.0, 75.0, 60.0, -48.0];
/// let test = SignFlips::new(&eighths, None)?.test(0);
/// assert!(test.exact);
/// assert!((test.p_two_sided - 1726.0 / 32768.0).abs() < 1e-12);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SignFlips {
    sums: Vec<f64>,
    n: f64,
}

impl SignFlips {
    /// From differences, each its own cluster unless `clusters` says otherwise.
    pub fn new(differences: &[f64], clusters: Option<&[i64]>) -> Result<Self, StatsError> {
        finite(differences)?;
        let Some(clusters) = clusters else {
            return Ok(Self { sums: differences.to_vec(), n: differences.len() as f64 });
        };
        if clusters.len() != differences.len() {
            return Err(StatsError::Input {
                why: format!("{} clusters for {} differences", clusters.len(), differences.len()),
            });
        }
        let mut sums: BTreeMap<i64, f64> = BTreeMap::new();
        for (cluster, difference) in clusters.iter().zip(differences) {
            *sums.entry(*cluster).or_default() += difference;
        }
        Ok(Self { sums: sums.into_values().collect(), n: differences.len() as f64 })
    }

    /// From matched items: their clusters' sums.
    pub fn of(items: &super::paired::PairedItems) -> Self {
        let sums = items.by_cluster().iter().map(|cluster| cluster.iter().sum()).collect();
        Self { sums, n: items.pairs().len() as f64 }
    }

    /// Exact for up to 16 clusters, otherwise by 9,999 random patterns.
    pub fn test(&self, seed: u64) -> Permutation {
        if self.sums.len() <= EXACT_CLUSTERS { self.exact() } else { self.monte_carlo(PERMUTATIONS, seed) }
    }

    fn exact(&self) -> Permutation {
        let (low, high) = self.sums.split_at(self.sums.len() / 2);
        let (low, high) = (signed_sums(low), signed_sums(high));
        let tally = high
            .par_iter()
            .map(|above| self.tally(low.iter().map(|below| above + below)))
            .reduce(Tally::default, Tally::add);
        let all = (low.len() * high.len()) as f64;
        self.result(tally.beyond as f64 / all, tally.above as f64 / all, (low.len() * high.len()) as u64, true)
    }

    /// By `permutations` random patterns; the same on any number of threads.
    pub fn monte_carlo(&self, permutations: u32, seed: u64) -> Permutation {
        let tally = chunks(permutations)
            .map(|(stream, count)| {
                let mut generator = stream_of(seed, stream);
                self.tally((0..count).map(|_| {
                    self.sums
                        .chunks(64)
                        .map(|sums| {
                            let signs = generator.next_u64();
                            sums.iter()
                                .zip(0..)
                                .map(|(sum, at)| if signs >> at & 1 == 1 { *sum } else { -sum })
                                .sum::<f64>()
                        })
                        .sum()
                }))
            })
            .reduce(Tally::default, Tally::add);
        self.result(
            monte_carlo_p(tally.beyond, u64::from(permutations)),
            monte_carlo_p(tally.above, u64::from(permutations)),
            u64::from(permutations),
            false,
        )
    }

    fn tally(&self, sums: impl Iterator<Item = f64>) -> Tally {
        let observed: f64 = self.sums.iter().sum();
        let slack = TIE * self.sums.iter().map(|sum| sum.abs()).sum::<f64>();
        Tally::count(sums, observed, slack)
    }

    fn result(&self, p_two_sided: f64, p_greater: f64, n_permutations: u64, exact: bool) -> Permutation {
        Permutation { observed: self.sums.iter().sum::<f64>() / self.n, p_two_sided, p_greater, n_permutations, exact }
    }
}

/// Two-sample permutation test of the difference of means.
///
/// *Estimates* nothing: tests that both samples come from one law.
///
/// *Assumes* independent observations. For two systems on the same items use [`SignFlips`], which keeps the pairing.
///
/// *Misleads* when the laws differ in spread and the samples in size. The two-sided p value counts `|difference|`; some programs
/// double the smaller tail instead.
///
/// *Formula* share of the `C(n + m, n)` splits whose `|mean difference|` is at least the observed one; with more than 2^20,
/// `(b + 1)/(p + 1)` over `p` random splits.
///
/// *Reference* Pitman, Suppl J R Stat Soc 1937; 4: 119-130. Three highest against three lowest: one split in 20 on each side.
///
/// ```
/// use bedside_stats::comparison::permutation::two_samples;
/// let test = two_samples(&[4.0, 5.0, 6.0], &[1.0, 2.0, 3.0], 0)?;
/// assert_eq!((test.p_greater, test.p_two_sided, test.n_permutations), (0.05, 0.1, 20));
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn two_samples(a: &[f64], b: &[f64], seed: u64) -> Result<Permutation, StatsError> {
    finite(a)?;
    finite(b)?;
    let pooled: Vec<f64> = a.iter().chain(b).copied().collect();
    let (n_a, n_b) = (a.len() as f64, b.len() as f64);
    let total: f64 = pooled.iter().sum();
    let difference = |sum_a: f64| sum_a / n_a - (total - sum_a) / n_b;
    let observed = difference(a.iter().sum());
    let slack = TIE * pooled.iter().map(|value| value.abs()).sum::<f64>() / n_a.min(n_b);
    let splits = binomial_coefficient(pooled.len() as u64, a.len() as u64);
    if let Some(splits) = splits.filter(|splits| *splits <= EXACT_SPLITS) {
        let mut tally = Tally::default();
        each_subset_sum(&pooled, a.len(), 0.0, &mut |sum| tally.see(difference(sum), observed, slack));
        let all = splits as f64;
        return Ok(Permutation {
            observed,
            p_two_sided: tally.beyond as f64 / all,
            p_greater: tally.above as f64 / all,
            n_permutations: splits,
            exact: true,
        });
    }
    let tally = chunks(PERMUTATIONS)
        .map(|(stream, count)| {
            let mut generator = stream_of(seed, stream);
            let mut order = pooled.clone();
            let drawn = (0..count).map(|_| {
                for at in 0..a.len() {
                    let other = at + below(order.len() - at, &mut generator);
                    order.swap(at, other);
                }
                difference(order[..a.len()].iter().sum())
            });
            Tally::count(drawn, observed, slack)
        })
        .reduce(Tally::default, Tally::add);
    let permutations = u64::from(PERMUTATIONS);
    Ok(Permutation {
        observed,
        p_two_sided: monte_carlo_p(tally.beyond, permutations),
        p_greater: monte_carlo_p(tally.above, permutations),
        n_permutations: permutations,
        exact: false,
    })
}

/// p value from random permutations.
///
/// *Estimates* the exact p value, and never below it on average.
///
/// *Assumes* permutations drawn independently. *Misleads* never towards 0: with 99 permutations nothing is below 0.01.
///
/// *Formula* `(b + 1)/(m + 1)`, with `b` of `m` permutations at least as extreme.
///
/// *Reference* Phipson and Smyth, Stat Appl Genet Mol Biol 2010; 9: 39.
///
/// ```
/// use bedside_stats::comparison::permutation::monte_carlo_p;
/// assert!((monte_carlo_p(0, 99) - 0.01).abs() < 1e-15);
/// ```
pub fn monte_carlo_p(at_least_as_extreme: u64, permutations: u64) -> f64 {
    (at_least_as_extreme as f64 + 1.0) / (permutations as f64 + 1.0)
}

/// How many permutations were at least as extreme.
#[derive(Clone, Copy, Default)]
struct Tally {
    beyond: u64,
    above: u64,
}

impl Tally {
    fn count(values: impl Iterator<Item = f64>, observed: f64, slack: f64) -> Self {
        let mut tally = Self::default();
        values.for_each(|value| tally.see(value, observed, slack));
        tally
    }

    fn see(&mut self, value: f64, observed: f64, slack: f64) {
        self.beyond += u64::from(value.abs() >= observed.abs() - slack);
        self.above += u64::from(value >= observed - slack);
    }

    fn add(self, other: Self) -> Self {
        Self { beyond: self.beyond + other.beyond, above: self.above + other.above }
    }
}

/// All sums of these values with either sign.
fn signed_sums(values: &[f64]) -> Vec<f64> {
    values.iter().fold(vec![0.0], |sums, value| sums.iter().flat_map(|sum| [sum + value, sum - value]).collect())
}

/// Calls `see` with the sum of each subset of `size` values.
fn each_subset_sum(values: &[f64], size: usize, sum: f64, see: &mut impl FnMut(f64)) {
    if size == 0 {
        return see(sum);
    }
    for first in 0..=values.len() - size {
        each_subset_sum(&values[first + 1..], size - 1, sum + values[first], see);
    }
}

/// Ways to choose `k` of `n`, unless they are more than fit.
fn binomial_coefficient(n: u64, k: u64) -> Option<u64> {
    (0..k.min(n - k)).try_fold(1_u64, |product, i| Some(product.checked_mul(n - i)? / (i + 1)))
}

/// Streams and how many permutations each draws.
fn chunks(permutations: u32) -> impl ParallelIterator<Item = (u64, u32)> {
    (0..permutations.div_ceil(CHUNK))
        .into_par_iter()
        .map(move |chunk| (u64::from(chunk), CHUNK.min(permutations - chunk * CHUNK)))
}

/// The generator of one stream of this seed.
pub(crate) fn stream_of(seed: u64, stream: u64) -> ChaCha8Rng {
    // Written out, as in the bootstrap: `seed_from_u64` may stretch otherwise one day.
    let mut key = [0_u8; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    let mut generator = ChaCha8Rng::from_seed(key);
    generator.set_stream(stream);
    generator
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_patterns_come_near_all_patterns() {
        let differences: Vec<f64> = (0..14_i32).map(|i| f64::from(i * 7 % 11) - 3.9).collect();
        let flips = SignFlips::new(&differences, None).expect("finite");
        let (all, some) = (flips.test(0), flips.monte_carlo(20_000, 1));
        assert!(all.exact && !some.exact);
        assert!((all.p_two_sided - some.p_two_sided).abs() < 0.015, "{all:?} {some:?}");
        assert_eq!(some, flips.monte_carlo(20_000, 1));
        assert_ne!(some, flips.monte_carlo(20_000, 2));
    }

    #[test]
    fn threads_do_not_change_a_count() {
        let differences: Vec<f64> = (0..200_i32).map(|i| f64::from(i * 37 % 61) - 28.0).collect();
        let flips = SignFlips::new(&differences, None).expect("finite");
        let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
        assert_eq!(one.install(|| flips.test(3)), flips.test(3));
        let (a, b) = differences.split_at(80);
        assert_eq!(one.install(|| two_samples(a, b, 3)), two_samples(a, b, 3));
    }

    #[test]
    fn clusters_flip_together() {
        let flips = SignFlips::new(&[1.0; 12], Some(&[0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 3])).expect("finite");
        let test = flips.test(0);
        assert_eq!(test.n_permutations, 16);
        assert!((test.p_two_sided - 2.0 / 16.0).abs() < 1e-12, "four clusters cannot reach 5 %");
    }

    #[test]
    fn no_differences_are_no_evidence() {
        let test = SignFlips::new(&[0.0; 5], None).expect("finite").test(0);
        assert!((test.p_two_sided - 1.0).abs() < 1e-15 && (test.p_greater - 1.0).abs() < 1e-15);
        assert!(SignFlips::new(&[], None).is_err());
        assert!(two_samples(&[], &[1.0], 0).is_err());
    }

    #[test]
    fn splits_are_counted() {
        assert_eq!(binomial_coefficient(9, 4), Some(126));
        assert_eq!(binomial_coefficient(5, 5), Some(1));
        assert_eq!(binomial_coefficient(200, 100), None);
        let mut sums = Vec::new();
        each_subset_sum(&[1.0, 2.0, 4.0], 2, 0.0, &mut |sum| sums.push(sum));
        assert_eq!(sums, [3.0, 5.0, 6.0]);
    }
}
