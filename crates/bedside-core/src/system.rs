//! Names of systems: `provider/model?key=value&…`, `recorded:FILE`, `exec:COMMAND`.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::digest::Digest;

/// A system under test: model + settings + scaffold, as written on the command line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SystemSpec {
    /// `openai`, `local`, `null`, `recorded`, …
    pub provider: String,
    /// Model name, file or policy.
    pub model: String,
    /// Settings after the question mark, in the order given.
    pub settings: Map<String, Value>,
}

/// Why a system name could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SystemNameError {
    /// Neither `provider/model` nor `recorded:` nor `exec:`.
    #[error("`{0}` names no system")]
    NoProvider(String),
    /// Nothing after the slash or colon.
    #[error("`{0}` names a provider but no model")]
    NoModel(String),
    /// A setting without `=`.
    #[error("setting `{setting}` of `{system}` has no value")]
    NoValue {
        /// The name as given.
        system: String,
        /// The offending part.
        setting: String,
    },
    /// The same setting twice.
    #[error("setting `{setting}` of `{system}` is given twice")]
    Twice {
        /// The name as given.
        system: String,
        /// The offending part.
        setting: String,
    },
}

impl SystemSpec {
    /// Reads a system name. Numbers, `true` and `false` after `=` become such; anything else is text.
    pub fn parse(text: &str) -> Result<Self, SystemNameError> {
        for provider in ["recorded", "exec"] {
            if let Some(rest) = text.strip_prefix(provider).and_then(|rest| rest.strip_prefix(':')) {
                if rest.is_empty() {
                    return Err(SystemNameError::NoModel(text.to_owned()));
                }
                return Ok(Self { provider: provider.to_owned(), model: rest.to_owned(), settings: Map::new() });
            }
        }
        let (name, query) = text.split_once('?').unwrap_or((text, ""));
        let (provider, model) = name.split_once('/').ok_or_else(|| SystemNameError::NoProvider(text.to_owned()))?;
        if provider.is_empty() {
            return Err(SystemNameError::NoProvider(text.to_owned()));
        }
        if model.is_empty() {
            return Err(SystemNameError::NoModel(text.to_owned()));
        }
        let mut settings = Map::new();
        for part in query.split('&').filter(|part| !part.is_empty()) {
            let (key, value) = part
                .split_once('=')
                .filter(|(key, _)| !key.is_empty())
                .ok_or_else(|| SystemNameError::NoValue { system: text.to_owned(), setting: part.to_owned() })?;
            let value = match serde_json::from_str::<Value>(value) {
                Ok(parsed @ (Value::Number(_) | Value::Bool(_))) => parsed,
                _ => Value::String(value.to_owned()),
            };
            if settings.insert(key.to_owned(), value).is_some() {
                return Err(SystemNameError::Twice { system: text.to_owned(), setting: key.to_owned() });
            }
        }
        Ok(Self { provider: provider.to_owned(), model: model.to_owned(), settings })
    }

    /// Address of all that could change the answers; `extra` is what the provider adds, such as the digest of weights or of a recording.
    pub fn digest(&self, extra: &Value) -> Digest {
        Digest::of_json(&json!({
            "provider": self.provider, "model": self.model, "settings": self.settings, "extra": extra,
        }))
    }
}

impl fmt::Display for SystemSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if matches!(self.provider.as_str(), "recorded" | "exec") {
            return write!(f, "{}:{}", self.provider, self.model);
        }
        write!(f, "{}/{}", self.provider, self.model)?;
        for (position, (key, value)) in self.settings.iter().enumerate() {
            let separator = if position == 0 { '?' } else { '&' };
            match value {
                Value::String(text) => write!(f, "{separator}{key}={text}")?,
                other => write!(f, "{separator}{key}={other}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for name in
            ["openai/gpt-x?temperature=0&max_tokens=512", "recorded:a/b.jsonl", "null/random", "openai/org/model-7b"]
        {
            assert_eq!(SystemSpec::parse(name).unwrap().to_string(), name);
        }
    }

    #[test]
    fn errors_name_the_part() {
        assert_eq!(SystemSpec::parse("gpt-4"), Err(SystemNameError::NoProvider("gpt-4".into())));
        assert_eq!(SystemSpec::parse("openai/"), Err(SystemNameError::NoModel("openai/".into())));
        assert!(matches!(SystemSpec::parse("openai/x?temperature"), Err(SystemNameError::NoValue { .. })));
        assert!(matches!(SystemSpec::parse("openai/x?seed=1&seed=2"), Err(SystemNameError::Twice { .. })));
    }
}
