//! MedCalc-Bench v1.0: the published test labels, and the labels that were recomputed under physician oversight.
//!
//! Two files: the original test set (1,047 rows) and the corrected one (887 rows of it). The original rows gain four fields:
//!
//! - `key`: the published answer as a numeric reference;
//! - `corrected_key`: the corrected answer likewise, `{abstain: true}` for `N/A`, `null` where the row was not corrected;
//! - `note_cluster`: which note the row is about (see [`note_clusters`]);
//! - `question_changed`: whether the corrected set asks this question in other words.
//!
//! Answers come in four forms: a decimal, a whole number, a date written month/day/year, and a pregnancy's length as a tuple of
//! weeks and days, which the corrected file writes in days. Dates become ISO dates and lengths become days.

use std::collections::HashMap;

use bedside_core::problem::{Problem, Problems};
use serde_json::{Map, Value, json};

use crate::filters::month_day_year;
use crate::records::Record;
use crate::tables::Table;

/// Units that the calculators' questions ask for, by calculator id. Scores have none.
const UNITS: [(&str, &str); 26] = [
    ("2", "mL/min"),
    ("3", "mL/min/1.73 m²"),
    ("5", "mm Hg"),
    ("6", "kg/m²"),
    ("7", "mg/dL"),
    ("9", "mL/min/1.73 m²"),
    ("10", "kg"),
    ("11", "msec"),
    ("22", "mL/hr"),
    ("24", "mg"),
    ("26", "mEq/L"),
    ("30", "mOsm/kg"),
    ("38", "L"),
    ("39", "mEq/L"),
    ("40", "%"),
    ("44", "mg/dL"),
    ("56", "msec"),
    ("57", "msec"),
    ("58", "msec"),
    ("59", "msec"),
    ("60", "m²"),
    ("61", "kg"),
    ("62", "kg"),
    ("63", "mEq/L"),
    ("65", "mEq/L"),
    ("66", "mEq/L"),
];

/// Joins the two label sets.
pub fn decode(tables: &[Table]) -> Result<Vec<Record>, Problems> {
    let [original, corrected] = tables else {
        return Err(Problem::new(
            "wrong_files",
            "the decoder `medcalc` reads two files: the original and the corrected labels",
        )
        .into());
    };
    let mut corrections = HashMap::new();
    for record in &corrected.records {
        corrections.insert(text(corrected, record, "Unique ID")?, record);
    }
    let clusters = note_clusters(original)?;
    let mut records = Vec::with_capacity(original.records.len());
    for (record, cluster) in original.records.iter().zip(clusters) {
        let calculator = text(original, record, "Calculator ID")?;
        let unit = UNITS.iter().find(|(id, _)| *id == calculator).map_or("", |(_, unit)| unit);
        let correction = corrections.remove(text(original, record, "Unique ID")?);
        let corrected_key = correction.map(|row| key(corrected, row, unit, Some(record))).transpose()?;
        let changed = match correction {
            Some(row) => text(corrected, row, "Question")? != text(original, record, "Question")?,
            None => false,
        };
        let mut fields = record.value.as_object().cloned().unwrap_or_default();
        fields.insert("key".to_owned(), key(original, record, unit, None)?);
        fields.insert("corrected_key".to_owned(), corrected_key.unwrap_or(Value::Null));
        fields.insert("note_cluster".to_owned(), Value::String(cluster));
        fields.insert("question_changed".to_owned(), Value::Bool(changed));
        records.push(Record { value: Value::Object(fields), ..record.clone() });
    }
    if let Some(id) = corrections.keys().next() {
        return Err(Problem::new("unknown_item", format!("corrected row `{id}` is not in the original labels")).into());
    }
    Ok(records)
}

fn text<'a>(table: &Table, record: &'a Record, column: &str) -> Result<&'a str, Problems> {
    let columns = record.value.as_object();
    columns.and_then(|columns| columns.get(column)).and_then(Value::as_str).ok_or_else(|| {
        let names = columns.into_iter().flat_map(Map::keys).map(String::as_str);
        Problem::new("unknown_column", format!("{}: no column `{column}`", record.place(&table.path)))
            .suggest(column, names)
            .into()
    })
}

/// A row's answer with its limits. A corrected gestational age is a bare number, so the original row says that it is one.
fn key(table: &Table, record: &Record, unit: &str, original: Option<&Record>) -> Result<Value, Problems> {
    let refused =
        |what: &str| Problems::from(Problem::new("bad_reference", format!("{}: {what}", record.place(&table.path))));
    let answer = text(table, record, "Ground Truth Answer")?;
    if answer == "N/A" {
        return Ok(json!({"abstain": true}));
    }
    if let Some(date) = month_day_year(answer) {
        return Ok(json!({"value": date, "unit": "date"}));
    }
    let in_days = weeks_and_days(answer).is_some()
        || original
            .and_then(|row| row.value.get("Ground Truth Answer"))
            .and_then(Value::as_str)
            .is_some_and(|answer| weeks_and_days(answer).is_some());
    let number = |text: &str| {
        weeks_and_days(text)
            .map(f64::from)
            .or_else(|| text.trim().parse().ok().filter(|number: &f64| number.is_finite()))
    };
    let limit =
        |column: &str| number(text(table, record, column)?).ok_or_else(|| refused(&format!("`{column}` is no number")));
    let value =
        number(answer).ok_or_else(|| refused(&format!("`{answer}` is no number, date or length of pregnancy")))?;
    let unit = if in_days { "days" } else { unit };
    Ok(json!({"value": value, "unit": unit, "lower": limit("Lower Limit")?, "upper": limit("Upper Limit")?}))
}

/// `('5 weeks', '1 day')` → 36.
fn weeks_and_days(text: &str) -> Option<u32> {
    let (weeks, days) = text.strip_prefix("('")?.strip_suffix("')")?.split_once("', '")?;
    let count =
        |part: &str, unit: &str| part.strip_suffix('s').unwrap_or(part).strip_suffix(unit)?.trim().parse::<u32>().ok();
    count(weeks, "week")?.checked_mul(7)?.checked_add(count(days, "day")?)
}

/// Which note each row is about. `Note ID` names a published case report (`pmc-…`), but short ids (`1` … `21`) are used again for
/// other notes by other calculators, and one such note can stand under two ids; those are told apart by their text.
fn note_clusters(table: &Table) -> Result<Vec<String>, Problems> {
    let mut named: HashMap<&str, String> = HashMap::new();
    let mut clusters = Vec::with_capacity(table.records.len());
    for record in &table.records {
        let note = text(table, record, "Note ID")?;
        clusters.push(if note.starts_with("pmc-") {
            note.to_owned()
        } else {
            let first = format!("note-of-{}", text(table, record, "Unique ID")?);
            named.entry(text(table, record, "Patient Note")?).or_insert(first).clone()
        });
    }
    Ok(clusters)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(header: &[&str], rows: &[&[&str]]) -> Table {
        let record = |(at, row): (usize, &&[&str])| Record {
            value: header
                .iter()
                .zip(*row)
                .map(|(name, field)| ((*name).to_owned(), Value::from(*field)))
                .collect::<Map<_, _>>()
                .into(),
            key: None,
            line: Some(at + 2),
            position: at + 1,
        };
        Table { file: "f".to_owned(), path: "f.csv".to_owned(), records: rows.iter().enumerate().map(record).collect() }
    }

    #[test]
    fn every_form_of_answer() {
        let header = [
            "Unique ID",
            "Calculator ID",
            "Note ID",
            "Patient Note",
            "Question",
            "Ground Truth Answer",
            "Lower Limit",
            "Upper Limit",
        ];
        let original = table(
            &header,
            &[
                &["1", "2", "pmc-1-1", "a", "q", "25.2", "24", "26"],
                &["2", "13", "1", "b", "q", "9/3/2014", "9/3/2014", "9/3/2014"],
                &["3", "69", "1", "c", "q", "('5 weeks', '1 day')", "('5 weeks', '1 day')", "('5 weeks', '1 day')"],
                &["4", "18", "7", "b", "q", "2", "2", "2"],
            ],
        );
        let corrected = table(
            &["Unique ID", "Question", "Ground Truth Answer", "Lower Limit", "Upper Limit"],
            &[&["3", "in days?", "36", "34", "38"], &["4", "q", "N/A", "N/A", "N/A"]],
        );
        let records = decode(&[original, corrected]).unwrap();
        let field = |at: usize, name: &str| records[at].value[name].clone();
        assert_eq!(field(0, "key"), json!({"value": 25.2, "unit": "mL/min", "lower": 24.0, "upper": 26.0}));
        assert_eq!(field(0, "corrected_key"), Value::Null);
        assert_eq!(field(1, "key"), json!({"value": "2014-09-03", "unit": "date"}));
        assert_eq!(field(2, "key"), json!({"value": 36.0, "unit": "days", "lower": 36.0, "upper": 36.0}));
        assert_eq!(field(2, "corrected_key"), json!({"value": 36.0, "unit": "days", "lower": 34.0, "upper": 38.0}));
        assert_eq!((field(2, "question_changed"), field(3, "question_changed")), (json!(true), json!(false)));
        assert_eq!(field(3, "corrected_key"), json!({"abstain": true}));
        // Notes b, c and b again: the id `1` is used for two notes, and the note b has two ids.
        let clusters: Vec<Value> = (0..4).map(|at| field(at, "note_cluster")).collect();
        assert_eq!(clusters, [json!("pmc-1-1"), json!("note-of-2"), json!("note-of-3"), json!("note-of-2")]);
    }

    #[test]
    fn unreadable_answers_are_placed() {
        let header = [
            "Unique ID",
            "Calculator ID",
            "Note ID",
            "Patient Note",
            "Question",
            "Ground Truth Answer",
            "Lower Limit",
            "Upper Limit",
        ];
        let original = table(&header, &[&["1", "2", "pmc-1-1", "a", "q", "about 25", "24", "26"]]);
        let problems = decode(&[original, table(&["Unique ID"], &[])]).unwrap_err();
        assert_eq!(problems.0[0].what, "f.csv, line 2: `about 25` is no number, date or length of pregnancy");
    }
}
