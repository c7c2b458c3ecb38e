//! What goes over the wire, one file a provider: pure functions from a prompt to a request and from a reply to its end.
//!
//! ```text
//! Request ─body→ JSON ─▶ provider ─▶ Reply ─read→ (End, Again)
//! ```
//!
//! To add a provider: one file with a [`Wire`], and its line in [`WIRES`].

pub mod anthropic;
pub mod azure;
pub mod chat;
pub mod completions;
pub mod gemini;
pub mod logprobs;
pub mod ollama;
pub mod reply;
pub mod responses;
pub mod settings;
pub mod tools;
pub mod trouble;

use bedside_core::{Prompt, Usage};
use serde_json::{Map, Value};
use url::Url;

use self::reply::Reply;
use self::settings::Setting;
use super::{Again, End};

/// Everything that is special about one provider's interface.
pub struct Wire {
    /// The word before the slash.
    pub provider: &'static str,
    /// One line for `bedside list models`.
    pub what: &'static str,
    /// Variable that holds the key.
    pub key_variable: &'static str,
    /// Header that carries the key.
    pub key_header: KeyHeader,
    /// Whether another machine can be asked without a key.
    pub key_optional: bool,
    /// Variable that holds the address.
    pub url_variable: &'static str,
    /// The address unless the variable says otherwise; `None` when everybody has their own.
    pub default_url: Option<&'static str>,
    /// Headers beside the usual ones.
    pub headers: &'static [(&'static str, &'static str)],
    /// Settings that reach the model. Any other name is an error.
    pub settings: &'static [Setting],
    /// Token limit that is sent when neither the user nor the task says one, where the interface demands one.
    pub default_limit: Option<u32>,
    /// Whether it can be shown images.
    pub images: bool,
    /// Whether it can be offered tools.
    pub tools: bool,
    /// Where requests about a model go, below the address.
    pub path: fn(base: &Url, model: &str) -> Url,
    /// Name of the setting by which the task's token limit is sent.
    pub limit_setting: fn(base: &Url) -> &'static str,
    /// The request.
    pub body: fn(&Request<'_>) -> Value,
    /// What a reply means, and whether it may be asked for again.
    pub read: fn(&Reply<'_>) -> (End, Again),
}

/// How a key is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyHeader {
    /// `Authorization: Bearer KEY`
    Bearer,
    /// A header of its own.
    Named(&'static str),
}

/// One call, before it has the form of any provider.
#[derive(Debug)]
pub struct Request<'a> {
    /// The model, as written after the slash.
    pub model: &'a str,
    /// What it is shown.
    pub prompt: &'a Prompt,
    /// Its settings, checked; the token limit of the task is among them when the user set none.
    pub settings: &'a Map<String, Value>,
    /// Which repetition: moves the seed.
    pub epoch: u32,
}

/// Every provider that is asked by HTTP.
pub const WIRES: [&Wire; 7] =
    [&chat::WIRE, &responses::WIRE, &completions::WIRE, &azure::WIRE, &anthropic::WIRE, &gemini::WIRE, &ollama::WIRE];

/// The interface of a provider.
pub fn of(provider: &str) -> Option<&'static Wire> {
    WIRES.into_iter().find(|wire| wire.provider == provider)
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Wire({})", self.provider)
    }
}

/// The address with segments added to its path. Each is escaped, so that no model name can lead elsewhere.
fn below(base: &Url, segments: &[&str]) -> Url {
    let mut url = base.clone();
    // Fails only for addresses without a host, which an endpoint never is.
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

/// The last segment of the address's path.
fn last_segment(base: &Url) -> &str {
    base.path().trim_end_matches('/').rsplit('/').next().unwrap_or_default()
}

/// Reads token counts by their places in a reply.
fn usage(reply: &Value, prompt: &str, completion: &str, cached: &str, reasoning: &str) -> Usage {
    let count = |place: &str| reply.pointer(place).and_then(Value::as_u64);
    Usage {
        prompt_tokens: count(prompt),
        completion_tokens: count(completion),
        cached_tokens: count(cached),
        reasoning_tokens: count(reasoning),
    }
}
