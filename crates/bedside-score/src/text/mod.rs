//! Overlap of a candidate text with a reference text.
//!
//! Every function here repeats the numbers of one named Python package, so that a published score can be checked
//! and a new one can stand beside it:
//!
//! | module | repeats | tokens |
//! | --- | --- | --- |
//! | [`rouge`] | `rouge-score` 0.1.2, no stemmer | lower-cased runs of `a-z0-9` |
//! | [`rouge_legacy`] | `rouge` 1.0.1, an older and different package | what stands between white space |
//! | [`bleu`] | `sacrebleu` 2.6.0, tokeniser 13a | words and punctuation |
//! | [`chrf`] | `sacrebleu` 2.6.0, chrF2 and chrF2++ | characters |
//!
//! # What these numbers do not say
//!
//! Overlap is no measure of clinical correctness. "Patient denies chest pain" and "patient has chest pain" share three
//! words of four, and a dose that is wrong by a factor of ten costs one token. A faithful note in other words than the
//! reference scores low; a copied transcript does not score zero. Use overlap to compare with published work, to see
//! that an output is not garbage, and never alone as evidence that a note is safe.
//!
//! # What is refused
//!
//! Time and memory are bounded by [`limits`]. A text beyond a limit is refused with a [`TextError`]; it is never cut,
//! because the score of half a note looks like the score of a note.

pub mod bleu;
pub mod chrf;
mod error;
mod lcs;
pub mod limits;
mod ngrams;
pub mod rouge;
pub mod rouge_legacy;
mod segment;
mod tokenize;
mod vocabulary;

pub use error::{Side, TextError, Unit};
pub use segment::Segment;
