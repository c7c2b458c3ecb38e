//! Groups, crossed factors, items and runs by name.

use super::{Named, input};
use crate::StatsError;
use crate::variance::one_way::{items_and_runs, one_way_reml};
use crate::variance::reml::{Factor, crossed_reml};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

pub(super) const REML: Named = Named {
    name: "variance_components_reml",
    about: "Variance between and within groups of any size (`group`), or of several crossed factors (`factors`), by restricted maximum likelihood",
    example: r#"{"y": [3.1, 2.9, 3.4, 4.0, 4.4, 2.0, 2.2, 2.5, 2.1, 3.8], "group": [0, 0, 0, 1, 1, 2, 2, 2, 2, 3]}"#,
    run: variance_components_reml,
};

pub(super) const ITEMS_AND_RUNS: Named = Named {
    name: "item_vs_run_variance",
    about: "How much of the standard error of a mean over items is noise of runs, from the scores of each item's runs",
    example: r#"{"items_by_runs": [[1, 1, 0], [0, 0, 0], [1, 1, 1], [1, 0, 0], [1, 1, 1], [0, 1, 1]]}"#,
    run: item_vs_run_variance,
};

/// Either `group`, or `factors`: for each name one level an observation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Values {
    y: Vec<f64>,
    group: Option<Vec<usize>>,
    factors: Option<BTreeMap<String, Vec<usize>>>,
}

fn variance_components_reml(value: &Value) -> Result<Value, StatsError> {
    let Values { y, group, factors } = input(value)?;
    match (group, factors) {
        (Some(group), None) => {
            let found = one_way_reml(&y, &group)?;
            Ok(json!({
                "between": found.between,
                "between_raw_anova": found.between_raw,
                "within": found.within,
                "mean": found.mean,
                "icc": found.icc,
                "groups": found.groups,
            }))
        }
        (None, Some(factors)) => {
            let factors: Vec<Factor> = factors.into_iter().map(|(name, level)| Factor { name, level }).collect();
            let found = crossed_reml(&y, &factors)?;
            let components: Map<String, Value> = factors
                .iter()
                .map(|factor| factor.name.clone())
                .zip(found.components.iter().map(|v| json!(v)))
                .collect();
            Ok(json!({
                "components": components,
                "residual": found.residual,
                "mean": found.mean,
                "se_mean": found.se_mean,
                "reml_deviance": found.deviance,
            }))
        }
        _ => Err(StatsError::Input { why: "give either group or factors".into() }),
    }
}

/// `null` is a missing run.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Runs {
    items_by_runs: Vec<Vec<Option<f64>>>,
}

fn item_vs_run_variance(value: &Value) -> Result<Value, StatsError> {
    let Runs { items_by_runs } = input(value)?;
    let runs: Vec<Vec<f64>> = items_by_runs.into_iter().map(|runs| runs.into_iter().flatten().collect()).collect();
    let found = items_and_runs(&runs)?;
    Ok(json!({
        "mean": found.mean,
        "var_item_means": found.item_means,
        "mean_within_var_unbiased": found.within,
        "var_conditional_mean_unbiased": found.items_raw,
        "se_mean": found.se,
        "share_run_noise_of_se2": found.run_share,
    }))
}
