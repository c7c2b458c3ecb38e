//! Methods of [`crate::correction`] by name.

mod two_phase;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Named, conf, ends, input};
use crate::correction::{self, JudgeCalibration, corrected_share, lang_reiczigel};
use crate::{Figure, Level, StatsError};

pub(super) const METHODS: &[Named] = &[
    Named {
        name: "rogan_gladen",
        about: "share truly right from the share a judge passed, its sensitivity and specificity; delta-method interval",
        example: r#"{"judge_pass": 640, "n": 1000, "cal_pos": {"n": 50, "judge_pass": 46}, "cal_neg": {"n": 50, "judge_fail": 41}}"#,
        run: run_rogan_gladen,
    },
    Named {
        name: "rogan_gladen_lang_reiczigel",
        about: "the same share with Lang and Reiczigel's interval, which holds near 0 and 1; from counts or from rates",
        example: r#"{"p": 0.64, "n": 1000, "q0_specificity": 0.82, "m0": 50, "q1_sensitivity": 0.92, "m1": 50}"#,
        run: run_lang_reiczigel,
    },
    Named {
        name: "ppi_mean",
        about: "mean of audited scores sharpened by a judge's scores of other answers (PPI; PPI++ when lambda is null)",
        example: r#"{"gold": [1, 0, 1, 1], "judge_on_gold": [1, 1, 1, 0], "judge_unlabeled": [1, 0, 1, 1, 1], "lambda": null}"#,
        run: run_ppi,
    },
    Named {
        name: "two_phase_regression",
        about: "mean of a run corrected by an audit of some of its answers, from all judgements and the audited scores",
        example: r#"{"y_all": [1, 1, 0, 1, 0, 1, 1, 0, 1, 1], "audit_index": [0, 3, 4, 7], "gold_on_audit": [1, 0, 0, 0]}"#,
        run: two_phase::run,
    },
    Named {
        name: "label_noise_correction",
        about: "diagnostic only: accuracy against a perfect key, did the key's errors fall anywhere with equal chance",
        example: r#"{"observed_acc": 0.86, "label_error_rate": 0.05, "n_options": 2}"#,
        run: run_label_noise,
    },
    Named {
        name: "guessing_correction",
        about: "diagnostic only: share of items known, if all others were guessed among all options",
        example: r#"{"observed_acc": 0.62, "n_options": 4}"#,
        run: run_guessing,
    },
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Passed {
    n: f64,
    judge_pass: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Failed {
    n: f64,
    judge_fail: f64,
}

/// Counts, or rates with the numbers behind them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JudgeInput {
    n: f64,
    #[serde(default)]
    judge_pass: Option<f64>,
    #[serde(default)]
    cal_pos: Option<Passed>,
    #[serde(default)]
    cal_neg: Option<Failed>,
    #[serde(default)]
    p: Option<f64>,
    #[serde(default)]
    q0_specificity: Option<f64>,
    #[serde(default)]
    q1_sensitivity: Option<f64>,
    #[serde(default)]
    m0: Option<f64>,
    #[serde(default)]
    m1: Option<f64>,
    #[serde(default = "conf")]
    conf: Level,
}

impl JudgeInput {
    fn calibration(&self) -> Result<JudgeCalibration, StatsError> {
        let rates = (self.p, self.q1_sensitivity, self.m1, self.q0_specificity, self.m0);
        match (self.judge_pass, &self.cal_pos, &self.cal_neg, rates) {
            (Some(pass), Some(right), Some(wrong), (None, None, None, None, None)) => {
                JudgeCalibration::from_counts((pass, self.n), (right.judge_pass, right.n), (wrong.judge_fail, wrong.n))
            }
            (
                None,
                None,
                None,
                (Some(passed), Some(sensitivity), Some(positives), Some(specificity), Some(negatives)),
            ) => Ok(JudgeCalibration { passed, n: self.n, sensitivity, positives, specificity, negatives }),
            _ => Err(StatsError::Input {
                why: "give judge_pass, n, cal_pos and cal_neg; or p, n, q0_specificity, m0, q1_sensitivity and m1"
                    .into(),
            }),
        }
    }
}

fn run_rogan_gladen(value: &Value) -> Result<Value, StatsError> {
    let given: JudgeInput = input(value)?;
    let judge = given.calibration()?;
    let found = correction::rogan_gladen(&judge, given.conf)?;
    let mut answer = json!({
        "sensitivity": judge.sensitivity,
        "specificity": judge.specificity,
        "youden_j": found.youden_j,
        "raw_rate": judge.passed,
        "corrected": found.corrected,
        "se_delta": found.se,
        "ci_wald": [found.lower, found.upper],
    });
    if given.conf == Level::NINETY_FIVE {
        answer["ci95_wald"] = answer["ci_wald"].clone();
    }
    Ok(answer)
}

fn run_lang_reiczigel(value: &Value) -> Result<Value, StatsError> {
    let given: JudgeInput = input(value)?;
    let judge = given.calibration()?;
    let clipped = corrected_share(&judge, given.conf)?;
    let mut answer = match lang_reiczigel(&judge, given.conf)? {
        Some(found) => json!({
            "theta_adj": found.theta_adj,
            "dtheta": found.dtheta,
            "se": found.se,
            "ci": [found.lower, found.upper],
        }),
        None => json!({ "theta_adj": Figure::NotIdentifiable, "ci": Figure::NotIdentifiable }),
    };
    answer["youden_j"] = json!(judge.youden());
    answer["point_clipped"] =
        clipped.as_ref().map_or(json!(Figure::NotIdentifiable), |estimate| json!(estimate.value()));
    answer["ci_clipped"] = clipped.as_ref().map_or(json!(Figure::NotIdentifiable), ends);
    Ok(answer)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PpiInput {
    gold: Vec<f64>,
    judge_on_gold: Vec<f64>,
    judge_unlabeled: Vec<f64>,
    #[serde(default)]
    lambda: Option<f64>,
    #[serde(default)]
    alpha: Option<f64>,
}

fn run_ppi(value: &Value) -> Result<Value, StatsError> {
    let given: PpiInput = input(value)?;
    let level = given.alpha.map_or(Ok(conf()), |alpha| Level::new(1.0 - alpha))?;
    let found = correction::ppi_mean(&given.gold, &given.judge_on_gold, &given.judge_unlabeled, given.lambda, level)?;
    Ok(json!({
        "estimate": found.raw,
        "lambda": found.lambda,
        "se": found.se,
        "ci": [found.lower, found.upper],
        "ci_small_sample": ends(&found.estimate),
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LabelInput {
    observed_acc: f64,
    label_error_rate: f64,
    n_options: u32,
}

fn run_label_noise(value: &Value) -> Result<Value, StatsError> {
    let given: LabelInput = input(value)?;
    let corrected = correction::label_noise_correction(given.observed_acc, given.label_error_rate, given.n_options)?;
    Ok(json!({ "corrected": corrected, "diagnostic_only": true }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GuessInput {
    observed_acc: f64,
    n_options: u32,
}

fn run_guessing(value: &Value) -> Result<Value, StatsError> {
    let given: GuessInput = input(value)?;
    let knowledge = correction::guessing_correction(given.observed_acc, given.n_options)?;
    Ok(json!({ "knowledge": knowledge, "diagnostic_only": true }))
}
