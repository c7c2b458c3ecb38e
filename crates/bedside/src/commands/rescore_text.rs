//! What `rescore` tells a person: the old and the new score side by side, and the cases that made the difference.

use std::fmt::Write as _;

use bedside_core::Scale;
use bedside_core::shown::Shown;
use bedside_report::{CellChange, Reading, RescoreDocument, RescoredResult};
use bedside_stats::Estimate;
use comfy_table::{ContentArrangement, Table, presets};
use serde_json::json;

use crate::output;

/// Changed cells in a terminal; the JSON has all.
pub const SHOWN: usize = 20;

/// The whole text.
pub fn text(document: &RescoreDocument) -> String {
    let mut out = String::new();
    let cells = &document.cells;
    if !document.appended {
        let _ = writeln!(
            out,
            "{}: {} answers scored again, nothing changed; nothing was appended",
            document.file, cells.answered
        );
        return out;
    }
    let _ = writeln!(
        out,
        "{}: {} answers scored again; the earlier scores stay in the file",
        document.file, cells.answered
    );
    for benchmark in &document.edited {
        let _ = writeln!(out, "  {}: by the scorers of the edited package", Shown::cut(benchmark, 48));
    }
    for change in &document.scorers {
        let version = |version: Option<u32>| version.map_or_else(|| "none".to_owned(), |version| version.to_string());
        let _ = write!(
            out,
            "  {}: scorer {}, version {} → {}",
            Shown::cut(&change.benchmark, 48),
            Shown::cut(&change.scorer, 48),
            version(change.before),
            version(change.after)
        );
        for (what, metrics) in [("new", &change.new_metrics), ("gone", &change.gone_metrics)] {
            if !metrics.is_empty() {
                let _ = write!(out, ", {what}: {}", Shown::cut(&metrics.join(", "), 100));
            }
        }
        out.push('\n');
    }
    let _ = writeln!(
        out,
        "  cells: {} with another value, {} read otherwise with the same value, {} scored for the first time\n",
        cells.value_changed, cells.reading_changed, cells.first_scored
    );
    table(document, &mut out);
    if !document.casebook.is_empty() {
        let _ = writeln!(out, "\nWhat changed");
    }
    for change in &document.casebook {
        case(change, &mut out);
    }
    if cells.value_changed > document.casebook.len() as u64 {
        let _ = writeln!(
            out,
            "the first {} of {} cells with another value; `--format json` has all",
            document.casebook.len(),
            cells.value_changed
        );
    }
    out
}

fn table(document: &RescoreDocument, out: &mut String) {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(output::width())
        .set_header(["benchmark", "system", "wording", "metric", "before", "after", "cells changed"]);
    for row in &document.results {
        table.add_row([
            Shown::cut(&row.benchmark, 48).to_string(),
            Shown::cut(&row.system, 48).to_string(),
            Shown::cut(&row.prompt, 48).to_string(),
            Shown::cut(&metric(row), 48).to_string(),
            estimate(row.before.as_ref(), row.scale),
            estimate(row.after.as_ref(), row.scale),
            row.changed.to_string(),
        ]);
    }
    for line in table.lines() {
        let _ = writeln!(out, "{}", line.trim_end());
    }
}

fn metric(row: &RescoredResult) -> String {
    let scale = if row.scale == Scale::Overlap { " ×100" } else { "" };
    format!("{}{scale}", row.metric)
}

fn estimate(estimate: Option<&Estimate>, scale: Scale) -> String {
    match (estimate, scale) {
        (None, _) => "-".to_owned(),
        (Some(estimate), Scale::Overlap) => estimate.on_hundred().to_string(),
        (Some(estimate), _) => estimate.to_string(),
    }
}

fn case(change: &CellChange, out: &mut String) {
    let _ = writeln!(
        out,
        "- {}, item {}, {}, wording {}, run {}, scorer {}",
        Shown::cut(&change.benchmark, 48),
        Shown::cut(&change.item, 48),
        Shown::cut(&change.system, 48),
        Shown::cut(&change.prompt, 48),
        change.epoch + 1,
        Shown::cut(&change.scorer, 48)
    );
    let _ = writeln!(out, "  output: {}", Shown::cut(&change.output, 160));
    for (when, reading) in [("before", &change.before), ("now", &change.after)] {
        let _ = writeln!(out, "  {when} (version {}): {}", reading.version, said(change, reading));
    }
}

/// Values of the metrics that changed, what was read, and why.
fn said(change: &CellChange, reading: &Reading) -> String {
    let values: Vec<String> = change
        .metrics
        .iter()
        .map(|metric| match reading.values.get(metric) {
            Some(value) => format!("{metric} {value:.3}"),
            None => format!("{metric} without a value"),
        })
        .collect();
    let read = reading
        .read
        .as_ref()
        .map_or_else(|| "nothing read".to_owned(), |read| format!("read `{}`", Shown::cut(read, 60)));
    format!("{}; {read}. {}", Shown::cut(&values.join(", "), 200), Shown::cut(&reading.why, 200))
}

/// A result as a row of a flat table.
pub fn flat(row: &RescoredResult) -> serde_json::Value {
    let numbers = |estimate: Option<&Estimate>| {
        estimate.map_or([None; 3], |estimate| {
            [Some(estimate.value()), Some(estimate.ci().lower()), Some(estimate.ci().upper())]
        })
    };
    let ([before, before_lower, before_upper], [after, after_lower, after_upper]) =
        (numbers(row.before.as_ref()), numbers(row.after.as_ref()));
    json!({
        "benchmark": row.benchmark, "system": row.system, "prompt": row.prompt, "metric": row.metric, "scale": row.scale,
        "primary": row.primary, "before": before, "before_lower": before_lower, "before_upper": before_upper, "after": after,
        "after_lower": after_lower, "after_upper": after_upper, "changed": row.changed,
    })
}
