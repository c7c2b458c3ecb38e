//! Items: how hard they are, how well they tell takers apart, and whether they fit together.
//!
//! A *taker* is whoever answers the items: a system, or one configuration of it. Benchmarks have thousands of items and few
//! takers, the reverse of an exam, and most of what is known about item response models assumes the exam. Hence the refusals:
//!
//! | takers | what may be fitted |
//! | --- | --- |
//! | up to 10 | classical statistics only: [`classical`], [`mokken`] |
//! | 11 to 29 | nothing more, unless forced |
//! | 30 and more | [`irt::one_parameter`] |
//! | 200 and more | [`irt::two_parameter`] |
//!
//! [`irt::ability`] and [`irt::information`] take item parameters that are already known, from however few takers.
//! [`dif`] asks whether an item is harder for one group than for another of the same ability.
//!
//! A flagged item is a suspicion, never a verdict: flags choose what to audit.

pub mod classical;
pub mod dif;
pub mod irt;
pub mod mokken;
mod responses;

pub use responses::Responses;
