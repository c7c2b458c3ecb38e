//! What the run file keeps: an append-only list of events, each with a JSON body.
//!
//! All that is shown, resumed, rescored and reported is a fold over these. To add state, add an event.

use serde::{Deserialize, Serialize};

use crate::cell::CellKey;
use crate::digest::Digest;
use crate::observation::{Fault, OptionLogprob, Stop, Usage};
use crate::plan::PlannedMetric;
use crate::score::Scored;

/// The kinds of event. The words are part of the file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the words are explained by the bodies below")]
pub enum EventKind {
    Plan,
    CallSent,
    CallAnswered,
    CellFinished,
    Scored,
    Rescored,
    Judged,
    Rated,
    Imported,
    Sealed,
}

impl EventKind {
    /// Every kind, in the order a cell meets them.
    pub const ALL: [Self; 10] = [
        Self::Plan,
        Self::CallSent,
        Self::CallAnswered,
        Self::CellFinished,
        Self::Scored,
        Self::Rescored,
        Self::Judged,
        Self::Rated,
        Self::Imported,
        Self::Sealed,
    ];

    /// The word in the `kind` column.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::CallSent => "call.sent",
            Self::CallAnswered => "call.answered",
            Self::CellFinished => "cell.finished",
            Self::Scored => "scored",
            Self::Rescored => "rescored",
            Self::Judged => "judged",
            Self::Rated => "rated",
            Self::Imported => "imported",
            Self::Sealed => "sealed",
        }
    }

    /// The kind a word stands for.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// One event before it is given its place in the chain.
#[derive(Clone, Debug)]
pub struct Event {
    /// What kind of event.
    pub kind: EventKind,
    /// The cell it belongs to, if any.
    pub cell: Option<CellKey>,
    /// The step within the cell: 0 for the first call.
    pub step: u32,
    /// The body: the JSON of one of the types below.
    pub body: String,
    /// Large bodies that the JSON names by digest.
    pub blobs: Vec<Vec<u8>>,
}

impl Event {
    /// An event with a typed body.
    pub fn new<B: Serialize>(kind: EventKind, cell: Option<CellKey>, step: u32, body: &B) -> Self {
        let body = serde_json::to_string(body)
            .expect("event bodies hold only strings, numbers and lists, which always serialise");
        Self { kind, cell, step, body, blobs: Vec::new() }
    }

    /// The same event carrying a blob that its body names.
    #[must_use]
    pub fn with_blob(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.blobs.push(bytes.into());
        self
    }
}

/// Body of `call.sent`: written and made durable before a call that costs or leaves the machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallSent {
    /// The request as sent, without keys.
    pub request: Digest,
    /// Where it went.
    pub host: String,
    /// True when an earlier `call.sent` of this cell and step has no answer: possibly billed twice.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
}

/// Body of `call.answered`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallAnswered {
    /// The reply, byte for byte; absent when there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<Digest>,
    /// What a program said beside its reply, the last of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stderr: Option<Digest>,
    /// HTTP status, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// From sending to the whole reply.
    pub duration_ms: u64,
    /// Tries that were needed.
    pub tries: u32,
    /// Tokens used.
    #[serde(default)]
    pub usage: Usage,
    /// The call may have been accepted and billed, and no answer could be read: asked again, it is possibly billed twice.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lost: bool,
    /// No call was made: the reply is that of an earlier run to the same request.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cached: bool,
}

/// Body of `cell.finished`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CellFinished {
    /// The output, byte for byte; absent after a fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Digest>,
    /// Why the system stopped; absent after a fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<Stop>,
    /// The operator's side failed: missing data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
    /// What was seen of the fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Tokens used over all steps.
    #[serde(default)]
    pub usage: Usage,
    /// Log-probabilities of the options, where known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub option_logprobs: Vec<OptionLogprob>,
}

/// Body of `scored`: what each scorer of the benchmark said of the cell's output.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ScoredBody {
    /// One entry a scorer.
    pub scorers: Vec<Scored>,
    /// The output that was scored; when absent, the answer of the same writer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Digest>,
    /// Blob: the `benchmark.toml` whose scorers these are; when absent, the plan's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<Digest>,
}

/// Body of `rescored`: the answers of one benchmark were scored again. The scores themselves are `scored` events, which name this
/// manifest; the earlier ones stay. Of several such events of one benchmark the last is in force.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rescored {
    /// Position of the benchmark in the plan.
    pub benchmark: usize,
    /// Blob: the `benchmark.toml` whose scorers were used.
    pub manifest: Digest,
    /// Their metrics and versions.
    pub metrics: Vec<PlannedMetric>,
    /// The headline, an index into `metrics`.
    pub primary: usize,
    /// Version of the program that scored.
    pub bedside: String,
}

/// Body of `sealed`: the run reached its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// Whether every cell that could be attempted has an outcome.
    pub complete: bool,
    /// Cells with an answer.
    pub answered: u64,
    /// Cells with a fault.
    pub faults: u64,
}
