//! Page one: what was measured, what came out in brief, and both sides of every score.

use bedside_core::Scale;
use bedside_core::manifest::{DataClass, Domain, SystemClass};
use bedside_core::plan::Role;
use serde::Serialize;

use super::html;
use super::text::{Span, spans};
use crate::analysis::Analysis;
use crate::row::{AgainstFloor, RULES_DISAGREE, ResultRow, Tally};
use crate::show;
use crate::warning::{Warning, WarningText, is_embedded, nobody_reviewed};

const DOMAINS: [Domain; 6] = [
    Domain::Knowledge,
    Domain::Documentation,
    Domain::DecisionSupport,
    Domain::Communication,
    Domain::Research,
    Domain::Administration,
];
const CLASSES: [SystemClass; 3] = [SystemClass::Generative, SystemClass::Multimodal, SystemClass::Agentic];

#[derive(Serialize)]
pub struct TopView {
    policy: String,
    style: &'static str,
    run: String,
    cells: String,
    lead: String,
    synthetic_only: bool,
    complete: bool,
    percent: String,
    contents: Vec<Link>,
    classes: Vec<String>,
    matrix: Vec<MatrixRow>,
    brief: Vec<Brief>,
    doubts: Vec<Doubt>,
    sides: Vec<Sides>,
    unmeasured: Vec<Unmeasured>,
}

#[derive(Clone, Serialize)]
struct Link {
    anchor: String,
    title: String,
    /// Why the measurement is too weak to lean on, if it is.
    inadequate: Option<String>,
}

#[derive(Serialize)]
struct MatrixRow {
    domain: String,
    cells: Vec<Vec<Link>>,
}

#[derive(Serialize)]
struct Brief {
    /// Whether a benchmark's rows begin here.
    first: bool,
    anchor: String,
    title: String,
    metric: String,
    system: String,
    score: String,
    sentence: String,
    floor: FloorCell,
}

/// The best null policy in a table.
#[derive(Serialize)]
pub struct FloorCell {
    policy: String,
    score: String,
}

#[derive(Serialize)]
struct Doubt {
    #[serde(skip)]
    kind: String,
    seen: Vec<String>,
    means: String,
    remedy: Vec<Span>,
}

#[derive(Serialize)]
struct Sides {
    first: bool,
    anchor: String,
    title: String,
    system: String,
    system_facts: Vec<String>,
    instrument_facts: Vec<String>,
}

#[derive(Serialize)]
struct Unmeasured {
    question: &'static str,
    state: &'static str,
    needs: Vec<Span>,
}

/// The confidence level in percent.
pub fn percent(analysis: &Analysis) -> String {
    // Rounded, because 0.95 × 100 is not 95 in binary.
    format!("{}", (analysis.level.value() * 1e4).round() / 100.0)
}

pub fn view(analysis: &Analysis, addresses: &[String]) -> TopView {
    let plan = &analysis.plan;
    let links: Vec<Link> = plan
        .benchmarks
        .iter()
        .zip(addresses)
        .enumerate()
        .map(|(position, (benchmark, anchor))| Link {
            anchor: anchor.clone(),
            title: benchmark.title.clone(),
            inadequate: inadequate(analysis, position),
        })
        .collect();
    let measured = |domain: Domain, class: SystemClass| -> Vec<Link> {
        let fits = plan
            .benchmarks
            .iter()
            .zip(&links)
            .filter(|(benchmark, _)| benchmark.domain == domain && benchmark.system_class == class);
        fits.filter(|(benchmark, _)| analysis.headlines(&benchmark.id).next().is_some())
            .map(|(_, link)| link.clone())
            .collect()
    };
    let matrix = DOMAINS.map(|domain| MatrixRow {
        domain: show::words(domain.word()),
        cells: CLASSES.map(|class| measured(domain, class)).into(),
    });
    TopView {
        policy: html::policy(),
        style: html::STYLE,
        run: analysis.run.clone(),
        cells: cells(analysis),
        lead: lead(analysis),
        synthetic_only: plan.benchmarks.iter().all(|benchmark| benchmark.data_class == DataClass::Synthetic),
        complete: analysis.complete,
        percent: percent(analysis),
        contents: links.clone(),
        classes: CLASSES.map(|class| class.word().to_owned()).into(),
        matrix: matrix.into(),
        brief: brief(analysis, &links),
        doubts: doubts(&analysis.warnings),
        sides: sides(analysis, &links),
        unmeasured: unmeasured(analysis),
    }
}

fn inadequate(analysis: &Analysis, position: usize) -> Option<String> {
    let mut why = Vec::new();
    let (clusters, what) = analysis.clusters(position);
    if clusters < bedside_stats::rule::TEMPLATES_FOR_A_DOMAIN as u64 {
        why.push(format!("only {clusters} {what}"));
    }
    if nobody_reviewed(&analysis.plan.benchmarks[position].reviewed_by) {
        why.push("references reviewed by nobody yet".to_owned());
    }
    (!why.is_empty()).then(|| why.join("; "))
}

fn cells(analysis: &Analysis) -> String {
    let cells = &analysis.cells;
    format!(
        "{} of {} answers obtained, {}, {} not attempted",
        cells.answered,
        cells.planned,
        show::count(cells.faults, "fault", "faults"),
        cells.not_attempted
    )
}

fn lead(analysis: &Analysis) -> String {
    let plan = &analysis.plan;
    let subjects = plan.systems.iter().filter(|system| system.role == Role::Subject).count() as u64;
    let items: u64 = plan.benchmarks.iter().map(|benchmark| benchmark.selected).sum();
    format!(
        "{} answered {} from {}. This page gives each score with its interval, what a policy without skill scores on the same items, how answers were read, and the cases to look at first.",
        show::count(subjects, "system", "systems"),
        show::count(items, "test item", "test items"),
        show::count(plan.benchmarks.len() as u64, "benchmark", "benchmarks"),
    )
}

/// The best null policy with its score, or that there is none.
pub fn floor(row: &ResultRow) -> FloorCell {
    match &row.floor {
        Some(floor) => FloorCell { policy: floor.policy.clone(), score: show::estimate(&floor.estimate, row.scale) },
        // Without this bound the metric measures no success, and no policy could be the best on it.
        None if row.bounds.unparsed_as_right.is_none() => {
            FloorCell { policy: "does not apply".to_owned(), score: String::new() }
        }
        None => FloorCell { policy: "none in this run".to_owned(), score: String::new() },
    }
}

fn brief(analysis: &Analysis, links: &[Link]) -> Vec<Brief> {
    let mut brief = Vec::new();
    for (position, (benchmark, link)) in analysis.plan.benchmarks.iter().zip(links).enumerate() {
        let several = analysis.several_prompts(position);
        for (place, row) in analysis.headlines(&benchmark.id).enumerate() {
            let (provider, model) = provider(analysis, &row.system);
            let mut sentence = match (row.scale, row.count) {
                (Scale::Binary, Some(count)) => format!("right in {}", show::share(count, row.n)),
                (Scale::Overlap, _) => "mean overlap with the reference text; says nothing on correctness".to_owned(),
                _ => "mean share".to_owned(),
            };
            if is_embedded(provider, model) {
                sentence.push_str("; embedded test model: means nothing clinically");
            }
            brief.push(Brief {
                first: place == 0,
                anchor: link.anchor.clone(),
                title: link.title.clone(),
                metric: show::metric(&row.metric, row.scale),
                system: show::system(&row.system, &row.prompt, several),
                score: show::estimate(&row.estimate, row.scale),
                sentence,
                floor: floor(row),
            });
        }
    }
    brief
}

fn provider<'a>(analysis: &'a Analysis, name: &str) -> (&'a str, &'a str) {
    let system = analysis.plan.systems.iter().find(|system| system.name == name);
    system.map_or(("", ""), |system| (&system.provider, &system.model))
}

/// Doubts of one kind stand together, and what they mean is said once.
fn doubts(warnings: &[Warning]) -> Vec<Doubt> {
    let mut doubts: Vec<Doubt> = Vec::new();
    for warning in warnings {
        let WarningText { kind, benchmark, system, prompt: _, seen, means, remedy } = warning.text();
        let place: Vec<String> = [benchmark, system].into_iter().flatten().collect();
        let seen = if place.is_empty() { seen } else { format!("{}: {seen}", place.join(", ")) };
        let (means, remedy) = (sentence(&means), sentence(&remedy));
        match doubts.iter_mut().find(|doubt| doubt.kind == kind && doubt.means == means) {
            Some(doubt) => doubt.seen.push(seen),
            None => doubts.push(Doubt { kind, seen: vec![seen], means, remedy: spans(&remedy) }),
        }
    }
    doubts
}

/// A fragment as a sentence.
fn sentence(fragment: &str) -> String {
    let mut chars = fragment.chars();
    let first: String = chars.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", chars.as_str())
}

fn sides(analysis: &Analysis, links: &[Link]) -> Vec<Sides> {
    let mut sides = Vec::new();
    for (position, (benchmark, link)) in analysis.plan.benchmarks.iter().zip(links).enumerate() {
        let tallies =
            analysis.tallies.iter().filter(|tally| tally.role == Role::Subject && tally.benchmark == benchmark.id);
        for (place, tally) in tallies.enumerate() {
            let rows: Vec<&ResultRow> = analysis
                .results
                .iter()
                .filter(|row| {
                    row.stratum.is_none()
                        && row.benchmark == tally.benchmark
                        && row.system == tally.system
                        && row.prompt == tally.prompt
                })
                .collect();
            let headline = rows.iter().copied().find(|row| row.primary);
            sides.push(Sides {
                first: place == 0,
                anchor: link.anchor.clone(),
                title: link.title.clone(),
                system: show::system(&tally.system, &tally.prompt, analysis.several_prompts(position)),
                system_facts: system_facts(tally, headline),
                instrument_facts: instrument_facts(analysis, position, headline, &rows),
            });
        }
    }
    sides
}

fn system_facts(tally: &Tally, headline: Option<&ResultRow>) -> Vec<String> {
    let mut facts = Vec::new();
    match headline {
        None => facts.push("no score".to_owned()),
        Some(row) => {
            facts.push(format!(
                "{}: {}",
                show::metric(&row.metric, row.scale),
                show::estimate(&row.estimate, row.scale)
            ));
            if let Some(floor) = &row.floor
                && let (Some(against), Some(difference)) = (floor.against(), &floor.difference)
            {
                let words = match against {
                    AgainstFloor::Above => "above the best policy without skill",
                    AgainstFloor::NotDistinguishable => "not distinguishable from the best policy without skill",
                    AgainstFloor::Below => "below the best policy without skill",
                };
                facts.push(format!("{words}: difference {}", show::difference(difference, row.scale)));
            }
        }
    }
    for (stop, n) in tally.stops.iter().filter(|(stop, _)| !matches!(stop.as_str(), "complete" | "unknown")) {
        facts.push(format!("stopped at {}: {}", show::words(stop), show::share(*n, tally.answered)));
    }
    if tally.refusals > 0 {
        facts.push(format!("refused: {}", show::share(tally.refusals, tally.answered)));
    }
    facts
}

fn instrument_facts(
    analysis: &Analysis,
    position: usize,
    headline: Option<&ResultRow>,
    rows: &[&ResultRow],
) -> Vec<String> {
    let benchmark = &analysis.plan.benchmarks[position];
    let mut facts = Vec::new();
    if nobody_reviewed(&benchmark.reviewed_by) {
        facts.push("references: reviewed by nobody yet".to_owned());
    } else {
        facts.push(format!("references: {}; no audit of the key in this run", benchmark.reviewed_by));
    }
    if let Some(row) = headline {
        facts.push(format!("not read: {}", unparsed(row)));
        if row.faults + row.not_attempted + row.unscored > 0 {
            facts.push(format!("missing: {}", missing(row)));
        }
        // The same metric against another key: a change of score that the system has no part in.
        for other in rows.iter().filter(|other| other.reference != row.reference && metric_of(other) == metric_of(row))
        {
            facts.push(format!(
                "against the {} key {}; against the {} key {}",
                key(row),
                show::estimate(&row.estimate, row.scale),
                key(other),
                show::estimate(&other.estimate, other.scale)
            ));
        }
    }
    facts.extend(headline.and_then(|headline| other_rules(headline, rows)));
    for row in rows.iter().filter(|row| metric_of(row) == RULES_DISAGREE) {
        facts.push(format!("extraction rules disagree in a share of {}", row.estimate));
    }
    let (clusters, what) = analysis.clusters(position);
    if clusters < bedside_stats::rule::TEMPLATES_FOR_A_DOMAIN as u64 {
        facts.push(format!("only {clusters} {what}"));
    }
    facts
}

/// The same answers read by other rules of the same scorer: how much of the score is the reader's.
fn other_rules(headline: &ResultRow, rows: &[&ResultRow]) -> Option<String> {
    let rule = format!("{}_", headline.metric);
    let mut others: Vec<&&ResultRow> =
        rows.iter().filter(|row| row.metric.starts_with(&rule) && row.scale == headline.scale).collect();
    others.sort_by(|a, b| a.estimate.value().total_cmp(&b.estimate.value()));
    let (lowest, highest) = (others.first()?, others.last()?);
    let words = |row: &ResultRow| format!("{} ({})", show::estimate(&row.estimate, row.scale), metric_of(row));
    Some(if others.len() == 1 {
        format!("read by another rule: {}", words(lowest))
    } else {
        format!("read by other rules: from {} to {}", words(lowest), words(highest))
    })
}

fn metric_of(row: &ResultRow) -> &str {
    row.metric.rsplit('.').next().unwrap_or(&row.metric)
}

fn key(row: &ResultRow) -> &str {
    row.reference.as_deref().unwrap_or("published")
}

/// Unparsed answers, with the score if all of them were right.
pub fn unparsed(row: &ResultRow) -> String {
    match (row.unparsed, row.creditable()) {
        (0, _) => format!("0 of {}", row.n),
        (n, Some(most)) => {
            format!("{}; score at most {} if all were right", show::share(n, row.n), show::value(most, row.scale))
        }
        (n, None) => show::share(n, row.n),
    }
}

/// Faults, with the score if all of them were failures, and all else that has no score.
pub fn missing(row: &ResultRow) -> String {
    let mut words = Vec::new();
    if row.faults > 0 {
        let faults = show::count(row.faults, "fault", "faults");
        words.push(format!(
            "{faults}; score {} with all as failures",
            show::value(row.bounds.faults_as_failures, row.scale)
        ));
    }
    for (n, what) in [(row.not_attempted, "not attempted"), (row.unscored, "not scorable")] {
        if n > 0 {
            words.push(format!("{n} {what}"));
        }
    }
    if words.is_empty() { "0".to_owned() } else { words.join("; ") }
}

fn unmeasured(analysis: &Analysis) -> Vec<Unmeasured> {
    let plan = &analysis.plan;
    let mut rows = Vec::new();
    let mut not = |question, needs| rows.push(Unmeasured { question, state: "not measured", needs: spans(needs) });
    not("Would a patient be better off?", "a study in care; no test of stored items can tell");
    not("How many errors would harm?", "a severity for every item, assigned by a clinician");
    not("Are the keys right?", "clinicians who read a random sample of answers against the key");
    not("Was the material in the training data?", "fresh equivalents, or pairs of original and reworded items");
    not("Was all needed information within reach of the system?", "an audit of the items, or a run with it supplied");
    if plan.benchmarks.iter().all(|benchmark| benchmark.prompts.len() < 2) {
        not("Does the wording matter?", "several wordings (`--prompts`)");
    }
    if plan.systems.iter().filter(|system| system.role == Role::Subject).all(|system| system.epochs < 2) {
        not("Does it answer the same twice?", "several runs (`--epochs 3`)");
    }
    not("Does it treat groups of patients alike?", "matched variants of items that differ in the group only");
    rows
}
