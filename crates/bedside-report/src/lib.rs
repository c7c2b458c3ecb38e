//! From a run file to estimates, tables and one self-contained page.
//!
//! | you have | it becomes | by |
//! | --- | --- | --- |
//! | a run file | an [`Analysis`]: every score with interval, bounds and floor | [`analyze`] |
//! | an analysis | `bedside.run/1`, one result a line, a flat table | [`Analysis::to_json`], [`Analysis::to_jsonl`], [`Analysis::to_csv`] |
//! | | tables for a terminal | [`Analysis::terminal`] |
//! | a run file | JSONL, CSV, Parquet, recorded outputs, the tables that other tools take | [`export()`] |
//! | both | one HTML file for people | [`page()`] |
//!
//! Everything is a fold over the run file: the same file gives the same bytes. There is no clock here, no randomness and no
//! network, and no model is called. Text from outside reaches a person through [`bedside_core::shown::Shown`] only, and the
//! page as text only, never as HTML.
//!
//! What it does not do: score, judge, compare systems, or decide whether a shortfall is the model's or the instrument's.

mod analysis;
mod chart;
mod column;
mod documents;
mod error;
mod estimates;
mod export;
mod fold;
mod item_index;
mod json;
mod limits;
mod page;
mod row;
mod show;
mod table;
mod terminal;
mod warning;

pub use analysis::{Analysis, analyze};
pub use documents::*;
pub use error::ReportError;
pub use export::{ExportForm, ExportOptions, Exported, ExportedCell, ExportedReading, export};
pub use json::{RUN_SCHEMA, RunDocument};
pub use page::{ItemsShown, PageOptions, page};
pub use row::{AgainstFloor, Bounds, CellCounts, Floor, FloorRow, ResultRow, Tally, WithoutScore};
pub use warning::{At, Warning, WarningText};
