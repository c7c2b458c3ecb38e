//! Words as numbers, so that comparing two words costs one instruction.

use std::collections::HashMap;

use super::limits::{MAX_LINE_PAIRS, MAX_LINE_TOKENS, MAX_TOKENS};
use super::{Side, TextError, Unit};

/// A number for each different word of the texts compared. It borrows the words.
#[derive(Debug)]
pub(super) struct Vocabulary<'a> {
    ids: HashMap<&'a str, u32>,
    next: u32,
}

impl<'a> Vocabulary<'a> {
    /// Room for texts of so many bytes together, with every second word of six bytes a new one; it grows where that is
    /// too little.
    pub(super) fn for_bytes(bytes: usize) -> Self {
        Self { ids: HashMap::with_capacity((bytes / 12).clamp(16, MAX_TOKENS)), next: 0 }
    }

    /// The number of this word, the same for the same word.
    pub(super) fn id(&mut self, word: &'a str) -> u32 {
        *self.ids.entry(word).or_insert_with(|| {
            self.next += 1;
            self.next - 1
        })
    }

    /// How many different words there are; every id is smaller.
    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }
}

/// The tokens of one text, with the ends of its lines.
#[derive(Debug)]
pub(super) struct Lines {
    tokens: Vec<u32>,
    /// Where each line that has tokens ends.
    ends: Vec<usize>,
    /// Tokens beyond the limit: counted for the message, not kept.
    dropped: usize,
}

impl Lines {
    /// Room for a text of so many bytes, with six to a word; it grows where that is too little.
    pub(super) fn for_bytes(bytes: usize) -> Self {
        Self { tokens: Vec::with_capacity((bytes / 6).min(MAX_TOKENS)), ends: Vec::new(), dropped: 0 }
    }

    /// Adds a word to the open line. Beyond the limit words are only counted, so hostile input costs no memory.
    pub(super) fn push<'a>(&mut self, word: &'a str, vocabulary: &mut Vocabulary<'a>) {
        if self.tokens.len() < MAX_TOKENS {
            self.tokens.push(vocabulary.id(word));
        } else {
            self.dropped += 1;
        }
    }

    /// Ends the open line; a line without words is no line.
    pub(super) fn end_line(&mut self) {
        if self.tokens.len() > self.ends.last().copied().unwrap_or(0) {
            self.ends.push(self.tokens.len());
        }
    }

    /// `Err` where the text has more tokens than are compared.
    pub(super) fn bounded(self, side: Side) -> Result<Self, TextError> {
        TextError::bound(side, Unit::Tokens, self.tokens.len() + self.dropped, MAX_TOKENS)?;
        Ok(self)
    }

    /// All tokens, lines joined.
    pub(super) fn tokens(&self) -> &[u32] {
        &self.tokens
    }

    /// The tokens of each line that has any, with the position of its first token in the text.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &[u32])> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| (start, &self.tokens[start..end]))
    }
}

/// `Err` where comparing each line of one text with each of the other costs too much.
pub(super) fn bound_lines(reference: &Lines, candidate: &Lines) -> Result<(), TextError> {
    for (side, text) in [(Side::Reference, reference), (Side::Candidate, candidate)] {
        let longest = text.lines().map(|(_, line)| line.len()).max().unwrap_or(0);
        TextError::bound(side, Unit::TokensInOneLine, longest, MAX_LINE_TOKENS)?;
    }
    // at most MAX_TOKENS lines on each side, so the product fits
    let count = reference.ends.len() * candidate.ends.len();
    if count > MAX_LINE_PAIRS {
        return Err(TextError::TooManyLinePairs { count, limit: MAX_LINE_PAIRS });
    }
    Ok(())
}
