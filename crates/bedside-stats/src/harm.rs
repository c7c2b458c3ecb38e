//! Harm by its severity, and triage that goes too low or too high.

mod severity;
mod triage;

pub use severity::{Harm, LevelRate, Severity, severity_weighted_harm};
pub use triage::{Triage, triage};
