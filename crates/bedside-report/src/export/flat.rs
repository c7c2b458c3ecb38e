//! The flat table: one row a cell, one column a metric. CSV here; [`super::parquet`] writes the same columns, typed.

use std::io::Write;

use bedside_core::Plan;
use bedside_core::plan::Role;

use super::cell::{Cells, ExportedCell};
use super::{Exported, metric_names};
use crate::error::ReportError;
use crate::json::harmless;

/// A value of a column; absent where nothing is known.
pub(super) enum Value {
    Text(Option<String>),
    Number(Option<f64>),
    Count(Option<i64>),
    Flag(Option<bool>),
}

/// The columns before the metrics.
pub(super) const COLUMNS: [&str; 25] = [
    "benchmark",
    "version",
    "task",
    "domain",
    "system",
    "role",
    "item",
    "cluster",
    "template",
    "strata",
    "prompt",
    "variant",
    "epoch",
    "cell",
    "outcome",
    "stop",
    "fault",
    "detail",
    "parsed",
    "refused",
    "extracted",
    "prompt_tokens",
    "completion_tokens",
    "possibly_billed_twice",
    "output",
];

/// A cell's values under [`COLUMNS`] and the metrics. Moves them out of the cell.
pub(super) fn row(cell: ExportedCell, metrics: &[String]) -> Vec<Value> {
    let text = |text: String| Value::Text(Some(text));
    let count = |count: Option<u64>| Value::Count(count.and_then(|count| i64::try_from(count).ok()));
    // A list of pairs in a cell of a table: JSON, which any tool reads.
    let strata = serde_json::to_string(&cell.strata).expect("text by text is JSON");
    let strata = (!cell.strata.is_empty()).then_some(strata);
    let role = match cell.role {
        Role::Subject => "subject",
        Role::Floor => "floor",
    };
    let mut row = vec![
        text(cell.benchmark),
        text(cell.version),
        text(cell.task),
        text(cell.domain.word().to_owned()),
        text(cell.system),
        text(role.to_owned()),
        text(cell.item),
        text(cell.cluster),
        Value::Text(cell.template),
        Value::Text(strata),
        text(cell.prompt),
        text(cell.variant),
        count(Some(u64::from(cell.epoch))),
        text(cell.cell),
        text(cell.outcome),
        Value::Text(cell.stop.map(|stop| stop.word().to_owned())),
        Value::Text(cell.fault.map(|fault| fault.word().to_owned())),
        Value::Text(cell.detail),
        Value::Flag(cell.parsed),
        Value::Flag(cell.refused),
        Value::Text(cell.extracted),
        count(cell.usage.prompt_tokens),
        count(cell.usage.completion_tokens),
        count(Some(u64::from(cell.possibly_billed_twice))),
        Value::Text(cell.output),
    ];
    row.extend(metrics.iter().map(|metric| Value::Number(cell.scores.get(metric).copied())));
    row
}

/// Writes the table as CSV. Text that a spreadsheet would take for a formula gets an apostrophe in front.
pub(super) fn csv(cells: &mut Cells<'_>, plan: &Plan, out: &mut impl Write) -> Result<Exported, ReportError> {
    let metrics = metric_names(plan);
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(COLUMNS.iter().copied().map(str::to_owned).chain(metrics.iter().map(|name| harmless(name))))?;
    let exported = cells.for_each(true, |cell| {
        writer.write_record(row(cell, &metrics).into_iter().map(|value| match value {
            Value::Text(text) => text.map(|text| harmless(&text)).unwrap_or_default(),
            Value::Number(number) => number.map(|number| number.to_string()).unwrap_or_default(),
            Value::Count(count) => count.map(|count| count.to_string()).unwrap_or_default(),
            Value::Flag(flag) => flag.map(|flag| flag.to_string()).unwrap_or_default(),
        }))?;
        Ok(true)
    })?;
    writer.flush()?;
    Ok(exported)
}
