//! `run`, `resume`, `plan`: from names to a run file and its report.

use std::collections::BTreeMap;

use bedside_core::plan::CellIndex;
use bedside_core::problem::{Problem, Problems};
use bedside_core::{Answer, CellKey, Digest};
use bedside_run::engine::Before;
use bedside_run::planner::{self, Request, Selection, Workload};
use bedside_run::prices::Prices;
use bedside_run::{package, rescore};
use bedside_store::{RunReader, RunWriter};

use crate::args::{Amount, Format, Global, Resume, Run};
use crate::commands::carry_out::{finish, start, work};
use crate::commands::price::{consent, consent_to_programs, plan_json, plan_text};
use crate::commands::report::Detail;
use crate::commands::{calling, fetcher};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{output, runs, systems};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// `bedside run`
pub async fn run(global: &Global, args: &Run) -> Result<Exit, Failure> {
    let prices = Prices::load(args.live.prices.as_deref())?;
    let workload = prepare(global, args).await?;
    let price = workload.prices(&prices, |_| 0);
    // A share may be empty, and the scheduler that asked for it wants its file all the same.
    if workload.plan.shard.is_none() && price.iter().all(|price| price.cells == 0) {
        return Err(nothing_selected());
    }
    output::say(&plan_text(&workload, &price));
    let limits = args.live.limits(&price)?;
    consent(&price, args.yes)?;
    let mut id = runs::new_id(runs::now_ms(), &Digest::of(format!("{:?}", std::process::id()).as_bytes()));
    if let Some(shard) = &workload.plan.shard {
        id = format!("{id}-shard{}of{}", shard.index, shard.of);
    }
    let file = runs::file(&global.runs, &id);
    let ending = start(workload, &file, args.live.options(limits, prices)).await?;
    finish(global, &file, &ending, &args.page, Detail::All)
}

/// `bedside plan`
pub async fn plan(global: &Global, args: &Run) -> Result<Exit, Failure> {
    let prices = Prices::load(args.live.prices.as_deref())?;
    let workload = prepare(global, args).await?;
    let prices = workload.prices(&prices, |_| 0);
    match global.format {
        Format::Human => output::result(&format!("{}\n", plan_text(&workload, &prices)))?,
        Format::Json => output::result(&format!("{}\n", plan_json(&workload, &prices)))?,
        Format::Jsonl | Format::Csv => {
            let systems = plan_json(&workload, &prices)["systems"].as_array().cloned().unwrap_or_default();
            output::result(&output::rows(global.format, &systems))?;
        }
    }
    Ok(if prices.iter().all(|price| price.cells == 0) { Exit::Nothing } else { Exit::Done })
}

/// `bedside resume`
pub async fn resume(global: &Global, args: &Resume) -> Result<Exit, Failure> {
    let prices = Prices::load(args.live.prices.as_deref())?;
    let file = runs::find(&global.runs, &args.run)?;
    let fetcher = fetcher(global);
    // The lock first: what another process answers meanwhile must not be asked again.
    let writer = RunWriter::open(&file)?;
    let reader = RunReader::open(&file)?;
    let calling = calling(global, &args.live);
    let workload = planner::resume(&reader, &calling, |planned| systems::again(planned, &fetcher))?;
    let summary = reader.summary()?;
    let unscored = if summary.answered == summary.scored { Vec::new() } else { unscored(&reader)? };
    let answered = answered(&reader, &workload)?;
    let before = Before { unscored, answered: summary.answered, standings: reader.standings()? };
    let price = workload.prices(&prices, |system| answered.get(&system).copied().unwrap_or(0));
    let all = summary.planned - summary.unavailable;
    output::say(&format!(
        "resuming {}: {} of {all} cells are answered, null policies included",
        runs::id(&file),
        summary.answered
    ));
    let limits = args.live.limits(&price)?;
    consent(&price, args.yes)?;
    consent_to_programs(&workload, args.yes)?;
    let ending = work(workload, writer, before, args.live.options(limits, prices), &file).await?;
    finish(global, &file, &ending, &args.page, Detail::All)
}

/// Loads benchmarks and systems and makes the plan.
async fn prepare(global: &Global, args: &Run) -> Result<Workload, Failure> {
    let Amount { limit, sample, .. } = args.amount;
    let selection = match (limit, sample) {
        (Some(n), _) => Selection::First(n),
        (None, Some(n)) => Selection::Random(n),
        (None, None) => Selection::All,
    };
    if matches!(selection, Selection::First(0) | Selection::Random(0)) {
        return Err(nothing_selected());
    }
    let fetcher = fetcher(global);
    let mut problems = Problems::new();
    let mut benchmarks = Vec::new();
    for name in &args.what {
        let loaded = match package::find(name) {
            Ok(found) => package::load(&found, &fetcher).await,
            Err(problem) => Err(problem.into()),
        };
        match loaded {
            Ok(benchmark) => benchmarks.push((benchmark, selection)),
            Err(found) => problems.0.extend(found.0),
        }
    }
    let mut subjects = Vec::new();
    for name in &args.models {
        match systems::resolve(name, &fetcher, args.self_test).await {
            Ok(found) => subjects.extend(found),
            Err(failure) => problems.0.extend(failure.problems.0),
        }
    }
    if !problems.0.is_empty() {
        return Err(problems.into());
    }
    let request = Request {
        benchmarks,
        systems: subjects,
        epochs: args.amount.epochs,
        prompts: args.amount.prompts.clone(),
        seed: args.amount.seed,
        floors: !args.amount.no_floor,
        shard: args.amount.shard.clone(),
    };
    Ok(planner::plan(request, &calling(global, &args.live), VERSION)?)
}

/// Cells with an answer, by system.
fn answered(reader: &RunReader, workload: &Workload) -> Result<BTreeMap<usize, u64>, Failure> {
    let mut answered = BTreeMap::new();
    // A plan that costs nothing has no price, and its cells need not be counted.
    if !workload.systems.iter().any(planner::Asked::leaves_the_machine) {
        return Ok(answered);
    }
    reader.for_each_cell(|row| {
        if row.finished.is_some_and(|finished| finished.fault.is_none()) {
            *answered.entry(row.index.system).or_default() += 1;
        }
        Ok(())
    })?;
    Ok(answered)
}

/// Answers that were recorded and not scored, because the program was killed in between.
fn unscored(reader: &RunReader) -> Result<Vec<(CellIndex, CellKey, Answer)>, Failure> {
    let mut found = Vec::new();
    reader.for_each_cell(|row| {
        if let Some(finished) = row.finished.filter(|finished| finished.output.is_some() && row.scored.is_empty()) {
            found.push((row.index, row.key, finished));
        }
        Ok(())
    })?;
    found.into_iter().map(|(index, key, finished)| Ok((index, key, rescore::answer(reader, &finished)?))).collect()
}

fn nothing_selected() -> Failure {
    Failure::new(
        Exit::Nothing,
        Problem::new("nothing_selected", "nothing was selected: no cell would be asked")
            .hint("look at --limit, --sample and the items of the recorded outputs"),
    )
}
