//! `[source.map]` carried out: records become lines of `items.jsonl`.

use std::collections::{BTreeMap, HashMap};

use bedside_core::problem::Problem;
use bedside_core::source::{JoinTable, MapTable};
use minijinja::Value as Variable;
use serde_json::{Map, Value};

use crate::expression::{self, Language, Scope};
use crate::places::Places;
use crate::records::Record;
use crate::row::Row;
use crate::slot::{Noted, Slot};
use crate::tables::{Files, Table};

/// Variables of the expressions in `[source.map]`.
const VARIABLES: [&str; 5] = ["row", "key", "file", "line", "join"];
/// Variables of the two keys of a join.
const JOIN_VARIABLES: [&str; 4] = ["row", "key", "file", "line"];

/// The items of a recipe, in the order of the records.
pub struct Items {
    /// `items.jsonl`.
    pub jsonl: String,
    /// The items' ids.
    pub ids: Vec<String>,
}

/// The compiled `[source.map]`.
struct Mapping<'l> {
    keep: Option<Slot<'l>>,
    id: Slot<'l>,
    texts: Vec<(&'static str, Slot<'l>)>,
    strata: Vec<(String, Slot<'l>)>,
    input: Vec<(String, Slot<'l>)>,
    options: Option<Slot<'l>>,
    reference: Slot<'l>,
    reference_sets: Vec<(String, Slot<'l>)>,
    severity: Option<Slot<'l>>,
    provenance: Vec<(String, Slot<'l>)>,
    joins: Vec<Join<'l>>,
}

/// Another file, looked up by key.
struct Join<'l> {
    name: String,
    on: Slot<'l>,
    records: HashMap<String, Variable>,
}

/// Turns tables of records into items. Everything that is wrong is noted; what is returned then is incomplete.
pub fn items(
    map: &MapTable,
    tables: &[Table],
    files: &Files<'_>,
    language: &Language,
    places: &mut Places<'_>,
) -> Items {
    let mut items = Items { jsonl: String::new(), ids: Vec::new() };
    let Some(mapping) = Mapping::compile(map, files, language, places) else { return items };
    for table in tables {
        for record in &table.records {
            let from = record.place(&table.path);
            let Ok(Some(item)) = mapping.item(&table.file, record, &from, places) else { continue };
            if let Some(Value::String(id)) = item.get("id") {
                items.ids.push(id.clone());
            }
            items.jsonl.push_str(&Value::Object(item).to_string());
            items.jsonl.push('\n');
        }
    }
    if items.ids.is_empty() && !places.broken() {
        places.problem(&["source", "map"], Problem::new("no_items", "no record became an item"));
    }
    items
}

/// The variables that every record has.
pub fn record_variables(file: &str, record: &Record) -> Vec<(&'static str, Variable)> {
    vec![
        ("row", expression::variable(&record.value)),
        ("key", record.key.as_deref().map_or(Variable::from(()), Variable::from)),
        ("file", Variable::from(file)),
        ("line", record.line.map_or(Variable::from(()), Variable::from)),
    ]
}

impl<'l> Mapping<'l> {
    fn compile(map: &MapTable, files: &Files<'_>, language: &'l Language, places: &mut Places<'_>) -> Option<Self> {
        let one = |places: &mut Places<'_>, name: &str, text: &str| {
            Slot::compile(language, places, &["source", "map", name], text, &VARIABLES)
        };
        let optional = |places: &mut Places<'_>, name: &str, text: &Option<String>| {
            text.as_ref().and_then(|text| one(places, name, text))
        };
        let many =
            |places: &mut Places<'_>, table: &str, texts: &BTreeMap<String, String>| -> Vec<(String, Slot<'l>)> {
                let slot = |(name, text): (&String, &String)| {
                    Slot::compile(language, places, &["source", "map", table, name], text, &VARIABLES)
                        .map(|slot| (name.clone(), slot))
                };
                texts.iter().filter_map(slot).collect()
            };
        let texts = [("cluster", &map.cluster), ("template", &map.template)];
        // All are compiled before any is refused, so that all mistakes are told at once.
        let (id, reference) = (one(places, "id", &map.id), one(places, "reference", &map.reference));
        let mapping = (
            optional(places, "keep", &map.keep),
            texts
                .into_iter()
                .filter_map(|(name, text)| optional(places, name, text).map(|slot| (name, slot)))
                .collect(),
            (many(places, "strata", &map.strata), many(places, "input", &map.input)),
            (optional(places, "options", &map.options), optional(places, "severity", &map.severity)),
            (many(places, "reference_sets", &map.reference_sets), many(places, "provenance", &map.provenance)),
            map.join.iter().filter_map(|(name, join)| Join::read(name, join, files, language, places)).collect(),
        );
        let (keep, texts, (strata, input), (options, severity), (reference_sets, provenance), joins) = mapping;
        if places.broken() {
            return None;
        }
        Some(Self {
            keep,
            id: id?,
            texts,
            strata,
            input,
            options,
            reference: reference?,
            reference_sets,
            severity,
            provenance,
            joins,
        })
    }

    /// The item of one record, unless it is not kept.
    fn item(
        &self,
        file: &str,
        record: &Record,
        from: &str,
        places: &mut Places<'_>,
    ) -> Result<Option<Map<String, Value>>, Noted> {
        let mut variables = record_variables(file, record);
        let alone = Scope::new(variables.clone());
        let mut joined = Vec::new();
        for join in &self.joins {
            let key = join.on.text(&alone, places, from)?;
            let found = key.and_then(|key| join.records.get(&key).cloned());
            joined.push((join.name.clone(), found.unwrap_or(Variable::from(()))));
        }
        variables.push(("join", Variable::from_object(Row::new(joined))));
        let scope = Scope::new(variables);
        if let Some(keep) = &self.keep
            && !keep.truth(&scope, places, from)?
        {
            return Ok(None);
        }
        self.fields(&scope, from, places).map(Some)
    }

    fn fields(&self, scope: &Scope, from: &str, places: &mut Places<'_>) -> Result<Map<String, Value>, Noted> {
        let mut item = Map::new();
        item.insert("id".to_owned(), Value::String(self.id.required_text(scope, places, from)?));
        for (name, slot) in &self.texts {
            if let Some(text) = slot.text(scope, places, from)? {
                item.insert((*name).to_owned(), Value::String(text));
            }
        }
        let mut strata = Map::new();
        for (name, slot) in &self.strata {
            if let Some(text) = slot.text(scope, places, from)? {
                strata.insert(name.clone(), Value::String(text));
            }
        }
        let values = |slots: &[(String, Slot<'_>)], places: &mut Places<'_>| -> Result<Map<String, Value>, Noted> {
            slots.iter().map(|(name, slot)| Ok((name.clone(), slot.value(scope, places, from)?))).collect()
        };
        let input = values(&self.input, places)?;
        item.extend([("strata".to_owned(), Value::Object(strata)), ("input".to_owned(), Value::Object(input))]);
        if let Some(options) = &self.options {
            item.insert("options".to_owned(), options.value(scope, places, from)?);
        }
        let reference = match self.reference.value(scope, places, from)? {
            Value::Null => {
                return self.reference.wrong_type(
                    places,
                    "a reference (`{'abstain': true}` for \"must abstain\")",
                    &Value::Null,
                    from,
                );
            }
            value => key_of(value),
        };
        item.insert("reference".to_owned(), reference);
        let sets: Map<String, Value> = values(&self.reference_sets, places)?
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name, key_of(value)))
            .collect();
        if !sets.is_empty() {
            item.insert("reference_sets".to_owned(), Value::Object(sets));
        }
        if let Some(severity) = &self.severity
            && let value @ Value::Object(_) = severity.value(scope, places, from)?
        {
            item.insert("severity".to_owned(), value);
        }
        item.insert("provenance".to_owned(), Value::Object(values(&self.provenance, places)?));
        Ok(item)
    }
}

/// `{abstain: true}` is the key "must abstain", which items write as `null`; a plain `none` already means "no such key".
fn key_of(value: Value) -> Value {
    let abstain =
        value.as_object().is_some_and(|table| table.len() == 1 && table.get("abstain") == Some(&Value::Bool(true)));
    if abstain { Value::Null } else { value }
}

impl<'l> Join<'l> {
    fn read(
        name: &str,
        join: &JoinTable,
        files: &Files<'_>,
        language: &'l Language,
        places: &mut Places<'_>,
    ) -> Option<Self> {
        let path = ["source", "map", "join", name];
        let [source, map, table, _] = path;
        let on = Slot::compile(language, places, &[source, map, table, name, "on"], &join.on, &JOIN_VARIABLES);
        let key = Slot::compile(language, places, &[source, map, table, name, "key"], &join.key, &JOIN_VARIABLES)?;
        let mut records = HashMap::new();
        for table in files.tables(&join.files, join.format, places, &path) {
            for record in &table.records {
                let from = record.place(&table.path);
                let key = key.required_text(&Scope::new(record_variables(&table.file, record)), places, &from).ok()?;
                if records.insert(key.clone(), expression::variable(&record.value)).is_some() {
                    places.problem(
                        &path,
                        Problem::new("twice", format!("key `{key}` is given twice"))
                            .because(format!("again in {from}")),
                    );
                    return None;
                }
            }
        }
        Some(Self { name: name.to_owned(), on: on?, records })
    }
}
