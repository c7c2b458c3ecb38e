//! The error of a system's mean score, by what it comes from: item, run, prompt, judge, scaffold.

pub use super::dependability::Dependability;
use super::dependability::dependability;
use super::draws::Draws;
use super::facet::{Cell, Facet, Term};
use super::moments::Decomposition;
use crate::{Estimate, Interval, Level, Method, Sample, StatsError};
use std::collections::{BTreeMap, BTreeSet};

/// Resamples behind the intervals.
pub const RESAMPLES: u32 = 1_999;
/// Fewer levels than this of a prompt, judge or scaffold: their spread is shown, their variance is not identified (SCIENCE.md
/// section 2.3f).
pub const LEVELS_FOR_VARIANCE: usize = 3;
/// Fewer systems than this: no Phi (SCIENCE.md section 1.2).
pub const SYSTEMS_FOR_PHI: usize = 8;

/// What is taken as given, and how sure to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Facets that the use fixes: their own differences are no error.
    pub fixed: Vec<Facet>,
    /// Seed of the resampling.
    pub seed: u64,
}

/// One source of a system's error.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The source.
    pub term: Term,
    /// Finer sources that these data cannot tell apart from it.
    pub together: Vec<Term>,
    /// Variance of one draw, as it comes; possibly negative.
    pub raw: f64,
    /// The same, 0 where it came out negative.
    pub variance: f64,
    /// Interval of the variance.
    pub variance_ci: Interval,
    /// What it adds to the variance of the mean.
    pub contribution: f64,
    /// Its share of that variance.
    pub share: f64,
    /// Interval of the share.
    pub share_ci: Interval,
}

/// A facet that does not enter the error, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct LeftOut {
    /// The source.
    pub term: Term,
    /// Why it is not estimable, or not counted.
    pub why: String,
    /// Largest less smallest mean over its levels, if it has several.
    pub spread: Option<f64>,
}

/// The error of one system's mean score.
#[derive(Debug, Clone, PartialEq)]
pub struct SystemShares {
    /// The system.
    pub system: u32,
    /// Mean over items, each weighing the same.
    pub mean: f64,
    /// Standard error of measurement of that mean, on the scale of the score; `None` when all scores are the same, which shows
    /// nothing about error.
    pub sem: Option<Estimate>,
    /// What it comes from. Empty when all scores are the same.
    pub parts: Vec<Part>,
    /// What it does not contain.
    pub left_out: Vec<LeftOut>,
    /// Items per cluster.
    pub items_per_cluster: f64,
}

/// Errors of all systems, and of their ranking.
#[derive(Debug, Clone, PartialEq)]
pub struct Shares {
    /// One entry a system, by label.
    pub systems: Vec<SystemShares>,
    /// With at least [`SYSTEMS_FOR_PHI`] systems.
    pub dependability: Option<Dependability>,
}

impl Shares {
    /// Components averaged over systems, raw values before they are cut off at 0: what [`super::cheapest`] plans with.
    pub fn components(&self) -> Vec<(Term, f64)> {
        let mut sums: BTreeMap<Term, (f64, f64)> = BTreeMap::new();
        for part in self.systems.iter().flat_map(|system| &system.parts) {
            let (sum, number) = sums.entry(part.term).or_insert((0.0, 0.0));
            *sum += part.raw;
            *number += 1.0;
        }
        sums.into_iter().map(|(term, (sum, number))| (term, (sum / number).max(0.0))).collect()
    }
}

/// Shares of the error of each system's mean score that come from items, runs, prompts, judges and scaffolds.
///
/// *Estimates* how far a system's mean would move had other items (clusters), runs, prompts, judges and scaffolds been drawn, and
/// how much of that (squared) each brings.
///
/// *Assumes* levels of every facet that is not `fixed` are drawn from more of their kind, independently of each other; effects
/// add up. Scores lie in [0, 1]; no normal law, except for the few levels of prompts, judges and scaffolds. Interactions among
/// these three are not told apart and appear in them, interactions of clusters with them in those of items.
///
/// *Misleads* where a facet has one level: its error is there and unseen, and `left_out` says so. Two levels show a spread, no
/// variance. Three or four give a variance uncertain by a factor of ten. With fewer than 30 clusters the intervals
/// are wide. Scores that are nearly all the same hardly show their error. The interval of
/// a fine component (item x prompt, run) does not know that few prompts were drawn.
///
/// *Formula* components by Henderson's first method; contribution `σ² Σ_levels (Σ weights)²`; `SEM = √Σ`. Intervals reach as far
/// as either resampled clusters or `M (G - 1)/χ²` say, and for prompts, judges and scaffolds as `M (L - 1)/χ²` says, `M` the
/// variance of the G cluster or L level means.
///
/// *Reference* Brennan, Generalizability Theory, 2001. Henderson, Biometrics 1953; 9: 226-252. Weerahandi, Exact Statistical
/// Methods for Data Analysis, 1995, for generalised intervals. With items and runs alone the SEM is the usual standard error
/// of the mean over items:
///
/// ```
/// use bedside_stats::Level;
/// use bedside_stats::variance::{Cell, Term, shares::{Settings, shares}};
/// let cells: Vec<Cell> = (0..90u32)
///     .map(|at| {
///         let (item, epoch) = (at / 3, at % 3);
///         let score = f64::from(u8::from(item % 3 > 0 || item % 4 == epoch));
///         Cell { system: 0, cluster: item, item, prompt: 0, epoch, judge: 0, scaffold: 0, score }
///     })
///     .collect();
/// let found = shares(&cells, &Settings { fixed: vec![], seed: 1 }, Level::NINETY_FIVE)?;
/// let system = &found.systems[0];
/// let sem = system.sem.as_ref().expect("scores differ");
/// // Variance of the 30 item means, divided by 30.
/// let means: Vec<f64> = cells.chunks(3).map(|runs| runs.iter().map(|run| run.score).sum::<f64>() / 3.0).collect();
/// let squares: f64 = means.iter().map(|mean| (mean - system.mean).powi(2)).sum();
/// assert!((sem.value() - (squares / 29.0 / 30.0).sqrt()).abs() < 1e-12);
/// assert_eq!(system.parts.iter().map(|part| part.term).collect::<Vec<_>>(), [Term::Item, Term::Run]);
/// assert!(system.left_out.iter().any(|facet| facet.term == Term::Prompt && facet.why.contains("one level")));
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn shares(cells: &[Cell], settings: &Settings, level: Level) -> Result<Shares, StatsError> {
    if let Some(&Cell { item, epoch, score, .. }) = cells.iter().find(|cell| !(0.0..=1.0).contains(&cell.score)) {
        return Err(StatsError::OffScale { item, epoch, score, scale: "[0, 1]" });
    }
    let mut by_system: BTreeMap<u32, Vec<Cell>> = BTreeMap::new();
    for cell in cells {
        by_system.entry(cell.system).or_default().push(*cell);
    }
    if by_system.is_empty() {
        return Err(StatsError::Empty);
    }
    let systems: Result<Vec<_>, _> =
        by_system.iter().map(|(&system, cells)| of_system(system, cells, settings, level)).collect();
    let systems = systems?;
    let dependability = if systems.len() >= SYSTEMS_FOR_PHI {
        let cells: Vec<Vec<Cell>> = by_system.into_values().collect();
        Some(dependability(&systems, &cells, settings, level)?)
    } else {
        None
    };
    Ok(Shares { systems, dependability })
}

/// What becomes of a partition.
pub(super) enum Role {
    /// It enters the error, and resampled clusters show how well it is known.
    Resampled,
    /// It enters the error, and the number of its levels says how well it is known.
    Drawn,
    Out(String),
}

pub(super) fn role(found: &Decomposition, at: usize, settings: &Settings) -> Role {
    let partition = &found.partitions[at];
    let Some(facet) = partition.term.declared().filter(|_| partition.across) else { return Role::Resampled };
    if settings.fixed.contains(&facet) {
        return Role::Out(format!("fixed: these {} {facet}s and no others", partition.levels));
    }
    if partition.levels < LEVELS_FOR_VARIANCE {
        let levels = partition.levels;
        return Role::Out(format!(
            "{levels} levels show a spread and no variance: at least {LEVELS_FOR_VARIANCE} are needed"
        ));
    }
    Role::Drawn
}

fn of_system(system: u32, cells: &[Cell], settings: &Settings, level: Level) -> Result<SystemShares, StatsError> {
    let distinct = |of: fn(&Cell) -> u32| cells.iter().map(of).collect::<BTreeSet<_>>().len();
    let (items, clusters) = (distinct(|cell| cell.item), distinct(|cell| cell.cluster));
    let mut left_out = one_level(cells);
    let mut shares = SystemShares {
        system,
        mean: 0.0,
        sem: None,
        parts: Vec::new(),
        left_out: Vec::new(),
        items_per_cluster: items as f64 / clusters as f64,
    };
    if clusters < 2 {
        return Err(StatsError::TooFew {
            method: "variance shares",
            needs: "2 clusters (or items)".into(),
            found: format!("{clusters} for system {system}"),
        });
    }
    let found = Decomposition::new(cells)?;
    shares.mean = found.mean;
    let roles: Vec<Role> = (0..found.partitions.len()).map(|at| role(&found, at, settings)).collect();
    for (at, role) in roles.iter().enumerate() {
        if let Role::Out(why) = role {
            let means = found.level_means(at);
            let largest = means.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let smallest = means.iter().copied().fold(f64::INFINITY, f64::min);
            let spread = Some(largest - smallest);
            left_out.push(LeftOut { term: found.partitions[at].term, why: why.clone(), spread });
        }
    }
    for &term in &found.confounded {
        left_out.push(LeftOut { term, why: "not told apart from other facets in this layout".into(), spread: None });
    }
    let draws = Draws::new(&found, &roles, settings.seed);
    if draws.total > 0.0 {
        shares.parts = draws.parts(&found, level)?;
        let epochs = cells.iter().fold(BTreeMap::new(), |mut runs: BTreeMap<u32, BTreeSet<u32>>, cell| {
            runs.entry(cell.item).or_default().insert(cell.epoch);
            runs
        });
        let sample = Sample {
            n_items: items as u64,
            n_clusters: clusters as u64,
            n_epochs: epochs.values().map(BTreeSet::len).max().unwrap_or(0) as u64,
        };
        let mut assumptions = vec![if clusters < items {
            format!("clusters: {clusters} drawn independently, their items are not")
        } else {
            "items drawn independently within the benchmark".to_owned()
        }];
        assumptions.extend(left_out.iter().map(|out| format!("without {}: {}", out.term, out.why)));
        let sem = draws.total.sqrt();
        shares.sem = Some(Estimate::new(
            sem,
            draws.sem(level)?,
            Method::named("variance_shares_bootstrap"),
            sample,
            assumptions,
        )?);
    }
    shares.left_out = left_out;
    Ok(shares)
}

/// Facets with one level, and clusters that all items share.
fn one_level(cells: &[Cell]) -> Vec<LeftOut> {
    let several = |of: fn(&Cell) -> u32| cells.iter().any(|cell| of(cell) != of(&cells[0]));
    let mut left_out = Vec::new();
    let mut note = |term: Term, why: &str| left_out.push(LeftOut { term, why: why.to_owned(), spread: None });
    for (term, facet, of) in [
        (Term::Prompt, "prompt", (|cell| cell.prompt) as fn(&Cell) -> u32),
        (Term::Judge, "judge", |cell| cell.judge),
        (Term::Scaffold, "scaffold", |cell| cell.scaffold),
    ] {
        if !several(of) {
            note(term, &format!("not estimable: one level, this {facet} only"));
        }
    }
    let mut seen = BTreeSet::new();
    let repeated = cells.iter().any(|cell| !seen.insert((cell.item, cell.prompt, cell.scaffold, cell.judge)));
    if !repeated {
        note(Term::Run, "not estimable: one run, its noise is in what it stands together with");
    }
    left_out
}
