//! The table of observations: one score of one system on one item, as evidence gathered elsewhere is written too.

use std::io::Write;

use bedside_core::Plan;
use bedside_core::plan::Role;

use super::cell::Cells;
use super::{Exported, metric_names};
use crate::error::ReportError;
use crate::json::harmless;

/// The columns, in this order.
const COLUMNS: [&str; 16] = [
    "system", "item", "prompt", "epoch", "score", "task", "metric", "cluster", "template", "variant", "scaffold",
    "tools", "judge", "parsed", "fault", "stage",
];

/// Writes one metric of each benchmark: the one asked for, where a benchmark has it, or its headline.
///
/// A fault is a row without a score: missing data. An unparsed answer keeps its score, which is "not correct". Cells that were never
/// attempted, or are not in a recording, have no row. Null policies are no systems under test and have none either.
pub(super) fn write(
    cells: &mut Cells<'_>,
    plan: &Plan,
    metric: Option<&str>,
    out: &mut impl Write,
) -> Result<Exported, ReportError> {
    let known = metric_names(plan);
    if let Some(metric) = metric.filter(|metric| !known.iter().any(|name| name == metric)) {
        return Err(ReportError::NoMetric { metric: metric.to_owned(), known });
    }
    // By id: cells name their benchmark, and a run has each benchmark once.
    let wanted = |benchmark: &str| {
        let planned = plan.benchmarks.iter().find(|planned| planned.id == benchmark)?;
        let found = match metric {
            None => planned.metrics.get(planned.primary),
            Some(metric) => planned.metrics.iter().find(|known| known.name() == metric),
        }?;
        Some((found.name(), found.scorer.clone()))
    };
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(COLUMNS)?;
    let exported = cells.for_each(false, |cell| {
        if cell.role != Role::Subject || cell.outcome == "missing" {
            return Ok(false);
        }
        let Some((metric, scorer)) = wanted(&cell.benchmark) else { return Ok(false) };
        let score = cell.scores.get(&metric).copied();
        if let Some(score) = score.filter(|score| !(0.0..=1.0).contains(score)) {
            return Err(ReportError::ScoreRange { metric, item: cell.item, system: cell.system, score });
        }
        let parsed = score.and_then(|_| cell.readings.iter().rev().find(|reading| reading.scorer == scorer));
        let parsed = parsed.map(|reading| reading.parsed.to_string()).unwrap_or_default();
        let nothing = String::new;
        writer.write_record([
            harmless(&cell.system),
            harmless(&cell.item),
            harmless(&cell.prompt),
            cell.epoch.to_string(),
            score.map(|score| score.to_string()).unwrap_or_default(),
            harmless(&cell.task),
            harmless(&metric),
            harmless(&cell.cluster),
            // The item stands for itself where it was made from no template.
            harmless(cell.template.as_ref().unwrap_or(&cell.item)),
            harmless(&cell.variant),
            nothing(),
            nothing(),
            nothing(),
            parsed,
            cell.fault.map(|fault| fault.word().to_owned()).unwrap_or_default(),
            "y0".to_owned(),
        ])?;
        Ok(true)
    })?;
    writer.flush()?;
    Ok(exported)
}
