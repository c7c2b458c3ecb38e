//! The grid over which coverage is demanded: yes/no items in clusters, run once or several times.

use super::{Dice, Tally, simulate};
use bedside_stats::{Interval, Observation};
use statrs::distribution::{Beta, ContinuousCDF};

pub const ITEMS: [u32; 6] = [10, 30, 100, 300, 1_000, 2_000];
pub const SHARES: [f64; 7] = [0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99];
pub const CORRELATIONS: [f64; 4] = [0.0, 0.05, 0.2, 0.5];
pub const CLUSTERS: [u32; 5] = [5, 12, 30, 100, 200];
/// Correlation of the runs of one item, in cells with repeated runs.
pub const RUN_CORRELATION: f64 = 0.5;

/// How items of a cluster hang together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clustering {
    /// Each cluster has its own share of yes, from a Beta law.
    Shares,
    /// Each item takes over its cluster's common answer with probability √icc.
    Copies,
}

/// How many items a cluster has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sizes {
    /// As equal as can be.
    Equal,
    /// The first tenth of the clusters, at least one, has five times as many as the others.
    Uneven,
}

/// One cell of the grid.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    pub items: u32,
    pub clusters: u32,
    pub sizes: Sizes,
    pub clustering: Clustering,
    pub icc: f64,
    pub runs: u32,
    pub share: f64,
}

impl Cell {
    /// The cluster of each item.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most all items")]
    fn places(&self) -> Vec<u32> {
        let large = if self.sizes == Sizes::Uneven { self.clusters.div_ceil(10) } else { 0 };
        let weight = |cluster: u32| if cluster < large { 5.0 } else { 1.0 };
        let all: f64 = (0..self.clusters).map(weight).sum();
        let (mut places, mut upto) = (Vec::new(), 0.0);
        for cluster in 0..self.clusters {
            upto += weight(cluster);
            let items = (f64::from(self.items) * upto / all).round() as usize;
            places.resize(items.max(places.len()), cluster);
        }
        places
    }

    /// Tallies an interval over worlds of this cell.
    pub fn tally(
        &self,
        worlds: std::ops::Range<u64>,
        interval: impl Fn(&[Observation], u64) -> Option<Interval> + Sync,
    ) -> Tally {
        let places = self.places();
        let law = self.shares();
        // Of the law as it is drawn from, not as it was meant.
        let truth = law.iter().sum::<f64>() / law.len() as f64;
        simulate(worlds, truth, |dice, world| interval(&self.draw(&places, &law, dice), world))
    }

    /// Shares of yes of clusters, each equally likely.
    fn shares(&self) -> Vec<f64> {
        if self.clustering == Clustering::Copies || self.icc <= 0.0 {
            return vec![self.share];
        }
        let weight = 1.0 / self.icc - 1.0;
        let law = Beta::new(self.share * weight, (1.0 - self.share) * weight).expect("positive shapes");
        let steps = 2_000;
        (0..steps).map(|step| law.inverse_cdf((f64::from(step) + 0.5) / f64::from(steps))).collect()
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index below the length")]
    fn draw(&self, places: &[u32], law: &[f64], dice: &mut Dice) -> Vec<Observation> {
        let mut observations = Vec::with_capacity(places.len() * self.runs as usize);
        let copying = if self.clustering == Clustering::Copies { self.icc.sqrt() } else { 0.0 };
        let (mut cluster, mut share, mut common) = (u32::MAX, self.share, false);
        for (item, &place) in (0_u32..).zip(places) {
            if place != cluster {
                cluster = place;
                share = law[(dice.uniform() * law.len() as f64) as usize];
                common = dice.happens(share);
            }
            let own = if copying > 0.0 && dice.happens(copying) { common } else { dice.happens(share) };
            for epoch in 0..self.runs {
                let again = self.runs == 1 || dice.happens(RUN_CORRELATION.sqrt());
                let yes = if again { own } else { dice.happens(share) };
                observations.push(Observation { item, cluster: place, epoch, score: f64::from(u8::from(yes)) });
            }
        }
        observations
    }
}

/// The clusterings of so many items that make sense: clusters of at least two items, and every item its own.
pub fn clusterings(items: u32) -> Vec<u32> {
    CLUSTERS.into_iter().filter(|clusters| clusters * 2 <= items).collect()
}
