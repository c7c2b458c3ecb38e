//! Outputs as recorded outputs: `bedside run … --model recorded:FILE` then scores them as if the systems were there.

use std::io::Write;

use bedside_core::plan::Role;
use bedside_core::recorded::RecordedLine;

use super::Exported;
use super::cell::Cells;
use crate::error::ReportError;

/// One line for each answer of a system under test. Null policies are left out: the next run adds its own.
pub(super) fn write(cells: &mut Cells<'_>, out: &mut impl Write) -> Result<Exported, ReportError> {
    cells.for_each(true, |cell| {
        let (Role::Subject, Some(output)) = (cell.role, cell.output) else { return Ok(false) };
        let line = RecordedLine {
            item: cell.item,
            output,
            system: Some(cell.system),
            benchmark: Some(cell.benchmark),
            epoch: Some(cell.epoch),
            variant: None,
            prompt: Some(cell.prompt),
            messages: None,
            requests: None,
            stop: cell.stop,
            option_logprobs: (!cell.option_logprobs.is_empty()).then_some(cell.option_logprobs),
            usage: Some(cell.usage),
            final_text: None,
            edit_seconds: None,
            site: None,
            date: None,
        };
        serde_json::to_writer(&mut *out, &line)?;
        out.write_all(b"\n")?;
        Ok(true)
    })
}
