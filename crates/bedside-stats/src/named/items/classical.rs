//! Classical statistics and Mokken scalability by name.

use super::{Named, Pattern, input, table};
use crate::items::{classical::classical, mokken};
use crate::{Figure, Level, StatsError};
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) const KR20: Named = Named {
    name: "kr20",
    about: "Reliability of a sum score with its interval, and difficulty, item-total and item-rest correlation, from patterns of right and wrong answers",
    example: r#"{"patterns": [{"u": [1, 1, 1], "n": 8}, {"u": [1, 1, 0], "n": 6}, {"u": [1, 0, 0], "n": 5}, {"u": [0, 1, 0], "n": 2}, {"u": [0, 0, 0], "n": 3}]}"#,
    run: kr20,
};

pub(super) const MOKKEN: Named = Named {
    name: "mokken_scalability",
    about: "Loevinger's H of each pair of items, each item and the whole set, from patterns of right and wrong answers",
    example: r#"{"patterns": [{"u": [1, 1, 1], "n": 8}, {"u": [1, 1, 0], "n": 6}, {"u": [1, 0, 0], "n": 5}, {"u": [0, 1, 0], "n": 2}, {"u": [0, 0, 0], "n": 3}]}"#,
    run: mokken_scalability,
};

/// `conf` is 0.95 if absent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reliability {
    patterns: Vec<Pattern>,
    conf: Option<Level>,
}

fn kr20(value: &Value) -> Result<Value, StatsError> {
    let Reliability { patterns, conf } = input(value)?;
    let found = classical(&table(&patterns)?, conf.unwrap_or(Level::NINETY_FIVE))?;
    let of = |statistic: fn(&crate::items::classical::ItemStatistics) -> Figure| {
        found.items.iter().map(statistic).collect::<Vec<_>>()
    };
    Ok(json!({
        "kr20": found.kr20,
        "lower": found.kr20_interval.map_or(Figure::NotIdentifiable, |interval| Figure::from(interval.lower())),
        "upper": found.kr20_interval.map_or(Figure::NotIdentifiable, |interval| Figure::from(interval.upper())),
        "item_p": of(|item| item.difficulty),
        "item_rest_correlation": of(|item| item.item_rest),
        "item_total_correlation": of(|item| item.item_total),
        "complete_takers": found.complete_takers,
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scale {
    patterns: Vec<Pattern>,
}

fn mokken_scalability(value: &Value) -> Result<Value, StatsError> {
    let Scale { patterns } = input(value)?;
    let responses = table(&patterns)?;
    let found = mokken::scalability(&responses)?;
    Ok(json!({
        "H": found.scale,
        "H_item": found.items,
        "H_pair": mokken::pairs(&responses)?,
        "complete_takers": found.complete_takers,
    }))
}
