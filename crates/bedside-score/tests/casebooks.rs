//! Every case of `casebooks/*.md` is a test. A case that fails names its file and line.

mod casebook;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use bedside_core::item::{Item, LongFormReference, NumericReference, NumericValue, Reference, TaskKind};
use bedside_core::manifest::{Reader, ScorerTable, TaskTable};
use bedside_core::observation::{Answer, OptionLogprob, Stop};
use bedside_core::score::Scored;
use bedside_core::{ChoiceOption, Digest};
use bedside_score::Scorer;
use casebook::{Case, CaseItem, Casebook, Field, Mistake};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../casebooks")
}

fn book(name: &str) -> Casebook {
    let path = folder().join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("casebooks/{name}: {error}"));
    casebook::parse(&text).unwrap_or_else(|mistake| panic!("casebooks/{name}:{mistake}"))
}

fn run(name: &str, at_least: usize) {
    let book = book(name);
    assert_eq!(
        book.reviewed_by, "nobody yet",
        "casebooks/{name}: a reviewer signs by name, and then this line changes"
    );
    let mut failures = String::new();
    let mut count = 0;
    for item in &book.items {
        for case in &item.cases {
            count += 1;
            match check(&book.scorer, item, case) {
                Ok(failed) => {
                    for what in failed {
                        let _ = writeln!(failures, "casebooks/{name}:{}: {}: {what}", case.line, case.title);
                    }
                }
                Err(mistake) => panic!("casebooks/{name}:{mistake}"),
            }
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
    assert!(count >= at_least, "casebooks/{name} holds {count} cases, fewer than the {at_least} it had");
}

fn check(default_kind: &str, item: &CaseItem, case: &Case) -> Result<Vec<String>, Mistake> {
    let kind = item.one("Scorer").map_or(default_kind, |field| field.value.as_str());
    let scorer =
        Scorer::new(&table(kind, item)?).map_err(|error| Mistake { line: item.line, what: error.to_string() })?;
    // A published format is for a machine that reads the answer.
    let scorer = match item.one("Format") {
        None => scorer,
        Some(format) => scorer.of_task(&TaskTable {
            id: None,
            kind: TaskKind::Choice,
            cluster_by: None,
            reader: Reader::Machine,
            answer_format: Some(format.value.clone()),
            max_tokens: None,
            primary: None,
        }),
    };
    let reader = match case.one("Reader") {
        None => Reader::Human,
        Some(field) if field.value == "machine" => Reader::Machine,
        Some(field) => return Err(wrong(field, "a reader other than human is machine")),
    };
    let marks = scorer.score(&to_item(kind, item)?, &answer(case)?, reader);
    let expected = case.one("Expected").expect("checked by the parser");
    let mut failed = compare(&marks, expected)?;
    if !failed.is_empty() {
        failed.push(format!("the scorer said: {} (read {:?}, {:?})", marks.why, marks.extracted, marks.values));
    }
    Ok(failed)
}

fn wrong(field: &Field, what: &str) -> Mistake {
    Mistake { line: field.line, what: what.to_owned() }
}

fn number(field: &Field, text: &str) -> Result<f64, Mistake> {
    text.trim().parse().map_err(|_| wrong(field, &format!("`{text}` is no number")))
}

fn table(kind: &str, item: &CaseItem) -> Result<ScorerTable, Mistake> {
    let mut table = ScorerTable {
        id: "case".to_owned(),
        kind: Some(kind.to_owned()),
        metrics: None,
        reference: None,
        rule: None,
        tolerance_relative: None,
        tolerance_absolute: None,
        case_sensitive: false,
    };
    for setting in item.all("Setting") {
        match setting.value.split_once(" = ") {
            Some(("rule", value)) => table.rule = Some(value.to_owned()),
            Some(("reference", value)) => table.reference = Some(value.to_owned()),
            Some(("tolerance_relative", value)) => table.tolerance_relative = Some(number(setting, value)?),
            Some(("tolerance_absolute", value)) => table.tolerance_absolute = Some(number(setting, value)?),
            Some(("case_sensitive", "true")) => table.case_sensitive = true,
            _ => return Err(wrong(setting, "no such setting")),
        }
    }
    Ok(table)
}

fn to_item(kind: &str, item: &CaseItem) -> Result<Item, Mistake> {
    let info = bedside_score::catalogue().iter().find(|info| info.kind == kind);
    let task = info.and_then(|info| info.tasks.first()).copied().unwrap_or(TaskKind::Choice);
    let key = item.one("Key").expect("checked by the parser");
    let list = |separator: &str| key.value.split(separator).map(|part| part.trim().to_owned()).collect::<Vec<_>>();
    let reference = match task {
        TaskKind::Choice => Reference::Choice(key.value.clone()),
        TaskKind::ShortAnswer => Reference::ShortAnswer(list("|")),
        TaskKind::Codes if key.value == "no codes" => Reference::Codes(Vec::new()),
        TaskKind::Codes => Reference::Codes(list(",")),
        TaskKind::LongForm if key.value == "no text" => Reference::LongForm(LongFormReference::default()),
        TaskKind::LongForm => {
            Reference::LongForm(LongFormReference { text: Some(key.value.clone()), facts: Vec::new() })
        }
        TaskKind::Numeric if key.value == "must abstain" => Reference::Numeric(None),
        TaskKind::Numeric => {
            let unit = item.one("Unit").map_or(String::new(), |field| field.value.clone());
            let value = |field: &Field, text: &str| {
                Ok(if unit == "date" {
                    NumericValue::Date(text.trim().to_owned())
                } else {
                    NumericValue::Number(number(field, text)?)
                })
            };
            let (lower, upper) = match item.one("Accepted").map(|field| (field, field.value.split_once(" to "))) {
                None => (None, None),
                Some((field, Some((lower, upper)))) => (Some(value(field, lower)?), Some(value(field, upper)?)),
                Some((field, None)) => return Err(wrong(field, "expected `LOWEST to HIGHEST`")),
            };
            let value = value(key, &key.value)?;
            Reference::Numeric(Some(NumericReference { value, unit, lower, upper }))
        }
        TaskKind::Dialogue | TaskKind::Agent => return Err(wrong(key, "no scorer of this crate scores such a task")),
    };
    let option = |field: &Field| {
        let (label, text) = field.value.split_once(" = ").ok_or_else(|| wrong(field, "expected `LABEL = TEXT`"))?;
        Ok(ChoiceOption { label: label.to_owned(), text: text.to_owned() })
    };
    Ok(Item {
        id: item.name.clone(),
        cluster: item.name.clone(),
        template: None,
        strata: std::collections::BTreeMap::default(),
        input: serde_json::Map::new(),
        media: Vec::new(),
        options: item.all("Option").map(option).collect::<Result<_, Mistake>>()?,
        reference,
        reference_sets: std::collections::BTreeMap::default(),
        severity: None,
        provenance: serde_json::Map::new(),
        world: None,
        digest: Digest::of(item.name.as_bytes()),
    })
}

fn answer(case: &Case) -> Result<Answer, Mistake> {
    let stop = match case.one("Stopped") {
        None => Stop::Complete,
        Some(field) => match field.value.as_str() {
            "token_limit" => Stop::TokenLimit,
            "time_limit" => Stop::TimeLimit,
            "content_filter" => Stop::ContentFilter,
            _ => return Err(wrong(field, "no such reason")),
        },
    };
    let mut option_logprobs = Vec::new();
    if let Some(field) = case.one("Log-probabilities") {
        for part in field.value.split(',') {
            let (label, value) =
                part.trim().split_once(' ').ok_or_else(|| wrong(field, "expected `LABEL NUMBER, …`"))?;
            option_logprobs.push(OptionLogprob { label: label.to_owned(), logprob: number(field, value)? });
        }
    }
    Ok(Answer { output: case.answer.clone().unwrap_or_default(), stop, option_logprobs, ..Answer::default() })
}

/// `accuracy 1, accuracy_logprob absent, read "B", why "wrong side", unparsed, refused, unscorable`
fn compare(scored: &Scored, expected: &Field) -> Result<Vec<String>, Mistake> {
    let (mut unparsed, mut refused, mut unscorable) = (false, false, false);
    let mut failed = Vec::new();
    for part in split(&expected.value) {
        match part.split_once(' ') {
            None if part == "unparsed" => unparsed = true,
            None if part == "refused" => refused = true,
            None if part == "unscorable" => unscorable = true,
            Some(("read", text)) => {
                if scored.extracted.as_deref() != Some(text.trim_matches('"')) {
                    failed.push(format!("expected to read {text}"));
                }
            }
            Some(("why", text)) => {
                if !scored.why.to_lowercase().contains(&text.trim_matches('"').to_lowercase()) {
                    failed.push(format!("expected the reason to say {text}"));
                }
            }
            Some((metric, "absent")) => {
                if scored.values.contains_key(metric) {
                    failed.push(format!("expected no {metric}"));
                }
            }
            Some((metric, value)) => {
                let value_wanted = number(expected, value)?;
                // as many decimals as the casebook prints
                let decimals = value.split_once('.').map_or(0, |(_, decimals)| decimals.len());
                let half = 0.5 * 10_f64.powi(-i32::try_from(decimals).unwrap_or(0)) + 1e-12;
                let tolerance = if decimals == 0 { 1e-12 } else { half };
                match scored.values.get(metric) {
                    Some(value) if (value - value_wanted).abs() <= tolerance => {}
                    Some(value) => failed.push(format!("expected {metric} {value_wanted}, got {value}")),
                    None => failed.push(format!("expected {metric} {value_wanted}, got none")),
                }
            }
            None => return Err(wrong(expected, &format!("`{part}` is not understood"))),
        }
    }
    for (name, expected, got) in [
        ("unparsed", unparsed, !scored.parsed),
        ("refused", refused, scored.refused),
        ("unscorable", unscorable, scored.unscorable.is_some()),
    ] {
        if expected != got {
            failed.push(format!("expected {}{name}", if expected { "" } else { "not " }));
        }
    }
    Ok(failed)
}

/// At commas outside quotes.
fn split(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for c in text.chars() {
        match c {
            ',' if !quoted => parts.push(String::new()),
            c => {
                quoted ^= c == '"';
                parts.last_mut().expect("never empty").push(c);
            }
        }
    }
    parts.into_iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

#[test]
fn choice() {
    run("choice.md", 107);
}

#[test]
fn short_answer() {
    run("short_answer.md", 21);
}

#[test]
fn numeric() {
    run("numeric.md", 75);
}

#[test]
fn codes() {
    run("codes.md", 28);
}

#[test]
fn overlap() {
    run("overlap.md", 13);
}

#[test]
fn refusal() {
    run("refusal.md", 16);
}

/// A book without a test would be no test at all.
#[test]
fn every_book_is_run() {
    let ours = ["choice.md", "codes.md", "numeric.md", "overlap.md", "refusal.md", "short_answer.md"];
    let kinds: Vec<String> =
        bedside_score::catalogue().iter().map(|info| format!("\nscorer = \"{}\"\n", info.kind)).collect();
    for entry in std::fs::read_dir(folder()).expect("casebooks/ is there") {
        let entry = entry.expect("readable");
        let name = entry.file_name().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(entry.path()).expect("readable");
        assert!(
            ours.contains(&name.as_str()) || !kinds.iter().any(|kind| text.contains(kind)),
            "casebooks/{name} is not run"
        );
    }
}

#[test]
fn a_mistake_names_its_line() {
    for (text, line) in [
        ("# x\n```toml\nscorer = \"choice\"\nreviewed_by = \"nobody yet\"\n```\n## Item: i\n- Kye: B\n", 7),
        ("## Item: i\n### c\n```answer\nB\n", 3),
        ("## Item: i\n- Key: B\n", 1),
    ] {
        assert_eq!(casebook::parse(text).expect_err("a mistake").line, line);
    }
}
