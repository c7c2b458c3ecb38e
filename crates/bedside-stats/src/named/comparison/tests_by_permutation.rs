//! Permutation tests, the sharded test of order, and many p values at once.

use crate::comparison::multiplicity::{Adjustment, adjust};
use crate::comparison::permutation::{Permutation, SignFlips, monte_carlo_p, two_samples};
use crate::comparison::student::sharded_permutation_t;
use crate::named::input;
use crate::{StatsError, planning};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignFlipInput {
    diff: Vec<f64>,
    clusters: Option<Vec<i64>>,
    #[serde(default)]
    seed: u64,
}

pub(super) fn paired_permutation_exact(value: &Value) -> Result<Value, StatsError> {
    let SignFlipInput { diff, clusters, seed } = input(value)?;
    let found = SignFlips::new(&diff, clusters.as_deref())?.test(seed);
    Ok(written("mean", "p_two_sided", found))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TwoSampleInput {
    a: Vec<f64>,
    b: Vec<f64>,
    #[serde(default)]
    seed: u64,
}

pub(super) fn permutation_exact(value: &Value) -> Result<Value, StatsError> {
    let TwoSampleInput { a, b, seed } = input(value)?;
    Ok(written("diff", "p_two_sided_abs", two_samples(&a, &b, seed)?))
}

fn written(observed: &str, two_sided: &str, found: Permutation) -> Value {
    json!({
        observed: found.observed,
        two_sided: found.p_two_sided,
        "p_greater": found.p_greater,
        "n_assignments": found.n_permutations,
        "exact": found.exact,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MonteCarloInput {
    n_ge: u64,
    n_perm: u64,
}

pub(super) fn run_monte_carlo_p(value: &Value) -> Result<Value, StatsError> {
    let MonteCarloInput { n_ge, n_perm } = input(value)?;
    if n_ge > n_perm {
        return Err(StatsError::MoreThanAll { part: n_ge, whole: n_perm });
    }
    Ok(json!({ "p": monte_carlo_p(n_ge, n_perm) }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ShardedInput {
    shard_logprob_canonical_minus_mean_shuffled: Vec<f64>,
}

pub(super) fn run_sharded_permutation_t(value: &Value) -> Result<Value, StatsError> {
    let ShardedInput { shard_logprob_canonical_minus_mean_shuffled: shards } = input(value)?;
    let found = sharded_permutation_t(&shards)?;
    Ok(json!({ "t": found.t, "p": found.p }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MultiplicityInput {
    p: Vec<f64>,
    #[serde(default = "five_percent")]
    alpha: f64,
}

fn five_percent() -> f64 {
    0.05
}

pub(super) fn multiplicity(value: &Value, how: Adjustment) -> Result<Value, StatsError> {
    let MultiplicityInput { p, alpha } = input(value)?;
    planning::open_unit("alpha", alpha)?;
    let adjusted = adjust(&p, how)?;
    let rejected = adjusted.iter().filter(|p| **p <= alpha).count();
    Ok(json!({ "adjusted": adjusted, "n_rejected": rejected }))
}
