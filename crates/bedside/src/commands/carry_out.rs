//! Carrying a plan out: the run file, signals, progress, and what is said at the end.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bedside_core::shown::Shown;
use bedside_run::engine::{self, Before, Ending, EngineOptions};
use bedside_run::planner::{Asked, Workload};
use bedside_run::prices::Cost;
use bedside_run::progress::Progress;
use bedside_store::{RunReader, RunWriter, StoreError};

use crate::args::{Global, Page};
use crate::commands::report::{self, Detail};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{output, runs};

/// Creates the run file and carries the plan out.
pub async fn start(mut workload: Workload, file: &Path, options: EngineOptions) -> Result<Ending, Failure> {
    let mut unread = None;
    let plan = workload.plan.clone();
    let content = workload.content().map_while(|content| content.map_err(|error| unread = Some(error)).ok());
    let created = RunWriter::create(file, &runs::id(file), &plan, content, runs::now_ms());
    if let Some(error) = unread {
        // A run file without all its items is none: what was made of it says so when it is read, and is not left behind.
        drop(created);
        let _ = std::fs::remove_file(file);
        return Err(StoreError::from_temporary(file, error).into());
    }
    // Once the file has its name the run can go on from it, whatever failed then.
    let writer = created.map_err(|error| with_way_back(error.into(), file))?;
    work(workload, writer, Before::default(), options, file).await
}

/// Carries out what is left of a plan.
pub async fn work(
    workload: Workload,
    writer: RunWriter,
    before: Before,
    options: EngineOptions,
    file: &Path,
) -> Result<Ending, Failure> {
    let progress = Arc::new(Progress::default());
    let resume = resume_line(file);
    let signals = tokio::spawn(stop_on_signal(Arc::clone(&progress), resume.clone()));
    let unpriced =
        workload.systems.iter().any(|asked| asked.leaves_the_machine() && asked.rate(&options.prices).is_none());
    let paid = workload.systems.iter().any(Asked::leaves_the_machine);
    let shown = tokio::spawn(show(Arc::clone(&progress), paid, unpriced));
    let ending = engine::run(Arc::new(workload), writer, before, options, Arc::clone(&progress), runs::now_ms).await;
    signals.abort();
    shown.abort();
    ending.map_err(|error| with_way_back(error.into(), file))
}

/// A failure that says how to go on, where there is a run file to go on with.
fn with_way_back(mut failure: Failure, file: &Path) -> Failure {
    if let Some(first) = failure.problems.0.first_mut().filter(|_| file.exists()) {
        let way = format!("everything answered so far is kept; when the cause is mended: {}", resume_line(file));
        first.hint.get_or_insert(way);
    }
    failure
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
    bedside_run::system::process::end_all();
    std::process::exit(i32::from(Exit::Interrupted.code()))
}

/// The same number on Linux, macOS and the BSDs.
#[cfg(unix)]
const SIGXFSZ: i32 = 25;

#[cfg(unix)]
async fn wait_for_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut hang_up)) = (signal(SignalKind::terminate()), signal(SignalKind::hangup())) else {
        return std::future::pending().await;
    };
    // A file that may not grow further then fails to be written, which is said, instead of ending the program without a word.
    let _file_size = signal(SignalKind::from_raw(SIGXFSZ));
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
        _ = hang_up.recv() => {}
    }
}

#[cfg(not(unix))]
async fn wait_for_signal() {
    let _ = tokio::signal::ctrl_c().await;
}

/// Shows where the run stands: a bar on a terminal, a plain line every ten seconds elsewhere.
async fn show(progress: Arc<Progress>, paid: bool, unpriced: bool) {
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
        // Unknown is said, never printed as nothing.
        let cost = match (paid, unpriced) {
            (false, _) => String::new(),
            (true, true) => "  cost unknown".to_owned(),
            (true, false) => format!("  at most {}", Cost(now.cost)),
        };
        let twice = match now.possibly_billed_twice {
            0 => String::new(),
            calls => format!("  {calls} possibly billed twice"),
        };
        let about = format!("{} faults  {} retries{twice}  {tokens} tokens{cost}", now.faults, now.retries);
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
    tell(global, file, ending, page, detail).map_err(|failure| with_way_back(failure, file))
}

fn tell(global: &Global, file: &Path, ending: &Ending, page: &Page, detail: Detail) -> Result<Exit, Failure> {
    let reader = RunReader::open(file)?;
    let target = file.with_extension("html");
    let analysis = report::analysis(&reader)?;
    report::results(global, &analysis, detail)?;
    report::write_page(&reader, &analysis, &target, page)?;
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
