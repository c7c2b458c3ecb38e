//! One self-contained page for a clinician, an engineer and a reviewer: opens from disk, prints, needs neither network nor script.
//!
//! The page is written piece by piece, so that its size does not set the memory needed.

mod anchor;
mod benchmark;
mod case;
mod end;
mod html;
mod pick;
mod text;
mod top;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use bedside_core::manifest::Manifest;
use bedside_core::plan::{CellIndex, Role};
use bedside_core::schema::{self, SourceText};
use bedside_store::{CellRow, RunReader};
use serde::Serialize;

pub use pick::ItemsShown;

use self::anchor::Anchors;
use self::html::Html;
use self::pick::Case;
use crate::analysis::Analysis;
use crate::error::ReportError;
use crate::limits;
use crate::show;

/// What the page holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageOptions {
    /// Cases of each system and task.
    pub items_per_task: ItemsShown,
}

impl Default for PageOptions {
    fn default() -> Self {
        Self { items_per_task: ItemsShown::AtMost(limits::ITEMS_PER_TASK) }
    }
}

/// Writes the page. The same run file and analysis give the same bytes.
///
/// The outputs of the chosen cases are read one at a time; what scorers said of them is held in memory, so `ItemsShown::All`
/// on a run of a million cells takes a gigabyte.
pub fn page(
    reader: &RunReader,
    analysis: &Analysis,
    options: &PageOptions,
    out: &mut impl Write,
) -> Result<(), ReportError> {
    let html = Html::new()?;
    let mut anchors = Anchors::default();
    // The page's own sections first, so that no benchmark takes their names.
    for own in ["measured", "brief", "doubts", "sides", "how", "methods"] {
        anchors.give(&[own]);
    }
    let addresses: Vec<String> =
        analysis.plan.benchmarks.iter().map(|benchmark| anchors.give(&[&benchmark.id])).collect();
    let manifests: Vec<Option<Manifest>> = manifests(reader, analysis);
    let chosen = choose(analysis, options);
    let mut rows = rows(reader, &chosen)?;

    write(out, &html.render("top.html", &top::view(analysis, &addresses))?)?;
    for (position, manifest) in manifests.iter().enumerate() {
        let view = benchmark::view(analysis, position, &addresses[position], manifest.as_ref())?;
        write(out, &html.render("benchmark.html", &view)?)?;
        let planned = &analysis.plan.benchmarks[position];
        let of_benchmark = chosen.iter().filter(|(key, _)| key.0 == position);
        let shown = of_benchmark.flat_map(|(_, picked)| picked.cases.iter().map(|case| case.item)).collect();
        let items = reader.items_at(position, &shown)?;
        let wordings = case::wordings(planned, manifest.as_ref());
        for (system, picked) in chosen.iter().filter(|(key, _)| key.0 == position).map(|(key, picked)| (key.1, picked))
        {
            let asked = &analysis.plan.systems[system];
            let head = SystemView {
                anchor: anchors.give(&[&planned.id, &asked.name]),
                system: asked.name.clone(),
                shown: text::spans(&picked.words()),
            };
            write(out, &html.render("system.html", &head)?)?;
            let setting = case::Setting { reader, planned, system: asked, wordings: &wordings };
            for case in &picked.cases {
                let Some(item) = items.get(&case.item) else { continue };
                let cells = rows.remove(&(position, system, case.item)).unwrap_or_default();
                let anchor = anchors.give(&[&planned.id, &asked.name, &item.id]);
                write(out, &html.render("case.html", &setting.view(anchor, case, item, &cells)?)?)?;
            }
        }
        write(out, &html.render("system_end.html", &())?)?;
    }
    write(out, &html.render("end.html", &end::view(analysis))?)?;
    Ok(())
}

#[derive(Serialize)]
struct SystemView {
    anchor: String,
    system: String,
    shown: Vec<text::Span>,
}

/// The cases chosen for one system and benchmark.
struct Picked {
    cases: Vec<Case>,
    attempted: usize,
}

impl Picked {
    fn words(&self) -> String {
        let (shown, of) = (self.cases.len(), self.attempted);
        if of == 0 {
            return "No case was attempted.".to_owned();
        }
        if shown == of {
            return format!("All {} shown, in the order of reading.", show::count(of as u64, "case", "cases"));
        }
        format!(
            "{shown} of {of} cases shown: first what to look at, then some that went well. `bedside report RUN --items all` (or a number) shows more; all are in the run file."
        )
    }
}

fn choose(analysis: &Analysis, options: &PageOptions) -> BTreeMap<(usize, usize), Picked> {
    let plan = &analysis.plan;
    let mut chosen = BTreeMap::new();
    for (position, planned) in plan.benchmarks.iter().enumerate() {
        for (system, _) in plan
            .systems
            .iter()
            .enumerate()
            .filter(|(_, system)| system.role == Role::Subject && system.takes_part_in(position))
        {
            let cases = pick::cases(&analysis.table, planned, position, system);
            let attempted = cases.len();
            let cases = pick::pick(cases, planned.metrics[planned.primary].scale, options.items_per_task);
            chosen.insert((position, system), Picked { cases, attempted });
        }
    }
    chosen
}

/// Positions of a benchmark, a system and an item in the plan.
type CasePlace = (usize, usize, usize);

/// The cells of the chosen cases, in the order of wording and run.
fn rows(
    reader: &RunReader,
    chosen: &BTreeMap<(usize, usize), Picked>,
) -> Result<BTreeMap<CasePlace, Vec<CellRow>>, ReportError> {
    let wanted: BTreeSet<CasePlace> = chosen
        .iter()
        .flat_map(|(&(benchmark, system), picked)| picked.cases.iter().map(move |case| (benchmark, system, case.item)))
        .collect();
    let mut rows: BTreeMap<CasePlace, Vec<CellRow>> = BTreeMap::new();
    let place = |cell: CellIndex| (cell.benchmark, cell.system, cell.item);
    reader.for_some_cells(
        |cell| wanted.contains(&place(cell)),
        |row| {
            rows.entry(place(row.index)).or_default().push(row);
            Ok(())
        },
    )?;
    for cells in rows.values_mut() {
        cells.sort_by_key(|row| (row.index.prompt, row.index.epoch));
    }
    Ok(rows)
}

/// The manifests as they were on the day of the run; `None` where one cannot be read, which a page must survive.
fn manifests(reader: &RunReader, analysis: &Analysis) -> Vec<Option<Manifest>> {
    let mut manifests = Vec::new();
    for benchmark in &analysis.plan.benchmarks {
        let text = reader.blob(&benchmark.manifest).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        manifests.push(text.and_then(|text| {
            let source = SourceText { file: "benchmark.toml", text: &text, lines_before: 0 };
            schema::from_toml::<Manifest>(source).ok().filter(|read| read.problems.0.is_empty()).map(|read| read.value)
        }));
    }
    manifests
}

fn write(out: &mut impl Write, piece: &str) -> Result<(), ReportError> {
    out.write_all(piece.as_bytes())?;
    Ok(())
}
