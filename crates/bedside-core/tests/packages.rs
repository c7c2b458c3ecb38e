//! What people get wrong in `benchmark.toml` and `items.jsonl`, and what they are told.

use bedside_core::benchmark::{CheckedManifest, package_digest, parse_items};
use bedside_core::item::TaskKind;
use bedside_core::score::{MetricInfo, Scale, ScorerInfo};
use bedside_core::{Problems, Reference};
use proptest::prelude::*;

const SCORERS: &[ScorerInfo] = &[
    ScorerInfo {
        kind: "choice",
        version: 1,
        what: "",
        tasks: &[TaskKind::Choice],
        metrics: &[MetricInfo { name: "accuracy", scale: Scale::Binary, what: "" }],
        settings: &["rule"],
    },
    ScorerInfo {
        kind: "rouge",
        version: 1,
        what: "",
        tasks: &[TaskKind::LongForm],
        metrics: &[
            MetricInfo { name: "rouge1", scale: Scale::Overlap, what: "" },
            MetricInfo { name: "rougeLsum", scale: Scale::Overlap, what: "" },
        ],
        settings: &[],
    },
    ScorerInfo {
        kind: "numeric",
        version: 1,
        what: "",
        tasks: &[TaskKind::Numeric],
        metrics: &[MetricInfo { name: "correct", scale: Scale::Binary, what: "" }],
        settings: &["tolerance_relative"],
    },
];

const GOOD: &str = r#"
[benchmark]
id = "triage"
version = "1.0.0"
title = "How urgent is it?"
domain = "decision_support"
subdomain = "triage"
licence = "CC0-1.0"
data_class = "synthetic"
reviewed_by = "nobody yet"

[task]
kind = "choice"
reader = "human"
primary = "choice.accuracy"

[[prompt]]
id = "base"
template = "{{ item.case }}"

[[scorer]]
id = "choice"
"#;

fn manifest(text: &str) -> Result<CheckedManifest, Problems> {
    CheckedManifest::parse("benchmark.toml", text, SCORERS)
}

fn complaint(text: &str) -> String {
    manifest(text).expect_err("a mistake").to_string()
}

#[test]
fn a_good_package_is_read() {
    let manifest = manifest(GOOD).unwrap();
    let items = r#"{"id":"a","cluster":"p1","input":{"case":"cough"},"options":[{"label":"A","text":"now"},{"label":"B","text":"later"}],"reference":"B"}"#;
    let items = parse_items("items.jsonl", items, &manifest.manifest).unwrap();
    assert_eq!(items[0].reference, Reference::Choice("B".into()));
    let prompt = manifest.prompts()[0].render(&items[0]).unwrap();
    assert_eq!(prompt.text(), "cough");
    let address = |item| package_digest(&manifest, [item]);
    assert_ne!(address(items[0].digest), address(bedside_core::Digest::of(b"another")));
}

#[test]
fn every_mistake_is_named_at_once_in_file_order() {
    let text = GOOD
        .replace("domain = \"decision_support\"", "domain = \"decision_suport\"")
        .replace("licence =", "license =")
        .replace("reader = \"human\"", "reader = \"human\"\nmax_tokens = \"many\"");
    insta::assert_snapshot!(complaint(&text), @r#"
    error: missing key `licence`
      ┌ benchmark.toml:2:1
      │ [benchmark]
      │ ^^^^^^^^^^^ `benchmark` needs it
      hint: licence: SPDX name, or words.
    error: unknown `domain` `decision_suport`
      ┌ benchmark.toml:6:10
      │ domain = "decision_suport"
      │          ^^^^^^^^^^^^^^^^^ `domain` is one of: knowledge, documentation, decision_support, communication, research, administration
      hint: did you mean `decision_support`?
    error: unknown key `license`
      ┌ benchmark.toml:8:1
      │ license = "CC0-1.0"
      │ ^^^^^^^ `benchmark` has no such key
      hint: did you mean `licence`?
    error: `max_tokens` must be a whole number, not negative
      ┌ benchmark.toml:15:14
      │ max_tokens = "many"
      │              ^^^^^^ this is text
    "#);
}

#[test]
fn rules_are_checked_beside_what_the_schema_says() {
    let text = GOOD
        .replace("licence =", "license =")
        .replace("id = \"choice\"", "id = \"choise\"")
        .replace("1.0.0\"", "1.0.0\"\ndata_clas = 1");
    let complaint = complaint(&text);
    for what in ["missing key `licence`", "unknown key `license`", "unknown key `data_clas`", "unknown scorer `choise`"]
    {
        assert!(complaint.contains(what), "{what} is not in:\n{complaint}");
    }
}

#[test]
fn rules_beyond_the_schema() {
    insta::assert_snapshot!(complaint(&GOOD.replace("id = \"choice\"", "id = \"choise\"")), @r#"
    error: unknown scorer `choise`
      ┌ benchmark.toml:22:6
      │ id = "choise"
      │      ^^^^^^^^ no scorer has this name
      hint: did you mean `choice`?
    "#);
    insta::assert_snapshot!(complaint(&GOOD.replace("choice.accuracy", "choice.acuracy")), @r#"
    error: primary metric `choice.acuracy` is not scored here
      ┌ benchmark.toml:15:11
      │ primary = "choice.acuracy"
      │           ^^^^^^^^^^^^^^^^ it must be `scorer.metric` of a scorer in this file
      hint: did you mean `choice.accuracy`?
    "#);
    insta::assert_snapshot!(complaint(&format!("{GOOD}tolerance_relative = 0.05\n")), @r"
    error: scorer `choice` has no setting `tolerance_relative`
      ┌ benchmark.toml:23:22
      │ tolerance_relative = 0.05
      │                      ^^^^
      hint: one of: rule
    ");
    insta::assert_snapshot!(complaint(&GOOD.replace("{{ item.case }}", "{{ item.case ")), @r#"
    error: prompt `base`, line 1 of the template: syntax error: unexpected end of input, expected end of variable block
      ┌ benchmark.toml:19:12
      │ template = "{{ item.case "
      │            ^^^^^^^^^^^^^^^ this template does not compile
    "#);
    let format = GOOD.replace("reader = \"human\"", "reader = \"machine\"\nanswer_format = \"DECISION: x\"");
    assert!(complaint(&format).contains("a system cannot follow a format it was not told"));
}

#[test]
fn a_requirement_on_overlap_needs_a_human_ceiling() {
    let text = GOOD
        .replace("\"choice\"", "\"long_form\"")
        .replace("primary = \"choice.accuracy\"", "")
        .replace("id = \"long_form\"", "id = \"rouge\"");
    let required = format!("{text}\n[requirement]\nmetric = \"rouge.rougeLsum\"\ntarget = 0.5\ndelta = 0.02\n");
    assert!(
        complaint(&required).contains("overlap with a reference text is no measure of clinical correctness"),
        "{}",
        complaint(&required)
    );
    assert!(manifest(&format!("{required}human_ceiling = 0.6\n")).is_ok());
}

#[test]
fn broken_toml_has_a_place() {
    insta::assert_snapshot!(complaint("[benchmark\nid = 1"), @r"
    error: this is not TOML
      ┌ benchmark.toml:1:11
      │ [benchmark
      │           ^ unclosed table, expected `]`
    ");
}

#[test]
fn items_are_checked_line_by_line() {
    let items = concat!(
        r#"{"id":"a","input":{},"options":[{"label":"A","text":"x"},{"label":"B","text":"y"}],"reference":"C"}"#,
        "\n",
        r#"{"id":"b","input":{},"options":[{"label":"A","text":"x"},{"label":"B","text":"y"}],"refrence":"A","reference":"A"}"#,
        "\n",
        r#"{"id":"c","input":{},"options":"#,
        "\n\n",
        r#"{"id":"d","input":{},"options":[{"label":"A","text":"x"},{"label":"B","text":"y"}],"reference":"A"}"#,
        "\n",
        r#"{"id":"d","input":{},"options":[{"label":"A","text":"x"},{"label":"B","text":"y"}],"reference":"A"}"#,
    );
    let problems = parse_items("items.jsonl", items, &manifest(GOOD).unwrap().manifest).unwrap_err();
    insta::assert_snapshot!(problems.to_string(), @r#"
    error: this is no reference of a choice task
      ┌ items.jsonl:1:96
      │ …text":"x"},{"label":"B","text":"y"}],"reference":"C"}
      │                                                   ^^^ no option has the label `C`
    error: unknown key `refrence`
      ┌ items.jsonl:2:85
      │ …abel":"A","text":"x"},{"label":"B","text":"y"}],"refrence":"A","reference":"A"}
      │                                                   ^^^^^^^^ this line has no such key
      hint: did you mean `reference`?
    error: this is not JSON
      ┌ items.jsonl:3:31
      │ {"id":"c","input":{},"options":
      │                               ^ EOF while parsing a value
    error: item `d` is given twice
      ┌ items.jsonl:6:8
      │ {"id":"d","input":{},"options":[{"label":"A","text":"x"},{"label":"B","text":"y"}],"reference":"A"}
      │        ^ line 5 has the same id
    "#);
}

#[test]
fn numeric_references_may_ask_for_abstention() {
    let text = GOOD.replace("\"choice\"", "\"numeric\"").replace("choice.accuracy", "numeric.correct");
    let manifest = manifest(&text).unwrap().manifest;
    let read =
        |reference: &str| parse_items("i", &format!(r#"{{"id":"a","input":{{}},"reference":{reference}}}"#), &manifest);
    assert_eq!(read("null").unwrap()[0].reference, Reference::Numeric(None));
    assert!(read(r#"{"value":5,"unit":"mg","lower":4,"upper":6}"#).is_ok());
    assert!(read(r#"{"value":"2014-09-12","unit":"date"}"#).is_ok());
    assert!(read(r#"{"value":5,"lower":6,"upper":4}"#).is_err());
    assert!(read(r#"{"value":true}"#).is_err());
    assert!(read(r#"{"val":5}"#).is_err());
}

#[test]
fn a_template_cannot_reach_the_reference() {
    let manifest = manifest(&GOOD.replace("{{ item.case }}", "{{ item.reference }}")).unwrap();
    let items = r#"{"id":"a","input":{"case":"x"},"options":[{"label":"A","text":"x"},{"label":"B","text":"y"}],"reference":"A"}"#;
    let items = parse_items("i", items, &manifest.manifest).unwrap();
    assert!(manifest.prompts()[0].render(&items[0]).is_err());
}

proptest! {
    #[test]
    fn no_text_panics(text in ".{0,200}") {
        let _ = manifest(&text);
        let _ = parse_items("i", &text, &manifest(GOOD).unwrap().manifest);
    }

    #[test]
    fn no_mutation_panics_or_lacks_a_place(at in 0usize..400, byte in 32u8..127) {
        let mut text = GOOD.as_bytes().to_vec();
        let at = at.min(text.len() - 1);
        text[at] = byte;
        let text = String::from_utf8(text).unwrap();
        if let Err(problems) = manifest(&text) {
            prop_assert!(problems.0.iter().all(|problem| problem.place.as_ref().is_some_and(|place| place.line.is_some())), "{problems}");
        }
    }
}
