//! The table of right and wrong answers, takers by items.

use crate::StatsError;

/// Right, wrong or missing: one byte, because tables have millions of cells.
const WRONG: u8 = 0;
const RIGHT: u8 = 1;
const MISSING: u8 = 2;

/// Answers of takers to items, each right, wrong or missing; equal rows may be given once with their number.
///
/// ```
/// use bedside_stats::items::Responses;
/// let table = Responses::new(&[vec![Some(true), None], vec![Some(false), Some(true)]])?;
/// assert_eq!((table.takers(), table.items()), (2, 2));
/// assert_eq!(table.answer(0, 1), None);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Responses {
    items: usize,
    counts: Vec<u64>,
    by_row: Vec<u8>,
    by_item: Vec<u8>,
}

impl Responses {
    /// One row a taker.
    pub fn new(rows: &[Vec<Option<bool>>]) -> Result<Self, StatsError> {
        Self::counted(rows.iter().map(|row| (row.clone(), 1)))
    }

    /// Rows with the number of takers who answered just so; rows of nobody are left out.
    pub fn counted(rows: impl IntoIterator<Item = (Vec<Option<bool>>, u64)>) -> Result<Self, StatsError> {
        let (mut items, mut counts, mut by_row) = (None, Vec::new(), Vec::new());
        for (row, count) in rows {
            let expected = *items.get_or_insert(row.len());
            if row.len() != expected {
                let why = format!("a row has {} answers and the first has {expected}", row.len());
                return Err(StatsError::Input { why });
            }
            if count > 0 {
                counts.push(count);
                by_row.extend(row.iter().map(|answer| answer.map_or(MISSING, u8::from)));
            }
        }
        let items = items.unwrap_or(0);
        if items == 0 || counts.is_empty() {
            return Err(StatsError::Empty);
        }
        let by_item = (0..items).flat_map(|item| by_row.iter().skip(item).step_by(items).copied()).collect();
        Ok(Self { items, counts, by_row, by_item })
    }

    /// Number of items.
    pub fn items(&self) -> usize {
        self.items
    }

    /// Number of takers, equal rows counted as often as they came.
    pub fn takers(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Number of different rows that were given.
    pub fn rows(&self) -> usize {
        self.counts.len()
    }

    /// How many takers answered as in this row.
    pub fn count(&self, row: usize) -> u64 {
        self.counts[row]
    }

    /// The answer in this row to this item; `None` if it is missing.
    pub fn answer(&self, row: usize, item: usize) -> Option<bool> {
        match self.by_row[row * self.items + item] {
            MISSING => None,
            answer => Some(answer == RIGHT),
        }
    }

    /// Items answered rightly in this row, and items missing.
    pub(super) fn score(&self, row: usize) -> (u64, usize) {
        (self.right_in(row).count() as u64, self.missing_in(row).count())
    }

    /// The takers who answered every item.
    pub(super) fn complete(&self) -> Result<Self, StatsError> {
        let kept: Vec<usize> = (0..self.rows()).filter(|&row| self.score(row).1 == 0).collect();
        self.select(&kept, &(0..self.items).collect::<Vec<_>>())
    }

    /// These rows and items only.
    pub(super) fn select(&self, rows: &[usize], items: &[usize]) -> Result<Self, StatsError> {
        Self::counted(
            rows.iter()
                .map(|&row| (items.iter().map(|&item| self.answer(row, item)).collect::<Vec<_>>(), self.counts[row])),
        )
    }

    /// Takers who answered this item rightly, and all who answered it.
    pub(super) fn tally(&self, item: usize) -> (u64, u64) {
        let cells = self.column(item).iter().zip(&self.counts);
        cells.fold((0, 0), |(right, all), (&cell, &count)| match cell {
            RIGHT => (right + count, all + count),
            WRONG => (right, all + count),
            _ => (right, all),
        })
    }

    fn row(&self, row: usize) -> &[u8] {
        &self.by_row[row * self.items..(row + 1) * self.items]
    }

    fn column(&self, item: usize) -> &[u8] {
        &self.by_item[item * self.rows()..(item + 1) * self.rows()]
    }

    /// Rows that answered this item rightly.
    pub(super) fn right(&self, item: usize) -> impl Iterator<Item = usize> + '_ {
        places(self.column(item), RIGHT)
    }

    /// Rows that did not answer this item.
    pub(super) fn missing(&self, item: usize) -> impl Iterator<Item = usize> + '_ {
        places(self.column(item), MISSING)
    }

    /// Items answered rightly in this row.
    pub(super) fn right_in(&self, row: usize) -> impl Iterator<Item = usize> + '_ {
        places(self.row(row), RIGHT)
    }

    /// Items not answered in this row.
    pub(super) fn missing_in(&self, row: usize) -> impl Iterator<Item = usize> + '_ {
        places(self.row(row), MISSING)
    }
}

fn places(cells: &[u8], of: u8) -> impl Iterator<Item = usize> + '_ {
    cells.iter().enumerate().filter(move |&(_, &cell)| cell == of).map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_unequal_length_and_empty_tables_are_refused() {
        assert!(Responses::new(&[vec![Some(true)], vec![]]).is_err());
        assert_eq!(Responses::new(&[]), Err(StatsError::Empty));
        assert_eq!(Responses::counted([(vec![Some(true)], 0)]), Err(StatsError::Empty));
    }

    #[test]
    fn columns_are_the_rows_turned() {
        let table = Responses::counted([(vec![Some(true), Some(false), None], 2), (vec![Some(true), None, None], 3)])
            .expect("a table");
        assert_eq!(table.takers(), 5);
        assert_eq!((table.tally(0), table.tally(1), table.tally(2)), ((5, 5), (0, 2), (0, 0)));
        assert_eq!(table.missing(1).collect::<Vec<_>>(), [1]);
        assert_eq!(table.complete(), Err(StatsError::Empty));
    }
}
