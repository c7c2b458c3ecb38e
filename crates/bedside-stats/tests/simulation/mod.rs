//! Worlds with a known mean, to see how often an interval holds it. Shared by the test and the example.

use bedside_stats::Observation;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Uniform numbers from a seed and a stream.
pub struct Dice(ChaCha8Rng);

impl Dice {
    pub fn new(stream: u64) -> Self {
        let mut generator = ChaCha8Rng::from_seed([17; 32]);
        generator.set_stream(stream);
        Self(generator)
    }

    pub fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub fn happens(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }
}

/// A law of scores, as a function of one uniform number, with its mean.
#[derive(Clone, Copy)]
pub struct Law {
    pub name: &'static str,
    pub mean: f64,
    pub score: fn(f64) -> f64,
}

pub const RUBRIC: Law = Law {
    name: "rubric of 4, mostly full marks",
    mean: 0.865,
    score: |u| {
        if u < 0.7 {
            1.0
        } else if u < 0.85 {
            0.75
        } else if u < 0.94 {
            0.5
        } else {
            0.125
        }
    },
};
pub const OVERLAP: Law = Law { name: "overlap metric around 0.2", mean: 0.2, score: |u| 0.05 + 0.3 * u };
pub const SKEWED: Law = Law { name: "skewed to 0 (u^4)", mean: 0.2, score: |u| u.powi(4) };
pub const SPIKED: Law = Law {
    name: "one in ten 0, others near 1",
    mean: 0.855,
    score: |u| if u < 0.1 { 0.0 } else { 0.9 + (u - 0.1) / 9.0 },
};

/// How items hang together.
#[derive(Clone, Copy)]
pub struct Shape {
    pub clusters: u32,
    /// Items in each cluster; when `uneven`, the first tenth of the clusters holds five times as many.
    pub items: u32,
    pub uneven: bool,
    /// Intraclass correlation of items in a cluster.
    pub icc: f64,
    pub epochs: u32,
    /// Correlation of runs of one item.
    pub run_icc: f64,
}

/// Draws one world. Each item repeats its cluster's score with probability √icc and draws its own otherwise; each run repeats
/// its item's score with probability √run_icc and draws its own otherwise. So every score has the law's mean.
pub fn draw(shape: Shape, score: impl Fn(f64) -> f64, dice: &mut Dice) -> Vec<Observation> {
    let mut observations = Vec::new();
    let mut item = 0;
    for cluster in 0..shape.clusters {
        let common = score(dice.uniform());
        let items = if shape.uneven && cluster < shape.clusters.div_ceil(10) { shape.items * 5 } else { shape.items };
        for _ in 0..items {
            let own = if dice.happens(shape.icc.sqrt()) { common } else { score(dice.uniform()) };
            for epoch in 0..shape.epochs {
                let score =
                    if shape.epochs == 1 || dice.happens(shape.run_icc.sqrt()) { own } else { score(dice.uniform()) };
                observations.push(Observation { item, cluster, epoch, score });
            }
            item += 1;
        }
    }
    observations
}

/// Share of `worlds` whose interval holds the mean, and the mean width.
pub fn coverage(
    worlds: u64,
    mean: f64,
    mut interval: impl FnMut(&mut Dice, u64) -> Option<bedside_stats::Interval>,
) -> (f64, f64) {
    let (mut held, mut width) = (0_u64, 0.0);
    for world in 0..worlds {
        // No interval is an honest "cannot tell": it counts as all of [0, 1].
        if let Some(interval) = interval(&mut Dice::new(world), world) {
            held += u64::from(interval.contains(mean));
            width += interval.width();
        } else {
            held += 1;
            width += 1.0;
        }
    }
    (held as f64 / worlds as f64, width / worlds as f64)
}
