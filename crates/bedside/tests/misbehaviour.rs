//! A provider that misbehaves in every way we could think of: no hang, no panic, and the run file agrees with the provider's ledger.
//!
//! Each run asks a few items of the real binary; some are answered well, some meet the misbehaviour once, twice or always, as the seed
//! draws. What the run must then say of each item follows from the last request in the ledger. Misbehaviours that can be asked again, or
//! leave a doubt, take 20 seeds; the others 5, and 20 with `BEDSIDE_TEST_SCALE=full`.
#![allow(clippy::print_stdout, reason = "the figures are the point")]

mod support;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use bedside_core::{Fault, Stop};
use bedside_store::RunReader;
use serde_json::Value;
use support::Session;
use support::random::Random;
use support::stub::{self, Deed, Fate, Provider, Says};
use support::watched::{full_scale, watch};

const ITEMS: u64 = 6;
const SEEDS: u64 = 20;
/// At once. Most of a run is waiting.
const WORKERS: usize = 6;
/// Tries after the first.
const RETRIES: usize = 2;
/// A broken connection is tried once more, although the first call may have been billed; whatever else is lost is not.
const AGAIN_AFTER_LOSS: usize = 1;

/// What a test of one run found.
#[derive(Default)]
struct Figures {
    requests: usize,
    answered: u64,
    outcomes: u64,
    faults: u64,
    set_up_stops: u64,
    paid_again: usize,
    flagged: u64,
}

#[test]
fn whatever_a_provider_does_the_run_file_agrees_with_its_ledger() {
    let mut runs = Vec::new();
    for deed in stub::ALL {
        let all = deed.is_turned_away() || deed.leaves_doubt() || full_scale();
        runs.extend((0..if all { SEEDS } else { SEEDS / 4 }).map(|seed| (*deed, seed)));
    }
    // The slow ones first, so that nobody waits for them at the end.
    runs.sort_by_key(|(deed, seed)| (!deed.needs_patience(), *seed, *deed));
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    let all = Mutex::new(Figures::default());
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some((deed, seed)) = runs.get(next.fetch_add(1, Ordering::SeqCst)) {
                    match one_run(*deed, *seed) {
                        Ok(figures) => all.lock().expect("the figures").add(&figures),
                        Err(why) => {
                            wrong.lock().expect("the list").push(format!("{deed:?} with seed {seed}: {why}"));
                        }
                    }
                }
            });
        }
    });
    let (all, wrong) = (all.into_inner().expect("the figures"), wrong.into_inner().expect("the list"));
    println!(
        "{} runs of {} misbehaviours, {} requests: {} answers, {} outcomes, {} faults, {} stops for the set-up; \
         paid for again {}, flagged {}; 0 hangs, 0 panics",
        runs.len(),
        stub::ALL.len(),
        all.requests,
        all.answered,
        all.outcomes,
        all.faults,
        all.set_up_stops,
        all.paid_again,
        all.flagged
    );
    assert!(wrong.is_empty(), "{} of {} runs:\n{}", wrong.len(), runs.len(), wrong.join("\n"));
    assert!(!stub::a_redirect_was_followed(), "a redirect led to another host");
}

#[test]
fn a_provider_that_cannot_be_reached_leaves_faults_and_can_be_asked_later() {
    let session = Session::new();
    session.benchmark("letters", 4, "synthetic");
    let provider = Provider::start(|_, _| Deed::Answer);
    provider.close();
    let ended = watch(&mut command(&session, &provider, Deed::Answer, 0)).expect("no hang");
    assert_eq!(ended.disorder(), None);
    assert_eq!(ended.status.code(), Some(3), "{}", ended.talk());
    let summary = RunReader::open(&session.run_file()).unwrap().summary().unwrap();
    assert_eq!(summary.faults, BTreeMap::from([(Fault::Unreachable, 4)]));
    assert_eq!(summary.possibly_billed_twice, 0, "nothing was sent");
    let provider = Provider::start(|_, _| Deed::Answer);
    let resumed = watch(session.command(&["resume"]).env("OPENAI_BASE_URL", &provider.address)).expect("no hang");
    assert_eq!(resumed.status.code(), Some(0), "{}", resumed.talk());
    assert_eq!(provider.ledger().requests(), 4);
}

fn command(session: &Session, provider: &Provider, deed: Deed, seed: u64) -> std::process::Command {
    let connections = (1 + seed % 4).to_string();
    // Where only time ends a request; elsewhere no limit may strike, however busy the machine is.
    let timeout = if deed.needs_patience() { "1.5" } else { "60" };
    let mut command = session.command(&[
        "run",
        "letters",
        "-m",
        "openai/stub",
        "--no-floor",
        "--format",
        "json",
        "--max-connections",
        &connections,
        "--request-timeout",
        timeout,
        "--retries",
        &RETRIES.to_string(),
        "--retry-wait",
        "0.01",
    ]);
    command.env("OPENAI_BASE_URL", &provider.address).env("OPENAI_API_KEY", "sk-test-0123456789");
    command
}

/// How many requests for an item meet the misbehaviour before one is answered.
fn bad(deed: Deed, seed: u64, case: u64) -> usize {
    // At least one item always meets it, and huge replies are met by no other: each is 32 MiB.
    let draw = if case == seed % ITEMS { 2 + seed % 3 } else { Random::of(seed, case).below(5) };
    match draw {
        2 => 1,
        3 => 2,
        4 => usize::MAX,
        _ => 0,
    }
    .min(if deed == Deed::HugeBody && case != seed % ITEMS { 0 } else { usize::MAX })
}

fn one_run(deed: Deed, seed: u64) -> Result<Figures, String> {
    let session = Session::new();
    session.benchmark("letters", usize::try_from(ITEMS).expect("few"), "synthetic");
    let provider = Provider::start(move |case, asked| if asked < bad(deed, seed, case) { deed } else { Deed::Answer });
    let ended = watch(&mut command(&session, &provider, deed, seed)).ok_or("a hang")?;
    if let Some(disorder) = ended.disorder() {
        return Err(disorder);
    }
    let figures =
        agrees(&session, &provider, deed, seed, &ended.stdout).map_err(|why| format!("{why}\n{}", ended.talk()))?;
    let code = ended.status.code();
    let missing = figures.faults > 0 || figures.set_up_stops > 0;
    if code != Some(if missing { 3 } else { 0 }) {
        return Err(format!("exit {code:?}\n{}", ended.talk()));
    }
    if missing && !ended.talk().contains("bedside resume") {
        return Err(format!("it does not say how to go on\n{}", ended.talk()));
    }
    if missing && (seed == 0 || full_scale()) {
        later(&session, &provider)?;
    }
    Ok(figures)
}

/// Compares what the run says with what the provider knows.
fn agrees(session: &Session, provider: &Provider, deed: Deed, seed: u64, stdout: &[u8]) -> Result<Figures, String> {
    let ledger = provider.ledger();
    let reader = RunReader::open(&session.run_file()).map_err(|error| error.to_string())?;
    let mut figures = Figures { requests: ledger.requests(), ..Figures::default() };
    let mut kinds: BTreeMap<Fault, u64> = BTreeMap::new();
    let mut not_attempted = 0;
    let items = reader.items(0).map_err(|error| error.to_string())?;
    let mut wrong = Vec::new();
    reader
        .for_each_cell(|row| {
            let case: u64 = items[row.index.item].id[1..].parse().expect("i and a number");
            let met: Vec<Deed> = ledger.of(case).map(|entry| entry.deed).collect();
            let found = row.finished.as_ref().map(|finished| (finished.stop, finished.fault));
            let expected = match met.last().map(|last| last.says()) {
                Some(Says::Answered) => {
                    figures.answered += 1;
                    Some((Some(Stop::Complete), None))
                }
                Some(Says::Stopped(stop)) => {
                    figures.outcomes += 1;
                    Some((Some(stop), None))
                }
                Some(Says::Fault(fault)) => {
                    figures.faults += 1;
                    *kinds.entry(fault).or_default() += 1;
                    Some((None, Some(fault)))
                }
                Some(Says::SetUp) => {
                    figures.set_up_stops += 1;
                    None
                }
                None => {
                    not_attempted += 1;
                    None
                }
            };
            if found != expected {
                let detail = row.finished.as_ref().and_then(|finished| finished.detail.clone());
                wrong.push(format!("item {case} met {met:?} and is {found:?} {detail:?}, not {expected:?}"));
            }
            // What is turned away is asked again until the last try.
            let bad = bad(deed, seed, case);
            let tries = match deed.says() {
                _ if deed.is_turned_away() => bad.min(RETRIES) + 1,
                Says::Fault(Fault::Disconnected) => bad.min(AGAIN_AFTER_LOSS) + 1,
                _ => 1,
            };
            if met.len() != tries && (deed.says() != Says::SetUp || met.len() > 1) {
                wrong.push(format!("item {case} was asked {} times, not {tries}: {met:?}", met.len()));
            }
            let (doubt, twice) = (ledger.sent_in_doubt(case), u64::from(row.possibly_billed_twice));
            if twice != doubt as u64 {
                wrong.push(format!("item {case} met {met:?}: sent in doubt {doubt} times, flagged {twice} times"));
            }
            let paid_again = ledger.paid_again(case);
            if paid_again > doubt || (paid_again < doubt && deed.fate() == Fate::Accepted) {
                wrong.push(format!(
                    "item {case} met {met:?}: paid for again {paid_again} times, in doubt {doubt} times"
                ));
            }
            figures.paid_again += paid_again;
            figures.flagged += twice;
            Ok(())
        })
        .map_err(|error| error.to_string())?;
    let summary = reader.summary().map_err(|error| error.to_string())?;
    if summary.faults != kinds {
        wrong.push(format!("faults by kind {:?}, not {kinds:?}", summary.faults));
    }
    let said: Value = serde_json::from_slice(stdout).map_err(|error| format!("no JSON: {error}"))?;
    let cells = &said["cells"];
    for (name, expected) in [
        ("planned", ITEMS),
        ("answered", figures.answered + figures.outcomes),
        ("faults", figures.faults),
        ("not_attempted", not_attempted + figures.set_up_stops),
    ] {
        if cells[name] != expected {
            wrong.push(format!("{name} is {} in the results, not {expected}", cells[name]));
        }
    }
    if wrong.is_empty() { Ok(figures) } else { Err(wrong.join("\n")) }
}

/// The provider behaves again: everything missing is asked, and nothing else.
fn later(session: &Session, provider: &Provider) -> Result<(), String> {
    let before = provider.ledger().requests();
    let settled: Vec<u64> = (0..ITEMS)
        .filter(|case| {
            let last = provider.ledger().of(*case).last().map(|entry| entry.deed.says());
            matches!(last, Some(Says::Answered | Says::Stopped(_)))
        })
        .collect();
    provider.follow(|_, _| Deed::Answer);
    let resumed =
        watch(session.command(&["resume"]).env("OPENAI_BASE_URL", &provider.address)).ok_or("a resume hangs")?;
    if resumed.status.code() != Some(0) {
        return Err(format!("the resume ends with {}:\n{}", resumed.status, resumed.talk()));
    }
    let ledger = provider.ledger();
    let asked = ledger.since(before);
    if let Some(entry) = asked.iter().find(|entry| settled.contains(&entry.case)) {
        return Err(format!("item {} was answered and is asked again", entry.case));
    }
    if asked.len() + settled.len() != usize::try_from(ITEMS).expect("few") {
        return Err(format!(
            "the resume asked {} items, not the {} missing",
            asked.len(),
            ITEMS - settled.len() as u64
        ));
    }
    let reader = RunReader::open(&session.run_file()).map_err(|error| error.to_string())?;
    let doubt: usize = (0..ITEMS).map(|case| ledger.sent_in_doubt(case)).sum();
    let flagged = reader.summary().map_err(|error| error.to_string())?.possibly_billed_twice;
    if flagged != doubt as u64 {
        return Err(format!("after the resume {doubt} calls were sent in doubt, and {flagged} are flagged"));
    }
    Ok(())
}

impl Figures {
    fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.answered += other.answered;
        self.outcomes += other.outcomes;
        self.faults += other.faults;
        self.set_up_stops += other.set_up_stops;
        self.paid_again += other.paid_again;
        self.flagged += other.flagged;
    }
}
