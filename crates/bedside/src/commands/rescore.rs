//! `rescore`: stored answers scored by the scorers of today, with the old and the new score side by side.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Seek as _, Write as _};
use std::path::Path;

use bedside_core::benchmark::CheckedManifest;
use bedside_core::plan::{Plan, PlannedMetric};
use bedside_core::shown::Shown;
use bedside_core::{Event, Problem, Scored};
use bedside_report::{
    Analysis, CellChange, RESCORE_SCHEMA, Reading, RescoreCells, RescoreDocument, RescoredResult, ResultRow,
    ScorerChange, analyze as analyse,
};
use bedside_run::package;
use bedside_run::rescore::{self, Again, Standard};
use bedside_stats::Level;
use bedside_store::{Keep, RunReader, RunWriter};
use serde_json::json;

use crate::args::{Format, Global, Rescore};
use crate::commands::rescore_text;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{output, runs};

/// Events handed to the run file at once.
const GROUP: usize = 1_024;

/// Characters of an output in the casebook: enough to see what was read. The run file has all.
const EXCERPT: usize = 300;

/// `bedside rescore`
pub fn rescore(global: &Global, args: &Rescore) -> Result<Exit, Failure> {
    let file = runs::find(&global.runs, &args.run)?;
    let edited = edited(&args.benchmark)?;
    // The lock first: what another process scores meanwhile would be passed over.
    let mut writer = RunWriter::open(&file)?;
    let reader = RunReader::open(&file)?;
    let plan = reader.plan_in_force()?;
    let standards = rescore::standards(&reader, &plan, &edited)?;
    let before = results(&analyse(&reader, Level::NINETY_FIVE)?);
    let mut casebook = Casebook::new(&plan, &file)?;
    let kept = writer.append_all::<Failure>(runs::now_ms(), |appender| {
        let events: Vec<Event> = standards.iter().map(|standard| standard.event(env!("CARGO_PKG_VERSION"))).collect();
        appender.append(&events)?;
        let mut group = Vec::new();
        rescore::each(&reader, &standards, |again: Again<'_>| {
            casebook.see(&again)?;
            group.push(again.standard.scored_event(again.row, again.scored));
            if group.len() >= GROUP {
                appender.append(&group)?;
                group.clear();
            }
            Ok::<(), Failure>(())
        })?;
        appender.append(&group)?;
        let same = !casebook.anything && standards.iter().all(|standard| standard.is_in_force(&plan));
        Ok(if same { Keep::Nothing } else { Keep::All })
    })?;
    // Before the writer, which then leaves one file.
    drop(reader);
    writer.close()?;
    let after = if kept == Keep::All {
        results(&analyse(&RunReader::open(&file)?, Level::NINETY_FIVE)?)
    } else {
        before.clone()
    };
    let document = RescoreDocument {
        schema: RESCORE_SCHEMA.to_owned(),
        run: runs::id(&file),
        file: file.display().to_string(),
        appended: kept == Keep::All,
        edited: standards
            .iter()
            .filter(|standard| standard.manifest != plan.benchmarks[standard.benchmark].manifest)
            .map(|standard| plan.benchmarks[standard.benchmark].id.clone())
            .collect(),
        scorers: standards.iter().flat_map(|standard| changes(&plan, standard)).collect(),
        cells: casebook.cells,
        results: side_by_side(&before, after, &casebook),
        casebook: Vec::new(),
    };
    print(global, document, casebook)?;
    Ok(Exit::Done)
}

/// The manifests of the packages that were edited.
fn edited(names: &[String]) -> Result<Vec<CheckedManifest>, Failure> {
    let mut manifests: Vec<CheckedManifest> = Vec::new();
    for name in names {
        let manifest = package::manifest(&package::find(name)?)?;
        let id = manifest.manifest.benchmark.id.clone();
        if manifests.iter().any(|other| other.manifest.benchmark.id == id) {
            return Err(Problem::new("twice", format!("benchmark `{id}` is given twice")).into());
        }
        manifests.push(manifest);
    }
    Ok(manifests)
}

/// The scores over all items.
fn results(analysis: &Analysis) -> Vec<ResultRow> {
    analysis.results.iter().filter(|row| row.stratum.is_none()).cloned().collect()
}

/// The scorers of a benchmark that are others now.
fn changes(plan: &Plan, standard: &Standard) -> Vec<ScorerChange> {
    let planned = &plan.benchmarks[standard.benchmark];
    let by_scorer = |metrics: &[PlannedMetric]| {
        let mut scorers: BTreeMap<String, (u32, Vec<String>)> = BTreeMap::new();
        for metric in metrics {
            let scorer = scorers.entry(metric.scorer.clone()).or_insert((metric.scorer_version, Vec::new()));
            scorer.1.push(metric.metric.clone());
        }
        scorers
    };
    let (before, after) = (by_scorer(&planned.metrics), by_scorer(&standard.metrics));
    let mut ids: Vec<&String> = before.keys().chain(after.keys()).collect();
    ids.sort_unstable();
    ids.dedup();
    let lacks = |one: Option<&(u32, Vec<String>)>, other: Option<&(u32, Vec<String>)>| -> Vec<String> {
        let there = |metric: &String| one.is_some_and(|(_, metrics)| metrics.contains(metric));
        other.iter().flat_map(|(_, metrics)| metrics).filter(|metric| !there(metric)).cloned().collect()
    };
    ids.into_iter()
        .filter(|id| before.get(*id) != after.get(*id))
        .map(|id| ScorerChange {
            benchmark: planned.id.clone(),
            scorer: id.clone(),
            before: before.get(id).map(|(version, _)| *version),
            after: after.get(id).map(|(version, _)| *version),
            new_metrics: lacks(before.get(id), after.get(id)),
            gone_metrics: lacks(after.get(id), before.get(id)),
        })
        .collect()
}

/// Every score that there was or is, in the order of the new results; those that are gone last.
fn side_by_side(before: &[ResultRow], after: Vec<ResultRow>, casebook: &Casebook<'_>) -> Vec<RescoredResult> {
    let same = |one: &ResultRow, other: &ResultRow| {
        (&one.benchmark, &one.system, &one.prompt, &one.metric)
            == (&other.benchmark, &other.system, &other.prompt, &other.metric)
    };
    let gone: Vec<ResultRow> = before.iter().filter(|old| !after.iter().any(|new| same(old, new))).cloned().collect();
    let result = |row: ResultRow, before, after| RescoredResult {
        changed: casebook.changed(&row),
        benchmark: row.benchmark,
        system: row.system,
        prompt: row.prompt,
        metric: row.metric,
        scale: row.scale,
        primary: row.primary,
        before,
        after,
    };
    let mut rows = Vec::new();
    for row in after {
        let old = before.iter().find(|old| same(old, &row)).map(|old| old.estimate.clone());
        let new = row.estimate.clone();
        rows.push(result(row, old, Some(new)));
    }
    for row in gone {
        let old = row.estimate.clone();
        rows.push(result(ResultRow { primary: false, ..row }, Some(old), None));
    }
    rows
}

/// A benchmark, system, wording and metric, by name.
type ResultName = (String, String, String, String);

/// What changed, cell by cell. Kept in a file without a name beside the run, since it may be as large as the run.
struct Casebook<'a> {
    plan: &'a Plan,
    spool: BufWriter<File>,
    cells: RescoreCells,
    changed: BTreeMap<ResultName, u64>,
    /// Whether any stored score is not what it would be now.
    anything: bool,
}

impl<'a> Casebook<'a> {
    fn new(plan: &'a Plan, file: &Path) -> Result<Self, Failure> {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let spool = tempfile::tempfile_in(folder).map_err(|error| Failure::write(folder, &error))?;
        Ok(Self {
            plan,
            spool: BufWriter::new(spool),
            cells: RescoreCells::default(),
            changed: BTreeMap::new(),
            anything: false,
        })
    }

    fn changed(&self, row: &ResultRow) -> u64 {
        let name = (row.benchmark.clone(), row.system.clone(), row.prompt.clone(), row.metric.clone());
        self.changed.get(&name).copied().unwrap_or(0)
    }

    fn see(&mut self, again: &Again<'_>) -> Result<(), Failure> {
        let index = again.row.index;
        let planned = &self.plan.benchmarks[index.benchmark];
        let under = again.row.scored_under.as_ref() == self.plan.rescored.get(&index.benchmark);
        self.cells.answered += 1;
        self.anything |= again.row.scored != again.scored || !under;
        if again.row.scored.is_empty() {
            self.cells.first_scored += 1;
            return Ok(());
        }
        let (mut value_changed, mut reading_changed) = (false, false);
        for new in &again.scored {
            let Some(old) = again.row.scored.iter().rev().find(|old| old.scorer == new.scorer) else { continue };
            let metrics: Vec<String> = planned
                .metrics
                .iter()
                .filter(|metric| metric.scorer == new.scorer)
                .map(|metric| &metric.metric)
                .filter(|metric| value(old, metric) != value(new, metric))
                .filter(|metric| again.standard.metrics.iter().any(|now| now.metric == **metric))
                .cloned()
                .collect();
            let read = |scored: &Scored| (scored.parsed, scored.refused, scored.extracted.clone());
            reading_changed |= read(old) != read(new);
            if metrics.is_empty() {
                continue;
            }
            value_changed = true;
            let (system, prompt) = (&self.plan.systems[index.system].name, &planned.prompts[index.prompt].id);
            for metric in &metrics {
                let name = (planned.id.clone(), system.clone(), prompt.clone(), format!("{}.{metric}", new.scorer));
                *self.changed.entry(name).or_default() += 1;
            }
            let change = CellChange {
                benchmark: planned.id.clone(),
                system: system.clone(),
                item: again.item.id.clone(),
                prompt: prompt.clone(),
                epoch: index.epoch,
                scorer: new.scorer.clone(),
                metrics,
                output: Shown::cut(&again.answer.output, EXCERPT).to_string(),
                before: Reading::from(old),
                after: Reading::from(new),
            };
            let line = json!(change).to_string();
            writeln!(self.spool, "{line}").map_err(|error| spool_failed(&error))?;
        }
        self.cells.value_changed += u64::from(value_changed);
        self.cells.reading_changed += u64::from(reading_changed && !value_changed);
        Ok(())
    }

    /// The changes in the order of the plan, one line of JSON each.
    fn lines(self) -> Result<impl Iterator<Item = Result<String, Failure>>, Failure> {
        let mut spool = self.spool.into_inner().map_err(|error| spool_failed(error.error()))?;
        spool.rewind().map_err(|error| spool_failed(&error))?;
        Ok(BufReader::new(spool).lines().map(|line| line.map_err(|error| spool_failed(&error))))
    }
}

fn value(scored: &Scored, metric: &str) -> Option<u64> {
    scored.values.get(metric).map(|value| value.to_bits())
}

fn spool_failed(error: &std::io::Error) -> Failure {
    let problem = Problem::new("cannot_write", "cannot keep the list of changes beside the run file");
    Failure::new(Exit::Incomplete, problem.because(error.to_string()))
}

fn print(global: &Global, mut document: RescoreDocument, casebook: Casebook<'_>) -> Result<(), Failure> {
    let lines = casebook.lines()?;
    match global.format {
        Format::Human => {
            for line in lines.take(rescore_text::SHOWN) {
                let change = serde_json::from_str(&line?);
                document.casebook.extend(change.ok());
            }
            output::result(&rescore_text::text(&document))
        }
        Format::Json => {
            // The list is the last key: it is written as it is read, however long.
            let head = json!(document).to_string();
            let Some(head) = head.strip_suffix("]}") else {
                return Err(Failure::new(Exit::Bug, Problem::new("internal", "a document without its list")));
            };
            output::result(head)?;
            let mut separator = "\n";
            for line in lines {
                output::result(&format!("{separator}{}", line?))?;
                separator = ",\n";
            }
            output::result("]}\n")
        }
        Format::Jsonl => lines.into_iter().try_for_each(|line| output::result(&format!("{}\n", line?))),
        Format::Csv => {
            let rows: Vec<_> = document.results.iter().map(rescore_text::flat).collect();
            output::result(&output::rows(Format::Csv, &rows))
        }
    }
}
