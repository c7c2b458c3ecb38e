//! Run files of every version must stay readable.
//!
//! `v1.sqlite` was made by `BEDSIDE_MAKE_GOLDEN=1 cargo test -p bedside-store --test golden`. It is never made again for the same
//! version: a change to the layout gets a new version and a new file beside it.

use std::path::Path;

use bedside_core::{Event, EventKind, Fault};
use bedside_store::{RunReader, RunWriter};
use rusqlite::Connection;

mod common;
use common::{AT, answered, faulted, finished, run, scored, sent};

const V1: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/v1.sqlite");

#[test]
fn version_1_is_readable() -> Result<(), Box<dyn std::error::Error>> {
    if std::env::var_os("BEDSIDE_MAKE_GOLDEN").is_some() {
        make_golden_file()?;
    }
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("v1.sqlite");
    std::fs::copy(V1, &path)?;
    let reader = RunReader::open(&path)?;
    assert_eq!(reader.newer(), None);
    let head = &reader.verify()?.heads[0];
    assert_eq!(
        head.hash.hex(),
        "23a0b61ed5184aa73bc35f542cd0ba895f534fc01fc50288e835a1bb0149eb3d",
        "the chain is that of the day it was made"
    );
    let summary = reader.summary()?;
    assert_eq!((summary.planned, summary.answered, summary.scored, summary.faults[&Fault::RateLimited]), (6, 4, 4, 1));
    assert_eq!((summary.not_attempted, summary.possibly_billed_twice, summary.sealed), (1, 1, true));
    let item = reader.item(&reader.items(0)?[1])?;
    assert_eq!(item.strata["ward"], "b");
    let sql = Connection::open(&path)?;
    let mean: f64 =
        sql.query_row("SELECT avg(value) FROM score WHERE metric = 'answer.correct'", [], |row| row.get(0))?;
    assert!((mean - 0.5).abs() < 1e-12);
    drop((sql, reader));
    let mut writer = RunWriter::open(&path)?;
    writer.append(AT, &[])?;
    writer.close()?;
    Ok(())
}

fn make_golden_file() -> Result<(), Box<dyn std::error::Error>> {
    let _ = std::fs::remove_file(V1);
    let run = run(3, 2, 1);
    let mut writer = RunWriter::create(Path::new(V1), "golden", &run.plan, run.blobs, AT)?;
    for (position, (_, cell)) in run.cells.iter().take(4).enumerate() {
        let value = if position < 2 { 1.0 } else { 0.0 };
        writer.append(AT + 1, &[sent(*cell, 0, false), sent(*cell, 0, true)][..if position == 0 { 2 } else { 1 }])?;
        writer.append(AT + 2, &[answered(*cell, 0), finished(*cell, b"yes"), scored(*cell, value)])?;
    }
    writer.append(AT + 3, &[faulted(run.cells[4].1, Fault::RateLimited)])?;
    writer.append(
        AT + 4,
        &[Event::new(EventKind::Sealed, None, 0, &serde_json::json!({"complete": false, "answered": 4, "faults": 1}))],
    )?;
    writer.close()?;
    assert!(std::fs::metadata(V1)?.len() < 100_000);
    Ok(())
}
