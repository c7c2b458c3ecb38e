//! Stored answers scored again: the outputs stay, scorers of today say what they are worth.
//!
//! Nobody is asked. What is scored is what is in the run file: outputs, items and keys. Only `[[scorer]]` tables and the headline may
//! come from an edited package, because everything else was part of the question.

use bedside_core::benchmark::CheckedManifest;
use bedside_core::event::{CellFinished, Rescored, ScoredBody};
use bedside_core::manifest::{Reader, TaskTable};
use bedside_core::plan::{Plan, PlannedBenchmark, PlannedMetric};
use bedside_core::problem::{Problem, Problems};
use bedside_core::{Answer, Digest, Event, EventKind, Item, Scored};
use bedside_score::Scorer;
use bedside_store::{CellRow, Items, RunReader, StoreError};

/// The scorers of one benchmark, as a manifest has them.
#[derive(Debug)]
pub struct Standard {
    /// Position of the benchmark in the plan.
    pub benchmark: usize,
    /// Address of the manifest.
    pub manifest: Digest,
    /// Every metric of every scorer.
    pub metrics: Vec<PlannedMetric>,
    /// The headline, an index into `metrics`.
    pub primary: usize,
    text: String,
    scorers: Vec<Scorer>,
    reader: Reader,
}

impl Standard {
    /// The scorers that a checked manifest asks for.
    pub fn new(benchmark: usize, manifest: &CheckedManifest) -> Result<Self, Problem> {
        let task = &manifest.manifest.task;
        let scorers = manifest
            .manifest
            .scorer
            .iter()
            .map(|table| Scorer::new(table).map(|scorer| scorer.of_task(task)))
            .collect::<Result<_, _>>()
            .map_err(|error| Problem::new("bad_scorer", error.to_string()))?;
        Ok(Self {
            benchmark,
            manifest: Digest::of(manifest.text.as_bytes()),
            metrics: manifest.metrics.clone(),
            primary: manifest.primary,
            text: manifest.text.clone(),
            scorers,
            reader: task.reader,
        })
    }

    /// What each scorer says of an answer.
    pub fn score(&self, item: &Item, answer: &Answer) -> Vec<Scored> {
        self.scorers.iter().map(|scorer| scorer.score(item, answer, self.reader)).collect()
    }

    /// The version that a scorer has in this program.
    pub fn version(&self, scorer: &str) -> Option<u32> {
        self.scorers.iter().find(|known| known.id() == scorer).map(|known| known.info().version)
    }

    /// Whether these are the metrics in force already.
    pub fn is_in_force(&self, plan: &Plan) -> bool {
        let planned = &plan.benchmarks[self.benchmark];
        self.manifest == planned.manifest && self.metrics == planned.metrics && self.primary == planned.primary
    }

    /// The event that puts these scorers into force.
    pub fn event(&self, bedside: &str) -> Event {
        let body = Rescored {
            benchmark: self.benchmark,
            manifest: self.manifest,
            metrics: self.metrics.clone(),
            primary: self.primary,
            bedside: bedside.to_owned(),
        };
        Event::new(EventKind::Rescored, None, 0, &body).with_blob(self.text.clone())
    }

    /// The event that records the new score of a cell.
    pub fn scored_event(&self, row: &CellRow, scorers: Vec<Scored>) -> Event {
        let output = row.finished.as_ref().and_then(|finished| finished.output);
        let body = ScoredBody { scorers, output, manifest: Some(self.manifest) };
        Event::new(EventKind::Scored, Some(row.key), 0, &body)
    }
}

/// The scorers by which every benchmark of a run is to be scored: those of the manifest in force, or of the edited packages, by the
/// versions that this program has.
pub fn standards(reader: &RunReader, plan: &Plan, edited: &[CheckedManifest]) -> Result<Vec<Standard>, Problems> {
    let mut problems = Problems::new();
    for manifest in edited {
        let id = &manifest.manifest.benchmark.id;
        if !plan.benchmarks.iter().any(|planned| planned.id == *id) {
            problems.push(
                Problem::new("other_benchmark", format!("this run has no benchmark `{id}`"))
                    .suggest(id, plan.benchmarks.iter().map(|planned| planned.id.as_str())),
            );
        }
    }
    let mut standards = Vec::new();
    for (position, planned) in plan.benchmarks.iter().enumerate() {
        let own = match own_manifest(reader, planned) {
            Ok(own) => own,
            Err(found) => {
                problems.0.extend(found.0);
                continue;
            }
        };
        let new = edited.iter().find(|manifest| manifest.manifest.benchmark.id == planned.id);
        let standard = new
            .map_or(Ok(()), |new| same_question(planned, &own, new))
            .and_then(|()| Standard::new(position, new.unwrap_or(&own)));
        match standard {
            Ok(standard) => standards.push(standard),
            Err(problem) => problems.push(problem),
        }
    }
    problems.or(standards)
}

/// The manifest in the run file, as this program reads it.
fn own_manifest(reader: &RunReader, planned: &PlannedBenchmark) -> Result<CheckedManifest, Problems> {
    let unreadable = |error: &dyn std::fmt::Display| {
        Problems::from(Problem::new("run_file", format!("{}: {error}", reader.path().display())))
    };
    let text = reader.blob(&planned.manifest).map_err(|error| unreadable(&error))?;
    let text = String::from_utf8(text).map_err(|error| unreadable(&error))?;
    CheckedManifest::parse(&format!("{} (in the run file)", planned.id), &text, bedside_score::catalogue())
}

/// Whether the edited package still asks what was asked.
fn same_question(planned: &PlannedBenchmark, own: &CheckedManifest, new: &CheckedManifest) -> Result<(), Problem> {
    let id = &planned.id;
    let changed = |what: String| {
        Problem::new("question_changed", format!("{what} of `{id}` changed since the answers were given"))
            .because("only [[scorer]] tables and the headline can be changed for answers that are there")
            .hint("undo that change, or start a new run")
    };
    let prompts = new.prompts();
    for wording in &planned.prompts {
        if !prompts.iter().any(|prompt| prompt.digest() == wording.digest) {
            return Err(changed(format!("wording `{}`", wording.id)));
        }
    }
    if question(&own.manifest.task) == question(&new.manifest.task) {
        Ok(())
    } else {
        Err(changed("[task]".to_owned()))
    }
}

/// `[task]` without what says only how results are shown.
fn question(task: &TaskTable) -> serde_json::Value {
    let task = TaskTable { id: None, primary: None, cluster_by: None, ..task.clone() };
    serde_json::to_value(task).expect("tables of a manifest are text, numbers and lists")
}

/// What a system gave back, as a scorer sees it.
pub fn answer(reader: &RunReader, finished: &CellFinished) -> Result<Answer, StoreError> {
    let output = finished.output.map(|digest| reader.blob(&digest)).transpose()?.unwrap_or_default();
    Ok(Answer {
        output: String::from_utf8_lossy(&output).into_owned(),
        stop: finished.stop.unwrap_or_default(),
        usage: finished.usage,
        option_logprobs: finished.option_logprobs.clone(),
        ..Answer::default()
    })
}

/// One answered cell, scored again.
#[derive(Debug)]
pub struct Again<'a> {
    /// The cell with its earlier score.
    pub row: &'a CellRow,
    /// Its item.
    pub item: &'a Item,
    /// Its answer.
    pub answer: &'a Answer,
    /// The scorers.
    pub standard: &'a Standard,
    /// What they say.
    pub scored: Vec<Scored>,
}

/// Scores every answered cell again, one at a time, in the order of the plan.
pub fn each<E: From<StoreError>>(
    reader: &RunReader,
    standards: &[Standard],
    mut see: impl FnMut(Again<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let mut items = Items::new(reader);
    let mut refused = None;
    reader.for_each_cell(|row| {
        let finished = row.finished.as_ref().filter(|finished| finished.fault.is_none());
        let (None, Some(finished)) = (&refused, finished) else { return Ok(()) };
        let Some(standard) = standards.iter().find(|standard| standard.benchmark == row.index.benchmark) else {
            return Ok(());
        };
        let item = items.get(row.index.benchmark, row.index.item)?;
        let answer = answer(reader, finished)?;
        let scored = standard.score(&item, &answer);
        refused = see(Again { row: &row, item: &item, answer: &answer, standard, scored }).err();
        Ok(())
    })?;
    refused.map_or(Ok(()), Err)
}
