//! The unit of work: (item, variant, system, epoch), addressed by all that could change the answer.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::digest::{Digest, canonical_json};

/// Version of what goes into a cell key. A change makes old answers unusable for new runs, so it is announced.
pub const CELL_KEY_VERSION: u32 = 1;

/// Global name of a cell: BLAKE3 of the canonical JSON of everything that could change the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CellKey(pub Digest);

impl CellKey {
    /// The key of a cell. The base URL, prices and the time are recorded elsewhere and are not part of it.
    pub fn new(item: Digest, variant: &Variant, prompt: Digest, system: Digest, epoch: u32) -> Self {
        // The canonical JSON of these, put together by hand: reports ask for a million keys.
        let variant = if variant.name == ORIGINAL && variant.parameters.is_null() {
            Cow::Borrowed(r#"{"name":"original","parameters":null}"#)
        } else {
            Cow::Owned(canonical_json(&json!(variant)))
        };
        let text = format!(
            r#"{{"epoch":{epoch},"item":"{}","prompt":"{}","system":"{}","v":{CELL_KEY_VERSION},"variant":{variant}}}"#,
            item.hex(),
            prompt.hex(),
            system.hex(),
        );
        Self(Digest::of(text.as_bytes()))
    }
}

impl fmt::Display for CellKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Name of an item that was not rewritten.
const ORIGINAL: &str = "original";

/// A declared rewrite of an item. `original` is the item as it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Variant {
    /// Name of the rewrite.
    pub name: String,
    /// Its parameters.
    pub parameters: serde_json::Value,
}

impl Default for Variant {
    fn default() -> Self {
        Self { name: ORIGINAL.to_owned(), parameters: serde_json::Value::Null }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_digest_of_canonical_json() {
        let (item, prompt, system) = (Digest::of(b"item"), Digest::of(b"prompt"), Digest::of(b"system"));
        let rewritten = Variant { name: "say \"hi\"".to_owned(), parameters: json!({"b": 1.5, "a": [null]}) };
        for variant in [Variant::default(), rewritten] {
            let whole =
                json!({"v": 1, "item": item, "variant": variant, "prompt": prompt, "system": system, "epoch": 3});
            assert_eq!(CellKey::new(item, &variant, prompt, system, 3).0, Digest::of_json(&whole));
        }
    }
}
