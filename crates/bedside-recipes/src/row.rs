//! A record as an expression sees it: a name it lacks is an error that says which names it has, never a silent blank.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, Value};
use minijinja::{Error, ErrorKind};
use serde_json::Map;

/// A name that a record does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no `{name}`")]
pub struct Missing {
    /// The name asked for.
    pub name: String,
    /// The names there are.
    pub known: Vec<String>,
}

/// A JSON value for use in expressions.
pub fn value(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Object(map) => Value::from_object(Row::of(map)),
        serde_json::Value::Array(list) => Value::from(list.iter().map(value).collect::<Vec<_>>()),
        serde_json::Value::String(text) => Value::from(text.as_str()),
        leaf => Value::from(minijinja::value::Serde(leaf)),
    }
}

/// Named values of which none is ever quietly missing.
pub struct Row(Vec<(String, Value)>);

impl Row {
    /// Wraps the fields of a JSON object.
    pub fn of(map: &Map<String, serde_json::Value>) -> Self {
        Self(map.iter().map(|(name, field)| (name.clone(), value(field))).collect())
    }

    /// Names and values as they are.
    pub const fn new(fields: Vec<(String, Value)>) -> Self {
        Self(fields)
    }

    /// The value of a field, if there is one.
    pub fn field(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(field, _)| field == name).map(|(_, value)| value)
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.iter().map(|(name, value)| (name, value))).finish()
    }
}

impl Object for Row {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        Some(self.field(name).cloned().unwrap_or_else(|| {
            let known = self.0.iter().map(|(field, _)| field.clone()).collect();
            let missing = Missing { name: name.to_owned(), known };
            Value::from(Error::new(ErrorKind::UndefinedError, missing.to_string()).with_source(missing))
        }))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.0.iter().map(|(name, _)| Value::from(name.as_str())).collect())
    }
}
