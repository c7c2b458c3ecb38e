//! A disk that fails: every write, sync, rename, open, truncation and removal on the run's files fails once, and then always.
//!
//! Whatever call it is: no panic, an exit code that says what happened, nothing asked that could not be recorded, no sync tried again
//! after it failed; and when the disk is mended, `resume` ends the run with the tables of an undisturbed one.
//!
//! A sample of the calls; each of them with `BEDSIDE_TEST_SCALE=full`.
#![cfg(target_os = "linux")]
#![allow(clippy::print_stdout, reason = "the figures are the point")]

mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bedside_store::RunReader;
use support::Session;
use support::faults::{Call, Disk, DiskError, Fault, Mode, calls};
use support::stub::{Deed, Provider};
use support::tables::Tables;
use support::watched::{Ended, full_scale, watch};

const ITEMS: u64 = 3;
const WORKERS: usize = 4;
/// Calls beyond those of the run that was counted: how events are grouped, and with that the number of calls, differs from run to run.
const SPARE: usize = 30;
/// Every so many calls in the sample. Each way to fail begins at another, so that every call fails in one way.
const STRIDE: usize = WAYS.len();
const WAYS: [(Mode, DiskError); 5] = [
    (Mode::Once, DiskError::Broken),
    (Mode::Always, DiskError::Broken),
    (Mode::Torn, DiskError::Broken),
    (Mode::Once, DiskError::Full),
    (Mode::Always, DiskError::Full),
];

/// Where the disk fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scene {
    /// A run from its beginning to its page.
    Run,
    /// The resume of a run that was killed and left its log.
    Resume,
}

#[test]
fn a_disk_that_fails_at_any_call_costs_no_answer() {
    let Some(disk) = Disk::compile() else {
        println!("skipped: no C compiler");
        return;
    };
    let undisturbed = undisturbed();
    let killed = killed();
    let mut points = Vec::new();
    for scene in [Scene::Run, Scene::Resume] {
        let calls = Point { scene, fault: none(), disk: &disk, killed: &killed }.count();
        println!("{scene:?}: {} calls on the run's files: {}", calls.len(), by_name(&calls));
        for (offset, (mode, error)) in WAYS.into_iter().enumerate() {
            let (from, step) = if full_scale() { (1, 1) } else { (1 + offset, STRIDE) };
            points.extend((from..calls.len() + SPARE).step_by(step).map(|at| (scene, Fault { at, mode, error })));
        }
    }
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    let ends: Mutex<BTreeMap<String, usize>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some((scene, fault)) = points.get(next.fetch_add(1, Ordering::SeqCst)).copied() {
                    let point = Point { scene, fault, disk: &disk, killed: &killed };
                    match point.check(&undisturbed) {
                        Ok(end) => *ends.lock().expect("the ends").entry(end).or_default() += 1,
                        Err(why) => wrong.lock().expect("the list").push(format!("{scene:?} {fault:?}: {why}")),
                    }
                }
            });
        }
    });
    let (ends, wrong) = (ends.into_inner().expect("the ends"), wrong.into_inner().expect("the list"));
    println!("{} points: {ends:?}; 0 panics, 0 answers lost, tables equal in every case", points.len());
    assert!(wrong.is_empty(), "{} of {} points:\n{}", wrong.len(), points.len(), wrong.join("\n"));
}

#[test]
fn a_page_that_cannot_take_its_name_leaves_the_run_whole() {
    let session = session();
    let provider = Provider::start(|_, _| Deed::Answer);
    let ended = watch(&mut run(&session, &provider)).expect("no hang");
    assert_eq!(ended.status.code(), Some(0), "{}", ended.talk());
    let page = session.run_file().with_extension("html");
    std::fs::remove_file(&page).expect("the page");
    std::fs::create_dir(&page).expect("a folder in its place");
    let ended = watch(&mut session.command(&["report"])).expect("no hang");
    assert_eq!(ended.disorder(), None);
    assert_eq!(ended.status.code(), Some(3), "{}", ended.talk());
    assert!(ended.talk().contains("cannot write"), "{}", ended.talk());
    let left: Vec<_> =
        std::fs::read_dir(session.path().join("runs")).unwrap().flatten().map(|e| e.file_name()).collect();
    assert_eq!(left.len(), 2, "nothing half written is left: {left:?}");
}

#[test]
fn a_full_disk_stops_the_run_and_room_finishes_it() {
    let session = Session::new();
    session.benchmark("letters", 400, "synthetic");
    let provider = Provider::start(|_, _| Deed::Answer);
    // A file system of its own that ends with this process and its children.
    let script = "mkdir small && mount -t tmpfs -o size=1m,mode=700 none small || { echo no mount >&2; exit 99; }
        $BEDSIDE run letters -m openai/stub --no-floor --runs small 2> first; echo $? > first.code
        $BEDSIDE resume --runs small 2> second; echo $? > second.code
        mount -o remount,size=64m none small
        $BEDSIDE resume --runs small 2> third; echo $? > third.code
        mkdir runs && cp small/*.sqlite runs/";
    let mut command = Command::new("unshare");
    command
        .args(["-m", "sh", "-c", script])
        .current_dir(session.path())
        .env("BEDSIDE", env!("CARGO_BIN_EXE_bedside"))
        .env("OPENAI_BASE_URL", &provider.address)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    match command.spawn() {
        Err(error) => println!("skipped: no unshare here: {error}"),
        Ok(child) => {
            let ended = support::watched::watch_child(child).expect("no hang");
            if !session.path().join("first.code").exists() {
                println!("skipped: no small file system may be mounted here: {}", ended.talk());
                return;
            }
            let said = |name: &str| std::fs::read_to_string(session.path().join(name)).expect("a file");
            assert_eq!(said("first.code").trim(), "3", "{}", said("first"));
            assert!(said("first").contains("no room left"), "{}", said("first"));
            assert!(said("first").contains("bedside resume"), "{}", said("first"));
            assert!(!said("first").contains("made a mistake"), "{}", said("first"));
            assert_eq!(said("second.code").trim(), "3", "there is no more room than before: {}", said("second"));
            assert_eq!(said("third.code").trim(), "0", "{}", said("third"));
            let mut flagged = 0;
            whole(&session, &provider, 400, &mut flagged).unwrap();
            println!("a disk of 1 MiB: stopped, resumed in vain, resumed with room; {flagged} calls flagged");
        }
    }
}

const fn none() -> Fault {
    Fault { at: 0, mode: Mode::Once, error: DiskError::Broken }
}

fn session() -> Session {
    let session = Session::new();
    session.benchmark("letters", usize::try_from(ITEMS).expect("few"), "synthetic");
    session
}

fn run(session: &Session, provider: &Provider) -> Command {
    let mut command = session.command(&["run", "letters", "-m", "openai/stub", "--no-floor", "--max-connections", "2"]);
    command.env("OPENAI_BASE_URL", &provider.address);
    command
}

fn undisturbed() -> Tables {
    let session = session();
    let provider = Provider::start(|_, _| Deed::Answer);
    let ended = watch(&mut run(&session, &provider)).expect("no hang");
    assert_eq!(ended.status.code(), Some(0), "{}", ended.talk());
    Tables::of(&session)
}

/// A run that was killed with one item answered and two in flight.
fn killed() -> Session {
    let session = session();
    let provider = Provider::start(|case, _| if case == 0 { Deed::Answer } else { Deed::Hang });
    let mut child = run(&session, &provider).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    while provider.ledger().requests() < 3 {
        std::thread::sleep(Duration::from_millis(1));
    }
    // The third is asked only when the first is on its way to the disk.
    loop {
        let file = session.run_file();
        let answered = RunReader::open(&file).and_then(|reader| reader.summary()).map(|summary| summary.answered);
        if answered.is_ok_and(|answered| answered == 1) {
            break;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().expect("SIGKILL");
    child.wait().expect("it is dead");
    session
}

/// One call that fails, and what comes of it.
struct Point<'a> {
    scene: Scene,
    fault: Fault,
    disk: &'a Disk,
    killed: &'a Session,
}

impl Point<'_> {
    /// The calls when none fails.
    fn count(&self) -> Vec<Call> {
        let (session, provider) = self.stage();
        let (ended, calls) = self.perform(&session, &provider).expect("no hang");
        assert_eq!(ended.status.code(), Some(0), "{}", ended.talk());
        calls
    }

    fn stage(&self) -> (Session, Provider) {
        let session = session();
        if self.scene == Scene::Resume {
            let runs = session.path().join("runs");
            std::fs::create_dir(&runs).expect("a folder");
            for entry in std::fs::read_dir(self.killed.path().join("runs")).expect("runs").flatten() {
                std::fs::copy(entry.path(), runs.join(entry.file_name())).expect("a copy");
            }
        }
        (session, Provider::start(|_, _| Deed::Answer))
    }

    fn perform(&self, session: &Session, provider: &Provider) -> Option<(Ended, Vec<Call>)> {
        let mut command = match self.scene {
            Scene::Run => run(session, provider),
            Scene::Resume => resume(session, provider),
        };
        let folder = session.path().canonicalize().expect("the folder");
        let log = folder.join("calls");
        self.disk.fail(&mut command, self.fault, &folder.join("runs"), &log);
        Some((watch(&mut command)?, calls(&log)))
    }

    /// How it ended, in a word, or what is wrong with that.
    fn check(&self, undisturbed: &Tables) -> Result<String, String> {
        let (session, provider) = self.stage();
        let (ended, calls) = self.perform(&session, &provider).ok_or("a hang")?;
        let Some(first) = calls.iter().find(|call| call.failed) else { return Ok("no such call".to_owned()) };
        let what = format!("{} of {}", first.name, tail(&first.path));
        let talk = ended.talk();
        let fail = |why: &str| Err(format!("{what}: {why}\n{talk}"));
        if let Some(disorder) = ended.disorder() {
            return fail(&disorder);
        }
        if let Some(again) = synced_again(&calls) {
            return fail(&format!("{again} was synced again after a sync failed"));
        }
        let there = session.find_run_file().is_some();
        match ended.status.code() {
            // What is not needed may fail: the removal of a file, a look at a folder.
            Some(0) if first.name == "sync" && first.path.contains(".sqlite") => {
                return fail("a failed sync is passed over");
            }
            Some(3) if !talk.contains("error") => return fail("it does not say what failed"),
            // Before anything was asked, who gave the command knows how to give it again.
            Some(3)
                if there
                    && !(self.scene == Scene::Resume && provider.ledger().requests() == 0)
                    && !talk.contains("bedside resume") =>
            {
                return fail("it does not say how to go on");
            }
            Some(0 | 3) => {}
            other => return fail(&format!("exit {other:?}")),
        }
        if !there && provider.ledger().requests() > 0 {
            return fail("calls were made that no file records");
        }
        let mended =
            watch(&mut if there { resume(&session, &provider) } else { run(&session, &provider) }).ok_or("a hang")?;
        if mended.status.code() != Some(0) {
            return fail(&format!("on a mended disk {}:\n{}", mended.status, mended.talk()));
        }
        // An answer that was there before the disk failed is not asked for again.
        if self.scene == Scene::Resume && provider.ledger().asked(0) > 0 {
            return fail("an answer of before was lost");
        }
        let mut flagged = 0;
        whole(&session, &provider, ITEMS, &mut flagged).map_err(|why| format!("{what}: {why}\n{talk}"))?;
        // A disk that fails for good does not let go of files either; they lock nothing and are no run files.
        let kept = calls.iter().any(|call| call.failed && call.name == "unlink");
        if let Some(left) = left_over(&session).filter(|_| !kept) {
            return fail(&format!("{left} is left behind"));
        }
        Tables::of(&session).assert_equal(undisturbed);
        Ok(format!("{:?} exit {}", self.scene, ended.status.code().unwrap_or(-1)))
    }
}

fn resume(session: &Session, provider: &Provider) -> Command {
    let file = session.run_file();
    let mut command = session.command(&["resume", file.to_str().expect("a path"), "--max-connections", "2"]);
    command.env("OPENAI_BASE_URL", &provider.address);
    command
}

/// The run file passes `verify`, every cell is answered, and what was asked more than once is flagged.
fn whole(session: &Session, provider: &Provider, items: u64, flagged: &mut u64) -> Result<(), String> {
    let file = session.run_file();
    let verified = session.run(&["verify", file.to_str().expect("a path")]);
    if verified.status.code() != Some(0) {
        return Err(format!("verify: {}", String::from_utf8_lossy(&verified.stderr)));
    }
    let reader = RunReader::open(&file).map_err(|error| error.to_string())?;
    let summary = reader.summary().map_err(|error| error.to_string())?;
    if summary.answered != items || summary.conflicts > 0 {
        return Err(format!("{summary:?}"));
    }
    let planned = reader.items(0).map_err(|error| error.to_string())?;
    let ledger = provider.ledger();
    let mut silent = Vec::new();
    reader
        .for_each_cell(|row| {
            let case: u64 = planned[row.index.item].id[1..].parse().expect("i and a number");
            let twice = u64::from(row.possibly_billed_twice);
            *flagged += twice;
            if (ledger.asked(case) as u64).saturating_sub(1) > twice {
                silent.push(format!("item {case} was asked {} times, flagged {twice}", ledger.asked(case)));
            }
            Ok(())
        })
        .map_err(|error| error.to_string())?;
    if silent.is_empty() { Ok(()) } else { Err(silent.join("\n")) }
}

/// A file that was synced after its sync had failed: what is then said to be on the disk may not be there. After a failed sync of the log
/// nothing at all may be synced. Elsewhere SQLite may take back what it could not sync, by writing it again as it was; and it syncs the
/// folder without looking at what comes of it, so that our own sync of the folder is the one that counts.
fn synced_again(calls: &[Call]) -> Option<String> {
    let at = calls.iter().position(|call| call.failed && call.name == "sync")?;
    let (failed, after) = (&calls[at], &calls[at + 1..]);
    let is_log = failed.path.ends_with("-wal");
    if !is_log && !failed.path.contains(".sqlite") {
        return None;
    }
    let again = after.iter().position(|call| call.name == "sync" && (is_log || call.path == failed.path))?;
    let taken_back = after[..again].iter().any(|call| call.name == "write" && call.path == failed.path);
    (is_log || !taken_back).then(|| tail(&after[again].path).to_owned())
}

/// A file beside the run file and its page, once all is done.
fn left_over(session: &Session) -> Option<String> {
    std::fs::read_dir(session.path().join("runs"))
        .expect("runs")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .find(|name| !Path::new(name).extension().is_some_and(|end| end == "sqlite" || end == "html"))
}

fn by_name(calls: &[Call]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for call in calls {
        *counts.entry(&call.name).or_default() += 1;
    }
    counts.iter().map(|(name, count)| format!("{count} {name}")).collect::<Vec<_>>().join(", ")
}

fn tail(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
