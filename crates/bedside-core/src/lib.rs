//! The words of `bedside` as types: what is measured, by what, and what came of it.
//!
//! Everything here is pure. There is no clock, disk, network, randomness or async; time and seeds come in as arguments.
//!
//! | you have | it becomes | by |
//! | --- | --- | --- |
//! | `benchmark.toml`, `items.jsonl` | [`CheckedManifest`] and [`Item`]s, or all [`Problem`]s at once | [`benchmark`], [`item`] |
//! | an item and a wording | the [`Prompt`] a system sees, without the reference | [`prompt`] |
//! | `provider/model?key=value` | [`SystemSpec`] | [`system`] |
//! | item × variant × system × epoch | [`CellKey`], the unit of work, resume and storage | [`cell`] |
//! | what a system did | [`Outcome`]: an answer with its [`Stop`], or a [`Fault`] | [`observation`] |
//! | a reading of an answer | [`Scored`] | [`score`] |
//! | a plan and `2/5` | a [`Shard`]: the cells of one machine among several | [`shard`] |
//! | anything that must survive | [`Event`] bodies | [`event`] |
//!
//! What it does not do: fetch, store, call, score or estimate anything.

pub mod benchmark;
pub mod cell;
pub mod digest;
pub mod event;
pub mod item;
pub mod limits;
pub mod manifest;
pub mod media;
pub mod observation;
pub mod plan;
pub mod problem;
pub mod prompt;
pub mod recorded;
mod same;
pub mod schema;
pub mod score;
pub mod shard;
pub mod shown;
pub mod source;
pub mod system;
pub mod tool;

pub use benchmark::CheckedManifest;
pub use cell::CellKey;
pub use digest::Digest;
pub use event::{Event, EventKind};
pub use item::{ChoiceOption, Item, Reference};
pub use observation::{Answer, Fault, Outcome, Stop, Usage};
pub use plan::Plan;
pub use problem::{Problem, Problems};
pub use prompt::{Image, Message, Prompt, Tool, ToolCall};
pub use score::{Scale, Scored};
pub use shard::Shard;
pub use system::SystemSpec;
