//! The section of one benchmark: what it measures, the scores, their picture, and how answers ended.

use bedside_core::Scale;
use bedside_core::manifest::Manifest;
use bedside_core::plan::{PlannedBenchmark, Role};
use serde::Serialize;

use super::text::sentence;
use super::top::{FloorCell, floor, missing, percent, unparsed};
use crate::analysis::Analysis;
use crate::chart::{ForestRow, forest};
use crate::error::ReportError;
use crate::limits;
use crate::row::{ResultRow, Tally};
use crate::show;

#[derive(Serialize)]
pub struct BenchmarkView {
    anchor: String,
    title: String,
    facts: Vec<Fact>,
    limits: Vec<String>,
    metric: String,
    overlap: bool,
    counted: bool,
    percent: String,
    rows: Vec<Row>,
    chart: String,
    chart_label: String,
    chart_has_floor: bool,
    chart_left_out: Option<String>,
    without_score: Option<String>,
    further: Vec<Row>,
    slices: Vec<Row>,
    slices_left_out: Option<String>,
    floors: Vec<FloorView>,
    outcomes: Vec<Outcome>,
}

#[derive(Serialize)]
struct Fact {
    name: &'static str,
    value: String,
}

#[derive(Serialize)]
struct Row {
    metric: String,
    slice: String,
    system: String,
    score: String,
    n: String,
    floor: FloorCell,
    unparsed: String,
    missing: String,
}

#[derive(Serialize)]
struct FloorView {
    policy: String,
    score: String,
    n: u64,
}

#[derive(Serialize)]
struct Outcome {
    system: String,
    planned: u64,
    answered: u64,
    stops: String,
    refusals: u64,
    faults: String,
    billed_twice: Option<String>,
}

pub fn view(
    analysis: &Analysis,
    position: usize,
    anchor: &str,
    manifest: Option<&Manifest>,
) -> Result<BenchmarkView, ReportError> {
    let planned = &analysis.plan.benchmarks[position];
    let several = analysis.several_prompts(position);
    let primary = &planned.metrics[planned.primary];
    let headlines: Vec<&ResultRow> = analysis.headlines(&planned.id).collect();
    let mine = |row: &&ResultRow| row.benchmark == planned.id;
    let further = analysis.results.iter().filter(mine).filter(|row| !row.primary && row.stratum.is_none());
    let strata: Vec<&String> = analysis.table.items(position).strata.keys().collect();
    let shown = &strata[..strata.len().min(limits::STRATA_SHOWN)];
    let slices = analysis
        .results
        .iter()
        .filter(mine)
        .filter(|row| row.primary && row.stratum.as_ref().is_some_and(|stratum| shown.contains(&stratum)));
    let in_picture = &headlines[..headlines.len().min(limits::CHART_ROWS)];
    let chart = if in_picture.is_empty() { String::new() } else { picture(in_picture, several, primary.scale)? };
    let metric = show::metric(&primary.name(), primary.scale);
    Ok(BenchmarkView {
        anchor: anchor.to_owned(),
        title: planned.title.clone(),
        facts: facts(analysis, position, manifest),
        limits: planned.limits.iter().map(|limit| sentence(limit)).collect(),
        overlap: primary.scale == Scale::Overlap,
        counted: primary.scale == Scale::Binary,
        percent: percent(analysis),
        chart_label: format!(
            "Forest plot of {metric} for {}; the table before it has the same numbers",
            show::count(in_picture.len() as u64, "row", "rows")
        ),
        chart_has_floor: in_picture.iter().any(|row| row.floor.is_some()),
        chart_left_out: (headlines.len() > in_picture.len())
            .then(|| format!("The first {} of {} rows.", in_picture.len(), headlines.len())),
        metric,
        rows: headlines.iter().map(|row| line(row, several)).collect(),
        chart,
        without_score: without_score(analysis, planned),
        further: further.map(|row| line(row, several)).collect(),
        slices: slices.map(|row| line(row, several)).collect(),
        slices_left_out: (strata.len() > shown.len())
            .then(|| format!("{} of {} slices; the JSON has all.", shown.len(), strata.len())),
        floors: analysis
            .floors
            .iter()
            .filter(|row| row.benchmark == planned.id && row.metric == primary.name())
            .map(|row| FloorView {
                policy: row.policy.clone(),
                score: show::estimate(&row.estimate, primary.scale),
                n: row.n,
            })
            .collect(),
        outcomes: analysis
            .tallies
            .iter()
            .filter(|tally| tally.benchmark == planned.id && tally.role == Role::Subject)
            .map(|tally| outcome(tally, several))
            .collect(),
    })
}

fn facts(analysis: &Analysis, position: usize, manifest: Option<&Manifest>) -> Vec<Fact> {
    let planned = &analysis.plan.benchmarks[position];
    let construct = manifest.and_then(|manifest| manifest.construct.as_ref());
    let said = |value: Option<&String>| value.map_or("not stated".to_owned(), |value| sentence(value));
    let (clusters, what) = analysis.clusters(position);
    let reader = match planned.reader {
        bedside_core::manifest::Reader::Human => {
            "a person: what a person could read and the program could not is the measurement’s flaw"
        }
        bedside_core::manifest::Reader::Machine => {
            "a machine: not keeping to the published format is a failure of the system"
        }
    };
    let mut facts = vec![
        Fact {
            name: "Kind of work",
            value: format!("{}, {}", show::words(planned.domain.word()), sentence(&planned.subdomain)),
        },
        Fact { name: "What it measures", value: said(construct.and_then(|construct| construct.phenomenon.as_ref())) },
        Fact { name: "What is claimed", value: said(planned.claim.as_ref()) },
        Fact {
            name: "Evidence for the claim",
            value: said(construct.and_then(|construct| construct.evidence.as_ref())),
        },
        Fact { name: "Task", value: format!("{} ({})", sentence(&planned.task), show::words(planned.kind.word())) },
        Fact { name: "Answers are read by", value: reader.to_owned() },
        Fact {
            name: "Items",
            value: format!(
                "{} of {} in the package ({})",
                planned.selected,
                planned.items,
                sentence(&planned.selection)
            ),
        },
        Fact {
            name: "Drawn as",
            value: if what == "independent items" { what } else { format!("{clusters} {}", sentence(&what)) },
        },
        Fact { name: "Data", value: planned.data_class.word().to_owned() },
        Fact { name: "References reviewed by", value: sentence(&planned.reviewed_by) },
        Fact { name: "Licence", value: sentence(&planned.licence) },
    ];
    if let Some(citation) = &planned.citation {
        facts.push(Fact { name: "Source", value: sentence(citation) });
    }
    facts
}

fn line(row: &ResultRow, several: bool) -> Row {
    let keyed = row.reference.as_deref().map_or(String::new(), |key| format!(" (key: {key})"));
    Row {
        metric: format!("{}{keyed}", show::metric(&row.metric, row.scale)),
        slice: row.stratum.clone().unwrap_or_default(),
        system: show::system(&row.system, &row.prompt, several),
        score: show::estimate(&row.estimate, row.scale),
        n: row
            .count
            .filter(|_| row.primary && row.stratum.is_none())
            .map_or(row.n.to_string(), |count| format!("{count} of {}", row.n)),
        floor: floor(row),
        unparsed: unparsed(row),
        missing: missing(row),
    }
}

fn picture(rows: &[&ResultRow], several: bool, scale: Scale) -> Result<String, ReportError> {
    let most = if scale == Scale::Overlap { 100.0 } else { 1.0 };
    let rows: Vec<ForestRow> = rows
        .iter()
        .map(|row| {
            let ci = row.estimate.ci();
            ForestRow {
                label: show::system(&row.system, &row.prompt, several),
                score: (row.estimate.value() * most, ci.lower() * most, ci.upper() * most),
                floor: row.floor.as_ref().map(|floor| floor.estimate.value() * most),
            }
        })
        .collect();
    forest(&rows, most)
}

fn without_score(analysis: &Analysis, planned: &PlannedBenchmark) -> Option<String> {
    let rows: Vec<String> = analysis
        .without_score
        .iter()
        .filter(|row| row.benchmark == planned.id && row.stratum.is_none())
        .map(|row| {
            format!(
                "{} on {} ({}, {} not attempted, {} not scorable)",
                row.system,
                row.metric,
                show::count(row.faults, "fault", "faults"),
                row.not_attempted,
                row.unscored
            )
        })
        .collect();
    (!rows.is_empty()).then(|| rows.join("; "))
}

fn outcome(tally: &Tally, several: bool) -> Outcome {
    let list = |counts: &std::collections::BTreeMap<String, u64>, none: &str| {
        if counts.is_empty() {
            return none.to_owned();
        }
        let words: Vec<String> = counts.iter().map(|(kind, n)| format!("{} {n}", stop_words(kind))).collect();
        words.join(", ")
    };
    Outcome {
        system: show::system(&tally.system, &tally.prompt, several),
        planned: tally.planned,
        answered: tally.answered,
        stops: list(&tally.stops, "no answers"),
        refusals: tally.refusals,
        faults: list(&tally.fault_kinds, "0"),
        billed_twice: (tally.possibly_billed_twice > 0)
            .then(|| format!("{} possibly billed twice", tally.possibly_billed_twice)),
    }
}

fn stop_words(kind: &str) -> String {
    match kind {
        "complete" => "ended by itself".to_owned(),
        "unknown" => "not recorded".to_owned(),
        other => show::words(other),
    }
}
