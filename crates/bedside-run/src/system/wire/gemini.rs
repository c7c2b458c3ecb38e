//! Gemini generateContent.

use bedside_core::prompt::{Message, MessageRole};
use bedside_core::{Answer, Fault, Stop, Usage};
use serde_json::{Map, Value, json};
use url::Url;

use super::reply::{Read, Reply};
use super::settings::{self, Kind, Setting};
use super::tools::{self, Called};
use super::{KeyHeader, Request, Wire, below, last_segment, logprobs};

/// Settings and where they go.
const SETTINGS: [Setting; 14] = [
    Setting::new("temperature", Kind::Number, &["generationConfig", "temperature"]),
    Setting::new("top_p", Kind::Number, &["generationConfig", "topP"]),
    Setting::new("top_k", Kind::Whole, &["generationConfig", "topK"]),
    Setting::new("max_tokens", Kind::Limit, &["generationConfig", "maxOutputTokens"]),
    Setting::new("max_output_tokens", Kind::Limit, &["generationConfig", "maxOutputTokens"]),
    Setting::new("seed", Kind::Seed, &["generationConfig", "seed"]),
    Setting::new("stop", Kind::Texts, &["generationConfig", "stopSequences"]),
    Setting::new("stop_sequences", Kind::Texts, &["generationConfig", "stopSequences"]),
    Setting::new("frequency_penalty", Kind::Number, &["generationConfig", "frequencyPenalty"]),
    Setting::new("presence_penalty", Kind::Number, &["generationConfig", "presencePenalty"]),
    Setting::new("logprobs", Kind::Flag, &["generationConfig", "responseLogprobs"]),
    Setting::new("top_logprobs", Kind::Whole, &["generationConfig", "logprobs"]),
    Setting::new("thinking_budget", Kind::Whole, &["generationConfig", "thinkingConfig", "thinkingBudget"]),
    Setting::new("thinking_level", Kind::Word, &["generationConfig", "thinkingConfig", "thinkingLevel"]),
];

/// `gemini/…`
pub const WIRE: Wire = Wire {
    provider: "gemini",
    what: "Google's generateContent interface: GEMINI_API_KEY, GEMINI_BASE_URL",
    key_variable: "GEMINI_API_KEY",
    // The interface also takes the key in the address, where logs would keep it.
    key_header: KeyHeader::Named("x-goog-api-key"),
    key_optional: false,
    url_variable: "GEMINI_BASE_URL",
    default_url: Some("https://generativelanguage.googleapis.com"),
    headers: &[],
    settings: &SETTINGS,
    default_limit: None,
    images: true,
    tools: true,
    path,
    limit_setting: |_| "max_output_tokens",
    body,
    read: |reply| reply.end(|json| answer(reply, json)),
};

fn path(base: &Url, model: &str) -> Url {
    let base = if matches!(last_segment(base), "v1beta" | "v1") { base.clone() } else { below(base, &["v1beta"]) };
    let ending = |name: &str| format!("{name}:generateContent");
    match model.split_once('/') {
        // `tunedModels/NAME` and `models/NAME` say where they lie.
        Some((place, name)) => below(&base, &[place, &ending(name)]),
        None => below(&base, &["models", &ending(model)]),
    }
}

fn body(request: &Request<'_>) -> Value {
    let mut body = Map::new();
    let messages = &request.prompt.messages;
    let system: Vec<Value> = messages
        .iter()
        .filter(|message| message.role == MessageRole::System)
        .map(|message| json!({"text": message.content}))
        .collect();
    if !system.is_empty() {
        body.insert("systemInstruction".into(), json!({"parts": system}));
    }
    body.insert("contents".into(), contents(messages));
    if !request.prompt.tools.is_empty() {
        let tools = request.prompt.tools.iter().map(
            |tool| json!({"name": tool.name, "description": tool.description, "parametersJsonSchema": tool.parameters}),
        );
        body.insert("tools".into(), json!([{"functionDeclarations": tools.collect::<Value>()}]));
    }
    settings::place(request.settings, &SETTINGS, request.epoch, &mut body);
    Value::Object(body)
}

/// Messages; results of tools called together stand together.
fn contents(messages: &[Message]) -> Value {
    let mut entries: Vec<(MessageRole, Vec<Value>)> = Vec::new();
    for message in messages.iter().filter(|message| message.role != MessageRole::System) {
        match entries.last_mut() {
            Some((MessageRole::Tool, before)) if message.role == MessageRole::Tool => {
                before.extend(parts(message, messages));
            }
            _ => entries.push((message.role, parts(message, messages))),
        }
    }
    let speaker = |role: MessageRole| if role == MessageRole::Assistant { "model" } else { "user" };
    entries.into_iter().map(|(role, parts)| json!({"role": speaker(role), "parts": parts})).collect()
}

fn parts(message: &Message, all: &[Message]) -> Vec<Value> {
    if let Some(id) = &message.tool_call_id {
        // A result names its tool here, which the message itself does not.
        let call = all.iter().flat_map(|message| &message.tool_calls).find(|call| call.id == *id);
        let name = call.map_or(id.as_str(), |call| call.name.as_str());
        return vec![json!({"functionResponse": {"name": name, "response": {"result": message.content}}})];
    }
    let mut parts = Vec::new();
    if !message.content.is_empty() || message.tool_calls.is_empty() {
        parts.push(json!({"text": message.content}));
    }
    parts.extend(
        message.images.iter().map(|image| json!({"inlineData": {"mimeType": image.mime, "data": image.base64()}})),
    );
    parts.extend(
        message.tool_calls.iter().map(|call| json!({"functionCall": {"name": call.name, "args": call.arguments}})),
    );
    parts
}

fn answer(reply: &Reply<'_>, json: &Value) -> Option<Read> {
    let usage = tokens(json);
    let Some(candidate) = json.pointer("/candidates/0") else {
        // The prompt itself was blocked.
        json.pointer("/promptFeedback/blockReason")?.as_str()?;
        return Some(Read::Answer(Answer { stop: Stop::ContentFilter, usage, ..Answer::default() }));
    };
    let finish = candidate.get("finishReason").and_then(Value::as_str);
    let parts: Vec<&Value> =
        candidate.pointer("/content/parts").and_then(Value::as_array).into_iter().flatten().collect();
    // Neither words nor a reason is no answer of the system.
    if finish.is_none() && parts.is_empty() {
        return None;
    }
    let stop = match finish {
        Some("STOP") => Stop::Complete,
        Some("MAX_TOKENS") => Stop::TokenLimit,
        Some("MALFORMED_FUNCTION_CALL" | "UNEXPECTED_TOOL_CALL" | "TOO_MANY_TOOL_CALLS") => Stop::MalformedToolCall,
        Some("MALFORMED_RESPONSE") => Stop::MalformedReply,
        Some("MISSING_THOUGHT_SIGNATURE") => {
            return Some(Read::Broken(Fault::Internal, "a thought's signature was not sent back".to_owned()));
        }
        Some("FINISH_REASON_UNSPECIFIED" | "OTHER") | None => Stop::Unknown,
        // SAFETY, RECITATION, LANGUAGE, BLOCKLIST, PROHIBITED_CONTENT, SPII and their like for images.
        Some(_) => Stop::ContentFilter,
    };
    let said = parts.iter().filter(|part| part["thought"] != true);
    let first = candidate.pointer("/logprobsResult/topCandidates/0/candidates");
    let mut answer = Answer {
        output: said.filter_map(|part| part["text"].as_str()).collect(),
        stop,
        usage,
        option_logprobs: logprobs::of_labels(&logprobs::listed(first, "token", "logProbability"), reply.option_labels),
        ..Answer::default()
    };
    let calls: Vec<Called<'_>> = parts
        .iter()
        .filter_map(|part| part.get("functionCall"))
        .map(|call| Called {
            id: call.get("id").and_then(Value::as_str),
            name: call.get("name").and_then(Value::as_str).unwrap_or_default(),
            arguments: Some(call.get("args").cloned().unwrap_or_else(|| json!({}))),
        })
        .collect();
    if !calls.is_empty() && stop == Stop::Complete {
        let offered = tools::names(&reply.request_json(), "/tools/0/functionDeclarations", "/name");
        tools::add(&mut answer, &calls, &offered);
    }
    Some(Read::Answer(answer))
}

/// Thoughts are counted apart from what is said, and billed with it.
fn tokens(json: &Value) -> Usage {
    let count = |name: &str| json.pointer("/usageMetadata").and_then(|usage| usage.get(name)).and_then(Value::as_u64);
    let thought = count("thoughtsTokenCount");
    let said = count("candidatesTokenCount");
    Usage {
        prompt_tokens: count("promptTokenCount"),
        completion_tokens: if said.is_none() && thought.is_none() {
            None
        } else {
            Some(said.unwrap_or(0).saturating_add(thought.unwrap_or(0)))
        },
        cached_tokens: count("cachedContentTokenCount"),
        reasoning_tokens: thought,
    }
}
