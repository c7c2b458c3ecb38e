//! How often the intervals of corrected scores and of pass^k hold the truth: prints the tables of `docs/reference/coverage-correction.md`.
//!
//! `cargo run --release -p bedside-stats --example coverage_two_phase [worlds] [all|external]`
//!
//! `all` names every cell and not only those that dip; `external` runs Rogan-Gladen alone.

#![expect(clippy::print_stdout, reason = "an example that prints a table")]

#[path = "../tests/audited/mod.rs"]
mod audited;

use audited::{Found, Repeats, World, cell, cell_of};

const PREVALENCES: [f64; 5] = [0.05, 0.2, 0.5, 0.8, 0.95];
const JUDGES: [(f64, f64); 6] = [(0.6, 0.6), (0.8, 0.7), (0.93, 0.8), (0.99, 0.99), (0.6, 0.99), (0.99, 0.6)];
const SIZES: [(usize, usize); 11] = [
    (20, 200),
    (50, 200),
    (100, 200),
    (20, 1_000),
    (50, 1_000),
    (100, 1_000),
    (200, 1_000),
    (400, 1_000),
    (50, 2_000),
    (200, 2_000),
    (400, 2_000),
];

/// One line of a table before it is summed up.
struct Cell {
    method: &'static str,
    group: String,
    name: String,
    found: Found,
}

fn worlds_of(audited: usize, items: usize) -> impl Iterator<Item = World> {
    PREVALENCES.into_iter().flat_map(move |prevalence| {
        JUDGES.into_iter().map(move |(sensitivity, specificity)| World {
            items,
            audited,
            prevalence,
            sensitivity,
            specificity,
            cluster: 1,
            icc: 0.0,
            runs: 1,
            stratified: false,
        })
    })
}

fn name(world: World) -> String {
    let World { items, audited, prevalence, sensitivity, specificity, cluster, icc, runs, stratified } = world;
    let audit = format!("audit {audited} of {items}, p {prevalence}, sens {sensitivity}, spec {specificity}");
    let clusters = (cluster > 1).then(|| format!("clusters of {cluster}, icc {icc}"));
    let repeats = (runs > 1).then(|| format!("{runs} runs"));
    let strata = stratified.then(|| "stratified".to_owned());
    [Some(audit), clusters, repeats, strata].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn corrections(worlds: u64, only_external: bool, cells: &mut Vec<Cell>) {
    for (audited, items) in SIZES {
        let group = format!("{audited} of {items}");
        for world in worlds_of(audited, items) {
            let truth = world.prevalence;
            let mut add = |method, found| {
                cells.push(Cell { method, group: group.clone(), name: name(world), found });
            };
            add("Rogan-Gladen, Lang-Reiczigel", cell(worlds, truth, |dice| world.external(dice)));
            if only_external {
                continue;
            }
            add("two-phase regression", cell(worlds, truth, |dice| world.two_phase(dice)));
            add("PPI++", cell(worlds, truth, |dice| world.prediction_powered(dice)));
            add("PPI++ as published", cell_of(worlds, truth, |dice| world.published(dice)));
        }
    }
}

fn clustered(worlds: u64, cells: &mut Vec<Cell>) {
    for (cluster, icc, runs, stratified) in [
        (5, 0.1, 1, false),
        (5, 0.3, 1, false),
        (20, 0.3, 1, false),
        (1, 0.0, 4, false),
        (5, 0.3, 4, false),
        (1, 0.0, 1, true),
        (5, 0.3, 1, true),
    ] {
        for (audited, items) in [(20, 200), (100, 200), (50, 1_000), (200, 1_000), (400, 2_000)] {
            for world in worlds_of(audited, items) {
                let world = World { cluster, icc, runs, stratified, ..world };
                let clusters = (cluster > 1).then(|| format!("clusters of {cluster}, icc {icc}"));
                let repeats = (runs > 1).then(|| format!("{runs} runs"));
                let strata = stratified.then(|| "stratified by the judge's verdict".to_owned());
                let group = [clusters, repeats, strata].into_iter().flatten().collect::<Vec<_>>().join("; ");
                cells.push(Cell {
                    method: "two-phase regression, clusters, runs, strata",
                    group,
                    name: name(world),
                    found: cell(worlds, world.prevalence, |dice| world.two_phase(dice)),
                });
            }
        }
    }
}

fn repeats(worlds: u64, cells: &mut Vec<Cell>) {
    for (items, cluster, icc) in
        [(20, 1, 0.0), (50, 1, 0.0), (100, 1, 0.0), (400, 1, 0.0), (100, 5, 0.1), (100, 5, 0.3), (400, 5, 0.3)]
    {
        for (runs, k) in [(4, 4), (5, 2), (8, 4), (8, 8)] {
            for shape in [(0.2, 1.0), (1.0, 1.0), (0.3, 0.3), (8.0, 1.0), (5.0, 0.2), (40.0, 1.0)] {
                let world = Repeats { items, runs, k, shape, cluster, icc };
                let truth = world.truth();
                let clusters = if cluster > 1 { format!(", clusters of {cluster}, icc {icc}") } else { String::new() };
                cells.push(Cell {
                    method: "pass^k",
                    group: format!("{items} items{clusters}"),
                    name: format!("{items} items{clusters}, pass^{k} of {runs} runs, truth {truth:.3}"),
                    found: cell(worlds, truth, |dice| world.pass_hat(dice)),
                });
            }
        }
    }
}

fn print(cells: &[Cell], worlds: u64, all: bool) {
    let count = cells.len();
    println!("{worlds} worlds a cell, {count} cells, seed {}.\n", audited::SEED);
    println!(
        "| method | group | cells | least coverage | mean coverage | mean width | narrowest | largest bias | dips |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    for group in cells.chunk_by(|a, b| a.method == b.method && a.group == b.group) {
        let n = group.len() as f64;
        let mean = |of: fn(&Found) -> f64| group.iter().map(|cell| of(&cell.found)).sum::<f64>() / n;
        let least = |of: fn(&Found) -> f64| group.iter().map(|cell| of(&cell.found)).fold(f64::INFINITY, f64::min);
        let bias = group.iter().map(|c| c.found.bias).fold(0.0_f64, |a, b| if b.abs() > a.abs() { b } else { a });
        println!(
            "| {} | {} | {} | {:.3} | {:.3} | {:.3} | {:.4} | {:+.3} | {} |",
            group[0].method,
            group[0].group,
            group.len(),
            least(Found::coverage),
            mean(Found::coverage),
            mean(|found| found.width),
            least(|found| found.narrowest),
            bias,
            group.iter().filter(|cell| cell.found.dips(count)).count(),
        );
    }
    println!("\nDips:\n");
    for cell in cells.iter().filter(|cell| all || cell.found.dips(count)) {
        let Found { width, bias, unanswered, .. } = cell.found;
        println!(
            "- {}, {}: {:.3} (width {width:.3}, bias {bias:+.4}, unanswered {unanswered})",
            cell.method,
            cell.name,
            cell.found.coverage(),
        );
    }
}

fn main() {
    let worlds = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(2_000);
    let word = std::env::args().nth(2).unwrap_or_default();
    let (all, only_external) = (word == "all", word == "external");
    let mut cells = Vec::new();
    corrections(worlds, only_external, &mut cells);
    if !only_external {
        clustered(worlds, &mut cells);
        repeats(worlds, &mut cells);
    }
    cells.sort_by_key(|cell| cell.method);
    print(&cells, worlds, all);
}
