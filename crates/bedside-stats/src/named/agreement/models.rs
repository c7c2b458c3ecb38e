//! Models of raters and judges.

use super::{Cells, level, ninety_five, reported};
use crate::StatsError;
use crate::agreement::Ratings;
use crate::agreement::alt_test::{Score, Settings, alt_test};
use crate::agreement::dawid_skene::{DawidSkene, STEPS};
use crate::agreement::hui_walter::{HuiWalter, Share, TwoByTwo};
use crate::agreement::position::PositionBias;
use crate::interval::wilson;
use crate::named::{Named, input};
use serde::Deserialize;
use serde_json::{Map, Value, json};

pub(super) const DAWID_SKENE_EM: Named = Named {
    name: "dawid_skene_em",
    about: "true classes and raters' errors when nobody knows the truth, from ratings of three raters or more, items in rows",
    example: r#"{"items_by_raters": [[1, 1, 0], [1, 1, 1], [0, 0, 0], [0, 1, 0], [1, 1, 1], [0, 0, 1], [1, 0, 1], [0, 0, 0]]}"#,
    run: dawid_skene_em,
};

pub(super) const HUI_WALTER: Named = Named {
    name: "hui_walter",
    about: "errors of two raters without knowing the truth, from their tables in two populations that differ in prevalence",
    example: r#"{"populations": [[[160, 180], [80, 580]], [[440, 180], [80, 300]]]}"#,
    run: hui_walter,
};

pub(super) const ALT_TEST: Named = Named {
    name: "alt_test",
    about: "against how many human raters a model may stand in, from their ratings and the model's on the same items",
    example: r#"{"human": {"a": [1, 0, 1, 1, 0, 1], "b": [1, 0, 1, 0, 0, 1], "c": [1, 0, 1, 1, 0, 0]}, "llm": [1, 0, 1, 1, 0, 1], "epsilon": 0.2}"#,
    run: alternative,
};

pub(super) const POSITION_BIAS: Named = Named {
    name: "position_bias",
    about: "whether a judge favours the answer it reads first, from pairs judged in both orders",
    example: r#"{"first_win_AB": 62, "first_win_BA": 58, "n_pairs": 100, "consistent": 70}"#,
    run: position_bias,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DawidSkeneInput {
    items_by_raters: Cells,
    /// Only "majority-vote fractions", which is what there is.
    init: Option<String>,
    /// Steps after which an iteration that has not settled is an error.
    iterations: Option<u32>,
    #[serde(default = "ninety_five")]
    conf: f64,
    #[serde(default)]
    seed: u64,
}

fn dawid_skene_em(given: &Value) -> Result<Value, StatsError> {
    let DawidSkeneInput { items_by_raters, init, iterations, conf, seed } = input(given)?;
    if let Some(init) = init.filter(|init| init != "majority-vote fractions") {
        return Err(StatsError::Input { why: format!("init \"{init}\": only \"majority-vote fractions\" is known") });
    }
    let (ratings, level) = (Ratings::by_unit(&items_by_raters)?, level(conf)?);
    let model = DawidSkene::fit(&ratings, iterations.unwrap_or(STEPS))?;
    let confusion: Vec<_> = (0..ratings.n_raters()).map(|rater| model.confusion(rater)).collect();
    let classes = 0..ratings.categories().len();
    let prevalence: Result<Vec<Value>, _> =
        classes.map(|class| reported(model.prevalence_estimate(class, level, seed))).collect();
    let mut found = json!({
        "classes": ratings.categories(),
        "prevalence": model.prevalence(),
        "posterior": model.posterior(),
        "confusion": confusion,
        "log_likelihood": model.log_likelihood(),
        "steps": model.steps(),
        "prevalence_estimate": prevalence?,
    });
    if ratings.categories().len() == 2 {
        found["posterior_class1"] = model.posterior().iter().map(|shares| json!(shares[1])).collect();
    }
    Ok(found)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HuiWalterInput {
    /// Two tables: row = first rater yes, no; column = second rater yes, no.
    populations: [[[u64; 2]; 2]; 2],
    #[serde(default = "ninety_five")]
    conf: f64,
    #[serde(default)]
    seed: u64,
}

fn hui_walter(given: &Value) -> Result<Value, StatsError> {
    let HuiWalterInput { populations, conf, seed } = input(given)?;
    let tables = populations.map(|[[both, first], [second, neither]]| TwoByTwo { both, first, second, neither });
    let (found, level) = (HuiWalter::new(tables)?, level(conf)?);
    let mut shown = Map::new();
    for (name, of) in [
        ("prevalence", Share::Prevalence as fn(usize) -> Share),
        ("sensitivity", Share::Sensitivity),
        ("specificity", Share::Specificity),
    ] {
        let estimates: Result<Vec<Value>, _> =
            [0, 1].map(|at| reported(found.estimate(of(at), level, seed))).into_iter().collect();
        shown.insert(name.into(), json!([found.share(of(0)), found.share(of(1))]));
        shown.insert(format!("{name}_estimate"), estimates?.into());
    }
    shown.insert("fits".into(), json!(found.fits()));
    Ok(shown.into())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AltTestInput {
    /// Ratings by name of the rater, in the order of the items; null for none.
    human: Map<String, Value>,
    llm: Vec<Option<f64>>,
    #[serde(default = "epsilon")]
    epsilon: f64,
    #[serde(default = "false_discovery_rate")]
    q_fdr: f64,
    #[serde(default = "accuracy")]
    score: Score,
    /// Raters with fewer items are left out; the published code has 30, here the outcome says when there were fewer.
    #[serde(default)]
    min_items: usize,
    #[serde(default = "ninety_five")]
    conf: f64,
}

fn epsilon() -> f64 {
    0.2
}

fn false_discovery_rate() -> f64 {
    0.05
}

fn accuracy() -> Score {
    Score::Accuracy
}

fn alternative(given: &Value) -> Result<Value, StatsError> {
    let AltTestInput { human, llm, epsilon, q_fdr, score, min_items, conf } = input(given)?;
    let mut humans: Vec<Vec<Option<f64>>> = Vec::new();
    for (name, ratings) in &human {
        let why = |error: serde_json::Error| StatsError::Input { why: format!("ratings of {name}: {error}") };
        humans.push(serde_json::from_value(ratings.clone()).map_err(why)?);
    }
    let settings = Settings { epsilon, false_discovery_rate: q_fdr, score, least_items: min_items };
    let found = alt_test(&humans, &llm, settings)?;
    let names: Vec<&String> = human.keys().collect();
    Ok(json!({
        "raters": found.raters.iter().map(|rater| names[rater.rater]).collect::<Vec<_>>(),
        "p_values": found.raters.iter().map(|rater| rater.p_value).collect::<Vec<_>>(),
        "advantages": found.raters.iter().map(|rater| rater.advantage).collect::<Vec<_>>(),
        "beaten": found.raters.iter().map(|rater| rater.beaten).collect::<Vec<_>>(),
        "winning_rate": found.winning_rate,
        "advantage_probability": found.advantage_probability,
        "passed": found.passed(),
        "too_few_items": found.too_few_items(),
        "advantage_estimate": reported(found.advantage_estimate(level(conf)?))?,
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PositionInput {
    /// Pairs in which the first position won, in the one order.
    #[serde(rename = "first_win_AB")]
    first_win_ab: u32,
    /// Pairs in which the first position won, in the other order.
    #[serde(rename = "first_win_BA")]
    first_win_ba: u32,
    n_pairs: u32,
    /// Pairs with the same winner in both orders.
    consistent: u32,
    #[serde(default = "ninety_five")]
    conf: f64,
}

fn position_bias(given: &Value) -> Result<Value, StatsError> {
    let PositionInput { first_win_ab, first_win_ba, n_pairs, consistent, conf } = input(given)?;
    let (audit, level) = (PositionBias::new(n_pairs, first_win_ab, first_win_ba, consistent)?, level(conf)?);
    let interval = wilson(f64::from(consistent), f64::from(n_pairs), level)?;
    Ok(json!({
        "p_binomial_first_pref": audit.p_verdicts(),
        "p_paired": audit.p_paired(),
        "always_first": audit.always_first(),
        "always_second": audit.always_second(),
        "consistency": f64::from(consistent) / f64::from(n_pairs),
        "consistency_wilson": [interval.lower(), interval.upper()],
        "consistency_estimate": reported(audit.consistency(level))?,
        "first_preference_estimate": reported(audit.first_preference(level))?,
    }))
}
