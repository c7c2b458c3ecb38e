//! Where the variance of scores comes from, and what would reduce it.
//!
//! - [`g_study`]: balanced designs by expected mean squares, and what other numbers of levels would give.
//! - [`one_way`]: groups of unequal size by restricted maximum likelihood; items and their runs.
//! - [`reml`]: several crossed factors, unbalanced, up to some hundred levels.
//! - [`shares`]: the error of a system's mean score by item, run, prompt, judge and scaffold, from tables of any size.
//! - [`cheapest`]: the cheapest design whose error is small enough.

pub mod cheapest;
mod cube;
mod dependability;
mod draws;
mod facet;
pub mod g_study;
mod moments;
pub mod one_way;
pub mod reml;
pub mod shares;
mod simplex;

pub use facet::{Cell, Facet, Term};
