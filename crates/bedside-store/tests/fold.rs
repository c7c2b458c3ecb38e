//! What counts for a cell does not depend on the order in which shards are merged, and is what a simple oracle says.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bedside_core::cell::CellKey;
use bedside_core::event::{CellFinished, ScoredBody};
use bedside_core::{Digest, Event, Fault};
use bedside_store::{CellState, RunReader, RunWriter, StoreError};
use proptest::prelude::*;
use rusqlite::Connection;

mod common;
use common::{AT, Run, answered, faulted, finished, run, scored, sent};

const CELLS: usize = 3;

#[derive(Clone, Debug)]
enum Act {
    Sent(usize, u32, bool),
    Answered(usize, u32),
    Finished(usize, u8),
    Fault(usize, bool),
    Scored(usize, u8),
}

fn act() -> impl Strategy<Value = (u8, Act)> {
    let kind = prop_oneof![
        (0..CELLS, 0..2_u32, any::<bool>()).prop_map(|(cell, step, again)| Act::Sent(cell, step, again)),
        (0..CELLS, 0..2_u32).prop_map(|(cell, step)| Act::Answered(cell, step)),
        (0..CELLS, 0..3_u8).prop_map(|(cell, output)| Act::Finished(cell, output)),
        (0..CELLS, any::<bool>()).prop_map(|(cell, timeout)| Act::Fault(cell, timeout)),
        (0..CELLS, 0..9_u8).prop_map(|(cell, value)| Act::Scored(cell, value)),
    ];
    (0..3_u8, kind)
}

fn event(run: &Run, act: &Act) -> Event {
    let key = |cell: usize| run.cells[cell].1;
    match *act {
        Act::Sent(cell, step, again) => sent(key(cell), step, again),
        Act::Answered(cell, step) => answered(key(cell), step),
        Act::Finished(cell, output) => finished(key(cell), &[output]),
        Act::Fault(cell, timeout) => faulted(key(cell), if timeout { Fault::Timeout } else { Fault::Unreachable }),
        Act::Scored(cell, value) => scored(key(cell), f64::from(value)),
    }
}

/// What is compared: the state, output and score of each cell, and how often it was possibly billed twice.
type Told = BTreeMap<CellKey, (CellState, Option<Option<Digest>>, Option<f64>, u32)>;

fn told(path: &Path) -> Result<(Told, usize), StoreError> {
    let reader = RunReader::open(path)?;
    reader.verify()?;
    let standings = RunReader::open(path)?.standings()?;
    let mut told = Told::new();
    reader.for_each_cell(|row| {
        let state = standings.of(&row.key);
        let finished = row.finished.as_ref();
        assert_eq!(state.answered, finished.is_some_and(|finished| finished.fault.is_none()));
        assert_eq!(state.fault, finished.and_then(|finished| finished.fault));
        assert_eq!((state.in_flight, state.scored), (row.in_flight, !row.scored.is_empty()));
        let score = row.scored.first().map(|scored| scored.values["correct"]);
        told.insert(row.key, (state, finished.map(|finished| finished.output), score, row.possibly_billed_twice));
        Ok(())
    })?;
    Ok((told, reader.conflicts()?.len()))
}

/// The rules once more, without any of the program's code: all events in memory, sorted, cell by cell.
fn oracle(path: &Path, cells: &[CellKey]) -> rusqlite::Result<Told> {
    type Line = (String, i64, String, Option<Vec<u8>>, u32, String, Vec<u8>);
    let conn = Connection::open(path)?;
    let lines: Vec<Line> = conn
        .prepare("SELECT writer, seq, kind, cell, step, body, hash FROM event ORDER BY at, writer, seq")?
        .query_map([], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let mut told = Told::new();
    for cell in cells {
        let of_cell: Vec<&Line> =
            lines.iter().filter(|line| line.3.as_deref() == Some(cell.0.bytes().as_slice())).collect();
        let mut open: Vec<u32> = Vec::new();
        let mut twice = 0;
        for line in &of_cell {
            match line.2.as_str() {
                "call.sent" => {
                    twice += u32::from(line.5.contains(r#""again":true"#));
                    open.push(line.4);
                }
                "call.answered" => open.retain(|step| *step != line.4),
                "cell.finished" => open.clear(),
                _ => {}
            }
        }
        let ends: Vec<(&&Line, CellFinished)> = of_cell
            .iter()
            .filter(|line| line.2 == "cell.finished")
            .map(|line| (line, serde_json::from_str(&line.5).expect("a body")))
            .collect();
        let answer = ends.iter().filter(|(_, body)| body.fault.is_none()).min_by_key(|(line, _)| line.6.clone());
        let losers: Vec<&str> = ends
            .iter()
            .filter(|(line, body)| body.fault.is_none() && answer.is_some_and(|(chosen, _)| chosen.6 != line.6))
            .map(|(line, _)| line.0.as_str())
            .collect();
        let fault = if answer.is_some() { None } else { ends.last().and_then(|(_, body)| body.fault) };
        let score = answer.and_then(|(chosen, _)| {
            of_cell
                .iter()
                .rfind(|line| line.2 == "scored" && (line.0 == chosen.0 || !losers.contains(&line.0.as_str())))
                .map(|line| serde_json::from_str::<ScoredBody>(&line.5).expect("a body").scorers[0].values["correct"])
        });
        let output = answer.map(|(_, body)| body.output).or(fault.map(|_| None));
        let state = CellState {
            answered: answer.is_some(),
            scored: score.is_some(),
            fault,
            in_flight: !open.is_empty(),
            lost: false,
        };
        told.insert(*cell, (state, output, score, twice));
    }
    Ok(told)
}

/// Outcome and score of each cell, as the views have them.
/// Outcome, output and score of each cell.
type Viewed = BTreeMap<String, (String, Option<String>, Option<f64>)>;

fn viewed(path: &Path) -> rusqlite::Result<Viewed> {
    Connection::open(path)?
        .prepare("SELECT c.cell, c.outcome, c.fault, s.value FROM cell c LEFT JOIN score s ON s.cell = c.cell")?
        .query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?, row.get(3)?))))?
        .collect()
}

fn merged(folder: &Path, name: &str, shards: &[&PathBuf]) -> Result<PathBuf, Box<dyn std::error::Error>> {
    let path = folder.join(name);
    std::fs::copy(shards[0], &path)?;
    let mut writer = RunWriter::open(&path)?;
    // Twice: a repetition changes nothing.
    for shard in shards.iter().chain(shards) {
        writer.take_in(&RunReader::open(shard)?)?;
    }
    writer.close()?;
    Ok(path)
}

fn check(acts: &[Vec<(u8, Act)>; 3]) -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let run = run(CELLS, 1, 1);
    let mut shards = Vec::new();
    for (writer, acts) in ["a", "b", "c"].into_iter().zip(acts) {
        let path = folder.path().join(writer);
        let mut shard = RunWriter::create(&path, writer, &run.plan, run.blobs.clone(), AT)?;
        let mut at = AT;
        for (later, act) in acts {
            at += i64::from(*later);
            shard.append(at, &[event(&run, act)])?;
        }
        shard.close()?;
        shards.push(path);
    }
    let [a, b, c] = [&shards[0], &shards[1], &shards[2]];
    let one = merged(folder.path(), "abc", &[a, b, c])?;
    let other = merged(folder.path(), "cba", &[c, b, a])?;
    let keys: Vec<CellKey> = run.cells.iter().map(|(_, key)| *key).collect();
    let (told_one, conflicts) = told(&one)?;
    assert_eq!(told_one, oracle(&one, &keys)?);
    assert_eq!((told_one.clone(), conflicts), told(&other)?);
    for (cell, (outcome, fault, score)) in viewed(&one)? {
        let (state, _, told_score, _) = told_one[&CellKey(Digest::from_hex(&cell).ok_or("no key")?)];
        let word = if state.answered {
            "answered"
        } else if state.fault.is_some() {
            "fault"
        } else {
            "missing"
        };
        assert_eq!((outcome.as_str(), fault.as_deref(), score), (word, state.fault.map(Fault::word), told_score));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_fold_is_what_the_oracle_says_in_any_order(acts in proptest::array::uniform3(proptest::collection::vec(act(), 0..14))) {
        check(&acts).map_err(|error| TestCaseError::fail(error.to_string()))?;
    }
}

#[test]
fn a_cell_answered_twice_is_listed() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let run = run(1, 1, 1);
    let cell = run.cells[0].1;
    let mut shards = Vec::new();
    for (writer, output, value) in [("a", b"yes", 1.0), ("b", b"noo", 0.0)] {
        let path = folder.path().join(writer);
        let mut shard = RunWriter::create(&path, writer, &run.plan, run.blobs.clone(), AT)?;
        shard.append(AT, &[finished(cell, output), scored(cell, value)])?;
        shard.close()?;
        shards.push(path);
    }
    let path = merged(folder.path(), "ab", &[&shards[0], &shards[1]])?;
    let reader = RunReader::open(&path)?;
    let conflicts = reader.conflicts()?;
    assert_eq!((conflicts.len(), reader.summary()?.conflicts), (1, 1));
    let (chosen, other) = (&conflicts[0].chosen, &conflicts[0].others[0]);
    assert!(chosen.hash < other.hash);
    reader.for_each_cell(|row| {
        assert_eq!(row.finished.and_then(|finished| finished.output), chosen.output);
        let expected = if chosen.writer == "a" { 1.0_f64 } else { 0.0 };
        assert_eq!(
            row.scored[0].values["correct"].to_bits(),
            expected.to_bits(),
            "the score of the answer that counts"
        );
        Ok(())
    })?;
    Ok(())
}
