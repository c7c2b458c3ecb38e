//! Any OpenAI-compatible chat endpoint: one thin wire layer, nothing rewritten silently.

use std::time::{Duration, Instant};

use bedside_core::manifest::DataClass;
use bedside_core::observation::OptionLogprob;
use bedside_core::problem::Problem;
use bedside_core::{Answer, Fault, Prompt, Stop, SystemSpec, Usage, limits};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use serde_json::{Map, Value, json};

use super::{End, Exchange, retry};
use crate::egress::{Egress, EgressError, Endpoint};
use crate::progress::Progress;
use crate::secret::Secret;

const KEY_VARIABLE: &str = "OPENAI_API_KEY";
const URL_VARIABLE: &str = "OPENAI_BASE_URL";
const DEFAULT_URL: &str = "https://api.openai.com/v1";
/// Whole of one request. A long note from a slow local server takes minutes; a hang must still end.
const REQUEST_TIMEOUT: Duration = Duration::from_mins(10);

/// Settings that go into the request as they are. Any other name is an error: a parameter that would be dropped misleads.
pub const SETTINGS: [&str; 14] = [
    "temperature",
    "top_p",
    "max_tokens",
    "max_completion_tokens",
    "seed",
    "stop",
    "frequency_penalty",
    "presence_penalty",
    "logprobs",
    "top_logprobs",
    "reasoning_effort",
    "service_tier",
    "top_k",
    "min_p",
];

/// A chat endpoint with a model and settings.
#[derive(Debug)]
pub struct OpenAi {
    client: reqwest::Client,
    url: url::Url,
    key: Option<Secret>,
    model: String,
    settings: Map<String, Value>,
    token_limit_name: &'static str,
    endpoint: Endpoint,
}

/// Where requests go, from `OPENAI_BASE_URL`.
pub fn endpoint() -> Result<Endpoint, EgressError> {
    let url = std::env::var(URL_VARIABLE).ok().filter(|url| !url.trim().is_empty());
    Endpoint::parse(url.as_deref().unwrap_or(DEFAULT_URL).trim())
}

/// Checks the settings of a name; each unknown one is a problem with the nearest known name.
pub fn check_settings(spec: &SystemSpec) -> Vec<Problem> {
    spec.settings
        .keys()
        .filter(|key| !SETTINGS.contains(&key.as_str()))
        .map(|key| {
            Problem::new("unknown_setting", format!("unknown setting `{key}` of `{spec}`"))
                .because("it would not reach the model")
                .suggest(key, SETTINGS)
        })
        .collect()
}

impl OpenAi {
    /// Prepares the endpoint. A remote host without a key is a mistake that is named before anything is spent.
    pub fn new(spec: &SystemSpec, egress: &Egress, what: &str, class: DataClass) -> Result<Self, Problem> {
        let refuse = |error: EgressError| Problem::new("egress", error.to_string());
        let endpoint = endpoint().map_err(refuse)?;
        let key = Secret::from_env(KEY_VARIABLE);
        if key.is_none() && !endpoint.loopback {
            return Err(Problem::new("missing_key", format!("{KEY_VARIABLE} is not set"))
                .because(format!("`{spec}` is asked at {}", endpoint.host))
                .hint(format!("set {KEY_VARIABLE}, or point {URL_VARIABLE} at a server of your own, such as http://127.0.0.1:8000/v1")));
        }
        let client = egress.client(&endpoint, what, class, REQUEST_TIMEOUT).map_err(refuse)?;
        // The vendor's own newer models refuse `max_tokens`; compatible servers know nothing else.
        let token_limit_name =
            if endpoint.url.host_str() == Some("api.openai.com") { "max_completion_tokens" } else { "max_tokens" };
        let url = format!("{}/chat/completions", endpoint.url.as_str().trim_end_matches('/'));
        let url = url::Url::parse(&url).map_err(|error| Problem::new("egress", error.to_string()))?;
        Ok(Self {
            client,
            url,
            key,
            model: spec.model.clone(),
            settings: spec.settings.clone(),
            token_limit_name,
            endpoint,
        })
    }

    /// Whether the endpoint is on this machine.
    pub const fn is_loopback(&self) -> bool {
        self.endpoint.loopback
    }

    /// Where calls go now: after a resume with another address that is not where they went before.
    pub fn host(&self) -> &str {
        &self.endpoint.host
    }

    /// The request body for a cell. `seed` moves with the epoch, so that repetitions are repetitions and not copies.
    pub fn body(&self, prompt: &Prompt, max_tokens: Option<u32>, epoch: u32) -> Vec<u8> {
        let messages: Vec<Value> = prompt
            .messages
            .iter()
            .map(|message| json!({"role": message.role.word(), "content": message.content}))
            .collect();
        let mut body = Map::new();
        body.insert("model".into(), Value::String(self.model.clone()));
        body.insert("messages".into(), Value::Array(messages));
        for (name, value) in &self.settings {
            let value = match (name.as_str(), value.as_i64()) {
                ("seed", Some(seed)) => json!(seed.wrapping_add(i64::from(epoch))),
                _ => value.clone(),
            };
            body.insert(name.clone(), value);
        }
        let limited = ["max_tokens", "max_completion_tokens"].iter().any(|name| self.settings.contains_key(*name));
        if let (Some(limit), false) = (max_tokens, limited) {
            body.insert(self.token_limit_name.into(), json!(limit));
        }
        Value::Object(body).to_string().into_bytes()
    }

    /// Sends a body until it is answered or the last try is over.
    pub async fn send(&self, body: &[u8], spread: f64, option_labels: &[String], progress: &Progress) -> Exchange {
        let mut tries = 1;
        loop {
            let started = Instant::now();
            let attempt = self.attempt(body, option_labels).await;
            let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            let wait = attempt.again.then(|| retry::wait_before(tries + 1, attempt.retry_after, spread)).flatten();
            // Waited for in slices: an interruption must not be followed by another request.
            let until = wait.map(|wait| Instant::now() + wait);
            while until.is_some_and(|until| Instant::now() < until) && !progress.stopping() {
                let left = until.map_or(Duration::ZERO, |until| until.saturating_duration_since(Instant::now()));
                tokio::time::sleep(left.min(Duration::from_millis(100))).await;
            }
            if wait.is_none() || progress.stopping() {
                return Exchange {
                    response: attempt.response,
                    status: attempt.status,
                    duration_ms,
                    tries,
                    end: attempt.end,
                };
            }
            progress.retry();
            tries += 1;
        }
    }

    async fn attempt(&self, body: &[u8], option_labels: &[String]) -> Attempt {
        let mut request =
            self.client.post(self.url.clone()).header(CONTENT_TYPE, "application/json").body(body.to_vec());
        if let Some(key) = &self.key {
            let Some(value) = key.bearer() else {
                return Attempt::ended(End::SetUp(format!("{KEY_VARIABLE} holds characters that no header may carry")));
            };
            request = request.header(AUTHORIZATION, value);
        }
        let mut response = match request.send().await {
            Ok(response) => response,
            Err(error) => return self.broken(&error),
        };
        let status = response.status().as_u16();
        let retry_after = retry::retry_after(response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()));
        let mut bytes = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if bytes.len() + chunk.len() > limits::REPLY_BYTES => {
                    let detail = format!("a reply of more than {} bytes", limits::REPLY_BYTES);
                    return Attempt {
                        status: Some(status),
                        ..Attempt::ended(End::Fault(Fault::UnreadableReply, detail))
                    };
                }
                Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
                Ok(None) => break,
                Err(error) => return Attempt { status: Some(status), ..self.broken(&error) },
            }
        }
        let text = self.scrub(&String::from_utf8_lossy(&bytes));
        let bytes =
            if std::str::from_utf8(&bytes).is_ok_and(|raw| raw == text) { bytes } else { text.clone().into_bytes() };
        let (end, again) = read_reply(status, &text, option_labels);
        Attempt { response: Some(bytes), status: Some(status), end, again, retry_after }
    }

    fn broken(&self, error: &reqwest::Error) -> Attempt {
        // Errors carry the address, which holds no key here; the cause says more than the error itself.
        let mut detail = error.to_string();
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            detail = format!("{detail}: {cause}");
            source = cause.source();
        }
        let detail = self.scrub(&detail);
        let (fault, again) = if error.is_connect() {
            (Fault::Unreachable, true)
        } else if error.is_timeout() {
            (Fault::Timeout, false)
        } else {
            // The request may have been accepted, and paid for: not sent again here.
            (Fault::Disconnected, false)
        };
        Attempt { again, ..Attempt::ended(End::Fault(fault, detail)) }
    }

    fn scrub(&self, text: &str) -> String {
        self.key.as_ref().map_or_else(|| text.to_owned(), |key| key.scrub(text))
    }
}

struct Attempt {
    response: Option<Vec<u8>>,
    status: Option<u16>,
    end: End,
    again: bool,
    retry_after: Option<Duration>,
}

impl Attempt {
    const fn ended(end: End) -> Self {
        Self { response: None, status: None, end, again: false, retry_after: None }
    }
}

/// What a reply means, and whether it may be asked for again.
fn read_reply(status: u16, text: &str, option_labels: &[String]) -> (End, bool) {
    let reply: Option<Value> = serde_json::from_str(text).ok();
    let error = reply.as_ref().and_then(|reply| reply.get("error")).filter(|error| !error.is_null());
    let said = error.map_or_else(
        || first_words(text),
        |error| error.get("message").and_then(Value::as_str).map_or_else(|| error.to_string(), str::to_owned),
    );
    let code = error.and_then(|error| error.get("code")).and_then(Value::as_str).unwrap_or_default();
    match status {
        200..=299 => match (error, reply.as_ref().and_then(|reply| read_answer(reply, option_labels))) {
            (None, Some(answer)) => (End::Answered(answer), false),
            (Some(_), _) => {
                (End::Fault(Fault::UnreadableReply, format!("status {status} with an error: {said}")), false)
            }
            (None, None) => (End::Fault(Fault::UnreadableReply, format!("not a chat completion: {said}")), false),
        },
        // What the system itself ran into is an outcome.
        400 | 413 if code == "context_length_exceeded" || said.contains("maximum context length") => {
            (End::Answered(Answer { stop: Stop::ContextLimit, ..Answer::default() }), false)
        }
        400 if code == "content_filter" => {
            (End::Answered(Answer { stop: Stop::ContentFilter, ..Answer::default() }), false)
        }
        429 if code == "insufficient_quota" => (End::SetUp(format!("the provider says: {said}")), false),
        429 => (End::Fault(Fault::RateLimited, said), true),
        500..=599 => (End::Fault(Fault::ProviderOutage, format!("status {status}: {said}")), true),
        401 | 403 => (End::SetUp(format!("status {status}: {said} (is {KEY_VARIABLE} right?)")), false),
        404 => (End::SetUp(format!("status 404: {said} (are the model's name and {URL_VARIABLE} right?)")), false),
        300..=399 => (
            End::SetUp(format!(
                "status {status}: the server redirects, and redirects are not followed (is {URL_VARIABLE} right?)"
            )),
            false,
        ),
        _ => (End::Fault(Fault::RequestRefused, format!("status {status}: {said}")), false),
    }
}

fn first_words(text: &str) -> String {
    let words: String = text.chars().take(200).collect();
    if words.trim().is_empty() { "an empty reply".to_owned() } else { words }
}

fn read_answer(reply: &Value, option_labels: &[String]) -> Option<Answer> {
    let choice = reply.get("choices")?.get(0)?;
    let message = choice.get("message")?;
    let content = message.get("content").and_then(Value::as_str);
    let refusal = message.get("refusal").and_then(Value::as_str);
    let output = content.filter(|text| !text.is_empty()).or(refusal).unwrap_or_default();
    if output.len() > limits::OUTPUT_BYTES {
        return None;
    }
    let stop = match choice.get("finish_reason").and_then(Value::as_str) {
        Some("length") => Stop::TokenLimit,
        Some("content_filter") => Stop::ContentFilter,
        // No tools were offered.
        Some("tool_calls" | "function_call") => Stop::MalformedToolCall,
        Some("stop") => Stop::Complete,
        _ => Stop::Unknown,
    };
    let count = |name: &str| reply.get("usage").and_then(|usage| usage.get(name)).and_then(Value::as_u64);
    let usage = Usage { prompt_tokens: count("prompt_tokens"), completion_tokens: count("completion_tokens") };
    Some(Answer {
        output: output.to_owned(),
        stop,
        usage,
        option_logprobs: option_logprobs(choice, option_labels),
        messages: Vec::new(),
    })
}

/// Log-probabilities of the option labels as the first token, when asked for by `logprobs=true&top_logprobs=20`. Labels that are not among
/// the alternatives are left out: their probability is unknown, not zero.
fn option_logprobs(choice: &Value, option_labels: &[String]) -> Vec<OptionLogprob> {
    let first = choice.pointer("/logprobs/content/0/top_logprobs").and_then(Value::as_array);
    let Some(alternatives) = first else { return Vec::new() };
    option_labels
        .iter()
        .filter_map(|label| {
            let best = alternatives
                .iter()
                .filter(|alternative| {
                    alternative.get("token").and_then(Value::as_str).is_some_and(|token| token.trim() == label)
                })
                .filter_map(|alternative| alternative.get("logprob").and_then(Value::as_f64))
                .filter(|logprob| logprob.is_finite())
                .fold(f64::NEG_INFINITY, f64::max);
            best.is_finite().then(|| OptionLogprob { label: label.clone(), logprob: best })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(status: u16, body: &str) -> (End, bool) {
        read_reply(status, body, &[])
    }

    #[test]
    fn what_the_system_ran_into_is_an_outcome_and_what_we_ran_into_is_a_fault() {
        let context = r#"{"error":{"message":"too long","code":"context_length_exceeded"}}"#;
        assert!(matches!(end(400, context), (End::Answered(Answer { stop: Stop::ContextLimit, .. }), false)));
        assert!(matches!(end(400, r#"{"error":{"message":"x","code":"content_filter"}}"#), (End::Answered(_), false)));
        assert!(matches!(end(429, "{}"), (End::Fault(Fault::RateLimited, _), true)));
        assert!(matches!(end(503, "busy"), (End::Fault(Fault::ProviderOutage, _), true)));
        assert!(matches!(end(401, "{}"), (End::SetUp(_), false)));
        assert!(matches!(end(422, "{}"), (End::Fault(Fault::RequestRefused, _), false)));
        assert!(matches!(
            end(200, r#"{"error":{"message":"overloaded"}}"#),
            (End::Fault(Fault::UnreadableReply, _), false)
        ));
        assert!(matches!(end(200, r#"{"choices":["#), (End::Fault(Fault::UnreadableReply, _), false)));
        assert!(matches!(end(200, ""), (End::Fault(Fault::UnreadableReply, _), false)));
    }

    #[test]
    fn an_empty_answer_is_an_answer() {
        let body = r#"{"choices":[{"message":{"role":"assistant","content":""},"finish_reason":"length"}]}"#;
        let (End::Answered(answer), _) = end(200, body) else { panic!("an answer") };
        assert_eq!((answer.output.as_str(), answer.stop), ("", Stop::TokenLimit));
    }

    #[test]
    fn label_probabilities_are_read_where_given() {
        let body = json!({"choices":[{"message":{"content":"B"},"finish_reason":"stop","logprobs":{"content":[{"top_logprobs":[
            {"token":" B","logprob":-0.1},{"token":"B","logprob":-3.0},{"token":"A","logprob":-2.5},{"token":"x","logprob":-9}]}]}}]});
        let (End::Answered(answer), _) = read_reply(200, &body.to_string(), &["A".into(), "B".into(), "C".into()])
        else {
            panic!()
        };
        let read: Vec<_> = answer.option_logprobs.iter().map(|o| (o.label.as_str(), o.logprob)).collect();
        assert_eq!(read, [("A", -2.5), ("B", -0.1)]);
    }
}
