//! How uncertain the parts of an error are: contributions to a variance, observed and drawn again.

use super::moments::Decomposition;
use super::shares::{Part, RESAMPLES, Role};
use crate::quantile::normal_upper;
use crate::{Interval, Level, StatsError};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// With fewer clusters than this, resampling shows too little of any component's uncertainty: all are widened.
const FEW_CLUSTERS: usize = 30;
/// From so many degrees of freedom on chi-square is drawn by Wilson and Hilferty's cube, exact to three digits there.
const MANY_DEGREES: usize = 50;

/// Contributions to the error variance of a mean, observed and redrawn.
///
/// Clusters are redrawn in two ways, and intervals reach as far as either. Resampling knows rare and bounded scores, but
/// shows too little with few clusters. The normal law, `M (G - 1)/χ²`, knows few clusters, but not rare scores.
pub(super) struct Draws {
    counted: Vec<Counted>,
    /// Error variance observed.
    pub total: f64,
    totals: [Vec<f64>; 2],
    /// For each draw, the variance and the share of each counted partition.
    each: Vec<Vec<(f64, f64)>>,
    /// For each draw, by how much the normal law stretches what clusters show.
    stretched: Vec<f64>,
    few: bool,
}

/// A partition that enters the error.
#[derive(Clone, Copy)]
struct Counted {
    at: usize,
    resampled: bool,
}

impl Draws {
    pub fn new(found: &Decomposition, roles: &[Role], seed: u64) -> Self {
        let counted: Vec<Counted> = (0..roles.len())
            .filter_map(|at| match roles[at] {
                Role::Resampled => Some(Counted { at, resampled: true }),
                Role::Drawn => Some(Counted { at, resampled: false }),
                Role::Out(_) => None,
            })
            .collect();
        let added = |raw: &[f64], resampled: bool| -> f64 {
            let same = counted.iter().filter(|part| part.resampled == resampled);
            same.map(|part| found.multipliers[part.at] * raw[part.at].max(0.0)).sum()
        };
        let from_clusters = added(&found.raw, true);
        let clusters = found.units as f64;
        // No mean of numbers between 0 and 1 over so many clusters varies more.
        let most = (0.25 / (clusters - 1.0)).max(from_clusters);
        let mut dice = dice(seed);
        let mut draws = Self {
            total: from_clusters + added(&found.raw, false),
            totals: [Vec::new(), Vec::new()],
            each: Vec::new(),
            stretched: Vec::new(),
            few: found.units < FEW_CLUSTERS,
            counted: counted.clone(),
        };
        for raw in found.resampled(seed, RESAMPLES) {
            let variances: Vec<f64> = counted
                .iter()
                .map(|part| if part.resampled { raw[part.at].max(0.0) } else { redraw(found, part.at, &mut dice) })
                .collect();
            let contributions: Vec<f64> =
                counted.iter().zip(&variances).map(|(part, variance)| found.multipliers[part.at] * variance).collect();
            let by_levels: f64 =
                counted.iter().zip(&contributions).filter(|(part, _)| !part.resampled).map(|(_, value)| value).sum();
            let all: f64 = contributions.iter().sum();
            // A resample has less spread than the clusters it was drawn from, by one in their number.
            let resampled = added(&raw, true) * clusters / (clusters - 1.0);
            let stretch = (clusters - 1.0) / chi_square(found.units - 1, &mut dice);
            draws.totals[0].push(resampled.min(most) + by_levels);
            draws.totals[1].push((from_clusters * stretch).min(most) + by_levels);
            let share = |contribution: f64| if all > 0.0 { contribution / all } else { 0.0 };
            draws.each.push(variances.into_iter().zip(contributions.into_iter().map(share)).collect());
            draws.stretched.push(stretch);
        }
        draws
    }

    /// Interval of the standard error of measurement.
    pub fn sem(&self, level: Level) -> Result<Interval, StatsError> {
        let root = |totals: &[f64]| middle(totals.iter().map(|total| total.sqrt()).collect(), self.total.sqrt(), level);
        either(root(&self.totals[0])?, root(&self.totals[1])?)
    }

    /// Contributions of resampled partitions other than this one.
    fn others(&self, found: &Decomposition, but: usize) -> f64 {
        let parts = self.counted.iter().filter(|part| part.resampled && part.at != but);
        parts.map(|part| found.multipliers[part.at] * found.raw[part.at].max(0.0)).sum()
    }

    /// Every source with its share and the intervals.
    pub fn parts(&self, found: &Decomposition, level: Level) -> Result<Vec<Part>, StatsError> {
        // The coarsest component is the one whose levels are the clusters.
        let coarsest = self.counted.iter().position(|part| part.resampled);
        let part = |(place, &Counted { at, resampled }): (usize, &Counted)| {
            let (partition, raw) = (&found.partitions[at], found.raw[at]);
            let variance = raw.max(0.0);
            let contribution = found.multipliers[at] * variance;
            let share = contribution / self.total;
            let mut variance_ci = middle(self.each.iter().map(|draw| draw[place].0).collect(), variance, level)?;
            if resampled && (self.few || coarsest == Some(place)) {
                // What the finer parts add to the spread of clusters is known better than that spread.
                let rest = if coarsest == Some(place) { self.others(found, at) } else { 0.0 };
                let spread = found.multipliers[at] * raw + rest;
                let back = |stretch: &f64| ((spread * stretch - rest) / found.multipliers[at]).max(0.0);
                let stretched = self.stretched.iter().map(back).collect();
                variance_ci = either(variance_ci, middle(stretched, variance, level)?)?;
            }
            Ok(Part {
                term: partition.term,
                together: partition.together.clone(),
                raw,
                variance,
                variance_ci,
                contribution,
                share,
                share_ci: middle(self.each.iter().map(|draw| draw[place].1).collect(), share, level)?,
            })
        };
        self.counted.iter().enumerate().map(part).collect()
    }
}

/// From the lower of the lower ends to the upper of the upper.
fn either(one: Interval, other: Interval) -> Result<Interval, StatsError> {
    Interval::new(one.lower().min(other.lower()), one.upper().max(other.upper()), one.level())
}

/// A variance that the few levels of a facet are compatible with: `M (L - 1)/χ²` less what else moves their means.
fn redraw(found: &Decomposition, at: usize, dice: &mut ChaCha8Rng) -> f64 {
    let means = found.level_means(at);
    let freedom = means.len() as f64 - 1.0;
    let spread = variance(&means);
    let rest = (spread - found.raw[at].max(0.0)).max(0.0);
    (spread * freedom / chi_square(means.len() - 1, dice) - rest).max(0.0)
}

pub(super) fn variance(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0)
}

pub(super) fn dice(seed: u64) -> ChaCha8Rng {
    let mut key = [0_u8; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    // Another key than that of the resampling, whose streams are numbered from 0.
    key[8] = 1;
    ChaCha8Rng::from_seed(key)
}

/// A draw of the chi-square law: squares of normal numbers, by their quantile.
pub(super) fn chi_square(freedom: usize, dice: &mut ChaCha8Rng) -> f64 {
    let uniform = |dice: &mut ChaCha8Rng| ((dice.next_u64() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
    if freedom < MANY_DEGREES {
        return (0..freedom).map(|_| normal_upper(uniform(dice)).powi(2)).sum();
    }
    let (n, z) = (freedom as f64, normal_upper(uniform(dice)));
    n * (1.0 - 2.0 / (9.0 * n) + z * (2.0 / (9.0 * n)).sqrt()).powi(3)
}

/// The middle of the draws, stretched to hold the observed value.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank between 1 and the number of draws")]
pub(super) fn middle(mut draws: Vec<f64>, observed: f64, level: Level) -> Result<Interval, StatsError> {
    draws.sort_by(f64::total_cmp);
    let at = |probability: f64| {
        let rank = ((draws.len() + 1) as f64 * probability - 1e-9).ceil() as usize;
        draws.get(rank.clamp(1, draws.len().max(1)) - 1).copied().unwrap_or(observed)
    };
    Interval::new(at(level.tail()).min(observed), at(1.0 - level.tail()).max(observed), level)
}
