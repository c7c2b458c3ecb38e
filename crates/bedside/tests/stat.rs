//! Every statistic by name through the real binary: the oracle file, degenerate inputs, mistakes.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

#[path = "../../bedside-stats/tests/oracle/mod.rs"]
mod oracle;

fn stat(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_bedside"))
        .arg("stat")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    // A method that is not known reads nothing, and then the pipe is closed.
    let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
    child.wait_with_output().expect("it ends")
}

fn run(method: &str, input: &str) -> Result<Value, String> {
    let done = stat(&[method], input);
    if done.status.success() {
        serde_json::from_slice(&done.stdout).map_err(|error| error.to_string())
    } else {
        Err(format!("{:?}: {}", done.status.code(), String::from_utf8_lossy(&done.stderr)))
    }
}

#[test]
fn every_entry_of_the_oracle_file_passes_through_the_command() {
    let Some(entries) = oracle::all() else { return };
    assert!(entries.len() >= 139, "{}", entries.len());
    let mut wrong = Vec::new();
    for entry in &entries {
        let (name, method) = (entry["name"].as_str().unwrap_or("?"), entry["method"].as_str().unwrap_or("?"));
        match run(method, &entry["inputs"].to_string()) {
            Ok(found) => oracle::compare(name, &entry["expected"], &found, &entry["tolerance"], "", &mut wrong),
            Err(error) => wrong.push(format!("{name}: {error}")),
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_example_runs() {
    let list = stat(&["--list", "--format", "json"], "");
    let list: Value = serde_json::from_slice(&list.stdout).expect("JSON");
    let methods = list["methods"].as_array().expect("a list");
    assert!(methods.len() > 100, "{}", methods.len());
    let mut wrong = Vec::new();
    for method in methods {
        let (name, example) =
            (method["name"].as_str().expect("a name"), method["example"].as_str().expect("an example"));
        if let Err(error) = run(name, example) {
            wrong.push(format!("{name}: {error}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn degenerate_inputs_have_a_word_or_a_clear_error() {
    let word = |method: &str, input: &str, key: &str| run(method, input).expect(method)[key].clone();
    assert_eq!(word("mcnemar", r#"{"b": 0, "c": 0}"#, "chi2"), "undefined");
    assert_eq!(word("cohen_kappa", r#"{"table": [[5, 0], [0, 0]]}"#, "kappa"), "undefined");
    assert_eq!(
        word("pass_hat_k", r#"{"n_trials": 2, "successes_per_task": [1], "k": [3]}"#, "pass_hat_k"),
        "undefined"
    );
    for (method, input) in [
        ("proportion_ci_wilson", r#"{"successes": 0, "n": 0}"#),
        ("proportion_ci_wilson", r#"{"successes": 3, "n": 2}"#),
        ("score_se_clt", r#"{"scores": []}"#),
        ("rouge", r#"{"references": [], "candidates": []}"#),
        ("rouge", r#"{"references": ["a"], "candidates": ["a", "b"]}"#),
        ("bradley_terry", r#"{"wins": []}"#),
    ] {
        let error = run(method, input).expect_err(method);
        assert!(error.starts_with("Some(2): error: ") && error.contains("an input that runs"), "{method}: {error}");
    }
}

#[test]
fn text_metrics_are_those_of_the_scorers() {
    let pair =
        r#"{"references": ["The patient denies any chest pain."], "candidates": ["The patient has chest pain."]}"#;
    let bleu = run("bleu", pair).expect("bleu");
    assert!((bleu["bleu"].as_f64().expect("a number") - 32.159_351_091_190_125).abs() < 1e-9);
    assert_eq!(bleu["signature"], "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0");
    let rouge = run("rouge", pair).expect("rouge");
    // Four of five words of the candidate are among the six of the reference.
    assert!((rouge["rouge1"].as_f64().expect("a number") - 8.0 / 11.0).abs() < 1e-12);
    assert!(run("chrf", pair).expect("chrf")["signature"].as_str().expect("text").contains("nw:0"));
}

#[test]
fn mistakes_are_named() {
    let said = |arguments: &[&str], input: &str| {
        let done = stat(arguments, input);
        (done.status.code(), String::from_utf8_lossy(&done.stderr).into_owned())
    };
    let (code, text) = said(&["proportion_ci_wilsen"], "");
    assert_eq!(code, Some(2));
    assert!(text.contains("did you mean `proportion_ci_wilson`"), "{text}");
    let (code, text) = said(&["mcnemar"], "{\"b\": 1,\n \"c\" 2}");
    assert_eq!(code, Some(2));
    assert!(text.contains("standard input:2:"), "{text}");
    let (code, text) = said(&["mcnemar"], r#"{"b": 1, "c": 2, "d": 3}"#);
    assert_eq!(code, Some(2));
    assert!(text.contains("unknown field `d`"), "{text}");
    assert_eq!(said(&["mcnemar"], "").0, Some(2));
}

/// `BEDSIDE_UPDATE=1 cargo test -p bedside --test stat` writes the page anew.
#[test]
fn the_page_of_statistics_has_every_method_and_no_other() {
    let list = stat(&["--list", "--format", "json"], "");
    let list: Value = serde_json::from_slice(&list.stdout).expect("JSON");
    let mut page = String::from(
        "# Statistics by name\n\n\
         `bedside stat METHOD` takes one JSON object on standard input and prints one: 0/0 is `\"undefined\"`, an infinity `\"infinite\"`, what the data do not determine\n\
         `\"not_identifiable\"`. `bedside stat METHOD --example` prints an input that runs. The functions behind them, with what each estimates, assumes and when it misleads, are\n\
         the documentation of the crate `bedside-stats`: `cargo doc -p bedside-stats --open`. How often the intervals hold the truth: [coverage](coverage.md),\n\
         [of paired differences](coverage-paired.md), [of corrected scores](coverage-correction.md).\n",
    );
    let mut area = "";
    for method in list["methods"].as_array().expect("a list") {
        let word = |key: &str| method[key].as_str().expect("a text");
        if word("area") != area {
            area = word("area");
            page.push_str(&format!(
                "\n## {}{}\n\n| method | what it estimates, and from what |\n| --- | --- |\n",
                area[..1].to_uppercase(),
                &area[1..]
            ));
        }
        page.push_str(&format!("| `{}` | {} |\n", word("name"), word("about").replace('|', "\\|")));
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/statistics.md");
    if std::env::var_os("BEDSIDE_UPDATE").is_some() {
        std::fs::write(path, &page).expect("the page is written");
    }
    assert!(
        std::fs::read_to_string(path).unwrap_or_default() == page,
        "the page is stale: BEDSIDE_UPDATE=1 writes it anew"
    );
}
