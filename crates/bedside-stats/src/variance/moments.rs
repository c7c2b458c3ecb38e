//! Variance components of one system's scores, crossed and nested, unbalanced, of any size: by moments.
//!
//! For each term the sum over its levels of (total)²/number is a quadratic form whose expectation is linear in the components
//! (Henderson's first method, Biometrics 1953; 9: 226-252). No normal law is assumed, which suits yes/no scores. All that is
//! needed adds up over clusters, so that resampling clusters costs no more than adding short vectors.

use super::facet::{Cell, Term};
use super::reml::numbered;
use crate::StatsError;
use nalgebra::{DMatrix, DVector};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Terms whose equations come closer to each other than this cannot be told apart.
const SINGULAR: f64 = 1e-7;
/// Levels of prompt, judge or scaffold: beyond this it is no declared family but something nested that is not said so.
const MOST_LEVELS: usize = 100;

/// A term as the data show it.
#[derive(Debug, Clone)]
pub(super) struct Partition {
    pub term: Term,
    /// Finer terms with the very same levels.
    pub together: Vec<Term>,
    pub levels: usize,
    level: Vec<usize>,
    /// Its levels reach over clusters, as prompts do.
    pub across: bool,
}

/// One system's scores, split up.
#[derive(Debug)]
pub(super) struct Decomposition {
    pub partitions: Vec<Partition>,
    /// Component of each partition as it comes, possibly negative.
    pub raw: Vec<f64>,
    /// What the variance of the mean takes of each component.
    pub multipliers: Vec<f64>,
    /// Terms with several levels that the layout does not tell apart from others.
    pub confounded: Vec<Term>,
    /// Mean over items, each weighing the same.
    pub mean: f64,
    /// Clusters.
    pub units: usize,
    units_sums: Vec<Vec<f64>>,
    values: Vec<f64>,
}

impl Decomposition {
    /// Splits the scores of one system (or the differences of two, in place of scores).
    pub fn new(cells: &[Cell]) -> Result<Self, StatsError> {
        check(cells)?;
        let unit = numbered(&cells.iter().map(|cell| cell.cluster).collect::<Vec<_>>());
        let item = numbered(&cells.iter().map(|cell| cell.item).collect::<Vec<_>>());
        let mut partitions = partitions(cells, &unit)?;
        let weights = weights(&item);
        // Less the first score first, so that equal scores have exactly their mean.
        let first = cells[0].score;
        let mean = first + cells.iter().zip(&weights).map(|(cell, weight)| (cell.score - first) * weight).sum::<f64>();
        let values: Vec<f64> = cells.iter().map(|cell| cell.score - mean).collect();
        let units = unit.iter().max().map_or(0, |most| most + 1);
        let confounded = separable(&mut partitions, &values, &unit, units);
        let units_sums = contributions(&partitions, &values, &unit, units);
        let raw = solve(&partitions, &total(&units_sums, &vec![1.0; units])).ok_or_else(|| StatsError::Input {
            why: "this layout tells no component apart: give every item more than one score, or more items".into(),
        })?;
        let multipliers = partitions.iter().map(|partition| partition.multiplier(&weights)).collect();
        Ok(Self { partitions, raw, multipliers, confounded, mean, units, units_sums, values })
    }

    /// Components of resampled clusters; those that no longer tell them apart are left out.
    pub fn resampled(&self, seed: u64, number: u32) -> Vec<Vec<f64>> {
        let mut key = [0_u8; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        let generator = ChaCha8Rng::from_seed(key);
        (0..number)
            .into_par_iter()
            .filter_map(|index| {
                let mut generator = generator.clone();
                generator.set_stream(u64::from(index));
                let mut times = vec![0.0; self.units];
                for _ in 0..self.units {
                    times[below(self.units, &mut generator)] += 1.0;
                }
                solve(&self.partitions, &total(&self.units_sums, &times))
            })
            .collect()
    }

    /// Means of the levels of a partition.
    pub fn level_means(&self, at: usize) -> Vec<f64> {
        let partition = &self.partitions[at];
        let (mut sums, mut numbers) = (vec![0.0; partition.levels], vec![0.0; partition.levels]);
        for (&level, value) in partition.level.iter().zip(&self.values) {
            sums[level] += value;
            numbers[level] += 1.0;
        }
        sums.iter().zip(&numbers).map(|(sum, number)| self.mean + sum / number).collect()
    }
}

/// A whole number below `n`; the bias of the multiplication is below `n/2⁶⁴`.
#[expect(clippy::cast_possible_truncation, reason = "the upper half of the product is below n")]
fn below(n: usize, generator: &mut ChaCha8Rng) -> usize {
    ((u128::from(generator.next_u64()) * n as u128) >> 64) as usize
}

/// Refuses what would be counted twice or wrongly.
fn check(cells: &[Cell]) -> Result<(), StatsError> {
    let mut seen = std::collections::BTreeSet::new();
    let mut clusters: BTreeMap<u32, u32> = BTreeMap::new();
    for cell in cells {
        let Cell { item, cluster, prompt, epoch, judge, scaffold, .. } = *cell;
        if !seen.insert((item, prompt, epoch, judge, scaffold)) {
            return Err(StatsError::Repeated { item, epoch });
        }
        let first = *clusters.entry(item).or_insert(cluster);
        if first != cluster {
            return Err(StatsError::TwoClusters { item, first, second: cluster });
        }
    }
    if cells.is_empty() { Err(StatsError::Empty) } else { Ok(()) }
}

/// Weight of each score in the mean over items.
fn weights(item: &[usize]) -> Vec<f64> {
    let items = item.iter().max().map_or(0, |most| most + 1);
    let mut scores = vec![0.0; items];
    for &at in item {
        scores[at] += 1.0;
    }
    item.iter().map(|&at| 1.0 / (items as f64 * scores[at])).collect()
}

/// Terms with more than one level; those with the same levels are one.
fn partitions(cells: &[Cell], unit: &[usize]) -> Result<Vec<Partition>, StatsError> {
    let mut found: Vec<Partition> = Vec::new();
    for term in Term::ALL {
        let labels: Vec<_> = cells.iter().zip(0..).map(|(cell, at)| term.label(cell, at)).collect();
        let level = numbered(&labels);
        let levels = level.iter().max().map_or(0, |most| most + 1);
        if levels < 2 {
            continue;
        }
        if let Some(same) = found.iter_mut().find(|partition| partition.level == level) {
            // Clusters of one item each are no level of their own.
            match (same.term, term) {
                (Term::Cluster, Term::Item) => same.term = Term::Item,
                _ => same.together.push(term),
            }
            continue;
        }
        let mut home = vec![None; levels];
        let across = level.iter().zip(unit).any(|(&level, &unit)| *home[level].get_or_insert(unit) != unit);
        if across && levels > MOST_LEVELS {
            let why = format!("{levels} {term}s that reach over clusters; at most {MOST_LEVELS}");
            return Err(StatsError::Input { why });
        }
        found.push(Partition { term, together: Vec::new(), levels, level, across });
    }
    // What acts together with a facet of one level has the levels of something coarser: that is no finding.
    for partition in &mut found {
        partition.together.retain(|other| match other {
            Term::ItemPrompt => several(cells, |cell| cell.prompt),
            Term::ItemScaffold => several(cells, |cell| cell.scaffold),
            Term::ItemJudge | Term::Judgement => several(cells, |cell| cell.judge),
            _ => true,
        });
    }
    Ok(found)
}

fn several(cells: &[Cell], of: impl Fn(&Cell) -> u32) -> bool {
    cells.iter().any(|cell| of(cell) != of(&cells[0]))
}

impl Partition {
    /// `Σ` over levels of (sum of weights)².
    fn multiplier(&self, weights: &[f64]) -> f64 {
        let mut sums = vec![0.0; self.levels];
        self.level.iter().zip(weights).for_each(|(&level, weight)| sums[level] += weight);
        sums.iter().map(|sum| sum * sum).sum()
    }
}

/// Keeps the terms whose equations can be solved together, the residual first; names the others.
fn separable(partitions: &mut Vec<Partition>, values: &[f64], unit: &[usize], units: usize) -> Vec<Term> {
    let sums = total(&contributions(partitions, values, unit, units), &vec![1.0; units]);
    let (matrix, _) = equations(partitions, &sums);
    let last = partitions.len().saturating_sub(1);
    let mut kept: Vec<usize> = Vec::new();
    for at in std::iter::once(last).chain(0..last) {
        let mut tried = kept.clone();
        tried.push(at);
        let mut part = DMatrix::from_fn(tried.len(), tried.len(), |row, column| matrix[(tried[row], tried[column])]);
        for mut column in part.column_iter_mut() {
            let norm = column.norm();
            column /= norm.max(f64::MIN_POSITIVE);
        }
        let singular = part.singular_values();
        if singular.min() > SINGULAR * singular.max() {
            kept = tried;
        }
    }
    let mut confounded = Vec::new();
    let mut at = 0;
    partitions.retain(|partition| {
        at += 1;
        let keep = kept.contains(&(at - 1));
        if !keep {
            confounded.push(partition.term);
        }
        keep
    });
    confounded
}

/// What each cluster adds to the equations, as one flat vector; [`equations`] reads it in the same order.
fn contributions(partitions: &[Partition], values: &[f64], unit: &[usize], units: usize) -> Vec<Vec<f64>> {
    let mut members = vec![Vec::new(); units];
    unit.iter().enumerate().for_each(|(at, &unit)| members[unit].push(at));
    members.par_iter().map(|members| contribution(partitions, values, members)).collect()
}

fn contribution(partitions: &[Partition], values: &[f64], members: &[usize]) -> Vec<f64> {
    let mut flat = vec![members.len() as f64, members.iter().map(|&at| values[at]).sum()];
    let tallies: Vec<BTreeMap<usize, (f64, f64)>> = partitions
        .iter()
        .map(|partition| {
            let mut tally = BTreeMap::new();
            for &at in members {
                let (number, sum) = tally.entry(partition.level[at]).or_insert((0.0, 0.0));
                *number += 1.0;
                *sum += values[at];
            }
            tally
        })
        .collect();
    for (partition, tally) in partitions.iter().zip(&tallies) {
        if partition.across {
            let from = flat.len();
            flat.resize(from + 2 * partition.levels, 0.0);
            for (&level, &(number, sum)) in tally {
                flat[from + level] = sum;
                flat[from + partition.levels + level] = number;
            }
        } else {
            flat.push(tally.values().map(|(number, sum)| sum * sum / number).sum());
            flat.push(tally.values().map(|(number, _)| number * number).sum());
        }
    }
    for (one, tally) in partitions.iter().zip(&tallies) {
        for other in partitions {
            let mut common: BTreeMap<(usize, usize), f64> = BTreeMap::new();
            for &at in members {
                *common.entry((one.level[at], other.level[at])).or_insert(0.0) += 1.0;
            }
            let from = flat.len();
            match (one.across, other.across) {
                (false, _) => {
                    flat.push(common.iter().map(|(&(level, _), number)| number * number / tally[&level].0).sum());
                }
                (true, false) => {
                    flat.resize(from + one.levels, 0.0);
                    for (&(level, _), number) in &common {
                        flat[from + level] += number * number;
                    }
                }
                (true, true) => {
                    flat.resize(from + one.levels * other.levels, 0.0);
                    for (&(l, m), number) in &common {
                        flat[from + l * other.levels + m] = *number;
                    }
                }
            }
        }
    }
    flat
}

fn total(units: &[Vec<f64>], times: &[f64]) -> Vec<f64> {
    let mut sums = vec![0.0; units.first().map_or(0, Vec::len)];
    for (unit, &times) in units.iter().zip(times).filter(|(_, times)| **times > 0.0) {
        sums.iter_mut().zip(unit).for_each(|(sum, value)| *sum += times * value);
    }
    sums
}

/// The linear equations between components and sums of squares.
fn equations(partitions: &[Partition], sums: &[f64]) -> (DMatrix<f64>, DVector<f64>) {
    let k = partitions.len();
    let (n, sum) = (sums[0], sums[1]);
    let mut rest = &sums[2..];
    let mut take = |length: usize| {
        let (taken, left) = rest.split_at(length);
        rest = left;
        taken
    };
    let (mut squares, mut base, mut numbers) = (Vec::new(), Vec::new(), Vec::new());
    for partition in partitions {
        if partition.across {
            let (sums, counts) = (take(partition.levels), take(partition.levels));
            // A level that a resample lost adds nothing.
            squares.push(sums.iter().zip(counts).filter(|(_, n)| **n > 0.0).map(|(sum, n)| sum * sum / n).sum::<f64>());
            base.push(counts.iter().map(|count| count * count).sum::<f64>() / n);
            numbers.push(counts);
        } else {
            squares.push(take(1)[0]);
            base.push(take(1)[0] / n);
            numbers.push(&[]);
        }
    }
    let mut matrix = DMatrix::zeros(k, k);
    for (row, one) in partitions.iter().enumerate() {
        for (column, other) in partitions.iter().enumerate() {
            let weigh = |squares: f64, level: usize| {
                let number: f64 = numbers[row][level];
                if number > 0.0 { squares / number } else { 0.0 }
            };
            let expected: f64 = match (one.across, other.across) {
                (false, _) => take(1)[0],
                (true, false) => {
                    take(one.levels).iter().enumerate().map(|(level, &squares)| weigh(squares, level)).sum()
                }
                (true, true) => take(one.levels * other.levels)
                    .chunks(other.levels)
                    .enumerate()
                    .map(|(level, row)| weigh(row.iter().map(|number| number * number).sum(), level))
                    .sum(),
            };
            matrix[(row, column)] = expected - base[column];
        }
    }
    let right = DVector::from_iterator(k, squares.iter().map(|squares| squares - sum * sum / n));
    (matrix, right)
}

/// Components; `None` where the equations do not tell them apart.
fn solve(partitions: &[Partition], sums: &[f64]) -> Option<Vec<f64>> {
    if partitions.is_empty() {
        return None;
    }
    let (matrix, right) = equations(partitions, sums);
    let solved = matrix.lu().solve(&right)?;
    solved.iter().all(|component| component.is_finite()).then(|| solved.iter().copied().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(item: u32, prompt: u32, epoch: u32, score: f64) -> Cell {
        Cell { system: 0, cluster: item, item, prompt, epoch, judge: 0, scaffold: 0, score }
    }

    /// In a balanced design the method of moments is ANOVA.
    #[test]
    fn balanced_components_are_those_of_the_g_study() {
        let scores = [[9.0, 2.0, 5.0, 8.0], [6.0, 1.0, 3.0, 2.0], [8.0, 4.0, 6.0, 8.0], [7.0, 1.0, 2.0, 6.0]];
        let cells: Vec<Cell> = scores
            .iter()
            .zip(0..)
            .flat_map(|(row, item)| row.iter().zip(0..).map(move |(&score, prompt)| cell(item, prompt, 0, score)))
            .collect();
        let found = Decomposition::new(&cells).expect("a layout");
        let study = crate::variance::g_study::persons_by_items(&scores.map(Vec::from)).expect("a design");
        assert_eq!(
            found.partitions.iter().map(|p| p.term).collect::<Vec<_>>(),
            [Term::Item, Term::Prompt, Term::ItemPrompt]
        );
        assert_eq!(found.partitions[2].together, [Term::Run]);
        for (raw, component) in found.raw.iter().zip(&study.components) {
            assert!((raw - component.raw).abs() < 1e-12, "{}", component.name);
        }
    }

    #[test]
    fn one_run_an_item_is_one_component() {
        let cells: Vec<Cell> = (0..5).map(|item| cell(item, 0, 0, f64::from(item % 2))).collect();
        let found = Decomposition::new(&cells).expect("a layout");
        assert_eq!(found.partitions.len(), 1);
        assert_eq!((found.partitions[0].term, &found.partitions[0].together[..]), (Term::Item, &[Term::Run][..]));
        assert!((found.raw[0] - 0.3).abs() < 1e-12);
    }

    #[test]
    fn facets_that_change_together_are_one_and_repeats_are_refused() {
        let mut cells: Vec<Cell> = (0..12).map(|at| cell(at / 3, at % 3, 0, f64::from(at * at % 7))).collect();
        for cell in &mut cells {
            cell.judge = cell.prompt + 4;
        }
        let found = Decomposition::new(&cells).expect("a layout");
        assert_eq!(found.partitions[1].together, [Term::Judge]);
        cells.push(cells[0]);
        assert_eq!(Decomposition::new(&cells).err(), Some(StatsError::Repeated { item: 0, epoch: 0 }));
        assert_eq!(Decomposition::new(&[]).err(), Some(StatsError::Empty));
    }
}
