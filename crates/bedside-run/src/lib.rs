//! The engine: what is asked, of whom, and how every answer survives.
//!
//! ```text
//! package ─load→ Benchmark ─plan→ Workload ─▶ [the user agrees]
//!   for each cell not yet in the run file:
//!     sent ─durable→ system ─→ answered ─→ scored ─durable→ run file
//! ```
//!
//! | module | duty |
//! | --- | --- |
//! | [`package`], [`fetch`], [`items`], [`media`] | find a benchmark: folder, recipe or cache; bring and check upstream files; items wait on the disk |
//! | [`planner`], [`prices`] | benchmarks × systems → plan and price, before anything is spent |
//! | [`system`] | one file a provider; null policies and recordings are resolved here |
//! | [`egress`] | the one constructor of HTTP clients, and who may receive what |
//! | [`pace`], [`budget`], [`cache`] | how fast, how much, and what need not be asked again |
//! | [`rescore`], [`rederive`] | stored answers scored again: by other scorers, or by the same to prove a score |
//! | [`engine`] | lanes of workers, one dispatcher that alone writes |
//!
//! It never imports `bedside-stats` or `bedside-report`: a run cannot see its verdict.

pub mod budget;
pub mod cache;
pub mod egress;
pub mod engine;
pub mod fetch;
pub mod items;
pub mod media;
pub mod pace;
pub mod package;
pub mod planner;
pub mod prices;
pub mod progress;
pub mod recorded;
pub mod rederive;
pub mod rescore;
pub mod secret;
pub mod system;
pub mod weights;
