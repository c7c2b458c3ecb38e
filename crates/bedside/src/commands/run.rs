//! `run`, `resume`, `plan`: from names to a run file and its report.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bedside_core::plan::{CellIndex, Role};
use bedside_core::problem::{Problem, Problems};
use bedside_core::shown::Shown;
use bedside_core::{Answer, CellKey, Digest};
use bedside_run::engine::{self, Before, Ending, EngineOptions};
use bedside_run::package;
use bedside_run::planner::{self, Asked, Price, Request, Selection, Workload};
use bedside_run::progress::Progress;
use bedside_store::{CellState, RunReader, RunWriter};
use serde_json::json;

use crate::args::{Amount, Format, Global, Page, Resume, Run};
use crate::commands::report::{self, Detail};
use crate::commands::{egress, fetcher};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{output, runs, systems};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// `bedside run`
pub async fn run(global: &Global, args: &Run) -> Result<Exit, Failure> {
    let workload = prepare(global, &args.what, &args.models, &args.amount, args.self_test).await?;
    let prices = workload.prices();
    if prices.iter().all(|price| price.cells == 0) {
        return Err(nothing_selected());
    }
    output::say(&plan_text(&workload, &prices));
    consent(&prices, args.yes)?;
    let id = runs::new_id(runs::now_ms(), &Digest::of(format!("{:?}", std::process::id()).as_bytes()));
    let file = runs::file(&global.runs, &id);
    let ending = start(workload, &file, usize::from(args.amount.max_connections)).await?;
    finish(global, &file, &ending, &args.page, Detail::All)
}

/// `bedside plan`
pub async fn plan(global: &Global, args: &Run) -> Result<Exit, Failure> {
    let workload = prepare(global, &args.what, &args.models, &args.amount, args.self_test).await?;
    let prices = workload.prices();
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
    let file = runs::find(&global.runs, &args.run)?;
    let fetcher = fetcher(global);
    // The lock first: what another process answers meanwhile must not be asked again.
    let writer = RunWriter::open(&file)?;
    let reader = RunReader::open(&file)?;
    let workload = planner::resume(&reader, &egress(global), |planned| systems::again(planned, &fetcher))?;
    let done = reader.progress()?;
    let have = done.values().filter(|state| state.answered).count();
    let before = Before { unscored: unscored(&reader, &done)?, cells: done };
    drop(reader);
    let prices = workload.prices();
    let all: u64 = (0..workload.plan.systems.len())
        .map(|system| workload.plan.cells_of(system) - workload.plan.systems[system].unavailable)
        .sum();
    output::say(&format!("resuming {}: {have} of {all} cells are answered, null policies included", runs::id(&file)));
    consent(&prices, args.yes)?;
    let ending = work(workload, writer, before, usize::from(args.max_connections), &file).await?;
    finish(global, &file, &ending, &args.page, Detail::All)
}

/// Loads benchmarks and systems and makes the plan.
pub async fn prepare(
    global: &Global,
    what: &[String],
    models: &[String],
    amount: &Amount,
    self_test: bool,
) -> Result<Workload, Failure> {
    let selection = match (amount.limit, amount.sample) {
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
    for name in what {
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
    for name in models {
        match systems::resolve(name, &fetcher, self_test).await {
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
        epochs: amount.epochs,
        prompts: amount.prompts.clone(),
        seed: amount.seed,
        floors: !amount.no_floor,
    };
    Ok(planner::plan(request, &egress(global), VERSION)?)
}

/// Creates the run file and carries the plan out.
pub async fn start(mut workload: Workload, file: &Path, max_connections: usize) -> Result<Ending, Failure> {
    let blobs = std::mem::take(&mut workload.blobs);
    let writer = RunWriter::create(file, &runs::id(file), &workload.plan, blobs, runs::now_ms())?;
    work(workload, writer, Before::default(), max_connections, file).await
}

async fn work(
    workload: Workload,
    writer: RunWriter,
    before: Before,
    max_connections: usize,
    file: &Path,
) -> Result<Ending, Failure> {
    let progress = Arc::new(Progress::default());
    let options = EngineOptions { max_connections, ..EngineOptions::default() };
    let resume = resume_line(file);
    let signals = tokio::spawn(stop_on_signal(Arc::clone(&progress), resume.clone()));
    let shown = tokio::spawn(show(Arc::clone(&progress), workload.systems.iter().any(Asked::leaves_the_machine)));
    let ending = engine::run(Arc::new(workload), writer, before, options, Arc::clone(&progress), runs::now_ms).await;
    signals.abort();
    shown.abort();
    ending.map_err(|error| {
        let mut failure = Failure::from(error);
        failure.problems.0[0].hint =
            Some(format!("everything answered so far is kept; when the cause is mended: {resume}"));
        failure
    })
}

/// The command that finishes a run.
pub fn resume_line(file: &Path) -> String {
    format!("bedside resume {}", file.display())
}

/// First interruption: finish what is in flight. Second: leave at once. Both say how to go on.
async fn stop_on_signal(progress: Arc<Progress>, resume: String) {
    wait_for_signal().await;
    progress.ask_to_stop();
    output::say(&format!(
        "\nstopping: finishing what is in flight; press again to leave at once\n  to go on later: {resume}"
    ));
    wait_for_signal().await;
    output::say(&format!("\nleft at once; calls in flight may have been billed\n  to go on: {resume}"));
    leave();
}

#[expect(
    clippy::exit,
    reason = "the second interruption leaves without waiting for anything; the run file is whole at every instant"
)]
fn leave() -> ! {
    std::process::exit(i32::from(Exit::Interrupted.code()))
}

#[cfg(unix)]
async fn wait_for_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(not(unix))]
async fn wait_for_signal() {
    let _ = tokio::signal::ctrl_c().await;
}

/// Shows where the run stands: a bar on a terminal, a plain line every ten seconds elsewhere.
async fn show(progress: Arc<Progress>, paid: bool) {
    use std::io::IsTerminal as _;
    let started = std::time::Instant::now();
    let on_terminal = std::io::stderr().is_terminal();
    let bar = on_terminal.then(|| {
        let style = indicatif::ProgressStyle::with_template("{bar:30} {pos}/{len} cells  {per_sec}  {msg}  {eta} left")
            .unwrap_or_else(|_| indicatif::ProgressStyle::default_bar());
        indicatif::ProgressBar::new(0).with_style(style)
    });
    let every = if on_terminal { Duration::from_millis(200) } else { Duration::from_secs(10) };
    loop {
        tokio::time::sleep(every).await;
        let now = progress.standing();
        let tokens = now.prompt_tokens + now.completion_tokens;
        // Unknown is said, never printed as nothing: there is no price table yet.
        let cost = if paid { "  cost unknown" } else { "" };
        let about = format!("{} faults  {} retries  {tokens} tokens{cost}", now.faults, now.retries);
        if let Some(bar) = &bar {
            bar.set_length(now.planned);
            bar.set_position(now.done);
            bar.set_message(about);
        } else {
            let rate = now.done as f64 / started.elapsed().as_secs_f64().max(0.001);
            let left = now.planned.saturating_sub(now.done) as f64 / rate.max(0.001);
            output::say(&format!("{}/{} cells  {rate:.1}/s  {about}  about {left:.0} s left", now.done, now.planned));
        }
    }
}

/// Writes the page and prints the results; says plainly when something is missing.
pub fn finish(global: &Global, file: &Path, ending: &Ending, page: &Page, detail: Detail) -> Result<Exit, Failure> {
    let reader = RunReader::open(file)?;
    let target = file.with_extension("html");
    report::results(global, &reader, detail)?;
    report::write_page(&reader, &target, page)?;
    output::say(&format!("run {}   page {}", file.display(), page_address(&target)));
    if let Some(reason) = &ending.stopped {
        output::say(&format!("stopped: {}\n  to go on: {}", Shown::block(reason), resume_line(file)));
    } else if ending.faults > 0 {
        output::say(&format!(
            "{} cells hold no answer through no doing of the system (faults); to ask them again: {}",
            ending.faults,
            resume_line(file)
        ));
    }
    Ok(if ending.complete { Exit::Done } else { Exit::Incomplete })
}

/// A page as an address that a terminal can open.
pub fn page_address(path: &Path) -> String {
    std::fs::canonicalize(path)
        .map_or_else(|_| path.display().to_string(), |path: PathBuf| format!("file://{}", path.display()))
}

/// Answers that were recorded and not scored, because the program was killed in between.
fn unscored(
    reader: &RunReader,
    done: &HashMap<CellKey, CellState>,
) -> Result<Vec<(CellIndex, CellKey, Answer)>, Failure> {
    if !done.values().any(|state| state.answered && !state.scored) {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    reader.for_each_cell(|row| {
        if let Some(finished) = row.finished.filter(|finished| finished.output.is_some() && row.scored.is_empty()) {
            found.push((row.index, row.key, finished));
        }
        Ok(())
    })?;
    found
        .into_iter()
        .map(|(index, key, finished)| {
            let output = finished.output.map(|digest| reader.blob(&digest)).transpose()?.unwrap_or_default();
            let answer = Answer {
                output: String::from_utf8_lossy(&output).into_owned(),
                stop: finished.stop.unwrap_or_default(),
                usage: finished.usage,
                option_logprobs: finished.option_logprobs,
                messages: Vec::new(),
            };
            Ok((index, key, answer))
        })
        .collect()
}

fn nothing_selected() -> Failure {
    Failure::new(
        Exit::Nothing,
        Problem::new("nothing_selected", "nothing was selected: no cell would be asked")
            .hint("look at --limit, --sample and the items of the recorded outputs"),
    )
}

/// What would be asked, of whom, at what price.
fn plan_text(workload: &Workload, prices: &[Price]) -> String {
    let mut lines = Vec::new();
    for benchmark in &workload.plan.benchmarks {
        lines.push(format!(
            "{}  {}: {} of {} items ({}), {} wording{}, {} data",
            benchmark.id,
            benchmark.version,
            benchmark.selected,
            benchmark.items,
            benchmark.selection,
            benchmark.prompts.len(),
            if benchmark.prompts.len() == 1 { "" } else { "s" },
            benchmark.data_class.word(),
        ));
    }
    for price in prices {
        let name = Shown::cut(&price.system, 60);
        let Some(host) = &price.host else {
            lines.push(format!("{name}: {} cells, costs nothing, stays on this machine", price.cells));
            continue;
        };
        let tokens = price.prompt_characters / 4;
        let most = price.completion_tokens.map_or_else(|| "unlimited".to_owned(), |tokens| format!("at most {tokens}"));
        let money = if price.remote { "price unknown" } else { "stays on this machine" };
        lines.push(format!("{name}: {} calls to {host}, about {tokens} tokens in, {most} out, {money}", price.cells));
    }
    let floors = workload.plan.systems.iter().filter(|system| system.role == Role::Floor).count();
    if floors > 0 {
        lines.push(format!("{floors} null policies run beside them and cost nothing"));
    }
    lines.join("\n")
}

/// The same for programs: `bedside.plan/1`.
fn plan_json(workload: &Workload, prices: &[Price]) -> serde_json::Value {
    let benchmarks: Vec<_> = workload
        .plan
        .benchmarks
        .iter()
        .map(|benchmark| {
            json!({
                "benchmark": benchmark.id, "version": benchmark.version, "package": benchmark.package, "items": benchmark.items,
                "selected": benchmark.selected, "selection": benchmark.selection, "prompts": benchmark.prompts.len(),
                "data_class": benchmark.data_class,
            })
        })
        .collect();
    let systems: Vec<_> = prices
        .iter()
        .map(|price| {
            json!({
                "system": price.system, "cells": price.cells, "host": price.host, "leaves_the_machine": price.remote,
                "prompt_tokens_about": price.prompt_characters / 4, "completion_tokens_at_most": price.completion_tokens,
                // Unknown is null, never 0: there is no price table yet.
                "cost_usd": if price.remote { serde_json::Value::Null } else { json!(0) },
            })
        })
        .collect();
    json!({ "schema": "bedside.plan/1", "benchmarks": benchmarks, "systems": systems })
}

/// A plan that costs nothing and sends nothing off the machine never asks.
fn consent(prices: &[Price], yes: bool) -> Result<(), Failure> {
    let remote: Vec<&str> = prices
        .iter()
        .filter(|price| price.remote && price.cells > 0)
        .filter_map(|price| price.host.as_deref())
        .collect();
    if yes || remote.is_empty() {
        return Ok(());
    }
    let to = remote.join(", ");
    if !output::is_interactive() {
        return Err(Problem::new("consent", format!("this plan sends items to {to} and may cost money"))
            .hint("--yes agrees to it; without a terminal nobody can be asked")
            .into());
    }
    output::say(&format!("send this to {to}? [y/N]"));
    let mut answer = String::new();
    let read = std::io::stdin().read_line(&mut answer);
    if read.is_ok() && matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
        return Ok(());
    }
    Err(Problem::new("consent", "not agreed: nothing was sent").into())
}
