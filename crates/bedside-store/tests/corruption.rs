//! Every bit of a small run file: flipped, it is noticed, or it held nothing.
//!
//! A sample by default; `BEDSIDE_EVERY_BIT=1` flips all of them.

use std::path::Path;

use bedside_core::Fault;
use bedside_store::{RunReader, RunWriter};
use rusqlite::Connection;
use rusqlite::types::Value;

mod common;
use common::{AT, answered, faulted, finished, run, scored, sent};

/// Flipped bits lie this far apart: a prime, so that all bits of a byte have their turn.
const STRIDE: usize = 401;

#[test]
fn a_flipped_bit_is_noticed_or_held_nothing() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("run.sqlite");
    let run = run(6, 1, 1);
    let mut writer = RunWriter::create(&path, "first", &run.plan, run.blobs, AT)?;
    for (position, (_, cell)) in run.cells.iter().enumerate() {
        let end = if position == 2 { faulted(*cell, Fault::Timeout) } else { finished(*cell, &[b'a'; 300]) };
        writer.append(AT, &[sent(*cell, 0, false), answered(*cell, 0), end, scored(*cell, 1.0)])?;
    }
    writer.close()?;
    let whole = std::fs::read(&path)?;
    let content = dump(&path)?;
    assert!(content.len() > 30, "a file with something in it");

    let stride = if std::env::var_os("BEDSIDE_EVERY_BIT").is_some() { 1 } else { STRIDE };
    let (mut flipped, mut noticed, mut unnoticed) = (0, 0, Vec::new());
    for bit in (0..whole.len() * 8).step_by(stride) {
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        std::fs::write(&path, &bytes)?;
        flipped += 1;
        if RunReader::open(&path).and_then(|reader| reader.verify()).is_err() {
            noticed += 1;
        } else if dump(&path).ok().as_ref() != Some(&content) {
            unnoticed.push(bit);
        }
        // SQLite may have left a side file for a header that says so.
        for side in ["sqlite-wal", "sqlite-shm", "sqlite-journal"] {
            let _ = std::fs::remove_file(path.with_extension(side));
        }
    }
    assert!(unnoticed.is_empty(), "bits {unnoticed:?} change what the file says, and verify does not notice");
    assert!(noticed * 5 > flipped, "{noticed} of {flipped}: the file is not mostly free space");
    Ok(())
}

/// All that the file says: the schema, and every row of every table.
fn dump(path: &Path) -> rusqlite::Result<Vec<String>> {
    let conn = Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut lines = Vec::new();
    for table in
        ["sqlite_schema", "event", "blob", "planned", "plan_benchmark", "plan_item", "plan_prompt", "plan_system"]
    {
        let mut rows = conn.prepare(&format!("SELECT * FROM {table}"))?;
        let columns: Vec<String> =
            rows.column_names().into_iter().filter(|name| *name != "rootpage").map(str::to_owned).collect();
        let mut rows = rows.query([])?;
        while let Some(row) = rows.next()? {
            let values: rusqlite::Result<Vec<Value>> = columns.iter().map(|column| row.get(column.as_str())).collect();
            lines.push(format!("{table} {:?}", values?));
        }
    }
    Ok(lines)
}
