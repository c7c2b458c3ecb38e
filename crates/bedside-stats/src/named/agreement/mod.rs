//! Methods of [`crate::agreement`] by name.

mod categories;
mod measurements;
mod models;

use super::Named;
use crate::{Estimate, Level, StatsError};
use serde_json::{Value, json};

pub(super) const METHODS: &[Named] = &[
    categories::COHEN_KAPPA,
    categories::KAPPA_PARADOX,
    categories::AGREEMENT_SUMMARY,
    categories::CHANCE_CORRECTED_AGREEMENT,
    categories::FLEISS_KAPPA,
    categories::GWET_AC1,
    categories::GWET_AC2,
    categories::KRIPPENDORFF_ALPHA,
    measurements::ICC_ALL_SIX,
    measurements::CRONBACH_ALPHA,
    measurements::KENDALL_W,
    measurements::BLAND_ALTMAN,
    measurements::LIN_CCC,
    measurements::SPEARMAN_BROWN,
    measurements::DISATTENUATION,
    models::DAWID_SKENE_EM,
    models::HUI_WALTER,
    models::ALT_TEST,
    models::POSITION_BIAS,
];

/// Units by raters, or raters by units, with null for a missing cell.
type Cells = Vec<Vec<Option<f64>>>;

fn ninety_five() -> f64 {
    0.95
}

/// An estimate as a report holds it, or why there is none.
fn reported(estimate: Result<Estimate, StatsError>) -> Result<Value, StatsError> {
    match estimate {
        Ok(estimate) => value(&estimate),
        Err(error) => Ok(json!({ "refused": error.to_string() })),
    }
}

fn value(of: &impl serde::Serialize) -> Result<Value, StatsError> {
    serde_json::to_value(of).map_err(|error| StatsError::Input { why: error.to_string() })
}

fn level(conf: f64) -> Result<Level, StatsError> {
    Level::new(conf)
}

#[cfg(test)]
mod tests {
    use super::METHODS;
    use serde_json::Value;

    fn holds_null(value: &Value) -> bool {
        match value {
            Value::Null => true,
            Value::Array(values) => values.iter().any(holds_null),
            Value::Object(fields) => fields.values().any(holds_null),
            _ => false,
        }
    }

    #[test]
    fn every_example_runs_and_tells_only_what_json_has() {
        for method in METHODS {
            let example = serde_json::from_str(method.example).expect("the example is JSON");
            let found = (method.run)(&example).unwrap_or_else(|error| panic!("{}: {error}", method.name));
            assert!(!holds_null(&found), "{}: {found}", method.name);
        }
    }

    #[test]
    fn unknown_fields_are_named() {
        for method in METHODS {
            let mut example: Value = serde_json::from_str(method.example).expect("the example is JSON");
            example["colour"] = "blue".into();
            let error = (method.run)(&example).expect_err(method.name).to_string();
            assert!(error.contains("colour"), "{}: {error}", method.name);
        }
    }
}
