//! The most that one comparison of two texts may cost, each bound with its reason.

/// Tokens in one text.
///
/// A long clinic note has 1,500 and a transcript 5,000; 100,000 is a book. At the limit the longest common subsequence
/// of two texts takes a quarter of a second, and the n-grams some 4 MB.
pub const MAX_TOKENS: usize = 100_000;

/// Tokens in one line (for the legacy ROUGE, in one sentence) when the subsequence itself is needed.
///
/// Its table has one bit for each pair of tokens: 32 MiB for two lines at the limit, and as much again for the
/// positions of each word.
pub const MAX_LINE_TOKENS: usize = 16_384;

/// Pairs of a reference line and a candidate line.
///
/// ROUGE-Lsum compares each with each: 4,096 lines against as many, a few seconds where nearly all words are the same
/// and a fraction of one where they are not. A note has about a hundred lines.
pub const MAX_LINE_PAIRS: usize = 1 << 24;

/// Characters in one text, for character n-grams.
///
/// Each character begins an n-gram of 16 bytes, in both texts: 32 MB at the limit.
pub const MAX_CHARACTERS: usize = 1_000_000;
