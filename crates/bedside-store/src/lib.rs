//! The run file: everything that happened in a run, in one SQLite database that only grows.
//!
//! | you want to | use |
//! | --- | --- |
//! | record a run | [`RunWriter`]: events in groups, durable when `append` returns, one writer at a time |
//! | go on with it | [`RunWriter::open`], then [`RunReader::standings`] |
//! | read it | [`RunReader`]: plan, items, every cell in the order of the plan, pages, counts, events by kind; also while it is written |
//! | know that nobody changed it | [`RunReader::verify`] over the [`chain`] |
//! | put shards together | [`join`], [`RunWriter::take_in`] |
//! | use other tools | the views `cell`, `score`, `usage`, `rating` of [`schema`]: `sqlite3 run.sqlite 'SELECT * FROM score'` |
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("run.sqlite");
//! # let plan = bedside_core::Plan { v: 1, bedside: "0.1.0".into(), seed: 0, benchmarks: vec![], systems: vec![],
//! #     shard: None, rescored: Default::default() };
//! use bedside_store::{RunReader, RunWriter};
//!
//! let mut writer = RunWriter::create(&path, "laptop", &plan, Vec::<Vec<u8>>::new(), 1_700_000_000_000)?;
//! writer.append(1_700_000_000_500, &[])?;
//! writer.close()?;
//! let reader = RunReader::open(&path)?;
//! assert_eq!(reader.summary()?.answered, 0);
//! assert_eq!(reader.verify()?.events, 1);
//! # Ok(())
//! # }
//! ```
//!
//! What it does not do: call systems, score, estimate, or know the time; `at_ms` comes in as an argument.

mod blobs;
mod calls;
pub mod chain;
mod create;
mod error;
mod events;
mod index;
mod items;
mod join;
mod lock;
mod merge;
mod planned;
mod progress;
mod read;
mod scan;
pub mod schema;
mod settle;
mod verify;
mod write;

pub use blobs::Content;
pub use chain::Head;
pub use error::{Broken, StoreError};
pub use events::{Scoring, StoredEvent};
pub use items::Items;
pub use join::{Joined, Part, join};
pub use merge::TakenIn;
pub use progress::{CellState, Standings};
pub use read::{CellFilter, CellRow, OutcomeKind, RunReader, Summary};
pub use settle::{Answered, Conflict};
pub use verify::Verified;
pub use write::{Appender, Keep, RunWriter};
