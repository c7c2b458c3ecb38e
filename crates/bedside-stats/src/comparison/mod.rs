//! Paired comparison of systems on the same items: differences, tests, equivalence, multiplicity, ranks.
//!
//! | question | here |
//! | --- | --- |
//! | by how much does A differ from B on the same items? | [`paired::PairedItems`], [`difference::Difference`] |
//! | is A better, worse, equivalent, or can we not tell? | [`answer::Answer`] |
//! | in which slices? | [`slices`] |
//! | which of many systems is best, and which ranks are possible? | [`ranks`], [`bradley_terry`] |
//! | the classical tests | [`discordant`], [`several`], [`permutation`], [`wilcoxon`], [`student`], [`equivalence`] |
//! | many tests at once | [`multiplicity`] |
//! | do two measures agree in order? | [`correlation`] |
//!
//! Comparing two systems on the same items by the intervals of their two scores throws the pairing away: they overlap long after
//! the difference is clear. A test without an interval does not say how much; "not significant" is not "the same".

pub mod answer;
pub mod bradley_terry;
pub mod correlation;
pub mod difference;
pub mod discordant;
pub mod equivalence;
mod law;
pub mod multiplicity;
pub mod paired;
pub mod permutation;
pub mod ranks;
pub mod several;
pub mod slices;
pub mod student;
pub(crate) mod tails;
pub mod wilcoxon;
