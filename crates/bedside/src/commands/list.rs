//! `list`: what there is.

use bedside_core::shown::Shown;
use bedside_run::package::{self, Found};
use bedside_run::system::local::MODEL;
use bedside_run::system::null::NullPolicy;
use bedside_run::system::providers;
use bedside_run::weights;
use bedside_store::RunReader;
use comfy_table::{ContentArrangement, Table, presets};

use crate::args::{Format, Global, Listing};
use crate::commands::fetcher;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{output, runs};

/// `bedside list`
pub fn list(global: &Global, what: Listing) -> Result<Exit, Failure> {
    let (columns, rows) = match what {
        Listing::Benchmarks => benchmarks(global),
        Listing::Models => models(global),
        Listing::Scorers => scorers(),
        Listing::Runs => run_files(global),
        Listing::Recorded => recorded(),
    };
    output::result(&table(global.format, columns, &rows))?;
    Ok(if rows.is_empty() { Exit::Nothing } else { Exit::Done })
}

type Rows = (&'static [&'static str], Vec<Vec<String>>);

fn benchmarks(global: &Global) -> Rows {
    let fetcher = fetcher(global);
    let beside = std::fs::read_dir("benchmarks").into_iter().flatten().flatten().map(|entry| entry.path());
    let mut beside: Vec<_> = beside.filter(|path| path.join("benchmark.toml").is_file()).collect();
    beside.sort();
    let mut found: Vec<Found> = bedside_recipes::embedded::names()
        .filter(|name| !beside.iter().any(|path| path.ends_with(name)))
        .map(Found::Embedded)
        .collect();
    found.extend(beside.into_iter().map(Found::Folder));
    let mut rows: Vec<Vec<String>> = found
        .into_iter()
        .map(|found| match package::manifest(&found) {
            Ok(checked) => {
                let table = &checked.manifest.benchmark;
                let source = checked.manifest.source.as_ref();
                let files = source
                    .map(|source| source.file.iter().filter(|file| !file.recorded_only).collect::<Vec<_>>())
                    .unwrap_or_default();
                let megabytes = files.iter().map(|file| file.bytes).sum::<u64>() as f64 / 1e6;
                let cached = files.iter().all(|file| fetcher.cache.join("sources").join(&file.sha256).is_file());
                let needs = match source {
                    None => "its own folder".to_owned(),
                    Some(source) if source.generator.is_some() => "nothing: drawn here".to_owned(),
                    Some(_) if cached => "nothing: cached".to_owned(),
                    Some(source) if source.mirror_only.is_some() => format!("{megabytes:.1} MB, mirror only"),
                    Some(_) => format!("{megabytes:.1} MB to fetch"),
                };
                vec![
                    table.domain.word().to_owned(),
                    table.id.clone(),
                    table.title.clone(),
                    table.licence.clone(),
                    table.data_class.word().to_owned(),
                    table.reviewed_by.clone(),
                    needs,
                ]
            }
            Err(problems) => {
                let first = problems.0.first().map_or_else(String::new, |problem| problem.what.clone());
                vec![
                    "?".to_owned(),
                    format!("{found:?}"),
                    format!("broken: {first}"),
                    String::new(),
                    String::new(),
                    String::new(),
                    "bedside check names every mistake".to_owned(),
                ]
            }
        })
        .collect();
    rows.sort();
    (&["domain", "benchmark", "title", "licence", "data", "references reviewed by", "needs"], rows)
}

fn models(global: &Global) -> Rows {
    let cache = fetcher(global).cache;
    let mut rows: Vec<Vec<String>> = providers()
        .filter(|(name, _)| !matches!(*name, "local" | "null"))
        .map(|(name, what)| {
            vec![
                match name {
                    "recorded" => "recorded:FILE.jsonl".to_owned(),
                    "exec" => "exec:COMMAND".to_owned(),
                    "azure" => "azure/DEPLOYMENT".to_owned(),
                    _ => format!("{name}/MODEL"),
                },
                what.to_owned(),
            ]
        })
        .collect();
    let state = if weights::cached(&cache).is_some() { "in the cache" } else { "fetched once, 98 MB" };
    rows.push(vec![
        format!("local/{MODEL}"),
        format!("the embedded model ({state}): proves the plumbing, its scores mean nothing clinically"),
    ]);
    rows.extend(
        NullPolicy::FLOORS
            .into_iter()
            .chain([NullPolicy::Oracle])
            .map(|policy| vec![format!("null/{}", policy.name()), policy.what().to_owned()]),
    );
    (&["system", "what it is"], rows)
}

fn scorers() -> Rows {
    let rows = bedside_score::catalogue()
        .iter()
        .flat_map(|info| {
            info.metrics.iter().map(|metric| {
                vec![
                    format!("{} v{}", info.kind, info.version),
                    metric.name.to_owned(),
                    metric.scale.word().to_owned(),
                    metric.what.to_owned(),
                ]
            })
        })
        .collect();
    (&["scorer", "metric", "scale", "what it says"], rows)
}

fn run_files(global: &Global) -> Rows {
    let rows = runs::all(&global.runs)
        .iter()
        .map(|path| match RunReader::open(path).and_then(|reader| Ok((reader.plan().clone(), reader.summary()?))) {
            Ok((plan, summary)) => {
                let names = |list: Vec<&str>| Shown::cut(&list.join(", "), 60).to_string();
                vec![
                    runs::id(path),
                    names(plan.benchmarks.iter().map(|benchmark| benchmark.id.as_str()).collect()),
                    names(
                        plan.systems
                            .iter()
                            .filter(|system| system.role == bedside_core::plan::Role::Subject)
                            .map(|system| system.name.as_str())
                            .collect(),
                    ),
                    format!("{} of {}", summary.answered, summary.planned),
                ]
            }
            Err(error) => vec![runs::id(path), "unreadable".to_owned(), error.to_string(), String::new()],
        })
        .collect();
    (&["run", "benchmarks", "systems", "cells answered"], rows)
}

fn recorded() -> Rows {
    let rows = bedside_recipes::embedded::names()
        .filter_map(|name| package::manifest(&Found::Embedded(name)).ok())
        .flat_map(|checked| {
            let id = checked.manifest.benchmark.id.clone();
            checked.manifest.recorded.into_iter().map(move |recorded| {
                let published: Vec<String> =
                    recorded.published.iter().map(|(metric, value)| format!("{metric} {value}")).collect();
                vec![
                    format!("recorded:{id}/{}", recorded.system),
                    published.join(", "),
                    recorded.published_in.unwrap_or_default(),
                ]
            })
        })
        .collect();
    (&["system", "published", "where"], rows)
}

fn table(format: Format, columns: &[&str], rows: &[Vec<String>]) -> String {
    if format != Format::Human {
        let object = |row: &Vec<String>| -> serde_json::Value {
            let cells = columns.iter().zip(row).map(|(column, cell)| (column.replace(' ', "_"), cell.as_str().into()));
            serde_json::Value::Object(cells.collect())
        };
        return output::rows(format, &rows.iter().map(object).collect::<Vec<_>>());
    }
    // What is long and rarely asked for stays in the other forms.
    let shown: Vec<usize> =
        (0..columns.len()).filter(|at| !matches!(columns[*at], "references reviewed by" | "where")).collect();
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(output::width());
    table.set_header(shown.iter().map(|at| columns[*at]));
    for row in rows {
        table.add_row(shown.iter().map(|at| Shown::line(&row[*at]).to_string()));
    }
    format!("{}\n", table.trim_fmt())
}
