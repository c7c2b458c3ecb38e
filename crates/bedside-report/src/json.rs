//! `bedside.run/1`: the results as JSON, one document or one result a line, and as a flat table.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::analysis::Analysis;
use crate::error::ReportError;
use crate::row::{CellCounts, FloorRow, ResultRow, Tally, WithoutScore};
use crate::warning::{Warning, WarningText};

/// Name and version of the JSON shape. Fields may be added; none is changed or dropped without a new version.
pub const RUN_SCHEMA: &str = "bedside.run/1";

/// What `bedside run` and `bedside analyze` print with `--format json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunDocument {
    /// `bedside.run/1`.
    pub schema: String,
    /// Id of the run.
    pub run: String,
    /// The run file.
    pub file: String,
    /// Whether every cell that could be attempted has an answer.
    pub complete: bool,
    /// Cells of the systems under test.
    pub cells: CellCounts,
    /// Their scores.
    pub results: Vec<ResultRow>,
    /// Cells of the null policies that were added for the floors.
    pub floor_cells: CellCounts,
    /// Scores of every null policy, over all items.
    pub floors: Vec<FloorRow>,
    /// Combinations that have no score at all, and why.
    pub without_score: Vec<WithoutScore>,
    /// How the cells of each benchmark, system and wording ended.
    pub outcomes: Vec<Tally>,
    /// What a careful person would ask.
    pub warnings: Vec<WarningText>,
}

impl Analysis {
    /// The document that `--format json` prints.
    pub fn document(&self) -> RunDocument {
        RunDocument {
            schema: RUN_SCHEMA.to_owned(),
            run: self.run.clone(),
            file: self.file.clone(),
            complete: self.complete,
            cells: self.cells,
            results: self.results.clone(),
            floor_cells: self.floor_cells,
            floors: self.floors.clone(),
            without_score: self.without_score.clone(),
            outcomes: self.tallies.clone(),
            warnings: self.warnings.iter().map(Warning::text).collect(),
        }
    }

    /// The document as indented JSON, with a newline at its end.
    pub fn to_json(&self) -> Result<String, ReportError> {
        let mut text = serde_json::to_string_pretty(&self.document())?;
        text.push('\n');
        Ok(text)
    }

    /// One result a line.
    pub fn to_jsonl(&self) -> Result<String, ReportError> {
        let mut text = String::new();
        for row in &self.results {
            text.push_str(&serde_json::to_string(row)?);
            text.push('\n');
        }
        Ok(text)
    }

    /// The results as a flat table. Text that a spreadsheet would take for a formula gets an apostrophe in front.
    pub fn to_csv(&self) -> Result<String, ReportError> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(COLUMNS)?;
        for row in &self.results {
            writer.write_record(flat(row))?;
        }
        let bytes = writer.into_inner().map_err(|error| ReportError::Write(error.into_error()))?;
        Ok(String::from_utf8(bytes).expect("fields are text, and the separators are ASCII"))
    }
}

const COLUMNS: [&str; 28] = [
    "benchmark",
    "task",
    "domain",
    "system",
    "prompt",
    "stratum",
    "metric",
    "scale",
    "primary",
    "value",
    "lower",
    "upper",
    "level",
    "method",
    "n_items",
    "n_clusters",
    "n_epochs",
    "count",
    "n",
    "unparsed",
    "faults",
    "not_attempted",
    "faults_as_failures",
    "unparsed_as_right",
    "floor_policy",
    "floor_value",
    "floor_lower",
    "floor_upper",
];

fn flat(row: &ResultRow) -> [String; COLUMNS.len()] {
    let sample = row.estimate.sample();
    let ci = row.estimate.ci();
    let or_empty = |value: Option<String>| value.unwrap_or_default();
    [
        harmless(&row.benchmark),
        harmless(&row.task),
        row.domain.word().to_owned(),
        harmless(&row.system),
        harmless(&row.prompt),
        harmless(row.stratum.as_deref().unwrap_or_default()),
        harmless(&row.metric),
        row.scale.word().to_owned(),
        row.primary.to_string(),
        row.estimate.value().to_string(),
        ci.lower().to_string(),
        ci.upper().to_string(),
        ci.level().value().to_string(),
        harmless(row.estimate.method().as_str()),
        sample.n_items.to_string(),
        sample.n_clusters.to_string(),
        sample.n_epochs.to_string(),
        or_empty(row.count.map(|count| count.to_string())),
        row.n.to_string(),
        row.unparsed.to_string(),
        row.faults.to_string(),
        row.not_attempted.to_string(),
        row.bounds.faults_as_failures.to_string(),
        or_empty(row.bounds.unparsed_as_right.map(|value| value.to_string())),
        or_empty(row.floor.as_ref().map(|floor| harmless(&floor.policy))),
        or_empty(row.floor.as_ref().map(|floor| floor.estimate.value().to_string())),
        or_empty(row.floor.as_ref().map(|floor| floor.estimate.ci().lower().to_string())),
        or_empty(row.floor.as_ref().map(|floor| floor.estimate.ci().upper().to_string())),
    ]
}

/// Text that no spreadsheet runs as a formula. White space first: some trim it before they look.
pub(crate) fn harmless(text: &str) -> String {
    let first = text.trim_start_matches([' ', '\u{a0}']).chars().next();
    if matches!(first, Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '|' | '%' | '＝' | '＋' | '－' | '＠')) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_text_and_other_text_stays() {
        for formula in ["=HYPERLINK(\"http://x\")", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\r=1", "＝1"] {
            assert_eq!(harmless(formula), format!("'{formula}"));
        }
        for text in ["", "openai/gpt-x", "a=b", "3"] {
            assert_eq!(harmless(text), text);
        }
    }
}
