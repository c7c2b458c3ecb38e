//! Tools that a system is offered, and its calls of them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A tool that a system may call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// What it does, in words that the system reads.
    pub description: String,
    /// JSON schema of its arguments.
    pub parameters: Value,
}

/// A call that a system made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCall {
    /// What the result must name.
    pub id: String,
    /// The tool.
    pub name: String,
    /// Its arguments.
    pub arguments: Value,
}
