//! Two raters in two populations: errors without knowing the truth, by Hui and Walter.

use super::envelope::{dice, gamma};
use crate::bootstrap::{RESAMPLES, at};
use crate::{Estimate, Figure, Interval, Level, Method, Sample, StatsError};

/// Counts of one population: said yes by both, by the first only, by the second only, by neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TwoByTwo {
    /// Both said yes.
    pub both: u64,
    /// Only the first said yes.
    pub first: u64,
    /// Only the second said yes.
    pub second: u64,
    /// Neither said yes.
    pub neither: u64,
}

/// One of the six shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// Share of yes in a population (0 or 1).
    Prevalence(usize),
    /// Share of true yes that a rater (0 or 1) called yes.
    Sensitivity(usize),
    /// Share of true no that a rater (0 or 1) called no.
    Specificity(usize),
}

/// What Hui and Walter's model found; shares may lie outside [0, 1], which is kept and says that the model does not fit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HuiWalter {
    counts: [TwoByTwo; 2],
    shares: [f64; 6],
}

impl HuiWalter {
    /// Sensitivity and specificity of two raters, and the share of yes in two populations.
    ///
    /// *Estimates* six shares from six free counts.
    ///
    /// *Assumes* both raters have the same errors in both populations, independent given the truth; the populations differ in their
    /// share of yes; raters are better than chance.
    ///
    /// *Misleads* when populations hardly differ: the denominators are then noise. When one population is harder, which is why one
    /// looks for it, its errors are not the same, and nothing in six counts shows it.
    ///
    /// *Formula* with shares of yes `a`, `b` by rater and covariances `c`: `Δ = ±1/√(1 + 2(k1 + k2) + (k1 - k2)²)`,
    /// `k = c/((a1-a2)(b1-b2))`, `π1 + π2 = 1 - (k1 - k2)Δ`, `Se - (1 - Sp) = (a1 - a2)/Δ`. The closed form of the likelihood's maximum
    /// inside [0, 1].
    ///
    /// *Reference* Hui and Walter, Biometrics 1980; 36: 167-171. Expected counts of Se 0.9, 0.8, Sp 0.8, 0.9 and shares 0.2, 0.6:
    ///
    /// ```
    /// use bedside_stats::agreement::hui_walter::{HuiWalter, Share, TwoByTwo};
    /// let few = TwoByTwo { both: 160, first: 180, second: 80, neither: 580 };
    /// let many = TwoByTwo { both: 440, first: 180, second: 80, neither: 300 };
    /// let found = HuiWalter::new([few, many])?;
    /// assert!((found.share(Share::Sensitivity(0)) - 0.9).abs() < 1e-12);
    /// assert!((found.share(Share::Prevalence(1)) - 0.6).abs() < 1e-12);
    /// # Ok::<(), bedside_stats::StatsError>(())
    /// ```
    pub fn new(counts: [TwoByTwo; 2]) -> Result<Self, StatsError> {
        if counts.iter().any(|table| table.total() == 0) {
            return Err(StatsError::Empty);
        }
        let shares = solve(counts.map(TwoByTwo::moments)).ok_or_else(|| StatsError::Input {
            why: "not identifiable: the populations must differ in the share of yes, for both raters in the same direction".into(),
        })?;
        Ok(Self { counts, shares })
    }

    /// One of the six shares, as it comes out.
    pub fn share(&self, share: Share) -> f64 {
        self.shares[share.place()]
    }

    /// Whether all shares lie in [0, 1]; if not, the model does not fit or the counts are too few.
    pub fn fits(&self) -> bool {
        self.shares.iter().all(|share| (0.0..=1.0).contains(share))
    }

    /// The share as a figure: not identifiable when it lies outside [0, 1].
    pub fn figure(&self, share: Share) -> Figure {
        let value = self.share(share);
        if (0.0..=1.0).contains(&value) { Figure::Number(value) } else { Figure::NotIdentifiable }
    }

    /// A share with its interval: resampled tables with half a unit more in every cell, which a seed decides. An error when the
    /// share lies outside [0, 1].
    ///
    /// Draws that contradict the model (populations the wrong way round) count as possible at both ends, so that weak data give
    /// a wide interval.
    pub fn estimate(&self, share: Share, level: Level, seed: u64) -> Result<Estimate, StatsError> {
        let value = self.share(share);
        if !(0.0..=1.0).contains(&value) {
            return Err(StatsError::Input {
                why: format!("the share comes out as {value:.3}: the model does not fit"),
            });
        }
        let (mut low, mut high) = (Vec::new(), Vec::new());
        for index in 0..RESAMPLES {
            let mut dice = dice(seed, index);
            let moments = self.counts.map(|table| {
                let mut draw = |count: u64| gamma(count as f64 + 0.5, &mut dice);
                let (both, first, second, neither) =
                    (draw(table.both), draw(table.first), draw(table.second), draw(table.neither));
                let n = both + first + second + neither;
                let (a, b) = ((both + first) / n, (both + second) / n);
                (a, b, both / n - a * b)
            });
            let drawn = solve(moments).map(|shares| shares[share.place()].clamp(0.0, 1.0));
            low.push(drawn.unwrap_or(0.0));
            high.push(drawn.unwrap_or(1.0));
        }
        low.sort_by(f64::total_cmp);
        high.sort_by(f64::total_cmp);
        let ci = Interval::new(at(&low, level.tail()).min(value), at(&high, 1.0 - level.tail()).max(value), level)?;
        let n = self.counts.iter().map(TwoByTwo::total).sum();
        let words = vec![
            "units drawn independently in two populations".into(),
            "the same errors in both populations, independent given the truth; raters better than chance".into(),
        ];
        Estimate::new(value, ci, Method::LATENT_ENVELOPE, Sample { n_items: n, n_clusters: n, n_epochs: 1 }, words)
    }
}

impl Share {
    fn place(self) -> usize {
        match self {
            Self::Prevalence(population) => population.min(1),
            Self::Sensitivity(rater) => 2 + rater.min(1),
            Self::Specificity(rater) => 4 + rater.min(1),
        }
    }
}

impl TwoByTwo {
    fn total(&self) -> u64 {
        self.both + self.first + self.second + self.neither
    }

    /// Shares of yes of both raters, and their covariance.
    fn moments(self) -> (f64, f64, f64) {
        let n = self.total() as f64;
        let (a, b) = ((self.both + self.first) as f64 / n, (self.both + self.second) as f64 / n);
        (a, b, self.both as f64 / n - a * b)
    }
}

/// The six shares; none when the populations do not differ, or not alike for both raters.
fn solve(moments: [(f64, f64, f64); 2]) -> Option<[f64; 6]> {
    let [(a1, b1, c1), (a2, b2, c2)] = moments;
    let product = (a1 - a2) * (b1 - b2);
    let (k1, k2) = (c1 / product, c2 / product);
    let inside = 1.0 + 2.0 * (k1 + k2) + (k1 - k2).powi(2);
    if product.is_nan() || product <= 1e-12 || inside <= 0.0 {
        return None;
    }
    // Raters better than chance: the population with more yes has more yes.
    let delta = (a1 - a2).signum() / inside.sqrt();
    let sum = 1.0 - (k1 - k2) * delta;
    let (p1, p2) = (f64::midpoint(sum, delta), f64::midpoint(sum, -delta));
    let (gain_a, gain_b) = ((a1 - a2) / delta, (b1 - b2) / delta);
    let (false_a, false_b) = (a1 - p1 * gain_a, b1 - p1 * gain_b);
    Some([p1, p2, gain_a + false_a, gain_b + false_b, 1.0 - false_a, 1.0 - false_b])
}

#[cfg(test)]
mod tests {
    use super::*;

    const FEW: TwoByTwo = TwoByTwo { both: 160, first: 180, second: 80, neither: 580 };
    const MANY: TwoByTwo = TwoByTwo { both: 440, first: 180, second: 80, neither: 300 };

    #[test]
    fn planted_shares_come_back_in_either_order() {
        for (counts, prevalence) in [([FEW, MANY], 0.2), ([MANY, FEW], 0.6)] {
            let found = HuiWalter::new(counts).expect("different populations");
            for (share, planted) in [
                (Share::Prevalence(0), prevalence),
                (Share::Sensitivity(0), 0.9),
                (Share::Sensitivity(1), 0.8),
                (Share::Specificity(0), 0.8),
                (Share::Specificity(1), 0.9),
            ] {
                assert!((found.share(share) - planted).abs() < 1e-12, "{share:?}: {}", found.share(share));
                let estimate = found.estimate(share, Level::NINETY_FIVE, 3).expect("inside");
                assert!(estimate.ci().contains(planted) && estimate.ci().width() > 0.05, "{share:?}: {estimate}");
            }
            assert!(found.fits());
        }
    }

    #[test]
    fn populations_that_do_not_differ_are_not_identified() {
        let why = HuiWalter::new([FEW, FEW]).expect_err("the same").to_string();
        assert!(why.starts_with("not identifiable"), "{why}");
        let empty = TwoByTwo { both: 0, first: 0, second: 0, neither: 0 };
        assert_eq!(HuiWalter::new([empty, FEW]), Err(StatsError::Empty));
    }

    #[test]
    fn weak_data_give_a_wide_interval() {
        let small = |both, first, second, neither| TwoByTwo { both, first, second, neither };
        let found = HuiWalter::new([small(3, 2, 1, 14), small(6, 2, 2, 10)]).expect("different");
        if let Ok(estimate) = found.estimate(Share::Sensitivity(0), Level::NINETY_FIVE, 3) {
            assert!(estimate.ci().width() > 0.5, "{estimate}");
        }
    }
}
