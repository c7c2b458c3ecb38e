//! Exports read back by the tools that they are for.

use std::collections::BTreeMap;

use bedside_core::event::{Rescored, ScoredBody};
use bedside_core::recorded::RecordedLine;
use bedside_core::{Digest, Event, EventKind, Shard};
use bedside_report::{ExportForm, ExportOptions, Exported, ExportedCell, ReportError, analyze, export};
use bedside_stats::Level;
use bedside_store::{RunReader, RunWriter};
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::Field;
use serde_json::json;

mod common;

fn exported(reader: &RunReader, form: ExportForm) -> (Vec<u8>, Exported) {
    let mut bytes = Vec::new();
    let done = export(reader, &ExportOptions { form, metric: None }, &mut bytes).expect("exported");
    (bytes, done)
}

fn cells(bytes: &[u8]) -> Vec<ExportedCell> {
    let text = std::str::from_utf8(bytes).expect("text");
    text.lines().map(|line| serde_json::from_str(line).expect("a cell")).collect()
}

/// Rows of a CSV as a CSV reader has them.
fn rows(bytes: &[u8]) -> Vec<BTreeMap<String, String>> {
    csv::Reader::from_reader(bytes).deserialize().map(|row| row.expect("a row")).collect()
}

#[test]
fn every_cell_is_a_line_with_what_the_file_says_of_it() {
    let run = common::run();
    let file = common::write(&run);
    let (bytes, done) = exported(&file.reader(), ExportForm::Jsonl);
    let cells = cells(&bytes);
    assert_eq!(cells.len(), run.plan.cells().count(), "cells that were not attempted too");
    assert_eq!((done.rows, done.scored_otherwise), (cells.len() as u64, 0));
    let keys = run.plan.cells().map(|at| run.plan.key(at, run.items[at.benchmark][at.item].digest).to_string());
    assert!(keys.eq(cells.iter().map(|cell| cell.cell.clone())), "in the order of the plan");
    for written in &run.cells {
        let key = run.plan.key(written.at, run.items[written.at.benchmark][written.at.item].digest).to_string();
        let cell = cells.iter().find(|cell| cell.cell == key).expect("the cell");
        assert_eq!(cell.output, written.output, "byte for byte");
        assert_eq!((cell.fault, cell.stop), (written.finished.fault, written.finished.stop));
        assert_eq!(cell.item, run.items[written.at.benchmark][written.at.item].id);
        assert_eq!(cell.readings.len(), written.scored.len());
    }
    assert!(cells.iter().any(|cell| cell.outcome == "fault") && cells.iter().any(|cell| cell.parsed == Some(false)));
    assert_eq!(exported(&file.reader(), ExportForm::Jsonl).0, bytes, "the same bytes each time");
}

#[test]
fn the_means_of_an_export_are_those_of_the_analysis() {
    let file = common::write(&common::run());
    let analysis = analyze(&file.reader(), Level::NINETY_FIVE).expect("analysed");
    let table = rows(&exported(&file.reader(), ExportForm::Csv).0);
    let mut compared = 0;
    for result in analysis.results.iter().filter(|result| result.stratum.is_none()) {
        let scores: Vec<f64> = table
            .iter()
            .filter(|row| row["benchmark"] == result.benchmark && row["prompt"] == result.prompt)
            .filter(|row| row["system"].trim_start_matches('\'') == result.system)
            .filter_map(|row| row[&result.metric].parse().ok())
            .collect();
        assert_eq!(scores.len() as u64, result.n, "{} {}", result.system, result.metric);
        // The estimate is a mean over items of unequal numbers of runs in some designs; the count of ones is not.
        if let Some(count) = result.count {
            assert_eq!(scores.iter().filter(|score| **score >= 1.0).count() as u64, count);
        }
        compared += 1;
    }
    assert!(compared > 5);
}

#[test]
fn parquet_says_what_csv_says() {
    let file = common::write(&common::run());
    let lines = cells(&exported(&file.reader(), ExportForm::Jsonl).0);
    let (bytes, done) = exported(&file.reader(), ExportForm::Parquet);
    assert_eq!(&bytes[..4], b"PAR1");
    let parquet = SerializedFileReader::new(bytes::Bytes::from(bytes.clone())).expect("a Parquet file");
    assert_eq!(parquet.metadata().file_metadata().num_rows().unsigned_abs(), done.rows);
    let mut count = 0;
    for (row, cell) in parquet.get_row_iter(None).expect("rows").zip(&lines) {
        let row = row.expect("a row");
        let columns: BTreeMap<String, Field> =
            row.get_column_iter().map(|(name, field)| (name.clone(), field.clone())).collect();
        let text = |text: Option<&str>| text.map_or(Field::Null, |text| Field::Str(text.to_owned()));
        let expected = json!(cell);
        for name in [
            "benchmark",
            "version",
            "task",
            "system",
            "item",
            "cluster",
            "template",
            "prompt",
            "cell",
            "outcome",
            "stop",
            "fault",
            "detail",
            "extracted",
            "output",
        ] {
            assert_eq!(columns[name], text(expected[name].as_str()), "{name} of {}", cell.item);
        }
        assert_eq!(columns["parsed"], cell.parsed.map_or(Field::Null, Field::Bool));
        assert_eq!(columns["epoch"], Field::Long(i64::from(cell.epoch)));
        let tokens = cell.usage.prompt_tokens.and_then(|tokens| i64::try_from(tokens).ok());
        assert_eq!(columns["prompt_tokens"], tokens.map_or(Field::Null, Field::Long));
        for (metric, score) in &cell.scores {
            assert_eq!(columns[metric], Field::Double(*score), "{metric}");
        }
        let scored = columns.values().filter(|field| matches!(field, Field::Double(_))).count();
        assert_eq!(scored, cell.scores.len(), "no score is made up");
        count += 1;
    }
    assert_eq!(count, lines.len());
    assert_eq!(exported(&file.reader(), ExportForm::Parquet).0, bytes, "the same bytes each time");
}

#[test]
fn no_cell_of_a_table_is_a_formula() {
    let mut run = common::run();
    for (payload, system) in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\r=1"].iter().zip(0..) {
        if let Some(planned) = run.plan.systems.get_mut(system) {
            planned.name = format!("{payload} {system}");
        }
    }
    let file = common::write(&run);
    for form in [ExportForm::Csv, ExportForm::Observations] {
        for row in rows(&exported(&file.reader(), form).0) {
            for (column, text) in &row {
                let start = text.trim_start_matches([' ', '\u{a0}']).chars().next();
                let number = text.parse::<f64>().is_ok();
                assert!(number || !matches!(start, Some('=' | '+' | '-' | '@' | '\t' | '\r')), "{column}: {text:?}");
            }
        }
    }
}

#[test]
fn observations_have_the_columns_of_evidence_gathered_elsewhere() {
    let run = common::run();
    let file = common::write(&run);
    let (bytes, done) = exported(&file.reader(), ExportForm::Observations);
    let header = String::from_utf8_lossy(&bytes).lines().next().map(str::to_owned);
    assert_eq!(
        header.as_deref(),
        Some(
            "system,item,prompt,epoch,score,task,metric,cluster,template,variant,scaffold,tools,judge,parsed,fault,stage"
        )
    );
    let table = rows(&bytes);
    assert_eq!(table.len() as u64, done.rows);
    assert!(table.iter().all(|row| !row["system"].starts_with("null/") || !row["system"].contains("floor")));
    let faults = table.iter().filter(|row| !row["fault"].is_empty()).collect::<Vec<_>>();
    assert!(
        !faults.is_empty() && faults.iter().all(|row| row["score"].is_empty() && row["parsed"].is_empty()),
        "missing data"
    );
    let unparsed: Vec<_> = table.iter().filter(|row| row["parsed"] == "false").collect();
    assert!(
        !unparsed.is_empty() && unparsed.iter().all(|row| row["score"] == "0"),
        "not correct, and said to be unparsed"
    );
    for row in table.iter().filter(|row| !row["score"].is_empty()) {
        assert!((0.0..=1.0).contains(&row["score"].parse::<f64>().expect("a number")));
        assert_eq!((row["stage"].as_str(), row["variant"].as_str()), ("y0", "original"));
    }

    let mut other = Vec::new();
    let metric = run.plan.benchmarks[0].metrics.last().expect("a metric").name();
    let options = ExportOptions { form: ExportForm::Observations, metric: Some(metric.clone()) };
    export(&file.reader(), &options, &mut other).expect("exported");
    assert!(rows(&other).iter().all(|row| row["metric"] == metric && row["task"] == run.plan.benchmarks[0].task));
    let options = ExportOptions { form: ExportForm::Observations, metric: Some("choice.acuracy".to_owned()) };
    let error = export(&file.reader(), &options, &mut Vec::new()).expect_err("no such metric");
    assert!(matches!(error, ReportError::NoMetric { known, .. } if known.contains(&metric)));
}

#[test]
fn observations_beyond_their_scale_are_refused() {
    let mut run = common::run();
    let primary = run.plan.benchmarks[0].metrics[run.plan.benchmarks[0].primary].clone();
    let cell =
        run.cells.iter_mut().find(|cell| cell.at.benchmark == 0 && cell.at.system == 0 && !cell.scored.is_empty());
    let scored = cell.expect("a scored cell").scored.iter_mut().find(|scored| scored.scorer == primary.scorer);
    scored.expect("its score").values.insert(primary.metric, 1.5);
    let file = common::write(&run);
    let options = ExportOptions { form: ExportForm::Observations, metric: None };
    let error = export(&file.reader(), &options, &mut Vec::new()).expect_err("out of range");
    assert!(error.to_string().contains("is 1.5: observations are scores from 0 to 1"), "{error}");
}

#[test]
fn recorded_outputs_are_lines_that_can_be_run_again() {
    let run = common::run();
    let file = common::write(&run);
    let text = String::from_utf8(exported(&file.reader(), ExportForm::Recorded).0).expect("text");
    let lines: Vec<RecordedLine> = text.lines().map(|line| serde_json::from_str(line).expect("a line")).collect();
    let answered = |cell: &&common::Cell| {
        cell.output.is_some() && run.plan.systems[cell.at.system].role == bedside_core::plan::Role::Subject
    };
    assert_eq!(lines.len(), run.cells.iter().filter(answered).count());
    assert!(lines.iter().any(|line| line.output == common::HOSTILE), "byte for byte");
}

#[test]
fn ratings_are_a_table_with_what_was_rated() {
    let run = common::run();
    let file = common::write(&run);
    assert_eq!(exported(&file.reader(), ExportForm::Ratings).1.rows, 0);
    let at = run.cells[0].at;
    let key = run.plan.key(at, run.items[at.benchmark][at.item].digest);
    let said = json!({"rater": "dr-a", "answer_as_read": "=B", "right_by_published_key": true, "key": "ok", "severity": null, "seconds": 41});
    let mut writer = RunWriter::open(file.path()).expect("the file");
    writer.append(2, &[Event::new(EventKind::Rated, Some(key), 0, &said)]).expect("written");
    writer.close().expect("closed");
    let table = rows(&exported(&file.reader(), ExportForm::Ratings).0);
    assert_eq!(table.len(), 1);
    let row = &table[0];
    assert_eq!((row["rater"].as_str(), row["answer_as_read"].as_str(), row["seconds"].as_str()), ("dr-a", "'=B", "41"));
    assert_eq!((row["right_by_published_key"].as_str(), row["severity"].as_str()), ("true", ""));
    assert_eq!(row["item"], run.items[at.benchmark][at.item].id);
    assert_eq!(row["system"], run.plan.systems[at.system].name);
}

#[test]
fn scores_by_other_scorers_than_those_in_force_are_left_out_and_said() {
    let run = common::run();
    let file = common::write(&run);
    let mut metrics = run.plan.benchmarks[0].metrics.clone();
    for metric in &mut metrics {
        metric.scorer_version += 1;
    }
    let manifest = b"[benchmark]".to_vec();
    let body = Rescored {
        benchmark: 0,
        manifest: Digest::of(&manifest),
        metrics,
        primary: run.plan.benchmarks[0].primary,
        bedside: "9.9.9".to_owned(),
    };
    // One cell was scored again, the others were not, as after a merge with a shard that was not.
    let cell = run.cells.iter().find(|cell| cell.at.benchmark == 0 && !cell.scored.is_empty()).expect("a scored cell");
    let key = run.plan.key(cell.at, run.items[0][cell.at.item].digest);
    let mut scorers = cell.scored.clone();
    for scored in &mut *scorers {
        scored.version += 1;
    }
    let scored = ScoredBody { scorers, output: cell.finished.output, manifest: Some(body.manifest) };
    let mut writer = RunWriter::open(file.path()).expect("the file");
    writer
        .append(
            2,
            &[
                Event::new(EventKind::Rescored, None, 0, &body).with_blob(manifest),
                Event::new(EventKind::Scored, Some(key), 0, &scored),
            ],
        )
        .expect("written");
    writer.close().expect("closed");

    let otherwise =
        run.cells.iter().filter(|cell| cell.at.benchmark == 0 && !cell.scored.is_empty()).count() as u64 - 1;
    assert_eq!(exported(&file.reader(), ExportForm::Jsonl).1.scored_otherwise, otherwise);
    let analysis = analyze(&file.reader(), Level::NINETY_FIVE).expect("analysed");
    let warning =
        analysis.warnings.iter().map(bedside_report::Warning::text).find(|text| text.kind == "scored_otherwise");
    assert!(warning.expect("a warning").seen.starts_with(&format!("{otherwise} answers are scored")));
    let scored: u64 = analysis
        .results
        .iter()
        .filter(|row| row.primary && row.stratum.is_none() && row.benchmark == run.plan.benchmarks[0].id)
        .map(|row| row.n)
        .sum();
    let role = run.plan.systems[cell.at.system].role;
    assert_eq!(
        scored,
        u64::from(role == bedside_core::plan::Role::Subject),
        "one answer is scored by the scorers in force"
    );
}

#[test]
fn the_analysis_of_a_shard_counts_its_share_alone() {
    let mut run = common::run();
    let whole = run.plan.cells().count() as u64;
    run.plan.shard = Some(Shard::parse("2/3").expect("a share"));
    let keys: Vec<_> =
        run.cells.iter().map(|cell| run.plan.key(cell.at, run.items[cell.at.benchmark][cell.at.item].digest)).collect();
    let plan = run.plan.clone();
    let mut keys = keys.iter();
    run.cells.retain(|_| keys.next().is_some_and(|key| plan.holds(key)));
    let file = common::write(&run);
    let analysis = analyze(&file.reader(), Level::NINETY_FIVE).expect("analysed");
    let counted = analysis.cells.planned + analysis.floor_cells.planned;
    assert_eq!(counted, file.reader().summary().expect("counted").planned);
    assert!(counted < whole / 2);
    assert!(analysis.warnings.iter().any(|warning| warning.text().kind == "one_share"));
    assert_eq!(exported(&file.reader(), ExportForm::Jsonl).1.rows, counted);
}
