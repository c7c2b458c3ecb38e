//! Recipes: how a public benchmark's files become items and recorded outputs, and the benchmarks embedded in the binary.
//!
//! The project ships no third-party data. A recipe pins the upstream files and says, in expressions, how their columns become
//! items; whoever has the bytes calls [`convert()`]. This crate is pure: bytes in, text out, no disk and no network. Fetching,
//! checking digests and caching belong to the caller.
//!
//! ```
//! use bedside_recipes::embedded;
//!
//! assert!(embedded::names().any(|name| name == "medqa"));
//! assert!(embedded::manifest("medqa").is_some_and(|text| text.contains("[source]")));
//! ```
//!
//! | you have | it becomes | by |
//! | --- | --- | --- |
//! | a name | the manifest and card in the binary | [`embedded`] |
//! | upstream bytes | records with their lines | [`records`] |
//! | an expression over a record | a value, or a problem that names the file, line and columns | [`expression`] |
//! | records in an odd format | records that expressions can read | [`decoders`] |
//! | manifest and files | `items.jsonl` and recorded outputs | [`convert`](convert::convert) |

pub mod convert;
pub mod decoders;
pub mod embedded;
pub mod expression;
mod filters;
mod items;
mod output;
mod places;
pub mod records;
mod row;
mod slot;
mod tables;

pub use convert::{Converted, RecordedFile, convert};
