//! Worlds with a known mean, to see how often an interval holds it. Shared by the tests and the example.

#![allow(dead_code, reason = "each test uses a part")]

pub mod cells;

use bedside_stats::{Interval, Observation};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rayon::prelude::*;
use statrs::distribution::{Binomial, DiscreteCDF};

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

pub const RARELY_HIGH: Law =
    Law { name: "one in ten 1, others near 0", mean: 0.145, score: |u| if u < 0.1 { 1.0 } else { (u - 0.1) / 9.0 } };

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
pub fn coverage(worlds: u64, mean: f64, mut interval: impl FnMut(&mut Dice, u64) -> Option<Interval>) -> (f64, f64) {
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

/// What coverage must be for nominal 95 % (MEASUREMENT.md section 2).
pub const DEMANDED: f64 = 0.93;

/// The fewest intervals out of `worlds` that must hold the truth: fewer would come by chance, in any of so many cells with true
/// coverage [`DEMANDED`], less than once in twenty tables.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of the worlds")]
pub fn least_held(worlds: u64, cells: usize) -> u64 {
    let law = Binomial::new(DEMANDED, worlds).expect("a share");
    let chance = 0.05 / cells as f64;
    let mut held = (DEMANDED * worlds as f64).ceil() as u64;
    while held > 0 && law.cdf(held - 1) > chance {
        held -= 1;
    }
    held
}

/// How an interval did over many worlds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    pub worlds: u64,
    /// Intervals that hold the truth.
    pub held: u64,
    /// Sum of the widths.
    pub width: f64,
    /// Intervals without a width: there must be none.
    pub zero_width: u64,
}

impl Tally {
    pub fn coverage(&self) -> f64 {
        self.held as f64 / self.worlds as f64
    }

    pub fn mean_width(&self) -> f64 {
        self.width / self.worlds as f64
    }

    fn add(self, other: Self) -> Self {
        Self {
            worlds: self.worlds + other.worlds,
            held: self.held + other.held,
            width: self.width + other.width,
            zero_width: self.zero_width + other.zero_width,
        }
    }
}

/// Worlds that one thread simulates at a time. Their sums are added up in order, so that threads change nothing.
const BATCH: u64 = 100;

/// Draws worlds from `first` on, each from its own stream, and tallies how often its interval holds the truth. No interval is
/// an honest "cannot tell": it counts as one that holds the truth and has width 1.
pub fn simulate(
    worlds: std::ops::Range<u64>,
    truth: f64,
    interval: impl Fn(&mut Dice, u64) -> Option<Interval> + Sync,
) -> Tally {
    let batches: Vec<u64> = worlds.clone().step_by(usize::try_from(BATCH).expect("small")).collect();
    let tallies: Vec<Tally> = batches
        .into_par_iter()
        .map(|from| {
            (from..(from + BATCH).min(worlds.end))
                .map(|world| match interval(&mut Dice::new(world), world) {
                    Some(ci) => Tally {
                        worlds: 1,
                        held: u64::from(ci.contains(truth)),
                        width: ci.width(),
                        zero_width: u64::from(ci.width() <= 0.0),
                    },
                    None => Tally { worlds: 1, held: 1, width: 1.0, zero_width: 0 },
                })
                .fold(Tally::default(), Tally::add)
        })
        .collect();
    tallies.into_iter().fold(Tally::default(), Tally::add)
}
