//! Systems: live ones with an API, a process or weights, and those whose outputs are known beforehand.

pub mod exec;
pub mod local;
pub mod null;
pub mod process;
pub mod remote;
pub mod retry;
pub mod retry_after;
pub mod wire;

use std::time::Duration;

use bedside_core::{Answer, Fault};

use crate::secret::scrub;

/// What came of one try of a call.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The reply, byte for byte but for an echoed key.
    pub response: Option<Vec<u8>>,
    /// What a process said beside its reply: the last of it, without keys.
    pub stderr: Option<Vec<u8>>,
    /// HTTP status, where there was one.
    pub status: Option<u16>,
    /// How long the provider asks to be left alone.
    pub retry_after: Option<Duration>,
    /// The end of it.
    pub end: End,
    /// Whether it may be asked again.
    pub again: Again,
}

impl Attempt {
    /// A try that ended without a reply.
    pub const fn ended(end: End, again: Again) -> Self {
        Self { response: None, stderr: None, status: None, retry_after: None, end, again }
    }
}

/// Whether a call may be made again, and at what risk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// It is settled: another call would only repeat it.
    No,
    /// It was certainly not accepted: it may be made again freely.
    Refused,
    /// It was sent, and may have been accepted and billed: made again, it counts as possibly billed twice.
    Lost,
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

impl End {
    /// The same end without any live key in its words.
    #[must_use]
    pub fn scrubbed(self) -> Self {
        match self {
            Self::Answered(answer) => Self::Answered(Answer { output: scrub(&answer.output), ..answer }),
            Self::Fault(fault, detail) => Self::Fault(fault, scrub(&detail)),
            Self::SetUp(reason) => Self::SetUp(scrub(&reason)),
        }
    }
}

/// What can be written before a slash or colon as a system, with what each is.
pub fn providers() -> impl Iterator<Item = (&'static str, &'static str)> {
    let asked_by_http = wire::WIRES.iter().map(|wire| (wire.provider, wire.what));
    asked_by_http.chain([
        ("exec", "a program of yours that speaks JSON lines: exec:COMMAND"),
        ("local", "the embedded model: local/smollm2-135m"),
        ("null", "a policy without skill: null/random, null/empty, …"),
        ("recorded", "recorded outputs: recorded:FILE.jsonl"),
    ])
}
