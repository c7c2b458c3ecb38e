//! Reliability against the oracle file.

mod oracle;

#[test]
fn reliability_agrees_with_the_oracles() {
    oracle::check(&["pass_hat_k", "worst_at_k", "run_consistency", "prompt_sensitivity"]);
}
