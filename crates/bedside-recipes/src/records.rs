//! Upstream bytes as records, each with the place it was read from.

use bedside_core::limits;
use bedside_core::problem::{Place, Problem, Problems};
use bedside_core::source::RecordFormat;
use serde_json::{Map, Value};

/// One record of an upstream file.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The record's columns or fields. A JSON object from key to a plain value gives that value.
    pub value: Value,
    /// The key it stood under, in a JSON object of records.
    pub key: Option<String>,
    /// Its first line in the file; JSON lists and objects have none.
    pub line: Option<usize>,
    /// Its position in the file, from 1.
    pub position: usize,
}

impl Record {
    /// Where the record stands, for an error message: `medqa_input.jsonl line 3`.
    pub fn place(&self, path: &str) -> String {
        match (&self.key, self.line) {
            (Some(key), _) => format!("{path}, record `{key}`"),
            (None, Some(line)) => format!("{path}, line {line}"),
            (None, None) => format!("{path}, record {}", self.position),
        }
    }
}

/// Reads a file of records. `path` is the upstream path, for messages.
pub fn read(path: &str, bytes: &[u8], format: RecordFormat) -> Result<Vec<Record>, Problems> {
    if bytes.len() as u64 > limits::FILE_BYTES {
        return Err(Problem::new("too_large", format!("a file of more than {} bytes", limits::FILE_BYTES))
            .at(Place::file(path))
            .into());
    }
    // Spreadsheet programs write a byte order mark, which is no part of the first column's name.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].split(|byte| *byte == b'\n').count();
        Problem::new("not_utf8", "this is not UTF-8").at(at_line(path, line)).because("recipes read UTF-8 only")
    })?;
    let records = match format {
        RecordFormat::Csv => csv_records(path, text),
        RecordFormat::Json => json_records(path, text),
        RecordFormat::Jsonl => jsonl_records(path, text),
    }?;
    if records.len() > limits::ITEMS {
        return Err(Problem::new("too_many", format!("more than {} records", limits::ITEMS))
            .at(Place::file(path))
            .into());
    }
    Ok(records)
}

fn csv_records(path: &str, text: &str) -> Result<Vec<Record>, Problems> {
    let broken = |error: &csv::Error| {
        let line = error.position().map_or(1, |position| usize::try_from(position.line()).unwrap_or(usize::MAX));
        Problem::new("broken_csv", "this is not CSV with the columns of its header")
            .at(at_line(path, line))
            .because(error.to_string())
    };
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let columns: Vec<String> = reader.headers().map_err(|error| broken(&error))?.iter().map(str::to_owned).collect();
    if let Some(column) =
        columns.iter().enumerate().find_map(|(at, column)| columns[..at].contains(column).then_some(column))
    {
        return Err(Problem::new("twice", format!("column `{column}` is given twice")).at(at_line(path, 1)).into());
    }
    let mut records = Vec::new();
    let (mut counted, mut lines) = (0, 1);
    for record in reader.records() {
        let record = record.map_err(|error| broken(&error))?;
        // The reader's own line count is one short behind `\r\n`, so lines are counted here, up to the record's first byte.
        let start = record.position().and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or(counted);
        let start = start + text[start..].len() - text[start..].trim_start_matches(['\r', '\n']).len();
        lines += text[counted..start].matches('\n').count();
        counted = start;
        let line = Some(lines);
        let fields = columns.iter().zip(record.iter()).map(|(column, field)| (column.clone(), Value::from(field)));
        records.push(Record { value: Value::Object(fields.collect()), key: None, line, position: records.len() + 1 });
    }
    Ok(records)
}

fn json_records(path: &str, text: &str) -> Result<Vec<Record>, Problems> {
    let value: Value = serde_json::from_str(text).map_err(|error| broken_json(path, error.line(), &error))?;
    let record =
        |(at, (key, value)): (usize, (Option<String>, Value))| Record { value, key, line: None, position: at + 1 };
    match value {
        Value::Array(list) => Ok(list.into_iter().map(|value| (None, value)).enumerate().map(record).collect()),
        Value::Object(map) => {
            Ok(map.into_iter().map(|(key, value)| (Some(key), value)).enumerate().map(record).collect())
        }
        _ => Err(Problem::new("wrong_type", "neither a list of records nor an object of records")
            .at(Place::file(path))
            .into()),
    }
}

fn jsonl_records(path: &str, text: &str) -> Result<Vec<Record>, Problems> {
    let mut records = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let fields: Map<String, Value> =
            serde_json::from_str(line).map_err(|error| broken_json(path, number + 1, &error))?;
        records.push(Record {
            value: Value::Object(fields),
            key: None,
            line: Some(number + 1),
            position: records.len() + 1,
        });
    }
    Ok(records)
}

fn broken_json(path: &str, line: usize, error: &serde_json::Error) -> Problem {
    let what = error.to_string();
    let what = what.split(" at line ").next().unwrap_or_default().to_owned();
    Problem::new("broken_json", "this is not JSON of the expected kind").at(at_line(path, line)).because(what)
}

fn at_line(path: &str, line: usize) -> Place {
    Place { line: Some(line), ..Place::file(path) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(read: Result<Vec<Record>, Problems>) -> Problem {
        read.unwrap_err().0.remove(0)
    }

    #[test]
    fn csv_keeps_embedded_newlines_and_counts_lines() {
        let text = "\u{feff}id,note\r\n1,\"a\nb \"\"c\"\"\r\n\"\n2,x\n";
        let records = read("f.csv", text.as_bytes(), RecordFormat::Csv).unwrap();
        assert_eq!(records[0].value, serde_json::json!({"id": "1", "note": "a\nb \"c\"\r\n"}));
        assert_eq!((records[0].line, records[1].line), (Some(2), Some(5)));
    }

    #[test]
    fn ragged_csv_is_placed() {
        let problem = first(read("f.csv", b"a,b\n1,2\n3\n", RecordFormat::Csv));
        assert_eq!((problem.code, problem.place.unwrap().line), ("broken_csv", Some(3)));
    }

    #[test]
    fn repeated_columns_and_broken_bytes_are_problems() {
        assert_eq!(first(read("f.csv", b"a,a\n1,2\n", RecordFormat::Csv)).code, "twice");
        let problem = first(read("f.csv", b"a\n1\n\xff\n", RecordFormat::Csv));
        assert_eq!((problem.code, problem.place.unwrap().line), ("not_utf8", Some(3)));
    }

    #[test]
    fn json_lists_and_objects() {
        let list = read("f.json", br#"[{"a":1},{"a":2}]"#, RecordFormat::Json).unwrap();
        assert_eq!((list.len(), &list[1].key), (2, &None));
        let keyed = read("f.json", br#"{"10":{"a":1},"9":"yes"}"#, RecordFormat::Json).unwrap();
        assert_eq!(keyed[1].value, Value::from("yes"));
        assert_eq!(keyed[0].place("f.json"), "f.json, record `10`");
        assert_eq!(first(read("f.json", b"3", RecordFormat::Json)).code, "wrong_type");
    }

    #[test]
    fn jsonl_skips_blank_lines_and_places_broken_ones() {
        let problem = first(read("f.jsonl", b"{\"a\":1}\n\n{\"a\":\n", RecordFormat::Jsonl));
        assert_eq!((problem.code, problem.place.unwrap().line), ("broken_json", Some(3)));
    }
}
