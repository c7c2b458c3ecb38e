//! Orders of many systems, and slices.

use super::pairs::ninety_five;
use crate::comparison::bradley_terry::strengths;
use crate::comparison::correlation::correlations;
use crate::comparison::slices::{subgroup_gap, worst_slice};
use crate::named::input;
use crate::{Figure, Level, StatsError};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WinsInput {
    wins: Vec<Vec<f64>>,
}

pub(super) fn bradley_terry(value: &Value) -> Result<Value, StatsError> {
    let WinsInput { wins } = input(value)?;
    let found = strengths(&wins)?;
    Ok(json!({ "log_strength_centered": found.log_strength, "se": found.se }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CorrelationInput {
    x: Vec<f64>,
    y: Vec<f64>,
}

pub(super) fn rank_correlation(value: &Value) -> Result<Value, StatsError> {
    let CorrelationInput { x, y } = input(value)?;
    let found = correlations(&x, &y, Level::NINETY_FIVE)?;
    let interval = found.pearson_interval.map_or(json!(Figure::Undefined), |interval| json!(interval));
    Ok(json!({
        "spearman": found.spearman,
        "kendall_tau_b": found.kendall_tau_b,
        "pearson": found.pearson,
        "pearson_ci95_fisher": interval,
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupsInput {
    correct_wrong_by_group: Vec<(u64, u64)>,
}

pub(super) fn run_subgroup_gap(value: &Value) -> Result<Value, StatsError> {
    let GroupsInput { correct_wrong_by_group: groups } = input(value)?;
    let found = subgroup_gap(&groups, Level::NINETY_FIVE)?;
    let interval = found.worst_interval;
    Ok(json!({
        "chi2": found.test.statistic,
        "p": found.test.p,
        "df": found.test.freedom,
        "max_gap": found.max_gap,
        "worst_group_rate": found.worst_rate,
        // The name says for how many groups the interval was widened.
        format!("worst_group_wilson_bonferroni{}", groups.len()): [interval.lower(), interval.upper()],
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SlicesInput {
    slices: Vec<(u64, u64)>,
    #[serde(default = "ninety_five")]
    conf: f64,
    /// What is done, for the reader; there is one way.
    #[serde(default = "one_way")]
    method: String,
}

fn one_way() -> String {
    "one-sided Clopper-Pearson with Bonferroni".into()
}

pub(super) fn run_worst_slice(value: &Value) -> Result<Value, StatsError> {
    let SlicesInput { slices, conf, method } = input(value)?;
    if method != one_way() {
        return Err(StatsError::Input { why: format!("method `{method}`: only `{}` is known", one_way()) });
    }
    let found = worst_slice(&slices, Level::new(conf)?)?;
    Ok(json!({ "lower": found.lower, "worst_lower": found.worst_lower }))
}
