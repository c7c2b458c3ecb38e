//! Bounds on what a report takes in and shows. Each with its reason, in one place.

/// Cells that a table holds in memory: a million, the largest run designed for, times twenty.
pub const CELLS: usize = 20_000_000;
/// Characters of one text shown on the page. A long visit dialogue has about 15,000; the run file keeps the rest.
pub const TEXT_SHOWN: usize = 20_000;
/// Characters of one sentence of a scorer, a fault's detail or a field of an item, on the page.
pub const SENTENCE_SHOWN: usize = 2_000;
/// Characters of an id or a system's name in a table.
pub const NAME_SHOWN: usize = 48;
/// Slices in a terminal or a page's table; the JSON has all.
pub const STRATA_SHOWN: usize = 12;
/// Cases per system and task on the page unless told otherwise: what one person reads in an hour.
pub const ITEMS_PER_TASK: usize = 20;
/// Rows of one chart: more do not fit a sheet of paper.
pub const CHART_ROWS: usize = 40;
/// Warnings of one kind in a terminal before the rest are counted.
pub const WARNINGS_SHOWN: usize = 6;
/// Rows of a Parquet file that are gathered before they are written: what readers skip or load at once.
pub const GROUP_ROWS: usize = 20_000;
/// Bytes of text gathered before they are written, whatever the number of rows: notes are long.
pub const GROUP_BYTES: usize = 16 << 20;
