//! One resample of the clusters: as many drawn, with replacement, as there are.
//!
//! What a resample needs of its clusters are five sums. There are two ways to them, both the ordinary bootstrap, whose counts
//! of clusters are multinomial with equal probabilities:
//!
//! - *by group*: clusters with the same total and size are alike. With few kinds of them, such as single yes/no items, the
//!   number drawn of each kind comes from a chain of binomial numbers, whatever the number of clusters.
//! - *by block*: otherwise, binomial numbers say how many draws fall into each block of 1,024 clusters, and these are drawn
//!   from the block one by one. A block stays in the nearest cache, and a draw takes ten random bits.

use super::binomial::binomial;
use super::stream::{SIX, below, six_below_1024};
use crate::ClusteredMean;
use rand_chacha::ChaCha8Rng;

/// Clusters in a block: as many as ten random bits tell apart.
const BLOCK: usize = 1_024;
/// A binomial number costs about as much as this many draws one by one.
const DRAWS_PER_BINOMIAL: usize = 64;

/// A cluster, seen from the observed mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cluster {
    /// Its sum less what its items would have at the observed mean.
    excess: f64,
    items: f64,
}

/// Sums over the clusters drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Sums {
    pub excess: f64,
    pub items: f64,
    pub excess_squared: f64,
    pub product: f64,
    pub items_squared: f64,
}

/// How resamples are drawn.
#[derive(Debug, Clone)]
pub(super) enum Scheme {
    /// Kinds of clusters, and how many there are of each.
    Groups(Vec<(Cluster, u64)>),
    /// Clusters one by one.
    Blocks(Vec<Cluster>),
    /// Clusters of one size, one by one.
    EqualBlocks { excesses: Vec<f64>, items: f64 },
}

impl Scheme {
    /// The cheaper way for these clusters. It depends on the data alone, never on the machine.
    pub(super) fn new(observed: &ClusteredMean) -> Self {
        let mean = observed.mean();
        let clusters: Vec<Cluster> =
            observed.clusters().iter().map(|c| Cluster { excess: c.sum - mean * c.items, items: c.items }).collect();
        let mut sorted = clusters.clone();
        sorted.sort_by(|a, b| a.items.total_cmp(&b.items).then(a.excess.total_cmp(&b.excess)));
        let groups: Vec<(Cluster, u64)> =
            sorted.chunk_by(|a, b| a == b).map(|alike| (alike[0], alike.len() as u64)).collect();
        if groups.len() * DRAWS_PER_BINOMIAL <= clusters.len() {
            return Self::Groups(groups);
        }
        let items = clusters[0].items;
        if clusters.iter().all(|c| (c.items - items).abs() < f64::EPSILON) {
            return Self::EqualBlocks { excesses: clusters.iter().map(|c| c.excess).collect(), items };
        }
        Self::Blocks(clusters)
    }

    /// One resample.
    pub(super) fn draw(&self, generator: &mut ChaCha8Rng) -> Sums {
        match self {
            Self::Groups(groups) => by_group(groups, generator),
            Self::Blocks(clusters) => by_block(clusters, generator),
            Self::EqualBlocks { excesses, items } => by_equal_block(excesses, *items, generator),
        }
    }
}

fn by_group(groups: &[(Cluster, u64)], generator: &mut ChaCha8Rng) -> Sums {
    let mut clusters: u64 = groups.iter().map(|(_, size)| size).sum();
    let mut to_draw = clusters;
    let mut sums = Sums::default();
    for &(Cluster { excess, items }, size) in groups {
        let drawn = binomial(to_draw, size as f64 / clusters as f64, generator);
        to_draw -= drawn;
        clusters -= size;
        let times = drawn as f64;
        sums.excess += times * excess;
        sums.items += times * items;
        sums.excess_squared += times * excess * excess;
        sums.product += times * excess * items;
        sums.items_squared += times * items * items;
    }
    sums
}

/// Draws as many as there are, with replacement, block by block. Each of the six numbers that one random word makes has its
/// own sums, which are added up at the end: always in the same order, and none waits for the other.
fn blocks<T, S: Copy + Default>(all: &[T], generator: &mut ChaCha8Rng, add: impl Fn(&mut S, &T)) -> [S; SIX] {
    let mut sums = [S::default(); SIX];
    let (mut left, mut to_draw) = (all.len(), all.len() as u64);
    for block in all.chunks(BLOCK) {
        let mut drawn = binomial(to_draw, block.len() as f64 / left as f64, generator);
        left -= block.len();
        to_draw -= drawn;
        if let Ok(block) = <&[T; BLOCK]>::try_from(block) {
            while drawn >= SIX as u64 {
                for (sum, at) in sums.iter_mut().zip(six_below_1024(generator)) {
                    add(sum, &block[at]);
                }
                drawn -= SIX as u64;
            }
        }
        for _ in 0..drawn {
            add(&mut sums[0], &block[below(block.len(), generator)]);
        }
    }
    sums
}

fn by_block(clusters: &[Cluster], generator: &mut ChaCha8Rng) -> Sums {
    let lanes = blocks(clusters, generator, |sums: &mut Sums, &Cluster { excess, items }| {
        sums.excess += excess;
        sums.items += items;
        sums.excess_squared += excess * excess;
        sums.product += excess * items;
        sums.items_squared += items * items;
    });
    Sums {
        excess: lanes.iter().map(|lane| lane.excess).sum(),
        items: lanes.iter().map(|lane| lane.items).sum(),
        excess_squared: lanes.iter().map(|lane| lane.excess_squared).sum(),
        product: lanes.iter().map(|lane| lane.product).sum(),
        items_squared: lanes.iter().map(|lane| lane.items_squared).sum(),
    }
}

fn by_equal_block(excesses: &[f64], items: f64, generator: &mut ChaCha8Rng) -> Sums {
    let lanes = blocks(excesses, generator, |(sum, squares): &mut (f64, f64), &excess| {
        *sum += excess;
        *squares += excess * excess;
    });
    let excess: f64 = lanes.iter().map(|lane| lane.0).sum();
    let clusters = excesses.len() as f64;
    Sums {
        excess,
        items: items * clusters,
        excess_squared: lanes.iter().map(|lane| lane.1).sum(),
        product: items * excess,
        items_squared: items * items * clusters,
    }
}

#[cfg(test)]
mod tests {
    use super::super::stream::{seeded, stream};
    use super::*;
    use crate::Observation;

    fn mean(n: u32, size: impl Fn(u32) -> u32, score: impl Fn(u32) -> f64) -> ClusteredMean {
        let observations: Vec<_> =
            (0..n).map(|item| Observation { item, cluster: size(item), epoch: 0, score: score(item) }).collect();
        ClusteredMean::new(&observations).expect("scores")
    }

    /// Mean and variance of the resampled sums of each scheme are those of `G` draws with replacement.
    #[test]
    fn every_scheme_draws_with_replacement() {
        let groups = mean(2_000, |i| i, |i| f64::from(i % 3 == 0));
        let equal = mean(3_000, |i| i / 2, |i| f64::from(i * 7 % 101) / 101.0);
        let unequal = mean(3_000, |i| if i < 900 { i } else { 900 + i / 3 }, |i| f64::from(i * 7 % 101) / 101.0);
        let schemes = [&groups, &equal, &unequal].map(Scheme::new);
        assert!(matches!(schemes[0], Scheme::Groups(_)));
        assert!(matches!(schemes[1], Scheme::EqualBlocks { .. }));
        assert!(matches!(schemes[2], Scheme::Blocks(_)));
        for (observed, scheme) in [groups.clone(), equal, unequal].iter().zip(&schemes) {
            let excesses: Vec<f64> = observed.clusters().iter().map(|c| c.sum - observed.mean() * c.items).collect();
            let variance: f64 = excesses.iter().map(|excess| excess * excess).sum();
            let resamples = 1_000;
            let (mut sum, mut squares, mut inner) = (0.0, 0.0, 0.0);
            for index in 0..resamples {
                let sums = scheme.draw(&mut stream(&seeded(3), index));
                sum += sums.excess;
                squares += sums.excess * sums.excess;
                inner += sums.excess_squared;
            }
            let count = f64::from(resamples);
            assert!((sum / count).abs() < 4.0 * (variance / count).sqrt(), "{}", sum / count);
            assert!((squares / count / variance - 1.0).abs() < 4.0 * (2.0 / count).sqrt(), "{}", squares / count);
            assert!((inner / count / variance - 1.0).abs() < 0.01, "{}", inner / count / variance);
        }
    }
}
