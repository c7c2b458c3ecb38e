//! Scores by item and run.

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::{conf, ends, input};
use super::{clusters_of, design};
use crate::reliability;
use crate::{Figure, Level, Observation, Scale01, StatsError};

/// Scores by item and run; rows may have different lengths, and `null` is a run that is missing.
fn observations_of(rows: &[Vec<Option<f64>>], clusters: Option<Vec<u32>>) -> Result<Vec<Observation>, StatsError> {
    let clusters = clusters_of(clusters, rows.len())?;
    let mut observations = Vec::new();
    for (item, (row, cluster)) in (0..).zip(rows.iter().zip(clusters)) {
        if row.iter().all(Option::is_none) {
            return Err(StatsError::Input { why: format!("item {item} has no run") });
        }
        observations.extend(
            (0..).zip(row).filter_map(|(epoch, score)| score.map(|score| Observation { item, cluster, epoch, score })),
        );
    }
    Ok(observations)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WorstInput {
    items_by_runs: Vec<Vec<Option<f64>>>,
    k: Vec<u32>,
    #[serde(default)]
    clusters: Option<Vec<u32>>,
    #[serde(default = "conf")]
    conf: Level,
}

pub(super) fn worst_at_k(value: &Value) -> Result<Value, StatsError> {
    let WorstInput { items_by_runs, k, clusters, conf } = input(value)?;
    let observations = observations_of(&items_by_runs, clusters)?;
    let fewest = items_by_runs.iter().map(|row| row.iter().flatten().count()).min().unwrap_or(0);
    let (mut values, mut intervals) = (Vec::new(), Vec::new());
    for k in k {
        if k == 0 || k as usize > fewest {
            values.push(json!(Figure::Undefined));
            intervals.push(json!(Figure::Undefined));
        } else {
            let worst = reliability::worst_at_k(&observations, k, &design(Scale01::Continuous, conf))?;
            values.push(json!(worst.value()));
            intervals.push(ends(&worst));
        }
    }
    Ok(json!({ "worst_at_k": values, "worst_at_k_ci": intervals }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConsistencyInput {
    items_by_runs: Vec<Vec<Option<f64>>>,
    #[serde(default)]
    clusters: Option<Vec<u32>>,
    #[serde(default = "conf")]
    conf: Level,
}

pub(super) fn run_consistency(value: &Value) -> Result<Value, StatsError> {
    let ConsistencyInput { items_by_runs, clusters, conf } = input(value)?;
    let found =
        reliability::run_consistency(&observations_of(&items_by_runs, clusters)?, &design(Scale01::Binary, conf))?;
    Ok(json!({
        "flip_rate_pairwise": found.flip_rate.value(),
        "flip_rate_pairwise_ci": ends(&found.flip_rate),
        "always_same_share": found.always_same.value(),
        "always_same_share_ci": ends(&found.always_same),
        "outcome_consistency_1_minus_norm_var": found.outcome_consistency.value(),
        "outcome_consistency_1_minus_norm_var_ci": ends(&found.outcome_consistency),
        "chance_corrected_consistency": found.chance_corrected,
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FlipInput {
    answers_by_runs: Vec<Vec<Value>>,
}

pub(super) fn flip_rate(value: &Value) -> Result<Value, StatsError> {
    let FlipInput { answers_by_runs } = input(value)?;
    let each: Vec<Figure> = answers_by_runs.iter().map(|answers| reliability::flip(answers)).collect();
    let known: Option<Vec<f64>> = each.iter().map(|flip| flip.number()).collect();
    let mean = known.map_or(Figure::Undefined, |known| Figure::ratio(known.iter().sum(), known.len() as f64));
    Ok(json!({ "flip_rate": mean, "flip_rate_by_item": each }))
}
