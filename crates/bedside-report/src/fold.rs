//! One pass over the run file.

use bedside_core::Plan;
use bedside_store::{CellRow, RunReader};

use crate::error::ReportError;
use crate::item_index::ItemIndexBuilder;
use crate::table::Table;

/// What was read from a run file.
pub struct Folded {
    /// The plan, with the metrics that are in force.
    pub plan: Plan,
    /// Its cells.
    pub table: Table,
    /// Cells whose score is by other scorers than those in force: it is left out, as if it were not there.
    pub scored_otherwise: u64,
}

/// The plan of a run and the table of its cells.
pub fn fold(reader: &RunReader) -> Result<Folded, ReportError> {
    let plan = reader.plan_in_force()?;
    check(&plan)?;
    let mut items = Vec::with_capacity(plan.benchmarks.len());
    for benchmark in 0..plan.benchmarks.len() {
        let mut index = ItemIndexBuilder::default();
        reader.for_each_item(benchmark, |item| {
            index.add(&item);
            Ok(())
        })?;
        items.push(index.finish());
    }
    let mut table = Table::new(&plan, items)?;
    let mut scored_otherwise = 0;
    reader.for_each_cell(|row| {
        let other = !in_force(&plan, &row);
        scored_otherwise += u64::from(other);
        let scored = if other { &[] } else { row.scored.as_slice() };
        table.add(row.index, row.finished.as_ref(), scored, row.possibly_billed_twice);
        Ok(())
    })?;
    Ok(Folded { plan, table, scored_otherwise })
}

/// Whether a cell was scored by the scorers in force. Scores by two versions of a scorer are not one result.
pub fn in_force(plan: &Plan, row: &CellRow) -> bool {
    let planned = &plan.benchmarks[row.index.benchmark];
    let version = |scorer: &str| {
        planned.metrics.iter().find(|metric| metric.scorer == scorer).map(|metric| metric.scorer_version)
    };
    row.scored.is_empty()
        || row.scored_under.as_ref() == plan.rescored.get(&row.index.benchmark)
            && row.scored.iter().all(|scored| version(&scored.scorer).is_none_or(|version| version == scored.version))
}

/// What the rest of this crate relies on when it looks something up by position.
pub fn check(plan: &Plan) -> Result<(), ReportError> {
    for benchmark in &plan.benchmarks {
        if benchmark.primary >= benchmark.metrics.len() {
            return Err(ReportError::Plan(format!("benchmark `{}` has no headline metric", benchmark.id)));
        }
        if benchmark.prompts.is_empty() {
            return Err(ReportError::Plan(format!("benchmark `{}` has no wording", benchmark.id)));
        }
    }
    Ok(())
}
