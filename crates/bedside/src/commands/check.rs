//! `check` and `synth`: packages and items before anything is run.

use bedside_core::problem::{Problem, Problems};
use bedside_run::{package, recorded};

use crate::args::{Check, Global, Synth};
use crate::commands::fetcher;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;

/// `bedside check`
pub async fn check(global: &Global, args: &Check) -> Result<Exit, Failure> {
    let fetcher = fetcher(global);
    let mut problems = Problems::new();
    let mut known: Vec<(String, Vec<String>)> = Vec::new();
    let mut prompts: Vec<String> = Vec::new();
    for what in &args.what {
        let loaded = match package::find(what) {
            Ok(found) => package::load(&found, &fetcher).await,
            Err(problem) => Err(problem.into()),
        };
        let benchmark = match loaded {
            Ok(benchmark) => benchmark,
            Err(found) => {
                problems.0.extend(found.0);
                continue;
            }
        };
        let table = &benchmark.manifest.manifest.benchmark;
        let mut clusters = std::collections::BTreeSet::new();
        let mut ids = Vec::with_capacity(benchmark.items.len());
        for item in benchmark.items.iter() {
            let item = item.map_err(|error| Problem::new("temporary_file", error.to_string()))?;
            clusters.insert(item.cluster);
            ids.push(item.id);
        }
        let metrics: Vec<String> =
            benchmark.manifest.metrics.iter().map(bedside_core::plan::PlannedMetric::name).collect();
        output::result(&format!(
            "{} {}: {} items in {} clusters, {} wording(s), headline {}\n  {} / {}, {} data, licence {}, references reviewed by: {}\n  metrics: {}\n  package {}\n",
            table.id,
            table.version,
            benchmark.items.len(),
            clusters.len(),
            benchmark.manifest.manifest.prompt.len(),
            metrics[benchmark.manifest.primary],
            table.domain.word(),
            table.subdomain,
            table.data_class.word(),
            table.licence,
            table.reviewed_by,
            metrics.join(", "),
            benchmark.digest.short(),
        ))?;
        prompts.extend(benchmark.manifest.manifest.prompt.iter().map(|prompt| prompt.id.clone()));
        known.push((benchmark.id().to_owned(), ids));
    }
    let lookup: std::collections::HashSet<(&str, &str)> =
        known.iter().flat_map(|(id, items)| items.iter().map(move |item| (id.as_str(), item.as_str()))).collect();
    let is_known = |benchmark: Option<&str>, item: &str| match benchmark {
        Some(name) => lookup.contains(&(name, item)),
        None => known.iter().any(|(id, _)| lookup.contains(&(id.as_str(), item))),
    };
    let names: Vec<&str> = known.iter().flat_map(|(_, items)| items.iter().map(String::as_str)).collect();
    let prompts: Vec<&str> = prompts.iter().map(String::as_str).collect();
    for path in &args.recorded {
        let recordings = match recorded::read(path) {
            Ok(recordings) => recordings,
            Err(found) => {
                problems.0.extend(found.0);
                continue;
            }
        };
        for recording in recordings {
            match recorded::check_items(&recording, &is_known, &names, &prompts) {
                Ok(()) => output::result(&format!(
                    "{}: {} outputs of `{}`, {} epoch(s)\n",
                    path.display(),
                    recording.len(),
                    bedside_core::shown::Shown::cut(&recording.system, 80),
                    recording.epochs()
                ))?,
                Err(found) => problems.0.extend(found.0),
            }
        }
    }
    if problems.0.is_empty() { Ok(Exit::Done) } else { Err(problems.into()) }
}

/// `bedside synth`
pub fn synth(args: &Synth) -> Result<Exit, Failure> {
    let items = bedside_synth::generate(&args.generator, args.seed, args.n).ok_or_else(|| {
        Problem::new("unknown_generator", format!("unknown generator `{}`", args.generator))
            .suggest(&args.generator, bedside_synth::generators().iter().map(|generator| generator.name))
    })?;
    let mut text = String::new();
    for item in &items {
        text.push_str(&serde_json::to_string(item).map_err(|error| Problem::new("internal", error.to_string()))?);
        text.push('\n');
    }
    output::result(&text)?;
    Ok(Exit::Done)
}
