//! Comparison and planning against the oracle file.

mod oracle;

use bedside_stats::named;

const COMPARISON: &[&str] = &[
    "paired_difference",
    "mcnemar",
    "cochran_q",
    "friedman",
    "multiplicity_bonferroni",
    "multiplicity_holm",
    "multiplicity_sidak",
    "multiplicity_fdr_bh",
    "multiplicity_fdr_by",
    "paired_permutation_exact",
    "permutation_exact",
    "monte_carlo_p",
    "sharded_permutation_t",
    "wilcoxon_signed_rank",
    "tost_paired",
    "bradley_terry",
    "rank_correlation",
    "perturbation_gap",
    "subgroup_gap",
    "counterfactual_flip",
    "worst_slice",
];
const PLANNING: &[&str] = &[
    "eval_sample_size_paired",
    "eval_mde_paired",
    "sample_size_zero_failure",
    "sample_size_k_failures",
    "kappa_sample_size",
    "judge_calibration_allocation",
    "sprt",
];

#[test]
fn comparison_agrees_with_the_oracles() {
    oracle::check(COMPARISON);
}

#[test]
fn planning_agrees_with_the_oracles() {
    oracle::check(PLANNING);
}

#[test]
fn every_example_runs_and_holds_no_null() {
    for name in COMPARISON.iter().chain(PLANNING).chain(&["confidence_sequence"]) {
        let method = named::find(name).unwrap_or_else(|| panic!("no method {name}"));
        let example = serde_json::from_str(method.example).unwrap_or_else(|error| panic!("{name}: {error}"));
        let found = (method.run)(&example).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!found.to_string().contains("null"), "{name}: {found}");
    }
}

#[test]
fn unknown_fields_are_named() {
    for name in COMPARISON.iter().chain(PLANNING) {
        let method = named::find(name).unwrap_or_else(|| panic!("no method {name}"));
        let mut example: serde_json::Value = serde_json::from_str(method.example).expect("an example is JSON");
        example["colour"] = "blue".into();
        let error = (method.run)(&example).expect_err("no such field").to_string();
        assert!(error.contains("colour"), "{name}: {error}");
    }
}
