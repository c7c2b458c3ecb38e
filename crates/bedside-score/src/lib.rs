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
//! - [`text`]: overlap of words and characters (ROUGE, BLEU, chrF), each equal to a named Python package.

pub mod text;
