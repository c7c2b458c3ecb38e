//! Expressions over a record, in Jinja's language, without its forgiveness: an unknown name is an error, not a blank.

use std::collections::BTreeSet;
use std::error::Error as _;

use bedside_core::limits;
use minijinja::{Environment, ErrorKind, UndefinedBehavior, Value};

pub use crate::row::Missing;
use crate::{filters, row};

/// The language of recipes: Jinja expressions with Jinja's and our own filters.
#[derive(Debug)]
pub struct Language {
    environment: Environment<'static>,
}

/// A compiled expression.
#[derive(Debug)]
pub struct Formula<'l> {
    expression: minijinja::Expression<'l, 'static>,
}

/// What is wrong with an expression, without its place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct ExpressionError {
    /// A stable word.
    pub code: &'static str,
    /// What is wrong.
    pub what: String,
    /// The unknown name, with those that would have been right.
    pub missing: Option<Missing>,
}

impl Default for Language {
    fn default() -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(limits::TEMPLATE_FUEL));
        filters::add(&mut environment);
        Self { environment }
    }
}

impl Language {
    /// Compiles an expression that may use these variables.
    pub fn compile(&self, text: &str, variables: &[&str]) -> Result<Formula<'_>, ExpressionError> {
        let expression =
            self.environment.compile_expression_owned(text.to_owned()).map_err(|error| explained(&error))?;
        let known = |name: &String| {
            variables.contains(&name.as_str()) || self.environment.globals().any(|(global, _)| global == name)
        };
        // Sorted, so that the same recipe gives the same message.
        let unknown =
            expression.undeclared_variables(false).into_iter().filter(|name| !known(name)).collect::<BTreeSet<_>>();
        if let Some(name) = unknown.into_iter().next() {
            let missing =
                Missing { name: name.clone(), known: variables.iter().map(|&name| name.to_owned()).collect() };
            return Err(ExpressionError {
                code: "unknown_variable",
                what: format!("unknown variable `{name}`"),
                missing: Some(missing),
            });
        }
        Ok(Formula { expression })
    }
}

impl Formula<'_> {
    /// The value for one record, as plain JSON.
    pub fn value(&self, scope: &Scope) -> Result<serde_json::Value, ExpressionError> {
        let value = self.expression.eval(scope.0.clone()).map_err(|error| explained(&error))?;
        if value.is_undefined() {
            return Err(ExpressionError {
                code: "undefined",
                what: "this expression gives nothing".to_owned(),
                missing: None,
            });
        }
        serde_json::to_value(&value).map_err(|error| ExpressionError {
            code: "not_json",
            what: format!("this expression gives no plain value: {error}"),
            missing: None,
        })
    }
}

/// The variables of one record.
#[derive(Clone, Debug)]
pub struct Scope(Value);

impl Scope {
    /// Variables by name.
    pub fn new<'a>(variables: impl IntoIterator<Item = (&'a str, Value)>) -> Self {
        Self(Value::from_pairs(variables))
    }
}

/// JSON as a variable in which every name that is asked for must exist.
pub fn variable(json: &serde_json::Value) -> Value {
    row::value(json)
}

fn explained(error: &minijinja::Error) -> ExpressionError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = error.source();
    while let Some(inner) = cause {
        if let Some(missing) = inner.downcast_ref::<Missing>() {
            let what = format!("unknown column or field `{}`", missing.name);
            return ExpressionError { code: "unknown_column", what, missing: Some(missing.clone()) };
        }
        cause = inner.source();
    }
    let code = match error.kind() {
        ErrorKind::SyntaxError => "broken_expression",
        ErrorKind::UnknownFilter | ErrorKind::UnknownTest | ErrorKind::UnknownFunction | ErrorKind::UnknownMethod => {
            "unknown_filter"
        }
        ErrorKind::OutOfFuel => "expression_too_long",
        _ => "expression",
    };
    let what = match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    };
    ExpressionError { code, what, missing: None }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn value(text: &str, record: &serde_json::Value) -> Result<serde_json::Value, ExpressionError> {
        let language = Language::default();
        let formula = language.compile(text, &["row", "file"])?;
        formula.value(&Scope::new([("row", variable(record)), ("file", Value::from("test1"))]))
    }

    #[test]
    fn fields_filters_and_conditions() {
        let record = json!({"Note ID": "7", "n": 2, "label": ["B"], "deep": {"x": null}});
        assert_eq!(value("row['Note ID'] | number", &record), Ok(json!(7)));
        assert_eq!(value("row.label[0]", &record), Ok(json!("B")));
        assert_eq!(value("{'level': 'severe'} if row.n == 2 else none", &record), Ok(json!({"level": "severe"})));
        assert_eq!(value("row.deep.x", &record), Ok(json!(null)));
        assert_eq!(value("row | optional('absent')", &record), Ok(json!(null)));
        assert_eq!(value("file[-1:] | int - 1", &record), Ok(json!(0)));
        assert_eq!(value("row.deep", &record), Ok(json!({"x": null})));
    }

    #[test]
    fn a_missing_field_is_never_blank() {
        for text in [
            "row.qestion",
            "row.qestion | trim",
            "row['qestion']",
            "row.qestion or 'x'",
            "row.deep.qestion",
            "[row.qestion]",
        ] {
            let error = value(text, &json!({"question": "?", "deep": {"y": 1}})).unwrap_err();
            assert_eq!((error.code, error.missing.unwrap().name.as_str()), ("unknown_column", "qestion"), "{text}");
        }
    }

    #[test]
    fn other_mistakes_have_their_own_words() {
        let record = json!({"a": "x", "list": []});
        assert_eq!(value("rwo.a", &record).unwrap_err().code, "unknown_variable");
        assert_eq!(value("row.a |", &record).unwrap_err().code, "broken_expression");
        assert_eq!(value("row.a | tirm", &record).unwrap_err().code, "unknown_filter");
        assert_eq!(value("row.list[0]", &record).unwrap_err().code, "undefined");
        assert_eq!(value("row.a | number", &record).unwrap_err().what, "invalid operation: `x` is no number");
    }
}
