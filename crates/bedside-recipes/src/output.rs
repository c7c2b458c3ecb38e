//! `[[recorded]]` carried out: published outputs become the recorded-outputs format.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::sync::Arc;

use bedside_core::problem::Problem;
use bedside_core::recorded::RecordedLine;
use bedside_core::source::RecordedTable;
use minijinja::Value as Variable;
use minijinja::value::Object;

use crate::convert::RecordedFile;
use crate::expression::{Language, Scope};
use crate::items::record_variables;
use crate::places::Places;
use crate::slot::Slot;
use crate::tables::Files;

/// Variables of the expressions in `[[recorded]]`.
const VARIABLES: [&str; 5] = ["row", "key", "file", "line", "items"];

/// The ids of the items, for `key in items`.
pub struct Known(HashSet<String>);

impl Known {
    /// A set of ids as a variable.
    pub fn variable(ids: &[String]) -> Variable {
        Variable::from_object(Self(ids.iter().cloned().collect()))
    }
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} items", self.0.len())
    }
}

impl Object for Known {
    fn get_value(self: &Arc<Self>, key: &Variable) -> Option<Variable> {
        self.0.contains(key.as_str()?).then(|| Variable::from(true))
    }
}

/// Turns the outputs of one system, whatever number of upstream files they lie in, into one recorded file.
pub fn recorded(
    number: usize,
    table: &RecordedTable,
    ids: &[String],
    files: &Files<'_>,
    language: &Language,
    places: &mut Places<'_>,
) -> Option<RecordedFile> {
    let number = number.to_string();
    let path = ["recorded", number.as_str()];
    let slot = |places: &mut Places<'_>, name: &str, text: &str| {
        Slot::compile(language, places, &[path[0], path[1], name], text, &VARIABLES)
    };
    let keep = table.keep.as_ref().map(|text| slot(places, "keep", text));
    let epoch = table.epoch.as_ref().map(|text| slot(places, "epoch", text));
    let (item, output) = (slot(places, "item", &table.item), slot(places, "output", &table.output));
    let (item, output) = (item?, output?);
    let known = Known::variable(ids);
    let known_ids: HashSet<&str> = ids.iter().map(String::as_str).collect();
    let mut seen: BTreeMap<(String, u32), String> = BTreeMap::new();
    let mut jsonl = String::new();
    for source in files.tables(&table.files, table.format, places, &[path[0], path[1], "files"]) {
        for record in &source.records {
            let from = record.place(&source.path);
            let mut variables = record_variables(&source.file, record);
            variables.push(("items", known.clone()));
            let scope = Scope::new(variables);
            match &keep {
                Some(keep) if !keep.as_ref()?.truth(&scope, places, &from).ok()? => continue,
                _ => {}
            }
            let epoch = match &epoch {
                None => None,
                Some(slot) => {
                    let slot = slot.as_ref()?;
                    let value = slot.value(&scope, places, &from).ok()?;
                    match value.as_u64().and_then(|epoch| u32::try_from(epoch).ok()) {
                        Some(epoch) => Some(epoch),
                        None => return slot.wrong_type(places, "a whole number from 0", &value, &from).ok(),
                    }
                }
            };
            let item = item.required_text(&scope, places, &from).ok()?;
            if !known_ids.contains(item.as_str()) {
                let problem = Problem::new(
                    "unknown_item",
                    format!("`{}` has an output for `{item}`, which is no item", table.system),
                );
                places.problem(
                    &[path[0], path[1], "item"],
                    problem.because(from).hint("`keep = \"key in items\"` leaves out what is not in the benchmark"),
                );
                return None;
            }
            if let Some(first) = seen.insert((item.clone(), epoch.unwrap_or(0)), from.clone()) {
                let problem =
                    Problem::new("twice", format!("`{}` has two outputs for `{item}` in one epoch", table.system));
                places.problem(&[path[0], path[1], "item"], problem.because(format!("{first} and {from}")));
                return None;
            }
            // An output is kept byte for byte: it is what the system said, blank lines and all.
            let output = match output.value(&scope, places, &from).ok()? {
                serde_json::Value::String(text) => text,
                other => return output.wrong_type(places, "text", &other, &from).ok(),
            };
            let line = line(item, output, &table.system, epoch);
            jsonl.push_str(&serde_json::to_string(&line).expect("a recorded line is plain JSON"));
            jsonl.push('\n');
        }
    }
    Some(RecordedFile {
        system: table.system.clone(),
        outputs: seen.len(),
        jsonl,
        published: table.published.clone(),
        published_in: table.published_in.clone(),
    })
}

fn line(item: String, output: String, system: &str, epoch: Option<u32>) -> RecordedLine {
    RecordedLine {
        item,
        output,
        system: Some(system.to_owned()),
        benchmark: None,
        epoch,
        variant: None,
        prompt: None,
        messages: None,
        requests: None,
        stop: None,
        option_logprobs: None,
        usage: None,
        final_text: None,
        edit_seconds: None,
        site: None,
        date: None,
    }
}
