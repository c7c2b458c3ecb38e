//! The end of the page: how to read it, and what is needed to check and repeat it.

use std::collections::{BTreeMap, BTreeSet};

use bedside_core::Digest;
use bedside_core::plan::{PlannedSystem, Role};
use bedside_core::shown::Shown;
use serde::Serialize;

use super::text::sentence;
use super::top::percent;
use crate::analysis::Analysis;
use crate::limits;

#[derive(Serialize)]
pub struct EndView {
    percent: String,
    text_shown: usize,
    provenance: Vec<Fact>,
    benchmarks: Vec<BenchmarkRow>,
    systems: Vec<SystemRow>,
    methods: Vec<MethodRow>,
    commands: String,
    version: String,
}

#[derive(Serialize)]
struct Fact {
    name: &'static str,
    value: String,
    code: bool,
}

#[derive(Serialize)]
struct BenchmarkRow {
    id: String,
    version: String,
    package: String,
    items: String,
    licence: String,
    scorers: String,
}

#[derive(Serialize)]
struct SystemRow {
    name: String,
    role: &'static str,
    settings: String,
    epochs: u32,
    host: String,
    digest: String,
}

#[derive(Serialize)]
struct MethodRow {
    method: String,
    assumes: String,
}

pub fn view(analysis: &Analysis) -> EndView {
    let plan = &analysis.plan;
    let digest = Digest::of_json(&serde_json::to_value(plan).expect("a plan was read from JSON"));
    let hosts: BTreeSet<&str> = plan.systems.iter().filter_map(|system| system.host.as_deref()).collect();
    let hosts = if hosts.is_empty() {
        "none: nothing left the machine".to_owned()
    } else {
        hosts.into_iter().collect::<Vec<_>>().join(", ")
    };
    let fact = |name, value| Fact { name, value, code: false };
    let code = |name, value| Fact { name, value, code: true };
    EndView {
        percent: percent(analysis),
        text_shown: limits::TEXT_SHOWN,
        provenance: vec![
            code("Run", analysis.run.clone()),
            code("Run file", analysis.file.clone()),
            code("Digest of the plan", digest.hex()),
            fact("Planned by", format!("bedside {}", plan.bedside)),
            fact("Seed", plan.seed.to_string()),
            fact("Hosts called", hosts),
        ],
        benchmarks: benchmarks(analysis),
        systems: plan.systems.iter().map(system).collect(),
        methods: methods(analysis),
        commands: commands(analysis),
        version: plan.bedside.clone(),
    }
}

fn benchmarks(analysis: &Analysis) -> Vec<BenchmarkRow> {
    let row = |benchmark: &bedside_core::plan::PlannedBenchmark| {
        let scorers: BTreeSet<String> = benchmark
            .metrics
            .iter()
            .map(|metric| format!("{} v{}", metric.scorer_kind, metric.scorer_version))
            .collect();
        BenchmarkRow {
            id: benchmark.id.clone(),
            version: benchmark.version.clone(),
            package: benchmark.package.hex(),
            items: format!("{} of {} ({})", benchmark.selected, benchmark.items, sentence(&benchmark.selection)),
            licence: sentence(&benchmark.licence),
            scorers: scorers.into_iter().collect::<Vec<_>>().join(", "),
        }
    };
    analysis.plan.benchmarks.iter().map(row).collect()
}

fn system(system: &PlannedSystem) -> SystemRow {
    let settings: Vec<String> = system.settings.iter().map(|(key, value)| format!("{key}={value}")).collect();
    SystemRow {
        name: system.name.clone(),
        role: match system.role {
            Role::Subject => "under test",
            Role::Floor => "policy without skill",
        },
        settings: if settings.is_empty() { "none given".to_owned() } else { sentence(&settings.join(", ")) },
        epochs: system.epochs,
        host: system.host.clone().unwrap_or_else(|| "this machine".to_owned()),
        digest: system.digest.short(),
    }
}

fn methods(analysis: &Analysis) -> Vec<MethodRow> {
    let mut methods: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for row in analysis.results.iter().filter(|row| row.stratum.is_none()) {
        let assumptions = methods.entry(row.estimate.method().as_str()).or_default();
        assumptions.extend(row.estimate.assumptions().iter().map(String::as_str));
    }
    methods
        .into_iter()
        .map(|(method, assumes)| MethodRow {
            method: method.to_owned(),
            assumes: assumes.into_iter().collect::<Vec<_>>().join("; "),
        })
        .collect()
}

fn commands(analysis: &Analysis) -> String {
    let plan = &analysis.plan;
    let subjects = || plan.systems.iter().filter(|system| system.role == Role::Subject);
    let mut run = vec!["bedside run".to_owned()];
    run.extend(plan.benchmarks.iter().map(|benchmark| quoted(&benchmark.id)));
    run.extend(subjects().map(|system| format!("--model {}", quoted(&system.name))));
    let epochs = subjects().map(|system| system.epochs).max().unwrap_or(1);
    if epochs > 1 {
        run.push(format!("--epochs {epochs}"));
    }
    let selections: BTreeSet<&str> = plan.benchmarks.iter().map(|benchmark| benchmark.selection.as_str()).collect();
    for selection in selections {
        let words: Vec<&str> = selection.split_whitespace().collect();
        match words.as_slice() {
            ["first", n, ..] if n.parse::<u64>().is_ok() => run.push(format!("--limit {n}")),
            [n, "at", "random" | "random,", ..] if n.parse::<u64>().is_ok() => run.push(format!("--sample {n}")),
            _ => {}
        }
    }
    run.push(format!("--seed {}", plan.seed));
    let file = quoted(&analysis.file);
    format!(
        "bedside verify {file}\n# nothing in the run file was changed\nbedside analyze {file} --format json\n# every number of this page\n{}\n# a new run of the same plan; answers of live systems may differ",
        run.join(" ")
    )
}

/// A word for a POSIX shell.
fn quoted(text: &str) -> String {
    let plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-./:@%+,".contains(c));
    let text = Shown::line(text).to_string();
    if plain { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}
