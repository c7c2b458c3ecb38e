//! What a recipe's author is told. Names the recipe's line, the upstream record and the columns it has.

use std::collections::BTreeMap;

use bedside_core::benchmark::CheckedManifest;
use bedside_recipes::convert;
use bedside_score::catalogue;

const HEAD: &str = r#"
[benchmark]
id = "demo"
version = "1.0.0"
title = "t"
domain = "knowledge"
subdomain = "s"
licence = "MIT"
data_class = "synthetic"
reviewed_by = "nobody yet"
[task]
kind = "short_answer"
reader = "human"
[[prompt]]
id = "base"
template = "{{ item.question }}"
[[scorer]]
id = "short_answer"
[source]
[[source.file]]
id = "rows"
path = "data/rows.csv"
bytes = 1
sha256 = ""
"#;

const ROWS: &str = "id,question,answer\n1,why?,because\n2,how?,so\n";

fn told(tail: &str, rows: &str) -> Result<bedside_recipes::Converted, String> {
    let text = format!("{}{tail}", HEAD.trim_start());
    let manifest =
        CheckedManifest::parse("demo/benchmark.toml", &text, catalogue()).map_err(|problems| problems.to_string())?;
    convert(&manifest, &BTreeMap::from([("rows".to_owned(), rows.as_bytes().to_vec())]))
        .map_err(|problems| problems.to_string())
}

fn map(input: &str) -> String {
    format!(
        "[source.map]\nformat = \"csv\"\nid = \"row.id\"\nreference = \"[row.answer]\"\ninput.question = \"{input}\"\n"
    )
}

#[test]
fn a_plain_table() {
    let converted = told(&map("row.question"), ROWS).unwrap();
    assert_eq!(
        converted.items_jsonl.lines().next(),
        Some(r#"{"id":"1","strata":{},"input":{"question":"why?"},"reference":["because"],"provenance":{}}"#)
    );
}

#[test]
fn a_wrong_column_is_shown_with_the_right_ones() {
    assert_eq!(
        told(&map("row.qestion | trim"), ROWS).unwrap_err(),
        "error: unknown column or field `qestion`
  ┌ demo/benchmark.toml:28:23
  │ input.question = \"row.qestion | trim\"
  │                       ^^^^^^^ data/rows.csv, line 2 has: id, question, answer
  hint: did you mean `question`?"
    );
}

#[test]
fn a_wrong_variable_and_a_wrong_file() {
    let told_of_variable = told(&map("rwo.question"), ROWS).unwrap_err();
    assert!(
        told_of_variable.contains("unknown variable `rwo`") && told_of_variable.contains("did you mean `row`?"),
        "{told_of_variable}"
    );
    let told_of_file =
        told(&map("row.question").replace("[source.map]", "[source.map]\nfiles = [\"row\"]"), ROWS).unwrap_err();
    assert!(
        told_of_file.contains("unknown file `row`") && told_of_file.contains("did you mean `rows`?"),
        "{told_of_file}"
    );
}

#[test]
fn a_value_of_the_wrong_kind() {
    let told = told(&map("row.question").replace("id = \"row.id\"", "id = \"row.id\"\nkeep = \"row.answer\""), ROWS)
        .unwrap_err();
    assert!(told.contains("`keep` must give true or false, not text"), "{told}");
}

#[test]
fn recorded_outputs_need_items_and_come_once() {
    let recorded = "[[recorded]]\nsystem = \"s\"\nfiles = [\"rows\"]\nformat = \"csv\"\nitem = \"ITEM\"\noutput = \"row.answer\"\n";
    let with = |item: &str| told(&format!("{}{}", map("row.question"), recorded.replace("ITEM", item)), ROWS);
    let converted = with("row.id").unwrap();
    assert_eq!(
        converted.recorded[0].jsonl,
        "{\"item\":\"1\",\"output\":\"because\",\"system\":\"s\"}\n{\"item\":\"2\",\"output\":\"so\",\"system\":\"s\"}\n"
    );
    assert!(with("row.question").unwrap_err().contains("`s` has an output for `why?`, which is no item"));
    assert!(with("'1'").unwrap_err().contains("`s` has two outputs for `1` in one epoch"));
}

#[test]
fn an_abstention_is_written_as_null_and_none_as_absent() {
    let sets = "[source.map.reference_sets]\nother = \"{'abstain': true} if row.id == '1' else none\"\n";
    let text = told(&format!("{}{sets}", map("row.question")), ROWS).unwrap().items_jsonl;
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].contains(r#""reference_sets":{"other":null}"#) && !lines[1].contains("reference_sets"), "{text}");
}
