//! Writes the page of the test run: `cargo run -p bedside-report --example sample_page -- page.html`.

use std::fs::File;
use std::io::{BufWriter, Write};

use bedside_report::{PageOptions, analyze, page};
use bedside_stats::Level;

#[path = "../tests/common/mod.rs"]
mod common;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: sample_page PAGE.html")?;
    let file = common::write(&common::run());
    let reader = file.reader();
    let analysis = analyze(&reader, Level::NINETY_FIVE)?;
    write!(std::io::stdout(), "{}", analysis.terminal(110))?;
    page(&reader, &analysis, &PageOptions::default(), &mut BufWriter::new(File::create(path)?))?;
    Ok(())
}
