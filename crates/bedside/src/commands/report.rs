//! `analyze` and `report`: what a run says, as a table, as JSON, as a page.

use std::io::Write as _;
use std::path::Path;

use bedside_report::{Analysis, ItemsShown, PageOptions, analyze, page};
use bedside_stats::Level;
use bedside_store::RunReader;

use crate::args::{Format, Global, Items, OneRun, Page, Report};
use crate::commands::carry_out::page_address;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{output, runs};

/// `bedside analyze`
pub fn analyze_run(global: &Global, args: &OneRun) -> Result<Exit, Failure> {
    let file = runs::find(&global.runs, &args.run)?;
    let reader = RunReader::open(&file)?;
    results(global, &analysis(&reader)?, Detail::All)?;
    Ok(Exit::Done)
}

/// `bedside report`
pub fn report(global: &Global, args: &Report) -> Result<Exit, Failure> {
    let file = runs::find(&global.runs, &args.run)?;
    let reader = RunReader::open(&file)?;
    let target = args.output.clone().unwrap_or_else(|| file.with_extension("html"));
    write_page(&reader, &analysis(&reader)?, &target, &args.page)?;
    output::result(&format!("{}\n", page_address(&target)))?;
    Ok(Exit::Done)
}

/// How much a person is told in the terminal; other forms always hold all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// One table a benchmark.
    Headlines,
    /// Every metric and slice, and what to know before relying on them.
    All,
}

/// All that can be said of a run.
pub fn analysis(reader: &RunReader) -> Result<Analysis, Failure> {
    Ok(analyze(reader, Level::NINETY_FIVE)?)
}

/// Prints a run's results in the form asked for.
pub fn results(global: &Global, analysis: &Analysis, detail: Detail) -> Result<(), Failure> {
    let text = match global.format {
        Format::Human if detail == Detail::Headlines => analysis.terminal_in_brief(output::width()),
        Format::Human => analysis.terminal(output::width()),
        Format::Json => analysis.to_json()?,
        Format::Jsonl => analysis.to_jsonl()?,
        Format::Csv => analysis.to_csv()?,
    };
    output::result(&text)
}

/// Writes a run's page, whole or not at all.
pub fn write_page(reader: &RunReader, analysis: &Analysis, target: &Path, options: &Page) -> Result<(), Failure> {
    let shown = match options.items {
        Items::All => ItemsShown::All,
        Items::AtMost(n) => ItemsShown::AtMost(n),
    };
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = |error: &std::io::Error| Failure::write(target, error);
    // A page holds what the run file holds: for its owner alone, as temporary files are made.
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|error| failed(&error))?;
    let mut out = std::io::BufWriter::new(file.as_file_mut());
    page(reader, analysis, &PageOptions { items_per_task: shown }, &mut out)?;
    out.flush().map_err(|error| failed(&error))?;
    drop(out);
    file.persist(target).map_err(|error| failed(&error.error))?;
    Ok(())
}
