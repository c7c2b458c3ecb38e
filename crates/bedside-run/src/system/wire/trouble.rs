//! Errors in the spellings of many providers, sorted by whose they are.
//!
//! What the system itself ran into (context, content filter) is an outcome. Rate, overload, outage and network are faults. A wrong key,
//! model or address would fail every call alike: a set-up.

use bedside_core::{Answer, Fault, Stop, limits};
use serde_json::Value;

use super::Wire;
use crate::system::{Again, End};

/// An error as it was told.
#[derive(Debug, Default)]
pub struct Trouble {
    /// Its sentence.
    pub said: String,
    /// Its codes, types and reasons, in lower case.
    words: Vec<String>,
    /// A status that the body gives, such as a gateway's.
    code: Option<u16>,
}

impl Trouble {
    /// The error in a reply, if it holds one: under `error`, as vLLM's older `"object": "error"`, or an HTTP framework's `detail`.
    pub fn find(reply: &Value, status: u16) -> Option<Self> {
        let error = reply.get("error").filter(|error| !error.is_null());
        let error = error.or_else(|| (reply.get("object")? == "error").then_some(reply));
        match error {
            Some(error) => Some(Self::read(error)),
            None if (200..300).contains(&status) => None,
            None => Some(Self::read(reply)),
        }
    }

    /// Reads an error object or sentence.
    pub fn read(error: &Value) -> Self {
        let mut words = Vec::new();
        for place in ["/code", "/type", "/status", "/reason", "/innererror/code", "/param"] {
            words.extend(error.pointer(place).and_then(Value::as_str).map(str::to_lowercase));
        }
        for detail in error.get("details").and_then(Value::as_array).into_iter().flatten() {
            words.extend(detail.get("reason").and_then(Value::as_str).map(str::to_lowercase));
        }
        // A gateway in front of several providers names the reason of its moderation apart.
        if error.pointer("/metadata/flagged_input").is_some() {
            words.push("content_filter".to_owned());
        }
        let code = error.get("code").and_then(|code| {
            code.as_u64().and_then(|code| u16::try_from(code).ok()).or_else(|| code.as_str()?.parse().ok())
        });
        let sentence = ["message", "detail"].iter().find_map(|name| error.get(*name));
        let said = match sentence.unwrap_or(error) {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        Self { said: said.chars().take(limits::SAID_CHARS).collect(), words, code }
    }

    /// An error that is no JSON.
    pub fn of_text(text: &str) -> Self {
        Self { said: first_words(text), ..Self::default() }
    }

    fn has(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.words.iter().any(|own| own.contains(word)))
    }

    fn says(&self, phrases: &[&str]) -> bool {
        let said = self.said.to_lowercase();
        phrases.iter().any(|phrase| said.contains(phrase))
    }

    /// The prompt, or the prompt with what was to be written, did not fit.
    fn is_context(&self) -> bool {
        self.has(&["context_length_exceeded", "exceed_context_size", "request_too_large", "model_context_window"])
            || self.says(&[
                "maximum context length",            // OpenAI, vLLM, OpenRouter, Mistral
                "maximum model length",              // vLLM
                "model's context length",            // Together
                "available context size",            // llama.cpp
                "prompt is too long",                // Anthropic
                "exceed context limit",              // Anthropic
                "prompt too long",                   // Ollama
                "exceeds the context length",        // Ollama
                "greater than the context length",   // LM Studio
                "input token count",                 // Gemini
                "reduce the length of the messages", // Groq
            ])
    }

    fn is_filter(&self) -> bool {
        self.has(&["content_filter", "content_policy", "responsibleaipolicyviolation", "invalid_prompt"])
            || self.says(&["content filtering policy", "content management policy"])
    }

    fn is_quota(&self, status: u16) -> bool {
        status == 402
            || self.has(&["insufficient_quota", "billing_hard_limit", "insufficient_credits"])
            || self.says(&["credit balance is too low"])
    }

    fn is_rate(&self, status: u16) -> bool {
        status == 429 || self.has(&["rate_limit", "resource_exhausted", "too_many_requests"])
    }

    fn is_overload(&self, status: u16) -> bool {
        matches!(status, 503 | 529) || self.has(&["overloaded", "unavailable"])
    }

    fn is_wrong_key(&self, status: u16) -> bool {
        matches!(status, 401 | 403)
            || self.has(&["invalid_api_key", "api_key_invalid", "authentication_error", "permission_error"])
    }

    fn is_wrong_model(&self, status: u16) -> bool {
        // 405 and 410 are an address that is none and a model that is no more.
        matches!(status, 404 | 405 | 410)
            || self.has(&["model_not_found", "not_found_error"])
            || self.says(&["is not a valid model"])
    }

    /// What the error means. `status` is the reply's.
    pub fn end(&self, status: u16, wire: &Wire) -> (End, Again) {
        let in_success = (200..300).contains(&status);
        // An error inside a success counts by its own code.
        let status = if in_success { self.code.unwrap_or(status) } else { status };
        let said = &self.said;
        // Never by the status alone: a busy or failing server may quote anything.
        if matches!(status, 200..=299 | 400 | 403 | 413 | 422 | 500) {
            if self.is_filter() {
                return outcome(Stop::ContentFilter);
            }
            if self.is_context() {
                return outcome(Stop::ContextLimit);
            }
        }
        let (key, url) = (wire.key_variable, wire.url_variable);
        if self.is_quota(status) {
            return set_up(format!("the provider says: {said}"));
        }
        if self.is_rate(status) {
            return (End::Fault(Fault::RateLimited, said.clone()), Again::Refused);
        }
        if self.is_overload(status) {
            return (End::Fault(Fault::ProviderOutage, format!("status {status}: {said}")), Again::Refused);
        }
        if self.is_wrong_key(status) {
            return set_up(format!("status {status}: {said} (is {key} right?)"));
        }
        if self.is_wrong_model(status) {
            return set_up(format!("status {status}: {said} (are the model's name and {url} right?)"));
        }
        match status {
            // A success that is an error was accepted: what it cost is not known. The kind of fault says so to whoever asks again later.
            _ if in_success => {
                (End::Fault(Fault::UnreadableReply, format!("status 200 with an error: {said}")), Again::Lost)
            }
            300..=399 => set_up(format!(
                "status {status}: the server redirects, and redirects are not followed (is {url} right?)"
            )),
            // A gateway gave up waiting; the model behind it may have gone on, at a price.
            408 | 504 | 524 => (End::Fault(Fault::Timeout, format!("status {status}: {said}")), Again::Lost),
            425 | 500..=599 => (End::Fault(Fault::ProviderOutage, format!("status {status}: {said}")), Again::Refused),
            _ => (End::Fault(Fault::RequestRefused, format!("status {status}: {said}")), Again::No),
        }
    }
}

/// An answer without words, for what the system ran into.
pub fn outcome(stop: Stop) -> (End, Again) {
    (End::Answered(Answer { stop, ..Answer::default() }), Again::No)
}

const fn set_up(reason: String) -> (End, Again) {
    (End::SetUp(reason), Again::No)
}

/// The beginning of a reply that could not be read.
pub fn first_words(text: &str) -> String {
    let words: String = text.chars().take(limits::SAID_CHARS / 5).collect();
    if words.trim().is_empty() { "an empty reply".to_owned() } else { words }
}
