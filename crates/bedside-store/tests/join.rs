//! Shards that were killed, repeated and done twice become one run, the same whatever the order.

use std::path::{Path, PathBuf};

use bedside_core::event::Rescored;
use bedside_core::{Digest, Event, EventKind, Fault, Plan, Shard};
use bedside_store::{RunReader, RunWriter, StoreError, join};
use proptest::prelude::Rng as _;
use proptest::test_runner::{RngAlgorithm, TestRng};
use rusqlite::Connection;

mod common;
use common::{AT, Run, answered, faulted, finished, run, scored, sent};

const SHARDS: u32 = 50;

fn shard(run: &Run, index: u32) -> Plan {
    let shard = Shard::parse(&format!("{index}/{SHARDS}")).expect("a share");
    Plan { shard: Some(shard), ..run.plan.clone() }
}

/// What happens to the cells of a share, in groups as they would be committed. The output depends on the cell alone, unless
/// the share is done twice.
fn groups(run: &Run, plan: &Plan, twice: bool) -> Vec<Vec<Event>> {
    let cells = run.cells.iter().filter(|(_, key)| plan.holds(key));
    cells
        .map(|(index, key)| {
            let output = format!("{} {} {twice}", index.item, index.epoch);
            let end = if index.item % 7 == 3 && !twice {
                faulted(*key, Fault::Timeout)
            } else {
                finished(*key, output.as_bytes())
            };
            vec![sent(*key, 0, false), answered(*key, 0), end, scored(*key, f64::from(u8::from(index.item % 2 == 0)))]
        })
        .collect()
}

/// Everything that the views say, in their own words.
fn tables(path: &Path) -> rusqlite::Result<String> {
    let conn = Connection::open(path)?;
    let mut text = String::new();
    for (view, order) in [("cell", "cell"), ("score", "cell, metric"), ("usage", "cell, step, at")] {
        let mut statement = conn.prepare(&format!("SELECT * FROM {view} ORDER BY {order}"))?;
        let columns = statement.column_count();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            for column in 0..columns {
                text.push_str(&format!("{:?} ", row.get::<_, rusqlite::types::Value>(column)?));
            }
            text.push('\n');
        }
    }
    Ok(text)
}

/// What the reader says of every cell.
fn told(path: &Path) -> Result<String, StoreError> {
    let reader = RunReader::open(path)?;
    reader.verify()?;
    let mut text = format!("{:?}", reader.conflicts()?);
    reader.for_each_cell(|row| {
        text.push_str(&format!("{row:?}\n"));
        Ok(())
    })?;
    let mut summary = reader.summary()?;
    (summary.run, summary.file) = Default::default();
    text.push_str(&format!("{summary:?}"));
    Ok(text)
}

#[test]
fn fifty_killed_shards_in_any_order_twice_are_one_run() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let run = run(40, 2, 2);
    let mut random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut below = |most: usize| random.next_u32() as usize % most;
    let mut parts: Vec<PathBuf> = Vec::new();
    for index in 1..=SHARDS {
        let plan = shard(&run, index);
        let path = folder.path().join(format!("{index}.sqlite"));
        let groups = groups(&run, &plan, false);
        let mut writer = RunWriter::create(&path, &format!("shard-{index}"), &plan, run.blobs.clone(), AT)?;
        // Killed after some commits; a copy from that moment is around when it is resumed.
        let killed = below(groups.len() + 1);
        for group in &groups[..killed] {
            writer.append(AT + i64::from(index), group)?;
        }
        writer.close()?;
        let copy = folder.path().join(format!("{index}-killed.sqlite"));
        std::fs::copy(&path, &copy)?;
        let mut writer = RunWriter::open(&path)?;
        for group in &groups[killed..] {
            writer.append(AT + i64::from(index) + 1_000, group)?;
        }
        writer.close()?;
        parts.extend([path, copy]);
    }
    // The scheduler started share 7 twice, on another machine and with other answers.
    let plan = shard(&run, 7);
    let path = folder.path().join("7-again.sqlite");
    let mut writer = RunWriter::create(&path, "shard-7-again", &plan, run.blobs.clone(), AT + 5)?;
    for group in groups(&run, &plan, true) {
        writer.append(AT + 77, &group)?;
    }
    writer.close()?;
    parts.push(path);

    let mut expected = None;
    for round in 0..3 {
        let mut order: Vec<PathBuf> = parts.iter().chain(&parts).cloned().collect();
        for at in (1..order.len()).rev() {
            order.swap(at, below(at + 1));
        }
        let merged = folder.path().join(format!("merged-{round}.sqlite"));
        // At once, or in steps into a file that is there.
        let (first, rest) = order.split_at(if round == 1 { 13 } else { order.len() });
        assert!(join(&merged, first, AT + 10_000)?.new);
        if !rest.is_empty() {
            assert!(!join(&merged, rest, AT + 20_000)?.new);
        }
        let again = join(&merged, &order[..20], AT + 30_000)?;
        assert!(
            again.parts.iter().all(|part| part.taken.events == 0 && part.taken.blobs == 0),
            "a repetition adds nothing"
        );
        let said = (tables(&merged)?, told(&merged)?);
        let reader = RunReader::open(&merged)?;
        let summary = reader.summary()?;
        assert_eq!(summary.planned, 160, "the plan of the whole run");
        assert!(reader.plan().shard.is_none());
        assert!(summary.conflicts > 0, "share 7 was answered twice");
        assert!(summary.answered > 100 && summary.not_attempted == 0);
        match &expected {
            None => expected = Some(said),
            Some(expected) => assert_eq!(*expected, said, "round {round}"),
        }
    }
    assert!(
        !std::fs::read_dir(folder.path())?.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with('.'))
    );
    Ok(())
}

#[test]
fn a_shard_counts_its_share_alone() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let run = run(30, 2, 1);
    let mut planned = 0;
    for index in 1..=3 {
        let shard = Shard::parse(&format!("{index}/3"))?;
        let plan = Plan { shard: Some(shard), ..run.plan.clone() };
        let path = folder.path().join(format!("{index}.sqlite"));
        RunWriter::create(&path, &format!("s{index}"), &plan, run.blobs.clone(), AT)?.close()?;
        let reader = RunReader::open(&path)?;
        reader.verify()?;
        let mut cells = 0;
        reader.for_each_cell(|row| {
            assert!(plan.holds(&row.key));
            cells += 1;
            Ok(())
        })?;
        assert_eq!(reader.summary()?.planned, cells);
        assert_eq!(reader.cells_page(&bedside_store::CellFilter::default(), 0, 1_000)?.len() as u64, cells);
        let viewed: u64 = Connection::open(&path)?.query_row("SELECT count(*) FROM cell", [], |row| row.get(0))?;
        assert_eq!(viewed, cells);
        planned += cells;
    }
    assert_eq!(planned, 60, "each cell is in one share");
    Ok(())
}

#[test]
fn a_merged_run_can_be_resumed_under_its_own_name() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let run = run(6, 1, 1);
    let plan = Plan { shard: Shard::parse("1/2").ok(), ..run.plan.clone() };
    let part = folder.path().join("a.sqlite");
    RunWriter::create(&part, "a", &plan, run.blobs.clone(), AT)?.close()?;
    let merged = folder.path().join("runs/merged.sqlite");
    join(&merged, std::slice::from_ref(&part), AT + 1)?;
    let mut writer = RunWriter::open(&merged)?;
    assert!(writer.head().writer.starts_with("merged-merge-"), "{}", writer.head().writer);
    for (_, key) in &run.cells {
        writer.append(AT + 2, &[finished(*key, b"yes"), scored(*key, 1.0)])?;
    }
    writer.close()?;
    let reader = RunReader::open(&merged)?;
    reader.verify()?;
    assert_eq!(reader.summary()?.answered, 6);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&merged)?.permissions().mode() & 0o777, 0o600);
    }
    Ok(())
}

#[test]
fn what_cannot_be_merged_leaves_no_file() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let path = |name: &str| folder.path().join(name);
    let one = run(4, 1, 1);
    let make = |name: &str, plan: &Plan, blobs: Vec<Vec<u8>>| -> Result<PathBuf, StoreError> {
        let mut writer = RunWriter::create(&path(name), name, plan, blobs, AT)?;
        writer.append(AT, &[finished(one.cells[0].1, b"yes")])?;
        writer.close()?;
        Ok(path(name))
    };
    let a = make("a", &one.plan, one.blobs.clone())?;

    let more = run(4, 2, 1);
    let b = make("b", &more.plan, more.blobs.clone())?;
    let error = join(&path("m"), &[a.clone(), b], AT).unwrap_err();
    assert!(error.to_string().ends_with("other systems: `null/0` and `null/0`, `null/1`"), "{error}");

    // Copies that went on apart.
    let fork = path("fork");
    std::fs::copy(&a, &fork)?;
    for (file, output) in [(&a, b"one"), (&fork, b"two")] {
        let mut writer = RunWriter::open(file)?;
        writer.append(AT, &[finished(one.cells[1].1, output)])?;
        writer.close()?;
    }
    let error = join(&path("m"), &[a.clone(), fork], AT).unwrap_err();
    assert!(matches!(error, StoreError::Forked { .. }), "{error}");

    let damaged = path("damaged");
    let mut bytes = std::fs::read(&a)?;
    let at = bytes.windows(9).rposition(|window| window == b"\"output\":").ok_or("an output")?;
    bytes[at + 12] ^= 1;
    std::fs::write(&damaged, bytes)?;
    let error = join(&path("m"), &[a.clone(), damaged], AT).unwrap_err();
    assert!(error.is_damage(), "{error}");

    assert!(!path("m").exists(), "whole or not at all");
    join(&path("m"), &[a.clone(), a], AT)?;
    Ok(())
}

#[test]
fn the_last_rescoring_is_in_force_and_what_is_dropped_leaves_nothing() -> Result<(), Box<dyn std::error::Error>> {
    use bedside_store::Keep;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("run.sqlite");
    let run = run(2, 1, 1);
    let mut writer = RunWriter::create(&path, "w", &run.plan, run.blobs.clone(), AT)?;
    writer.append(AT, &[finished(run.cells[0].1, b"yes"), scored(run.cells[0].1, 1.0)])?;
    let manifest = b"schema = 2\n".to_vec();
    let mut metrics = run.plan.benchmarks[0].metrics.clone();
    metrics[0].scorer_version = 2;
    let body = Rescored {
        benchmark: 0,
        manifest: Digest::of(&manifest),
        metrics: metrics.clone(),
        primary: 0,
        bedside: "0.2.0".to_owned(),
    };
    let event = Event::new(EventKind::Rescored, None, 0, &body).with_blob(manifest.clone());
    let before = writer.head();
    let kept = writer.append_all::<StoreError>(AT, |appender| {
        appender.append(std::slice::from_ref(&event))?;
        Ok(Keep::Nothing)
    })?;
    assert_eq!((kept, writer.head()), (Keep::Nothing, before));
    // A failure of the caller's own keeps nothing either, and the blob that was dropped is kept when it comes again.
    let refused = writer.append_all(AT, |appender| {
        appender.append(std::slice::from_ref(&event))?;
        Err::<Keep, _>(StoreError::Stopped { path: path.clone() })
    });
    assert!(refused.is_err());
    writer.append_all::<StoreError>(AT, |appender| {
        appender.append(std::slice::from_ref(&event))?;
        Ok(Keep::All)
    })?;
    writer.close()?;
    let reader = RunReader::open(&path)?;
    reader.verify()?;
    assert_eq!(reader.blob(&Digest::of(&manifest))?, manifest);
    assert_eq!(reader.plan().benchmarks[0].metrics[0].scorer_version, 1, "the plan stays as it was recorded");
    let plan = reader.plan_in_force()?;
    assert_eq!(plan.benchmarks[0].metrics, metrics);
    assert_eq!(plan.rescored[&0], Digest::of(&manifest));
    Ok(())
}
