//! The results as a person reads them in a terminal: no colour, as wide as asked, nothing from outside unsanitised.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use bedside_core::Scale;
use bedside_core::plan::PlannedBenchmark;
use bedside_core::shown::Shown;
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, presets};

use crate::analysis::Analysis;
use crate::limits;
use crate::row::{CellCounts, ResultRow};
use crate::show;
use crate::warning::WarningText;

/// Narrower than this a table of numbers is unreadable; lines are then longer than asked.
const NARROWEST: u16 = 60;

impl Analysis {
    /// The results in words and tables at most `width` columns wide.
    pub fn terminal(&self, width: u16) -> String {
        let width = width.max(NARROWEST);
        let mut out = String::new();
        for (position, benchmark) in self.plan.benchmarks.iter().enumerate() {
            self.benchmark(position, benchmark, width, &mut out);
            self.further(position, benchmark, width, &mut out);
            self.slices(position, benchmark, width, &mut out);
            out.push('\n');
        }
        self.warning_block(width, &mut out);
        self.last_line(&mut out);
        out
    }

    /// The headlines alone, for output that ends in a page with everything else.
    pub fn terminal_in_brief(&self, width: u16) -> String {
        let width = width.max(NARROWEST);
        let mut out = String::new();
        for (position, benchmark) in self.plan.benchmarks.iter().enumerate() {
            self.benchmark(position, benchmark, width, &mut out);
            out.push('\n');
        }
        if !self.warnings.is_empty() {
            let reasons = show::count(self.warnings.len() as u64, "reason", "reasons");
            line(&mut out, &format!("{reasons} for caution, further metrics and every answer stand on the page"));
        }
        self.last_line(&mut out);
        out
    }

    fn last_line(&self, out: &mut String) {
        let state = if self.complete { "complete" } else { "incomplete" };
        line(out, &format!("run {} {state}: {}", Shown::line(&self.run), cells(&self.cells)));
    }

    fn benchmark(&self, position: usize, benchmark: &PlannedBenchmark, width: u16, out: &mut String) {
        line(
            out,
            &format!(
                "{}  ({} {})",
                Shown::line(&benchmark.title),
                Shown::line(&benchmark.id),
                Shown::line(&benchmark.version)
            ),
        );
        let (clusters, what) = self.clusters(position);
        let grouped = if clusters == benchmark.selected {
            String::new()
        } else {
            format!(" in {clusters} {}", Shown::line(&what))
        };
        line(
            out,
            &format!(
                "{} · {}{grouped} ({}) · {} data · references: {}",
                show::words(benchmark.domain.word()),
                show::count(benchmark.selected, "item", "items"),
                Shown::line(&benchmark.selection),
                benchmark.data_class.word(),
                Shown::line(&benchmark.reviewed_by),
            ),
        );
        out.push('\n');
        let rows: Vec<&ResultRow> = self.headlines(&benchmark.id).collect();
        if rows.is_empty() {
            line(out, "  no answer was scored");
        } else {
            self.headline_table(position, &rows, width, out);
        }
    }

    fn headline_table(&self, position: usize, rows: &[&ResultRow], width: u16, out: &mut String) {
        let several = self.several_prompts(position);
        let first = rows[0];
        let mut table = plain(width);
        let metric = Shown::line(&show::metric(&first.metric, first.scale)).to_string();
        table.set_header(["system", metric.as_str(), "n", "floor", "unparsed", "faults"]);
        whole(&mut table, &[1, 2, 3]);
        for row in rows {
            let counted = row.count.map_or(row.n.to_string(), |count| format!("{count}/{}", row.n));
            table.add_row([
                show::system(&row.system, &row.prompt, several),
                show::estimate(&row.estimate, row.scale),
                counted,
                floor(row),
                unparsed(row),
                faults(row),
            ]);
        }
        push_table(&table, out);
        let policies: BTreeSet<String> = rows.iter().filter_map(|row| policy(row)).collect();
        if !policies.is_empty() {
            line(
                out,
                &format!(
                    "  floor: the best policy without skill, here {}",
                    policies.into_iter().collect::<Vec<_>>().join(", ")
                ),
            );
        }
        if rows.iter().any(|row| row.unparsed + row.faults > 0) {
            line(out, "  ≤ the score if all unparsed were right · ≥ the score if all faults were failures");
        }
        if first.scale == Scale::Overlap {
            line(out, "  Overlap with a reference text, ×100: no measure of clinical correctness.");
        }
    }

    /// Further metrics: the same systems, one column a metric would not fit, so one row a metric and system.
    fn further(&self, position: usize, benchmark: &PlannedBenchmark, width: u16, out: &mut String) {
        let several = self.several_prompts(position);
        let rows: Vec<&ResultRow> = self
            .results
            .iter()
            .filter(|row| !row.primary && row.stratum.is_none() && row.benchmark == benchmark.id)
            .collect();
        if rows.is_empty() {
            return;
        }
        let mut table = plain(width);
        table.set_header(["further metrics", "system", "score", "n", "floor"]);
        whole(&mut table, &[2, 3, 4]);
        for row in rows {
            let keyed = row
                .reference
                .as_deref()
                .map_or(String::new(), |key| format!(" (key: {})", Shown::cut(key, limits::NAME_SHOWN)));
            table.add_row([
                format!("{}{keyed}", Shown::cut(&show::metric(&row.metric, row.scale), limits::NAME_SHOWN)),
                show::system(&row.system, &row.prompt, several),
                show::estimate(&row.estimate, row.scale),
                row.n.to_string(),
                floor(row),
            ]);
        }
        out.push('\n');
        push_table(&table, out);
    }

    fn slices(&self, position: usize, benchmark: &PlannedBenchmark, width: u16, out: &mut String) {
        let several = self.several_prompts(position);
        let strata: Vec<&String> = self.table.items(position).strata.keys().collect();
        if strata.is_empty() {
            return;
        }
        let shown = &strata[..strata.len().min(limits::STRATA_SHOWN)];
        let mut table = plain(width);
        table.set_header(["slice", "system", "score", "n"]);
        whole(&mut table, &[2, 3]);
        let mut any = false;
        for stratum in shown {
            let rows = self.results.iter().filter(|row| {
                row.primary && row.benchmark == benchmark.id && row.stratum.as_deref() == Some(stratum.as_str())
            });
            for row in rows {
                any = true;
                table.add_row([
                    Shown::cut(stratum, limits::NAME_SHOWN).to_string(),
                    show::system(&row.system, &row.prompt, several),
                    show::estimate(&row.estimate, row.scale),
                    row.n.to_string(),
                ]);
            }
        }
        if any {
            out.push('\n');
            push_table(&table, out);
        }
        if strata.len() > shown.len() {
            line(out, &format!("  {} of {} slices shown; `--format json` has all", shown.len(), strata.len()));
        }
    }

    fn warning_block(&self, width: u16, out: &mut String) {
        if self.warnings.is_empty() {
            return;
        }
        line(out, "Before you rely on this");
        for group in grouped(self.warnings.iter().map(crate::warning::Warning::text).collect()) {
            for warning in group.iter().take(limits::WARNINGS_SHOWN) {
                wrap(&format!("{}{}", place(warning), Shown::line(&warning.seen)), width, "  - ", "    ", out);
            }
            if group.len() > limits::WARNINGS_SHOWN {
                line(out, &format!("    and {} more like this", group.len() - limits::WARNINGS_SHOWN));
            }
            wrap(&format!("{}. {}.", capital(&group[0].means), capital(&group[0].remedy)), width, "    ", "    ", out);
        }
        out.push('\n');
    }
}

/// Warnings of one kind stand together, and what they mean is said once.
fn grouped(warnings: Vec<WarningText>) -> Vec<Vec<WarningText>> {
    let mut groups: Vec<Vec<WarningText>> = Vec::new();
    for warning in warnings {
        let same = groups.iter_mut().find(|group| group[0].kind == warning.kind && group[0].means == warning.means);
        match same {
            Some(group) => group.push(warning),
            None => groups.push(vec![warning]),
        }
    }
    groups
}

fn place(warning: &WarningText) -> String {
    let parts: Vec<String> = [&warning.benchmark, &warning.system]
        .into_iter()
        .flatten()
        .map(|part| Shown::cut(part, limits::NAME_SHOWN).to_string())
        .collect();
    if parts.is_empty() { String::new() } else { format!("{}: ", parts.join(", ")) }
}

fn cells(cells: &CellCounts) -> String {
    let mut words = format!("{} of {} cells answered", cells.answered, cells.planned);
    for (n, one, many) in [
        (cells.unparsed, "unparsed", "unparsed"),
        (cells.faults, "fault", "faults"),
        (cells.not_attempted, "not attempted", "not attempted"),
    ] {
        if n > 0 {
            let _ = write!(words, ", {}", show::count(n, one, many));
        }
    }
    words
}

fn policy(row: &ResultRow) -> Option<String> {
    row.floor.as_ref().map(|floor| Shown::cut(&floor.policy, limits::NAME_SHOWN).to_string())
}

fn floor(row: &ResultRow) -> String {
    row.floor.as_ref().map_or("-".to_owned(), |floor| show::estimate(&floor.estimate, row.scale))
}

/// Unparsed answers; their number alone where it is 0, with the score if all were right where it is not.
fn unparsed(row: &ResultRow) -> String {
    let percent = 100.0 * row.unparsed as f64 / row.n as f64;
    match (row.unparsed, row.creditable()) {
        (0, _) => "0".to_owned(),
        (n, Some(most)) => format!("{n} ({percent:.1} %), ≤ {}", show::value(most, row.scale)),
        (n, None) => format!("{n} ({percent:.1} %)"),
    }
}

fn faults(row: &ResultRow) -> String {
    if row.faults == 0 {
        return "0".to_owned();
    }
    format!("{}, ≥ {}", row.faults, show::value(row.bounds.faults_as_failures, row.scale))
}

fn plain(width: u16) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    table
}

/// These columns hold numbers: aligned to the right, and never broken over two lines.
fn whole(table: &mut Table, columns: &[usize]) {
    for &column in columns {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
}

fn push_table(table: &Table, out: &mut String) {
    for text in table.lines() {
        line(out, text.trim_end());
    }
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// Breaks a text at spaces.
fn wrap(text: &str, width: u16, first: &str, next: &str, out: &mut String) {
    let mut current = first.to_owned();
    let mut empty = true;
    for word in text.split(' ') {
        if !empty && current.chars().count() + 1 + word.chars().count() > usize::from(width) {
            line(out, &current);
            next.clone_into(&mut current);
            empty = true;
        }
        if !empty {
            current.push(' ');
        }
        current.push_str(word);
        empty = false;
    }
    line(out, &current);
}
