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
/// Shares of one run: a scheduler's array jobs end at some tens of thousands.
pub const SHARDS: u32 = 1_000_000;
/// Ids and names: they stand in tables and file names.
pub const ID_BYTES: usize = 200;
/// One file of an item: providers take images of 5 to 20 MB, and base64 makes them a third larger.
pub const MEDIA_BYTES: u64 = 16 << 20;
/// All files of one item: what a request may hold with the smallest provider that takes images.
pub const ITEM_MEDIA_BYTES: u64 = 20 << 20;
/// Characters of an error's message that are kept: more is a page, not a message.
pub const SAID_CHARS: usize = 1000;
/// Longest wait that is read out of a reply; who asks for more is out of quota for the day.
pub const RETRY_AFTER_SECONDS: u64 = 86_400;
/// What is kept of a process's standard error for each cell: the last of it, where a traceback ends.
pub const STDERR_BYTES: usize = 64 << 10;
/// Input of one statistic: a matrix of 2,000 items and 1,000 runs is about 10 MB.
pub const STAT_BYTES: u64 = 256 << 20;
/// Tokens of one call: the largest context known to us is ten million.
pub const TOKENS: u64 = 100_000_000;
