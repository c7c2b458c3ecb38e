//! Results on standard output, talk on standard error. A closed pipe is no failure.

use std::io::{self, ErrorKind, IsTerminal as _, Write};

use bedside_core::problem::Problems;
use serde_json::{Value, json};

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

/// Flat objects with the same keys as a JSON list, as one object a line, or as CSV that no spreadsheet takes for formulas.
pub fn rows(format: Format, rows: &[Value]) -> String {
    if format == Format::Json {
        return format!("{}\n", Value::Array(rows.to_vec()));
    }
    if format == Format::Jsonl {
        return rows.iter().flat_map(|row| [row.to_string(), "\n".to_owned()]).collect();
    }
    let objects: Vec<_> = rows.iter().filter_map(Value::as_object).collect();
    let line = |cells: Vec<String>| format!("{}\n", cells.join(","));
    let header = objects.first().map(|object| line(object.keys().map(|key| quoted(key)).collect()));
    let lines = objects.iter().map(|object| line(object.values().map(csv_cell).collect()));
    header.into_iter().chain(lines).collect()
}

fn csv_cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => quoted(&format!("'{text}")),
        Value::String(text) => quoted(text),
        other => other.to_string(),
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
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
