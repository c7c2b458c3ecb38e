//! Methods of [`crate::variance`] by name.

mod designs;
mod one_way;
mod shares;

use super::{Named, input};

pub(super) const METHODS: &[Named] = &[
    designs::PERSONS_BY_ITEMS,
    designs::PERSONS_BY_ITEMS_BY_JUDGES,
    designs::PERSONS_BY_RATERS_IN_TASKS,
    one_way::REML,
    one_way::ITEMS_AND_RUNS,
    shares::SHARES,
    shares::CHEAPEST,
];
