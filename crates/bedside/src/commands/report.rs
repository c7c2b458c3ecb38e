//! `analyze` and `report`: what a run says, as a table, as JSON, as a page.

use std::path::Path;

use bedside_report::{PageOptions, analyze as analyse, page};
use bedside_store::RunReader;

use crate::args::{Format, Global, Items, OneRun, Page, Report};
use crate::commands::run::page_address;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{output, runs};

/// Nominal level of every interval.
const LEVEL: f64 = 0.95;

/// `bedside analyze`
pub fn analyze(global: &Global, args: &OneRun) -> Result<Exit, Failure> {
    let file = runs::find(&global.runs, &args.run)?;
    let reader = RunReader::open(&file)?;
    results(global, &reader, &file)?;
    Ok(Exit::Done)
}

/// `bedside report`
pub fn report(global: &Global, args: &Report) -> Result<Exit, Failure> {
    let file = runs::find(&global.runs, &args.run)?;
    let reader = RunReader::open(&file)?;
    let target = args.output.clone().unwrap_or_else(|| file.with_extension("html"));
    write_page(&reader, &file, &target, &args.page)?;
    output::result(&format!("{}\n", page_address(&target)))?;
    Ok(Exit::Done)
}

/// Prints a run's results in the form asked for.
pub fn results(global: &Global, reader: &RunReader, file: &Path) -> Result<(), Failure> {
    let analysis = analyse(reader, LEVEL).map_err(|error| crate::commands::report::failed(&error))?;
    let id = runs::id(file);
    let text = match global.format {
        Format::Human => analysis.terminal(output::width()),
        Format::Json => analysis.to_json(&id, &file.display().to_string()),
        Format::Jsonl => analysis.to_jsonl(),
        Format::Csv => analysis.to_csv(),
    };
    output::result(&text)
}
