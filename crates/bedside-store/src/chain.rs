//! The chain that makes a changed event show: every event carries the hash of the one before it by the same writer.
//!
//! What it cannot show: that the *last* events of a writer were cut off, or that a whole file was made anew. For that, keep the head
//! ([`Head`]) somewhere else, as a published card does.

use bedside_core::{CellKey, Digest};

/// What the first event of a writer follows.
pub const FIRST: Digest = Digest::from_bytes([0; 32]);

/// An event as it is hashed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link<'a> {
    pub prev: &'a Digest,
    pub writer: &'a str,
    pub seq: i64,
    pub at: i64,
    pub kind: &'a str,
    pub cell: Option<&'a CellKey>,
    pub step: u32,
    pub body: &'a str,
}

impl Link<'_> {
    /// BLAKE3 over every part, each preceded by its length. Blobs are covered by the digests in the body.
    pub fn hash(&self) -> Digest {
        Digest::of_parts([
            self.prev.bytes().as_slice(),
            self.writer.as_bytes(),
            &self.seq.to_le_bytes(),
            &self.at.to_le_bytes(),
            self.kind.as_bytes(),
            self.cell.map_or(&[], |cell| cell.0.bytes().as_slice()),
            &self.step.to_le_bytes(),
            self.body.as_bytes(),
        ])
    }
}

/// Where a writer's chain ends: enough to notice later that events were cut off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The writer.
    pub writer: String,
    /// Number of its events.
    pub events: i64,
    /// Hash of the last.
    pub hash: Digest,
    /// When the last was written, milliseconds since 1970.
    pub at_ms: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_changes_the_hash() {
        let cell = CellKey(Digest::of(b"cell"));
        let other = Digest::of(b"other");
        let link =
            Link { prev: &FIRST, writer: "w", seq: 1, at: 2, kind: "scored", cell: Some(&cell), step: 3, body: "{}" };
        let changed = [
            Link { prev: &other, ..link },
            Link { writer: "v", ..link },
            Link { seq: 2, ..link },
            Link { at: 1, ..link },
            Link { kind: "rated", ..link },
            Link { cell: None, ..link },
            Link { step: 4, ..link },
            Link { body: "{ }", ..link },
        ];
        for other in changed {
            assert_ne!(other.hash(), link.hash(), "{other:?}");
        }
    }
}
