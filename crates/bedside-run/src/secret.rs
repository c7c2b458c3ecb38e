//! Keys: a type that can be neither printed nor serialised, and a scrubber for text in which a server echoed one.

use secrecy::{ExposeSecret, SecretString};

/// An API key. Shown to the header of a request at the last moment, and to nothing else.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes a key over.
    pub fn new(key: String) -> Self {
        Self(SecretString::from(key))
    }

    /// The key from an environment variable; white space around it is a copy-and-paste accident.
    pub fn from_env(variable: &str) -> Option<Self> {
        std::env::var(variable).ok().map(|key| key.trim().to_owned()).filter(|key| !key.is_empty()).map(Self::new)
    }

    pub(crate) fn bearer(&self) -> Option<reqwest::header::HeaderValue> {
        let mut value = reqwest::header::HeaderValue::from_str(&format!("Bearer {}", self.0.expose_secret())).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// The text without the key, in case a server echoed it.
    pub fn scrub(&self, text: &str) -> String {
        let key = self.0.expose_secret();
        // A key shorter than this would blank ordinary words; real ones are far longer.
        if key.len() < 6 || !text.contains(key) { text.to_owned() } else { text.replace(key, "[key removed]") }
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_never_printed_and_is_scrubbed_from_echoes() {
        let key = Secret::new("sk-sentinel-123".into());
        assert!(!format!("{key:?}").contains("sentinel"));
        assert_eq!(key.scrub("bad key sk-sentinel-123!"), "bad key [key removed]!");
    }
}
