//! Azure OpenAI: the chat interface under an address, header and version of its own.

use url::Url;

use super::{KeyHeader, Wire, below, chat, last_segment};

/// Variable with the version of the interface.
const VERSION_VARIABLE: &str = "AZURE_OPENAI_API_VERSION";
/// The latest version of this path that Azure calls stable.
const DEFAULT_VERSION: &str = "2024-10-21";

/// `azure/DEPLOYMENT`
pub const WIRE: Wire = Wire {
    provider: "azure",
    what: "a deployment on Azure OpenAI: AZURE_OPENAI_ENDPOINT, AZURE_OPENAI_API_KEY, AZURE_OPENAI_API_VERSION",
    key_variable: "AZURE_OPENAI_API_KEY",
    key_header: KeyHeader::Named("api-key"),
    key_optional: false,
    url_variable: "AZURE_OPENAI_ENDPOINT",
    default_url: None,
    headers: &[],
    settings: &chat::SETTINGS,
    default_limit: None,
    images: true,
    tools: true,
    path: |base, deployment| {
        let version = std::env::var(VERSION_VARIABLE).ok().filter(|version| !version.trim().is_empty());
        path(base, deployment, version.as_deref().unwrap_or(DEFAULT_VERSION).trim())
    },
    limit_setting: |_| "max_tokens",
    body: chat::body,
    read: chat::read,
};

/// Where a deployment is asked, in a version of the interface.
pub fn path(base: &Url, deployment: &str, version: &str) -> Url {
    let base = if last_segment(base) == "openai" { base.clone() } else { below(base, &["openai"]) };
    let mut url = below(&base, &["deployments", deployment, "chat", "completions"]);
    url.query_pairs_mut().append_pair("api-version", version);
    url
}
