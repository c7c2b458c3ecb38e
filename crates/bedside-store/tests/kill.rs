//! A writer that is killed at any moment loses nothing that was acknowledged.
//!
//! Twenty kills by default; `BEDSIDE_KILLS=1000` for more.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use bedside_store::{RunReader, RunWriter};

mod common;
use common::{AT, finished, run, scored, sent};

const CHILD: &str = "BEDSIDE_KILLED_WRITER";
const CELLS: usize = 3_000;
/// Cells in a commit.
const GROUP: usize = 7;
/// Commits before the file is closed and opened again.
const COMMITS: usize = 5;

#[test]
fn acknowledged_events_survive_a_kill() -> Result<(), Box<dyn std::error::Error>> {
    if let Some(path) = std::env::var_os(CHILD) {
        return write_until_killed(Path::new(&path));
    }
    let kills: u64 = std::env::var("BEDSIDE_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(20);
    let folder = tempfile::tempdir()?;
    let mut among_commits = 0;
    for kill in 0..kills {
        let path = folder.path().join(format!("run-{kill}.sqlite"));
        let mut acknowledged = 0;
        // Killed, resumed and killed again: a resumed run starts from what a kill left behind.
        for round in 0..2 {
            let mut child = Command::new(std::env::current_exe()?)
                .args(["--exact", "acknowledged_events_survive_a_kill", "--nocapture"])
                .env(CHILD, &path)
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()?;
            let mut lines = BufReader::new(child.stdout.take().ok_or("no pipe")?).lines().map_while(Result::ok);
            let mut events = lines.by_ref().filter_map(|line| line.strip_prefix("events ")?.parse::<u64>().ok());
            // Half of them while the file is made or opened, half among commits and closings; no clock decides what is right.
            if kill % 2 == 1 {
                acknowledged = events.next().unwrap_or(acknowledged);
            }
            let delay = Duration::from_micros((kill * 7_919 + round * 3_571) % 60_000);
            let killer = std::thread::spawn(move || {
                std::thread::sleep(delay);
                child.kill().and_then(|()| child.wait())
            });
            acknowledged = events.last().unwrap_or(acknowledged);
            killer.join().map_err(|_| "the killer died")??;
            among_commits += u64::from(acknowledged > 1);
            if path.exists() {
                let verified = RunReader::open(&path)?.verify()?;
                let possible = acknowledged..=acknowledged + GROUP as u64 * 3;
                assert!(possible.contains(&verified.events), "kill {kill}: {} of {acknowledged}", verified.events);
            } else {
                assert_eq!(acknowledged, 0);
            }
        }
        if path.exists() {
            RunWriter::open(&path)?.close()?;
            RunReader::open(&path)?.verify()?;
            std::fs::remove_file(&path)?;
        }
    }
    assert!(among_commits > kills / 2, "only {among_commits} rounds came as far as commits");
    Ok(())
}

/// Says after each group how many events are on the disk. Closes and opens the file now and then, so that kills meet that too.
fn write_until_killed(path: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let run = run(CELLS, 1, 1);
    let mut writer =
        if path.exists() { RunWriter::open(path)? } else { RunWriter::create(path, "w", &run.plan, run.blobs, AT)? };
    let mut out = std::io::stdout();
    writeln!(out, "\nevents {}", writer.head().events)?;
    loop {
        for (position, group) in run.cells.chunks(GROUP).enumerate() {
            if position % COMMITS == COMMITS - 1 {
                writer.close()?;
                writer = RunWriter::open(path)?;
            }
            let events: Vec<_> = group
                .iter()
                .flat_map(|(_, cell)| {
                    [sent(*cell, 0, false), finished(*cell, &position.to_le_bytes().repeat(200)), scored(*cell, 1.0)]
                })
                .collect();
            writer.append(AT, &events)?;
            writeln!(out, "events {}", writer.head().events)?;
            out.flush()?;
        }
    }
}
