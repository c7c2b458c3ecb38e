//! Worlds with a known truth, a judge that errs and an audit of some answers. Shared by the test and the example.

#![allow(dead_code, reason = "the test uses a part of what the example uses")]

use bedside_stats::correction::{
    AuditDesign, JudgeCalibration, JudgedRun, corrected_share, ppi_mean, two_phase_regression,
};
use bedside_stats::reliability::pass_hat_k;
use bedside_stats::{ClusterKind, Design, Estimate, Level, Observation, Scale01};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rayon::prelude::*;
use statrs::distribution::{Binomial, DiscreteCDF};
use statrs::function::gamma::ln_gamma;

/// MEASUREMENT.md section 2.
pub const DEMANDED: f64 = 0.93;
const LEVEL: Level = Level::NINETY_FIVE;
/// The seed of every world; worlds differ by their stream.
pub const SEED: u8 = 29;

/// Uniform numbers of one world.
pub struct Dice(ChaCha8Rng);

impl Dice {
    pub fn new(world: u64) -> Self {
        let mut generator = ChaCha8Rng::from_seed([SEED; 32]);
        generator.set_stream(world);
        Self(generator)
    }

    pub fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn happens(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    /// A random set of `m` of `0..n`, by the first places of a shuffle.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place below n")]
    fn choose(&mut self, n: usize, m: usize) -> Vec<usize> {
        let mut places: Vec<usize> = (0..n).collect();
        for at in 0..m.min(n) {
            let other = at + ((n - at) as f64 * self.uniform()) as usize;
            places.swap(at, other.min(n - 1));
        }
        places.truncate(m);
        places
    }
}

/// A judged run and its audit.
#[derive(Clone, Copy)]
pub struct World {
    pub items: usize,
    pub audited: usize,
    pub prevalence: f64,
    pub sensitivity: f64,
    pub specificity: f64,
    /// Items in a cluster; 1 for independent items.
    pub cluster: usize,
    /// Correlation of the truth within a cluster.
    pub icc: f64,
    /// Runs of each item, of which the audit takes one.
    pub runs: usize,
    /// The audit draws half of its answers from those the judge failed.
    pub stratified: bool,
}

impl World {
    fn judge(&self, truth: f64, dice: &mut Dice) -> f64 {
        f64::from(dice.happens(if truth > 0.5 { self.sensitivity } else { 1.0 - self.specificity }))
    }

    fn draw(&self, dice: &mut Dice) -> Vec<JudgedRun> {
        // Correlation of runs of one item.
        const RUN_ICC: f64 = 0.6;
        let mut runs: Vec<JudgedRun> = Vec::with_capacity(self.items * self.runs);
        let mut truths = Vec::with_capacity(self.items * self.runs);
        let mut common = 0.0;
        for item in 0..self.items {
            if item % self.cluster == 0 {
                common = f64::from(dice.happens(self.prevalence));
            }
            let fresh = |dice: &mut Dice| f64::from(dice.happens(self.prevalence));
            let own = if dice.happens(self.icc.sqrt()) { common } else { fresh(dice) };
            for _ in 0..self.runs {
                let truth = if self.runs == 1 || dice.happens(RUN_ICC.sqrt()) { own } else { fresh(dice) };
                let judge = self.judge(truth, dice);
                let index = u32::try_from(item).expect("few items");
                let cluster = u32::try_from(item / self.cluster).expect("few clusters");
                runs.push(JudgedRun { cluster, ..JudgedRun::independent(index, judge, None) });
                truths.push(truth);
            }
        }
        if self.stratified {
            for run in &mut runs {
                run.stratum = u32::from(run.judge > 0.5);
            }
            for stratum in 0..2 {
                let members: Vec<usize> = (0..runs.len()).filter(|at| runs[*at].stratum == stratum).collect();
                for place in dice.choose(members.len(), self.audited / 2) {
                    runs[members[place]].gold = Some(truths[members[place]]);
                }
            }
        } else {
            for item in dice.choose(self.items, self.audited) {
                let at = item * self.runs;
                runs[at].gold = Some(truths[at]);
            }
        }
        runs
    }

    pub fn two_phase(&self, dice: &mut Dice) -> Option<Estimate> {
        let design = if self.stratified { AuditDesign::Stratified } else { AuditDesign::Random };
        two_phase_regression(&self.draw(dice), design, LEVEL).ok().map(|found| found.estimate)
    }

    pub fn prediction_powered(&self, dice: &mut Dice) -> Option<Estimate> {
        let runs = self.draw(dice);
        let audited = || runs.iter().filter(|run| run.gold.is_some());
        let gold: Vec<f64> = audited().filter_map(|run| run.gold).collect();
        let judge: Vec<f64> = audited().map(|run| run.judge).collect();
        let elsewhere: Vec<f64> = runs.iter().filter(|run| run.gold.is_none()).map(|run| run.judge).collect();
        ppi_mean(&gold, &judge, &elsewhere, None, LEVEL).ok().map(|found| found.estimate)
    }

    /// The published PPI++ interval, cut off at 0 and 1: to show what small audits do to it.
    pub fn published(&self, dice: &mut Dice) -> Option<(f64, f64, f64)> {
        let runs = self.draw(dice);
        let audited = || runs.iter().filter(|run| run.gold.is_some());
        let gold: Vec<f64> = audited().filter_map(|run| run.gold).collect();
        let judge: Vec<f64> = audited().map(|run| run.judge).collect();
        let elsewhere: Vec<f64> = runs.iter().filter(|run| run.gold.is_none()).map(|run| run.judge).collect();
        let found = ppi_mean(&gold, &judge, &elsewhere, None, LEVEL).ok()?;
        Some((found.raw, found.lower, found.upper))
    }

    /// Half of the audit's answers truly right, half truly wrong, from elsewhere.
    pub fn external(&self, dice: &mut Dice) -> Option<Estimate> {
        let half = self.audited / 2;
        let mut draw = |n: usize, probability: f64| (0..n).filter(|_| dice.happens(probability)).count() as f64;
        let passes = self.prevalence * self.sensitivity + (1.0 - self.prevalence) * (1.0 - self.specificity);
        let (n, m) = (self.items as f64, half as f64);
        let run_passed = draw(self.items, passes);
        let (right, wrong) = (draw(half, self.sensitivity), draw(half, self.specificity));
        let judge = JudgeCalibration::from_counts((run_passed, n), (right, m), (wrong, m)).ok()?;
        corrected_share(&judge, LEVEL).ok()?
    }
}

/// Items whose chance to come out right follows Kumaraswamy's law.
#[derive(Clone, Copy)]
pub struct Repeats {
    pub items: usize,
    pub runs: u32,
    pub k: u32,
    pub shape: (f64, f64),
    pub cluster: usize,
    pub icc: f64,
}

impl Repeats {
    /// `E[p^k] = b·B(1 + k/a, b)`.
    pub fn truth(&self) -> f64 {
        let (a, b) = self.shape;
        let first = 1.0 + f64::from(self.k) / a;
        b * (ln_gamma(first) + ln_gamma(b) - ln_gamma(first + b)).exp()
    }

    pub fn pass_hat(&self, dice: &mut Dice) -> Option<Estimate> {
        let (a, b) = self.shape;
        let chance = |dice: &mut Dice| (1.0 - (1.0 - dice.uniform()).powf(1.0 / b)).powf(1.0 / a);
        let mut observations = Vec::new();
        let mut common = 0.0;
        for item in 0..self.items {
            if item % self.cluster == 0 {
                common = chance(dice);
            }
            let p = if dice.happens(self.icc.sqrt()) { common } else { chance(dice) };
            let item_index = u32::try_from(item).expect("few items");
            let cluster = u32::try_from(item / self.cluster).expect("few clusters");
            observations.extend((0..self.runs).map(|epoch| Observation {
                item: item_index,
                cluster,
                epoch,
                score: f64::from(dice.happens(p)),
            }));
        }
        let clusters = ClusterKind::Sampled("passage".into());
        pass_hat_k(&observations, self.k, &Design { scale: Scale01::Binary, clusters, level: LEVEL }).ok()
    }
}

/// What the worlds of one cell gave.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    pub worlds: u64,
    pub held: u64,
    pub width: f64,
    pub bias: f64,
    /// The narrowest interval of all.
    pub narrowest: f64,
    /// Worlds without an answer: an honest "cannot tell", which counts as all of [0, 1].
    pub unanswered: u64,
}

impl Found {
    pub fn coverage(&self) -> f64 {
        self.held as f64 / self.worlds as f64
    }

    /// Whether so few hits would come by chance in fewer than one of twenty such tables, were coverage 0.93.
    pub fn dips(&self, cells: usize) -> bool {
        let law = Binomial::new(DEMANDED, self.worlds).expect("a probability");
        law.cdf(self.held) < 0.05 / cells as f64
    }
}

/// Draws `worlds` worlds on all cores; the result does not depend on their number.
pub fn cell(worlds: u64, truth: f64, estimate: impl Fn(&mut Dice) -> Option<Estimate> + Sync) -> Found {
    cell_of(worlds, truth, |dice| estimate(dice).map(|e| (e.value(), e.ci().lower(), e.ci().upper())))
}

/// As [`cell`], from a value and two ends.
pub fn cell_of(worlds: u64, truth: f64, estimate: impl Fn(&mut Dice) -> Option<(f64, f64, f64)> + Sync) -> Found {
    let each: Vec<Option<(f64, f64, f64)>> =
        (0..worlds).into_par_iter().map(|world| estimate(&mut Dice::new(world))).collect();
    let mut found = Found { worlds, held: 0, width: 0.0, bias: 0.0, narrowest: 1.0, unanswered: 0 };
    for one in each {
        let Some((value, lower, upper)) = one else {
            found.unanswered += 1;
            found.held += 1;
            found.width += 1.0;
            continue;
        };
        // A truth at the very end of an interval is held in spite of rounding.
        found.held += u64::from(lower - 1e-12 <= truth && truth <= upper + 1e-12);
        found.width += upper - lower;
        found.narrowest = found.narrowest.min(upper - lower);
        found.bias += value - truth;
    }
    found.width /= worlds as f64;
    found.bias /= (worlds - found.unanswered).max(1) as f64;
    found
}
