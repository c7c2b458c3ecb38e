//! Correction against the oracle file.

mod oracle;

#[test]
fn correction_agrees_with_the_oracles() {
    oracle::check(&[
        "rogan_gladen",
        "rogan_gladen_lang_reiczigel",
        "ppi_mean",
        "two_phase_regression",
        "label_noise_correction",
        "guessing_correction",
    ]);
}
