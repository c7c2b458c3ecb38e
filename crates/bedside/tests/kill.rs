//! `kill -9` at random points: nothing that was answered is lost or asked again, except what was in flight, which is flagged.
#![cfg(unix)]

mod support;

use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use support::{Behaviour, Session, Stub};

const ITEMS: usize = 300;
const KILLS: u64 = 8;

#[test]
fn a_killed_run_loses_nothing_and_pays_once() {
    let session = Session::new();
    session.benchmark("letters", ITEMS, "synthetic");
    let stub = Stub::start(Behaviour::Answer(Duration::from_millis(12)));
    let start = |arguments: &[&str]| {
        session
            .command(arguments)
            .env("OPENAI_BASE_URL", &stub.address)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary starts")
    };
    let mut child = start(&["run", "letters", "-m", "openai/stub", "--max-connections", "4"]);
    for kill in 0..KILLS {
        // Points spread over the run; the first ones fall into start-up.
        std::thread::sleep(Duration::from_millis(40 + 37 * (kill * 7 % 5)));
        child.kill().expect("SIGKILL");
        child.wait().expect("it is dead");
        child = start(if session.path().join("runs").is_dir() && session_has_run(&session) {
            &["resume", "--max-connections", "4"]
        } else {
            &["run", "letters", "-m", "openai/stub", "--max-connections", "4"]
        });
    }
    assert!(child.wait().expect("the last one ends by itself").success());

    let output = session.run(&["analyze", "--format", "json"]);
    let result: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(result["complete"], true);
    assert_eq!(result["cells"]["answered"], ITEMS);
    assert_eq!(result["cells"]["faults"], 0);
    assert_eq!(stub.bodies(), ITEMS, "every item was asked");
    // Repeats are only those in flight at a kill: at most the connections for each.
    let repeats = u64::from(stub.repeats());
    assert!(repeats <= KILLS * 4, "{repeats} requests were sent again");
    let flagged = flagged(&session);
    assert!(
        flagged >= repeats,
        "{repeats} requests were sent again and {flagged} are flagged as possibly billed twice"
    );
    assert!(flagged <= KILLS * 4, "{flagged} are flagged");
}

fn session_has_run(session: &Session) -> bool {
    std::fs::read_dir(session.path().join("runs")).is_ok_and(|mut entries| {
        entries.any(|entry| entry.is_ok_and(|entry| entry.path().extension().is_some_and(|e| e == "sqlite")))
    })
}

fn flagged(session: &Session) -> u64 {
    let reader = bedside_store::RunReader::open(&session.run_file()).expect("a run file");
    reader.summary().expect("a summary").possibly_billed_twice
}
