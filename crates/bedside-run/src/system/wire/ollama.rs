//! Ollama's own chat interface.

use bedside_core::prompt::Message;
use bedside_core::{Answer, Stop};
use serde_json::{Map, Value, json};

use super::reply::{Read, Reply};
use super::settings::{self, Kind, Setting};
use super::tools::{self, Called};
use super::{KeyHeader, Request, Wire, below, chat, logprobs, usage};

/// Settings and where they go.
const SETTINGS: [Setting; 16] = [
    Setting::new("temperature", Kind::Number, &["options", "temperature"]),
    Setting::new("top_p", Kind::Number, &["options", "top_p"]),
    Setting::new("top_k", Kind::Whole, &["options", "top_k"]),
    Setting::new("min_p", Kind::Number, &["options", "min_p"]),
    Setting::new("max_tokens", Kind::Limit, &["options", "num_predict"]),
    Setting::new("num_predict", Kind::Limit, &["options", "num_predict"]),
    Setting::new("num_ctx", Kind::Whole, &["options", "num_ctx"]),
    Setting::new("seed", Kind::Seed, &["options", "seed"]),
    Setting::new("stop", Kind::Texts, &["options", "stop"]),
    Setting::new("repeat_penalty", Kind::Number, &["options", "repeat_penalty"]),
    Setting::new("frequency_penalty", Kind::Number, &["options", "frequency_penalty"]),
    Setting::new("presence_penalty", Kind::Number, &["options", "presence_penalty"]),
    Setting::plain("think", Kind::WordOrFlag),
    Setting::plain("keep_alive", Kind::Word),
    Setting::plain("logprobs", Kind::Flag),
    Setting::plain("top_logprobs", Kind::Whole),
];

/// `ollama/…`
pub const WIRE: Wire = Wire {
    provider: "ollama",
    what: "a model served by Ollama: OLLAMA_HOST",
    key_variable: "OLLAMA_API_KEY",
    key_header: KeyHeader::Bearer,
    // A server of one's own has no keys.
    key_optional: true,
    url_variable: "OLLAMA_HOST",
    default_url: Some("http://127.0.0.1:11434"),
    headers: &[],
    settings: &SETTINGS,
    default_limit: None,
    images: true,
    tools: true,
    path: |base, _| below(base, &["api", "chat"]),
    limit_setting: |_| "num_predict",
    body,
    read: |reply| reply.end(|json| answer(reply, json)),
};

fn body(request: &Request<'_>) -> Value {
    let mut body = Map::new();
    body.insert("model".into(), json!(request.model));
    let messages = &request.prompt.messages;
    body.insert("messages".into(), messages.iter().map(|one| message(one, messages)).collect());
    body.insert("stream".into(), json!(false));
    // Left to itself the server cuts the beginning of a long prompt away and answers what is left: a case that was never shown whole
    // would be scored as if it had been. With these it says that the prompt does not fit.
    body.insert("truncate".into(), json!(false));
    body.insert("shift".into(), json!(false));
    if !request.prompt.tools.is_empty() {
        body.insert("tools".into(), request.prompt.tools.iter().map(chat::tool).collect());
    }
    settings::place(request.settings, &SETTINGS, request.epoch, &mut body);
    Value::Object(body)
}

fn message(message: &Message, all: &[Message]) -> Value {
    let mut entry = Map::new();
    entry.insert("role".into(), json!(message.role.word()));
    entry.insert("content".into(), json!(message.content));
    if !message.images.is_empty() {
        entry.insert("images".into(), message.images.iter().map(|image| json!(image.base64())).collect());
    }
    if !message.tool_calls.is_empty() {
        let calls = message
            .tool_calls
            .iter()
            .map(|call| json!({"id": call.id, "function": {"name": call.name, "arguments": call.arguments}}));
        entry.insert("tool_calls".into(), calls.collect());
    }
    if let Some(id) = &message.tool_call_id {
        let call = all.iter().flat_map(|message| &message.tool_calls).find(|call| call.id == *id);
        entry.insert("tool_name".into(), json!(call.map_or(id, |call| &call.name)));
        entry.insert("tool_call_id".into(), json!(id));
    }
    Value::Object(entry)
}

fn answer(reply: &Reply<'_>, json: &Value) -> Option<Read> {
    let message = json.get("message")?.as_object()?;
    // Without streaming a reply is whole or none.
    if json["done"] != true {
        return None;
    }
    let stop = match json.get("done_reason").and_then(Value::as_str) {
        Some("stop") => Stop::Complete,
        Some("length") => Stop::TokenLimit,
        // The model was loaded or unloaded, and nothing was asked of it.
        Some("load" | "unload") => return None,
        _ => Stop::Unknown,
    };
    let first = json.pointer("/logprobs/0/top_logprobs");
    let mut answer = Answer {
        output: message.get("content").and_then(Value::as_str).unwrap_or_default().to_owned(),
        stop,
        usage: usage(json, "/prompt_eval_count", "/eval_count", "", ""),
        option_logprobs: logprobs::of_labels(&logprobs::listed(first, "token", "logprob"), reply.option_labels),
        ..Answer::default()
    };
    let calls: Vec<Called<'_>> = message
        .get("tool_calls")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|call| Called {
            id: call.get("id").and_then(Value::as_str),
            name: call.pointer("/function/name").and_then(Value::as_str).unwrap_or_default(),
            arguments: call.pointer("/function/arguments").cloned(),
        })
        .collect();
    if !calls.is_empty() {
        tools::add(&mut answer, &calls, &tools::names(&reply.request_json(), "/tools", "/function/name"));
    }
    Some(Read::Answer(answer))
}
