//! What happened in a cell.
//!
//! The line that matters most runs here: a [`Fault`] is the operator's side and *missing data*; everything the system did or
//! failed to do is an [`Answer`], however poor.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::prompt::{Message, ToolCall};

/// The end of a cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The system answered, or failed to: both are scored.
    Answered(Answer),
    /// No answer through no doing of the system.
    Fault {
        /// Which side failed.
        fault: Fault,
        /// What was seen, for the person who must mend it.
        detail: String,
    },
}

/// What the system gave back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The output, byte for byte.
    pub output: String,
    /// Why it stopped.
    pub stop: Stop,
    /// What it used, where known.
    pub usage: Usage,
    /// Log-probability of each option label as the next words, natural log, where the system gives them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub option_logprobs: Vec<OptionLogprob>,
    /// The conversation, where the system reports one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<Message>,
    /// Calls of tools that were offered, waiting for their results. With these, [`Stop::Complete`] ends a turn and not the cell.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCall>,
}

/// How likely a system finds one option.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OptionLogprob {
    /// The option's label.
    pub label: String,
    /// Natural logarithm of its probability.
    pub logprob: f64,
}

/// Why a system stopped. All but [`Stop::Complete`] and [`Stop::Unknown`] are failures that are scored, with this reason beside the score.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// It ended by itself.
    Complete,
    /// The token limit that was declared with the task.
    TokenLimit,
    /// The prompt did not fit the context.
    ContextLimit,
    /// The turn limit that was declared with the task.
    TurnLimit,
    /// The time limit that was declared with the task.
    TimeLimit,
    /// The provider's content filter refused.
    ContentFilter,
    /// A tool call that could not be read.
    MalformedToolCall,
    /// Its process died in the middle of the cell.
    Crashed,
    /// It said something that is not the agreed form of a reply.
    MalformedReply,
    /// Recorded outputs do not say.
    #[default]
    Unknown,
}

impl Stop {
    /// The word used in files and on pages.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::TokenLimit => "token_limit",
            Self::ContextLimit => "context_limit",
            Self::TurnLimit => "turn_limit",
            Self::TimeLimit => "time_limit",
            Self::ContentFilter => "content_filter",
            Self::MalformedToolCall => "malformed_tool_call",
            Self::Crashed => "crashed",
            Self::MalformedReply => "malformed_reply",
            Self::Unknown => "unknown",
        }
    }
}

/// Why a cell holds no answer through no doing of the system. *Missing data*; a limit the system ran into is a [`Stop`], not a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The provider refused for rate or quota until the last try.
    RateLimited,
    /// No connection could be made.
    Unreachable,
    /// The connection broke after the request was sent.
    Disconnected,
    /// The provider answered 5xx until the last try.
    ProviderOutage,
    /// No answer within the deadline of a request.
    Timeout,
    /// The reply could not be read: not JSON, not the documented shape, too large.
    UnreadableReply,
    /// The request itself was refused (4xx): a wrong key, an unknown model, a bad parameter.
    RequestRefused,
    /// The scaffold or process said that it failed.
    Reported,
    /// Our own bug.
    Internal,
}

impl Fault {
    /// Whether the provider may have accepted, and billed, the call that ended so. Asking again then counts as possibly billed twice.
    pub const fn may_have_been_billed(self) -> bool {
        matches!(self, Self::Disconnected | Self::Timeout | Self::UnreadableReply)
    }

    /// The word used in files and on pages.
    pub const fn word(self) -> &'static str {
        match self {
            Self::RateLimited => "rate_limited",
            Self::Unreachable => "unreachable",
            Self::Disconnected => "disconnected",
            Self::ProviderOutage => "provider_outage",
            Self::Timeout => "timeout",
            Self::UnreadableReply => "unreadable_reply",
            Self::RequestRefused => "request_refused",
            Self::Reported => "reported",
            Self::Internal => "internal",
        }
    }
}

/// Tokens used. `None` is unknown, never zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    /// Tokens read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_tokens: Option<u64>,
    /// Tokens written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completion_tokens: Option<u64>,
    /// Of the tokens read, those that came from the provider's cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_tokens: Option<u64>,
    /// Of the tokens written, those that were thought and not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_tokens: Option<u64>,
}
