//! ROUGE as in `rouge-score` 0.1.2 without stemmer, the package behind most published numbers.
//!
//! *Measures* which part of the reference's words, word pairs or word order the candidate repeats (recall), and which
//! part of the candidate is repeated from the reference (precision).
//!
//! *Assumes* that one reference stands for all good answers, in the same language and in ASCII letters: everything
//! else separates tokens, so "µg" is read as "g" and "naïve" as "na ve".
//!
//! *Misleads* wherever few words carry the meaning. Negation, laterality, the decimal point of a dose ("1.5" is the two
//! tokens 1 and 5) hardly move it; a longer or differently worded note moves it much. Two empty texts score 0.
//!
//! *Formula*, for `h` hits in a reference of `r` and a candidate of `c` units: recall `h/r`, precision `h/c`, F1 their
//! harmonic mean. Lin (2004), "ROUGE: A package for automatic evaluation of summaries".
//!
//! Papers differ in what they call ROUGE-L: some print [`rouge_l`], many print [`rouge_lsum`]. They are different
//! numbers (for one note system on ACI-Bench 0.30 and 0.46); say which one is shown.

use super::lcs::{self, Columns};
use super::ngrams;
use super::tokenize::{rouge_lines, rouge_lower};
use super::vocabulary::{Lines, Vocabulary, bound_lines};
use super::{Side, TextError};

/// Precision, recall and their harmonic mean, each from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rouge {
    /// Part of the candidate found in the reference.
    pub precision: f64,
    /// Part of the reference found in the candidate.
    pub recall: f64,
    /// Harmonic mean of the two; 0 where both are 0.
    pub f1: f64,
}

impl Rouge {
    fn new(hits: usize, reference: usize, candidate: usize) -> Self {
        let precision = hits as f64 / candidate.max(1) as f64;
        let recall = hits as f64 / reference.max(1) as f64;
        let sum = precision + recall;
        let f1 = if sum > 0.0 { 2.0 * precision * recall / sum } else { 0.0 };
        Self { precision, recall, f1 }
    }
}

/// The four usual variants, on texts cut into tokens once.
///
/// ```
/// use bedside_score::text::rouge::RougeScores;
///
/// // the opposite of the reference; numbers from Python's rouge-score 0.1.2
/// let scores = RougeScores::new("Patient denies chest pain.", "patient has chest pain")?;
/// assert_eq!(scores.rouge1.f1, 0.75);
/// assert_eq!(scores.rouge2.f1, 1.0 / 3.0);
/// # Ok::<(), bedside_score::text::TextError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct RougeScores {
    /// Single words, see [`rouge_n`].
    pub rouge1: Rouge,
    /// Pairs of words, see [`rouge_n`].
    pub rouge2: Rouge,
    /// Word order over the whole text, see [`rouge_l`].
    pub rouge_l: Rouge,
    /// Word order line by line, see [`rouge_lsum`].
    pub rouge_lsum: Rouge,
}

impl RougeScores {
    /// All four scores of the candidate.
    pub fn new(reference: &str, candidate: &str) -> Result<Self, TextError> {
        let pair = Pair::new(reference, candidate)?;
        Ok(Self { rouge1: pair.ngrams(1), rouge2: pair.ngrams(2), rouge_l: pair.order(), rouge_lsum: pair.lines()? })
    }
}

/// ROUGE-N: runs of `order` words in common, each counted as often as it stands in both texts.
pub fn rouge_n(reference: &str, candidate: &str, order: usize) -> Result<Rouge, TextError> {
    if order == 0 {
        return Err(TextError::ZeroOrder);
    }
    Ok(Pair::new(reference, candidate)?.ngrams(order))
}

/// ROUGE-L: the longest run of words, gaps allowed, that stands in both texts in the same order. Ignores lines.
pub fn rouge_l(reference: &str, candidate: &str) -> Result<Rouge, TextError> {
    Ok(Pair::new(reference, candidate)?.order())
}

/// ROUGE-Lsum: for each line of the reference, its words in the common subsequence with *any* line of the candidate.
///
/// Lines end at `\n`; the order of the lines does not count, nor do sentences within a line. A word is a hit at most as
/// often as it stands in each text. The same note with its line breaks lost gets another score.
pub fn rouge_lsum(reference: &str, candidate: &str) -> Result<Rouge, TextError> {
    Pair::new(reference, candidate)?.lines()
}

/// Two texts as numbers from one vocabulary.
struct Pair {
    reference: Lines,
    candidate: Lines,
    vocabulary: usize,
}

impl Pair {
    fn new(reference: &str, candidate: &str) -> Result<Self, TextError> {
        let (reference, candidate) = (rouge_lower(reference), rouge_lower(candidate));
        let mut vocabulary = Vocabulary::for_bytes(reference.len() + candidate.len());
        let reference = rouge_lines(&reference, &mut vocabulary).bounded(Side::Reference)?;
        let candidate = rouge_lines(&candidate, &mut vocabulary).bounded(Side::Candidate)?;
        Ok(Self { reference, candidate, vocabulary: vocabulary.len() })
    }

    fn ngrams(&self, order: usize) -> Rouge {
        let (reference, candidate) = (self.reference.tokens(), self.candidate.tokens());
        let hits = match order {
            1 => ngrams::shared_words(reference.iter().copied(), candidate, self.vocabulary),
            _ => ngrams::shared(reference, candidate, order),
        };
        Rouge::new(hits, ngrams::total(reference.len(), order), ngrams::total(candidate.len(), order))
    }

    fn order(&self) -> Rouge {
        let (reference, candidate) = (self.reference.tokens(), self.candidate.tokens());
        Rouge::new(lcs::length(reference, candidate, self.vocabulary), reference.len(), candidate.len())
    }

    fn lines(&self) -> Result<Rouge, TextError> {
        bound_lines(&self.reference, &self.candidate)?;
        let (reference, candidate) = (self.reference.tokens(), self.candidate.tokens());
        let mut in_union = vec![false; reference.len()];
        let mut columns = Columns::new(self.vocabulary);
        for (_, line) in self.candidate.lines() {
            columns.load(line);
            for (start, line) in self.reference.lines() {
                columns.visit_common(line, |row| in_union[start + row] = true);
            }
        }
        // A word in the union is a word of the reference, so only the candidate can run out of it: single words in common.
        let union = reference.iter().zip(in_union).filter_map(|(&token, is_in_union)| is_in_union.then_some(token));
        let hits = ngrams::shared_words(union, candidate, self.vocabulary);
        Ok(Rouge::new(hits, reference.len(), candidate.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Unit;
    use crate::text::limits::{MAX_LINE_PAIRS, MAX_LINE_TOKENS, MAX_TOKENS};

    #[test]
    fn too_long_is_refused_with_the_count() {
        let long = "a ".repeat(MAX_TOKENS + 7);
        let refusal =
            TextError::TooLong { side: Side::Candidate, unit: Unit::Tokens, count: MAX_TOKENS + 7, limit: MAX_TOKENS };
        assert_eq!(rouge_l("a", &long), Err(refusal));
        assert_eq!(rouge_l("a", &long[..MAX_TOKENS * 2]).map(|score| score.recall), Ok(1.0));
    }

    #[test]
    fn a_line_too_long_or_too_many_lines_are_refused_by_lsum_only() {
        let line = "a ".repeat(MAX_LINE_TOKENS + 1);
        assert!(matches!(
            rouge_lsum(&line, "a"),
            Err(TextError::TooLong { side: Side::Reference, unit: Unit::TokensInOneLine, .. })
        ));
        assert!(rouge_l(&line, "a").is_ok());
        let lines = "a\n".repeat(4097);
        let count = 4097 * 4097;
        assert_eq!(rouge_lsum(&lines, &lines), Err(TextError::TooManyLinePairs { count, limit: MAX_LINE_PAIRS }));
    }

    #[test]
    fn no_words_no_score() {
        for (reference, candidate) in [("", ""), ("fever", ""), ("", "fever"), ("…", "!?"), ("\n\n", "fever")] {
            assert_eq!(RougeScores::new(reference, candidate), Ok(RougeScores::default()));
        }
        assert_eq!(rouge_n("fever", "fever", 0), Err(TextError::ZeroOrder));
    }
}
