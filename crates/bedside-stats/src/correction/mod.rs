//! From what a judge said to what is so: correcting a score by a smaller audit.
//!
//! | what is at hand | estimator |
//! | --- | --- |
//! | an audit of some of the run's own answers, drawn at random or by stratum | [`two_phase_regression`] |
//! | audited answers, and others that only the judge saw | [`ppi_mean`] |
//! | the judge's sensitivity and specificity from other answers | [`rogan_gladen`], [`lang_reiczigel`] |
//! | nothing but an error rate of the key, or the number of options | [`label_noise_correction`], [`guessing_correction`]: diagnostic only |
//!
//! An audit of flagged answers alone estimates nothing, whatever formula it is put through ([`AuditDesign`]).

mod audit;
mod diagnostic;
mod limits;
mod ppi;
mod rogan_gladen;
mod two_phase;
mod weights;

pub use audit::{AuditDesign, JudgedRun};
pub use diagnostic::{guessing_correction, label_noise_correction};
pub use ppi::{Ppi, ppi_mean};
pub use rogan_gladen::{JudgeCalibration, LangReiczigel, RoganGladen, corrected_share, lang_reiczigel, rogan_gladen};
pub use two_phase::{TwoPhase, two_phase_regression};
