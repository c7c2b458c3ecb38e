//! A run and its audit, as lists.

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::{conf, ends, input};
use crate::correction::{AuditDesign, JudgedRun, two_phase_regression};
use crate::{Level, StatsError};

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum DesignInput {
    Random,
    Stratified,
    Flagged,
    Unknown,
}

/// One run an item. `audit_design` is `random` unless it says otherwise; strata are of all answers, probabilities of the
/// audited.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TwoPhaseInput {
    y_all: Vec<f64>,
    audit_index: Vec<usize>,
    gold_on_audit: Vec<f64>,
    #[serde(default)]
    clusters: Option<Vec<u32>>,
    #[serde(default)]
    strata: Option<Vec<u32>>,
    #[serde(default)]
    probabilities: Option<Vec<f64>>,
    #[serde(default)]
    audit_design: Option<DesignInput>,
    #[serde(default = "conf")]
    conf: Level,
}

impl TwoPhaseInput {
    fn runs(&self) -> Result<Vec<JudgedRun>, StatsError> {
        let n = self.y_all.len();
        let wrong = |why: String| Err(StatsError::Input { why });
        for (name, labels) in [("clusters", &self.clusters), ("strata", &self.strata)] {
            if let Some(labels) = labels.as_ref().filter(|labels| labels.len() != n) {
                return wrong(format!("{n} answers and {} {name}", labels.len()));
            }
        }
        let m = self.audit_index.len();
        let probabilities = self.probabilities.clone().unwrap_or_else(|| vec![1.0; m]);
        if self.gold_on_audit.len() != m || probabilities.len() != m {
            return wrong(format!(
                "{m} indices, {} audited scores, {} probabilities",
                self.gold_on_audit.len(),
                probabilities.len()
            ));
        }
        let mut runs: Vec<JudgedRun> =
            (0..).zip(&self.y_all).map(|(item, judge)| JudgedRun::independent(item, *judge, None)).collect();
        for (at, run) in runs.iter_mut().enumerate() {
            run.cluster = self.clusters.as_ref().map_or(run.item, |labels| labels[at]);
            run.stratum = self.strata.as_ref().map_or(0, |labels| labels[at]);
        }
        for (index, (gold, probability)) in self.audit_index.iter().zip(self.gold_on_audit.iter().zip(probabilities)) {
            match runs.get_mut(*index) {
                Some(run) if run.gold.is_none() => (run.gold, run.probability) = (Some(*gold), probability),
                Some(_) => return wrong(format!("answer {index} was audited twice")),
                None => return wrong(format!("answer {index} of {n} was audited")),
            }
        }
        Ok(runs)
    }
}

pub(super) fn run(value: &Value) -> Result<Value, StatsError> {
    let given: TwoPhaseInput = input(value)?;
    let design = match given.audit_design {
        None | Some(DesignInput::Random) => AuditDesign::Random,
        Some(DesignInput::Stratified) => AuditDesign::Stratified,
        Some(DesignInput::Flagged) => AuditDesign::Flagged,
        Some(DesignInput::Unknown) => AuditDesign::Unknown,
    };
    let found = two_phase_regression(&given.runs()?, design, given.conf)?;
    Ok(json!({
        "lambda": found.lambda,
        "estimate": found.raw,
        "se": found.se_simple,
        "se_influence": found.se,
        "df": found.freedom,
        "ci": ends(&found.estimate),
        "judge_mean": found.judge_mean,
        "method": found.estimate.method(),
    }))
}
