//! Results on standard output, talk on standard error. A closed pipe is no failure.

use std::io::{self, ErrorKind, IsTerminal as _, Write};

use bedside_core::problem::Problems;
use serde_json::json;

use crate::args::Format;
use crate::failure::Failure;

/// Writes results. When the reader has gone (`| head`), the rest is dropped quietly.
pub fn result(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::output(&error)),
        _ => Ok(()),
    }
}

/// Says something to the person; lost when standard error is closed.
pub fn say(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Tells what went wrong, in words or as one JSON object a problem.
pub fn problems(problems: &Problems, format: Format) {
    if format == Format::Human || format == Format::Csv {
        say(&problems.to_string());
        return;
    }
    for problem in &problems.0 {
        say(&json!({ "error": problem.to_json() }).to_string());
    }
}

/// Columns for tables.
pub fn width() -> u16 {
    std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok())
        .filter(|columns| *columns >= 60)
        .unwrap_or(120)
}

/// Whether a person can answer a question.
pub fn is_interactive() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}
