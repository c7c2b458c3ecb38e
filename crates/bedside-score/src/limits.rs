//! The most of an output that an extracting scorer reads, each bound with its reason.

/// Bytes read at each end of an output; what lies between is not read, and `why` says so.
///
/// An answer stands at the beginning or the end. Two ends of 64 KiB are some 30,000 tokens, a long chain of reasoning,
/// and keep every reading far below a second on hostile text. Overlap scorers do not cut: they
/// have [their own limits](crate::text::limits).
pub const END_BYTES: usize = 64 << 10;

/// Statements of an answer that are compared with each other, counted from the end of the output.
///
/// An honest answer has one to five. More than these are a text that repeats "answer:" to waste time.
pub const STATEMENTS: usize = 64;

/// Bytes looked at behind "the answer is".
///
/// The longest option seen in the public sets is under 700 bytes.
pub const STATEMENT_BYTES: usize = 2048;

/// Characters kept of what was read, for pages and tables.
pub const EXTRACT_CHARACTERS: usize = 200;
