//! Differential item functioning by name.

use super::{Named, input};
use crate::items::dif::{Class, Stratum, mantel_haenszel};
use crate::{Figure, StatsError};
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) const MANTEL_HAENSZEL: Named = Named {
    name: "mantel_haenszel_dif",
    about: "Odds ratio of a right answer, reference against focal group of the same ability, from a fourfold table for each stratum",
    example: r#"{"tables_ref_focal_by_correct_wrong": [[[20, 10], [15, 15]], [[30, 5], [22, 8]], [[12, 18], [8, 22]]]}"#,
    run: mantel_haenszel_dif,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tables {
    tables_ref_focal_by_correct_wrong: Vec<[[f64; 2]; 2]>,
}

fn mantel_haenszel_dif(value: &Value) -> Result<Value, StatsError> {
    let Tables { tables_ref_focal_by_correct_wrong: tables } = input(value)?;
    let strata: Vec<_> = tables.iter().map(|&[reference, focal]| Stratum { reference, focal }).collect();
    let found = mantel_haenszel(&strata)?;
    Ok(json!({
        "or_mh": found.odds_ratio,
        "log_or": found.ln_odds_ratio,
        "log_or_se_rbg": found.se.map_or(Figure::Undefined, Figure::from),
        "chi2_cc": found.chi_square_corrected,
        "p_cc": found.p_corrected,
        "chi2": found.chi_square,
        "p": found.p,
        "breslow_day": found.breslow_day,
        "breslow_day_p": found.breslow_day_p,
        "delta_mh_ets": found.delta,
        "ets_class": found.class.map_or("undefined", |class| match class {
            Class::A => "A",
            Class::B => "B",
            Class::C => "C",
        }),
        "exploratory": found.exploratory,
    }))
}
