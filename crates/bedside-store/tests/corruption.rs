//! Every byte of a small run file: changed, it is noticed, or it held nothing.
//!
//! One bit of every byte by default; `BEDSIDE_EVERY_BIT=1` flips all eight.
#![allow(clippy::print_stdout, reason = "the figures")]

use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use bedside_core::Fault;
use bedside_store::{RunReader, RunWriter};
use rusqlite::Connection;
use rusqlite::types::Value;

mod common;
use common::{AT, answered, faulted, finished, run, scored, sent};

/// What became of the flips of one thread.
#[derive(Default)]
struct Found {
    noticed: usize,
    nothing: usize,
    unnoticed: Vec<usize>,
}

#[test]
fn a_flipped_bit_is_noticed_or_held_nothing() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("run.sqlite");
    let run = run(3, 1, 1);
    let mut writer = RunWriter::create(&path, "first", &run.plan, run.blobs, AT)?;
    for (position, (_, cell)) in run.cells.iter().enumerate() {
        let end = if position == 1 { faulted(*cell, Fault::Timeout) } else { finished(*cell, &[b'a'; 300]) };
        writer.append(AT, &[sent(*cell, 0, false), answered(*cell, 0), end, scored(*cell, 1.0)])?;
    }
    writer.close()?;
    let whole = std::fs::read(&path)?;
    let content = dump(&path)?;
    assert!(content.len() > 30, "a file with something in it");

    let every_bit = std::env::var_os("BEDSIDE_EVERY_BIT").is_some();
    let flips = |byte: usize| if every_bit { 0..8 } else { byte * 3 % 8..byte * 3 % 8 + 1 };
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let found: Vec<Found> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|thread| {
                let path = folder.path().join(format!("{thread}.sqlite"));
                let (whole, content) = (&whole, &content);
                scope.spawn(move || {
                    std::fs::write(&path, whole).expect("a copy");
                    let mut found = Found::default();
                    for byte in (thread..whole.len()).step_by(threads) {
                        for bit in flips(byte) {
                            flip(&path, whole, byte, bit, content, &mut found);
                        }
                    }
                    found
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().expect("no panic")).collect()
    });
    let unnoticed: Vec<usize> = found.iter().flat_map(|found| found.unnoticed.iter().copied()).collect();
    let noticed: usize = found.iter().map(|found| found.noticed).sum();
    let nothing: usize = found.iter().map(|found| found.nothing).sum();
    println!("{noticed} flips noticed, {nothing} in bytes that hold nothing, {} unnoticed", unnoticed.len());
    assert!(unnoticed.is_empty(), "bits {unnoticed:?} change what the file says, and verify does not notice");
    assert_eq!(noticed + nothing, whole.len() * if every_bit { 8 } else { 1 });
    // Whatever is a row, a key or a definition is noticed; the rest is free space and counters of the database.
    let used: usize = content.iter().map(String::len).sum::<usize>() / 4;
    assert!(
        noticed > used.min(whole.len() / 8),
        "{noticed} noticed, {nothing} held nothing, about {used} bytes are rows"
    );
    Ok(())
}

/// Flips one bit, looks whether that is noticed or changes anything, and flips it back.
fn flip(path: &Path, whole: &[u8], byte: usize, bit: usize, content: &[String], found: &mut Found) {
    put(path, byte, whole[byte] ^ 1 << bit);
    if RunReader::open(path).and_then(|reader| reader.verify()).is_err() {
        found.noticed += 1;
    } else if dump(path).is_ok_and(|now| now == content) {
        found.nothing += 1;
    } else {
        found.unnoticed.push(byte * 8 + bit);
    }
    // SQLite may have left a side file for a header that says so.
    for side in ["sqlite-wal", "sqlite-shm", "sqlite-journal"] {
        let _ = std::fs::remove_file(path.with_extension(side));
    }
    put(path, byte, whole[byte]);
}

fn put(path: &Path, byte: usize, value: u8) {
    let mut file: File = OpenOptions::new().write(true).open(path).expect("the copy");
    file.seek(SeekFrom::Start(byte as u64)).expect("a place in it");
    file.write_all(&[value]).expect("one byte");
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
