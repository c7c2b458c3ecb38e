//! The mean over items, and how far it would move with other clusters.
//!
//! Clusters nest: passage or template > item > run. Runs are averaged within their item first; the variance is then taken
//! between the outermost clusters, which covers every level below.

use crate::StatsError;
use std::collections::{BTreeMap, HashMap};

/// One scored run of one item.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Observation {
    /// Index of the item.
    pub item: u32,
    /// Index of the outermost cluster that was sampled (passage, patient, template); the item's own index if there is none.
    pub cluster: u32,
    /// Index of the run of this item.
    pub epoch: u32,
    /// The score, in [0, 1].
    pub score: f64,
}

/// All runs of one item, summed.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ItemRuns {
    /// Index of the outermost cluster that was sampled.
    pub cluster: u32,
    /// Sum of the scores of its runs.
    pub sum: f64,
    /// Number of its runs.
    pub count: u32,
}

/// What one cluster adds to the mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ClusterTotal {
    /// Sum of the item means.
    pub sum: f64,
    /// Number of items.
    pub items: f64,
}

/// Mean over items with its cluster-robust standard errors.
///
/// *Estimates* the mean score over items like these, each item weighing the same however many runs it had.
///
/// *Assumes* clusters are drawn independently; says nothing about how items within a cluster hang together.
///
/// *Misleads* with few clusters, or when one cluster holds most items: the standard error is then itself uncertain, which
/// t covers only in part. With one cluster it is not defined.
///
/// *Formula* with `e_c = Σ_{i in c} (y_i - ȳ)` and the cluster's share of the items `w_c`: `CR0² = Σ e_c² / n²`,
/// `CR1² = CR0² · G/(G-1)`, `CR2² = Σ e_c² / (1 - w_c) / n²`. CR1 and CR2 are the same for clusters of one size. The intervals
/// use [`Self::robust_error`], which is these too for one size, and does not lose by unequal ones.
///
/// *Reference* Liang and Zeger, Biometrika 1986; 73: 13-22. Miller 2024, arXiv 2411.00640 (CR0). Bell and McCaffrey, Surv
/// Methodol 2002; 28: 169-181 (CR2). Kish, Survey Sampling, 1965, for `G*`. Checked against statsmodels 0.15.0:
///
/// ```
/// use bedside_stats::{ClusteredMean, Observation};
/// let scores = [1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 1.0];
/// let clusters = [0, 0, 0, 1, 1, 2, 2, 2, 2, 3];
/// let observations: Vec<_> = (0..10u32)
///     .zip(scores.into_iter().zip(clusters))
///     .map(|(item, (score, cluster))| Observation { item, cluster, epoch: 0, score })
///     .collect();
/// let mean = ClusteredMean::new(&observations)?;
/// assert!((mean.mean() - 0.6).abs() < 1e-12);
/// assert!((mean.se_cr0() - 0.141_421_356_237).abs() < 1e-10);
/// assert!((mean.se_cr1().expect("four clusters") - 0.163_299_316_186).abs() < 1e-10);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ClusteredMean {
    pub(crate) clusters: Vec<ClusterTotal>,
    mean: f64,
    pub(crate) item_variance: Option<f64>,
    n_items: usize,
    fewest_runs: u32,
    most_runs: u32,
    equivalent_runs: f64,
}

/// Sum and number of an item's runs.
pub(crate) struct Runs {
    /// Its cluster.
    pub cluster: u32,
    sum: f64,
    /// Number of runs.
    pub count: u32,
}

impl ClusteredMean {
    /// Averages runs within items, and items over all clusters.
    ///
    /// The result depends neither on the order of the observations' clusters nor on their labels: clusters are kept in the
    /// order of their first item.
    pub fn new(observations: &[Observation]) -> Result<Self, StatsError> {
        let items: Vec<Runs> = each_item(observations)?.into_iter().map(|(_, runs)| runs).collect();
        Self::of_runs(&items)
    }

    /// The same from items whose runs are summed already, in the order of items: for those who have a million runs and no list of them.
    /// Items without runs are passed over.
    pub fn of_items(items: impl IntoIterator<Item = ItemRuns>) -> Result<Self, StatsError> {
        let with_runs = items.into_iter().filter(|item| item.count > 0);
        let runs: Vec<Runs> = with_runs.map(|ItemRuns { cluster, sum, count }| Runs { cluster, sum, count }).collect();
        if let Some(item) = runs.iter().position(|runs| !runs.sum.is_finite()) {
            let item = u32::try_from(item).unwrap_or(u32::MAX);
            return Err(StatsError::OffScale { item, epoch: 0, score: f64::NAN, scale: "finite" });
        }
        Self::of_runs(&runs)
    }

    fn of_runs(items: &[Runs]) -> Result<Self, StatsError> {
        if items.is_empty() {
            return Err(StatsError::Empty);
        }
        let n = items.len() as f64;
        let mut clusters: Vec<ClusterTotal> = Vec::new();
        let mut place: HashMap<u32, usize> = HashMap::new();
        let mut inverse_runs = 0.0;
        for runs in items {
            let at = *place.entry(runs.cluster).or_insert_with(|| {
                clusters.push(ClusterTotal { sum: 0.0, items: 0.0 });
                clusters.len() - 1
            });
            clusters[at].sum += runs.mean();
            clusters[at].items += 1.0;
            inverse_runs += 1.0 / f64::from(runs.count);
        }
        let mean = clusters.iter().map(|c| c.sum).sum::<f64>() / n;
        let squares: f64 = items.iter().map(|runs| (runs.mean() - mean).powi(2)).sum();
        Ok(Self {
            mean,
            item_variance: (items.len() > 1).then(|| squares / (n - 1.0)),
            n_items: items.len(),
            fewest_runs: items.iter().map(|runs| runs.count).min().unwrap_or(0),
            most_runs: items.iter().map(|runs| runs.count).max().unwrap_or(0),
            equivalent_runs: n * n / inverse_runs,
            clusters,
        })
    }

    /// The mean over items.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// Number of items.
    pub fn n_items(&self) -> usize {
        self.n_items
    }

    /// Number of clusters.
    pub fn n_clusters(&self) -> usize {
        self.clusters.len()
    }

    /// Whether every item is its own cluster.
    pub fn clusters_are_items(&self) -> bool {
        self.n_clusters() == self.n_items
    }

    /// Fewest runs of any one item.
    pub fn fewest_runs(&self) -> u32 {
        self.fewest_runs
    }

    /// Most runs of any one item.
    pub fn most_runs(&self) -> u32 {
        self.most_runs
    }

    /// Number of independent runs whose mean would be as precise, were neither clusters nor items any different from each
    /// other: the number of runs, or less when items had unequal numbers of them (`n² / Σ 1/m_i`).
    pub fn equivalent_runs(&self) -> f64 {
        self.equivalent_runs
    }

    /// Standard error that takes items as independent, `s/√n` (Miller 2024, eq. 1); none with one item.
    pub fn se_items(&self) -> Option<f64> {
        self.item_variance.map(|variance| (variance / self.n_items as f64).sqrt())
    }

    /// Standard error of a share of independent yes/no items, `√(p(1-p)/n)`.
    pub fn se_bernoulli(&self) -> f64 {
        (self.mean * (1.0 - self.mean) / self.n_items as f64).sqrt()
    }

    /// Cluster-robust standard error without small-sample correction.
    pub fn se_cr0(&self) -> f64 {
        let squares: f64 = self.clusters.iter().map(|c| (c.sum - self.mean * c.items).powi(2)).sum();
        squares.sqrt() / self.n_items as f64
    }

    /// Cluster-robust standard error with the correction `G/(G-1)`; none with one cluster.
    pub fn se_cr1(&self) -> Option<f64> {
        let g = self.clusters.len() as f64;
        (g > 1.0).then(|| self.se_cr0() * (g / (g - 1.0)).sqrt())
    }

    /// Cluster-robust standard error with the correction `1/(1 - w_c)` for each cluster; none with one cluster.
    pub fn se_cr2(&self) -> Option<f64> {
        let n = self.n_items as f64;
        let squares: f64 =
            self.clusters.iter().map(|c| (c.sum - self.mean * c.items).powi(2) / (1.0 - c.items / n)).sum();
        (self.clusters.len() > 1).then(|| squares.sqrt() / n)
    }

    /// Number of clusters of one size that would be worth as much: `G* = n² / Σ n_c²`, at most `G`.
    pub fn equivalent_clusters(&self) -> f64 {
        (self.n_items as f64).powi(2) / self.clusters.iter().map(|c| c.items * c.items).sum::<f64>()
    }

    /// The same clusters and one more, of average size, in which one item scores 0, and as many with it as this correlation makes
    /// hang together; its other items score the mean.
    pub(crate) fn with_a_failure(&self, correlation: f64) -> Self {
        let items = self.n_items as f64;
        let size = (items / self.clusters.len() as f64).round();
        let failed = 1.0 + (size - 1.0) * correlation;
        let n = items + size;
        let mean = self.mean * (n - failed) / n;
        let squares = self.item_variance.unwrap_or(0.0) * (items - 1.0)
            + (n - failed) * (self.mean - mean).powi(2)
            + failed * mean * mean;
        let mut clusters = self.clusters.clone();
        clusters.push(ClusterTotal { sum: self.mean * (size - failed), items: size });
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number of items")]
        let n_items = n as usize;
        Self { clusters, mean, item_variance: Some(squares / (n - 1.0)), n_items, ..*self }
    }

    /// The mean of `1 - score`.
    pub(crate) fn mirrored(&self) -> Self {
        let clusters = self.clusters.iter().map(|c| ClusterTotal { sum: c.items - c.sum, items: c.items }).collect();
        Self { clusters, mean: 1.0 - self.mean, ..*self }
    }

    /// The mean without each cluster in turn; a single cluster leaves nothing.
    pub(crate) fn without_each(&self) -> Vec<f64> {
        let (sum, items) = (self.mean * self.n_items as f64, self.n_items as f64);
        self.clusters.iter().filter(|c| c.items < items).map(|c| (sum - c.sum) / (items - c.items)).collect()
    }

    /// What each cluster adds, in the order of first items.
    pub(crate) fn clusters(&self) -> &[ClusterTotal] {
        &self.clusters
    }
}

impl Runs {
    pub(crate) fn mean(&self) -> f64 {
        self.sum / f64::from(self.count)
    }
}

/// Runs by item; an error if an item stands in two clusters or a run is given twice.
pub(crate) fn runs_by_item(observations: &[Observation]) -> Result<BTreeMap<u32, Runs>, StatsError> {
    Ok(each_item(observations)?.into_iter().collect())
}

/// The runs of each item, in the order of items.
fn each_item(observations: &[Observation]) -> Result<Vec<(u32, Runs)>, StatsError> {
    // Sorted, so that sums do not depend on the order in which answers came back.
    let mut sorted: Vec<&Observation> = observations.iter().collect();
    sorted.sort_by_key(|o| (o.item, o.epoch));
    if let Some(pair) = sorted.windows(2).find(|w| (w[0].item, w[0].epoch) == (w[1].item, w[1].epoch)) {
        return Err(StatsError::Repeated { item: pair[0].item, epoch: pair[0].epoch });
    }
    sorted.chunk_by(|a, b| a.item == b.item).map(|runs| Ok((runs[0].item, of_one_item(runs)?))).collect()
}

/// The runs of one item together.
fn of_one_item(runs: &[&Observation]) -> Result<Runs, StatsError> {
    let cluster = runs[0].cluster;
    let mut total = Runs { cluster, sum: 0.0, count: 0 };
    for &&Observation { item, cluster: other, epoch, score } in runs {
        if !score.is_finite() {
            return Err(StatsError::OffScale { item, epoch, score, scale: "finite" });
        }
        if other != cluster {
            return Err(StatsError::TwoClusters { item, first: cluster, second: other });
        }
        total.sum += score;
        total.count += 1;
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observations(scores: &[f64]) -> Vec<Observation> {
        (0..).zip(scores).map(|(item, &score)| Observation { item, cluster: item, epoch: 0, score }).collect()
    }

    /// numpy 1.26.4.
    #[test]
    fn standard_errors_of_independent_items_agree_with_numpy() {
        let scores = [1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 0.0, 1.0];
        let mean = ClusteredMean::new(&observations(&scores)).expect("scores");
        assert!((mean.mean() - 0.7).abs() < 1e-12);
        assert!((mean.se_items().expect("ten items") - 0.152_752_523_165_194_64).abs() < 1e-12);
        assert!((mean.se_bernoulli() - 0.144_913_767_461_894_38).abs() < 1e-12);
        // With items as clusters, CR1 is s/√n.
        assert!((mean.se_cr1().expect("ten clusters") - 0.152_752_523_165_194_64).abs() < 1e-12);
    }

    #[test]
    fn runs_are_averaged_within_their_item_first() {
        let run = |item, epoch, score| Observation { item, cluster: item, epoch, score };
        let mean = ClusteredMean::new(&[run(0, 0, 1.0), run(0, 1, 1.0), run(0, 2, 1.0), run(1, 0, 0.0)]).expect("runs");
        assert!((mean.mean() - 0.5).abs() < 1e-15, "three runs of one item are one item");
        assert!((mean.equivalent_runs() - 3.0).abs() < 1e-12, "4 / (1/3 + 1)");
        assert_eq!((mean.fewest_runs(), mean.most_runs(), mean.n_items()), (1, 3, 2));
    }

    #[test]
    fn cr2_is_cr1_for_clusters_of_one_size_and_more_for_unequal_ones() {
        let clusters = |size: fn(u32) -> u32| {
            let observations: Vec<_> = (0..24_u32)
                .map(|item| Observation { item, cluster: size(item), epoch: 0, score: f64::from(item % 7 < 3) })
                .collect();
            let mean = ClusteredMean::new(&observations).expect("scores");
            (mean.se_cr1().expect("clusters"), mean.se_cr2().expect("clusters"), mean.equivalent_clusters())
        };
        let (cr1, cr2, equivalent) = clusters(|item| item / 4);
        assert!((cr1 - cr2).abs() < 1e-12 && (equivalent - 6.0).abs() < 1e-12);
        let (_, _, equivalent) = clusters(|item| if item < 12 { 0 } else { item });
        assert!((equivalent - 576.0 / 156.0).abs() < 1e-12, "24² / (12² + 12)");
    }

    #[test]
    fn one_cluster_has_no_standard_error() {
        let one = |item| Observation { item, cluster: 7, epoch: 0, score: f64::from(item % 2) };
        assert_eq!(ClusteredMean::new(&[one(0), one(1), one(2)]).expect("scores").se_cr1(), None);
    }

    #[test]
    fn contradictory_observations_are_refused() {
        let run = |item, cluster, epoch| Observation { item, cluster, epoch, score: 1.0 };
        assert_eq!(ClusteredMean::new(&[]), Err(StatsError::Empty));
        assert_eq!(
            ClusteredMean::new(&[run(3, 0, 0), run(3, 1, 1)]),
            Err(StatsError::TwoClusters { item: 3, first: 0, second: 1 })
        );
        assert_eq!(ClusteredMean::new(&[run(3, 0, 2), run(3, 0, 2)]), Err(StatsError::Repeated { item: 3, epoch: 2 }));
    }
}
