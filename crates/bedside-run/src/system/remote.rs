//! A provider that is asked by HTTP: one client, one endpoint, one key, and the [`Wire`] that says what to send and how to read.

use std::time::Duration;

use bedside_core::manifest::{DataClass, TaskTable};
use bedside_core::problem::Problem;
use bedside_core::{Answer, Digest, Fault, Prompt, SystemSpec, limits};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use serde_json::{Map, Value};
use url::Url;

use super::wire::reply::Reply;
use super::wire::{self, KeyHeader, Request, Wire, completions, settings};
use super::{Again, Attempt, End, retry_after};
use crate::egress::{Egress, EgressError, Endpoint};
use crate::secret::{self, Secret};

/// Whole of one request, unless the user says otherwise. A long note from a slow local server takes minutes; a hang must still end.
pub const REQUEST_TIMEOUT: Duration = Duration::from_mins(10);

/// A model of a provider, with settings.
#[derive(Debug)]
pub struct Remote {
    wire: &'static Wire,
    client: reqwest::Client,
    endpoint: Endpoint,
    url: Url,
    key: Option<Secret>,
    model: String,
    settings: Map<String, Value>,
}

/// Where requests for a system go, from its provider's variable.
pub fn endpoint(spec: &SystemSpec) -> Result<Endpoint, EgressError> {
    wire::of(&spec.provider)
        .ok_or_else(|| EgressError::Client(format!("`{}` is not asked by HTTP", spec.provider)))
        .and_then(endpoint_of)
}

/// Where requests to a provider go, from its variable.
pub fn endpoint_of(wire: &Wire) -> Result<Endpoint, EgressError> {
    let set = std::env::var(wire.url_variable).ok().map(|url| url.trim().to_owned()).filter(|url| !url.is_empty());
    let address = set
        .or_else(|| wire.default_url.map(str::to_owned))
        .ok_or(EgressError::NotSet { variable: wire.url_variable })?;
    Endpoint::parse(&if wire.provider == "ollama" { served_at(&address) } else { address })
}

/// `OLLAMA_HOST` is written for the server: without a scheme or port, or as the address that means "on every interface".
fn served_at(host: &str) -> String {
    const PORT: &str = ":11434";
    let with_scheme = if host.contains("://") { host.to_owned() } else { format!("http://{host}") };
    let Ok(url) = Url::parse(&with_scheme) else { return with_scheme };
    let has_port = url.port().is_some() || host.contains("://");
    let address = if has_port { with_scheme } else { with_scheme.trim_end_matches('/').to_owned() + PORT };
    address.replacen("//0.0.0.0", "//127.0.0.1", 1).replacen("//[::]", "//[::1]", 1)
}

/// Checks the settings of a name; each that would not reach the model as meant is a problem.
pub fn check_settings(spec: &SystemSpec) -> Vec<Problem> {
    wire::of(&spec.provider).map(|wire| settings::check(spec, wire.settings)).unwrap_or_default()
}

impl Remote {
    /// Prepares the endpoint. A remote host without a key is a mistake that is named before anything is spent.
    pub fn new(
        spec: &SystemSpec,
        egress: &Egress,
        what: &str,
        class: DataClass,
        request_timeout: Duration,
    ) -> Result<Self, Problem> {
        secret::know_environment();
        let refuse = |error: EgressError| Problem::new("egress", error.to_string());
        let wire = wire::of(&spec.provider)
            .ok_or_else(|| Problem::new("unknown_provider", format!("`{}` is not asked by HTTP", spec.provider)))?;
        let endpoint = endpoint_of(wire).map_err(refuse)?;
        let key = Secret::from_env(wire.key_variable);
        if key.is_none() && !endpoint.loopback && !wire.key_optional {
            return Err(Problem::new("missing_key", format!("{} is not set", wire.key_variable))
                .because(format!("`{spec}` is asked at {}", endpoint.host))
                .hint(format!(
                    "set {}, or point {} at a server of your own, such as http://127.0.0.1:8000/v1",
                    wire.key_variable, wire.url_variable
                )));
        }
        let client = egress.client(&endpoint, what, class, request_timeout).map_err(refuse)?;
        let url = (wire.path)(&endpoint.url, &spec.model);
        Ok(Self { wire, client, endpoint, url, key, model: spec.model.clone(), settings: spec.settings.clone() })
    }

    /// Whether the endpoint is on this machine.
    pub const fn is_loopback(&self) -> bool {
        self.endpoint.loopback
    }

    /// The provider, as written before the slash.
    pub const fn provider(&self) -> &'static str {
        self.wire.provider
    }

    /// The model, as written after it.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// Where calls go now: after a resume with another address that is not where they went before.
    pub fn host(&self) -> &str {
        &self.endpoint.host
    }

    /// Who is asked and on whose account: systems with the same one share a pace. A digest, from which no key can be read.
    pub fn account(&self) -> Digest {
        let key = self.key.as_ref().map(Secret::digest);
        Digest::of_parts([self.endpoint.url.as_str().as_bytes(), key.as_ref().map_or(&[][..], |key| &key.bytes()[..])])
    }

    /// Where a request goes, to the last part of its path, and on whose account.
    pub fn address(&self) -> Digest {
        Digest::of_parts([self.url.as_str().as_bytes(), self.account().bytes()])
    }

    /// Whether images can be shown.
    pub const fn takes_images(&self) -> bool {
        self.wire.images
    }

    /// Whether tools can be offered.
    pub const fn takes_tools(&self) -> bool {
        self.wire.tools
    }

    /// Whether the answer is the likeliest of the option labels instead of a text that was written.
    pub fn scores_options(&self) -> bool {
        completions::scores_options(&self.settings)
    }

    /// Words the answer of a system that can only point at a label: it is not asked for a format, and says its label in the published one.
    pub fn word(&self, answer: &mut Answer, task: &TaskTable, labels: &[String]) {
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        if self.scores_options()
            && labels.contains(&answer.output.as_str())
            && let Some(prefix) = task.answer_prefix(&labels)
        {
            answer.output = format!("{prefix} {}", answer.output);
        }
    }

    /// The limit on what is written that stands in a request, if any.
    pub fn completion_limit(&self, max_tokens: Option<u32>) -> Option<u64> {
        if self.scores_options() {
            return Some(u64::from(self.settings.get("max_tokens").and_then(Value::as_u64) == Some(1)));
        }
        match settings::limit(&self.settings, self.wire.settings) {
            Some(limit) => u64::try_from(limit).ok(),
            None => max_tokens.or(self.wire.default_limit).map(u64::from),
        }
    }

    /// The request body for a cell. `seed` moves with the epoch, so that repetitions are repetitions and not copies.
    pub fn body(&self, prompt: &Prompt, max_tokens: Option<u32>, epoch: u32) -> Vec<u8> {
        let mut settings = self.settings.clone();
        if settings::limit(&settings, self.wire.settings).is_none()
            && let Some(limit) = max_tokens.or(self.wire.default_limit)
        {
            settings.insert((self.wire.limit_setting)(&self.endpoint.url).to_owned(), limit.into());
        }
        let request = Request { model: &self.model, prompt, settings: &settings, epoch };
        (self.wire.body)(&request).to_string().into_bytes()
    }

    /// Sends a body once and reads what comes.
    pub async fn attempt(&self, body: &[u8], option_labels: &[String]) -> Attempt {
        let mut request =
            self.client.post(self.url.clone()).header(CONTENT_TYPE, "application/json").body(body.to_vec());
        for (name, value) in self.wire.headers {
            request = request.header(*name, *value);
        }
        match self.key_header() {
            Ok(None) => {}
            Ok(Some((name, value))) => request = request.header(name, value),
            Err(reason) => return Attempt::ended(End::SetUp(reason), Again::No),
        }
        let mut response = match request.send().await {
            Ok(response) => response,
            Err(error) => return broken(&error),
        };
        let status = response.status().as_u16();
        let retry_after = retry_after::read(response.headers());
        let content_type =
            response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(secret::scrub);
        let bytes = match whole(&mut response).await {
            Ok(bytes) => secret::scrub_bytes(bytes),
            Err(attempt) => return Attempt { status: Some(status), retry_after, ..after_status(status, attempt) },
        };
        let mut attempt = self.read_as(status, bytes, body, option_labels, content_type.as_deref());
        attempt.retry_after = retry_after.or(attempt.retry_after);
        attempt
    }

    /// What a reply means that came to this request.
    pub fn read(&self, status: u16, reply: Vec<u8>, body: &[u8], option_labels: &[String]) -> Attempt {
        self.read_as(status, reply, body, option_labels, None)
    }

    fn read_as(
        &self,
        status: u16,
        bytes: Vec<u8>,
        body: &[u8],
        option_labels: &[String],
        content_type: Option<&str>,
    ) -> Attempt {
        let text = String::from_utf8_lossy(&bytes);
        let mut reply = Reply::new(self.wire, status, &text, body, option_labels);
        reply.content_type = content_type;
        let retry_after = reply.json.as_ref().and_then(retry_after::in_body);
        let (end, again) = (self.wire.read)(&reply);
        drop(reply);
        drop(text);
        Attempt { response: Some(bytes), stderr: None, status: Some(status), retry_after, end, again }
    }

    /// The header with the key, made at the last moment.
    fn key_header(&self) -> Result<Option<(HeaderName, HeaderValue)>, String> {
        let Some(key) = &self.key else { return Ok(None) };
        let (name, value) = match self.wire.key_header {
            KeyHeader::Bearer => (AUTHORIZATION, key.header("Bearer ")),
            KeyHeader::Named(name) => (HeaderName::from_static(name), key.header("")),
        };
        match value {
            Some(value) => Ok(Some((name, value))),
            None => Err(format!("{} holds characters that no header may carry", self.wire.key_variable)),
        }
    }
}

/// Reads a body to its end, and never holds more than the bound.
async fn whole(response: &mut reqwest::Response) -> Result<Vec<u8>, Attempt> {
    let too_large = || {
        let detail = format!("a reply of more than {} bytes", limits::REPLY_BYTES);
        Attempt::ended(End::Fault(Fault::UnreadableReply, detail), Again::Lost)
    };
    if response.content_length().is_some_and(|length| length > limits::REPLY_BYTES as u64) {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if bytes.len() + chunk.len() > limits::REPLY_BYTES => return Err(too_large()),
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) => return Ok(bytes),
            Err(error) => return Err(broken(&error)),
        }
    }
}

/// A body that could not be had. Where the status says already that the request was refused, nothing was accepted.
fn after_status(status: u16, attempt: Attempt) -> Attempt {
    let refused = status == 429 || ((500..600).contains(&status) && !matches!(status, 504 | 524));
    let Attempt { end: End::Fault(_, detail), .. } = &attempt else { return attempt };
    if !refused {
        return attempt;
    }
    let fault = if status == 429 { Fault::RateLimited } else { Fault::ProviderOutage };
    Attempt::ended(End::Fault(fault, format!("status {status}: {detail}")), Again::Refused)
}

/// A request that came to nothing on the way.
fn broken(error: &reqwest::Error) -> Attempt {
    // The cause says more than the error itself, which repeats the address.
    let mut detail = error.to_string();
    let mut source = std::error::Error::source(error);
    let mut garbled = false;
    while let Some(cause) = source {
        detail = format!("{detail}: {cause}");
        garbled |= cause.downcast_ref::<std::io::Error>().is_some_and(|error| {
            matches!(error.kind(), std::io::ErrorKind::InvalidData | std::io::ErrorKind::InvalidInput)
        });
        source = cause.source();
    }
    let (fault, again) = if error.is_connect() {
        (Fault::Unreachable, Again::Refused)
    } else if error.is_timeout() {
        (Fault::Timeout, Again::Lost)
    } else if garbled {
        (Fault::UnreadableReply, Again::Lost)
    } else {
        // The request may have been accepted, and paid for.
        (Fault::Disconnected, Again::Lost)
    };
    Attempt::ended(End::Fault(fault, secret::scrub(&detail)), again)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_ollama_is_read_as_its_server_reads_it() {
        for (given, found) in [
            ("127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("gpu.ward.example", "http://gpu.ward.example:11434"),
            ("0.0.0.0", "http://127.0.0.1:11434"),
            ("0.0.0.0:99", "http://127.0.0.1:99"),
            ("[::1]", "http://[::1]:11434"),
            ("https://ollama.example.org", "https://ollama.example.org"),
            ("http://127.0.0.1:1/", "http://127.0.0.1:1/"),
        ] {
            assert_eq!(served_at(given), found, "{given}");
        }
    }
}
