//! One small run from end to end: the JSON and the terminal as they were reviewed, and the promises around them.

use bedside_report::{PageOptions, RunDocument, analyze, page};
use bedside_stats::Level;

mod common;
#[path = "common/markup.rs"]
mod markup;

#[test]
fn the_json_is_the_one_reviewed() {
    let file = common::write(&common::run());
    let mut document = analyze(&file.reader(), Level::NINETY_FIVE).expect("analysed").document();
    "runs/sample.sqlite".clone_into(&mut document.file);
    // A person can review a dozen rows, not fifty: slices repeat the shape.
    document.results.retain(|row| row.stratum.is_none());
    insta::assert_snapshot!(serde_json::to_string_pretty(&document).expect("plain data"));
}

#[test]
fn the_json_reads_back_as_the_type_behind_its_schema() {
    let file = common::write(&common::run());
    let analysis = analyze(&file.reader(), Level::NINETY_FIVE).expect("analysed");
    let read: RunDocument = serde_json::from_str(&analysis.to_json().expect("written")).expect("what we wrote");
    assert_eq!(read, analysis.document());
    let lines = analysis.to_jsonl().expect("written");
    assert_eq!(lines.lines().count(), analysis.results.len());
    let schema = serde_json::to_value(schemars::schema_for!(RunDocument)).expect("a schema");
    assert_eq!(schema["$defs"]["ResultRow"]["properties"]["estimate"]["$ref"], "#/$defs/Estimate");
}

#[test]
fn the_terminal_is_the_one_reviewed() {
    let file = common::write(&common::run());
    let text = analyze(&file.reader(), Level::NINETY_FIVE).expect("analysed").terminal(110);
    insta::assert_snapshot!(text);
}

#[test]
fn the_table_is_flat() {
    let file = common::write(&common::run());
    let table = analyze(&file.reader(), Level::NINETY_FIVE).expect("analysed").to_csv().expect("written");
    insta::assert_snapshot!(table.lines().take(3).collect::<Vec<_>>().join("\n"));
}

#[test]
fn the_page_is_the_same_bytes_each_time_and_only_ours() {
    let file = common::write(&common::run());
    let once = || {
        let reader = file.reader();
        let analysis = analyze(&reader, Level::NINETY_FIVE).expect("analysed");
        let mut html = Vec::new();
        page(&reader, &analysis, &PageOptions::default(), &mut html).expect("written");
        String::from_utf8(html).expect("UTF-8")
    };
    let html = once();
    assert_eq!(html, once());
    markup::assert_only_ours(&html);
    for id in [
        "abstract-questions-openai-gpt-x-temperature-0-21641507",
        "visit-notes-recorded-outputs-clinic-model.jsonl-visit-03",
    ] {
        assert!(html.contains(&format!("id=\"{id}\"")), "{id}");
    }
    for target in html.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(html.contains(&format!("id=\"{target}\"")), "a link leads nowhere: {target}");
    }
}

/// Counted by hand from `common::choose`: 24 items twice, one fault; 11 and 13 cannot be read, 9 is wrong, and 5, 17 and 23 are right
/// once: 24 - 2 - 1 - 1.5 = 19.5 items of 24.
#[test]
fn counts_bounds_and_floor_agree_with_a_count_by_hand() {
    let file = common::write(&common::run());
    let analysis = analyze(&file.reader(), Level::NINETY_FIVE).expect("analysed");
    let row = analysis.headlines("abstract-questions").next().expect("a row");
    assert_eq!((row.system.as_str(), row.n, row.faults, row.unparsed), ("openai/gpt-x?temperature=0", 47, 1, 4));
    let sample = row.estimate.sample();
    assert_eq!((sample.n_items, sample.n_clusters, sample.n_epochs), (24, 12, 2));
    // Each item weighs one 24th; the fault leaves item 7 with one run, a right one.
    let near = |got: f64, expected: f64| assert!((got - expected).abs() < 1e-12, "{got} is not {expected}");
    near(row.estimate.value(), 19.5 / 24.0);
    near(row.bounds.faults_as_failures, 19.0 / 24.0);
    near(row.bounds.unparsed_as_right.expect("accuracy"), 21.5 / 24.0);
    let floor = row.floor.as_ref().expect("a floor");
    assert_eq!(floor.policy, "null/majority");
    near(floor.estimate.value(), 0.5);
    near(floor.difference.as_ref().expect("the same items").value(), 7.5 / 24.0);
    let disagree = analysis.results.iter().find(|row| row.metric == "choice.rules_disagree").expect("a row");
    assert!(disagree.floor.is_none() && disagree.bounds.unparsed_as_right.is_none(), "it measures no success");
    let recorded = analysis.tallies.iter().find(|tally| tally.system.starts_with("recorded")).expect("a tally");
    assert_eq!((recorded.not_attempted, recorded.faults), (4, 0));
    assert!(!analysis.complete, "another system has faults, which can be asked again");
    let sent_again: u64 = analysis.tallies.iter().map(|tally| tally.possibly_billed_twice).sum();
    assert_eq!(sent_again, 2);
}
