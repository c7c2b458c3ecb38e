//! Longest common subsequence, sixty-four cells at a time.
//!
//! The textbook table `t[i][j]` holds the length for the first `i` rows and `j` columns. Neighbours differ by 0 or 1,
//! so one bit per cell is enough. Going down one row, with `v` the bits of "no step to the right here" and `m` the
//! columns whose word equals the row's word (Hyyrö 2004, "Bit-parallel LCS-length computation revisited"):
//!
//! ```text
//! u  = v & m
//! v' = (v + u) | (v & !u)
//! ```
//!
//! The carry out of a column in `v + u` is the step *down* into that cell, `t[i][j] - t[i-1][j]`. Those carries are
//! all that reading the subsequence back needs.

/// Length of the longest common subsequence. `vocabulary` is larger than every token.
pub(super) fn length(rows: &[u32], columns: &[u32], vocabulary: usize) -> usize {
    let mut masks = vec![0_u64; vocabulary];
    // the step down at the right edge of the block of columns before, for each row
    let mut carries = vec![0_u64; rows.len()];
    let mut length = 0;
    for block in columns.chunks(64) {
        for (column, &token) in block.iter().enumerate() {
            masks[token as usize] |= 1 << column;
        }
        let mut flat = u64::MAX;
        for (&token, carry) in rows.iter().zip(&mut carries) {
            let (next, _, carry_out) = step_down(flat, masks[token as usize], *carry);
            flat = next;
            *carry = carry_out;
        }
        length += flat.count_zeros() as usize;
        for &token in block {
            masks[token as usize] = 0;
        }
    }
    length
}

/// One row further down in one block of columns: the next `flat` bits, the steps down, the carry to the next block.
#[inline]
fn step_down(flat: u64, mask: u64, carry: u64) -> (u64, u64, u64) {
    let matched = flat & mask;
    let (sum, over) = flat.overflowing_add(matched);
    let (sum, over_too) = sum.overflowing_add(carry);
    let carry_out = u64::from(over | over_too);
    let carries_in = flat ^ matched ^ sum;
    (sum | (flat & !matched), (carries_in >> 1) | (carry_out << 63), carry_out)
}

/// A line laid out as columns, ready to be compared with many lines of rows.
#[derive(Debug)]
pub(super) struct Columns {
    /// For each token of the vocabulary its place in `masks` plus one, or 0 where the line does not have it.
    slots: Vec<u32>,
    /// For each different token of the line, the columns that have it: `blocks` words each.
    masks: Vec<u64>,
    line: Vec<u32>,
    blocks: usize,
    // scratch, kept to save allocations
    flat: Vec<u64>,
    rows: Vec<(usize, usize)>,
    down: Vec<u64>,
}

impl Columns {
    /// No columns yet. `vocabulary` is larger than every token.
    pub(super) fn new(vocabulary: usize) -> Self {
        Self {
            slots: vec![0; vocabulary],
            masks: Vec::new(),
            line: Vec::new(),
            blocks: 0,
            flat: Vec::new(),
            rows: Vec::new(),
            down: Vec::new(),
        }
    }

    /// Lays out another line.
    pub(super) fn load(&mut self, line: &[u32]) {
        for &token in &self.line {
            self.slots[token as usize] = 0;
        }
        self.line.clear();
        self.line.extend_from_slice(line);
        self.blocks = line.len().div_ceil(64);
        self.masks.clear();
        let mut slots = 0;
        for (column, &token) in line.iter().enumerate() {
            let slot = &mut self.slots[token as usize];
            if *slot == 0 {
                slots += 1;
                *slot = slots;
                self.masks.resize(slots as usize * self.blocks, 0);
            }
            self.masks[(*slot as usize - 1) * self.blocks + column / 64] |= 1 << (column % 64);
        }
    }

    /// Calls `visit` with each row, last first, of *the* longest common subsequence that `rouge-score` reads out.
    ///
    /// Several subsequences may be longest and they differ in their words, so the order of the choices is part of the
    /// metric. From the lower right corner: equal words are taken at once; else one column back where
    /// `t[i][j-1] > t[i-1][j]`; else one row back. A row whose word is nowhere in the columns is always stepped over,
    /// so it is left out of the table. (A column without a row is *not*: it can hide an equal word behind it.)
    pub(super) fn visit_common(&mut self, line: &[u32], mut visit: impl FnMut(usize)) {
        let Self { slots, masks, blocks, flat, rows, down, line: columns } = self;
        let blocks = *blocks;
        rows.clear();
        for (row, &token) in line.iter().enumerate() {
            let slot = slots[token as usize] as usize;
            if slot != 0 {
                rows.push((row, (slot - 1) * blocks));
            }
        }
        flat.clear();
        flat.resize(blocks, u64::MAX);
        down.clear();
        for &(_, mask) in rows.iter() {
            let mut carry = 0;
            for (flat, &mask) in flat.iter_mut().zip(&masks[mask..mask + blocks]) {
                let (next, steps, carry_out) = step_down(*flat, mask, carry);
                *flat = next;
                carry = carry_out;
                down.push(steps);
            }
        }

        let mut left: u32 = flat.iter().map(|flat| flat.count_zeros()).sum();
        let mut columns_left = columns.len();
        for (at, &(row, mask)) in rows.iter().enumerate().rev() {
            if left == 0 {
                break;
            }
            // With unequal words `t[i][j]` is the larger of its two neighbours, so `t[i][j-1] > t[i-1][j]` is the same
            // as a step down into this cell. Hence: back to the nearest column with an equal word or no step down.
            // The first column always is one; `left > 0` keeps a column to look at.
            let mut block = (columns_left - 1) / 64;
            let mut seen = u64::MAX >> (63 - (columns_left - 1) % 64);
            let (column, equal) = loop {
                let stops = (masks[mask + block] | !down[at * blocks + block]) & seen;
                if stops != 0 {
                    let bit = stops.ilog2() as usize;
                    break (block * 64 + bit, masks[mask + block] >> bit & 1 == 1);
                }
                block -= 1;
                seen = u64::MAX;
            };
            columns_left = column + 1;
            if equal {
                visit(row);
                columns_left = column;
                left -= 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `_lcs_table` and `_backtrack_norec` of rouge-score 0.1.2, letter by letter.
    fn textbook(rows: &[u32], columns: &[u32]) -> Vec<usize> {
        let mut t = vec![vec![0; columns.len() + 1]; rows.len() + 1];
        for i in 1..=rows.len() {
            for j in 1..=columns.len() {
                t[i][j] =
                    if rows[i - 1] == columns[j - 1] { t[i - 1][j - 1] + 1 } else { t[i - 1][j].max(t[i][j - 1]) };
            }
        }
        let (mut i, mut j, mut found) = (rows.len(), columns.len(), Vec::new());
        while i > 0 && j > 0 {
            if rows[i - 1] == columns[j - 1] {
                found.push(i - 1);
                i -= 1;
                j -= 1;
            } else if t[i][j - 1] > t[i - 1][j] {
                j -= 1;
            } else {
                i -= 1;
            }
        }
        found
    }

    fn check(columns: &mut Columns, rows: &[u32], line: &[u32]) {
        let expected = textbook(rows, line);
        let mut found = Vec::new();
        columns.load(line);
        columns.visit_common(rows, |row| found.push(row));
        assert_eq!(found, expected, "{rows:?} against {line:?}");
        assert_eq!(length(rows, line, 8), expected.len(), "{rows:?} against {line:?}");
    }

    /// Every pair of lines of up to five words from three.
    #[test]
    fn all_short_lines() {
        let mut lines = vec![vec![]];
        for size in 1..=5_u32 {
            for code in 0..3_u32.pow(size) {
                lines.push((0..size).map(|at| code / 3_u32.pow(at) % 3).collect());
            }
        }
        let mut columns = Columns::new(8);
        for rows in &lines {
            for line in &lines {
                check(&mut columns, rows, line);
            }
        }
    }

    /// Long lines with many ties, around the edges of the blocks of 64.
    #[test]
    fn long_lines_across_blocks() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut line = |size: usize, words: u64| -> Vec<u32> {
            (0..size)
                .map(|_| {
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    u32::try_from(state % words).expect("smaller than 8")
                })
                .collect()
        };
        let mut columns = Columns::new(8);
        for size in [0, 1, 2, 63, 64, 65, 127, 128, 129, 200] {
            for other in [0, 1, 62, 64, 66, 130, 190] {
                for words in [1, 2, 3, 7, 8] {
                    let (rows, line) = (line(size, words), line(other, words));
                    check(&mut columns, &rows, &line);
                }
            }
        }
    }
}
