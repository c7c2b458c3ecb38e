//! A run file as its users meet it: written, resumed, read, queried, refused.

use std::path::PathBuf;

use bedside_core::{Digest, Event, EventKind, Fault};
use bedside_store::{CellFilter, CellState, Content, OutcomeKind, RunReader, RunWriter, StoreError};
use rusqlite::Connection;
use tempfile::TempDir;

mod common;
use common::{AT, answered, faulted, finished, run, scored, sent};

type Result = std::result::Result<(), Box<dyn std::error::Error>>;

fn place() -> std::io::Result<(TempDir, PathBuf)> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("runs").join("r-1.sqlite");
    Ok((folder, path))
}

/// Four cells: answered and scored; a fault; in flight, sent twice; not attempted.
fn written(path: &std::path::Path) -> std::result::Result<common::Run, StoreError> {
    let run = run(2, 2, 1);
    let [a, b, c, _] = [0, 1, 2, 3].map(|cell: usize| run.cells[cell].1);
    let mut writer = RunWriter::create(path, "first", &run.plan, run.blobs.clone(), AT)?;
    writer.append(AT + 1, &[sent(a, 0, false), sent(b, 0, false), sent(c, 0, false)])?;
    writer.append(AT + 2, &[answered(a, 0), finished(a, b"yes"), scored(a, 1.0), faulted(b, Fault::Timeout)])?;
    writer.close()?;
    let mut writer = RunWriter::open(path)?;
    writer.append(AT + 3, &[sent(c, 0, true)])?;
    writer.close()?;
    Ok(run)
}

#[test]
fn what_was_written_is_read_back() -> Result {
    let (_folder, path) = place()?;
    let run = written(&path)?;
    let reader = RunReader::open(&path)?;
    assert_eq!(serde_json::to_value(reader.plan())?, serde_json::to_value(&run.plan)?);
    let items = reader.items(0)?;
    assert_eq!(items.len(), 2);
    assert_eq!(reader.item(&items[1])?.id, "case-000001");

    let mut rows = Vec::new();
    reader.for_each_cell(|row| {
        rows.push(row);
        Ok(())
    })?;
    assert_eq!(rows.iter().map(|row| (row.index, row.key)).collect::<Vec<_>>(), run.cells);
    let output = rows[0].finished.as_ref().and_then(|finished| finished.output).ok_or("no output")?;
    assert_eq!(reader.blob(&output)?, b"yes");
    assert_eq!(rows[0].scored[0].values["correct"].to_bits(), 1.0_f64.to_bits());
    assert_eq!(rows[1].finished.as_ref().and_then(|finished| finished.fault), Some(Fault::Timeout));
    assert!(rows[2].finished.is_none() && rows[2].in_flight && rows[2].possibly_billed_twice == 1);
    assert!(rows[3].finished.is_none() && !rows[3].in_flight);

    let summary = reader.summary()?;
    assert_eq!((summary.run.as_str(), summary.planned, summary.answered, summary.scored), ("r-1", 4, 1, 1));
    assert_eq!(summary.faults.into_iter().collect::<Vec<_>>(), [(Fault::Timeout, 1)]);
    assert_eq!((summary.in_flight, summary.possibly_billed_twice, summary.not_attempted), (1, 1, 1));

    let standings = RunReader::open(&path)?.standings()?;
    let state = |cell: usize| standings.of(&run.cells[cell].1);
    let none = CellState::default();
    assert_eq!(state(0), CellState { answered: true, scored: true, ..none });
    assert_eq!(state(1), CellState { fault: Some(Fault::Timeout), ..none });
    assert_eq!(state(2), CellState { in_flight: true, ..none });
    assert_eq!(state(3), none);

    let verified = reader.verify()?;
    assert_eq!((verified.events, verified.heads.len()), (9, 1));
    Ok(())
}

#[test]
fn one_private_file_remains() -> Result {
    let (folder, path) = place()?;
    written(&path)?;
    let names: Vec<_> = std::fs::read_dir(folder.path().join("runs"))?
        .map(|entry| entry.map(|entry| entry.file_name()))
        .collect::<std::io::Result<_>>()?;
    assert_eq!(names, ["r-1.sqlite"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path)?.permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::metadata(folder.path().join("runs"))?.permissions().mode() & 0o777, 0o700);
        let writer = RunWriter::open(&path)?;
        let wal = path.with_extension("sqlite-wal");
        assert_eq!(std::fs::metadata(wal)?.permissions().mode() & 0o777, 0o600);
        writer.close()?;
    }
    Ok(())
}

#[test]
fn a_run_is_never_overwritten() -> Result {
    let (_folder, path) = place()?;
    let run = written(&path)?;
    let before = std::fs::read(&path)?;
    let refused = RunWriter::create(&path, "second", &run.plan, run.blobs, AT);
    assert!(matches!(refused, Err(StoreError::Exists { .. })), "{refused:?}");
    assert!(std::fs::read(&path)? == before);
    Ok(())
}

#[test]
fn a_run_without_its_items_is_not_begun() -> Result {
    let (folder, path) = place()?;
    let run = run(2, 1, 1);
    let refused = RunWriter::create(&path, "first", &run.plan, Vec::<Vec<u8>>::new(), AT);
    assert!(matches!(refused, Err(StoreError::Missing { .. })), "{refused:?}");
    assert_eq!(std::fs::read_dir(folder.path().join("runs"))?.count(), 0, "nothing is left behind");
    Ok(())
}

#[test]
fn events_and_blobs_cannot_be_changed() -> Result {
    let (_folder, path) = place()?;
    written(&path)?;
    let other = Connection::open(&path)?;
    for change in
        ["UPDATE event SET at = 0", "DELETE FROM event", "UPDATE blob SET bytes = x''", "DELETE FROM blob WHERE id = 1"]
    {
        let refused = other.execute(change, []).expect_err(change).to_string();
        assert!(refused.contains("never"), "{refused}");
    }
    Ok(())
}

#[test]
fn who_replaces_an_event_all_the_same_is_noticed() -> Result {
    let (_folder, path) = place()?;
    written(&path)?;
    let other = Connection::open(&path)?;
    // REPLACE does not run the triggers for deletes.
    other.execute("REPLACE INTO event SELECT writer, seq, at, kind, cell, step, replace(body, '1.0', '0.0'), prev, hash FROM event WHERE kind = 'scored'", [])?;
    drop(other);
    let found = RunReader::open(&path)?.verify();
    assert!(matches!(found, Err(StoreError::Broken { .. })), "{found:?}");
    assert!(
        found.is_err_and(|error| error.to_string().contains("event 6 of writer \"first\" is not what was written"))
    );
    Ok(())
}

#[test]
fn a_newer_file_is_read_and_not_written() -> Result {
    let (_folder, path) = place()?;
    written(&path)?;
    let other = Connection::open(&path)?;
    other.execute_batch(
        "PRAGMA user_version = 2; INSERT INTO event VALUES ('new', 0, 0, 'dreamt', NULL, 0, '{}', x'', x'');",
    )?;
    drop(other);
    let before = std::fs::read(&path)?;
    let refused = RunWriter::open(&path);
    assert!(matches!(refused, Err(StoreError::Newer { found: 2, known: 1, .. })), "{refused:?}");
    let reader = RunReader::open(&path)?;
    assert_eq!(reader.newer(), Some(2));
    assert_eq!(reader.plan().seed, 7);
    assert!(matches!(reader.verify(), Err(StoreError::Newer { .. })));
    drop(reader);
    assert!(std::fs::read(&path)? == before, "not a byte was changed");
    Ok(())
}

#[test]
fn what_is_no_run_file_is_refused() -> Result {
    let (folder, _) = place()?;
    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "not a database, and long enough to have a header if it were one".repeat(20))?;
    let database = folder.path().join("other.sqlite");
    Connection::open(&database)?.execute_batch("CREATE TABLE t (a)")?;
    for path in [&text, &database] {
        assert!(matches!(RunReader::open(path), Err(StoreError::NotARun { .. })));
        assert!(matches!(RunWriter::open(path), Err(StoreError::NotARun { .. })));
    }
    let nowhere = RunReader::open(&folder.path().join("nowhere"));
    assert!(matches!(nowhere, Err(StoreError::Io { .. })), "{nowhere:?}");
    assert_eq!(std::fs::read_dir(folder.path())?.count(), 2, "nothing appeared beside them");
    Ok(())
}

#[test]
fn a_file_with_other_triggers_is_not_written() -> Result {
    let (_folder, path) = place()?;
    written(&path)?;
    Connection::open(&path)?.execute_batch("CREATE TRIGGER t AFTER INSERT ON event BEGIN SELECT 1; END;")?;
    assert!(matches!(RunWriter::open(&path), Err(StoreError::Broken { .. })));
    assert!(matches!(RunReader::open(&path)?.verify(), Err(StoreError::Broken { .. })));
    Ok(())
}

#[test]
fn one_writer_at_a_time() -> Result {
    let (_folder, path) = place()?;
    written(&path)?;
    for _ in 0..20 {
        let writer = RunWriter::open(&path)?;
        match RunWriter::open(&path) {
            Err(StoreError::Locked { by, .. }) => assert_eq!(by, format!("process {}", std::process::id())),
            other => return Err(format!("{other:?}").into()),
        }
        writer.close()?;
    }
    // Left by a process that was killed.
    std::fs::write(path.with_extension("sqlite.lock"), "1\n")?;
    RunWriter::open(&path)?.close()?;
    Ok(())
}

#[test]
fn of_many_starts_at_once_one_wins() -> Result {
    let (_folder, path) = place()?;
    let run = run(1, 1, 1);
    let wins = std::thread::scope(|scope| {
        let start = || {
            RunWriter::create(&path, "w", &run.plan, run.blobs.clone(), AT)
                .and_then(RunWriter::close)
                .map_err(|error| error.to_string())
        };
        let starts: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
        starts.into_iter().filter_map(|start| start.join().ok()?.ok()).count()
    });
    assert_eq!(wins, 1);
    assert_eq!(RunReader::open(&path)?.verify()?.events, 1);
    Ok(())
}

#[test]
fn a_reader_sees_what_is_written_meanwhile() -> Result {
    let (_folder, path) = place()?;
    let run = run(3, 1, 1);
    let mut writer = RunWriter::create(&path, "first", &run.plan, run.blobs, AT)?;
    let reader = RunReader::open(&path)?;
    for (done, (_, cell)) in run.cells.iter().enumerate() {
        assert_eq!(reader.summary()?.answered, done as u64);
        writer.append(AT, &[finished(*cell, b"same"), scored(*cell, 0.0)])?;
    }
    assert_eq!(reader.summary()?.answered, 3);
    writer.close()?; // the log stays while the reader is there
    drop(reader);
    RunWriter::open(&path)?.close()?;
    assert!(!path.with_extension("sqlite-wal").exists());
    let reader = RunReader::open(&path)?;
    assert_eq!(reader.verify()?.blobs, 6, "manifest, list, three items, and one output");
    Ok(())
}

#[test]
fn a_full_disk_stops_the_writer_and_leaves_the_file_whole() -> Result {
    let (_folder, path) = place()?;
    let run = run(200, 1, 1);
    let mut writer = RunWriter::create(&path, "first", &run.plan, run.blobs, AT)?;
    writer.append(AT, &[finished(run.cells[0].1, b"kept")])?;
    let pages = std::fs::metadata(&path)?.len() / 8192 + 4;
    writer.limit_pages(u32::try_from(pages)?)?;
    let mut acknowledged = 1;
    let failed = loop {
        let (_, cell) = run.cells[acknowledged];
        match writer.append(AT, &[finished(cell, &[u8::try_from(acknowledged % 251)?; 3000])]) {
            Ok(()) => acknowledged += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(failed, StoreError::Full { .. }), "{failed:?}");
    let refused = writer.append(AT, &[sent(run.cells[0].1, 0, false)]);
    assert!(matches!(refused, Err(StoreError::Stopped { .. })), "{refused:?}");
    let reader = RunReader::open(&path)?;
    assert_eq!(reader.summary()?.answered, acknowledged as u64);
    assert_eq!(reader.verify()?.events, acknowledged as u64 + 1);
    assert!(matches!(writer.close(), Err(StoreError::Stopped { .. })));
    drop(reader);
    let mut writer = RunWriter::open(&path)?;
    writer.append(AT, &[finished(run.cells[acknowledged].1, b"after room was made")])?;
    writer.close()?;
    assert_eq!(RunReader::open(&path)?.verify()?.events, acknowledged as u64 + 2);
    Ok(())
}

/// What a writer leaves that is killed while it opens or closes: a file in the middle of a change, and the journal to undo it.
#[test]
fn a_journal_left_by_a_kill_is_rolled_back() -> Result {
    let (folder, path) = place()?;
    written(&path)?;
    let whole = std::fs::read(&path)?;
    let other = Connection::open(&path)?;
    other.execute_batch("PRAGMA cache_size = 1; BEGIN; PRAGMA user_version = 9; CREATE TABLE junk (a);")?;
    other.execute_batch("INSERT INTO junk SELECT randomblob(8000) FROM event, blob;")?;
    // Copied as they lie on the disk, which is what a kill leaves: no lock, and a journal.
    let killed = folder.path().join("killed.sqlite");
    std::fs::copy(path.with_extension("sqlite-journal"), killed.with_extension("sqlite-journal"))?;
    std::fs::copy(&path, &killed)?;
    assert!(std::fs::read(&killed)? != whole, "the change has reached the file");
    drop(other);

    let reader = RunReader::open(&killed)?;
    assert_eq!((reader.newer(), reader.verify()?.events), (None, 9));
    assert!(!killed.with_extension("sqlite-journal").exists());
    drop(reader);
    RunWriter::open(&killed)?.close()?;
    Ok(())
}

#[test]
fn time_never_goes_back() -> Result {
    let (_folder, path) = place()?;
    let run = run(1, 1, 1);
    let mut writer = RunWriter::create(&path, "first", &run.plan, run.blobs, AT)?;
    writer.append(AT - 5, &[sent(run.cells[0].1, 0, false)])?;
    assert_eq!(writer.head().at_ms, AT);
    writer.close()?;
    let writer = RunWriter::open_as(&path, "second")?;
    assert_eq!((writer.head().events, writer.head().at_ms), (0, AT));
    Ok(())
}

#[test]
fn an_answer_beats_a_fault_and_the_last_scoring_counts() -> Result {
    let (_folder, path) = place()?;
    let run = run(1, 1, 1);
    let cell = run.cells[0].1;
    let mut writer = RunWriter::create(&path, "first", &run.plan, run.blobs, AT)?;
    writer.append(
        AT,
        &[faulted(cell, Fault::Timeout), finished(cell, b"yes"), scored(cell, 0.0), faulted(cell, Fault::Internal)],
    )?;
    writer.append(AT + 1, &[scored(cell, 1.0)])?;
    writer.close()?;
    let reader = RunReader::open(&path)?;
    let row = reader.cells_page(&CellFilter::default(), 0, 1)?.remove(0);
    assert!(row.finished.is_some_and(|finished| finished.fault.is_none()));
    assert_eq!(row.scored[0].values["correct"].to_bits(), 1.0_f64.to_bits());
    assert!(reader.conflicts()?.is_empty());
    Ok(())
}

#[test]
fn pages_follow_the_plan() -> Result {
    let (_folder, path) = place()?;
    let run = run(10, 2, 1);
    let mut writer = RunWriter::create(&path, "first", &run.plan, run.blobs, AT)?;
    let answers: Vec<Event> = run.cells.iter().rev().step_by(2).map(|(_, cell)| finished(*cell, b"yes")).collect();
    writer.append(AT, &answers)?;
    writer.append(AT, &[Event::new(EventKind::Sealed, None, 0, &serde_json::json!({}))])?;
    writer.close()?;
    let reader = RunReader::open(&path)?;
    assert!(reader.summary()?.sealed);
    let page = |filter: CellFilter, offset, limit| -> std::result::Result<Vec<_>, StoreError> {
        Ok(reader.cells_page(&filter, offset, limit)?.into_iter().map(|row| row.index).collect())
    };
    let all: Vec<_> = run.cells.iter().map(|(index, _)| *index).collect();
    let every = CellFilter::default();
    assert_eq!(page(every, 0, 100)?, all);
    assert_eq!(page(every, 7, 5)?, all[7..12]);
    assert_eq!(page(every, 20, 5)?, []);
    let second = CellFilter { system: Some(1), ..every };
    let of_second: Vec<_> = all.iter().copied().filter(|index| index.system == 1).collect();
    assert_eq!(page(second, 2, 3)?, of_second[2..5]);
    let answered = CellFilter { outcome: Some(OutcomeKind::Answered), ..every };
    assert_eq!(page(answered, 3, 4)?, of_second[3..7], "every second cell is of the second system");
    let missing = CellFilter { outcome: Some(OutcomeKind::Missing), system: Some(1), ..every };
    assert_eq!(page(missing, 0, 4)?, []);
    Ok(())
}

/// Benchmark, system, item, epoch, outcome, why, cell.
type Row = (String, String, String, u32, String, Option<String>, String);

#[test]
fn views_answer_in_plain_sql() -> Result {
    let (_folder, path) = place()?;
    let run = written(&path)?;
    let sql = Connection::open(&path)?;
    let rows: Vec<Row> = sql
        .prepare("SELECT benchmark, system, item, epoch, outcome, coalesce(stop, fault), cell FROM cell ORDER BY item, system")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let row = |cell: usize, system: &str, item: &str, outcome: &str, why: Option<&str>| {
        let key = run.cells[cell].1.to_string();
        ("potassium".to_owned(), system.to_owned(), item.to_owned(), 0, outcome.to_owned(), why.map(str::to_owned), key)
    };
    assert_eq!(
        rows,
        [
            row(0, "null/0", "case-000000", "answered", Some("complete")),
            row(1, "null/1", "case-000000", "fault", Some("timeout")),
            row(2, "null/0", "case-000001", "missing", None),
            row(3, "null/1", "case-000001", "missing", None),
        ]
    );
    let score: (String, String, f64, String) =
        sql.query_row("SELECT item, metric, value, prompt FROM score", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })?;
    assert_eq!(score, ("case-000000".to_owned(), "answer.correct".to_owned(), 1.0, "plain".to_owned()));
    let usage: (String, u32, u32) =
        sql.query_row("SELECT system, prompt_tokens, duration_ms FROM usage", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
    assert_eq!(usage, ("null/0".to_owned(), 120, 812));
    let ratings: u32 = sql.query_row("SELECT count(*) FROM rating", [], |row| row.get(0))?;
    assert_eq!(ratings, 0);
    Ok(())
}

#[test]
fn merging_another_run_or_a_fork_is_refused() -> Result {
    let (folder, path) = place()?;
    written(&path)?;
    let mut writer = RunWriter::open(&path)?;
    let other = folder.path().join("other.sqlite");
    let run_of_three = run(3, 1, 1);
    RunWriter::create(&other, "b", &run_of_three.plan, run_of_three.blobs, AT)?.close()?;
    assert!(matches!(writer.take_in(&RunReader::open(&other)?), Err(StoreError::OtherPlan { .. })));
    let fork = folder.path().join("fork.sqlite");
    let same = run(2, 2, 1);
    RunWriter::create(&fork, "first", &same.plan, same.blobs, AT + 1)?.close()?;
    assert!(matches!(writer.take_in(&RunReader::open(&fork)?), Err(StoreError::Forked { .. })));
    Ok(())
}

#[test]
fn missing_bytes_are_named() -> Result {
    let (_folder, path) = place()?;
    written(&path)?;
    let gone = RunReader::open(&path)?.blob(&Digest::of(b"never written"));
    assert!(gone.is_err_and(|error| error.to_string().contains(&Digest::of(b"never written").short())));
    Ok(())
}

#[test]
fn content_from_a_file_is_kept_whatever_its_size() -> Result {
    use std::io::Write as _;
    for size in [0_usize, 100, 6 << 20] {
        let (_folder, path) = place()?;
        let run = run(2, 1, 1);
        let bytes: Vec<u8> = (0..size).map(|at| u8::try_from(at % 251).unwrap_or_default()).collect();
        let mut file = tempfile::tempfile()?;
        file.write_all(&bytes)?;
        let digest = Digest::of(&bytes);
        let large = Content::File { file, bytes: size as u64, digest };
        let content = run.blobs.into_iter().map(Content::Bytes).chain([large]);
        RunWriter::create(&path, "first", &run.plan, content, AT)?.close()?;
        let reader = RunReader::open(&path)?;
        assert!(reader.blob(&digest)? == bytes, "{size}");
        reader.verify()?;
    }
    Ok(())
}
