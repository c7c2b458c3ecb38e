//! Two systems on the same items: who answered what, and the differences item by item.

use crate::cluster::runs_by_item;
use crate::{Observation, Scale01, StatsError};
use std::collections::BTreeMap;

/// One item that both systems answered, with the mean of each system's runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ItemPair {
    /// Index of the item.
    pub item: u32,
    /// Index of its outermost cluster.
    pub cluster: u32,
    /// Mean score of A over its runs of this item.
    pub a: f64,
    /// Mean score of B over its runs of this item.
    pub b: f64,
    /// Runs of A.
    pub runs_a: u32,
    /// Runs of B.
    pub runs_b: u32,
}

impl ItemPair {
    /// A minus B.
    pub fn difference(&self) -> f64 {
        self.a - self.b
    }
}

/// The items of two systems, matched.
///
/// Items that only one system answered cannot be compared. They are counted, and the counts go with every result.
///
/// ```
/// use bedside_stats::{Observation, comparison::paired::PairedItems};
/// let run = |item, score| Observation { item, cluster: item, epoch: 0, score };
/// let a = [run(0, 1.0), run(1, 0.0), run(2, 1.0)];
/// let b = [run(1, 1.0), run(2, 1.0), run(3, 0.0)];
/// let items = PairedItems::new(&a, &b)?;
/// assert_eq!((items.pairs().len(), items.only_a(), items.only_b()), (2, 1, 1));
/// assert!((items.mean() - (-0.5)).abs() < 1e-12);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct PairedItems {
    pairs: Vec<ItemPair>,
    only_a: u64,
    only_b: u64,
    /// Whether all scores, run by run, are 0 or 1.
    yes_no: bool,
}

impl PairedItems {
    /// Matches by item, averaging runs within the item; the order of the observations does not matter.
    ///
    /// An error when a score is not in [0, 1], when an item stands in two clusters, in one system or across both, when a run is given twice, or when no item
    /// was answered by both.
    pub fn new(a: &[Observation], b: &[Observation]) -> Result<Self, StatsError> {
        Scale01::Continuous.check(a)?;
        Scale01::Continuous.check(b)?;
        let (runs_a, mut runs_b) = (runs_by_item(a)?, runs_by_item(b)?);
        let mut pairs = Vec::with_capacity(runs_a.len());
        let mut only_a = 0;
        for (item, of_a) in runs_a {
            let Some(of_b) = runs_b.remove(&item) else {
                only_a += 1;
                continue;
            };
            if of_a.cluster != of_b.cluster {
                return Err(StatsError::TwoClusters { item, first: of_a.cluster, second: of_b.cluster });
            }
            pairs.push(ItemPair {
                item,
                cluster: of_a.cluster,
                a: of_a.mean(),
                b: of_b.mean(),
                runs_a: of_a.count,
                runs_b: of_b.count,
            });
        }
        let only_b = runs_b.len() as u64;
        if pairs.is_empty() {
            return Err(StatsError::TooFew {
                method: "a paired comparison",
                needs: "1 item answered by both systems".into(),
                found: format!("0 ({only_a} by the first only, {only_b} by the second only)"),
            });
        }
        let yes_no = a.iter().chain(b).all(|o| matches!(o.score, 0.0 | 1.0));
        Ok(Self { pairs, only_a, only_b, yes_no })
    }

    /// The items of `slice` alone, both those matched and the counts of those that are not; `None` when no pair is left.
    ///
    /// Counts of unmatched items belong to the whole comparison: they are 0 here.
    pub fn slice(&self, mut belongs: impl FnMut(u32) -> bool) -> Option<Self> {
        let pairs: Vec<_> = self.pairs.iter().copied().filter(|pair| belongs(pair.item)).collect();
        (!pairs.is_empty()).then_some(Self { pairs, only_a: 0, only_b: 0, yes_no: self.yes_no })
    }

    /// The matched items, in the order of their index.
    pub fn pairs(&self) -> &[ItemPair] {
        &self.pairs
    }

    /// Items that only A answered.
    pub fn only_a(&self) -> u64 {
        self.only_a
    }

    /// Items that only B answered.
    pub fn only_b(&self) -> u64 {
        self.only_b
    }

    /// Mean difference A minus B, each item weighing the same.
    pub fn mean(&self) -> f64 {
        self.pairs.iter().map(ItemPair::difference).sum::<f64>() / self.pairs.len() as f64
    }

    /// Whether all scores were 0 or 1.
    pub fn is_yes_no(&self) -> bool {
        self.yes_no
    }

    /// Most runs of any item by either system.
    pub fn most_runs(&self) -> u32 {
        self.pairs.iter().map(|pair| pair.runs_a.max(pair.runs_b)).max().unwrap_or(0)
    }

    /// Fewest runs of any item by either system.
    pub fn fewest_runs(&self) -> u32 {
        self.pairs.iter().map(|pair| pair.runs_a.min(pair.runs_b)).min().unwrap_or(0)
    }

    /// The differences, cluster by cluster, clusters in the order of their first item.
    pub fn by_cluster(&self) -> Vec<Vec<f64>> {
        let mut clusters: Vec<Vec<f64>> = Vec::new();
        let mut place: BTreeMap<u32, usize> = BTreeMap::new();
        for pair in &self.pairs {
            let at = *place.entry(pair.cluster).or_insert_with(|| {
                clusters.push(Vec::new());
                clusters.len() - 1
            });
            clusters[at].push(pair.difference());
        }
        clusters
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(item: u32, cluster: u32, epoch: u32, score: f64) -> Observation {
        Observation { item, cluster, epoch, score }
    }

    #[test]
    fn runs_are_averaged_and_order_does_not_matter() {
        let mut a = vec![run(0, 0, 0, 1.0), run(0, 0, 1, 0.0), run(1, 1, 0, 1.0)];
        let b = [run(1, 1, 0, 0.0), run(0, 0, 0, 0.0)];
        let items = PairedItems::new(&a, &b).expect("matched");
        assert!((items.mean() - 0.75).abs() < 1e-15);
        assert_eq!((items.fewest_runs(), items.most_runs()), (1, 2));
        a.reverse();
        assert_eq!(PairedItems::new(&a, &b).expect("matched"), items);
    }

    #[test]
    fn what_cannot_be_compared_is_refused() {
        let one = [run(0, 0, 0, 1.0)];
        assert_eq!(
            PairedItems::new(&one, &[run(0, 5, 0, 1.0)]),
            Err(StatsError::TwoClusters { item: 0, first: 0, second: 5 })
        );
        let error = PairedItems::new(&one, &[run(9, 9, 0, 1.0)]).expect_err("nothing in common");
        assert!(error.to_string().contains("1 by the first only, 1 by the second only"), "{error}");
        assert!(PairedItems::new(&[], &one).is_err());
    }

    #[test]
    fn a_slice_holds_its_items() {
        let a: Vec<_> = (0..10).map(|item| run(item, item / 2, 0, 1.0)).collect();
        let b: Vec<_> = (0..10).map(|item| run(item, item / 2, 0, f64::from(item % 2))).collect();
        let items = PairedItems::new(&a, &b).expect("matched");
        assert_eq!(items.by_cluster().len(), 5);
        let even = items.slice(|item| item % 2 == 0).expect("five items");
        assert!((even.mean() - 1.0).abs() < 1e-15);
        assert_eq!(items.slice(|_| false), None);
    }
}
