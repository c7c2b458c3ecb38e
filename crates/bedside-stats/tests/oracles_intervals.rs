//! Intervals, bounds, resampling: every entry of the oracle file, and every example.

mod oracle;

use bedside_stats::named;
use serde_json::{Value, json};

const METHODS: [&str; 18] = [
    "proportion_ci_wilson",
    "proportion_ci_clopper_pearson",
    "proportion_ci_jeffreys",
    "proportion_ci_agresti_coull",
    "two_proportion_diff_newcombe",
    "two_proportion_z",
    "binomial_test",
    "paired_prop_diff_bonett_price",
    "poisson_rate_upper",
    "poisson_rate_ci",
    "critical_failure_upper_bound",
    "score_se_clt",
    "score_se_cluster",
    "design_effect",
    "jackknife",
    "bootstrap_bca",
    "bootstrap_exhaustive",
    "bayes_beta_rate",
];

#[test]
fn every_entry_agrees() {
    oracle::check(&METHODS);
}

fn run(method: &str, input: &Value) -> Result<Value, bedside_stats::StatsError> {
    (named::find(method).expect("a method of this name").run)(input)
}

#[test]
fn examples_run() {
    for method in METHODS.into_iter().chain(["paired_prop_diff_newcombe", "cluster_bootstrap"]) {
        let named = named::find(method).expect("a method of this name");
        let input = serde_json::from_str(named.example).expect("the example is JSON");
        let found = (named.run)(&input).unwrap_or_else(|error| panic!("{method}: {error}"));
        assert!(!found.to_string().contains("null"), "{method}: {found}");
    }
}

#[test]
fn degenerate_scores_get_words_or_an_interval_with_a_width() {
    for (input, se) in [
        (json!({ "scores": [1] }), json!("not_identifiable")),
        (json!({ "scores": [1, 1, 1, null] }), json!(0.0)),
        (json!({ "scores": [0.5, 0.5] }), json!(0.0)),
    ] {
        let found = run("score_se_clt", &input).expect("scores");
        assert_eq!(found["se_n_minus_1"], se, "{input}");
        let width = found["upper"].as_f64().expect("a number") - found["lower"].as_f64().expect("a number");
        assert!(width > 0.1, "{input}: {found}");
    }
    let off_scale = run("score_se_clt", &json!({ "scores": [3, 3, 3] })).expect("scores");
    assert_eq!(off_scale["lower"], "not_identifiable");
    assert_eq!(off_scale["se_bernoulli"], "undefined");
    let one = run("score_se_cluster", &json!({ "scores": [1, 0, 1], "clusters": ["a", "a", "a"] })).expect("scores");
    assert_eq!(
        (&one["se_cr1_stata"], &one["lower"], &one["upper"]),
        (&json!("not_identifiable"), &json!(0.0), &json!(1.0))
    );
    for empty in [json!({ "scores": [] }), json!({ "scores": [null] })] {
        assert!(run("score_se_clt", &empty).is_err());
    }
}

#[test]
fn what_does_not_fit_is_said() {
    for (method, input, words) in [
        ("proportion_ci_wilson", json!({ "successes": 5, "n": 4 }), "5 successes in 4 trials"),
        ("proportion_ci_wilson", json!({ "successes": 5, "n": 4, "level": 0.9 }), "unknown field `level`"),
        ("proportion_ci_wilson", json!({ "successes": 5, "n": 9, "conf": 95 }), "not between 0 and 1"),
        ("binomial_test", json!({ "k": 1, "n": 2 }), "missing field `p0`"),
        ("poisson_rate_ci", json!({ "events": 1, "exposure": 0 }), "exposure 0"),
        ("score_se_cluster", json!({ "scores": [1, 0], "clusters": [1] }), "`scores` has 2 entries"),
        ("bootstrap_bca", json!({ "x": [1, 1, 1], "statistic": "mean" }), "resamples that differ"),
        ("jackknife", json!({ "x": [1, 2, 3], "statistic": "pearson" }), "takes `x` and `y`"),
        ("bootstrap_exhaustive", json!({ "x": vec![1; 13] }), "at most 12"),
        ("cluster_bootstrap", json!({ "scores": [1, 1], "clusters": [0, 1] }), "clusters that differ"),
        ("critical_failure_upper_bound", json!({ "failures": 0, "n": 3, "design_effect": -1 }), "design effect -1"),
    ] {
        let error = run(method, &input).expect_err("does not fit").to_string();
        assert!(error.contains(words), "{method}: {error}");
    }
}

#[test]
fn samples_that_came_out_alike_have_no_z_and_an_interval() {
    let found = run("two_proportion_z", &json!({ "x1": 5, "n1": 5, "x2": 9, "n2": 9 })).expect("shares");
    assert_eq!((&found["z"], &found["p"]), (&json!("undefined"), &json!("undefined")));
    assert!(found["lower"].as_f64().is_some_and(|lower| lower < -0.2));
}
