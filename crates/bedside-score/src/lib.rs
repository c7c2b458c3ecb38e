//! What an answer is worth against its reference.
//!
//! This crate is pure: texts go in, numbers or a typed refusal come out. It reads no file, asks no model and keeps no
//! state, so scoring twice is free and gives the same number.
//!
//! ```
//! use bedside_score::text::rouge::RougeScores;
//!
//! let reference = "Patient denies chest pain.\nStart aspirin 81 mg daily.";
//! let scores = RougeScores::new(reference, "Patient has chest pain.\nStart aspirin 81 mg daily.")?;
//! assert!(scores.rouge1.f1 > 0.88); // and yet the note now says the opposite
//! # Ok::<(), bedside_score::text::TextError>(())
//! ```
//!
//! # Map
//!
//! - [`catalogue()`]: every kind of scorer with its metrics; [`Scorer`]: one of them, as `[[scorer]]` asks for it.
//! - [`choice`], [`short_answer`], [`numeric`], [`codes`], [`overlap`]: what each metric estimates and when it misleads.
//! - [`refusal`]: when an output declines to answer. [`limits`]: how much of an output is read.
//! - [`text`]: overlap of words and characters (ROUGE, BLEU, chrF), each equal to a named Python package.

mod catalogue;
pub mod choice;
pub mod codes;
mod fold;
pub mod limits;
mod marked;
pub mod numeric;
mod output;
pub mod overlap;
pub mod refusal;
mod scorer;
pub mod short_answer;
mod statement;
pub mod text;

pub use catalogue::catalogue;
pub use scorer::{Scorer, ScorerError};
