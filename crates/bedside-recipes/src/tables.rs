//! The files of a recipe as tables of records, each read once for all that use it.

use std::collections::BTreeMap;

use bedside_core::problem::Problem;
use bedside_core::source::{RecordFormat, SourceFile};

use crate::places::Places;
use crate::records::{self, Record};

/// The records of one upstream file.
#[derive(Debug)]
pub struct Table {
    /// The file's id in the recipe.
    pub file: String,
    /// Its upstream path, for messages.
    pub path: String,
    /// Its records, in order.
    pub records: Vec<Record>,
}

/// The files of a recipe.
pub struct Files<'a> {
    described: &'a [SourceFile],
    bytes: &'a BTreeMap<String, Vec<u8>>,
}

impl<'a> Files<'a> {
    /// Files as the manifest describes them, and the bytes of those that are at hand.
    pub const fn new(described: &'a [SourceFile], bytes: &'a BTreeMap<String, Vec<u8>>) -> Self {
        Self { described, bytes }
    }

    /// Ids of all files that hold records of items.
    pub fn of_items(&self) -> Vec<String> {
        self.described.iter().filter(|file| !file.recorded_only).map(|file| file.id.clone()).collect()
    }

    /// Whether the bytes of a file were handed in.
    pub fn at_hand(&self, id: &str) -> bool {
        self.bytes.contains_key(id)
    }

    /// Reads files in the order asked for; `path` is the key of the manifest that asks.
    pub fn tables(&self, ids: &[String], format: RecordFormat, places: &mut Places<'_>, path: &[&str]) -> Vec<Table> {
        let mut tables = Vec::new();
        for id in ids {
            let Some(described) = self.described.iter().find(|file| file.id == *id) else {
                let names = self.described.iter().map(|file| file.id.as_str());
                places.problem(
                    path,
                    Problem::new("unknown_file", format!("unknown file `{id}`"))
                        .because("no [[source.file]] has this id")
                        .suggest(id, names),
                );
                continue;
            };
            let Some(bytes) = self.bytes.get(id) else {
                places.problem(
                    path,
                    Problem::new(
                        "file_missing",
                        format!("the bytes of file `{id}` ({}) were not given", described.path),
                    ),
                );
                continue;
            };
            match records::read(&described.path, bytes, format) {
                Ok(records) => tables.push(Table { file: id.clone(), path: described.path.clone(), records }),
                Err(problems) => places.elsewhere(problems),
            }
        }
        tables
    }
}
