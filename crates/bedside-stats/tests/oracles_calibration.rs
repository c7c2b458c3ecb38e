//! Calibration, decision and harm against the oracle file.

mod oracle;

#[test]
fn calibration_and_harm_agree_with_the_oracles() {
    oracle::check(&[
        "probability_scores",
        "ece",
        "brier_decomposition",
        "calibration_slope",
        "spiegelhalter_z",
        "aurc",
        "classification",
        "decision_curve",
        "severity_weighted_harm",
        "triage",
    ]);
}
