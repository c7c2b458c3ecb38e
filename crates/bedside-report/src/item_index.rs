//! What the estimates need to know of a benchmark's items: their clusters and slices. Names stay in the run file.

use std::collections::{BTreeMap, HashMap};

use bedside_core::Digest;
use bedside_core::plan::PlannedItem;

/// The items of a benchmark by position: four bytes each, and four for each slice.
#[derive(Clone, Debug)]
pub struct ItemIndex {
    /// Position of the outermost cluster that was sampled, for each item.
    pub clusters: Vec<u32>,
    /// Number of those clusters.
    pub n_clusters: usize,
    /// What the outermost clusters are.
    pub level: ClusterLevel,
    /// Items of each slice, as `name=level`.
    pub strata: BTreeMap<String, Vec<usize>>,
}

/// The outermost level that was sampled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClusterLevel {
    /// Templates that items were made from.
    Template,
    /// What the benchmark says its items were sampled in: passages, encounters, patients.
    Cluster,
}

impl ItemIndex {
    /// Sorts items into clusters and slices.
    #[cfg(test)]
    pub fn new(items: impl IntoIterator<Item = PlannedItem>) -> Self {
        let mut builder = ItemIndexBuilder::default();
        for item in items {
            builder.add(&item);
        }
        builder.finish()
    }

    /// Number of items.
    pub fn n_items(&self) -> usize {
        self.clusters.len()
    }
}

/// Takes items in as they are read from a run file, in the order of the plan.
#[derive(Debug, Default)]
pub struct ItemIndexBuilder {
    by_cluster: Groups,
    by_template: Groups,
    without_template: bool,
    strata: BTreeMap<String, Vec<usize>>,
}

/// Groups numbered in the order in which they are met. Their names are kept as half a digest, which two never share.
#[derive(Debug, Default)]
struct Groups {
    numbers: HashMap<[u8; 16], u32>,
    of_items: Vec<u32>,
}

impl Groups {
    fn add(&mut self, name: &str) {
        let key = Digest::of(name.as_bytes()).bytes().first_chunk().copied().unwrap_or_default();
        let next = u32::try_from(self.numbers.len()).expect("clusters are no more than items, and those are bounded");
        self.of_items.push(*self.numbers.entry(key).or_insert(next));
    }
}

impl ItemIndexBuilder {
    /// Takes the next item in.
    pub fn add(&mut self, item: &PlannedItem) {
        for (stratum, value) in &item.strata {
            self.strata.entry(format!("{stratum}={value}")).or_default().push(self.by_cluster.of_items.len());
        }
        self.by_cluster.add(&item.cluster);
        match &item.template {
            Some(template) if !self.without_template => self.by_template.add(template),
            _ => {
                self.without_template = true;
                self.by_template = Groups::default();
            }
        }
    }

    /// Templates are the outermost clusters where every item has one.
    pub fn finish(self) -> ItemIndex {
        let templated = !self.without_template && !self.by_template.of_items.is_empty();
        let (groups, level) = if templated {
            (self.by_template, ClusterLevel::Template)
        } else {
            (self.by_cluster, ClusterLevel::Cluster)
        };
        let n_clusters = groups.numbers.len();
        ItemIndex { clusters: groups.of_items, n_clusters, level, strata: self.strata }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(id: &str, cluster: &str, template: Option<&str>) -> PlannedItem {
        let digest = Digest::of(id.as_bytes());
        let strata = BTreeMap::from([("split".to_owned(), id[..1].to_owned())]);
        PlannedItem {
            id: id.into(),
            cluster: cluster.into(),
            template: template.map(Into::into),
            strata,
            digest,
            blob: digest,
        }
    }

    #[test]
    fn templates_are_the_outermost_cluster_when_every_item_has_one() {
        let index =
            ItemIndex::new([item("a1", "p1", Some("t")), item("a2", "p2", Some("t")), item("b1", "p3", Some("u"))]);
        assert_eq!((index.level, index.n_clusters, index.clusters), (ClusterLevel::Template, 2, vec![0, 0, 1]));
        assert_eq!(index.strata["split=a"], [0, 1]);
        let index = ItemIndex::new([item("a1", "p1", Some("t")), item("a2", "p1", None)]);
        assert_eq!((index.level, index.n_clusters), (ClusterLevel::Cluster, 1));
    }
}
