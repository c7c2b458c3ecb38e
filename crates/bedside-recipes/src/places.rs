//! Where in `benchmark.toml` an expression stands, so that a mistake is shown in the file that must be mended.

use std::collections::BTreeSet;

use bedside_core::benchmark::CheckedManifest;
use bedside_core::manifest::Manifest;
use bedside_core::problem::{Problem, Problems};
use bedside_core::schema::{self, Node, SourceText};

use crate::expression::ExpressionError;

/// The text of a manifest with the place of each key, and the problems found so far.
pub struct Places<'a> {
    file: String,
    text: &'a str,
    node: Node,
    problems: Problems,
    told: BTreeSet<String>,
}

impl<'a> Places<'a> {
    /// The places of a manifest that has been read before.
    pub fn new(manifest: &'a CheckedManifest) -> Self {
        let file = format!("{}/benchmark.toml", manifest.manifest.benchmark.id);
        let source = SourceText { file: &file, text: &manifest.text, lines_before: 0 };
        let schema::Mended { node, .. } =
            schema::from_toml::<Manifest>(source).expect("a checked manifest can be read again");
        Self { file, text: &manifest.text, node, problems: Problems::new(), told: BTreeSet::new() }
    }

    /// Notes a problem at a key of the manifest.
    pub fn problem(&mut self, path: &[&str], problem: Problem) {
        let node = (0..=path.len()).rev().find_map(|length| self.node.at(&path[..length]));
        let span = node.map_or(0..0, |node| node.span.clone());
        self.problems.push(problem.at(self.source().place(span)));
    }

    /// Notes what is wrong with the expression at a key. An expression is wrong for all records or for many, so it is told once.
    pub fn expression(&mut self, path: &[&str], error: &ExpressionError, record: Option<&str>) {
        if !self.told.insert(path.join(".")) {
            return;
        }
        let mut span = self.node.at(path).map_or(0..0, |node| node.span.clone());
        let mut problem = Problem::new(error.code, error.what.clone());
        if let Some(missing) = &error.missing {
            // Underline the name and not the whole expression.
            if let Some(at) = self.text.get(span.clone()).and_then(|written| written.find(&missing.name)) {
                span = span.start + at..span.start + at + missing.name.len();
            }
            let known = missing.known.join(", ");
            problem = match record {
                Some(record) => problem.because(format!("{record} has: {known}")),
                None => problem.because(format!("an expression here may use: {known}")),
            };
            problem = problem.suggest(&missing.name, missing.known.iter().map(String::as_str));
        } else if let Some(record) = record {
            problem = problem.because(format!("for {record}"));
        }
        self.problems.push(problem.at(self.source().place(span)));
    }

    /// Notes problems that have their place already.
    pub fn elsewhere(&mut self, problems: Problems) {
        self.problems.0.extend(problems.0);
    }

    /// Whether anything is wrong.
    pub const fn broken(&self) -> bool {
        !self.problems.0.is_empty()
    }

    /// The value, unless something was wrong.
    pub fn or<T>(self, value: T) -> Result<T, Problems> {
        self.problems.or(value)
    }

    fn source(&self) -> SourceText<'_> {
        SourceText { file: &self.file, text: self.text, lines_before: 0 }
    }
}
