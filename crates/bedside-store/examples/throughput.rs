//! Cells stored durably in a second, and what reading them back costs.
//!
//! `cargo run --release -p bedside-store --example throughput [FOLDER [CELLS…]]`: give a folder on the disk that runs will lie on.
//! With `KEEP=1` the files stay; `throughput FILE` reads one of them again, in a process that has not written.
#![expect(clippy::print_stdout, reason = "its figures are its output")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bedside_core::cell::CellKey;
use bedside_core::{Digest, Event};
use bedside_store::{CellFilter, RunReader, RunWriter, StoreError};

#[path = "../tests/common/mod.rs"]
mod common;

/// Items at most; more cells are more epochs of them.
const ITEMS: usize = 20_000;
/// Cells in one commit.
const GROUP: usize = 750;

fn main() -> Result<(), StoreError> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from);
    if folder.is_file() {
        return read(&folder);
    }
    let sizes: Vec<usize> = arguments.filter_map(|size| size.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![20_000, 200_000] } else { sizes };
    for cells in sizes {
        measure(&folder.join(format!("throughput-{}-{cells}.sqlite", std::process::id())), cells)?;
    }
    Ok(())
}

fn measure(path: &Path, cells: usize) -> Result<(), StoreError> {
    let items = cells.min(ITEMS);
    let run = common::run(items, 1, u32::try_from(cells / items).unwrap_or(1));
    let keys: Vec<CellKey> = run.cells.into_iter().map(|(_, key)| key).collect();
    let (writer, created) = timed(|| RunWriter::create(path, "throughput", &run.plan, run.blobs, common::AT));
    let mut writer = writer?;
    let (mut built, mut stored) = (Took::default(), Took::default());
    for group in keys.chunks(GROUP) {
        let (events, took) = timed(|| group.iter().flat_map(|cell| three_events(*cell)).collect::<Vec<Event>>());
        built += took;
        let (done, took) = timed(|| writer.append(common::AT, &events));
        done?;
        stored += took;
    }
    println!("{cells} cells, 3 events and 2 blobs each, {GROUP} cells in a commit");
    println!("  made with {items} items in {created}");
    println!(
        "  stored durably {:>9.0} cells/s ({stored}; making the events {built})",
        cells as f64 / stored.wall.as_secs_f64()
    );
    println!("  memory {}", memory());
    drop(keys);
    let (closed, took) = timed(|| writer.close());
    closed?;
    println!("  closed {took}");
    read(path)?;
    println!("  file {} MB", std::fs::metadata(path).map_or(0, |file| file.len() / 1_000_000));
    if std::env::var_os("KEEP").is_some() {
        return Ok(());
    }
    for suffix in ["", "-wal", "-shm", ".lock"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        let _ = std::fs::remove_file(PathBuf::from(name));
    }
    Ok(())
}

fn read(path: &Path) -> Result<(), StoreError> {
    println!("  memory before reading {}", memory());
    let (standings, took) = timed(|| RunReader::open(path)?.standings());
    drop(standings?);
    println!("  standings of all cells {took}");
    let reader = RunReader::open(path)?;
    let (page, took) = timed(|| reader.cells_page(&CellFilter::default(), 0, 50));
    println!("  first page of {} cells {took}", page?.len());
    let (summary, took) = timed(|| reader.summary());
    println!("  summary, {} answered {took}", summary?.answered);
    let mut seen = 0;
    let (folded, took) = timed(|| {
        reader.for_each_cell(|row| {
            seen += row.scored.len();
            Ok(())
        })
    });
    folded?;
    println!("  fold of {seen} cells {took}; memory {}", memory());
    let (verified, took) = timed(|| reader.verify());
    println!(
        "  verified {} events and {} blobs {took}",
        verified.as_ref().map_or(0, |v| v.events),
        verified.as_ref().map_or(0, |v| v.blobs)
    );
    Ok(())
}

/// An output of 600 bytes, a request of 100.
fn three_events(cell: CellKey) -> [Event; 3] {
    let mut output = cell.to_string().repeat(9);
    output.truncate(600);
    let mut request = format!("request {cell}");
    request.push_str(&"-".repeat(100 - request.len()));
    let mut sent = common::sent(cell, 0, false);
    sent.body = sent.body.replace(&Digest::of(&sent.blobs[0]).hex(), &Digest::of(request.as_bytes()).hex());
    sent.blobs = vec![request.into_bytes()];
    [sent, common::finished(cell, output.as_bytes()), common::scored(cell, 1.0)]
}

/// Time by the clock, and on the processor: the machine may be shared.
#[derive(Clone, Copy, Default)]
struct Took {
    wall: Duration,
    cpu: Duration,
}

impl std::ops::AddAssign for Took {
    fn add_assign(&mut self, other: Self) {
        self.wall += other.wall;
        self.cpu += other.cpu;
    }
}

impl std::fmt::Display for Took {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.2?} (processor {:.2?})", self.wall, self.cpu)
    }
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Took) {
    let (started, before) = (Instant::now(), cpu());
    let done = work();
    (done, Took { wall: started.elapsed(), cpu: cpu().saturating_sub(before) })
}

/// Time this thread has had on a processor, where the system says.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    Duration::from_nanos(stat.split(' ').next().and_then(|nanoseconds| nanoseconds.parse().ok()).unwrap_or(0))
}

/// Resident memory now and at most, where the system says.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = |name: &str| {
        status.lines().find(|line| line.starts_with(name)).map(|line| line[name.len()..].trim().to_owned())
    };
    format!("{} (at most {})", line("VmRSS:").unwrap_or_default(), line("VmHWM:").unwrap_or_default())
}
