//! pass^k and pass@k from the number of right runs of each task.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::{conf, ends, input};
use super::{clusters_of, design};
use crate::reliability::{self, pass_at, pass_at_k, pass_hat};
use crate::{Figure, Level, Observation, Scale01, StatsError};

/// Runs altogether, beyond which the input is a mistake: each becomes an observation in memory.
const MOST_RUNS: u64 = 50_000_000;

/// A number or a list of them.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(u32),
    Many(Vec<u32>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PassInput {
    n_trials: OneOrMany,
    successes_per_task: Vec<u32>,
    k: OneOrMany,
    #[serde(default)]
    clusters: Option<Vec<u32>>,
    #[serde(default = "conf")]
    conf: Level,
}

pub(super) fn pass_hat_k(value: &Value) -> Result<Value, StatsError> {
    let PassInput { n_trials, successes_per_task, k, clusters, conf } = input(value)?;
    let tasks = successes_per_task.len();
    let runs = match n_trials {
        OneOrMany::One(n) => vec![n; tasks],
        OneOrMany::Many(runs) if runs.len() == tasks => runs,
        OneOrMany::Many(runs) => {
            return Err(StatsError::Input { why: format!("{tasks} tasks and {} numbers of trials", runs.len()) });
        }
    };
    if tasks == 0 {
        return Err(StatsError::Empty);
    }
    if let Some((right, n)) = successes_per_task.iter().zip(&runs).find(|(right, n)| right > n) {
        return Err(StatsError::MoreThanAll { part: u64::from(*right), whole: u64::from(*n) });
    }
    if runs.iter().map(|n| u64::from(*n)).sum::<u64>() > MOST_RUNS {
        return Err(StatsError::Input { why: format!("more than {MOST_RUNS} runs") });
    }
    let clusters = clusters_of(clusters, tasks)?;
    let mut observations = Vec::new();
    for (item, ((right, n), cluster)) in (0..).zip(successes_per_task.iter().zip(&runs).zip(clusters)) {
        observations.extend((0..*n).map(|epoch| Observation {
            item,
            cluster,
            epoch,
            score: f64::from(epoch < *right),
        }));
    }
    let design = design(Scale01::Binary, conf);
    let one = |k: u32| -> Result<(Value, Value, Value, Value), StatsError> {
        if runs.iter().any(|n| k > *n) || k == 0 {
            let none = || json!(Figure::Undefined);
            return Ok((none(), none(), none(), none()));
        }
        let (hat, at) = (reliability::pass_hat_k(&observations, k, &design)?, pass_at_k(&observations, k, &design)?);
        Ok((json!(hat.value()), ends(&hat), json!(at.value()), ends(&at)))
    };
    let mut answer = Map::new();
    match k {
        OneOrMany::One(k) => {
            let (hat, hat_ci, at, at_ci) = one(k)?;
            let each: Vec<f64> = successes_per_task
                .iter()
                .zip(&runs)
                .filter_map(|(right, n)| pass_hat(*right, *n, k).number())
                .collect();
            let at_each: Vec<Figure> =
                successes_per_task.iter().zip(&runs).map(|(right, n)| pass_at(*right, *n, k)).collect();
            let se = if each.len() == tasks { standard_error(&each) } else { Figure::Undefined };
            answer.extend([
                ("mean".into(), hat.clone()),
                ("se_clt".into(), json!(se)),
                ("pass_hat_k".into(), hat),
                ("pass_hat_k_ci".into(), hat_ci),
                ("pass_at_k".into(), at),
                ("pass_at_k_ci".into(), at_ci),
                ("pass_at_k_by_task".into(), json!(at_each)),
            ]);
        }
        OneOrMany::Many(ks) => {
            let all: Vec<_> = ks.iter().map(|k| one(*k)).collect::<Result<_, _>>()?;
            let undefined = json!(Figure::Undefined);
            // Where no k is defined, the answer as a whole is.
            let list = |of: fn(&(Value, Value, Value, Value)) -> &Value| {
                let values: Vec<Value> = all.iter().map(|one| of(one).clone()).collect();
                if values.iter().all(|value| *value == undefined) { undefined.clone() } else { json!(values) }
            };
            answer.extend([
                ("pass_hat_k".into(), list(|one| &one.0)),
                ("pass_hat_k_ci".into(), list(|one| &one.1)),
                ("pass_at_k".into(), list(|one| &one.2)),
                ("pass_at_k_ci".into(), list(|one| &one.3)),
            ]);
        }
    }
    Ok(Value::Object(answer))
}

/// `s/√n`; undefined for one value.
fn standard_error(values: &[f64]) -> Figure {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Figure::from((squares / (n - 1.0) / n).sqrt())
}
