//! OpenAI Chat Completions, and every server that imitates it: vLLM, llama-server, LM Studio, OpenRouter and other gateways.

use bedside_core::prompt::{Message, MessageRole};
use bedside_core::{Answer, Fault, Stop, Tool};
use serde_json::{Map, Value, json};
use url::Url;

use super::reply::{Read, Reply};
use super::settings::{self, Kind, Setting};
use super::tools::{self, Called};
use super::trouble::Trouble;
use super::{KeyHeader, Request, Wire, below, logprobs, usage};
use crate::system::{Again, End};

/// Settings that go into the request as they are.
pub const SETTINGS: [Setting; 16] = [
    Setting::plain("temperature", Kind::Number),
    Setting::plain("top_p", Kind::Number),
    Setting::plain("top_k", Kind::Whole),
    Setting::plain("min_p", Kind::Number),
    Setting::plain("max_tokens", Kind::Limit),
    Setting::plain("max_completion_tokens", Kind::Limit),
    Setting::plain("seed", Kind::Seed),
    Setting::plain("stop", Kind::Texts),
    Setting::plain("frequency_penalty", Kind::Number),
    Setting::plain("presence_penalty", Kind::Number),
    Setting::plain("repetition_penalty", Kind::Number),
    Setting::plain("logprobs", Kind::Flag),
    Setting::plain("top_logprobs", Kind::Whole),
    Setting::plain("reasoning_effort", Kind::Word),
    Setting::plain("verbosity", Kind::Word),
    Setting::plain("service_tier", Kind::Word),
];

/// `openai/…`
pub const WIRE: Wire = Wire {
    provider: "openai",
    what: "any OpenAI-compatible chat endpoint: OPENAI_API_KEY, OPENAI_BASE_URL",
    key_variable: "OPENAI_API_KEY",
    key_header: KeyHeader::Bearer,
    key_optional: false,
    url_variable: "OPENAI_BASE_URL",
    default_url: Some("https://api.openai.com/v1"),
    headers: &[],
    settings: &SETTINGS,
    default_limit: None,
    images: true,
    tools: true,
    path: |base, _| below(base, &["chat", "completions"]),
    limit_setting,
    body,
    read,
};

/// The vendor's own newer models refuse `max_tokens`; compatible servers know nothing else.
fn limit_setting(base: &Url) -> &'static str {
    if base.host_str() == Some("api.openai.com") { "max_completion_tokens" } else { "max_tokens" }
}

/// The request: model, messages, tools, settings.
pub fn body(request: &Request<'_>) -> Value {
    let mut body = Map::new();
    body.insert("model".into(), json!(request.model));
    body.insert("messages".into(), request.prompt.messages.iter().map(message).collect());
    if !request.prompt.tools.is_empty() {
        body.insert("tools".into(), request.prompt.tools.iter().map(tool).collect());
    }
    settings::place(request.settings, &SETTINGS, request.epoch, &mut body);
    Value::Object(body)
}

fn message(message: &Message) -> Value {
    let mut entry = Map::new();
    entry.insert("role".into(), json!(message.role.word()));
    let content = if message.images.is_empty() {
        json!(message.content)
    } else {
        let words = json!({"type": "text", "text": message.content});
        let images =
            message.images.iter().map(|image| json!({"type": "image_url", "image_url": {"url": image.data_url()}}));
        std::iter::once(words).chain(images).collect()
    };
    entry.insert("content".into(), content);
    if message.role == MessageRole::Assistant && !message.tool_calls.is_empty() {
        let calls = message.tool_calls.iter().map(|call| {
            let function = json!({"name": call.name, "arguments": call.arguments.to_string()});
            json!({"id": call.id, "type": "function", "function": function})
        });
        entry.insert("tool_calls".into(), calls.collect());
    }
    if let Some(id) = &message.tool_call_id {
        entry.insert("tool_call_id".into(), json!(id));
    }
    Value::Object(entry)
}

/// A tool as this interface, and Ollama's, has it.
pub fn tool(tool: &Tool) -> Value {
    let function = json!({"name": tool.name, "description": tool.description, "parameters": tool.parameters});
    json!({"type": "function", "function": function})
}

/// What a reply means.
pub fn read(reply: &Reply<'_>) -> (End, Again) {
    reply.end(|json| answer(reply, json))
}

fn answer(reply: &Reply<'_>, json: &Value) -> Option<Read> {
    let choice = json.get("choices")?.get(0)?;
    // A gateway passes a provider's error on inside the choice.
    if let Some(error) = choice.get("error").filter(|error| !error.is_null()) {
        return Some(Read::Trouble(Trouble::read(error)));
    }
    let finish = choice.get("finish_reason").and_then(Value::as_str);
    if let Some(finish @ ("error" | "abort")) = finish {
        return Some(Read::Broken(Fault::UnreadableReply, format!("the server broke off: finish_reason `{finish}`")));
    }
    let message = choice.get("message")?.as_object()?;
    let refusal = message.get("refusal").and_then(Value::as_str);
    let content = message.get("content").map(words).unwrap_or_default();
    let output = if content.is_empty() { refusal.unwrap_or_default().to_owned() } else { content };
    let stop = match finish {
        Some("length") => Stop::TokenLimit,
        Some("model_length") => Stop::ContextLimit,
        Some("content_filter") => Stop::ContentFilter,
        Some("stop" | "eos") => Stop::Complete,
        _ => Stop::Unknown,
    };
    let first = choice.pointer("/logprobs/content/0/top_logprobs");
    let mut answer = Answer {
        output,
        stop,
        usage: usage(
            json,
            "/usage/prompt_tokens",
            "/usage/completion_tokens",
            "/usage/prompt_tokens_details/cached_tokens",
            "/usage/completion_tokens_details/reasoning_tokens",
        ),
        option_logprobs: logprobs::of_labels(&logprobs::listed(first, "token", "logprob"), reply.option_labels),
        ..Answer::default()
    };
    let calls: Vec<Called<'_>> =
        message.get("tool_calls").and_then(Value::as_array).into_iter().flatten().map(called).collect();
    if !calls.is_empty() || matches!(finish, Some("tool_calls" | "function_call")) {
        tools::add(&mut answer, &calls, &tools::names(&reply.request_json(), "/tools", "/function/name"));
    }
    Some(Read::Answer(answer))
}

fn called(call: &Value) -> Called<'_> {
    let arguments = match call.pointer("/function/arguments") {
        Some(Value::String(text)) => serde_json::from_str(text).ok(),
        other => other.cloned(),
    };
    Called {
        id: call.get("id").and_then(Value::as_str),
        name: call.pointer("/function/name").and_then(Value::as_str).unwrap_or_default(),
        arguments,
    }
}

/// Words of a content that is a text or, with some servers, a list of parts.
fn words(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part.get("text").and_then(Value::as_str)).collect(),
        _ => String::new(),
    }
}
