//! Methods of [`crate::interval`], [`crate::difference`], [`crate::rate`], [`crate::rare`] and [`crate::bootstrap`] by name.

mod counts;
mod differences;
mod rates;
mod resampling;
mod scores;

use super::{Named, input};
use crate::{Interval, Level, StatsError};

pub(super) const METHODS: &[Named] = &[
    counts::WILSON,
    counts::CLOPPER_PEARSON,
    counts::JEFFREYS,
    counts::AGRESTI_COULL,
    counts::BINOMIAL_TEST,
    counts::BETA_RATE,
    differences::NEWCOMBE,
    differences::NEWCOMBE_PAIRED,
    differences::BONETT_PRICE,
    differences::TWO_PROPORTION_Z,
    rates::POISSON_UPPER,
    rates::POISSON,
    rates::CRITICAL_FAILURE,
    rates::DESIGN_EFFECT,
    scores::CLT,
    scores::CLUSTER,
    resampling::JACKKNIFE,
    resampling::BCA,
    resampling::EXHAUSTIVE,
    resampling::CLUSTER_BOOTSTRAP,
];

/// The confidence level when none is given.
fn ninety_five() -> Level {
    Level::NINETY_FIVE
}

/// The seed when none is given: any, as long as it stays.
fn first_seed() -> u64 {
    1
}

fn ends(interval: Interval) -> [f64; 2] {
    [interval.lower(), interval.upper()]
}

/// Two lists that must be of one length.
fn same_length(first: (&str, usize), second: (&str, usize)) -> Result<(), StatsError> {
    if first.1 == second.1 {
        return Ok(());
    }
    Err(StatsError::Input { why: format!("`{}` has {} entries and `{}` has {}", first.0, first.1, second.0, second.1) })
}
