//! Anthropic Messages.

use bedside_core::prompt::{Message, MessageRole};
use bedside_core::{Answer, Stop, Usage};
use serde_json::{Map, Value, json};
use url::Url;

use super::reply::{Read, Reply};
use super::settings::{self, Kind, Setting};
use super::tools::{self, Called};
use super::{KeyHeader, Request, Wire, below, last_segment};

/// The interface demands a limit; this one is room for a long note. Said in the guide, since running into it is a failure of the system.
const DEFAULT_LIMIT: u32 = 4096;

/// Settings and where they go. The interface has neither seed nor log-probabilities.
const SETTINGS: [Setting; 9] = [
    Setting::plain("temperature", Kind::Number),
    Setting::plain("top_p", Kind::Number),
    Setting::plain("top_k", Kind::Whole),
    Setting::plain("max_tokens", Kind::Limit),
    Setting::new("stop", Kind::Texts, &["stop_sequences"]),
    Setting::plain("stop_sequences", Kind::Texts),
    Setting::new("thinking_budget", Kind::Whole, &["thinking", "budget_tokens"]),
    Setting::new("effort", Kind::Word, &["output_config", "effort"]),
    Setting::plain("service_tier", Kind::Word),
];

/// `anthropic/…`
pub const WIRE: Wire = Wire {
    provider: "anthropic",
    what: "Anthropic's Messages interface: ANTHROPIC_API_KEY, ANTHROPIC_BASE_URL",
    key_variable: "ANTHROPIC_API_KEY",
    key_header: KeyHeader::Named("x-api-key"),
    key_optional: false,
    url_variable: "ANTHROPIC_BASE_URL",
    default_url: Some("https://api.anthropic.com"),
    headers: &[("anthropic-version", "2023-06-01")],
    settings: &SETTINGS,
    default_limit: Some(DEFAULT_LIMIT),
    images: true,
    tools: true,
    path,
    limit_setting: |_| "max_tokens",
    body,
    read: |reply| reply.end(|json| answer(reply, json)),
};

fn path(base: &Url, _model: &str) -> Url {
    if last_segment(base) == "v1" { below(base, &["messages"]) } else { below(base, &["v1", "messages"]) }
}

fn body(request: &Request<'_>) -> Value {
    let mut body = Map::new();
    body.insert("model".into(), json!(request.model));
    let (system, spoken): (Vec<&Message>, Vec<&Message>) =
        request.prompt.messages.iter().partition(|message| message.role == MessageRole::System);
    if !system.is_empty() {
        let words: Vec<&str> = system.iter().map(|message| message.content.as_str()).collect();
        body.insert("system".into(), json!(words.join("\n\n")));
    }
    body.insert("messages".into(), messages(&spoken));
    if !request.prompt.tools.is_empty() {
        let tools =
            request.prompt.tools.iter().map(
                |tool| json!({"name": tool.name, "description": tool.description, "input_schema": tool.parameters}),
            );
        body.insert("tools".into(), tools.collect());
    }
    settings::place(request.settings, &SETTINGS, request.epoch, &mut body);
    if request.settings.contains_key("thinking_budget") {
        settings::put(&mut body, &["thinking", "type"], json!("enabled"));
    }
    Value::Object(body)
}

/// Messages; results of tools called together stand together, in one message of the user.
fn messages(spoken: &[&Message]) -> Value {
    let mut entries: Vec<(MessageRole, Value)> = Vec::new();
    for message in spoken {
        let parts = parts(message);
        match (entries.last_mut(), message.role) {
            (Some((MessageRole::Tool, Value::Array(before))), MessageRole::Tool) => before.extend(parts),
            _ if parts.len() == 1 && parts[0]["type"] == "text" => {
                entries.push((message.role, json!(message.content)));
            }
            _ => entries.push((message.role, Value::Array(parts))),
        }
    }
    let speaker = |role: MessageRole| if role == MessageRole::Assistant { "assistant" } else { "user" };
    entries.into_iter().map(|(role, content)| json!({"role": speaker(role), "content": content})).collect()
}

fn parts(message: &Message) -> Vec<Value> {
    if let Some(id) = &message.tool_call_id {
        return vec![json!({"type": "tool_result", "tool_use_id": id, "content": message.content})];
    }
    let mut parts = Vec::new();
    // Empty parts of text are refused.
    if !message.content.is_empty() || (message.images.is_empty() && message.tool_calls.is_empty()) {
        parts.push(json!({"type": "text", "text": message.content}));
    }
    parts.extend(message.images.iter().map(|image| {
        let source = json!({"type": "base64", "media_type": image.mime, "data": image.base64()});
        json!({"type": "image", "source": source})
    }));
    parts.extend(
        message
            .tool_calls
            .iter()
            .map(|call| json!({"type": "tool_use", "id": call.id, "name": call.name, "input": call.arguments})),
    );
    parts
}

fn answer(reply: &Reply<'_>, json: &Value) -> Option<Read> {
    let parts = json.get("content")?.as_array()?;
    let of_kind = |kind: &'static str| parts.iter().filter(move |part| part["type"] == kind);
    let stop = match json.get("stop_reason").and_then(Value::as_str) {
        Some("end_turn" | "stop_sequence") => Stop::Complete,
        Some("max_tokens") => Stop::TokenLimit,
        Some("model_context_window_exceeded") => Stop::ContextLimit,
        // The provider's classifiers stepped in; a refusal in the model's own words ends its turn.
        Some("refusal") => Stop::ContentFilter,
        _ => Stop::Unknown,
    };
    let mut answer = Answer {
        output: of_kind("text").filter_map(|part| part["text"].as_str()).collect(),
        stop,
        usage: tokens(json),
        ..Answer::default()
    };
    let calls: Vec<Called<'_>> = of_kind("tool_use")
        .map(|call| Called {
            id: call.get("id").and_then(Value::as_str),
            name: call.get("name").and_then(Value::as_str).unwrap_or_default(),
            arguments: call.get("input").cloned(),
        })
        .collect();
    if json["stop_reason"] == "tool_use" {
        tools::add(&mut answer, &calls, &tools::names(&reply.request_json(), "/tools", "/name"));
    }
    Some(Read::Answer(answer))
}

/// This interface counts what came from or went into its cache apart from what it read.
fn tokens(json: &Value) -> Usage {
    let count = |name: &str| json.pointer("/usage").and_then(|usage| usage.get(name)).and_then(Value::as_u64);
    let cached = count("cache_read_input_tokens");
    // A server may count beyond all numbers; what cannot be is sorted out behind this.
    let kept = cached.unwrap_or(0).saturating_add(count("cache_creation_input_tokens").unwrap_or(0));
    let read = count("input_tokens").map(|fresh| fresh.saturating_add(kept));
    Usage {
        prompt_tokens: read,
        completion_tokens: count("output_tokens"),
        cached_tokens: cached,
        reasoning_tokens: None,
    }
}
