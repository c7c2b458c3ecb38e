//! `--shard i/n` and `merge` through the real binary.

mod support;

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use support::{Behaviour, Session, Stub};

fn said(session: &Session, code: i32, arguments: &[&str]) -> (String, String) {
    let output = session.run(arguments);
    let (out, talk) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{out}\n{talk}");
    (out.into_owned(), talk.into_owned())
}

fn run_files(session: &Session) -> Vec<String> {
    let mut files: Vec<String> = std::fs::read_dir(session.path().join("runs"))
        .expect("runs")
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "sqlite"))
        .map(|path| path.display().to_string())
        .collect();
    files.sort();
    files
}

/// Everything that a run says, without its name.
fn tables(session: &Session, file: &str) -> (String, String, Value) {
    let csv = said(session, 0, &["analyze", file, "--format", "csv"]).0;
    let cells = said(session, 0, &["export", file, "--as", "jsonl"]).0;
    let mut json: Value =
        serde_json::from_str(&said(session, 0, &["analyze", file, "--format", "json"]).0).expect("JSON");
    for name in ["run", "file"] {
        json.as_object_mut().expect("an object").remove(name);
    }
    (csv, cells, json)
}

fn merge(session: &Session, output: &str, parts: &[String]) -> Value {
    let mut arguments = vec!["merge", "--output", output, "--format", "json"];
    arguments.extend(parts.iter().map(String::as_str));
    serde_json::from_str(&said(session, 0, &arguments).0).expect("JSON")
}

const SHARDS: usize = 50;

#[test]
fn fifty_killed_shards_are_one_run_whatever_the_order() {
    let session = Session::new();
    session.benchmark("letters", 120, "synthetic");
    let stub = Stub::start(Behaviour::Answer(Duration::from_millis(3)));
    let command = |arguments: &[&str]| {
        let mut command = session.command(arguments);
        command.env("OPENAI_BASE_URL", &stub.address).stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    let mut kills = 0;
    for index in 1..=SHARDS {
        let shard = format!("{index}/{SHARDS}");
        let before = run_files_or_none(&session);
        let mut child = command(&["run", "letters", "-m", "openai/stub", "--max-connections", "2", "--shard", &shard])
            .spawn()
            .expect("the binary starts");
        // Points spread over start-up, the calls and the end.
        std::thread::sleep(Duration::from_millis((index * 37 % 90) as u64));
        kills += usize::from(child.try_wait().expect("a child").is_none());
        child.kill().expect("SIGKILL");
        child.wait().expect("it is dead");
        let made: Vec<String> = run_files_or_none(&session).into_iter().filter(|file| !before.contains(file)).collect();
        let done = match made.first() {
            Some(file) => command(&["resume", file]).status(),
            None => command(&["run", "letters", "-m", "openai/stub", "--shard", &shard]).status(),
        };
        assert_eq!(done.expect("it runs").code(), Some(0), "share {shard}");
    }
    assert!(kills > SHARDS / 4, "{kills} of {SHARDS} were killed");
    let parts = run_files(&session);
    assert_eq!(parts.len(), SHARDS);
    let mut backwards = parts.clone();
    backwards.reverse();
    let middle: Vec<String> = parts[20..].iter().chain(&parts[..33]).cloned().collect();

    let first = merge(&session, "one.sqlite", &parts);
    assert_eq!((&first["schema"], &first["conflicts"]), (&Value::from("bedside.merge/1"), &Value::Array(Vec::new())));
    assert_eq!(first["answered"], first["planned"]);
    merge(&session, "two.sqlite", &backwards);
    merge(&session, "three.sqlite", &middle);
    let again = merge(&session, "three.sqlite", &parts);
    assert_eq!(again["new"], false);
    let expected = tables(&session, "one.sqlite");
    assert_eq!(expected.2["complete"], true);
    assert_eq!(expected.2["cells"]["answered"], 120);
    for other in ["two.sqlite", "three.sqlite"] {
        assert_eq!(tables(&session, other), expected, "{other}");
        said(&session, 0, &["verify", other]);
    }

    // A run that was not sharded and not disturbed says the same, but for what was sent twice.
    assert!(command(&["run", "letters", "-m", "openai/stub", "--runs", "whole"]).status().expect("it runs").success());
    let whole = std::fs::read_dir(session.path().join("whole")).expect("runs").flatten().map(|entry| entry.path());
    let whole = whole.filter(|path| path.extension().is_some_and(|extension| extension == "sqlite")).last();
    let whole = tables(&session, whole.expect("a run").to_str().expect("text"));
    assert_eq!(whole.0, expected.0);
    assert_eq!(whole.2["results"], expected.2["results"]);
    // Nothing is left to ask.
    let asked = stub.requests();
    assert!(command(&["resume", "one.sqlite"]).status().expect("it runs").success());
    assert_eq!(stub.requests(), asked);
}

fn run_files_or_none(session: &Session) -> Vec<String> {
    if session.path().join("runs").is_dir() { run_files(session) } else { Vec::new() }
}

#[test]
fn a_cell_answered_twice_is_settled_without_looking_at_it_and_listed() {
    let session = Session::new();
    session.benchmark("letters", 6, "synthetic");
    session.write("a.jsonl", &(0..6).map(|n| format!("{{\"item\":\"i{n}\",\"output\":\"A\"}}\n")).collect::<String>());
    let stub = Stub::start(Behaviour::Answer(Duration::ZERO));
    for _ in 0..2 {
        let output = session
            .command(&["run", "letters", "-m", "openai/stub", "--shard", "1/2", "--no-floor"])
            .env("OPENAI_BASE_URL", &stub.address)
            .output()
            .expect("it runs");
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let parts = run_files(&session);
    let document = merge(&session, "m.sqlite", &parts);
    let conflicts = document["conflicts"].as_array().expect("a list");
    assert!(!conflicts.is_empty() && conflicts.len() as u64 == document["answered"].as_u64().expect("a number"));
    assert_eq!(
        (&conflicts[0]["system"], &conflicts[0]["same_output"]),
        (&Value::from("openai/stub"), &Value::from(true))
    );
    let mut arguments = vec!["merge", "-o", "n.sqlite"];
    arguments.extend(parts.iter().rev().map(String::as_str));
    let (text, talk) = said(&session, 0, &arguments);
    assert!(text.contains("cells were answered more than once") && text.contains("2 answers, the same text"), "{text}");
    assert!(text.contains("share 1/2"), "{text}");
    assert!(talk.contains("bedside resume n.sqlite"), "the other share is missing: {talk}");
    assert_eq!(tables(&session, "m.sqlite"), tables(&session, "n.sqlite"));
}

#[test]
fn what_cannot_be_merged_says_why() {
    let session = Session::new();
    session.benchmark("letters", 4, "synthetic");
    for seed in ["1", "2"] {
        said(&session, 0, &["run", "letters", "-m", "null/random", "--seed", seed, "--shard", "1/2", "--no-floor"]);
    }
    let parts = run_files(&session);
    let (_, talk) = said(&session, 2, &["merge", &parts[0], &parts[1], "-o", "m.sqlite"]);
    assert!(talk.contains("is another run and cannot be merged: system `null/random`"), "{talk}");
    assert!(!Path::new(&session.path().join("m.sqlite")).exists());
    let (_, talk) = said(&session, 2, &["merge", &parts[0], "-o", &parts[0]]);
    assert!(talk.contains("is share 1/2 of a run: nothing can be merged into a share"), "{talk}");
    said(&session, 0, &["merge", &parts[0], &parts[0], "-o", "m.sqlite"]);

    let mut bytes = std::fs::read(&parts[1]).expect("a run");
    let at = bytes.windows(10).rposition(|window| window == b"\"scorers\":").expect("a score");
    bytes[at + 2] ^= 1;
    std::fs::write(&parts[1], bytes).expect("written");
    let (_, talk) = said(&session, 7, &["merge", &parts[1], "-o", "n.sqlite"]);
    assert!(talk.contains("is damaged or was changed"), "{talk}");
    let (_, talk) = said(&session, 2, &["merge", "no-such-run", "-o", "n.sqlite"]);
    assert!(talk.contains("no run `no-such-run`"), "{talk}");
    let (_, talk) = said(&session, 2, &["run", "letters", "-m", "null/random", "--shard", "3/2"]);
    assert!(talk.contains("there is no share 3 of 2"), "{talk}");
}
