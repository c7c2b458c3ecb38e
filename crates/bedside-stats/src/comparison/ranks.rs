//! Which of many systems is best, and which ranks the data leave possible.

use super::multiplicity::{Adjustment, adjust};
use super::paired::PairedItems;
use super::permutation::stream_of;
use crate::bootstrap::below;
use crate::cluster::runs_by_item;
use crate::{Design, Observation, StatsError};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Resamples drawn from one stream.
const CHUNK: u32 = 64;
/// Means closer than this are tied.
const TIE: f64 = 1e-12;

/// What is known of one system's rank; 1 is best, and more is better.
#[derive(Debug, Clone, PartialEq)]
pub struct Rank {
    /// Mean score over the items that all systems answered.
    pub mean: f64,
    /// Rank of that mean; ties share the better rank.
    pub rank: u32,
    /// Best rank that the paired differences leave possible.
    pub best_possible: u32,
    /// Worst rank that they leave possible.
    pub worst_possible: u32,
    /// Share of resamples in which this system has the highest mean; tied systems divide it.
    pub p_best: f64,
    /// Mean rank over resamples, ties sharing their mean.
    pub mean_rank: f64,
}

/// Ranks of several systems on the same items.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranks {
    /// One for each system, in the order given.
    pub systems: Vec<Rank>,
    /// Items that all systems answered.
    pub n_items: u64,
    /// Items left out, because some system did not answer them.
    pub left_out: u64,
    /// Resamples behind `p_best`.
    pub resamples: u32,
}

/// Ranks by the systems' means over the items that all of them answered.
///
/// *Estimates* the order of the systems' means over items like these.
///
/// *Assumes* clusters are drawn independently.
///
/// *Misleads* when `p_best` is read as the probability to be best: it says how often other clusters would put this system first.
/// For two equal systems it is anywhere from 0 to 1. The possible ranks are the safe statement; with few items they span all.
///
/// *Formula* every pair of systems by [`super::difference::Difference`], p values by Holm over all pairs at the design's level. Best
/// possible rank: 1 + systems that are then better; worst: all less those that are worse. All ranges hold together with that level.
/// `p_best`: whole clusters resampled, the same for all systems; stream `i` of the seed gives resamples `64 i` to `64 i + 63`, on
/// any number of threads.
///
/// *Reference* Mogstad, Romano, Shaikh and Wilhelm, Rev Econ Stud 2024; 91: 476-518. Goldstein and Spiegelhalter, J R Stat Soc A
/// 1996; 159: 385-443. Two equal systems and one that never answers right:
///
/// ```
/// use bedside_stats::{ClusterKind, Design, Level, Observation, Scale01, comparison::ranks::ranks};
/// let runs = |right: fn(u32) -> bool| -> Vec<Observation> {
///     (0..80).map(|item| Observation { item, cluster: item, epoch: 0, score: f64::from(right(item)) }).collect()
/// };
/// let systems = [runs(|item| item % 4 > 0), runs(|item| item % 4 < 3), runs(|_| false)];
/// let design =
///     Design { scale: Scale01::Binary, clusters: ClusterKind::Sampled("item".into()), level: Level::NINETY_FIVE };
/// let found = ranks(&systems, &design, 2_000, 1)?;
/// let possible: Vec<_> = found.systems.iter().map(|rank| (rank.best_possible, rank.worst_possible)).collect();
/// assert_eq!(possible, [(1, 2), (1, 2), (3, 3)]);
/// assert!((found.systems[0].p_best - 0.5).abs() < 0.05 && found.systems[2].p_best == 0.0);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn ranks(systems: &[Vec<Observation>], design: &Design, resamples: u32, seed: u64) -> Result<Ranks, StatsError> {
    let table = Table::new(systems)?;
    let common: Vec<Vec<Observation>> =
        systems.iter().map(|runs| runs.iter().copied().filter(|o| table.items.contains(&o.item)).collect()).collect();
    let k = systems.len();
    let mut pairs = Vec::new();
    for i in 0..k {
        for j in i + 1..k {
            let difference = PairedItems::new(&common[i], &common[j])?.difference(design)?;
            pairs.push((i, j, difference.estimate().value(), difference.p()));
        }
    }
    let p: Vec<f64> = pairs.iter().map(|pair| pair.3).collect();
    let adjusted = adjust(&p, Adjustment::Holm)?;
    let (mut better, mut worse) = (vec![0; k], vec![0; k]);
    for ((i, j, difference, _), p) in pairs.into_iter().zip(adjusted) {
        if p < 1.0 - design.level.value() {
            let (ahead, behind) = if difference > 0.0 { (i, j) } else { (j, i) };
            better[behind] += 1;
            worse[ahead] += 1;
        }
    }
    let (best, rank_sums) = table.resample(resamples, seed);
    let means = table.means(0..table.clusters.len());
    let last = u32::try_from(k).map_err(|_| StatsError::Input { why: "too many systems".into() })?;
    let systems = (0..k)
        .map(|i| Rank {
            mean: means[i],
            rank: 1 + (0..k).map(|j| u32::from(means[j] > means[i] + TIE)).sum::<u32>(),
            best_possible: 1 + better[i],
            worst_possible: last - worse[i],
            p_best: best[i] / f64::from(resamples),
            mean_rank: rank_sums[i] / f64::from(resamples),
        })
        .collect();
    Ok(Ranks { systems, n_items: table.items.len() as u64, left_out: table.left_out, resamples })
}

/// Sums of each system over each cluster.
struct Table {
    items: BTreeSet<u32>,
    left_out: u64,
    /// For each cluster its number of items and the systems' sums of item means.
    clusters: Vec<(f64, Vec<f64>)>,
    systems: usize,
}

impl Table {
    fn new(systems: &[Vec<Observation>]) -> Result<Self, StatsError> {
        if systems.len() < 2 {
            let found = systems.len().to_string();
            return Err(StatsError::TooFew { method: "ranks", needs: "2 systems".into(), found });
        }
        let runs = systems.iter().map(|runs| runs_by_item(runs)).collect::<Result<Vec<_>, _>>()?;
        let all: BTreeSet<u32> = runs.iter().flat_map(|runs| runs.keys().copied()).collect();
        let items: BTreeSet<u32> =
            all.iter().copied().filter(|item| runs.iter().all(|runs| runs.contains_key(item))).collect();
        if items.is_empty() {
            return Err(StatsError::TooFew {
                method: "ranks",
                needs: "1 item answered by all systems".into(),
                found: "0".into(),
            });
        }
        let mut clusters: Vec<(f64, Vec<f64>)> = Vec::new();
        let mut place: BTreeMap<u32, usize> = BTreeMap::new();
        for item in &items {
            let first = runs[0][item].cluster;
            let at = *place.entry(first).or_insert_with(|| {
                clusters.push((0.0, vec![0.0; systems.len()]));
                clusters.len() - 1
            });
            clusters[at].0 += 1.0;
            for (sum, runs) in clusters[at].1.iter_mut().zip(&runs) {
                let of_item = &runs[item];
                if of_item.cluster != first {
                    return Err(StatsError::TwoClusters { item: *item, first, second: of_item.cluster });
                }
                *sum += of_item.mean();
            }
        }
        Ok(Self { left_out: (all.len() - items.len()) as u64, items, clusters, systems: systems.len() })
    }

    /// The systems' means over these clusters.
    fn means(&self, drawn: impl Iterator<Item = usize>) -> Vec<f64> {
        let (mut items, mut sums) = (0.0, vec![0.0; self.systems]);
        for at in drawn {
            items += self.clusters[at].0;
            for (sum, of_cluster) in sums.iter_mut().zip(&self.clusters[at].1) {
                *sum += of_cluster;
            }
        }
        sums.into_iter().map(|sum| sum / items).collect()
    }

    /// How often each system came first, and its ranks summed, over resamples.
    fn resample(&self, resamples: u32, seed: u64) -> (Vec<f64>, Vec<f64>) {
        let g = self.clusters.len();
        let chunks: Vec<_> = (0..resamples.div_ceil(CHUNK))
            .into_par_iter()
            .map(|chunk| {
                let mut generator = stream_of(seed, u64::from(chunk));
                let (mut best, mut ranks) = (vec![0.0; self.systems], vec![0.0; self.systems]);
                for _ in 0..CHUNK.min(resamples - chunk * CHUNK) {
                    let means = self.means((0..g).map(|_| below(g, &mut generator)));
                    rank_once(&means, &mut best, &mut ranks);
                }
                (best, ranks)
            })
            .collect();
        // Summed in the order of the streams: thirds of a tie are not associative.
        let mut total = (vec![0.0; self.systems], vec![0.0; self.systems]);
        for (best, ranks) in chunks {
            for (sum, add) in total.0.iter_mut().zip(best).chain(total.1.iter_mut().zip(ranks)) {
                *sum += add;
            }
        }
        total
    }
}

fn rank_once(means: &[f64], best: &mut [f64], ranks: &mut [f64]) {
    let highest = means.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let first = means.iter().filter(|mean| **mean >= highest - TIE).count() as f64;
    for (at, mean) in means.iter().enumerate() {
        if *mean >= highest - TIE {
            best[at] += 1.0 / first;
        }
        let above = means.iter().filter(|other| **other > mean + TIE).count() as f64;
        let tied = means.iter().filter(|other| (*other - mean).abs() <= TIE).count() as f64;
        ranks[at] += above + f64::midpoint(tied, 1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ClusterKind, Level, Scale01};

    fn design() -> Design {
        let clusters = ClusterKind::Sampled("passage".into());
        Design { scale: Scale01::Binary, clusters, level: Level::NINETY_FIVE }
    }

    fn runs(n: u32, right: impl Fn(u32) -> bool) -> Vec<Observation> {
        (0..n).map(|item| Observation { item, cluster: item / 2, epoch: 0, score: f64::from(right(item)) }).collect()
    }

    #[test]
    fn threads_do_not_change_a_bit() {
        let systems: Vec<_> = (2..6).map(|step| runs(90, |item| item % step > 0)).collect();
        let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
        let found = ranks(&systems, &design(), 500, 9).expect("systems");
        assert_eq!(one.install(|| ranks(&systems, &design(), 500, 9)).expect("systems"), found);
        let sum: f64 = found.systems.iter().map(|rank| rank.p_best).sum();
        assert!((sum - 1.0).abs() < 1e-9);
        let sum: f64 = found.systems.iter().map(|rank| rank.mean_rank).sum();
        assert!((sum - 10.0).abs() < 1e-9);
    }

    #[test]
    fn ties_share() {
        let systems = vec![runs(20, |item| item % 2 == 0); 3];
        let found = ranks(&systems, &design(), 100, 1).expect("systems");
        for rank in &found.systems {
            assert!((rank.p_best - 1.0 / 3.0).abs() < 1e-12 && (rank.mean_rank - 2.0).abs() < 1e-12);
            assert_eq!((rank.rank, rank.best_possible, rank.worst_possible), (1, 1, 3));
        }
    }

    #[test]
    fn only_common_items_count() {
        let found = ranks(&[runs(20, |_| true), runs(14, |_| false)], &design(), 100, 1).expect("systems");
        assert_eq!((found.n_items, found.left_out), (14, 6));
        assert!(ranks(&[runs(20, |_| true)], &design(), 100, 1).is_err());
    }
}
