//! `kill -9` at random points: nothing that was answered is lost or asked again, what was in flight is asked again and flagged, and the
//! tables are those of a run that nobody disturbed.
//!
//! 50 kills; 1,000 with `BEDSIDE_TEST_SCALE=full`.
#![cfg(unix)]
#![allow(clippy::print_stdout, reason = "the figures are the point")]

mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use bedside_core::Digest;
use bedside_store::RunReader;
use support::Session;
use support::random::Random;
use support::stub::{Deed, Provider};
use support::tables::Tables;
use support::watched::{PATIENCE, full_scale, watch_child};

const ITEMS: u64 = 500;
/// Kills of one run, at most: more, and it would hardly go on in between.
const KILLS_A_RUN: u64 = 25;
const CONNECTIONS: u64 = 8;

/// What was seen over all runs.
#[derive(Default)]
struct Figures {
    runs: u64,
    kills: u64,
    /// Kills before the run file had its name.
    before_the_file: u64,
    /// Items that the provider was asked for more than once.
    asked_again: u64,
    flagged: u64,
}

#[test]
fn a_killed_run_loses_nothing_and_pays_once() {
    let wanted = if full_scale() { 1000 } else { 50 };
    let undisturbed = undisturbed();
    let mut figures = Figures::default();
    while figures.kills < wanted {
        assert!(figures.runs < wanted, "runs end before they can be killed");
        let seed = figures.runs;
        figures.runs += 1;
        Life::start(seed).until_it_ends(&undisturbed, &mut figures, wanted);
    }
    println!(
        "{} kills of {} runs of {ITEMS} cells, {} of them before the run file had its name: 0 answered cells lost, 0 asked again; \
         {} calls in flight were sent again and flagged, {} were recorded, never sent, and flagged too; tables equal in every case",
        figures.kills,
        figures.runs,
        figures.before_the_file,
        figures.asked_again,
        figures.flagged - figures.asked_again
    );
}

fn benchmark(session: &Session) {
    session.benchmark("letters", usize::try_from(ITEMS).expect("few"), "synthetic");
}

/// A provider that is slower for some items, so that kills meet calls in every state.
fn provider() -> Provider {
    Provider::start(|case, _| {
        std::thread::sleep(Duration::from_micros(Random::of(11, case).below(9_000)));
        Deed::Answer
    })
}

fn undisturbed() -> Tables {
    let session = Session::new();
    benchmark(&session);
    let provider = provider();
    let child = spawn(&session, &provider, None);
    let ended = watch_child(child).expect("no hang");
    assert_eq!(ended.status.code(), Some(0), "{}", ended.talk());
    Tables::of(&session)
}

fn spawn(session: &Session, provider: &Provider, file: Option<&Path>) -> Child {
    let connections = CONNECTIONS.to_string();
    let mut arguments: Vec<&str> = match file {
        None => vec!["run", "letters", "-m", "openai/stub"],
        Some(file) => vec!["resume", file.to_str().expect("a path")],
    };
    arguments.extend(["--max-connections", &connections]);
    let mut command = session.command(&arguments);
    command.env("OPENAI_BASE_URL", &provider.address);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts")
}

/// One run and its kills.
struct Life {
    session: Session,
    provider: Provider,
    random: Random,
    kills: u64,
    /// What the run file held after the last kill: it must hold the same for ever.
    held: BTreeMap<u64, Digest>,
    /// Requests in the ledger by then.
    seen: usize,
}

impl Life {
    fn start(seed: u64) -> Self {
        let session = Session::new();
        benchmark(&session);
        Self { session, provider: provider(), random: Random::of(5, seed), kills: 0, held: BTreeMap::new(), seen: 0 }
    }

    fn until_it_ends(mut self, undisturbed: &Tables, figures: &mut Figures, wanted: u64) {
        loop {
            let file = self.session.find_run_file();
            let child = spawn(&self.session, &self.provider, file.as_deref());
            let last = self.kills == KILLS_A_RUN || figures.kills == wanted;
            let child = if last { Some(child) } else { self.kill(child) };
            if let Some(child) = child {
                let ended = watch_child(child).expect("no hang");
                assert_eq!(ended.disorder(), None);
                assert_eq!(ended.status.code(), Some(0), "{}", ended.talk());
                self.nothing_was_asked_again();
                return self.compare(undisturbed, figures);
            }
            self.kills += 1;
            figures.kills += 1;
            figures.before_the_file += u64::from(self.session.find_run_file().is_none());
            self.nothing_was_asked_again();
            self.nothing_was_lost();
        }
    }

    /// Kills at a random point; gives the process back when it was done before.
    fn kill(&mut self, mut child: Child) -> Option<Child> {
        let started = Instant::now();
        // A third while it starts, opens and repairs; the others among requests, whatever the speed of the machine.
        if self.random.below(3) == 0 {
            std::thread::sleep(Duration::from_micros(self.random.below(120_000)));
        } else {
            let from = self.provider.ledger().requests();
            let requests = 1 + usize::try_from(self.random.below(35)).expect("few");
            while self.provider.ledger().requests() < from + requests {
                if child.try_wait().expect("a child").is_some() {
                    return Some(child);
                }
                assert!(started.elapsed() < PATIENCE, "a hang");
                std::thread::sleep(Duration::from_micros(100));
            }
            std::thread::sleep(Duration::from_micros(self.random.below(5_000)));
        }
        if child.try_wait().expect("a child").is_some() {
            return Some(child);
        }
        child.kill().expect("SIGKILL");
        child.wait().expect("it is dead");
        None
    }

    /// No request since the last kill was for an item that the file held an answer to by then.
    fn nothing_was_asked_again(&mut self) {
        let ledger = self.provider.ledger();
        for entry in ledger.since(self.seen) {
            assert!(!self.held.contains_key(&entry.case), "item {} was answered and is asked again", entry.case);
        }
        self.seen = ledger.requests();
    }

    /// Reads a copy, so that the next process meets what the kill left.
    fn nothing_was_lost(&mut self) {
        let Some(file) = self.session.find_run_file() else {
            assert!(self.held.is_empty(), "the run file is gone");
            return;
        };
        let copy = tempfile::tempdir().expect("a folder");
        for suffix in ["", "-wal", "-journal"] {
            let name = format!("{}{suffix}", file.file_name().expect("a name").to_string_lossy());
            let from = file.with_file_name(&name);
            if from.exists() {
                std::fs::copy(from, copy.path().join(name)).expect("a copy");
            }
        }
        let reader = RunReader::open(&copy.path().join(file.file_name().expect("a name"))).expect("a run file");
        reader.verify().expect("an unchanged run file");
        let held = outputs(&reader);
        for (case, output) in &self.held {
            assert_eq!(held.get(case), Some(output), "item {case} was answered before the kill");
        }
        self.held = held;
    }

    fn compare(&self, undisturbed: &Tables, figures: &mut Figures) {
        let file = self.session.find_run_file().expect("a run file");
        let reader = RunReader::open(&file).expect("a run file");
        reader.verify().expect("an unchanged run file");
        let items = reader.items(0).expect("items");
        let ledger = self.provider.ledger();
        assert_eq!(ledger.cases() as u64, ITEMS, "every item was asked");
        let live = live_system(&reader);
        reader
            .for_each_cell(|row| {
                if row.index.system == live {
                    let case = number(&items[row.index.item].id);
                    let again = ledger.asked(case) as u64 - 1;
                    let flagged = u64::from(row.possibly_billed_twice);
                    assert!(flagged >= again, "item {case} was sent again {again} times and flagged {flagged} times");
                    figures.asked_again += again;
                    figures.flagged += flagged;
                }
                Ok(())
            })
            .expect("cells");
        let summary = reader.summary().expect("a summary");
        assert_eq!(summary.conflicts, 0, "cells answered twice");
        // What is flagged was in flight at a kill.
        assert!(summary.possibly_billed_twice <= self.kills * CONNECTIONS, "{summary:?} after {} kills", self.kills);
        drop(reader);
        Tables::of(&self.session).assert_equal(undisturbed);
    }
}

fn live_system(reader: &RunReader) -> usize {
    reader.plan().systems.iter().position(|system| system.provider == "openai").expect("the live system")
}

fn number(id: &str) -> u64 {
    id[1..].parse().expect("i and a number")
}

/// The outputs of the live system's answered cells.
fn outputs(reader: &RunReader) -> BTreeMap<u64, Digest> {
    let items = reader.items(0).expect("items");
    let live = live_system(reader);
    let mut outputs = BTreeMap::new();
    reader
        .for_each_cell(|row| {
            let output = row.finished.and_then(|finished| finished.output);
            if let (true, Some(output)) = (row.index.system == live, output) {
                outputs.insert(number(&items[row.index.item].id), output);
            }
            Ok(())
        })
        .expect("cells");
    outputs
}
