//! Does a judge of two answers favour the one it reads first?

use super::law::fair_coin;
use crate::{Estimate, Level, Observation, Scale01, StatsError, mean_estimate};

/// A swap audit: every pair of answers judged in both orders, without ties.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PositionBias {
    pairs: u32,
    first_wins: u32,
    consistent: u32,
    always_first: u32,
    always_second: u32,
}

impl PositionBias {
    /// From the number of pairs, how often the first position won in each order, and how many pairs had the same winner in both.
    ///
    /// *Estimates* how often a judge's verdict survives the swap, and how often it goes to the first position.
    ///
    /// *Assumes* pairs are independent; each was judged once in each order; no ties.
    ///
    /// *Misleads* when pairs are far apart in quality: then any judge is consistent. Consistency is no accuracy. The binomial test on
    /// all verdicts, which is the usual one, takes the two verdicts on one pair as independent; consistent pairs then dilute it. The paired test looks only
    /// at the pairs that changed.
    ///
    /// *Formula* of the pairs that changed, `f` always went to the first and `s` to the second position: `f + s = n - consistent`, `f - s
    /// = wins first (both orders) - n`. Paired test: a fair coin for `f` in `f + s`.
    ///
    /// *Reference* Zheng et al. 2023, arXiv 2306.05685, for the swap. scipy 1.12.0 `binomtest` of 120 in 200:
    ///
    /// ```
    /// use bedside_stats::{Level, agreement::position::PositionBias};
    /// let audit = PositionBias::new(100, 62, 58, 70)?;
    /// assert!((audit.p_verdicts() - 0.005_685_155_997).abs() < 1e-12);
    /// assert_eq!((audit.always_first(), audit.always_second()), (25, 5));
    /// assert_eq!(audit.consistency(Level::NINETY_FIVE)?.to_string(), "0.700 [0.604, 0.781]");
    /// # Ok::<(), bedside_stats::StatsError>(())
    /// ```
    pub fn new(pairs: u32, first_wins_ab: u32, first_wins_ba: u32, consistent: u32) -> Result<Self, StatsError> {
        for part in [first_wins_ab, first_wins_ba, consistent] {
            if part > pairs {
                return Err(StatsError::MoreThanAll { part: part.into(), whole: pairs.into() });
            }
        }
        if pairs == 0 {
            return Err(StatsError::Empty);
        }
        let [n, ab, ba, same] = [pairs, first_wins_ab, first_wins_ba, consistent].map(i64::from);
        let (changed, lead) = (n - same, ab + ba - n);
        let twice_first = changed + lead;
        let first = twice_first / 2;
        let second = changed - first;
        let whole = twice_first % 2 == 0;
        // The first answer won both times in ab - first pairs, the second in ba - first.
        let counts = [first, second, ab - first, ba - first];
        let (Ok(always_first), Ok(always_second), true) =
            (u32::try_from(first), u32::try_from(second), whole && counts.iter().all(|&count| count >= 0))
        else {
            let why = format!(
                "{ab} and {ba} wins of the first position in {n} pairs do not go with {same} consistent pairs; were there ties?"
            );
            return Err(StatsError::Input { why });
        };
        Ok(Self { pairs, first_wins: first_wins_ab + first_wins_ba, consistent, always_first, always_second })
    }

    /// Pairs in which the first position won in both orders.
    pub fn always_first(&self) -> u32 {
        self.always_first
    }

    /// Pairs in which the second position won in both orders.
    pub fn always_second(&self) -> u32 {
        self.always_second
    }

    /// Probability of so uneven a split of all verdicts, had each been a fair coin. Takes verdicts as independent.
    pub fn p_verdicts(&self) -> f64 {
        fair_coin(self.first_wins.into(), 2 * u64::from(self.pairs))
    }

    /// Probability of so uneven a split of the pairs that changed with the order, had each been a fair coin; 1 when none did.
    pub fn p_paired(&self) -> f64 {
        fair_coin(self.always_first.into(), u64::from(self.always_first) + u64::from(self.always_second))
    }

    /// Share of pairs with the same winner in both orders.
    pub fn consistency(&self, level: Level) -> Result<Estimate, StatsError> {
        let scores = self.scores(self.consistent, 1.0, self.pairs - self.consistent, 0.0, 0);
        mean_estimate(&scores, Scale01::Binary, level)
    }

    /// Share of verdicts that went to the first position, by pair; 0.5 for a judge who does not look at it.
    pub fn first_preference(&self, level: Level) -> Result<Estimate, StatsError> {
        let scores = self.scores(self.always_first, 1.0, self.always_second, 0.0, self.consistent);
        mean_estimate(&scores, Scale01::Continuous, level)
    }

    /// So many pairs of each score, and `even` of one half.
    fn scores(&self, many: u32, score: f64, others: u32, other: f64, even: u32) -> Vec<Observation> {
        let scores = [(many, score), (others, other), (even, 0.5)];
        let each = scores.into_iter().flat_map(|(count, score)| (0..count).map(move |_| score));
        (0..self.pairs).zip(each).map(|(item, score)| Observation { item, cluster: item, epoch: 0, score }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_judge_who_never_changes_shows_no_preference_and_no_certainty() {
        let audit = PositionBias::new(40, 25, 15, 40).expect("fits");
        assert!(audit.p_paired() >= 1.0);
        let consistency = audit.consistency(Level::NINETY_FIVE).expect("pairs");
        assert!(consistency.value() >= 1.0 && consistency.ci().width() > 0.05, "{consistency}");
        let preference = audit.first_preference(Level::NINETY_FIVE).expect("pairs");
        assert!(preference.ci().contains(0.5) && preference.ci().width() > 0.05, "{preference}");
    }

    #[test]
    fn a_judge_who_always_takes_the_first() {
        let audit = PositionBias::new(10, 10, 10, 0).expect("fits");
        assert_eq!((audit.always_first(), audit.always_second()), (10, 0));
        assert!((audit.p_paired() - 0.001_953_125).abs() < 1e-12);
        assert!(audit.first_preference(Level::NINETY_FIVE).expect("pairs").value() >= 1.0);
    }

    #[test]
    fn numbers_that_do_not_fit_are_refused() {
        assert!(PositionBias::new(0, 0, 0, 0).is_err());
        assert!(PositionBias::new(10, 11, 5, 5).is_err());
        assert!(PositionBias::new(10, 5, 5, 9).is_err(), "one pair changed: 5 + 5 cannot be even");
        assert!(PositionBias::new(10, 10, 10, 5).is_err(), "always the first, and yet consistent");
    }
}
