//! Measurements and rankings.

use super::{level, ninety_five, reported};
use crate::agreement::bland_altman::{BlandAltman, Limit};
use crate::agreement::composite::{Reliability, cronbach, cronbach_estimate, disattenuated, spearman_brown};
use crate::agreement::icc::{Icc, IccKind};
use crate::agreement::{kendall::kendall_w, lin::lin};
use crate::named::{Named, input};
use crate::{Interval, StatsError};
use serde::Deserialize;
use serde_json::{Map, Value, json};

pub(super) const ICC_ALL_SIX: Named = Named {
    name: "icc_all_six",
    about: "the six intraclass correlations with F intervals, from a complete table, targets in rows",
    example: r#"{"targets_by_judges": [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]}"#,
    run: icc_all_six,
};

pub(super) const CRONBACH_ALPHA: Named = Named {
    name: "cronbach_alpha",
    about: "Cronbach's alpha of a sum of items with Feldt's interval, from a complete table, persons in rows",
    example: r#"{"rows_by_items": [[2, 3, 3], [4, 4, 5], [1, 2, 1], [5, 4, 4]]}"#,
    run: cronbach_alpha,
};

pub(super) const KENDALL_W: Named = Named {
    name: "kendall_w",
    about: "Kendall's W of several raters, corrected for ties, from ratings or ranks, subjects in rows",
    example: r#"{"subjects_by_raters": [[1, 1, 2], [2, 2, 1], [3, 3, 3], [4, 5, 4], [5, 4, 5]]}"#,
    run: kendall,
};

pub(super) const BLAND_ALTMAN: Named = Named {
    name: "bland_altman",
    about: "bias and limits of agreement of two instruments with their intervals, from paired measurements",
    example: r#"{"a": [494, 395, 516, 434, 476], "b": [512, 430, 520, 428, 500]}"#,
    run: bland_altman,
};

pub(super) const LIN_CCC: Named = Named {
    name: "lin_ccc",
    about: "Lin's concordance correlation of two instruments with its interval, from paired measurements",
    example: r#"{"a": [494, 395, 516, 434, 476], "b": [512, 430, 520, 428, 500]}"#,
    run: lin_ccc,
};

pub(super) const SPEARMAN_BROWN: Named = Named {
    name: "spearman_brown",
    about: "reliability of tests k times as long, from the reliability r of one",
    example: r#"{"r": 0.6, "k": [0.5, 2, 5], "ci": [0.4, 0.75]}"#,
    run: lengthened,
};

pub(super) const DISATTENUATION: Named = Named {
    name: "disattenuation",
    about: "correlation of error-free measurements, from the observed one and both reliabilities; an interval needs n",
    example: r#"{"r_xy": 0.45, "rel_x": 0.8, "rel_y": 0.6, "n": 100}"#,
    run: disattenuation,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IccInput {
    targets_by_judges: Vec<Vec<f64>>,
    #[serde(default = "ninety_five")]
    conf: f64,
    #[serde(default)]
    seed: u64,
}

fn icc_all_six(given: &Value) -> Result<Value, StatsError> {
    let IccInput { targets_by_judges, conf, seed } = input(given)?;
    let (icc, level) = (Icc::new(&targets_by_judges)?, level(conf)?);
    let mut found = Map::new();
    for (name, kind) in ["ICC1", "ICC2", "ICC3", "ICC1k", "ICC2k", "ICC3k"].into_iter().zip(IccKind::ALL) {
        found.insert(name.into(), json!(icc.value(kind)));
        found.insert(format!("ci_{name}"), ends(icc.interval(kind, level)));
        found.insert(format!("estimate_{name}"), reported(icc.estimate(kind, level, seed))?);
    }
    found.insert("MS_targets".into(), json!(icc.ms_targets));
    found.insert("MS_judges".into(), json!(icc.ms_judges));
    found.insert("MS_error".into(), json!(icc.ms_error));
    found.insert("MS_within".into(), json!(icc.ms_within));
    found.insert("F_1".into(), json!(icc.f(IccKind::OneWaySingle)));
    found.insert("F_2_3".into(), json!(icc.f(IccKind::AgreementSingle)));
    Ok(found.into())
}

fn ends(interval: Option<Interval>) -> Value {
    interval.map_or(json!("undefined"), |interval| json!([interval.lower(), interval.upper()]))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CronbachInput {
    rows_by_items: Vec<Vec<f64>>,
    #[serde(default = "ninety_five")]
    conf: f64,
}

fn cronbach_alpha(given: &Value) -> Result<Value, StatsError> {
    let CronbachInput { rows_by_items, conf } = input(given)?;
    Ok(json!({
        "alpha": cronbach(&rows_by_items)?,
        "estimate": reported(cronbach_estimate(&rows_by_items, level(conf)?))?,
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KendallInput {
    subjects_by_raters: Vec<Vec<f64>>,
    #[serde(default = "ninety_five")]
    conf: f64,
}

fn kendall(given: &Value) -> Result<Value, StatsError> {
    let KendallInput { subjects_by_raters, conf } = input(given)?;
    let found = kendall_w(&subjects_by_raters)?;
    Ok(json!({
        "W_corrected_for_ties": found.w,
        "mean_rank_correlation": found.mean_rank_correlation,
        "chi2": found.chi_squared,
        "df": found.freedom,
        "p_value": found.p_value,
        "estimate": reported(found.estimate(level(conf)?))?,
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PairsInput {
    a: Vec<f64>,
    b: Vec<f64>,
    #[serde(default = "ninety_five")]
    conf: f64,
}

fn bland_altman(given: &Value) -> Result<Value, StatsError> {
    let PairsInput { a, b, conf } = input(given)?;
    let (found, level) = (BlandAltman::new(&a, &b)?, level(conf)?);
    let (two, exact) = (found.limits(2.0), found.limits(1.96));
    Ok(json!({
        "bias": found.bias(),
        "sd": found.sd(),
        "loa_lower_2sd": two.0,
        "loa_upper_2sd": two.1,
        "loa_lower_1.96": exact.0,
        "loa_upper_1.96": exact.1,
        "bias_estimate": reported(found.bias_estimate(level))?,
        "loa_lower_estimate": reported(found.limit_estimate(Limit::Lower, 1.96, level))?,
        "loa_upper_estimate": reported(found.limit_estimate(Limit::Upper, 1.96, level))?,
    }))
}

fn lin_ccc(given: &Value) -> Result<Value, StatsError> {
    let PairsInput { a, b, conf } = input(given)?;
    let found = lin(&a, &b)?;
    Ok(json!({
        "ccc_biased_var": found.ccc,
        "pearson": found.correlation,
        "bias_correction": found.bias_correction,
        "se": found.se,
        "estimate": reported(found.estimate(level(conf)?))?,
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LengthenedInput {
    r: f64,
    k: Vec<f64>,
    /// Interval of `r`, carried over end by end.
    ci: Option<[f64; 2]>,
}

fn lengthened(given: &Value) -> Result<Value, StatsError> {
    let LengthenedInput { r, k, ci } = input(given)?;
    let of = |r: f64| k.iter().map(|&k| spearman_brown(r, k)).collect::<Result<Vec<_>, _>>();
    let mut found = json!({ "r_k": of(r)? });
    if let Some([lower, upper]) = ci {
        if !(lower <= r && r <= upper) {
            return Err(StatsError::ValueOutside { value: r, lower, upper });
        }
        found["lower_k"] = json!(of(lower)?);
        found["upper_k"] = json!(of(upper)?);
    }
    Ok(found)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DisattenuationInput {
    r_xy: f64,
    rel_x: f64,
    rel_y: f64,
    /// Subjects behind `r_xy`; without them there is no interval.
    n: Option<u64>,
    /// Intervals of the reliabilities; taken as known if absent.
    rel_x_ci: Option<(f64, f64)>,
    rel_y_ci: Option<(f64, f64)>,
    #[serde(default = "ninety_five")]
    conf: f64,
}

fn disattenuation(given: &Value) -> Result<Value, StatsError> {
    let DisattenuationInput { r_xy, rel_x, rel_y, n, rel_x_ci, rel_y_ci, conf } = input(given)?;
    let (x, y) = (Reliability { value: rel_x, interval: rel_x_ci }, Reliability { value: rel_y, interval: rel_y_ci });
    let found = disattenuated(r_xy, x, y, n, level(conf)?)?;
    let mut shown = json!({ "r_true": found.correlation, "above_1": found.correlation.abs() > 1.0 });
    if let Some(interval) = found.interval {
        shown["ci"] = json!([interval.lower(), interval.upper()]);
        shown["reliabilities_taken_as_known"] = json!(rel_x_ci.is_none() || rel_y_ci.is_none());
    }
    Ok(shown)
}
