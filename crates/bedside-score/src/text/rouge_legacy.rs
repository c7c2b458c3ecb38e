//! ROUGE as in the PyPI package `rouge` 1.0.1, kept under its own name because shared tasks have published with it.
//!
//! It is not [`rouge`](super::rouge), and the numbers are not comparable:
//!
//! | | `rouge` 1.0.1 (here) | `rouge-score` 0.1.2 |
//! | --- | --- | --- |
//! | words | between white space; case and punctuation count | lower-cased `a-z0-9` |
//! | sentences | cut at every `.`, so "1.5 mg" is two | lines |
//! | n-grams | each different one counts once | as often as they stand |
//! | ROUGE-L | different words in the union of subsequences, over different words | hits over tokens |
//! | ties between subsequences | the candidate gives way first | the reference gives way first |
//! | F | `2pr / (p + r + 1e-8)`: a perfect match is 0.999999995 | harmonic mean |
//! | empty text | an error | 0 |
//!
//! *Measures* shared vocabulary rather than shared text: saying a sentence ten times costs nothing here.
//!
//! *Misleads* as all overlap does, and besides: "pain" and "pain," are different words; white space after the last
//! full stop is one more, empty word.
//!
//! Only the defaults (`exclusive=True`) are repeated. Python's recursion ends near a thousand words in a sentence pair;
//! here such a pair has a score, and the bounds are those of [`limits`](super::limits).

use std::collections::HashSet;

use super::lcs::Columns;
use super::ngrams;
use super::tokenize::legacy_sentences;
use super::vocabulary::{Lines, Vocabulary, bound_lines};
use super::{Side, TextError};

/// Precision, recall and F as that package prints them (`p`, `r`, `f`), from 0 to just below 1.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct RougeLegacy {
    /// Part of the candidate's different units found in the reference.
    pub precision: f64,
    /// Part of the reference's different units found in the candidate.
    pub recall: f64,
    /// `2pr / (p + r + 1e-8)`.
    pub f: f64,
}

impl RougeLegacy {
    fn new(hits: usize, reference: usize, candidate: usize) -> Self {
        let part = |total: usize| if total == 0 { 0.0 } else { hits as f64 / total as f64 };
        let (precision, recall) = (part(candidate), part(reference));
        let f = 2.0 * ((precision * recall) / (precision + recall + 1e-8));
        Self { precision, recall, f }
    }
}

/// `rouge-1`, `rouge-2` and `rouge-l`, the package's defaults.
///
/// ```
/// use bedside_score::text::rouge_legacy::RougeLegacyScores;
///
/// let scores = RougeLegacyScores::new("No fever. No cough.", "No fever, no cough.")?;
/// // "fever," is no "fever", "no" is no "No": 2 of 4 different words against 2 of 3
/// assert!((scores.rouge1.f - 0.571_428_566_530_612_3).abs() < 1e-12); // Python's rouge 1.0.1
/// # Ok::<(), bedside_score::text::TextError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct RougeLegacyScores {
    /// Different words.
    pub rouge1: RougeLegacy,
    /// Different pairs of neighbouring words, also across sentences.
    pub rouge2: RougeLegacy,
    /// Different words in the union of longest common subsequences of all pairs of sentences.
    pub rouge_l: RougeLegacy,
}

impl RougeLegacyScores {
    /// All three scores of the candidate.
    pub fn new(reference: &str, candidate: &str) -> Result<Self, TextError> {
        let mut vocabulary = Vocabulary::for_bytes(reference.len() + candidate.len());
        // the candidate first: Python looks at it first, too
        let candidate = sentences(candidate, Side::Candidate, &mut vocabulary)?;
        let reference = sentences(reference, Side::Reference, &mut vocabulary)?;
        bound_lines(&reference, &candidate)?;
        let by_order = |order| {
            let (of_reference, of_candidate, hits) = ngrams::distinct(reference.tokens(), candidate.tokens(), order);
            RougeLegacy::new(hits, of_reference, of_candidate)
        };
        Ok(Self {
            rouge1: by_order(1),
            rouge2: by_order(2),
            rouge_l: union_of_subsequences(&reference, &candidate, vocabulary.len()),
        })
    }
}

fn sentences<'a>(text: &'a str, side: Side, vocabulary: &mut Vocabulary<'a>) -> Result<Lines, TextError> {
    let lines = legacy_sentences(text, vocabulary).bounded(side)?;
    if lines.tokens().is_empty() { Err(TextError::Empty { side }) } else { Ok(lines) }
}

/// Here the candidate gives way first: `rouge-score`'s order of choices with rows and columns exchanged.
fn union_of_subsequences(reference: &Lines, candidate: &Lines, vocabulary: usize) -> RougeLegacy {
    let mut in_union = vec![false; vocabulary];
    let mut columns = Columns::new(vocabulary);
    for (_, line) in reference.lines() {
        columns.load(line);
        for (_, line) in candidate.lines() {
            columns.visit_common(line, |row| in_union[line[row] as usize] = true);
        }
    }
    let different = |text: &Lines| text.tokens().iter().collect::<HashSet<_>>().len();
    let hits = in_union.iter().filter(|&&is_in_union| is_in_union).count();
    RougeLegacy::new(hits, different(reference), different(candidate))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_full_stops_is_empty() {
        assert_eq!(RougeLegacyScores::new("fever", "..."), Err(TextError::Empty { side: Side::Candidate }));
        assert_eq!(RougeLegacyScores::new("", "fever"), Err(TextError::Empty { side: Side::Reference }));
    }
}
