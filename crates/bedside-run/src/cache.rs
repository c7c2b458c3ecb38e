//! Replies to requests that were sent before, by the content of the request. Off unless the user asks for it, and never used for draws.

use std::path::{Path, PathBuf};

use bedside_core::{Digest, limits};
use serde::{Deserialize, Serialize};

use crate::fetch::write_atomically;
use crate::package::read_bounded;

/// A folder of replies. Two runs may use it at once: a reply is written whole or not at all.
#[derive(Clone, Debug)]
pub struct ResponseCache {
    folder: PathBuf,
}

/// What is kept of one exchange.
#[derive(Deserialize, Serialize)]
struct Kept {
    status: u16,
    reply: String,
}

impl ResponseCache {
    /// The replies in the folder of downloaded files.
    pub fn beside(cache: &Path) -> Self {
        Self { folder: cache.join("responses") }
    }

    /// The reply to a request, if it was kept. What cannot be read is asked for again.
    pub fn get(&self, address: &Digest, body: &[u8]) -> Option<(u16, Vec<u8>)> {
        let bytes = read_bounded(&self.file(address, body), 2 * limits::REPLY_BYTES as u64).ok()?;
        let kept: Kept = serde_json::from_slice(&bytes).ok()?;
        Some((kept.status, kept.reply.into_bytes()))
    }

    /// Keeps a reply. Failing to is no trouble: the run file has it.
    pub fn put(&self, address: &Digest, body: &[u8], status: u16, reply: &[u8]) {
        let Ok(reply) = std::str::from_utf8(reply) else { return };
        let kept = Kept { status, reply: reply.to_owned() };
        if let Ok(json) = serde_json::to_vec(&kept) {
            let _ = write_atomically(&self.file(address, body), &json);
        }
    }

    /// The body names settings; the model may stand in the address alone, and another account may be served otherwise.
    fn file(&self, address: &Digest, body: &[u8]) -> PathBuf {
        let name = Digest::of_parts([&b"v1"[..], address.bytes(), body]).hex();
        self.folder.join(&name[..2]).join(format!("{name}.json"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_belongs_to_its_request_and_host() {
        let folder = tempfile::tempdir().unwrap();
        let cache = ResponseCache::beside(folder.path());
        let (a, b) = (Digest::of(b"/models/a"), Digest::of(b"/models/b"));
        cache.put(&a, b"request", 200, b"reply");
        assert_eq!(cache.get(&a, b"request"), Some((200, b"reply".to_vec())));
        assert_eq!(cache.get(&b, b"request"), None, "the same body to another model");
        assert_eq!(cache.get(&a, b"another"), None);
        cache.put(&a, b"binary", 200, b"\xff");
        assert_eq!(cache.get(&a, b"binary"), None, "what is no text is not kept");
    }
}
