//! Item response models for right and wrong answers: a curve for each item, an ability for each taker.
//!
//! `P(right | θ) = 1 / (1 + exp(-a (θ - b)))` with discrimination `a` and difficulty `b`; `d = -a b` is the intercept. Abilities
//! of takers are standard normal by definition, which fixes the scale.

mod ability;
mod errors;
mod expectation;
mod fit;
mod grid;
mod maximisation;
mod model;

pub use ability::{Ability, ability};
pub use fit::{Fit, FittedItem, StandardErrors, WhenFew, one_parameter, two_parameter};
pub use model::{Information, Item, information};

/// Below this many takers no item response model is fitted, forced or not (SCIENCE.md section 1.3).
pub const TAKERS_FOR_ANY: u64 = 11;
/// Below this many takers one-parameter curves are refused unless forced.
pub const TAKERS_FOR_ONE: u64 = 30;
/// Below this many takers two-parameter curves are refused unless forced: discriminations are then unstable.
pub const TAKERS_FOR_TWO: u64 = 200;
