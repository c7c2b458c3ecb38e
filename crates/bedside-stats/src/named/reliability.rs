//! Methods of [`crate::reliability`] by name.

mod passes;
mod runs;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Named, conf, ends, input};
use crate::reliability::{errors_per_shift, prompt_spread};
use crate::{ClusterKind, Design, Level, Observation, Scale01, StatsError, mean_estimate};

pub(super) const METHODS: &[Named] = &[
    Named {
        name: "pass_hat_k",
        about: "pass^k (all of k runs of one case right) and pass@k, from the number of right runs of each task",
        example: r#"{"n_trials": 8, "successes_per_task": [8, 8, 5, 3, 0, 7], "k": [1, 2, 4, 8]}"#,
        run: passes::pass_hat_k,
    },
    Named {
        name: "worst_at_k",
        about: "score to expect of the worst of k runs of one case, from scores by item and run",
        example: r#"{"items_by_runs": [[0.9, 0.4, 0.7, 0.8], [0.5, 0.5, 0.6, 0.2]], "k": [1, 2, 4]}"#,
        run: runs::worst_at_k,
    },
    Named {
        name: "run_consistency",
        about: "how often two runs of one case differ, from 0/1 scores by item and run",
        example: r#"{"items_by_runs": [[1, 1, 0], [0, 0, 0], [1, 1, 1], [1, 0, 0]]}"#,
        run: runs::run_consistency,
    },
    Named {
        name: "flip_rate",
        about: "share of pairs of runs of one case whose answers differ, from answers by item and run",
        example: r#"{"answers_by_runs": [["A", "A", "C"], ["B", "B", "B"]]}"#,
        run: runs::flip_rate,
    },
    Named {
        name: "prompt_sensitivity",
        about: "spread, standard deviation, worst and mean of the scores of several wordings of a prompt",
        example: r#"{"accuracy_per_format": [0.71, 0.64, 0.78, 0.69, 0.55]}"#,
        run: run_prompt_sensitivity,
    },
    Named {
        name: "errors_per_shift",
        about: "errors expected in a shift of different cases, and the chance of none, from right answers out of n",
        example: r#"{"right": 380, "n": 400, "cases": 40}"#,
        run: run_errors_per_shift,
    },
];

fn design(scale: Scale01, level: Level) -> Design {
    Design { scale, clusters: ClusterKind::Sampled("cluster".into()), level }
}

/// The cluster of each item: as given, or the item itself.
fn clusters_of(given: Option<Vec<u32>>, items: usize) -> Result<Vec<u32>, StatsError> {
    match given {
        Some(clusters) if clusters.len() != items => {
            Err(StatsError::Input { why: format!("{items} items and {} clusters", clusters.len()) })
        }
        Some(clusters) => Ok(clusters),
        None => Ok((0..).take(items).collect()),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PromptInput {
    accuracy_per_format: Vec<f64>,
}

fn run_prompt_sensitivity(value: &Value) -> Result<Value, StatsError> {
    let PromptInput { accuracy_per_format } = input(value)?;
    let found = prompt_spread(&accuracy_per_format)?;
    Ok(json!({
        "spread_max_minus_min": found.spread,
        "sd": found.sd,
        "worst": found.worst,
        "mean": found.mean,
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ShiftInput {
    right: u32,
    n: u32,
    cases: u32,
    #[serde(default = "conf")]
    conf: Level,
}

fn run_errors_per_shift(value: &Value) -> Result<Value, StatsError> {
    let ShiftInput { right, n, cases, conf } = input(value)?;
    if right > n {
        return Err(StatsError::MoreThanAll { part: u64::from(right), whole: u64::from(n) });
    }
    let observations: Vec<_> =
        (0..n).map(|item| Observation { item, cluster: item, epoch: 0, score: f64::from(item < right) }).collect();
    let shift = errors_per_shift(&mean_estimate(&observations, Scale01::Binary, conf)?, cases)?;
    Ok(json!({
        "expected_errors": shift.expected_errors.value(),
        "expected_errors_ci": ends(&shift.expected_errors),
        "error_free": shift.error_free.value(),
        "error_free_ci": ends(&shift.error_free),
    }))
}
