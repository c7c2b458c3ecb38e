//! OpenAI Responses.

use bedside_core::prompt::{Message, MessageRole};
use bedside_core::{Answer, Fault, Stop};
use serde_json::{Map, Value, json};

use super::reply::{Read, Reply};
use super::settings::{self, Kind, Setting};
use super::tools::{self, Called};
use super::trouble::Trouble;
use super::{Request, Wire, below, chat, logprobs, usage};

/// Settings and where they go. The interface has neither seed nor stop texts.
const SETTINGS: [Setting; 9] = [
    Setting::plain("temperature", Kind::Number),
    Setting::plain("top_p", Kind::Number),
    Setting::new("max_tokens", Kind::Limit, &["max_output_tokens"]),
    Setting::plain("max_output_tokens", Kind::Limit),
    Setting::plain("top_logprobs", Kind::Whole),
    Setting::new("reasoning_effort", Kind::Word, &["reasoning", "effort"]),
    Setting::new("verbosity", Kind::Word, &["text", "verbosity"]),
    Setting::plain("service_tier", Kind::Word),
    Setting::plain("store", Kind::Flag),
];

/// `openai-responses/…`
pub const WIRE: Wire = Wire {
    provider: "openai-responses",
    what: "OpenAI's Responses interface: OPENAI_API_KEY, OPENAI_BASE_URL",
    settings: &SETTINGS,
    images: true,
    tools: true,
    path: |base, _| below(base, &["responses"]),
    limit_setting: |_| "max_output_tokens",
    body,
    read: |reply| reply.end(|json| answer(reply, json)),
    // The same vendor: its address, its key and how the key is shown.
    ..chat::WIRE
};

fn body(request: &Request<'_>) -> Value {
    let mut body = Map::new();
    body.insert("model".into(), json!(request.model));
    body.insert("input".into(), request.prompt.messages.iter().flat_map(input).collect());
    // Unless told otherwise the provider keeps each reply for a month, items included.
    body.insert("store".into(), json!(false));
    if !request.prompt.tools.is_empty() {
        let tools = request.prompt.tools.iter().map(|tool| {
            json!({"type": "function", "name": tool.name, "description": tool.description, "parameters": tool.parameters})
        });
        body.insert("tools".into(), tools.collect());
    }
    settings::place(request.settings, &SETTINGS, request.epoch, &mut body);
    if request.settings.contains_key("top_logprobs") {
        body.insert("include".into(), json!(["message.output_text.logprobs"]));
    }
    Value::Object(body)
}

/// A message as entries of the input: calls and results of tools are entries of their own.
fn input(message: &Message) -> Vec<Value> {
    if let Some(id) = &message.tool_call_id {
        return vec![json!({"type": "function_call_output", "call_id": id, "output": message.content})];
    }
    let mut entries = Vec::new();
    if !message.images.is_empty() {
        let words = json!({"type": "input_text", "text": message.content});
        let images = message.images.iter().map(|image| json!({"type": "input_image", "image_url": image.data_url()}));
        let content: Value = std::iter::once(words).chain(images).collect();
        entries.push(json!({"role": message.role.word(), "content": content}));
    } else if message.role != MessageRole::Assistant || !message.content.is_empty() {
        entries.push(json!({"role": message.role.word(), "content": message.content}));
    }
    entries.extend(message.tool_calls.iter().map(|call| {
        let arguments = call.arguments.to_string();
        json!({"type": "function_call", "call_id": call.id, "name": call.name, "arguments": arguments})
    }));
    entries
}

fn answer(reply: &Reply<'_>, json: &Value) -> Option<Read> {
    let status = json.get("status").and_then(Value::as_str);
    let why = json.pointer("/incomplete_details/reason").and_then(Value::as_str);
    let stop = match (status?, why) {
        ("completed", _) => Stop::Complete,
        ("incomplete", Some("max_output_tokens")) => Stop::TokenLimit,
        ("incomplete", Some("content_filter")) => Stop::ContentFilter,
        ("incomplete", _) => Stop::Unknown,
        ("failed", _) => return Some(Read::Trouble(Trouble::read(json))),
        (other, _) => return Some(Read::Broken(Fault::UnreadableReply, format!("the response is `{other}`"))),
    };
    let entries = json.get("output")?.as_array()?;
    let of_kind = |kind: &'static str| entries.iter().filter(move |entry| entry["type"] == kind);
    let parts: Vec<&Value> =
        of_kind("message").filter_map(|entry| entry.get("content")?.as_array()).flatten().collect();
    let text = |kind: &str, field: &str| -> String {
        parts.iter().filter(|part| part["type"] == kind).filter_map(|part| part[field].as_str()).collect()
    };
    let said = text("output_text", "text");
    let output = if said.is_empty() { text("refusal", "refusal") } else { said };
    let first = parts.iter().find_map(|part| part.pointer("/logprobs/0/top_logprobs"));
    let mut answer = Answer {
        output,
        stop,
        usage: usage(
            json,
            "/usage/input_tokens",
            "/usage/output_tokens",
            "/usage/input_tokens_details/cached_tokens",
            "/usage/output_tokens_details/reasoning_tokens",
        ),
        option_logprobs: logprobs::of_labels(&logprobs::listed(first, "token", "logprob"), reply.option_labels),
        ..Answer::default()
    };
    let calls: Vec<Called<'_>> = of_kind("function_call")
        .map(|call| Called {
            id: call.get("call_id").and_then(Value::as_str),
            name: call.get("name").and_then(Value::as_str).unwrap_or_default(),
            arguments: call.get("arguments").and_then(Value::as_str).and_then(|text| serde_json::from_str(text).ok()),
        })
        .collect();
    if !calls.is_empty() && stop == Stop::Complete {
        tools::add(&mut answer, &calls, &tools::names(&reply.request_json(), "/tools", "/name"));
    }
    Some(Read::Answer(answer))
}
