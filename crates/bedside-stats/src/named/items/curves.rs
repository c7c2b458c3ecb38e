//! Item response models by name.

use super::{Named, Pattern, answers, input, table};
use crate::items::irt::{self, Fit, FittedItem, Item, StandardErrors, WhenFew};
use crate::{Figure, StatsError};
use serde::Deserialize;
use serde_json::{Value, json};

/// LSAT section 6: Bock and Lieberman 1970.
const LSAT: &str = r#"{"patterns": [
  {"u": [0, 0, 0, 0, 0], "n": 3}, {"u": [0, 0, 0, 0, 1], "n": 6}, {"u": [0, 0, 0, 1, 0], "n": 2}, {"u": [0, 0, 0, 1, 1], "n": 11},
  {"u": [0, 0, 1, 0, 0], "n": 1}, {"u": [0, 0, 1, 0, 1], "n": 1}, {"u": [0, 0, 1, 1, 0], "n": 3}, {"u": [0, 0, 1, 1, 1], "n": 4},
  {"u": [0, 1, 0, 0, 0], "n": 1}, {"u": [0, 1, 0, 0, 1], "n": 8}, {"u": [0, 1, 0, 1, 1], "n": 16}, {"u": [0, 1, 1, 0, 1], "n": 3},
  {"u": [0, 1, 1, 1, 0], "n": 2}, {"u": [0, 1, 1, 1, 1], "n": 15}, {"u": [1, 0, 0, 0, 0], "n": 10}, {"u": [1, 0, 0, 0, 1], "n": 29},
  {"u": [1, 0, 0, 1, 0], "n": 14}, {"u": [1, 0, 0, 1, 1], "n": 81}, {"u": [1, 0, 1, 0, 0], "n": 3}, {"u": [1, 0, 1, 0, 1], "n": 28},
  {"u": [1, 0, 1, 1, 0], "n": 15}, {"u": [1, 0, 1, 1, 1], "n": 80}, {"u": [1, 1, 0, 0, 0], "n": 16}, {"u": [1, 1, 0, 0, 1], "n": 56},
  {"u": [1, 1, 0, 1, 0], "n": 21}, {"u": [1, 1, 0, 1, 1], "n": 173}, {"u": [1, 1, 1, 0, 0], "n": 11}, {"u": [1, 1, 1, 0, 1], "n": 61},
  {"u": [1, 1, 1, 1, 0], "n": 28}, {"u": [1, 1, 1, 1, 1], "n": 298}]}"#;

pub(super) const ONE_PARAMETER: Named = Named {
    name: "irt_1pl_mml",
    about: "Difficulties and one common discrimination, with standard errors, from patterns of right and wrong answers; refused below 30 takers",
    example: LSAT,
    run: one_parameter,
};

pub(super) const TWO_PARAMETER: Named = Named {
    name: "irt_2pl_mml",
    about: "Difficulty and discrimination of each item, with standard errors, from patterns of right and wrong answers; refused below 200 takers",
    example: LSAT,
    run: two_parameter,
};

pub(super) const ABILITY: Named = Named {
    name: "irt_ability",
    about: "One taker's ability (posterior mean and mode, maximum likelihood) from answers to items of known discrimination and difficulty",
    example: r#"{"a": [1.2, 0.8, 1.5], "b": [-1.0, 0.0, 0.7], "responses": [1, 1, 0]}"#,
    run: ability,
};

pub(super) const INFORMATION: Named = Named {
    name: "irt_information",
    about: "Fisher information of items and test at an ability, from discriminations and difficulties",
    example: r#"{"a": [1.2, 0.8, 1.5], "b": [-1.0, 0.0, 0.7], "theta": 0.5}"#,
    run: information,
};

/// `force` is false if absent: fits with few takers are refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Curves {
    patterns: Vec<Pattern>,
    #[serde(default)]
    force: bool,
}

impl Curves {
    fn when_few(&self) -> WhenFew {
        if self.force { WhenFew::Force } else { WhenFew::Refuse }
    }
}

fn one_parameter(value: &Value) -> Result<Value, StatsError> {
    let curves: Curves = input(value)?;
    let fit = irt::one_parameter(&table(&curves.patterns)?, curves.when_few())?;
    let mut found = report(&fit);
    found["common_discrimination"] = json!(fit.items[0].discrimination);
    Ok(found)
}

fn two_parameter(value: &Value) -> Result<Value, StatsError> {
    let curves: Curves = input(value)?;
    let fit = irt::two_parameter(&table(&curves.patterns)?, curves.when_few())?;
    let mut found = report(&fit);
    found["at_bound"] = fit.items.iter().map(|item| item.at_bound).collect();
    Ok(found)
}

fn report(fit: &Fit) -> Value {
    let of = |parameter: fn(&FittedItem) -> Figure| fit.items.iter().map(parameter).collect::<Vec<_>>();
    let se = |error: fn(&FittedItem) -> Option<f64>| {
        let figure = |item| error(item).map_or(Figure::NotIdentifiable, Figure::from);
        fit.items.iter().map(figure).collect::<Vec<_>>()
    };
    json!({
        "loglik": fit.ln_likelihood,
        "discrimination": of(|item| item.discrimination),
        "intercept": of(|item| item.intercept),
        "difficulty": of(|item| item.difficulty),
        "se_discrimination": se(|item| item.se_discrimination),
        "se_intercept": se(|item| item.se_intercept),
        "se_difficulty": se(|item| item.se_difficulty),
        "se_from": match fit.standard_errors {
            StandardErrors::Joint => "joint information",
            StandardErrors::ItemByItem => "item by item, the others held fixed",
            StandardErrors::Singular => "singular information: the data do not determine the parameters",
        },
        "takers": fit.takers,
        "steps": fit.steps,
    })
}

/// `prior` is the standard normal law, which defines the scale; no other is known by name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Taker {
    a: Vec<f64>,
    b: Vec<f64>,
    responses: Vec<Option<u8>>,
    prior: Option<Prior>,
}

#[derive(Deserialize)]
enum Prior {
    #[serde(rename = "N(0,1)")]
    StandardNormal,
}

fn ability(value: &Value) -> Result<Value, StatsError> {
    let Taker { a, b, responses, prior } = input(value)?;
    let Prior::StandardNormal = prior.unwrap_or(Prior::StandardNormal);
    let found = irt::ability(&items(&a, &b)?, &answers(&responses)?)?;
    let mut report = json!({
        "eap": found.eap,
        "eap_sd": found.eap_sd,
        "map": found.map,
        "map_se": found.map_se,
        "ml": found.ml,
    });
    if let Some(se) = found.ml_se {
        report["ml_se"] = json!(se);
    }
    Ok(report)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    a: Vec<f64>,
    b: Vec<f64>,
    theta: f64,
}

fn information(value: &Value) -> Result<Value, StatsError> {
    let Place { a, b, theta } = input(value)?;
    let found = irt::information(&items(&a, &b)?, theta)?;
    Ok(json!({ "item_information": found.items, "test_information": found.test, "p": found.right }))
}

fn items(a: &[f64], b: &[f64]) -> Result<Vec<Item>, StatsError> {
    if a.len() != b.len() {
        return Err(StatsError::Input { why: format!("{} discriminations a and {} difficulties b", a.len(), b.len()) });
    }
    a.iter().zip(b).map(|(&a, &b)| Item::new(a, b)).collect()
}
