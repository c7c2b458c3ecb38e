//! Every method by its name, JSON in and JSON out: what `bedside stat METHOD` runs, and what the oracles check.
//!
//! The one place where bare numbers leave. 0/0 is `"undefined"`, an infinity `"infinite"`, what the data do not determine
//! `"not_identifiable"` (see [`crate::Figure`]); never NaN, which JSON would turn into `null`.

mod agreement;
mod calibration;
mod comparison;
mod correction;
mod intervals;
mod items;
mod planning;
mod reliability;
mod variance;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{Estimate, Figure, Level, StatsError};

/// A method that can be called by name.
#[derive(Clone, Copy, Debug)]
pub struct Named {
    /// Its name, as in the oracle file.
    pub name: &'static str,
    /// One line: what it estimates and from what.
    pub about: &'static str,
    /// An example of its input, as JSON.
    pub example: &'static str,
    /// Runs it.
    pub run: fn(&Value) -> Result<Value, StatsError>,
}

/// The areas, each with its methods.
pub const AREAS: [(&str, &[Named]); 9] = [
    ("intervals", intervals::METHODS),
    ("comparison", comparison::METHODS),
    ("planning", planning::METHODS),
    ("agreement", agreement::METHODS),
    ("variance", variance::METHODS),
    ("items", items::METHODS),
    ("reliability", reliability::METHODS),
    ("calibration and harm", calibration::METHODS),
    ("correction", correction::METHODS),
];

/// Every method, area by area.
pub fn all() -> impl Iterator<Item = &'static Named> {
    AREAS.into_iter().flat_map(|(_, methods)| methods)
}

/// The method of this name.
pub fn find(name: &str) -> Option<&'static Named> {
    all().find(|named| named.name == name)
}

/// Reads the input of a method; unknown and missing fields are named.
fn input<T: DeserializeOwned>(value: &Value) -> Result<T, StatsError> {
    serde_json::from_value(value.clone()).map_err(|error| StatsError::Input { why: error.to_string() })
}

/// The confidence level of an input that names none.
fn conf() -> Level {
    Level::NINETY_FIVE
}

/// Both ends of an interval, as a list.
fn ends(estimate: &Estimate) -> Value {
    json!([estimate.ci().lower(), estimate.ci().upper()])
}

/// Both ends, or the word for why there are none.
fn ends_or_undefined(estimate: Option<&Estimate>) -> Value {
    estimate.map_or(json!(Figure::Undefined), ends)
}

/// The value, or the word for why there is none.
fn value_or_undefined(estimate: Option<&Estimate>) -> Figure {
    estimate.map_or(Figure::Undefined, |estimate| Figure::Number(estimate.value()))
}
