//! The unit of work: (item, variant, system, epoch), addressed by all that could change the answer.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::digest::Digest;

/// Version of what goes into a cell key. A change makes old answers unusable for new runs, so it is announced.
pub const CELL_KEY_VERSION: u32 = 1;

/// Global name of a cell: BLAKE3 of the canonical JSON of everything that could change the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CellKey(pub Digest);

impl CellKey {
    /// The key of a cell. The base URL, prices and the time are recorded elsewhere and are not part of it.
    pub fn new(item: Digest, variant: &Variant, prompt: Digest, system: Digest, epoch: u32) -> Self {
        Self(Digest::of_json(&json!({
            "v": CELL_KEY_VERSION,
            "item": item,
            "variant": variant,
            "prompt": prompt,
            "system": system,
            "epoch": epoch,
        })))
    }
}

impl fmt::Display for CellKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

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
        Self { name: "original".to_owned(), parameters: serde_json::Value::Null }
    }
}
