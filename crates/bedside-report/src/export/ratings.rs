//! The table of ratings by people, from the ratings in the run file.

use std::io::Write;

use bedside_core::{EventKind, Plan};
use bedside_store::{Items, RunReader, StoredEvent};
use serde_json::{Map, Value};

use super::Exported;
use crate::error::ReportError;
use crate::json::harmless;

/// The columns, in this order.
const COLUMNS: [&str; 15] = [
    "rater",
    "system",
    "item",
    "prompt",
    "epoch",
    "answer_as_read",
    "right_by_published_key",
    "key",
    "severity",
    "interceptable",
    "cannot_judge",
    "seconds",
    "corrected_key",
    "right_by_corrected_key",
    "task",
];

/// Writes one row a rating, in the order of time. What was rated comes from the plan, what was said from the rating.
pub(super) fn write(reader: &RunReader, plan: &Plan, out: &mut impl Write) -> Result<Exported, ReportError> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(COLUMNS)?;
    let mut items = Items::new(reader);
    let mut exported = Exported::default();
    reader.for_each_event(EventKind::Rated, |event| {
        let bad = |why: &str| ReportError::Rating { writer: event.writer.clone(), seq: event.seq, why: why.to_owned() };
        let said = said(&event).ok_or_else(|| bad("its body is no JSON object"))?;
        let cell = event.cell.ok_or_else(|| bad("it names no cell"))?;
        let place = reader.places(&cell)?.into_iter().next().ok_or_else(|| bad("the plan has no such cell"))?;
        let item = items.get(place.benchmark, place.item)?;
        let benchmark = &plan.benchmarks[place.benchmark];
        let row = COLUMNS.map(|column| match column {
            "rater" if !said.contains_key("rater") => event.writer.clone(),
            "system" => plan.systems[place.system].name.clone(),
            "item" => item.id.clone(),
            "prompt" => benchmark.prompts[place.prompt].id.clone(),
            "epoch" => place.epoch.to_string(),
            "task" => benchmark.task.clone(),
            other => text(said.get(other)),
        });
        writer.write_record(row.map(|text| harmless(&text)))?;
        exported.rows += 1;
        Ok::<(), ReportError>(())
    })?;
    writer.flush()?;
    Ok(exported)
}

fn said(event: &StoredEvent) -> Option<Map<String, Value>> {
    match serde_json::from_str(&event.body) {
        Ok(Value::Object(said)) => Some(said),
        _ => None,
    }
}

fn text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}
