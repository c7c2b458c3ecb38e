//! Variance components against the oracle file.

mod oracle;

#[test]
fn variances_agree_with_the_oracles() {
    oracle::check(&[
        "g_study_p_x_i",
        "g_study_p_x_i_x_j",
        "g_study_p_x_r_in_t",
        "variance_components_reml",
        "item_vs_run_variance",
    ]);
}
