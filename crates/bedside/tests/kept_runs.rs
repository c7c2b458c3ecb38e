//! Runs that are there, through the real binary: verified, scored again, exported, run again from an export.

mod support;

use std::path::{Path, PathBuf};

use bedside_core::event::ScoredBody;
use bedside_core::{Event, EventKind};
use bedside_store::{CellRow, RunReader, RunWriter};
use serde_json::Value;
use support::Session;

/// Answers of which one is right by every rule, one by the words alone, one wrong, one unreadable and one not there.
const ANSWERS: &str = r#"{"item":"i0","output":"Answer: A"}
{"item":"i1","output":"B seems wrong at first, but the answer is B."}
{"item":"i2","output":"Answer: B"}
{"item":"i3","output":"no idea \u001b[31m=1+1"}
"#;

/// A session with one finished run.
fn session() -> (Session, PathBuf) {
    let session = Session::new();
    session.benchmark("letters", 5, "phi");
    session.write("ward.jsonl", ANSWERS);
    let output = session.run(&["run", "letters", "-m", "recorded:ward.jsonl"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let file = session.run_file();
    (session, file)
}

/// What a command printed, with the exit code that it must have.
fn said(session: &Session, code: i32, arguments: &[&str]) -> (String, String) {
    let output = session.run(arguments);
    let (out, talk) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{out}\n{talk}");
    assert!(!talk.contains("made a mistake"), "{talk}");
    (out.into_owned(), talk.into_owned())
}

fn json(session: &Session, code: i32, arguments: &[&str]) -> Value {
    let (out, talk) = said(session, code, &[arguments, &["--format", "json"]].concat());
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}\n{talk}"))
}

/// The cell of an item under the system under test.
fn cell(file: &Path, item: usize) -> CellRow {
    let mut found = None;
    let reader = RunReader::open(file).expect("a run");
    reader
        .for_each_cell(|row| {
            if row.index.item == item && row.index.system == 0 {
                found = Some(row);
            }
            Ok(())
        })
        .expect("cells");
    found.expect("the cell")
}

fn append(file: &Path, events: &[Event]) {
    let mut writer = RunWriter::open(file).expect("a run");
    writer.append(1_900_000_000_000, events).expect("written");
    writer.close().expect("closed");
}

#[test]
fn verify_says_what_it_checked() {
    let (session, _) = session();
    let (text, _) = said(&session, 0, &["verify"]);
    assert!(
        text.contains("are as they were written") && text.contains("scores computed again from the outputs: the same"),
        "{text}"
    );
    assert!(text.contains("chain of "), "{text}");
    let document = json(&session, 0, &["verify"]);
    assert_eq!(document["schema"], "bedside.verify/1");
    assert_eq!(document["whole"], true);
    assert_eq!(document["scores"]["stored"], document["scores"]["same"]);
    assert!(document["scores"]["stored"].as_u64().unwrap() > 4 && document["planned"].as_u64().unwrap() > 5);
}

#[test]
fn a_score_that_its_output_does_not_give_is_found_and_named() {
    let (session, file) = session();
    // Whoever writes to the file with our own program has a chain that is right.
    let row = cell(&file, 2);
    let mut scorers = row.scored.clone();
    assert_eq!(scorers[0].values.insert("accuracy".to_owned(), 1.0), Some(0.0));
    append(&file, &[Event::new(EventKind::Scored, Some(row.key), 0, &ScoredBody { scorers, ..ScoredBody::default() })]);
    let (text, talk) = said(&session, 7, &["verify"]);
    assert!(
        text.contains(
            "different: letters, item i2, ward, wording base, run 1, scorer choice: accuracy 1 is stored, 0 is computed"
        ),
        "{text}"
    );
    assert!(talk.contains("are not what the outputs give"), "{talk}");
    let document = json(&session, 7, &["verify"]);
    assert_eq!((&document["whole"], &document["scores"]["different"]), (&Value::from(false), &Value::from(1)));
    assert_eq!(document["scores"]["differences"][0]["item"], "i2");
}

#[test]
fn a_score_of_another_version_is_said_and_no_error() {
    let (session, file) = session();
    let row = cell(&file, 0);
    let mut scorers = row.scored.clone();
    scorers[0].version = 77;
    append(&file, &[Event::new(EventKind::Scored, Some(row.key), 0, &ScoredBody { scorers, ..ScoredBody::default() })]);
    let (text, _) = said(&session, 0, &["verify"]);
    assert!(text.contains("not computed again: 1 scores of letters by scorer choice 77; this program has "), "{text}");
    // Two versions are not one result: the answer is left out, and the analysis says so.
    let document = json(&session, 0, &["analyze"]);
    let kinds: Vec<&str> =
        document["warnings"].as_array().unwrap().iter().filter_map(|one| one["kind"].as_str()).collect();
    assert!(kinds.contains(&"scored_otherwise"), "{kinds:?}");
    assert_eq!(document["results"][0]["n"], 3);
}

#[test]
fn a_damaged_run_is_no_mistake_of_ours() {
    let (session, file) = session();
    let whole = std::fs::read(&file).unwrap();
    let of = |needle: &[u8], offset: usize| {
        let at = whole.windows(needle.len()).rposition(|window| window == needle).expect("it is in the file");
        let mut bytes = whole.clone();
        bytes[at + offset] ^= 1;
        std::fs::write(&file, bytes).unwrap();
    };
    // The words of a score, an output, and the plan.
    for (needle, offset) in [(&b"\"accuracy\":"[..], 11), (b"\"scorers\":", 3), (b"\"selected\":", 3)] {
        of(needle, offset);
        for verb in [&["verify"][..], &["analyze"], &["report"], &["export", "--as", "csv"], &["rescore"], &["resume"]]
        {
            let output = session.run(verb);
            let talk = String::from_utf8_lossy(&output.stderr);
            let noticed = output.status.code() == Some(7);
            // Resuming and rescoring may meet it as an input that they do not take.
            assert!(
                noticed || output.status.code() == Some(2),
                "{verb:?} {:?}: {talk}",
                String::from_utf8_lossy(needle)
            );
            assert!(noticed || matches!(verb[0], "resume" | "rescore"), "{verb:?}: {talk}");
            assert!(talk.contains("error: ") && !talk.contains("made a mistake"), "{talk}");
        }
    }
    std::fs::write(&file, b"not a database at all").unwrap();
    said(&session, 7, &["verify"]);
    std::fs::write(&file, &whole).unwrap();
    said(&session, 0, &["verify"]);
}

#[test]
fn rescoring_by_the_same_scorers_changes_nothing() {
    let (session, file) = session();
    let before = std::fs::read(&file).unwrap();
    let (text, _) = said(&session, 0, &["rescore"]);
    assert!(text.contains("nothing changed; nothing was appended"), "{text}");
    let document = json(&session, 0, &["rescore"]);
    assert_eq!((&document["schema"], &document["appended"]), (&Value::from("bedside.rescore/1"), &Value::from(false)));
    assert_eq!(document["casebook"], Value::Array(Vec::new()));
    assert_eq!(std::fs::read(&file).unwrap().len(), before.len());
}

#[test]
fn rescoring_by_an_edited_package_shows_both_scores_and_the_cases() {
    let (session, file) = session();
    let score = |session: &Session| json(session, 0, &["analyze"])["results"][0]["estimate"]["value"].as_f64().unwrap();
    assert!((score(&session) - 0.5).abs() < 1e-9, "two of four");
    let path = session.path().join("benchmarks/letters/benchmark.toml");
    let manifest = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{manifest}rule = \"exact\"\n")).unwrap();

    let (text, _) = said(&session, 0, &["rescore", "--benchmark", "letters"]);
    assert!(
        text.contains("the earlier scores stay in the file") && text.contains("by the scorers of the edited package"),
        "{text}"
    );
    assert!(text.contains("0.500") && text.contains("item i1, ward"), "{text}");
    assert!(text.contains("before (version 1): accuracy 1.000; read `B`"), "{text}");
    assert!(!text.contains('\u{1b}'));
    let now = score(&session);
    assert!(now < 0.5, "the words alone are no answer by this rule: {now}");
    said(&session, 0, &["verify"]);
    said(&session, 0, &["report"]);

    // Both scorings are in the file, and the views have the new one.
    let conn = RunReader::open(&file).unwrap();
    let mut scorings = 0;
    conn.for_each_scoring(|_| {
        scorings += 1;
        Ok::<(), bedside_store::StoreError>(())
    })
    .unwrap();
    let summary = conn.summary().unwrap();
    assert_eq!(scorings, 2 * summary.answered);
    drop(conn);

    // Once more, and back again.
    let again = json(&session, 0, &["rescore"]);
    assert_eq!(again["appended"], false, "the edited scorers are in force");
    std::fs::write(&path, &manifest).unwrap();
    let back = json(&session, 0, &["rescore", "--benchmark", "letters"]);
    assert_eq!((&back["appended"], &back["edited"][0]), (&Value::from(true), &Value::from("letters")));
    let case = &back["casebook"].as_array().unwrap().iter().find(|case| case["item"] == "i1").unwrap();
    assert_eq!(
        (&case["before"]["values"]["accuracy"], &case["after"]["values"]["accuracy"]),
        (&Value::from(0.0), &Value::from(1.0))
    );
    assert_eq!((&case["after"]["read"], &case["metrics"][0]), (&Value::from("B"), &Value::from("accuracy")));
    let primary = &back["results"].as_array().unwrap().iter().find(|row| row["primary"] == true).unwrap();
    assert_eq!(primary["after"]["value"], 0.5);
    assert!(primary["before"]["ci"]["upper"].is_number() && primary["changed"].as_u64() > Some(0));
    assert!((score(&session) - 0.5).abs() < 1e-9);
    said(&session, 0, &["verify"]);
}

#[test]
fn a_run_that_was_scored_again_can_be_resumed() {
    let (session, _) = session();
    let path = session.path().join("benchmarks/letters/benchmark.toml");
    let manifest = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{manifest}rule = \"exact\"\n")).unwrap();
    said(&session, 0, &["rescore", "--benchmark", "letters"]);
    let (_, talk) = said(&session, 0, &["resume"]);
    assert!(talk.contains("resuming"), "{talk}");
    said(&session, 0, &["verify"]);
}

#[test]
fn the_question_cannot_be_changed_after_the_answer() {
    let (session, _) = session();
    let path = session.path().join("benchmarks/letters/benchmark.toml");
    let manifest = std::fs::read_to_string(&path).unwrap();
    let edit = |from: &str, to: &str| std::fs::write(&path, manifest.replace(from, to)).unwrap();
    edit("A or B?", "A, or B?");
    let (_, talk) = said(&session, 2, &["rescore", "--benchmark", "letters"]);
    assert!(talk.contains("wording `base` of `letters` changed since the answers were given"), "{talk}");
    edit("reader = \"human\"", "reader = \"machine\"\nanswer_format = \"A or B?\"");
    let (_, talk) = said(&session, 2, &["rescore", "--benchmark", "letters"]);
    assert!(talk.contains("[task] of `letters` changed"), "{talk}");
    session.benchmark("digits", 2, "synthetic");
    let (_, talk) = said(&session, 2, &["rescore", "--benchmark", "digits"]);
    assert!(talk.contains("this run has no benchmark `digits`"), "{talk}");
}

#[test]
fn outputs_that_were_exported_give_the_same_tables_when_they_are_run_again() {
    let (session, file) = session();
    let table = |file: &Path| said(&session, 0, &["analyze", file.to_str().unwrap(), "--format", "csv"]).0;
    let before = table(&file);
    said(&session, 0, &["export", "--as", "recorded", "--output", "again.jsonl"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(session.path().join("again.jsonl")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "for its owner alone");
    }
    std::fs::rename(&file, session.path().join("first.sqlite")).unwrap();
    said(&session, 0, &["run", "letters", "-m", "recorded:again.jsonl"]);
    assert_eq!(table(&session.run_file()), before);
}

#[test]
fn what_is_exported_to_a_file_is_what_is_printed() {
    let (session, file) = session();
    for (form, rows) in [("jsonl", 5), ("csv", 6), ("observations", 5), ("recorded", 4)] {
        let (printed, _) = said(&session, 0, &["export", "--as", form]);
        said(&session, 0, &["export", "--as", form, "-o", "out"]);
        assert_eq!(std::fs::read_to_string(session.path().join("out")).unwrap(), printed, "{form}");
        let own = printed.lines().filter(|line| !line.contains("null/")).count();
        assert_eq!(own, rows, "{form}: {printed}");
    }
    said(&session, 0, &["export", "--as", "parquet", "-o", "out.parquet"]);
    assert!(std::fs::read(session.path().join("out.parquet")).unwrap().ends_with(b"PAR1"));

    let path = file.to_str().unwrap();
    let (_, talk) = said(&session, 2, &["export", "--as", "csv", "-o", path]);
    assert!(talk.contains("it is not overwritten"), "{talk}");
    said(&session, 0, &["verify"]);
    let (_, talk) = said(&session, 2, &["export", "--as", "observations", "--metric", "choice.acuracy"]);
    assert!(talk.contains("did you mean `choice.accuracy`?"), "{talk}");
    let (_, talk) = said(&session, 2, &["export", "--as", "csv", "--metric", "choice.accuracy"]);
    assert!(talk.contains("--metric chooses the score of observations"), "{talk}");
    let (_, talk) = said(&session, 4, &["export", "--as", "ratings", "-o", "ratings.csv"]);
    assert!(talk.contains("no ratings"), "{talk}");
    assert!(!session.path().join("ratings.csv").exists(), "nothing to write, nothing written");
    let (_, talk) = said(&session, 3, &["export", "--as", "csv", "-o", "no/such/folder.csv"]);
    assert!(talk.contains("cannot write no/such/folder.csv"), "{talk}");
}
