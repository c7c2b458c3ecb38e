//! `bedside`: flags, wiring, printing and exit codes. Everything else lives in the crates below it.

mod args;
mod commands;
mod exit;
mod failure;
mod output;
mod runs;
mod systems;

use std::process::ExitCode;

use clap::Parser as _;

use crate::args::{Cli, Command};
use crate::exit::Exit;

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|panic| {
        // The place, never the values: a panic message may hold what must not be printed.
        let place = panic.location().map_or_else(String::new, |place| format!(" at {}:{}", place.file(), place.line()));
        output::say(&format!(
            "error: bedside {} made a mistake{place}\n  hint: what was answered is in the run file; please report this line with the command you gave",
            env!("CARGO_PKG_VERSION")
        ));
    }));
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are results; anything else is a usage error, in clap's own words, which name the nearest flag.
            let usage = error.use_stderr();
            let _ = error.print();
            return if usage { Exit::Usage.into() } else { Exit::Done.into() };
        }
    };
    let format = cli.global.format;
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output::say(&format!("error: cannot start: {error}"));
            return Exit::Bug.into();
        }
    };
    let done = runtime.block_on(async move {
        let global = &cli.global;
        match cli.command {
            Command::Demo(demo) => commands::demo::demo(global, &demo).await,
            Command::Run(run) => commands::run::run(global, &run).await,
            Command::Resume(resume) => commands::run::resume(global, &resume).await,
            Command::Plan(run) => commands::run::plan(global, &run).await,
            Command::Analyze(one) => commands::report::analyze_run(global, &one),
            Command::Report(report) => commands::report::report(global, &report),
            Command::Verify(one) => commands::verify::verify(global, &one),
            Command::Rescore(rescore) => commands::rescore::rescore(global, &rescore),
            Command::Merge(merge) => commands::merge::merge(global, &merge),
            Command::Export(export) => commands::export::export(global, &export),
            Command::List { what } => commands::list::list(global, what),
            Command::Fetch(fetch) => commands::fetch::fetch(global, &fetch).await,
            Command::Check(check) => commands::check::check(global, &check).await,
            Command::Init { name } => commands::init::init(&name),
            Command::Synth(synth) => commands::check::synth(&synth),
            Command::Stat(stat) => commands::stat::stat(global, &stat),
            Command::Doctor => commands::doctor::doctor(global),
        }
    });
    match done {
        Ok(exit) => exit.into(),
        Err(failure) => {
            output::problems(&failure.problems, format);
            failure.exit.into()
        }
    }
}
