//! Harm and triage.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

use super::super::{conf, ends, ends_or_undefined, input, value_or_undefined};
use crate::harm::{self, Severity};
use crate::{Level, StatsError};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HarmInput {
    counts_by_severity: BTreeMap<Severity, u64>,
    weights: BTreeMap<Severity, f64>,
    #[serde(default)]
    n: Option<u64>,
    #[serde(default = "independent")]
    design_effect: f64,
    #[serde(default = "conf")]
    conf: Level,
}

fn independent() -> f64 {
    1.0
}

pub(super) fn severity_weighted(value: &Value) -> Result<Value, StatsError> {
    let given: HarmInput = input(value)?;
    let counts: Vec<_> = given.counts_by_severity.into_iter().collect();
    let weights: Vec<_> = given.weights.into_iter().collect();
    let found = harm::severity_weighted_harm(&counts, &weights, given.design_effect, given.conf)?;
    if let Some(n) = given.n.filter(|n| *n != found.n) {
        return Err(StatsError::Input { why: format!("n is {n}, but the counts add up to {}", found.n) });
    }
    let mut answer = Map::new();
    answer.insert("mean_harm".into(), json!(found.mean_harm));
    answer.insert("mean_harm_ci".into(), json!([found.mean_interval.lower(), found.mean_interval.upper()]));
    if let Some(severe) = found.by_level.iter().find(|rate| rate.severity == Severity::Severe) {
        // Severe or worse: a death is not a case without severe harm.
        answer.insert("severe_rate".into(), json!(severe.rate_or_worse));
        if given.conf == Level::NINETY_FIVE {
            answer.insert("severe_cp_upper95_one_sided".into(), json!(severe.upper_or_worse));
        }
    }
    answer.insert("by_level".into(), json!(found.by_level));
    Ok(Value::Object(answer))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TriageInput {
    confusion_true_x_pred_levels_low_to_high: Vec<Vec<u64>>,
    #[serde(default = "conf")]
    conf: Level,
}

pub(super) fn triage(value: &Value) -> Result<Value, StatsError> {
    let given: TriageInput = input(value)?;
    let found = harm::triage(&given.confusion_true_x_pred_levels_low_to_high, given.conf)?;
    let among = found.under_among_urgent.as_ref();
    let kappa_ci =
        found.kappa_interval.map_or(json!("undefined"), |interval| json!([interval.lower(), interval.upper()]));
    Ok(json!({
        "under_triage": found.under.value(),
        "under_triage_ci": ends(&found.under),
        "over_triage": found.over.value(),
        "over_triage_ci": ends(&found.over),
        "exact": found.exact.value(),
        "exact_ci": ends(&found.exact),
        "under_triage_among_urgent": value_or_undefined(among),
        "under_triage_among_urgent_ci": ends_or_undefined(among),
        "weighted_kappa_quadratic": found.kappa,
        "weighted_kappa_quadratic_ci": kappa_ci,
    }))
}
