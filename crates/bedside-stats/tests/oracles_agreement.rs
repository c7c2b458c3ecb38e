//! Agreement, against independent answers.

mod oracle;

#[test]
fn agreement_methods_give_the_answers_of_others() {
    oracle::check(&[
        "cohen_kappa",
        "kappa_paradox",
        "chance_corrected_agreement",
        "fleiss_kappa",
        "gwet_ac1",
        "gwet_ac2",
        "krippendorff_alpha",
        "icc_all_six",
        "cronbach_alpha",
        "kendall_w",
        "bland_altman",
        "lin_ccc",
        "spearman_brown",
        "disattenuation",
        "dawid_skene_em",
        "alt_test",
        "position_bias",
    ]);
}
