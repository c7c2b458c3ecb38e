//! One pass over the run file.

use bedside_core::Plan;
use bedside_store::RunReader;

use crate::error::ReportError;
use crate::table::Table;

/// The plan of a run and the table of its cells.
pub fn fold(reader: &RunReader) -> Result<(Plan, Table), ReportError> {
    let plan = reader.plan().clone();
    check(&plan)?;
    let items = (0..plan.benchmarks.len()).map(|benchmark| reader.items(benchmark)).collect::<Result<Vec<_>, _>>()?;
    let mut table = Table::new(&plan, items)?;
    reader.for_each_cell(|row| {
        table.add(row.index, row.finished.as_ref(), &row.scored, row.possibly_billed_twice);
        Ok(())
    })?;
    Ok((plan, table))
}

/// What the rest of this crate relies on when it looks something up by position.
fn check(plan: &Plan) -> Result<(), ReportError> {
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
