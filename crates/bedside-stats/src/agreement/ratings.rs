//! Ratings of units by raters, some of them missing.

use crate::StatsError;

/// Who rated what how: units by raters, with missing cells.
///
/// A unit is what is rated: a case, an answer, a passage. Categories are the distinct ratings in ascending order unless
/// [`Ratings::with_categories`] declares them. A unit without any rating is left out.
///
/// ```
/// use bedside_stats::agreement::Ratings;
/// let ratings = Ratings::by_unit(&[
///     vec![Some(1.0), Some(1.0), None],
///     vec![Some(2.0), Some(3.0), Some(2.0)],
///     vec![None, None, None],
/// ])?;
/// assert_eq!((ratings.n_units(), ratings.n_raters(), ratings.categories().len()), (2, 3, 3));
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Ratings {
    /// By unit: rater and category of each rating.
    units: Vec<Vec<Cell>>,
    clusters: Vec<usize>,
    n_clusters: usize,
    n_raters: usize,
    categories: Vec<f64>,
}

/// One rating.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cell {
    pub rater: usize,
    pub category: usize,
}

impl Ratings {
    /// One row a unit, one column a rater.
    pub fn by_unit(rows: &[Vec<Option<f64>>]) -> Result<Self, StatsError> {
        let clusters: Vec<u32> = (0_u32..).take(rows.len()).collect();
        Self::by_unit_in_clusters(rows, &clusters)
    }

    /// One row a unit, one column a rater; `clusters` says which units hang together (answers to one case, cases of one
    /// passage), unit by unit. Intervals then resample clusters.
    pub fn by_unit_in_clusters(rows: &[Vec<Option<f64>>], clusters: &[u32]) -> Result<Self, StatsError> {
        let n_raters = rectangle(rows)?;
        if clusters.len() != rows.len() {
            let why = format!("{} clusters for {} units; one a unit is needed", clusters.len(), rows.len());
            return Err(StatsError::Input { why });
        }
        if let Some(value) = rows.iter().flatten().flatten().find(|value| !value.is_finite()) {
            return Err(StatsError::Input { why: format!("the rating {value} is no number") });
        }
        let mut categories: Vec<f64> = rows.iter().flatten().flatten().copied().collect();
        categories.sort_by(f64::total_cmp);
        categories.dedup_by(|a, b| same(*a, *b));
        let mut ratings = Self { units: Vec::new(), clusters: Vec::new(), n_clusters: 0, n_raters, categories };
        let mut labels: Vec<u32> = Vec::new();
        for (row, label) in rows.iter().zip(clusters) {
            let cells = ratings.cells(row);
            if cells.is_empty() {
                continue;
            }
            let place = labels.iter().position(|seen| seen == label).unwrap_or_else(|| {
                labels.push(*label);
                labels.len() - 1
            });
            ratings.units.push(cells);
            ratings.clusters.push(place);
        }
        ratings.n_clusters = labels.len();
        if ratings.units.is_empty() { Err(StatsError::Empty) } else { Ok(ratings) }
    }

    /// One row a rater, one column a unit.
    pub fn by_rater(rows: &[Vec<Option<f64>>]) -> Result<Self, StatsError> {
        let n_units = rectangle(rows)?;
        let units: Vec<Vec<Option<f64>>> =
            (0..n_units).map(|unit| rows.iter().map(|row| row[unit]).collect()).collect();
        Self::by_unit(&units)
    }

    /// Two raters, cross-tabulated: row = category of the first, column = category of the second. All categories of the
    /// table count, also those that nobody used; they are numbered from 0.
    pub fn from_table(table: &[Vec<u64>]) -> Result<Self, StatsError> {
        let k = square(table)?;
        let mut rows = Vec::new();
        for (first, row) in table.iter().enumerate() {
            for (second, &count) in row.iter().enumerate() {
                for _ in 0..count {
                    rows.push(vec![Some(first as f64), Some(second as f64)]);
                }
            }
        }
        let categories: Vec<f64> = (0..k).map(|category| category as f64).collect();
        Self::by_unit(&rows)?.with_categories(&categories)
    }

    /// One row a unit, one column a category: how many raters chose it. Who rated is not known, so that
    /// [`Coefficient::Conger`](super::Coefficient::Conger) makes no sense on it.
    pub fn from_counts(counts: &[Vec<u64>]) -> Result<Self, StatsError> {
        let k = rectangle(counts)?;
        let most = counts.iter().map(|row| row.iter().sum::<u64>()).max().unwrap_or(0);
        let most = usize::try_from(most).map_err(|_| StatsError::Input { why: "too many raters".into() })?;
        let rows: Vec<Vec<Option<f64>>> = counts
            .iter()
            .map(|row| {
                let mut cells = vec![None; most];
                let named = row.iter().enumerate().flat_map(|(category, &n)| (0..n).map(move |_| category as f64));
                cells.iter_mut().zip(named).for_each(|(cell, category)| *cell = Some(category));
                cells
            })
            .collect();
        let categories: Vec<f64> = (0..k).map(|category| category as f64).collect();
        Self::by_unit(&rows)?.with_categories(&categories)
    }

    /// The same ratings on a declared scale, which may have categories that nobody used; those change chance agreement in
    /// some coefficients. An error when a rating is not on it.
    pub fn with_categories(mut self, declared: &[f64]) -> Result<Self, StatsError> {
        let mut categories = declared.to_vec();
        categories.sort_by(f64::total_cmp);
        categories.dedup_by(|a, b| same(*a, *b));
        let mut places = Vec::new();
        for &used in &self.categories {
            let Some(place) = categories.iter().position(|&category| same(category, used)) else {
                return Err(StatsError::Input { why: format!("the rating {used} is none of the declared categories") });
            };
            places.push(place);
        }
        self.units.iter_mut().flatten().for_each(|cell| cell.category = places[cell.category]);
        self.categories = categories;
        Ok(self)
    }

    /// Units with at least one rating.
    pub fn n_units(&self) -> usize {
        self.units.len()
    }

    /// Units with at least two ratings: only they show agreement.
    pub fn n_pairable(&self) -> usize {
        self.units.iter().filter(|unit| unit.len() > 1).count()
    }

    /// Raters, including those who rated nothing.
    pub fn n_raters(&self) -> usize {
        self.n_raters
    }

    /// Clusters of units; as many as units when nothing lies above them.
    pub fn n_clusters(&self) -> usize {
        self.n_clusters
    }

    /// The categories, ascending.
    pub fn categories(&self) -> &[f64] {
        &self.categories
    }

    /// Share of all ratings that fell on each category.
    pub fn shares(&self) -> Vec<f64> {
        let mut shares = vec![0.0; self.categories.len()];
        self.units.iter().flatten().for_each(|cell| shares[cell.category] += 1.0);
        let all: f64 = shares.iter().sum();
        shares.iter().map(|count| count / all).collect()
    }

    pub(crate) fn units(&self) -> &[Vec<Cell>] {
        &self.units
    }

    /// The cluster of each unit, numbered from 0.
    pub(crate) fn clusters(&self) -> &[usize] {
        &self.clusters
    }

    fn cells(&self, row: &[Option<f64>]) -> Vec<Cell> {
        let place = |value: f64| self.categories.iter().position(|&category| same(category, value));
        row.iter().enumerate().filter_map(|(rater, value)| Some(Cell { rater, category: place((*value)?)? })).collect()
    }
}

/// Whether two ratings are the same category. -0 is 0.
fn same(a: f64, b: f64) -> bool {
    a.partial_cmp(&b) == Some(std::cmp::Ordering::Equal)
}

/// Columns of a table whose rows are all as long.
pub(crate) fn rectangle<T>(rows: &[Vec<T>]) -> Result<usize, StatsError> {
    let Some(first) = rows.first() else { return Err(StatsError::Empty) };
    match rows.iter().position(|row| row.len() != first.len()) {
        None if first.is_empty() => Err(StatsError::Empty),
        None => Ok(first.len()),
        Some(at) => {
            let why = format!("row {} has {} cells, row 1 has {}", at + 1, rows[at].len(), first.len());
            Err(StatsError::Input { why })
        }
    }
}

/// Rows of a table that has as many columns.
pub(crate) fn square<T>(rows: &[Vec<T>]) -> Result<usize, StatsError> {
    let columns = rectangle(rows)?;
    if columns == rows.len() {
        return Ok(columns);
    }
    let why = format!("{} rows and {columns} columns: both raters need the same categories", rows.len());
    Err(StatsError::Input { why })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_counts_and_rows_are_the_same_ratings() {
        let table = Ratings::from_table(&[vec![1, 1], vec![0, 1]]).expect("square");
        let rows = [[0.0, 0.0], [0.0, 1.0], [1.0, 1.0]].map(|row| row.map(Some).to_vec());
        assert_eq!(table, Ratings::by_unit(&rows).expect("complete"));
        assert_eq!(table, Ratings::from_counts(&[vec![2, 0], vec![1, 1], vec![0, 2]]).expect("counts"));
        let turned = [[0.0, 0.0, 1.0], [0.0, 1.0, 1.0]].map(|row| row.map(Some).to_vec());
        assert_eq!(table, Ratings::by_rater(&turned).expect("complete"));
    }

    #[test]
    fn negative_zero_is_zero() {
        let ratings = Ratings::by_unit(&[vec![Some(0.0), Some(-0.0)], vec![Some(1.0), None]]).expect("numbers");
        assert_eq!(ratings.categories().len(), 2);
    }

    #[test]
    fn crooked_input_is_refused_by_name() {
        let why = |rows: &[Vec<Option<f64>>]| Ratings::by_unit(rows).expect_err("crooked").to_string();
        assert_eq!(why(&[vec![Some(1.0)], vec![]]), "row 2 has 0 cells, row 1 has 1");
        assert_eq!(why(&[vec![Some(f64::NAN)]]), "the rating NaN is no number");
        assert_eq!(Ratings::by_unit(&[]), Err(StatsError::Empty));
        assert_eq!(Ratings::by_unit(&[vec![None, None]]), Err(StatsError::Empty));
        assert!(Ratings::from_table(&[vec![1, 2]]).is_err());
        let one = Ratings::by_unit(&[vec![Some(1.0)]]).expect("one rating");
        assert!(one.with_categories(&[2.0]).is_err());
    }
}
