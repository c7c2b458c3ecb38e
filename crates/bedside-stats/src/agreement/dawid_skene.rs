//! Dawid and Skene's model: true classes and raters' errors, when nobody knows the truth.

mod em;
mod interval;

use self::em::{Fit, fit};
use super::Ratings;
use crate::{Estimate, Level, StatsError};

/// Largest change of a parameter at which the iteration has settled.
const SETTLED: f64 = 1e-10;

/// Steps after which an iteration that has not settled is given up, unless the caller says otherwise. A flat likelihood takes
/// thousands; one that takes more says nothing.
pub const STEPS: u32 = 10_000;

/// What Dawid and Skene's model found.
///
/// *Estimates* the shares of the true classes, each rater's confusion matrix, and the class of each item.
///
/// *Assumes* items are independent, and raters' errors independent given the true class. Three raters at least on some items:
/// two raters in one population leave the errors undetermined, and are refused; two raters in two populations have
/// [`super::hui_walter`].
///
/// *Misleads* when raters share their mistakes: trained alike, or reading the same misleading note, they are taken to be right.
/// Nothing in the data shows that. With few items the errors come out as 0 and the posteriors as certain; on eight items one
/// rater may be called perfect. Classes are the categories only if raters do better than chance: the iteration starts there.
/// It is no substitute for adjudication.
///
/// *Formula* EM from majority votes: posteriors `∝ π_k Π θ_r(k, said)`, then `π` and `θ` as means over items weighted by them.
///
/// *Reference* Dawid and Skene, Appl Stat 1979; 28: 20-28. Counts that three raters would give who are right
/// 4 times in 5, by hand: the model finds them out exactly.
///
/// ```
/// use bedside_stats::agreement::{Ratings, dawid_skene::{DawidSkene, STEPS}};
/// // Half of 250 items are ones. All three say "one" on 250·(0.8³ + 0.2³)/2 = 65, only a certain one of them on 20.
/// let mut rows = Vec::new();
/// for (ones, count) in [(0, 65), (1, 20), (2, 20), (3, 65)] {
///     for shift in 0..if ones % 3 == 0 { 1 } else { 3 } {
///         let row = |r: usize| Some(f64::from(u8::from((r + shift) % 3 < ones)));
///         rows.extend(std::iter::repeat_n(vec![row(0), row(1), row(2)], count));
///     }
/// }
/// let ratings = Ratings::by_unit(&rows)?;
/// let found = DawidSkene::fit(&ratings, STEPS)?;
/// assert!((found.confusion(0)[1][1] - 0.8).abs() < 1e-6, "{:?}", found.confusion(0));
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
#[derive(Debug, Clone)]
pub struct DawidSkene<'a> {
    ratings: &'a Ratings,
    fit: Fit,
    steps: u32,
}

impl<'a> DawidSkene<'a> {
    /// Fits the model; refuses fewer than three raters in one population by name, and says when it did not settle.
    pub fn fit(ratings: &'a Ratings, most_steps: u32) -> Result<Self, StatsError> {
        let most = ratings.units().iter().map(Vec::len).max().unwrap_or(0);
        if most < 3 {
            let needs = "3 raters on one item, or two populations (Hui and Walter)".into();
            let found = format!("{most} on any item, of {} raters", ratings.n_raters());
            return Err(StatsError::TooFew { method: "Dawid and Skene's model", needs, found });
        }
        let weights = vec![1.0; ratings.n_units()];
        let (fit, settled, steps) = fit(ratings, &[], &weights, None, most_steps, SETTLED);
        if !settled {
            return Err(StatsError::NotConverged { method: "Dawid and Skene's model", steps });
        }
        Ok(Self { ratings, fit, steps })
    }

    /// Share of each class among the items.
    pub fn prevalence(&self) -> &[f64] {
        &self.fit.prevalence
    }

    /// A rater's confusion matrix: by true class, the share of each category said.
    pub fn confusion(&self, rater: usize) -> &[Vec<f64>] {
        &self.fit.confusion[rater]
    }

    /// Probability of each class, item by item.
    pub fn posterior(&self) -> &[Vec<f64>] {
        &self.fit.posterior
    }

    /// Log-likelihood of the ratings.
    pub fn log_likelihood(&self) -> f64 {
        self.fit.log_likelihood
    }

    /// Steps until it settled.
    pub fn steps(&self) -> u32 {
        self.steps
    }

    /// Share of a class with its interval, by refitting resampled items with one item more: unanimously of another class for the
    /// lower end, of this one for the upper.
    ///
    /// It covers what resampling shows, not that raters share mistakes. In 60 simulated worlds a row, 20 and 50 items, three
    /// raters right 16 to 19 times in 20, it covered 0.96 or more, and so did [`DawidSkene::recognition_estimate`]
    /// (`examples/agreement.rs`); so few worlds cannot tell 0.93 from 0.98.
    pub fn prevalence_estimate(&self, class: usize, level: Level, seed: u64) -> Result<Estimate, StatsError> {
        interval::estimate(self.ratings, &self.fit, interval::Share::Prevalence { class }, level, seed)
    }

    /// How often a rater recognises a class (sensitivity of that class), with its interval, likewise.
    pub fn recognition_estimate(
        &self,
        rater: usize,
        class: usize,
        level: Level,
        seed: u64,
    ) -> Result<Estimate, StatsError> {
        interval::estimate(self.ratings, &self.fit, interval::Share::Recognition { rater, class }, level, seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_raters_are_refused_by_name_even_among_three() {
        let two = Ratings::from_table(&[vec![8, 2], vec![1, 9]]).expect("square");
        let why = DawidSkene::fit(&two, STEPS).expect_err("not identified").to_string();
        assert!(why.contains("3 raters") && why.contains("two populations"), "{why}");
        let by_turns: Vec<Vec<Option<f64>>> =
            (0..9).map(|i| (0..3).map(|r| (r != i % 3).then_some(f64::from(u8::from(i % 2 == 0)))).collect()).collect();
        let by_turns = Ratings::by_unit(&by_turns).expect("nine units");
        assert!(DawidSkene::fit(&by_turns, STEPS).is_err(), "two raters an item, three in all");
    }

    #[test]
    fn missing_cells_are_no_answers() {
        let rows: Vec<Vec<Option<f64>>> = (0..60)
            .map(|i| {
                let truth = f64::from(u8::from(i % 3 == 0));
                let said = |r: usize| if (i * 7 + r * 11).is_multiple_of(13) { 1.0 - truth } else { truth };
                (0..4).map(|r| (r != i % 4).then(|| said(r))).collect()
            })
            .collect();
        let ratings = Ratings::by_unit(&rows).expect("sixty units");
        let found = DawidSkene::fit(&ratings, STEPS).expect("three raters an item");
        assert!((found.prevalence()[1] - 1.0 / 3.0).abs() < 0.02, "{:?}", found.prevalence());
        let estimate = found.prevalence_estimate(1, Level::NINETY_FIVE, 5).expect("a share");
        assert!(estimate.ci().lower() < 0.27 && estimate.ci().upper() > 0.4, "{estimate}");
        let sure = found.recognition_estimate(0, 1, Level::NINETY_FIVE, 5).expect("a share");
        assert!(sure.ci().width() > 0.1, "{sure}");
    }

    #[test]
    fn an_iteration_cut_short_says_so() {
        let rows: Vec<Vec<Option<f64>>> =
            (0..30).map(|i| (0..3).map(|r| Some(f64::from(u8::from((i * (r + 2)) % 5 < 2)))).collect()).collect();
        let ratings = Ratings::by_unit(&rows).expect("complete");
        assert!(matches!(DawidSkene::fit(&ratings, 2), Err(StatsError::NotConverged { steps: 2, .. })));
    }

    #[test]
    fn a_single_category_is_certain_of_nothing() {
        let ratings = Ratings::by_unit(&vec![vec![Some(1.0); 3]; 10]).expect("complete");
        let found = DawidSkene::fit(&ratings, STEPS).expect("settles at once");
        assert!(found.prevalence_estimate(0, Level::NINETY_FIVE, 1).is_err(), "one category has no alternative");
    }
}
