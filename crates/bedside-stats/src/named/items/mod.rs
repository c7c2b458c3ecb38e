//! Methods of [`crate::items`] by name.

mod classical;
mod curves;
mod dif;

use super::{Named, input};
use crate::StatsError;
use crate::items::Responses;
use serde::Deserialize;

pub(super) const METHODS: &[Named] = &[
    classical::KR20,
    classical::MOKKEN,
    curves::ONE_PARAMETER,
    curves::TWO_PARAMETER,
    curves::ABILITY,
    curves::INFORMATION,
    dif::MANTEL_HAENSZEL,
];

/// Answers of `n` takers, each 0, 1 or null.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pattern {
    u: Vec<Option<u8>>,
    n: u64,
}

fn answers(cells: &[Option<u8>]) -> Result<Vec<Option<bool>>, StatsError> {
    let answer = |cell: &Option<u8>| match cell {
        None => Ok(None),
        Some(0) => Ok(Some(false)),
        Some(1) => Ok(Some(true)),
        Some(other) => Err(StatsError::Input { why: format!("an answer is 0, 1 or null, not {other}") }),
    };
    cells.iter().map(answer).collect()
}

fn table(patterns: &[Pattern]) -> Result<Responses, StatsError> {
    let rows: Result<Vec<_>, _> = patterns.iter().map(|pattern| Ok((answers(&pattern.u)?, pattern.n))).collect();
    Responses::counted(rows?)
}
