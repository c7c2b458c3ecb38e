//! Item statistics against the oracle file.

mod oracle;

#[test]
fn items_agree_with_the_oracles() {
    oracle::check(&["irt_1pl_mml", "irt_2pl_mml", "irt_ability", "irt_information", "kr20", "mantel_haenszel_dif"]);
}
