//! Bounds on everything that comes from outside. This table is long on purpose: each bound and its reason in one place.

/// `benchmark.toml`: a large one with five wordings is under 50 KiB.
pub const MANIFEST_BYTES: u64 = 1 << 20;
/// `items.jsonl` and each upstream file: the largest public set known to us is under 200 MB.
pub const FILE_BYTES: u64 = 1 << 30;
/// One item, with a long dialogue or chart in it.
pub const ITEM_BYTES: usize = 4 << 20;
/// Items in one benchmark.
pub const ITEMS: usize = 1_000_000;
/// Problems shown at once: more help nobody.
pub const PROBLEMS_SHOWN: usize = 20;
/// Options of one item: the longest list seen is 26 letters.
pub const OPTIONS: usize = 64;
/// Repetitions of an item: a study of repeatability takes tens.
pub const EPOCHS: u32 = 10_000;
/// One output of a system. Larger ones are cut at this size by providers long before.
pub const OUTPUT_BYTES: usize = 4 << 20;
/// One reply of a provider, with log-probabilities in it.
pub const REPLY_BYTES: usize = 32 << 20;
/// Steps of one template: a wording with a loop over a long chart needs thousands, an endless one is stopped.
pub const TEMPLATE_FUEL: u64 = 5_000_000;
/// Nesting of JSON and TOML.
pub const DEPTH: usize = 64;
/// Ids and names: they stand in tables and file names.
pub const ID_BYTES: usize = 200;
