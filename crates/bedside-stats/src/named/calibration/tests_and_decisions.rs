//! Methods on confidences, counts and thresholds.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::{conf, ends, ends_or_undefined, input, value_or_undefined};
use super::probabilities::forecasts;
use crate::calibration::{Confusion, net_benefit, risk_coverage, treat_all};
use crate::{Level, StatsError};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RiskInput {
    confidence: Vec<f64>,
    error: Vec<f64>,
    #[serde(default)]
    coverage: Option<f64>,
}

pub(super) fn aurc(value: &Value) -> Result<Value, StatsError> {
    let RiskInput { confidence, error, coverage } = input(value)?;
    let curve = risk_coverage(&confidence, &error)?;
    let mut answer = json!({
        "risk_at_coverage": curve.risk_at_coverage,
        "aurc": curve.aurc,
        "eaurc": curve.eaurc,
        "risk_at_50pct": curve.risk_at(0.5),
    });
    if let Some(coverage) = coverage {
        answer["coverage"] = json!(coverage);
        answer["risk"] = json!(curve.risk_at(coverage));
    }
    Ok(answer)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Counts {
    tp: u64,
    fp: u64,
    #[serde(rename = "fn")]
    missed: u64,
    tn: u64,
    #[serde(default = "conf")]
    conf: Level,
}

pub(super) fn classification(value: &Value) -> Result<Value, StatsError> {
    let Counts { tp, fp, missed, tn, conf } = input(value)?;
    let counts = Confusion { true_positive: tp, false_positive: fp, false_negative: missed, true_negative: tn };
    let found = counts.measures(conf)?;
    let mut answer = Map::new();
    for (name, rate) in [
        ("sensitivity", &found.sensitivity),
        ("specificity", &found.specificity),
        ("ppv", &found.ppv),
        ("npv", &found.npv),
    ] {
        answer.insert(name.into(), json!(value_or_undefined(rate.as_ref())));
        answer.insert(format!("{name}_ci"), ends_or_undefined(rate.as_ref()));
    }
    answer.extend([
        ("balanced_accuracy".into(), json!(found.balanced_accuracy)),
        ("f1".into(), json!(found.f1)),
        ("mcc".into(), json!(found.mcc)),
    ]);
    Ok(Value::Object(answer))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DecisionInput {
    #[serde(default)]
    y: Option<Vec<u8>>,
    #[serde(default)]
    p: Option<Vec<f64>>,
    #[serde(default)]
    clusters: Option<Vec<u32>>,
    #[serde(default)]
    n: Option<f64>,
    #[serde(default)]
    events: Option<f64>,
    #[serde(default)]
    threshold: Option<f64>,
    #[serde(default)]
    thresholds: Option<Vec<f64>>,
    #[serde(default = "conf")]
    conf: Level,
}

/// From outcomes and probabilities; or, from counts alone, of treating all.
pub(super) fn decision_curve(value: &Value) -> Result<Value, StatsError> {
    let given: DecisionInput = input(value)?;
    let one = given.threshold.is_some();
    let thresholds = match (given.threshold, given.thresholds) {
        (Some(threshold), None) => vec![threshold],
        (None, Some(thresholds)) => thresholds,
        _ => return Err(StatsError::Input { why: "give either threshold or thresholds".into() }),
    };
    let mut columns: Vec<(&str, Vec<Value>)> = Vec::new();
    match (&given.y, &given.p, given.n, given.events) {
        (Some(y), Some(p), None, None) => {
            let forecasts = forecasts(y, p, given.clusters.as_deref())?;
            let points: Vec<_> =
                thresholds.iter().map(|t| net_benefit(&forecasts, *t, given.conf)).collect::<Result<_, _>>()?;
            columns.push(("net_benefit", points.iter().map(|at| json!(at.net_benefit.value())).collect()));
            columns.push(("net_benefit_ci", points.iter().map(|at| ends(&at.net_benefit)).collect()));
            columns.push(("treat_all", points.iter().map(|at| json!(at.treat_all.value())).collect()));
            columns.push(("treat_all_ci", points.iter().map(|at| ends(&at.treat_all)).collect()));
            columns.push(("over_treat_all", points.iter().map(|at| json!(at.over_treat_all.value())).collect()));
            columns.push(("over_treat_all_ci", points.iter().map(|at| ends(&at.over_treat_all)).collect()));
            columns.push(("standardized", points.iter().map(|at| json!(at.standardised)).collect()));
        }
        (None, None, Some(n), Some(events)) => {
            let all: Vec<f64> = thresholds.iter().map(|t| treat_all(events, n, *t)).collect::<Result<_, _>>()?;
            columns.push(("treat_all", all.into_iter().map(Value::from).collect()));
        }
        _ => return Err(StatsError::Input { why: "give y and p, or n and events".into() }),
    }
    columns.push(("treat_none", vec![json!(0.0); thresholds.len()]));
    let single = |mut values: Vec<Value>| if one { values.remove(0) } else { Value::Array(values) };
    Ok(Value::Object(columns.into_iter().map(|(name, values)| (name.into(), single(values))).collect()))
}
