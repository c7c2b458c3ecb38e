//! A run file in the forms that other tools take: one cell a row, in the order of the plan, however large the run.
//!
//! Nothing here reads a whole run: cells are met one at a time, and a Parquet file is written group by group.

mod cell;
mod flat;
mod observations;
mod parquet;
mod ratings;
mod recorded;

use std::io::Write;

use bedside_core::Plan;
use bedside_store::RunReader;

use self::cell::Cells;
pub use self::cell::{ExportedCell, ExportedReading};
use crate::error::ReportError;

/// The forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportForm {
    /// Every cell with all that is known of it, one JSON object a line.
    Jsonl,
    /// Outputs as recorded outputs, so that the run can be repeated without asking anyone.
    Recorded,
    /// Every cell as a row of a flat table.
    Csv,
    /// The same table, typed.
    Parquet,
    /// The table of observations that `attribute`, `compare` and others take.
    Observations,
    /// Ratings by people.
    Ratings,
}

/// What is exported.
#[derive(Clone, Debug)]
pub struct ExportOptions {
    /// The form.
    pub form: ExportForm,
    /// The score of observations, as `scorer.metric`; each benchmark's headline when absent.
    pub metric: Option<String>,
}

/// What was exported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Rows or lines, without a header.
    pub rows: u64,
    /// Cells whose score is by other scorers than those in force, and was left out.
    pub scored_otherwise: u64,
}

/// Writes a run in the form asked for. The same events give the same bytes, whatever the order in which they were merged.
pub fn export<W: Write + Send>(
    reader: &RunReader,
    options: &ExportOptions,
    out: &mut W,
) -> Result<Exported, ReportError> {
    let plan = reader.plan_in_force()?;
    crate::fold::check(&plan)?;
    let mut cells = Cells::new(reader, &plan);
    match options.form {
        ExportForm::Jsonl => jsonl(&mut cells, out),
        ExportForm::Recorded => recorded::write(&mut cells, out),
        ExportForm::Csv => flat::csv(&mut cells, &plan, out),
        ExportForm::Parquet => parquet::write(&mut cells, &plan, out),
        ExportForm::Observations => observations::write(&mut cells, &plan, options.metric.as_deref(), out),
        ExportForm::Ratings => ratings::write(reader, &plan, out),
    }
}

fn jsonl(cells: &mut Cells<'_>, out: &mut impl Write) -> Result<Exported, ReportError> {
    cells.for_each(true, |cell| {
        serde_json::to_writer(&mut *out, &cell)?;
        out.write_all(b"\n")?;
        Ok(true)
    })
}

/// Every metric of the run by name, in the order of the plan, each once.
fn metric_names(plan: &Plan) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for metric in plan.benchmarks.iter().flat_map(|benchmark| &benchmark.metrics) {
        let name = metric.name();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}
