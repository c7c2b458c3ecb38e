//! Classical item statistics: what can be said from any number of takers.

use super::Responses;
use crate::quantile::beta;
use crate::{Figure, Interval, Level, StatsError};

/// Classical statistics of one item.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ItemStatistics {
    /// Share of takers who answered rightly: high means easy. Undefined if nobody answered.
    pub difficulty: Figure,
    /// Correlation of the item with the sum over all items, itself included.
    pub item_total: Figure,
    /// Correlation of the item with the sum over the *other* items. Negative: audit the key.
    pub item_rest: Figure,
}

/// Classical statistics of a table of answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Classical {
    /// One entry an item.
    pub items: Vec<ItemStatistics>,
    /// Reliability of the sum score; undefined when all takers have the same sum.
    pub kr20: Figure,
    /// Its interval; `None` where it is undefined, or 1 because every item says the same.
    pub kr20_interval: Option<Interval>,
    /// Takers who answered every item: correlations and KR-20 rest on them alone.
    pub complete_takers: u64,
}

/// Difficulty, item-rest and item-total correlation, and Kuder and Richardson's formula 20.
///
/// *Estimates* the share right per item; how well each item agrees with the rest; and the reliability of the sum score: the
/// squared correlation of sum and true score, for takers like these.
///
/// *Assumes* takers are drawn independently. KR-20 further that the items measure one thing equally well (else it is a lower
/// bound); its interval that sums are about normal.
///
/// *Misleads* when takers hardly differ: KR-20 is then low however good the items, and says nothing about the error of one
/// taker's score. Versions of one model are no independent takers. The item-total correlation counts the item with itself.
/// Takers with a missing answer are left out of all but the difficulty.
///
/// *Formula* `k/(k-1) · (1 - Σ p(1-p) / σ²)`, `σ²` the variance of the sums with divisor n. Interval (Feldt):
/// `1 - (1-r)·F(1-α/2)` to `1 - (1-r)·F(α/2)`, `F` with `n-1` and `(n-1)(k-1)` degrees of freedom.
///
/// *Reference* Kuder and Richardson, Psychometrika 1937; 2: 151-160. Feldt, Psychometrika 1965; 30: 357-370. LSAT section 6
/// (Bock and Lieberman, Psychometrika 1970; 35: 179-197), for which R's ltm gives 0.295:
///
/// ```
/// use bedside_stats::{Level, items::{Responses, classical::classical}};
/// // How many of 1,000 answered 00000, 00001, … 11111.
/// let counts = [
///     3, 6, 2, 11, 1, 1, 3, 4, 1, 8, 0, 16, 0, 3, 2, 15, 10, 29, 14, 81, 3, 28, 15, 80, 16, 56, 21, 173, 11, 61, 28, 298,
/// ];
/// let answers = |code: usize| (0..5).map(|item| Some(code >> (4 - item) & 1 == 1)).collect();
/// let lsat = Responses::counted((0..32).map(|code| (answers(code), counts[code])))?;
/// let found = classical(&lsat, Level::NINETY_FIVE)?;
/// assert!((found.kr20.number().expect("sums differ") - 0.294_997_192).abs() < 1e-9);
/// assert_eq!(found.items[2].difficulty.number(), Some(0.553));
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn classical(responses: &Responses, level: Level) -> Result<Classical, StatsError> {
    let whole = match responses.complete() {
        Ok(whole) => Some(whole),
        Err(StatsError::Empty) => None,
        Err(error) => return Err(error),
    };
    let correlations = whole.as_ref().map(correlations);
    let items = (0..responses.items()).map(|item| {
        let (right, all) = responses.tally(item);
        let (item_total, item_rest) =
            correlations.as_ref().map_or((Figure::Undefined, Figure::Undefined), |found| found[item]);
        ItemStatistics { difficulty: Figure::ratio(right as f64, all as f64), item_total, item_rest }
    });
    let kr20 = whole.as_ref().map_or(Figure::Undefined, kuder_richardson);
    let complete_takers = whole.as_ref().map_or(0, Responses::takers);
    let kr20_interval = match kr20 {
        Figure::Number(r) if r < 1.0 => Some(feldt(r, complete_takers, responses.items(), level)?),
        _ => None,
    };
    Ok(Classical { items: items.collect(), kr20, kr20_interval, complete_takers })
}

/// Item-total and item-rest correlation of every item, from complete rows.
fn correlations(whole: &Responses) -> Vec<(Figure, Figure)> {
    let totals: Vec<u64> = (0..whole.rows()).map(|row| whole.score(row).0).collect();
    let of = |item: usize, own: u64| {
        let pairs = (0..whole.rows()).map(|row| {
            let answer = u64::from(whole.answer(row, item) == Some(true));
            (answer, totals[row] - own * answer, whole.count(row))
        });
        correlation(pairs)
    };
    (0..whole.items()).map(|item| (of(item, 0), of(item, 1))).collect()
}

/// Correlation of whole numbers with counts. The sums are exact, so that no rounding passes for a spread.
fn correlation(pairs: impl Iterator<Item = (u64, u64, u64)>) -> Figure {
    let [mut n, mut sum_x, mut sum_y, mut squares_x, mut squares_y, mut products] = [0_i128; 6];
    for (x, y, count) in pairs {
        let (x, y, count) = (i128::from(x), i128::from(y), i128::from(count));
        n += count;
        sum_x += count * x;
        sum_y += count * y;
        squares_x += count * x * x;
        squares_y += count * y * y;
        products += count * x * y;
    }
    let spread_x = (n * squares_x - sum_x * sum_x) as f64;
    let spread_y = (n * squares_y - sum_y * sum_y) as f64;
    Figure::ratio((n * products - sum_x * sum_y) as f64, spread_x.sqrt() * spread_y.sqrt())
}

/// KR-20 from complete rows; undefined for one item or equal sums.
fn kuder_richardson(whole: &Responses) -> Figure {
    let k = whole.items() as f64;
    let n = i128::from(whole.takers());
    let (mut sum, mut squares) = (0_i128, 0_i128);
    for row in 0..whole.rows() {
        let (total, count) = (i128::from(whole.score(row).0), i128::from(whole.count(row)));
        sum += count * total;
        squares += count * total * total;
    }
    // n² times the variance of the sums, and of the items.
    let of_sums = n * squares - sum * sum;
    let of_items: i128 =
        (0..whole.items()).map(|item| i128::from(whole.tally(item).0)).map(|right| right * (n - right)).sum();
    if of_sums == 0 || whole.items() < 2 {
        return Figure::Undefined;
    }
    Figure::from(k / (k - 1.0) * ((of_sums - of_items) as f64 / of_sums as f64))
}

/// Feldt's interval for a reliability below 1.
fn feldt(reliability: f64, takers: u64, items: usize, level: Level) -> Result<Interval, StatsError> {
    let persons = takers as f64 - 1.0;
    let rest = persons * (items as f64 - 1.0);
    let quantile = |probability| {
        let share = beta(persons / 2.0, rest / 2.0, probability);
        rest / persons * share / (1.0 - share)
    };
    let end = |probability| 1.0 - (1.0 - reliability) * quantile(probability);
    let (lower, upper) = (end(1.0 - level.tail()), end(level.tail()));
    // F's median is near 1 but not 1: with very few takers the interval may miss the estimate.
    Interval::new(lower.min(reliability), upper.max(reliability), level)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[&str]) -> Responses {
        let cell = |c| match c {
            '1' => Some(true),
            '0' => Some(false),
            _ => None,
        };
        Responses::new(&rows.iter().map(|row| row.chars().map(cell).collect()).collect::<Vec<_>>()).expect("a table")
    }

    fn statistics(rows: &[&str]) -> Classical {
        classical(&table(rows), Level::NINETY_FIVE).expect("a table")
    }

    #[test]
    fn equal_sums_have_no_reliability() {
        let found = statistics(&["10", "01"]);
        assert_eq!((found.kr20, found.kr20_interval), (Figure::Undefined, None));
        assert_eq!(found.items[0].item_total, Figure::Undefined);
        assert_eq!(found.items[0].item_rest, Figure::Number(-1.0));
    }

    #[test]
    fn items_that_all_say_the_same_pretend_no_certainty() {
        let found = statistics(&["111", "000", "111"]);
        assert_eq!((found.kr20, found.kr20_interval), (Figure::Number(1.0), None));
    }

    #[test]
    fn one_taker_one_item_and_no_complete_row() {
        assert_eq!(statistics(&["1"]).kr20, Figure::Undefined);
        let found = statistics(&["1-", "-0"]);
        assert_eq!((found.complete_takers, found.kr20), (0, Figure::Undefined));
        assert_eq!(found.items[1].difficulty, Figure::Number(0.0));
    }

    #[test]
    fn a_constant_item_has_no_correlation() {
        let found = statistics(&["110", "101", "100"]);
        assert_eq!(found.items[0].item_rest, Figure::Undefined);
        assert_eq!(found.items[0].difficulty, Figure::Number(1.0));
    }
}
