//! Pairs of systems with a known difference, to see how often the interval holds it. Shared by the test and the example.

use bedside_stats::comparison::answer::Answer;
use bedside_stats::comparison::paired::{ItemPair, PairedItems};
use bedside_stats::{ClusterKind, Design, Level, Observation, Scale01};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rayon::prelude::*;

/// Uniform numbers; each world has its own stream.
pub struct Dice(ChaCha8Rng);

impl Dice {
    fn new(stream: u64) -> Self {
        let mut generator = ChaCha8Rng::from_seed([SEED; 32]);
        generator.set_stream(stream);
        Self(generator)
    }

    fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Every byte of the seed.
const SEED: u8 = 23;

/// Sizes of the clusters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sizes {
    /// All the same.
    Equal,
    /// The first tenth of the clusters holds five times as many.
    Fivefold,
    /// The first cluster holds as many as all others together.
    OneHalf,
}

/// How items come.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub clusters: u32,
    pub items: u32,
    pub sizes: Sizes,
    /// Intraclass correlation of what an item does to the two systems.
    pub icc: f64,
    pub runs: u32,
}

/// What an item does to the two systems, as a function of two uniform numbers: the chance to be right (yes/no), or the score.
#[derive(Clone, Copy)]
pub enum Law {
    /// Share right for A only, and for B only; the rest splits evenly into right for both and for neither.
    YesNo(f64, f64),
    /// Scores of A and B from two uniform numbers, their mean difference, a name.
    Score(fn(f64, f64) -> (f64, f64), f64, &'static str),
}

/// With several runs, the share of runs that go the other way.
const RUN_NOISE: f64 = 0.15;

impl Law {
    pub fn truth(self, runs: u32) -> f64 {
        match self {
            Self::YesNo(a, b) if runs > 1 => (a - b) * (1.0 - 2.0 * RUN_NOISE),
            Self::YesNo(a, b) => a - b,
            Self::Score(_, truth, _) => truth,
        }
    }

    fn scale(self) -> Scale01 {
        match self {
            Self::YesNo(..) => Scale01::Binary,
            Self::Score(..) => Scale01::Continuous,
        }
    }

    fn item(self, dice: &mut Dice) -> (f64, f64) {
        let u = dice.uniform();
        match self {
            Self::YesNo(a, b) if u < a + b => (f64::from(u < a), f64::from(u >= a)),
            Self::YesNo(a, b) => {
                let both = f64::from(u - a - b < (1.0 - a - b) / 2.0);
                (both, both)
            }
            Self::Score(scores, ..) => scores(u, dice.uniform()),
        }
    }
}

fn rubric(u: f64) -> f64 {
    if u < 0.7 {
        1.0
    } else if u < 0.85 {
        0.75
    } else if u < 0.94 {
        0.5
    } else {
        0.125
    }
}

pub const RUBRIC: Law = Law::Score(|u, v| (rubric(u), rubric(v)), 0.0, "rubric of 4, equal");
pub const RUBRIC_LESS: Law = Law::Score(
    |u, v| (rubric(u), if v < 0.2 { rubric(u) - 0.125 } else { rubric(u) }),
    0.025,
    "one point lost in one of five",
);
pub const OVERLAP: Law = Law::Score(|u, v| (0.08 + 0.3 * u, 0.3 * u + 0.1 * v), 0.03, "overlap, higher by 0.03");
pub const SKEWED: Law = Law::Score(|u, _| (0.5 * u.powi(4), 0.0), 0.1, "skewed gain");
pub const FAILS: Law =
    Law::Score(|u, v| (0.95, if u < 0.1 { 0.05 } else { 0.9 + 0.1 * v }), 0.09, "one in ten fails altogether");

/// One world: each item repeats what its cluster does with probability √icc, and draws its own otherwise.
fn draw(shape: Shape, law: Law, dice: &mut Dice) -> (Vec<Observation>, Vec<Observation>) {
    let (mut a, mut b) = (Vec::new(), Vec::new());
    let mut item = 0;
    for cluster in 0..shape.clusters {
        let common = law.item(dice);
        let items = match shape.sizes {
            Sizes::Fivefold if cluster < shape.clusters.div_ceil(10) => shape.items * 5,
            Sizes::OneHalf if cluster == 0 => shape.items * (shape.clusters - 1),
            _ => shape.items,
        };
        for _ in 0..items {
            let own = if dice.uniform() < shape.icc.sqrt() { common } else { law.item(dice) };
            for epoch in 0..shape.runs {
                let mut score = |score: f64| {
                    if shape.runs > 1 && matches!(law, Law::YesNo(..)) && dice.uniform() < RUN_NOISE {
                        1.0 - score
                    } else {
                        score
                    }
                };
                a.push(Observation { item, cluster, epoch, score: score(own.0) });
                b.push(Observation { item, cluster, epoch, score: score(own.1) });
            }
            item += 1;
        }
    }
    (a, b)
}

/// What came of many worlds.
#[derive(Clone, Copy, Default)]
pub struct Outcome {
    /// Share of worlds whose interval holds the true difference.
    pub coverage: f64,
    pub width: f64,
    /// Share called better or worse.
    pub different: f64,
    /// Share called equivalent, the margin being the true difference.
    pub equivalent: f64,
    /// Share that a t test over items, blind to clusters, calls different.
    pub blind: f64,
}

/// Compares the two systems in many worlds.
pub fn simulate(worlds: u64, shape: Shape, law: Law) -> Outcome {
    let truth = law.truth(shape.runs);
    let design =
        Design { scale: law.scale(), clusters: ClusterKind::Sampled("cluster".into()), level: Level::NINETY_FIVE };
    let worlds_seen: Vec<Outcome> = (0..worlds)
        .into_par_iter()
        .map(|world| {
            let (a, b) = draw(shape, law, &mut Dice::new(world));
            let items = PairedItems::new(&a, &b).expect("the same items");
            let difference = items.difference(&design).expect("scores on the scale");
            let interval = difference.estimate().ci();
            let margin = (truth != 0.0).then(|| truth.abs());
            let decision = difference.decide(margin).expect("a margin above 0");
            let plain: Vec<f64> = items.pairs().iter().map(ItemPair::difference).collect();
            let zeros = vec![0.0; plain.len()];
            let t = bedside_stats::comparison::student::paired_scores(&plain, &zeros, None).expect("differences");
            Outcome {
                // To rounding: a mean of exactly the truth lies on the edge of nothing.
                coverage: f64::from(interval.lower() <= truth + 1e-12 && truth <= interval.upper() + 1e-12),
                width: interval.width(),
                different: f64::from(matches!(decision.answer, Answer::Better | Answer::Worse)),
                equivalent: f64::from(decision.answer == Answer::Equivalent),
                blind: f64::from(t.p.number().is_some_and(|p| p < 0.05)),
            }
        })
        .collect();
    let mean = |part: fn(&Outcome) -> f64| worlds_seen.iter().map(part).sum::<f64>() / worlds as f64;
    Outcome {
        coverage: mean(|o| o.coverage),
        width: mean(|o| o.width),
        different: mean(|o| o.different),
        equivalent: mean(|o| o.equivalent),
        blind: mean(|o| o.blind),
    }
}
