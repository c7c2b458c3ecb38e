//! An expression together with the key of the manifest it stands at.

use serde_json::Value;

use crate::expression::{ExpressionError, Formula, Language, Scope};
use crate::places::Places;

/// There is no value, because a problem was noted.
#[derive(Clone, Copy, Debug)]
pub struct Noted;

/// A compiled expression that knows where it was written.
pub struct Slot<'l> {
    path: Vec<String>,
    formula: Formula<'l>,
}

impl<'l> Slot<'l> {
    /// Compiles the expression at a key, or notes what is wrong with it.
    pub fn compile(
        language: &'l Language,
        places: &mut Places<'_>,
        path: &[&str],
        text: &str,
        variables: &[&str],
    ) -> Option<Self> {
        match language.compile(text, variables) {
            Ok(formula) => Some(Self { path: path.iter().map(|&part| part.to_owned()).collect(), formula }),
            Err(error) => {
                places.expression(path, &error, None);
                None
            }
        }
    }

    /// The value for one record.
    pub fn value(&self, scope: &Scope, places: &mut Places<'_>, record: &str) -> Result<Value, Noted> {
        self.formula.value(scope).map_err(|error| self.tell(places, &error, record))
    }

    /// The value as text. Numbers are written out.
    pub fn text(&self, scope: &Scope, places: &mut Places<'_>, record: &str) -> Result<Option<String>, Noted> {
        match self.value(scope, places, record)? {
            Value::Null => Ok(None),
            Value::String(text) => Ok(Some(text)),
            Value::Number(number) => Ok(Some(number.to_string())),
            other => self.wrong_type(places, "text or a number", &other, record),
        }
    }

    /// The value as text that must be there.
    pub fn required_text(&self, scope: &Scope, places: &mut Places<'_>, record: &str) -> Result<String, Noted> {
        let text = self.text(scope, places, record)?;
        text.map_or_else(|| self.wrong_type(places, "text or a number", &Value::Null, record), Ok)
    }

    /// The value as a yes or no.
    pub fn truth(&self, scope: &Scope, places: &mut Places<'_>, record: &str) -> Result<bool, Noted> {
        match self.value(scope, places, record)? {
            Value::Bool(truth) => Ok(truth),
            other => self.wrong_type(places, "true or false", &other, record),
        }
    }

    /// Notes that the value is of another kind than the key needs.
    pub fn wrong_type<T>(
        &self,
        places: &mut Places<'_>,
        wanted: &str,
        value: &Value,
        record: &str,
    ) -> Result<T, Noted> {
        let given = match value {
            Value::Null => "`none`",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::String(_) => "text",
            Value::Array(_) => "a list",
            Value::Object(_) => "a table",
        };
        let what = format!("`{}` must give {wanted}, not {given}", self.path.last().map_or("", String::as_str));
        Err(self.tell(places, &ExpressionError { code: "wrong_type", what, missing: None }, record))
    }

    fn tell(&self, places: &mut Places<'_>, error: &ExpressionError, record: &str) -> Noted {
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        places.expression(&path, error, Some(record));
        Noted
    }
}
