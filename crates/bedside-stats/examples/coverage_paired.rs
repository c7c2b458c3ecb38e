//! How often the paired comparison errs: prints the tables of docs/reference/coverage-paired.md, in Markdown.
//!
//! `cargo run --release -p bedside-stats --example coverage_paired [worlds [null|difference|scores]]`

#![expect(clippy::print_stdout, reason = "an example that prints tables")]

#[path = "../tests/paired_simulation/mod.rs"]
mod paired_simulation;

use paired_simulation::{FAILS, Law, OVERLAP, Outcome, RUBRIC, RUBRIC_LESS, SKEWED, Shape, Sizes, simulate};

/// MEASUREMENT.md section 2, and the share of worlds without a difference that may be called different.
const DEMANDED: f64 = 0.93;
const ALLOWED: f64 = 0.055;
/// About 400 cells are judged: 3.7 standard errors leave one in twenty such tables a false alarm.
const STEPS: f64 = 3.7;

const NULL: [(f64, f64); 6] = [(0.01, 0.01), (0.05, 0.05), (0.1, 0.1), (0.2, 0.2), (0.3, 0.3), (0.4, 0.4)];
const SHIFTED: [(f64, f64); 6] = [(0.02, 0.0), (0.05, 0.0), (0.1, 0.02), (0.3, 0.1), (0.5, 0.1), (0.8, 0.0)];
const SCORES: [Law; 5] = [RUBRIC, RUBRIC_LESS, OVERLAP, SKEWED, FAILS];

fn shapes() -> Vec<Shape> {
    let mut shapes = Vec::new();
    for clusters in [3, 5, 6, 8, 10, 15, 20, 30, 50, 100, 200, 500] {
        shapes.push(Shape { clusters, items: 1, sizes: Sizes::Equal, icc: 0.0, runs: 1 });
    }
    for (clusters, items, sizes) in [
        (4, 20, Sizes::Equal),
        (6, 20, Sizes::Equal),
        (8, 10, Sizes::Equal),
        (12, 10, Sizes::Equal),
        (30, 10, Sizes::Equal),
        (100, 3, Sizes::Equal),
        (12, 10, Sizes::Fivefold),
        (30, 10, Sizes::Fivefold),
        (60, 3, Sizes::Fivefold),
        (200, 2, Sizes::Fivefold),
        (20, 5, Sizes::OneHalf),
    ] {
        for icc in [0.0, 0.1, 0.3, 0.5] {
            shapes.push(Shape { clusters, items, sizes, icc, runs: 1 });
        }
    }
    for runs in [2, 3, 5] {
        for (clusters, items, sizes, icc) in [
            (10, 1, Sizes::Equal, 0.0),
            (50, 1, Sizes::Equal, 0.0),
            (200, 1, Sizes::Equal, 0.0),
            (12, 10, Sizes::Equal, 0.3),
            (12, 10, Sizes::Fivefold, 0.3),
        ] {
            shapes.push(Shape { clusters, items, sizes, icc, runs });
        }
    }
    shapes
}

fn score_shapes() -> Vec<Shape> {
    let single = |clusters| Shape { clusters, items: 1, sizes: Sizes::Equal, icc: 0.0, runs: 1 };
    let mut shapes: Vec<Shape> = [6, 10, 20, 30, 50, 100, 200].map(single).into();
    for (clusters, items, sizes) in [(12, 5, Sizes::Equal), (30, 5, Sizes::Equal), (30, 5, Sizes::Fivefold)] {
        shapes.push(Shape { clusters, items, sizes, icc: 0.3, runs: 1 });
    }
    shapes
}

fn label(shape: Shape) -> String {
    let Shape { clusters, items, sizes, icc, runs } = shape;
    let sizes = match sizes {
        Sizes::Equal => format!("{items}"),
        Sizes::Fivefold => format!("{items}, a tenth of them {}", items * 5),
        Sizes::OneHalf => format!("{items}, one of them {}", items * (clusters - 1)),
    };
    format!("| {clusters} | {sizes} | {icc} | {runs} |")
}

/// Cells beyond what was demanded, kept for the list below the table.
#[derive(Default)]
struct Dips(Vec<String>);

impl Dips {
    fn see(&mut self, worlds: u64, shape: Shape, law: &str, truth: f64, found: Outcome) {
        let luck = |share: f64| STEPS * (share * (1.0 - share) / worlds as f64).sqrt();
        let mut note = |what: String| self.0.push(format!("{} {law} | {what} |", label(shape)));
        if truth == 0.0 && found.different > ALLOWED + luck(ALLOWED) {
            note(format!("called different: {:.1} %", found.different * 100.0));
        }
        if truth != 0.0 && found.equivalent > ALLOWED + luck(ALLOWED) {
            note(format!("called equivalent: {:.1} %", found.equivalent * 100.0));
        }
        if truth != 0.0 && found.coverage < DEMANDED - luck(DEMANDED) {
            note(format!("coverage {:.3}", found.coverage));
        }
    }
}

fn heading(title: &str, columns: impl Iterator<Item = String>) {
    let columns: Vec<String> = columns.collect();
    println!("\n## {title}\n");
    println!("| clusters | items in each | icc | runs | {} |", columns.join(" | "));
    println!("|{}", " --- |".repeat(4 + columns.len()));
}

fn null(worlds: u64) -> Dips {
    let mut dips = Dips::default();
    heading(
        "No difference: % called different (by a t test over items, blind to clusters)",
        NULL.iter().map(|(a, b)| format!("{:.0} % discordant", (a + b) * 100.0)),
    );
    for shape in shapes() {
        print!("{}", label(shape));
        for (a, b) in NULL {
            let found = simulate(worlds, shape, Law::YesNo(a, b));
            dips.see(worlds, shape, &format!("{a} / {b}"), 0.0, found);
            print!(" {:.1} ({:.1}) |", found.different * 100.0, found.blind * 100.0);
        }
        println!();
    }
    dips
}

fn difference(worlds: u64) -> Dips {
    let mut dips = Dips::default();
    heading(
        "A difference: coverage (mean width); % called equivalent at a margin as large as the difference",
        SHIFTED.iter().map(|(a, b)| format!("only A {a}, only B {b}")),
    );
    for shape in shapes() {
        print!("{}", label(shape));
        for (a, b) in SHIFTED {
            let law = Law::YesNo(a, b);
            let found = simulate(worlds, shape, law);
            dips.see(worlds, shape, &format!("{a} / {b}"), law.truth(shape.runs), found);
            print!(" {:.3} ({:.2}); {:.1} |", found.coverage, found.width, found.equivalent * 100.0);
        }
        println!();
    }
    dips
}

fn scores(worlds: u64) -> Dips {
    let mut dips = Dips::default();
    let name = |law: &Law| match law {
        Law::Score(_, truth, name) => format!("{name} ({truth})"),
        Law::YesNo(..) => String::new(),
    };
    heading(
        "Scores between 0 and 1: coverage (mean width); % called equivalent at a margin as large as the difference",
        SCORES.iter().map(name),
    );
    for shape in score_shapes() {
        print!("{}", label(shape));
        for law in SCORES {
            let found = simulate(worlds, shape, law);
            dips.see(worlds, shape, &name(&law), law.truth(1), found);
            print!(" {:.3} ({:.3}); {:.1} |", found.coverage, found.width, found.equivalent * 100.0);
        }
        println!();
    }
    dips
}

/// Prints a table of so many worlds a cell.
type Table = fn(u64) -> Dips;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let worlds = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(4_000);
    let only = arguments.next();
    let tables: [(&str, Table); 3] = [("null", null), ("difference", difference), ("scores", scores)];
    for (name, table) in tables {
        if only.as_deref().is_some_and(|only| only != name) {
            continue;
        }
        let dips = table(worlds);
        if dips.0.is_empty() {
            println!("\nNo dips beyond luck.");
            continue;
        }
        println!("\nKnown dips:\n");
        println!("| clusters | items in each | icc | runs | only A / only B, or law | seen |");
        println!("|{}", " --- |".repeat(6));
        for dip in dips.0 {
            println!("{dip}");
        }
    }
}
