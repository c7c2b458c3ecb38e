//! Methods of [`crate::planning`] by name.

use super::{Named, input};
use crate::planning::confidence_sequence::anytime;
use crate::planning::failures::{k_failures, zero_failures};
use crate::planning::paired::{Errors, PairedVariance, detectable_difference, sample_size};
use crate::planning::raters::{KappaStudy, PilotJudge, allocate, kappa_sample_size as kappa_size};
use crate::planning::sprt::Sprt;
use crate::planning::{Clumping, whole};
use crate::{Level, StatsError};
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) const METHODS: &[Named] = &[
    Named {
        name: "eval_sample_size_paired",
        about: "items needed to find a paired difference, from the variance over items and over runs (Miller 2024)",
        example: r#"{"omega2":0.1111,"sigma2_a":0,"sigma2_b":0,"k_a":1,"k_b":1,"delta":0.03,"alpha":0.05,"power":0.8}"#,
        run: eval_sample_size_paired,
    },
    Named {
        name: "eval_mde_paired",
        about: "smallest paired difference that n items can be relied on to show",
        example: r#"{"omega2":0.1111,"sigma2_a":0.1667,"sigma2_b":0.1667,"k_a":10,"k_b":10,"n":198}"#,
        run: eval_mde_paired,
    },
    Named {
        name: "sample_size_zero_failure",
        about: "cases, none of which may fail, that show a failure rate below p_max",
        example: r#"{"p_max":0.01,"conf":0.95}"#,
        run: sample_size_zero_failure,
    },
    Named {
        name: "sample_size_k_failures",
        about: "cases, of which max_failures may fail, that show a failure rate below p_max",
        example: r#"{"max_failures":1,"p_max":0.01,"conf":0.95}"#,
        run: sample_size_k_failures,
    },
    Named {
        name: "kappa_sample_size",
        about: "items two raters must rate to show that kappa exceeds kappa0 when it is kappa1 (Cantor 1996)",
        example: r#"{"rate1":0.5,"rate2":0.5,"kappa1":0.85,"kappa0":0.7,"alpha_one_sided":0.05,"power":0.8}"#,
        run: kappa_sample_size,
    },
    Named {
        name: "judge_calibration_allocation",
        about: "how to divide m ratings between wrong (m0) and right (m1) answers, from a pilot of the judge (Lee 2026)",
        example: r#"{"m":200,"p":0.7,"q0_pilot":0.8,"q1_pilot":0.95,"m_pilot":10}"#,
        run: judge_calibration_allocation,
    },
    Named {
        name: "sprt",
        about: "boundaries of Wald's sequential test of failure rate p0 against p1, and what cases so far decide",
        example: r#"{"p0":0.01,"p1":0.03,"alpha":0.05,"beta":0.1,"failures":0,"n":111}"#,
        run: sprt,
    },
    Named {
        name: "confidence_sequence",
        about: "interval for a mean in [0, 1] that may be looked at after every case, from the sum of scores and n",
        example: r#"{"sum":3,"n":300,"conf":0.95}"#,
        run: confidence_sequence,
    },
];

fn one() -> f64 {
    1.0
}
fn one_run() -> u32 {
    1
}
fn five_percent() -> f64 {
    0.05
}
fn four_fifths() -> f64 {
    0.8
}
fn ninety_five() -> f64 {
    0.95
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SizeInput {
    omega2: f64,
    #[serde(default)]
    sigma2_a: f64,
    #[serde(default)]
    sigma2_b: f64,
    #[serde(default = "one_run")]
    k_a: u32,
    #[serde(default = "one_run")]
    k_b: u32,
    delta: f64,
    #[serde(default = "five_percent")]
    alpha: f64,
    #[serde(default = "four_fifths")]
    power: f64,
    #[serde(default = "one")]
    cluster_size: f64,
    #[serde(default)]
    icc: f64,
}

fn eval_sample_size_paired(value: &Value) -> Result<Value, StatsError> {
    let given: SizeInput = input(value)?;
    let SizeInput { omega2, sigma2_a, sigma2_b, k_a, k_b, delta, alpha, power, cluster_size, icc } = given;
    let variance = PairedVariance { items: omega2, runs_a: sigma2_a, runs_b: sigma2_b, k_a, k_b };
    let n = sample_size(variance, delta, Errors { alpha, power }, clumping(cluster_size, icc))?;
    Ok(json!({ "n_real": n, "n_ceil": whole(n)? }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DetectableInput {
    omega2: f64,
    #[serde(default)]
    sigma2_a: f64,
    #[serde(default)]
    sigma2_b: f64,
    #[serde(default = "one_run")]
    k_a: u32,
    #[serde(default = "one_run")]
    k_b: u32,
    n: f64,
    #[serde(default = "five_percent")]
    alpha: f64,
    #[serde(default = "four_fifths")]
    power: f64,
    #[serde(default = "one")]
    cluster_size: f64,
    #[serde(default)]
    icc: f64,
}

fn eval_mde_paired(value: &Value) -> Result<Value, StatsError> {
    let given: DetectableInput = input(value)?;
    let DetectableInput { omega2, sigma2_a, sigma2_b, k_a, k_b, n, alpha, power, cluster_size, icc } = given;
    let variance = PairedVariance { items: omega2, runs_a: sigma2_a, runs_b: sigma2_b, k_a, k_b };
    let mde = detectable_difference(variance, n, Errors { alpha, power }, clumping(cluster_size, icc))?;
    Ok(json!({ "mde": mde }))
}

fn clumping(cluster_size: f64, intraclass_correlation: f64) -> Clumping {
    Clumping { cluster_size, intraclass_correlation }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FailuresInput {
    #[serde(default)]
    max_failures: u64,
    p_max: f64,
    #[serde(default = "ninety_five")]
    conf: f64,
    #[serde(default = "one")]
    cluster_size: f64,
    #[serde(default)]
    icc: f64,
}

fn sample_size_zero_failure(value: &Value) -> Result<Value, StatsError> {
    let FailuresInput { max_failures, p_max, conf, cluster_size, icc } = input(value)?;
    if max_failures > 0 {
        return Err(StatsError::Input { why: "max_failures: that is sample_size_k_failures".into() });
    }
    Ok(json!({ "n": zero_failures(p_max, Level::new(conf)?, clumping(cluster_size, icc))? }))
}

fn sample_size_k_failures(value: &Value) -> Result<Value, StatsError> {
    let FailuresInput { max_failures, p_max, conf, cluster_size, icc } = input(value)?;
    Ok(json!({ "n": k_failures(max_failures, p_max, Level::new(conf)?, clumping(cluster_size, icc))? }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KappaInput {
    rate1: f64,
    rate2: f64,
    kappa1: f64,
    kappa0: f64,
    #[serde(default = "five_percent")]
    alpha_one_sided: f64,
    #[serde(default = "four_fifths")]
    power: f64,
}

fn kappa_sample_size(value: &Value) -> Result<Value, StatsError> {
    let KappaInput { rate1, rate2, kappa1, kappa0, alpha_one_sided, power } = input(value)?;
    let n = kappa_size(KappaStudy {
        rate_1: rate1,
        rate_2: rate2,
        kappa_1: kappa1,
        kappa_0: kappa0,
        alpha: alpha_one_sided,
        power,
    })?;
    Ok(json!({ "n_real": n, "n_ceil": whole(n)? }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AllocationInput {
    m: u64,
    p: f64,
    q0_pilot: f64,
    q1_pilot: f64,
    m_pilot: u64,
}

fn judge_calibration_allocation(value: &Value) -> Result<Value, StatsError> {
    let AllocationInput { m, p, q0_pilot, q1_pilot, m_pilot } = input(value)?;
    let judge = PilotJudge { called_right: p, specificity: q0_pilot, sensitivity: q1_pilot, pilot: m_pilot };
    let division = allocate(m, judge)?;
    Ok(json!({ "m0": division.wrong, "m1": division.right }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SprtInput {
    p0: f64,
    p1: f64,
    alpha: f64,
    beta: f64,
    failures: Option<u64>,
    n: Option<u64>,
}

fn sprt(value: &Value) -> Result<Value, StatsError> {
    let SprtInput { p0, p1, alpha, beta, failures, n } = input(value)?;
    let test = Sprt::new(p0, p1, alpha, beta)?;
    let mut out = json!({
        "log_upper": test.log_upper,
        "log_lower": test.log_lower,
        "llr_per_failure": test.per_failure,
        "llr_per_success": test.per_success,
        "n_zero_failures_to_accept": test.cases_without_failure(),
    });
    match (failures, n) {
        (Some(failures), Some(n)) => {
            out["llr"] = json!(test.log_ratio(failures, n)?);
            out["decision"] = json!(test.decide(failures, n)?);
        }
        (None, None) => {}
        _ => return Err(StatsError::Input { why: "failures and n: give both, or neither".into() }),
    }
    Ok(out)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SequenceInput {
    sum: f64,
    n: f64,
    #[serde(default = "ninety_five")]
    conf: f64,
}

fn confidence_sequence(value: &Value) -> Result<Value, StatsError> {
    let SequenceInput { sum, n, conf } = input(value)?;
    let interval = anytime(sum, n, Level::new(conf)?)?;
    Ok(json!({ "lower": interval.lower(), "upper": interval.upper() }))
}
