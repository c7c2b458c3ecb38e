//! The real binary in an empty folder: standard output, standard error and exit code, as a user meets them.
#![allow(clippy::print_stdout, reason = "a skipped test says so")]

mod support;

use std::time::Duration;

use serde_json::Value;
use support::{Behaviour, Session, Stub};

fn json(output: &std::process::Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn the_first_own_benchmark() {
    let session = Session::new();
    insta::assert_snapshot!("init", session.transcript(&["init", "my-ward"]));
    insta::assert_snapshot!("init_twice", session.transcript(&["init", "my-ward"]));
    insta::assert_snapshot!("check", session.transcript(&["check", "my-ward"]));
    insta::assert_snapshot!("run_null", session.transcript(&["run", "my-ward", "-m", "null/random"]));
    assert!(session.run_file().with_extension("html").is_file());
}

#[test]
fn what_is_misspelt_is_named_with_what_was_meant() {
    let session = Session::new();
    insta::assert_snapshot!("unknown_benchmark", session.transcript(&["run", "medqaa", "-m", "null/random"]));
    session.benchmark("letters", 2, "synthetic");
    insta::assert_snapshot!("unknown_model", session.transcript(&["run", "letters", "-m", "nul/random"]));
    insta::assert_snapshot!("unknown_policy", session.transcript(&["run", "letters", "-m", "null/randm"]));
    insta::assert_snapshot!("no_provider", session.transcript(&["run", "letters", "-m", "gpt-x"]));
    insta::assert_snapshot!("unknown_setting", session.transcript(&["run", "letters", "-m", "openai/x?temprature=0"]));
    insta::assert_snapshot!(
        "unknown_flag",
        session.transcript(&["run", "letters", "-m", "null/random", "--epoch", "2"])
    );
    insta::assert_snapshot!(
        "unknown_prompt",
        session.transcript(&["run", "letters", "-m", "null/random", "--prompts", "bse"])
    );
    insta::assert_snapshot!("unknown_run", session.transcript(&["analyze", "2026"]));
}

#[test]
fn a_missing_key_names_the_variable() {
    let session = Session::new();
    session.benchmark("letters", 2, "synthetic");
    insta::assert_snapshot!("missing_key", session.transcript(&["run", "letters", "-m", "openai/gpt-x", "--yes"]));
}

#[test]
fn data_of_real_people_stay_here_unless_a_host_is_named() {
    let session = Session::new();
    session.benchmark("charts", 2, "phi");
    let run = |extra: &[&str]| {
        let mut arguments = vec!["run", "charts", "-m", "openai/x", "--yes"];
        arguments.extend(extra);
        let output = session
            .command(&arguments)
            .env("OPENAI_API_KEY", "sk-sentinel-0123456789")
            .env("OPENAI_BASE_URL", "http://llm.invalid/v1")
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, text) = run(&[]);
    assert_eq!(code, Some(2));
    assert!(
        text.contains("charts is phi data and may not go to llm.invalid without --allow-host llm.invalid"),
        "{text}"
    );
    let (code, text) = run(&["--local-only", "--allow-host", "llm.invalid"]);
    assert_eq!(code, Some(2));
    assert!(text.contains("--local-only allows loopback alone"), "{text}");
}

#[test]
fn consent_is_asked_before_anything_leaves() {
    let session = Session::new();
    session.benchmark("letters", 2, "synthetic");
    let output = session
        .command(&["run", "letters", "-m", "openai/x"])
        .env("OPENAI_API_KEY", "sk-x")
        .env("OPENAI_BASE_URL", "http://llm.invalid/v1")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--yes agrees to it"));
    assert!(!session.path().join("runs").exists(), "nothing was begun");
}

#[test]
fn a_live_run_keeps_requests_and_replies_as_evidence() {
    let session = Session::new();
    session.benchmark("letters", 6, "phi");
    let stub = Stub::start(Behaviour::Answer(Duration::ZERO));
    let output = session
        .command(&[
            "run",
            "letters",
            "-m",
            "openai/stub?temperature=0",
            "--epochs",
            "2",
            "--format",
            "json",
            "--local-only",
        ])
        .env("OPENAI_BASE_URL", &stub.address)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let result = json(&output);
    assert_eq!(result["schema"], "bedside.run/1");
    assert_eq!(result["cells"]["planned"], 12);
    assert_eq!(result["cells"]["answered"], 12);
    assert_eq!(result["complete"], true);
    let primary = result["results"].as_array().unwrap().iter().find(|row| row["primary"] == true).unwrap();
    assert_eq!(primary["metric"], "choice.accuracy");
    assert_eq!(primary["estimate"]["value"], 0.5);
    assert_eq!(primary["count"], 6);
    assert_eq!(primary["n"], 12);
    assert!(primary["estimate"]["ci"]["lower"].as_f64().unwrap() > 0.0);
    assert!(primary["floor"]["policy"].is_string());
    assert_eq!(stub.requests(), 12);
    let bytes = std::fs::read(session.run_file()).unwrap();
    let holds = |needle: &str| bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
    assert!(holds(r#""temperature":0"#), "the request is kept");
    assert!(holds("Answer: A"), "the reply is kept");
}

#[test]
fn outages_are_faults_and_can_be_asked_again() {
    let session = Session::new();
    session.benchmark("letters", 3, "synthetic");
    let refusing = Stub::start(Behaviour::Always(422, r#"{"error":{"message":"no such parameter"}}"#));
    let output = session
        .command(&["run", "letters", "-m", "openai/stub", "--format", "json"])
        .env("OPENAI_BASE_URL", &refusing.address)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3), "finished incomplete");
    let result = json(&output);
    assert_eq!(result["cells"]["faults"], 3);
    assert_eq!(result["cells"]["answered"], 0);
    assert!(String::from_utf8_lossy(&output.stderr).contains("bedside resume"));

    let working = Stub::start(Behaviour::FirstThenAnswer(503));
    let output =
        session.command(&["resume", "--format", "json"]).env("OPENAI_BASE_URL", &working.address).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(json(&output)["cells"]["answered"], 3);
    assert_eq!(working.requests(), 6, "each was asked again after its 503, once");
}

#[test]
fn a_wrong_key_stops_the_run_and_is_never_written() {
    let session = Session::new();
    session.benchmark("letters", 50, "synthetic");
    let stub = Stub::start(Behaviour::Always(401, r#"{"error":{"message":"bad key"}}"#));
    let output = session
        .command(&["run", "letters", "-m", "openai/stub"])
        .env("OPENAI_BASE_URL", &stub.address)
        .env("OPENAI_API_KEY", "sk-sentinel-0123456789")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(stub.requests() <= 33, "{} requests with a wrong key", stub.requests());

    let echo = Stub::start(Behaviour::EchoKey);
    let session = Session::new();
    session.benchmark("letters", 3, "synthetic");
    let output = session
        .command(&["run", "letters", "-m", "openai/stub"])
        .env("OPENAI_BASE_URL", &echo.address)
        .env("OPENAI_API_KEY", "sk-sentinel-0123456789")
        .output()
        .unwrap();
    let mut written = output.stdout;
    written.extend(output.stderr);
    for entry in std::fs::read_dir(session.path().join("runs")).unwrap().flatten() {
        written.extend(std::fs::read(entry.path()).unwrap());
    }
    assert!(written.windows(11).any(|window| window == b"key removed"), "the echo was seen");
    assert!(!written.windows(11).any(|window| window == b"sk-sentinel"), "the key was written");
}

#[test]
fn recorded_outputs_that_lack_items_are_not_attempted() {
    let session = Session::new();
    session.benchmark("letters", 4, "phi");
    let lines = "{\"item\":\"i0\",\"output\":\"A\"}\n{\"item\":\"i1\",\"output\":\"no idea\"}\n";
    session.write("mine.jsonl", lines);
    let output = session.run(&["run", "letters", "-m", "recorded:mine.jsonl", "--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let result = json(&output);
    assert_eq!(result["cells"]["not_attempted"], 2);
    assert_eq!(result["cells"]["faults"], 0);
    assert_eq!(result["cells"]["unparsed"], 1);
    assert_eq!(result["results"][0]["system"], "mine");

    session.write("bad.jsonl", &format!("{lines}{{\"item\":\"i9\",\"output\":\"B\"}}\n{{\"item\":\"i0\",\"output\":\"B\"}}\n{{\"itm\":\"i0\",\"output\":\"B\"}}\n"));
    insta::assert_snapshot!("bad_recording", session.transcript(&["run", "letters", "-m", "recorded:bad.jsonl"]));
    session.write("unknown.jsonl", &format!("{lines}{{\"item\":\"i9\",\"output\":\"B\"}}\n"));
    insta::assert_snapshot!("unknown_item", session.transcript(&["run", "letters", "-m", "recorded:unknown.jsonl"]));
}

#[test]
fn broken_packages_are_named_with_their_place() {
    let session = Session::new();
    session.benchmark("letters", 2, "synthetic");
    let path = session.path().join("benchmarks/letters/benchmark.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("licence", "license").replace("id = \"choice\"", "id = \"choise\"")).unwrap();
    insta::assert_snapshot!("broken_package", session.transcript(&["check", "letters"]));
    insta::assert_snapshot!("broken_package_json", session.transcript(&["check", "letters", "--format", "json"]));
}

#[test]
fn nothing_selected_has_its_own_exit_code() {
    let session = Session::new();
    session.benchmark("letters", 2, "synthetic");
    insta::assert_snapshot!("nothing", session.transcript(&["run", "letters", "-m", "null/random", "--limit", "0"]));
}

#[test]
fn a_changed_upstream_file_is_refused_and_the_cache_kept() {
    let session = Session::new();
    let mirror = session.path().join("mirror");
    session.write("mirror/pubmedqa/data/ori_pqal.json", "{}");
    session.write("mirror/pubmedqa/data/test_ground_truth.json", "{}");
    let output = session.run(&["fetch", "pubmedqa", "--mirror", mirror.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(
        text.contains("is not the file that the recipe pins") && text.contains("what the cache holds is untouched"),
        "{text}"
    );
    assert!(!session.path().join("cache/sources").exists());
}

#[test]
fn hostile_outputs_do_not_reach_the_terminal() {
    let session = Session::new();
    session.benchmark("letters", 2, "phi");
    let hostile = "\\u001b]52;c;AAAA\\u0007\\u202e<script>alert(1)</script>";
    session.write("evil.jsonl", &format!("{{\"item\":\"i0\",\"output\":\"{hostile}\",\"system\":\"{hostile}\"}}\n"));
    let output = session.run(&["run", "letters", "-m", "recorded:evil.jsonl"]);
    for stream in [&output.stdout, &output.stderr] {
        let text = String::from_utf8_lossy(stream);
        assert!(!text.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'), "{text:?}");
    }
    let page = std::fs::read_to_string(session.run_file().with_extension("html")).unwrap();
    assert!(!page.contains("<script"), "model text stays text");
}

#[test]
fn a_run_file_of_a_newer_version_is_not_written() {
    let session = Session::new();
    session.benchmark("letters", 2, "synthetic");
    assert_eq!(session.run(&["run", "letters", "-m", "null/random"]).status.code(), Some(0));
    let file = session.run_file();
    // `user_version` is the four bytes at offset 60 of a SQLite file.
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[60..64].copy_from_slice(&9u32.to_be_bytes());
    std::fs::write(&file, bytes).unwrap();
    let output = session.run(&["resume"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("newer"), "{}", String::from_utf8_lossy(&output.stderr));
}

#[cfg(unix)]
#[test]
fn run_files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let session = Session::new();
    session.benchmark("letters", 2, "synthetic");
    session.run(&["run", "letters", "-m", "null/random"]);
    for entry in std::fs::read_dir(session.path().join("runs")).unwrap().flatten() {
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", entry.path().display());
    }
}

/// Published scores from published outputs; needs the upstream files.
#[test]
fn published_scores_are_reproduced() {
    let Some(mirror) = std::env::var_os("BEDSIDE_MIRROR") else {
        println!("skipped: BEDSIDE_MIRROR names no folder with the upstream files");
        return;
    };
    let session = Session::new();
    let run = |arguments: &[&str]| {
        let output = session.command(arguments).env("BEDSIDE_MIRROR", &mirror).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        json(&output)
    };
    let value = |result: &Value, system: &str, metric: &str, stratum: Value| -> f64 {
        let row = result["results"]
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["system"] == system && row["metric"] == metric && row["stratum"] == stratum);
        row.unwrap_or_else(|| panic!("no row for {system} {metric} {stratum}"))["estimate"]["value"].as_f64().unwrap()
    };
    let result = run(&["run", "aci-bench", "-m", "recorded:aci-bench", "--format", "json", "--no-floor"]);
    // Table 1 of the upstream repository: ROUGE-1, -2, -L × 100; what is published as ROUGE-L is rougeLsum.
    for (system, rouge1, rouge2, rouge_lsum) in [
        ("GPT-4", 51.76, 22.58, 45.97),
        ("ChatGPT", 47.44, 19.01, 42.47),
        ("Text-Davinci-003", 47.07, 22.08, 43.11),
        ("Text-Davinci-002", 41.08, 17.27, 37.46),
        ("BART+FT_SAMSum(Division)", 53.46, 25.08, 48.62),
        ("train_UMLS", 43.87, 17.55, 40.47),
        ("transcript", 32.84, 12.53, 30.61),
    ] {
        for (metric, published) in [("rouge.rouge1", rouge1), ("rouge.rouge2", rouge2), ("rouge.rougeLsum", rouge_lsum)]
        {
            let found = 100.0 * value(&result, system, metric, Value::from("split=test1"));
            assert!((found - published).abs() < 0.005 + 1e-9, "{system} {metric}: {found} against {published}");
        }
    }
    let result = run(&["run", "pubmedqa", "-m", "recorded:pubmedqa", "--format", "json", "--no-floor"]);
    let mut found: Vec<f64> = result["results"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["primary"] == true && row["stratum"].is_null())
        .map(|row| row["estimate"]["value"].as_f64().unwrap())
        .collect();
    found.sort_by(f64::total_cmp);
    assert_eq!(found, [0.780, 0.904]);
}

#[test]
fn the_demonstration_works_without_network_and_weights() {
    let session = Session::new();
    let output = session.run(&["demo", "--local-only", "--format", "json"]);
    let talk = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{talk}");
    assert!(talk.contains("replaying the answers that were recorded for this demonstration"), "{talk}");
    let result = json(&output);
    let row = result["results"].as_array().unwrap().iter().find(|row| row["primary"] == true).unwrap();
    assert_eq!(row["domain"], "administration", "the generated benchmark needs no file");
    assert_eq!(row["system"], "smollm2-135m (recorded)");
    assert!(row["floor"]["policy"].is_string());
}

#[test]
fn a_resumed_run_refuses_a_recording_that_changed() {
    let session = Session::new();
    session.benchmark("letters", 2, "synthetic");
    session.write("mine.jsonl", "{\"item\":\"i0\",\"output\":\"A\"}\n");
    assert_eq!(session.run(&["run", "letters", "-m", "recorded:mine.jsonl"]).status.code(), Some(0));
    session.write("mine.jsonl", "{\"item\":\"i0\",\"output\":\"B\"}\n");
    let output = session.run(&["resume"]);
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("`mine` is not what it was when this run was started"), "{text}");
}

#[test]
fn misspelt_wordings_and_endless_epochs_of_recordings_are_named() {
    let session = Session::new();
    session.benchmark("letters", 2, "synthetic");
    session.write("mine.jsonl", "{\"item\":\"i0\",\"output\":\"A\",\"prompt\":\"bse\"}\n");
    let output = session.run(&["run", "letters", "-m", "recorded:mine.jsonl"]);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && text.contains("did you mean `base`?"), "{text}");
    session.write("mine.jsonl", "{\"item\":\"i0\",\"output\":\"A\",\"epoch\":4000000000}\n");
    let output = session.run(&["run", "letters", "-m", "recorded:mine.jsonl"]);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && text.contains("epochs count from 0 to 9999"), "{text}");
}

#[test]
fn a_recording_of_two_benchmarks_with_the_same_ids_keeps_both() {
    let session = Session::new();
    session.benchmark("one", 2, "synthetic");
    session.benchmark("two", 2, "synthetic");
    let line =
        |benchmark: &str, item: &str| format!("{{\"benchmark\":\"{benchmark}\",\"item\":\"{item}\",\"output\":\"A\"}}");
    session
        .write("both.jsonl", &[line("one", "i0"), line("two", "i0"), line("one", "i1"), line("two", "i1")].join("\n"));
    let output = session.run(&["run", "one", "two", "-m", "recorded:both.jsonl", "--format", "json"]);
    assert_eq!(json(&output)["cells"]["answered"], 4, "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(session.run(&["run", "one", "one", "-m", "null/random"]).status.code(), Some(2), "a benchmark twice");
}

#[test]
fn numbers_that_do_not_fit_are_named() {
    let session = Session::new();
    session.benchmark("letters", 2, "synthetic");
    let path = session.path().join("benchmarks/letters/benchmark.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("max_tokens = 16", "max_tokens = 99999999999999999999")).unwrap();
    let output = session.run(&["check", "letters"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && said.contains("`max_tokens` must be"), "{said}");
}
