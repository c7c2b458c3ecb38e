//! Systems: live ones with an API or weights, and those whose outputs are known beforehand.

pub mod local;
pub mod null;
pub mod openai;
pub mod retry;

use bedside_core::{Answer, Fault};

/// What came of one call.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The reply, byte for byte but for an echoed key.
    pub response: Option<Vec<u8>>,
    /// HTTP status, where there was one.
    pub status: Option<u16>,
    /// From sending to the whole reply, the last try.
    pub duration_ms: u64,
    /// Tries.
    pub tries: u32,
    /// The end of it.
    pub end: End,
}

/// The end of a call.
#[derive(Clone, Debug)]
pub enum End {
    /// The system answered, or failed to.
    Answered(Answer),
    /// The operator's side failed on this call.
    Fault(Fault, String),
    /// The operator's side is set up wrongly: every further call would fail alike, so none is made.
    SetUp(String),
}

/// Providers that can be written before the slash, with what each is.
pub const PROVIDERS: [(&str, &str); 4] = [
    ("openai", "any OpenAI-compatible chat endpoint: OPENAI_API_KEY, OPENAI_BASE_URL"),
    ("local", "the embedded model: local/smollm2-135m"),
    ("null", "a policy without skill: null/random, null/empty, …"),
    ("recorded", "recorded outputs: recorded:FILE.jsonl"),
];
