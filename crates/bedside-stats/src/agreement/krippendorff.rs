//! Krippendorff's alpha for any scale and any missing cells.

use super::Ratings;
use super::chance_corrected::{assumptions, sample};
use super::envelope::{Unit, Weighted, envelope};
use super::ratings::Cell;
use crate::{Estimate, Figure, Level, Method, StatsError};
use serde::Deserialize;

/// The scale of ratings, which says how far two of them differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Names: different or not.
    Nominal,
    /// Ranks: by how many ratings lie between.
    Ordinal,
    /// Measurements: by their squared difference.
    Interval,
    /// Amounts from 0 up: by their squared difference relative to their sum.
    Ratio,
}

/// Alpha with its parts.
#[derive(Debug, Clone, PartialEq)]
pub struct Krippendorff<'a> {
    /// `1 - observed / expected`; undefined when all pairable ratings are the same.
    pub alpha: Figure,
    /// Mean disagreement within units.
    pub observed: f64,
    /// Mean disagreement of all pairs of ratings.
    pub expected: f64,
    ratings: &'a Ratings,
    metric: Metric,
}

/// Krippendorff's alpha.
///
/// *Estimates* how far ratings of one unit differ less than ratings of different units do: 1 for never, 0 for no less.
///
/// *Assumes* units are independent, raters exchangeable, and cells missing for no reason that has to do with the rating.
///
/// *Misleads* with a rare category as kappa does: it is 0.095 where raters agree on six units in ten, and undefined where they
/// agree on one category throughout. The scale must be chosen beforehand: on the same ratings it changes alpha.
///
/// *Formula* `1 - Do/De`. `Do` = `Σ_u Σ_{i≠j} δ²(x_ui, x_uj) / (m_u - 1)`, `De` = `Σ δ²` over all pairs of pairable ratings `/ (n - 1)`.
/// `δ²`: 1 or 0; interval `(x - y)²`; ratio `((x - y)/(x + y))²`; ordinal the squared difference of mean ranks.
///
/// *Reference* Krippendorff, Content Analysis, 4th ed. 2018, chapter 12; Computing Krippendorff's Alpha-Reliability, 2011, section
/// A (0.095):
///
/// ```
/// use bedside_stats::agreement::{Ratings, krippendorff::{Metric, krippendorff}};
/// let row = |grades: [f64; 10]| grades.map(Some).to_vec();
/// let ratings = Ratings::by_rater(&[
///     row([0., 1., 0., 0., 0., 0., 0., 0., 1., 0.]),
///     row([1., 1., 1., 0., 0., 1., 0., 0., 0., 0.]),
/// ])?;
/// let alpha = krippendorff(&ratings, Metric::Nominal)?.alpha.number().expect("two values");
/// assert!((alpha - 0.095_238_095_238).abs() < 1e-12);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn krippendorff(ratings: &Ratings, metric: Metric) -> Result<Krippendorff<'_>, StatsError> {
    if ratings.n_pairable() == 0 {
        let (needs, found) = ("1 unit with two ratings".into(), "none".into());
        return Err(StatsError::TooFew { method: "Krippendorff's alpha", needs, found });
    }
    if metric == Metric::Ratio && ratings.categories()[0] < 0.0 {
        let why = format!("a ratio scale has no {}: its ratings start at 0", ratings.categories()[0]);
        return Err(StatsError::Input { why });
    }
    let units: Vec<Unit> = ratings.units().iter().map(|cells| prepare(cells.clone(), ratings, metric)).collect();
    let weighted: Vec<(f64, &Unit)> = units.iter().map(|unit| (1.0, unit)).collect();
    let (observed, expected) = disagreements(&weighted, ratings.categories(), metric);
    let alpha = if expected > 0.0 { Figure::Number(1.0 - observed / expected) } else { Figure::Undefined };
    Ok(Krippendorff { alpha, observed, expected, ratings, metric })
}

impl Krippendorff<'_> {
    /// Alpha with its interval: resampled units, and one more that agrees or differs; as for
    /// [`ChanceCorrected::estimate`](super::ChanceCorrected::estimate). An error when alpha is undefined.
    pub fn estimate(&self, level: Level, seed: u64) -> Result<Estimate, StatsError> {
        let Figure::Number(alpha) = self.alpha else {
            return Err(StatsError::Input { why: "alpha is undefined: all pairable ratings are the same".into() });
        };
        let interval = envelope(
            self.ratings,
            alpha,
            |cells| prepare(cells, self.ratings, self.metric),
            |units| {
                let (observed, expected) = disagreements(units, self.ratings.categories(), self.metric);
                1.0 - observed / expected
            },
            level,
            seed,
        )?;
        Estimate::new(alpha, interval, Method::UNIT_ENVELOPE, sample(self.ratings), assumptions(self.ratings))
    }
}

/// A unit with its own mean disagreement; that of ranks depends on the other units and is left for later.
fn prepare(cells: Vec<Cell>, ratings: &Ratings, metric: Metric) -> Unit {
    let values = ratings.categories();
    let agreement = match metric {
        Metric::Ordinal => 0.0,
        Metric::Interval => within(&cells, values),
        Metric::Nominal | Metric::Ratio => {
            let all = cells.iter().map(|a| cells.iter().map(|b| apart(*a, *b, values, metric)).sum::<f64>());
            all.sum::<f64>() / (cells.len() * cells.len().saturating_sub(1)).max(1) as f64
        }
    };
    Unit { cells, agreement }
}

fn apart(a: Cell, b: Cell, values: &[f64], metric: Metric) -> f64 {
    if a.category == b.category {
        return 0.0;
    }
    let (x, y) = (values[a.category], values[b.category]);
    if metric == Metric::Nominal { 1.0 } else { ((x - y) / (x + y)).powi(2) }
}

/// Mean squared difference of pairs of ratings of one unit.
fn within(cells: &[Cell], values: &[f64]) -> f64 {
    let n = cells.len() as f64;
    let mean = cells.iter().map(|cell| values[cell.category]).sum::<f64>() / n;
    let squares: f64 = cells.iter().map(|cell| (values[cell.category] - mean).powi(2)).sum();
    if cells.len() > 1 { 2.0 * squares / (n - 1.0) } else { 0.0 }
}

/// Observed and expected disagreement of weighted units.
fn disagreements(units: &Weighted<'_>, values: &[f64], metric: Metric) -> (f64, f64) {
    let pairable = || units.iter().filter(|(_, unit)| unit.cells.len() > 1);
    let mut counts = vec![0.0; values.len()];
    for (weight, unit) in pairable() {
        unit.cells.iter().for_each(|cell| counts[cell.category] += weight);
    }
    let n: f64 = counts.iter().sum();
    let ranks: Vec<f64> = counts
        .iter()
        .scan(0.0, |below, count| {
            let rank = *below + count / 2.0;
            *below += count;
            Some(rank)
        })
        .collect();
    let observed: f64 = pairable()
        .map(|(weight, unit)| {
            let own = if metric == Metric::Ordinal { within(&unit.cells, &ranks) } else { unit.agreement };
            weight * own * unit.cells.len() as f64
        })
        .sum();
    let expected = match metric {
        Metric::Nominal => 1.0 - counts.iter().map(|count| (count / n).powi(2)).sum::<f64>(),
        Metric::Ordinal => spread(&counts, &ranks, n),
        Metric::Interval => spread(&counts, values, n),
        Metric::Ratio => {
            let pair = |a: usize, b: usize| ((values[a] - values[b]) / (values[a] + values[b])).powi(2);
            let mut sum = 0.0;
            for a in 0..values.len() {
                sum += (0..a).map(|b| 2.0 * counts[a] * counts[b] * pair(a, b)).sum::<f64>();
            }
            sum / (n * n)
        }
    };
    // Pairs are drawn without putting back; the number of ratings is that at hand, whatever their weight in a draw.
    let ratings = pairable().map(|(_, unit)| unit.cells.len()).sum::<usize>() as f64;
    let kinds = counts.iter().filter(|&&count| count > 0.0).count();
    (observed / n, if kinds > 1 { expected * ratings / (ratings - 1.0) } else { 0.0 })
}

/// Mean squared difference of two values drawn with these counts.
fn spread(counts: &[f64], values: &[f64], n: f64) -> f64 {
    let mean = counts.iter().zip(values).map(|(count, value)| count * value).sum::<f64>() / n;
    2.0 * counts.iter().zip(values).map(|(count, value)| count * (value - mean).powi(2)).sum::<f64>() / n
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agreement::{Coefficient, Weights, chance_corrected};

    const ALL: [Metric; 4] = [Metric::Nominal, Metric::Ordinal, Metric::Interval, Metric::Ratio];

    /// Krippendorff 2011, sections C and E.
    fn published() -> Ratings {
        let row = |grades: [f64; 12]| grades.map(|grade| (grade > 0.0).then_some(grade)).to_vec();
        Ratings::by_rater(&[
            row([1., 2., 3., 3., 2., 1., 4., 1., 2., 0., 0., 0.]),
            row([1., 2., 3., 3., 2., 2., 4., 1., 2., 5., 0., 3.]),
            row([0., 3., 3., 3., 2., 3., 4., 2., 2., 5., 1., 0.]),
            row([1., 2., 3., 3., 2., 4., 4., 1., 2., 5., 1., 0.]),
        ])
        .expect("four raters")
    }

    #[test]
    fn the_published_example_comes_out_on_every_scale() {
        let ratings = published();
        for (metric, expected) in ALL.into_iter().zip([0.743, 0.815, 0.849, 0.797]) {
            let alpha = krippendorff(&ratings, metric).expect("pairs").alpha.number().expect("defined");
            assert!((alpha - expected).abs() < 5e-4, "{metric:?}: {alpha}");
        }
    }

    #[test]
    fn it_is_the_chance_corrected_coefficient_of_that_name() {
        let ratings = published();
        for (metric, weights) in [
            (Metric::Nominal, Weights::Identity),
            (Metric::Interval, Weights::Quadratic),
            (Metric::Ratio, Weights::Ratio),
        ] {
            let alpha = krippendorff(&ratings, metric).expect("pairs");
            let other = chance_corrected(&ratings, weights, Coefficient::Krippendorff).expect("pairs");
            let difference = alpha.alpha.number().expect("defined") - other.value().number().expect("defined");
            assert!(difference.abs() < 1e-12, "{metric:?}: {difference}");
            let (a, b) = (alpha.estimate(Level::NINETY_FIVE, 4), other.estimate(Level::NINETY_FIVE, 4));
            let (a, b) = (a.expect("defined").ci(), b.expect("defined").ci());
            assert!((a.lower() - b.lower()).abs() < 1e-9 && (a.upper() - b.upper()).abs() < 1e-9, "{a} {b}");
        }
    }

    #[test]
    fn constant_ratings_are_undefined() {
        let ratings = Ratings::by_rater(&[vec![Some(1.0); 3], vec![Some(1.0); 3]]).expect("complete");
        for metric in ALL {
            let found = krippendorff(&ratings, metric).expect("pairs");
            assert_eq!(found.alpha, Figure::Undefined);
            assert!(found.estimate(Level::NINETY_FIVE, 1).is_err());
        }
    }

    #[test]
    fn a_constant_that_differs_only_where_nobody_else_rated_is_undefined_too() {
        let ratings = Ratings::by_unit(&[vec![Some(1.0), Some(1.0)], vec![Some(2.0), None]]).expect("two units");
        assert_eq!(krippendorff(&ratings, Metric::Nominal).expect("pairs").alpha, Figure::Undefined);
    }

    #[test]
    fn negative_amounts_and_lone_ratings_are_refused() {
        let negative = Ratings::by_unit(&[vec![Some(-1.0), Some(1.0)]]).expect("one unit");
        assert!(krippendorff(&negative, Metric::Ratio).is_err());
        let alone = Ratings::by_unit(&[vec![Some(1.0), None], vec![None, Some(2.0)]]).expect("two units");
        assert!(krippendorff(&alone, Metric::Nominal).is_err());
    }

    #[test]
    fn zero_is_a_ratio() {
        let ratings = Ratings::by_unit(&[vec![Some(0.0), Some(0.0)], vec![Some(0.0), Some(2.0)]]).expect("two units");
        assert!(krippendorff(&ratings, Metric::Ratio).expect("pairs").alpha.number().is_some());
    }
}
