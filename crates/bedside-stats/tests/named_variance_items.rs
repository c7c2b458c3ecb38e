//! The examples that `bedside stat --list` shows run.

use bedside_stats::named;

#[test]
fn every_example_runs() {
    for name in [
        "g_study_p_x_i",
        "g_study_p_x_i_x_j",
        "g_study_p_x_r_in_t",
        "variance_components_reml",
        "item_vs_run_variance",
        "variance_shares",
        "cheapest_design",
        "kr20",
        "mokken_scalability",
        "irt_1pl_mml",
        "irt_2pl_mml",
        "irt_ability",
        "irt_information",
        "mantel_haenszel_dif",
    ] {
        let method = named::find(name).unwrap_or_else(|| panic!("no {name}"));
        let example = serde_json::from_str(method.example).unwrap_or_else(|error| panic!("{name}: {error}"));
        let found = (method.run)(&example).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(found.is_object(), "{name}: {found}");
        assert!(!found.to_string().contains("null") || name == "variance_shares", "{name}: {found}");
    }
}
