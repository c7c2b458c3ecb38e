//! One case of one system: what was asked, expected and answered, how it was read and scored, and why.

use bedside_core::item::{Interceptable, Item, Reference, SeverityLevel};
use bedside_core::manifest::Manifest;
use bedside_core::plan::{PlannedBenchmark, PlannedItem, PlannedSystem};
use bedside_core::prompt::PromptTemplate;
use bedside_core::score::Scored;
use bedside_core::{Scale, Stop};
use bedside_store::{CellRow, RunReader};
use serde::Serialize;

use super::pick::{Case, Class};
use super::text::{Text, sentence};
use crate::error::ReportError;
use crate::show;

/// A case in the words of the page.
#[derive(Serialize)]
pub struct CaseView {
    anchor: String,
    class: &'static str,
    doubt: bool,
    id: String,
    result: String,
    severity: Option<String>,
    severity_why: Option<String>,
    strata: String,
    cluster: String,
    asked_note: Option<String>,
    asked: Vec<MessageView>,
    media: Vec<String>,
    reviewed_by: String,
    references: Vec<Named>,
    runs: Vec<RunView>,
}

#[derive(Serialize)]
struct MessageView {
    role: String,
    text: Text,
}

#[derive(Serialize)]
struct Named {
    name: String,
    text: Text,
}

#[derive(Serialize)]
struct RunView {
    name: String,
    fault: Option<String>,
    missing: Option<String>,
    output: Option<Text>,
    facts: Option<String>,
    scores: Vec<ScoreView>,
}

#[derive(Serialize)]
struct ScoreView {
    scorer: String,
    read_as: String,
    values: String,
    why: String,
}

/// What the cases of one benchmark and system have in common.
pub struct Setting<'a> {
    pub reader: &'a RunReader,
    pub planned: &'a PlannedBenchmark,
    pub system: &'a PlannedSystem,
    /// The wordings in the order of the plan; absent where the manifest in the run file could not be read.
    pub wordings: &'a [Option<PromptTemplate>],
}

/// The wordings of a benchmark, from the manifest that the run file keeps.
pub fn wordings(planned: &PlannedBenchmark, manifest: Option<&Manifest>) -> Vec<Option<PromptTemplate>> {
    let compile = |id: &str| {
        let table = manifest?.prompt.iter().find(|prompt| prompt.id == id)?;
        PromptTemplate::compile(table).ok()
    };
    // A wording that is not the one the cells were asked with must not be shown as if it were.
    planned.prompts.iter().map(|prompt| compile(&prompt.id).filter(|found| found.digest() == prompt.digest)).collect()
}

impl Setting<'_> {
    /// The case with all its runs: `rows` are its cells by wording and run.
    pub fn view(
        &self,
        anchor: String,
        case: &Case,
        planned: &PlannedItem,
        rows: &[CellRow],
    ) -> Result<CaseView, ReportError> {
        let item = self.reader.item(planned)?;
        let several = self.planned.prompts.len() > 1;
        let mut runs = Vec::with_capacity(rows.len());
        for (place, row) in rows.iter().enumerate() {
            let mut run = self.run(row, several)?;
            let output = row.finished.as_ref().and_then(|finished| finished.output);
            let same = |earlier: &&CellRow| {
                output.is_some()
                    && earlier.finished.as_ref().and_then(|finished| finished.output) == output
                    && earlier.scored == row.scored
            };
            if let Some(earlier) = rows[..place].iter().find(same) {
                run.missing =
                    Some(format!("Word for word the answer of run {}, and scored the same.", earlier.index.epoch + 1));
                run.output = None;
                run.scores.clear();
            }
            runs.push(run);
        }
        let strata: Vec<String> = planned.strata.iter().map(|(name, level)| format!("{name}={level}")).collect();
        let (asked_note, asked) = self.asked(&item, rows);
        // On a graded scale a case below a full score is not wrong: it has its score.
        let graded = case.class == Class::Wrong && self.scale() != Scale::Binary;
        Ok(CaseView {
            anchor,
            class: if graded { "scored" } else { case.class.words() },
            doubt: case.class != Class::Right && !graded,
            id: planned.id.clone(),
            result: self.result(case),
            severity: item.severity.as_ref().map(|severity| format!("severity {}", level(severity.level))),
            severity_why: item.severity.as_ref().map(|severity| {
                format!(
                    "Severity of a wrong answer: {}; intercepted by the reviewer: {}; assigned by {}.",
                    level(severity.level),
                    match severity.interceptable {
                        Interceptable::Yes => "yes",
                        Interceptable::Unlikely => "unlikely",
                        Interceptable::No => "no",
                    },
                    sentence(&severity.by)
                )
            }),
            strata: sentence(&strata.join(", ")),
            cluster: sentence(&planned.cluster),
            asked_note,
            asked,
            media: item
                .media
                .iter()
                .map(|file| format!("{} ({}, {}; not shown here)", file.path, file.role, file.mime))
                .collect(),
            reviewed_by: sentence(&self.planned.reviewed_by),
            references: references(&item),
            runs,
        })
    }

    fn scale(&self) -> Scale {
        self.planned.metrics[self.planned.primary].scale
    }

    fn result(&self, case: &Case) -> String {
        let (full, n) = case.full;
        match (self.scale(), case.mean) {
            (_, None) => "no score".to_owned(),
            (Scale::Binary, Some(_)) if n == 1 => String::from(if full == 1 { "1 of 1 right" } else { "0 of 1 right" }),
            (Scale::Binary, Some(_)) => format!("{full} of {n} runs right"),
            (scale, Some(mean)) => {
                let name = show::metric(&self.planned.metrics[self.planned.primary].name(), scale);
                let mean = show::value(mean, scale);
                if n == 1 { format!("{name} {mean}") } else { format!("{name} {mean}, mean of {n} runs") }
            }
        }
    }

    /// What was asked: the wording filled in; without it, the item's fields.
    fn asked(&self, item: &Item, rows: &[CellRow]) -> (Option<String>, Vec<MessageView>) {
        let mut used: Vec<usize> = rows.iter().map(|row| row.index.prompt).collect();
        used.sort_unstable();
        used.dedup();
        let mut asked = Vec::new();
        for position in &used {
            let Some(prompt) = self.wordings[*position].as_ref().and_then(|wording| wording.render(item).ok()) else {
                asked.clear();
                break;
            };
            for message in prompt.messages {
                let role = if used.len() > 1 {
                    format!("{} · wording {}", message.role.word(), self.planned.prompts[*position].id)
                } else {
                    message.role.word().to_owned()
                };
                asked.push(MessageView { role, text: Text::new(&message.content) });
            }
        }
        if asked.is_empty() {
            let fields = item.input.iter().map(|(name, value)| MessageView {
                role: name.clone(),
                text: Text::new(value.as_str().map_or_else(|| value.to_string(), Into::into).as_str()),
            });
            let note = "The wording could not be filled in again; these are the fields of the item.".to_owned();
            return (Some(note), fields.collect());
        }
        let recorded = self.system.provider == "recorded";
        let note =
            "This is how the benchmark words it. The answer is a recording: it may have been given to another wording.";
        (recorded.then(|| note.to_owned()), asked)
    }

    fn run(&self, row: &CellRow, several_prompts: bool) -> Result<RunView, ReportError> {
        let mut name = format!("Answer, run {}", row.index.epoch + 1);
        if several_prompts {
            name = format!("{name}, wording {}", self.planned.prompts[row.index.prompt].id);
        }
        let mut view = RunView { name, fault: None, missing: None, output: None, facts: None, scores: Vec::new() };
        let Some(finished) = &row.finished else {
            view.missing = Some("Not finished.".to_owned());
            return Ok(view);
        };
        let mut facts = Vec::new();
        if let Some(fault) = finished.fault {
            let detail = finished.detail.as_deref().map_or(String::new(), |detail| format!(": {}", sentence(detail)));
            view.fault = Some(format!("{}{detail}", show::words(fault.word())));
        } else {
            match finished.output {
                Some(digest) => {
                    let bytes = self.reader.blob(&digest)?;
                    if bytes.is_empty() {
                        view.missing = Some("The answer is empty.".to_owned());
                    } else {
                        view.output = Some(Text::from_bytes(&bytes));
                    }
                }
                None => view.missing = Some("The answer is empty.".to_owned()),
            }
            facts.push(stop(finished.stop.unwrap_or_default()));
        }
        for (tokens, what) in [(finished.usage.prompt_tokens, "read"), (finished.usage.completion_tokens, "written")] {
            if let Some(tokens) = tokens {
                facts.push(format!("{} {what}", show::count(tokens, "token", "tokens")));
            }
        }
        if row.possibly_billed_twice > 0 {
            facts.push("possibly billed twice".to_owned());
        }
        view.facts = (!facts.is_empty()).then(|| facts.join(" · "));
        view.scores = row.scored.iter().map(|scored| self.score(scored)).collect();
        Ok(view)
    }

    fn score(&self, scored: &Scored) -> ScoreView {
        let values: Vec<String> = scored
            .values
            .iter()
            .map(|(metric, value)| {
                let planned = self
                    .planned
                    .metrics
                    .iter()
                    .find(|planned| planned.scorer == scored.scorer && planned.metric == *metric);
                let scale = planned.map_or(Scale::Fraction, |planned| planned.scale);
                let value = if scale == Scale::Binary { format!("{value}") } else { show::value(*value, scale) };
                format!("{} {value}", show::metric(metric, scale))
            })
            .collect();
        let read_as = match (&scored.extracted, scored.parsed) {
            (_, false) => "nothing could be read".to_owned(),
            (Some(extracted), true) => sentence(extracted),
            (None, true) => "the whole text".to_owned(),
        };
        ScoreView {
            scorer: format!("{} v{}", scored.scorer, scored.version),
            read_as: if scored.refused { format!("{read_as} (a refusal)") } else { read_as },
            values: if values.is_empty() { "not scored".to_owned() } else { values.join("; ") },
            why: sentence(&scored.why),
        }
    }
}

fn stop(stop: Stop) -> String {
    match stop {
        Stop::Complete => "ended by itself".to_owned(),
        Stop::Unknown => "why it stopped is not recorded".to_owned(),
        other => format!("stopped: {}", show::words(other.word())),
    }
}

fn level(level: SeverityLevel) -> &'static str {
    match level {
        SeverityLevel::None => "none",
        SeverityLevel::Mild => "mild",
        SeverityLevel::Moderate => "moderate",
        SeverityLevel::Severe => "severe",
        SeverityLevel::Death => "death",
    }
}

fn references(item: &Item) -> Vec<Named> {
    let published = Named { name: "published key".to_owned(), text: Text::new(&reference(item, &item.reference)) };
    let others = item
        .reference_sets
        .iter()
        .map(|(name, key)| Named { name: format!("key {name}"), text: Text::new(&reference(item, key)) });
    std::iter::once(published).chain(others).collect()
}

/// A reference in words.
fn reference(item: &Item, reference: &Reference) -> String {
    match reference {
        Reference::Choice(label) => match item.options.iter().find(|option| option.label == *label) {
            Some(option) => format!("{label}: {}", option.text),
            None => label.clone(),
        },
        Reference::ShortAnswer(accepted) => accepted.join("\nor: "),
        Reference::Numeric(None) => "The right answer is to abstain.".to_owned(),
        Reference::Numeric(Some(number)) => {
            let words = |value: &bedside_core::item::NumericValue| match value {
                bedside_core::item::NumericValue::Number(number) => number.to_string(),
                bedside_core::item::NumericValue::Date(date) => date.clone(),
            };
            let accepted = match (&number.lower, &number.upper) {
                (Some(lower), Some(upper)) => format!(" (accepted: {} to {})", words(lower), words(upper)),
                (Some(lower), None) => format!(" (accepted: from {})", words(lower)),
                (None, Some(upper)) => format!(" (accepted: up to {})", words(upper)),
                (None, None) => String::new(),
            };
            format!("{} {}{accepted}", words(&number.value), number.unit)
        }
        Reference::Codes(codes) => codes.join("\n"),
        Reference::LongForm(text) => {
            let facts = text.facts.iter().map(|fact| {
                format!("[{}, {}, severity {}] {}", fact.id, fact.polarity, level(fact.severity), fact.text)
            });
            text.text.iter().cloned().chain(facts).collect::<Vec<_>>().join("\n")
        }
        Reference::Checks(checks) => {
            let pretty =
                |value: &serde_json::Value| serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string());
            let answer = checks.answer.iter().map(|answer| format!("answer: {}", pretty(answer)));
            let checks = checks.checks.iter().map(|check| format!("check: {}", pretty(check)));
            answer.chain(checks).collect::<Vec<_>>().join("\n")
        }
    }
}
