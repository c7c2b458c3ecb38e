//! Two systems or conditions on the same items.

use crate::comparison::discordant::{counterfactual_flip, mcnemar, perturbation_gap};
use crate::comparison::equivalence::tost_paired;
use crate::comparison::paired::PairedItems;
use crate::comparison::several::{cochran_q, friedman};
use crate::comparison::student::paired_scores;
use crate::comparison::wilcoxon::signed_rank;
use crate::interval::wilson;
use crate::named::input;
use crate::{ClusterKind, Design, Level, Observation, Scale01, StatsError};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PairedInput {
    a: Vec<f64>,
    b: Vec<f64>,
    clusters: Option<Vec<i64>>,
    /// The smallest difference that matters; needed to call systems equivalent.
    margin: Option<f64>,
    #[serde(default = "ninety_five")]
    conf: f64,
}

pub(super) fn ninety_five() -> f64 {
    0.95
}

pub(super) fn paired_difference(value: &Value) -> Result<Value, StatsError> {
    let PairedInput { a, b, clusters, margin, conf } = input(value)?;
    let level = Level::new(conf)?;
    let classical = paired_scores(&a, &b, clusters.as_deref())?;
    let mut out = json!({
        "diff": classical.difference,
        "se_paired": classical.se_paired,
        "se_paired_clustered_cr0": classical.se_clustered_cr0,
        "se_unpaired": classical.se_unpaired,
        "pearson_r": classical.correlation,
        "t": classical.t,
        "p_t": classical.p,
    });
    let all = || a.iter().chain(&b);
    if all().all(|score| (0.0..=1.0).contains(score)) {
        let labels = labels(clusters.as_deref(), a.len());
        let runs = |scores: &[f64]| -> Vec<Observation> {
            (0..)
                .zip(scores.iter().zip(&labels))
                .map(|(item, (&score, &cluster))| Observation { item, cluster, epoch: 0, score })
                .collect()
        };
        let scale = if all().all(|score| matches!(score, 0.0 | 1.0)) { Scale01::Binary } else { Scale01::Continuous };
        let design = Design { scale, clusters: ClusterKind::Sampled("cluster".into()), level };
        let difference = PairedItems::new(&runs(&a), &runs(&b))?.difference(&design)?;
        let decision = difference.decide(margin)?;
        let ci = difference.estimate().ci();
        out["ci"] = json!([ci.lower(), ci.upper()]);
        out["p"] = json!(difference.p());
        out["method"] = json!(difference.estimate().method());
        out["n_clusters"] = json!(difference.estimate().sample().n_clusters);
        out["answer"] = json!(decision.answer);
    }
    Ok(out)
}

/// Clusters as indices; each item its own without any.
fn labels(clusters: Option<&[i64]>, n: usize) -> Vec<u32> {
    let Some(clusters) = clusters else { return (0..).take(n).collect() };
    let mut seen = std::collections::BTreeMap::new();
    clusters
        .iter()
        .map(|cluster| {
            let next = u32::try_from(seen.len()).unwrap_or(u32::MAX);
            *seen.entry(*cluster).or_insert(next)
        })
        .collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct McNemarInput {
    b: u64,
    c: u64,
}

pub(super) fn run_mcnemar(value: &Value) -> Result<Value, StatsError> {
    let McNemarInput { b, c } = input(value)?;
    let test = mcnemar(b, c);
    Ok(json!({
        "p_exact": test.p_exact,
        "chi2": test.chi2,
        "p_chi2": test.p_chi2,
        "chi2_cc": test.chi2_corrected,
        "p_chi2_cc": test.p_chi2_corrected,
        "evidence": if b.saturating_add(c) == 0 { "none: no discordant pairs" } else { "discordant pairs" },
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CochranInput {
    items_by_conditions: Vec<Vec<u8>>,
}

pub(super) fn run_cochran_q(value: &Value) -> Result<Value, StatsError> {
    let CochranInput { items_by_conditions } = input(value)?;
    if let Some(wrong) = items_by_conditions.iter().flatten().find(|score| **score > 1) {
        return Err(StatsError::Input { why: format!("items_by_conditions: {wrong} is neither 0 nor 1") });
    }
    let rows: Vec<Vec<bool>> =
        items_by_conditions.iter().map(|row| row.iter().map(|score| *score == 1).collect()).collect();
    let found = cochran_q(&rows)?;
    Ok(json!({ "q": found.statistic, "p": found.p, "df": found.freedom }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FriedmanInput {
    conditions: Vec<Vec<f64>>,
}

pub(super) fn run_friedman(value: &Value) -> Result<Value, StatsError> {
    let FriedmanInput { conditions } = input(value)?;
    let found = friedman(&conditions)?;
    Ok(json!({ "chi2": found.statistic, "p": found.p, "df": found.freedom }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WilcoxonInput {
    a: Vec<f64>,
    b: Vec<f64>,
}

pub(super) fn wilcoxon_signed_rank(value: &Value) -> Result<Value, StatsError> {
    let WilcoxonInput { a, b } = input(value)?;
    let found = signed_rank(&a, &b)?;
    Ok(json!({ "W": found.w, "p_normal_approx": found.p_normal, "p_exact": found.p_exact, "n_used": found.n_used }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TostInput {
    a: Vec<f64>,
    b: Vec<f64>,
    low: f64,
    upp: f64,
}

pub(super) fn run_tost_paired(value: &Value) -> Result<Value, StatsError> {
    let TostInput { a, b, low, upp } = input(value)?;
    let found = tost_paired(&a, &b, low, upp)?;
    Ok(json!({ "p": found.p, "p_lower": found.p_lower, "p_upper": found.p_upper }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PerturbationInput {
    n_items: u64,
    orig_correct: Option<u64>,
    pert_correct: Option<u64>,
    orig_only: u64,
    pert_only: u64,
}

pub(super) fn run_perturbation_gap(value: &Value) -> Result<Value, StatsError> {
    let PerturbationInput { n_items, orig_correct, pert_correct, orig_only, pert_only } = input(value)?;
    if let (Some(original), Some(perturbed)) = (orig_correct, pert_correct) {
        // Those right on both must be the same whichever side they are counted from.
        let both = (original.checked_sub(orig_only), perturbed.checked_sub(pert_only));
        let fits = matches!(both, (Some(from_a), Some(from_b))
            if from_a == from_b && from_a.saturating_add(orig_only).saturating_add(pert_only) <= n_items);
        if !fits {
            let why = format!(
                "orig_correct {original} and pert_correct {perturbed} do not fit orig_only {orig_only} and pert_only {pert_only}"
            );
            return Err(StatsError::Input { why });
        }
    }
    let gap = perturbation_gap(n_items, orig_only, pert_only)?;
    Ok(json!({ "drop": gap.drop, "p_exact": gap.p_exact, "se_paired": gap.se_paired }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FlipInput {
    n_pairs: u64,
    changed_to_worse: u64,
    changed_to_better: u64,
}

pub(super) fn run_counterfactual_flip(value: &Value) -> Result<Value, StatsError> {
    let FlipInput { n_pairs, changed_to_worse, changed_to_better } = input(value)?;
    let flips = counterfactual_flip(n_pairs, changed_to_worse, changed_to_better)?;
    let ci = wilson((changed_to_worse + changed_to_better) as f64, n_pairs as f64, Level::NINETY_FIVE)?;
    Ok(json!({
        "flip_rate": flips.flip_rate,
        "flip_rate_wilson": [ci.lower(), ci.upper()],
        "p_exact": flips.p_exact,
    }))
}
