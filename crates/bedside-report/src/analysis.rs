//! From a folded run to its results: every benchmark, system, wording, slice and metric, with interval, bounds and floor.

use std::collections::BTreeMap;

use bedside_core::manifest::Reader;
use bedside_core::plan::{Plan, PlannedBenchmark, PlannedMetric, Role};
use bedside_stats::{Design, Level};
use bedside_store::RunReader;

use crate::error::ReportError;
use crate::estimates::{Score, design, difference, missing, score};
use crate::fold::{Folded, fold};
use crate::item_index::ClusterLevel;
use crate::row::{Bounds, CellCounts, Floor, FloorRow, ResultRow, Tally, WithoutScore, measures_success};
use crate::table::{CellEnd, Lane, Table};
use crate::warning::{Warning, warnings};

/// All that can be said of one run file.
#[derive(Clone, Debug)]
pub struct Analysis {
    /// Id of the run.
    pub run: String,
    /// The run file, as given.
    pub file: String,
    /// Whether every cell that could be attempted has an answer.
    pub complete: bool,
    /// Cells of the systems under test.
    pub cells: CellCounts,
    /// Cells of the null policies that were added for the floors.
    pub floor_cells: CellCounts,
    /// Scores of the systems under test.
    pub results: Vec<ResultRow>,
    /// What has no score at all.
    pub without_score: Vec<WithoutScore>,
    /// Scores of every null policy, over all items.
    pub floors: Vec<FloorRow>,
    /// How cells ended.
    pub tallies: Vec<Tally>,
    /// What a careful person would ask.
    pub warnings: Vec<Warning>,
    pub(crate) plan: Plan,
    pub(crate) table: Table,
    pub(crate) level: Level,
}

/// Reads a run file and estimates everything in it. The same file gives the same analysis.
pub fn analyze(reader: &RunReader, level: Level) -> Result<Analysis, ReportError> {
    let Folded { plan, table, scored_otherwise } = fold(reader)?;
    let summary = reader.summary()?;
    let mut analysis = Analysis {
        run: summary.run.clone(),
        file: summary.file.clone(),
        complete: false,
        cells: CellCounts::default(),
        floor_cells: CellCounts::default(),
        results: Vec::new(),
        without_score: Vec::new(),
        floors: Vec::new(),
        tallies: Vec::new(),
        warnings: Vec::new(),
        plan,
        table,
        level,
    };
    analysis.count();
    for benchmark in 0..analysis.plan.benchmarks.len() {
        analysis.estimate(benchmark)?;
    }
    let clusters: Vec<(u64, String)> =
        (0..analysis.plan.benchmarks.len()).map(|benchmark| analysis.clusters(benchmark)).collect();
    analysis.warnings = warnings(&analysis.plan, &analysis.results, &analysis.tallies, &clusters);
    if summary.conflicts > 0 {
        analysis.warnings.push(Warning::SeveralAnswers { cells: summary.conflicts });
    }
    if scored_otherwise > 0 {
        analysis.warnings.push(Warning::ScoredOtherwise { cells: scored_otherwise });
    }
    if let Some(shard) = &analysis.plan.shard {
        let (shard, of) = (shard.index, shard.of);
        analysis.warnings.push(Warning::OneShare { shard, of });
    }
    Ok(analysis)
}

impl Analysis {
    /// The plan of the run.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The confidence level of the intervals.
    pub fn level(&self) -> Level {
        self.level
    }

    /// The outermost clusters of a benchmark: how many, and what they are.
    pub fn clusters(&self, benchmark: usize) -> (u64, String) {
        let index = self.table.items(benchmark);
        let what = match index.level {
            ClusterLevel::Template => "templates".to_owned(),
            ClusterLevel::Cluster => match &self.plan.benchmarks[benchmark].cluster_by {
                Some(name) => format!("clusters ({name})"),
                None if index.n_clusters == index.n_items() => "independent items".to_owned(),
                None => "clusters".to_owned(),
            },
        };
        (index.n_clusters as u64, what)
    }

    /// Whether the run asks a benchmark in several wordings.
    pub fn several_prompts(&self, benchmark: usize) -> bool {
        self.plan.benchmarks[benchmark].prompts.len() > 1
    }

    /// The headline rows of a benchmark over all items, in the order of the plan.
    pub fn headlines<'a>(&'a self, benchmark: &'a str) -> impl Iterator<Item = &'a ResultRow> {
        self.results.iter().filter(move |row| row.primary && row.stratum.is_none() && row.benchmark == benchmark)
    }

    fn count(&mut self) {
        for lane in self.table.lanes() {
            let tally = tally(&self.plan, lane);
            match tally.role {
                Role::Subject => self.cells.add(&tally),
                Role::Floor => self.floor_cells.add(&tally),
            }
            self.tallies.push(tally);
        }
        // A recording that lacks items is complete without them; a cell with a fault holds no answer and can be asked again.
        self.complete = self.plan.systems.iter().enumerate().all(|(position, system)| {
            let mine = self.tallies.iter().filter(|tally| tally.system == system.name && tally.role == system.role);
            mine.map(|tally| tally.not_attempted + tally.faults).sum::<u64>() <= self.plan.unavailable_of(position)
        });
    }

    fn estimate(&mut self, benchmark: usize) -> Result<(), ReportError> {
        let Self { plan, table, results, without_score, floors, level, .. } = self;
        let planned = &plan.benchmarks[benchmark];
        let index = table.items(benchmark);
        let everything: Vec<usize> = (0..index.n_items()).collect();
        let slices: Vec<(Option<&str>, &[usize])> = std::iter::once((None, everything.as_slice()))
            .chain(index.strata.iter().map(|(name, items)| (Some(name.as_str()), items.as_slice())))
            .collect();
        for (position, metric) in planned.metrics.iter().enumerate() {
            let asked = Asked {
                plan,
                planned,
                metric,
                position,
                design: design(metric.scale, index.level, planned.cluster_by.as_deref(), *level),
            };
            for (stratum, items) in &slices {
                let mut best: Option<(Floor, &Lane)> = None;
                for lane in table.lanes_in_role(plan, benchmark, Role::Floor) {
                    let policy = &plan.systems[lane.system].name;
                    let Some(found) = score(lane, index, position, items, &asked.design)
                        .map_err(|error| asked.failed(policy, error))?
                    else {
                        continue;
                    };
                    if stratum.is_none() {
                        floors.push(FloorRow {
                            benchmark: planned.id.clone(),
                            policy: policy.clone(),
                            metric: metric.name(),
                            estimate: found.estimate.clone(),
                            n: found.n,
                        });
                    }
                    let better = best.as_ref().is_none_or(|(best, _)| found.estimate.value() > best.estimate.value());
                    if better && measures_success(metric) {
                        best =
                            Some((Floor { policy: policy.clone(), estimate: found.estimate, difference: None }, lane));
                    }
                }
                for lane in table.lanes_in_role(plan, benchmark, Role::Subject) {
                    let system = &plan.systems[lane.system].name;
                    let found = score(lane, index, position, items, &asked.design)
                        .map_err(|error| asked.failed(system, error))?;
                    let Some(found) = found else {
                        without_score.push(asked.without_score(lane, *stratum, items));
                        continue;
                    };
                    let mut floor = None;
                    if let Some((best, policy)) = &best {
                        let difference = difference(lane, policy, index, position, items, &asked.design)
                            .map_err(|error| asked.failed(system, error))?;
                        floor = Some(Floor { difference, ..best.clone() });
                    }
                    results.push(asked.row(lane, *stratum, items, found, floor));
                }
            }
        }
        Ok(())
    }
}

/// One metric of one benchmark.
struct Asked<'a> {
    plan: &'a Plan,
    planned: &'a PlannedBenchmark,
    metric: &'a PlannedMetric,
    position: usize,
    design: Design,
}

impl Asked<'_> {
    fn failed(&self, system: &str, source: bedside_stats::StatsError) -> ReportError {
        ReportError::Estimate {
            benchmark: self.planned.id.clone(),
            system: system.to_owned(),
            metric: self.metric.name(),
            source: Box::new(source),
        }
    }

    fn row(
        &self,
        lane: &Lane,
        stratum: Option<&str>,
        items: &[usize],
        score: Score,
        floor: Option<Floor>,
    ) -> ResultRow {
        let missing = missing(lane, self.position, items);
        let binary = self.metric.scale == bedside_core::Scale::Binary;
        let observed = score.estimate.value();
        ResultRow {
            benchmark: self.planned.id.clone(),
            task: self.planned.task.clone(),
            domain: self.planned.domain,
            system: self.plan.systems[lane.system].name.clone(),
            prompt: self.planned.prompts[lane.prompt].id.clone(),
            stratum: stratum.map(Into::into),
            metric: self.metric.name(),
            scale: self.metric.scale,
            primary: self.position == self.planned.primary,
            estimate: score.estimate,
            count: binary.then_some(score.ones),
            n: score.n,
            unparsed: score.unparsed,
            faults: missing.faults,
            bounds: Bounds {
                faults_as_failures: score.faults_as_failures,
                // What a machine cannot read is the system's failure: there is nothing to credit.
                unparsed_as_right: measures_success(self.metric).then_some(if self.planned.reader == Reader::Machine {
                    observed
                } else {
                    score.unparsed_as_right
                }),
            },
            floor,
            not_attempted: missing.not_attempted,
            unscored: missing.unscored,
            scorer_version: lane.scorer_version(self.position).unwrap_or(self.metric.scorer_version),
            reference: self.metric.reference.clone(),
        }
    }

    fn without_score(&self, lane: &Lane, stratum: Option<&str>, items: &[usize]) -> WithoutScore {
        let missing = missing(lane, self.position, items);
        WithoutScore {
            benchmark: self.planned.id.clone(),
            system: self.plan.systems[lane.system].name.clone(),
            prompt: self.planned.prompts[lane.prompt].id.clone(),
            stratum: stratum.map(Into::into),
            metric: self.metric.name(),
            faults: missing.faults,
            not_attempted: missing.not_attempted,
            unscored: missing.unscored,
        }
    }
}

fn tally(plan: &Plan, lane: &Lane) -> Tally {
    let planned = &plan.benchmarks[lane.benchmark];
    let system = &plan.systems[lane.system];
    let mut tally = Tally {
        benchmark: planned.id.clone(),
        system: system.name.clone(),
        role: system.role,
        prompt: planned.prompts[lane.prompt].id.clone(),
        planned: 0,
        answered: 0,
        faults: 0,
        not_attempted: 0,
        unparsed: 0,
        refusals: 0,
        possibly_billed_twice: 0,
        stops: BTreeMap::new(),
        fault_kinds: BTreeMap::new(),
    };
    for (item, epoch, state) in lane.states(0..lane.items()) {
        if state.end == CellEnd::Elsewhere {
            continue;
        }
        tally.planned += 1;
        tally.refusals += u64::from(state.refused);
        tally.possibly_billed_twice += u64::from(state.sent_again);
        match state.end {
            CellEnd::Elsewhere => {}
            CellEnd::NotAttempted => tally.not_attempted += 1,
            CellEnd::Fault(fault) => {
                tally.faults += 1;
                *tally.fault_kinds.entry(fault.word().to_owned()).or_default() += 1;
            }
            CellEnd::Answered(stop) => {
                tally.answered += 1;
                *tally.stops.entry(stop.word().to_owned()).or_default() += 1;
                let unparsed = lane.reading(planned.primary, item, epoch).is_some_and(|reading| !reading.parsed);
                tally.unparsed += u64::from(unparsed);
            }
        }
    }
    tally
}
