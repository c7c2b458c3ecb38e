//! What a run says in the end, without what differs between two runs of the same plan.

use serde_json::Value;

use super::Session;

/// The exported tables of a run.
pub struct Tables {
    cells: Value,
    results: Value,
    csv: String,
}

impl Tables {
    /// Of the only run in a session's folder.
    pub fn of(session: &Session) -> Self {
        let file = session.run_file();
        let file = file.to_str().expect("a path");
        let json = session.run(&["analyze", file, "--format", "json"]);
        let csv = session.run(&["analyze", file, "--format", "csv"]);
        for output in [&json, &csv] {
            assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        }
        let mut json: Value = serde_json::from_slice(&json.stdout).expect("JSON");
        assert_eq!(json["complete"], true);
        Self {
            cells: json["cells"].take(),
            results: json["results"].take(),
            csv: String::from_utf8(csv.stdout).expect("text"),
        }
    }

    /// The same tables, to the last digit.
    pub fn assert_equal(&self, other: &Self) {
        assert_eq!(self.cells, other.cells);
        assert_eq!(self.results, other.results);
        assert_eq!(self.csv, other.csv);
    }
}
