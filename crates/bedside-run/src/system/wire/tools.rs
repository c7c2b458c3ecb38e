//! Calls of tools in a reply: read whole and offered, or malformed.

use bedside_core::{Answer, Stop, ToolCall};
use serde_json::Value;

/// A call as a provider gave it.
#[derive(Debug)]
pub struct Called<'a> {
    /// Its id, where the interface has ids.
    pub id: Option<&'a str>,
    /// Its tool.
    pub name: &'a str,
    /// Its arguments, if they could be read.
    pub arguments: Option<Value>,
}

/// Adds calls to an answer. One that cannot be read, or of a tool that was not offered, is a failure of the system.
pub fn add(answer: &mut Answer, calls: &[Called<'_>], offered: &[String]) {
    let read: Option<Vec<ToolCall>> = calls
        .iter()
        .enumerate()
        .map(|(position, call)| {
            let arguments = call.arguments.clone().filter(Value::is_object)?;
            let known = offered.iter().any(|name| name == call.name);
            let id = call.id.map_or_else(|| format!("{}-{position}", call.name), str::to_owned);
            known.then(|| ToolCall { id, name: call.name.to_owned(), arguments })
        })
        .collect();
    match read {
        Some(calls) if !calls.is_empty() => {
            answer.tool_calls = calls;
            answer.stop = Stop::Complete;
        }
        _ => answer.stop = Stop::MalformedToolCall,
    }
}

/// Names at a place in each entry of a list of a request.
pub fn names(request: &Value, list: &str, name: &str) -> Vec<String> {
    let entries = request.pointer(list).and_then(Value::as_array);
    entries
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.pointer(name).and_then(Value::as_str).map(str::to_owned))
        .collect()
}
