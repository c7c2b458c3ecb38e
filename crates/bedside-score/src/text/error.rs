//! Why two texts were not compared.

use std::fmt;

/// Which of the two texts is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The text taken as right.
    Reference,
    /// The text being scored.
    Candidate,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reference => "reference",
            Self::Candidate => "candidate",
        })
    }
}

/// What was counted against a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Tokens of the whole text; at most [`MAX_TOKENS`](super::limits::MAX_TOKENS).
    Tokens,
    /// Tokens of the longest line; at most [`MAX_LINE_TOKENS`](super::limits::MAX_LINE_TOKENS).
    TokensInOneLine,
    /// Characters of the whole text; at most [`MAX_CHARACTERS`](super::limits::MAX_CHARACTERS).
    Characters,
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tokens => "tokens",
            Self::TokensInOneLine => "tokens in one line",
            Self::Characters => "characters",
        })
    }
}

/// Why there is no score.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// A text is longer than the bound on time and memory. It is refused, never cut.
    #[error("the {side} has {count} {unit}, more than the {limit} that are compared")]
    TooLong {
        /// Which text.
        side: Side,
        /// What was counted.
        unit: Unit,
        /// How many there are.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
    /// Too many pairs of lines for the summary-level subsequence.
    #[error("the texts make {count} pairs of lines, more than the {limit} that are compared")]
    TooManyLinePairs {
        /// How many there are.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
    /// The legacy ROUGE has no score where a text holds nothing but full stops; Python raises `ValueError`.
    #[error("the {side} is empty, which the legacy ROUGE does not score")]
    Empty {
        /// Which text.
        side: Side,
    },
    /// An n-gram of no words.
    #[error("an n-gram has at least one word")]
    ZeroOrder,
    /// A corpus of nothing.
    #[error("the corpus has no segments")]
    NoSegments,
    /// A segment without anything to compare with.
    #[error("segment {segment} (counted from 0) has no reference")]
    NoReference {
        /// Position of the segment in the corpus.
        segment: usize,
    },
}

impl TextError {
    /// `Err` where `count` is beyond `limit`.
    pub(super) fn bound(side: Side, unit: Unit, count: usize, limit: usize) -> Result<(), Self> {
        if count > limit { Err(Self::TooLong { side, unit, count, limit }) } else { Ok(()) }
    }
}
