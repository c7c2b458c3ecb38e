//! One line of a recorded-outputs file: the entry ticket for a system without an API.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::observation::{OptionLogprob, Stop, Usage};

/// One output of one system for one item.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordedLine {
    /// The item's id.
    pub item: String,
    /// The output, kept byte for byte.
    pub output: String,
    /// The system's name; the file's stem unless said. A file may hold several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// The benchmark the item belongs to, for files that cover several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub benchmark: Option<String>,
    /// Which repetition, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u32>,
    /// Which variant of the item; the original unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Which wording; the reference wording unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// The conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub messages: Option<Vec<Value>>,
    /// Requests that an agent made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests: Option<Vec<RecordedRequest>>,
    /// Why the system stopped, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<Stop>,
    /// Log-probability of each option, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub option_logprobs: Option<Vec<OptionLogprob>>,
    /// Tokens used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// The text after a clinician's edits.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "final")]
    pub final_text: Option<String>,
    /// How long the edits took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edit_seconds: Option<f64>,
    /// Where it was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// When it was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
}

/// One request of an agent.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordedRequest {
    /// HTTP method.
    pub method: String,
    /// Address.
    pub url: String,
    /// Body, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
}
