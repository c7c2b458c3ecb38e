//! Better, worse, equivalent, cannot tell: four different answers.

use super::difference::{Difference, shared};
use crate::{Interval, Level, StatsError};
use serde::Serialize;
use std::fmt;

/// What may be said of A against B, where more is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// A scores higher: the interval lies above 0, and the difference is not known to be too small to matter.
    Better,
    /// A scores lower: the interval lies below 0, and the difference is not known to be too small to matter.
    Worse,
    /// The difference, whatever its sign, is smaller than what was declared to matter.
    Equivalent,
    /// The data leave both open.
    CannotTell,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Equivalent => "equivalent",
            Self::CannotTell => "cannot tell",
        })
    }
}

/// An answer with the intervals it was read from.
///
/// *Estimates* nothing: reads an answer off the intervals of a [`Difference`].
///
/// *Assumes* the margin was declared before the scores were seen, and that more is better.
///
/// *Misleads* when the margin was chosen to fit. Without a margin nothing is ever equivalent: "not different" is
/// [`Answer::CannotTell`].
///
/// *Formula* at level 95 %, margin δ: **equivalent** when the 90 % interval, the cautious one, lies inside ±δ (two one-sided tests at
/// 5 %);
/// otherwise **better** or **worse** when the 95 % interval excludes 0; otherwise **cannot tell**. Equivalent comes first: a
/// difference that is real and too small to matter is called equivalent, and the sentence says that it is real. In a family of
/// `m` comparisons both errors are divided by `m`.
///
/// *Reference* Schuirmann, J Pharmacokinet Biopharm 1987; 15: 657-680. Altman and Bland, BMJ 1995; 311: 485.
///
/// ```
/// use bedside_stats::comparison::{answer::Answer, paired::PairedItems};
/// use bedside_stats::{ClusterKind, Design, Level, Observation, Scale01};
/// let runs = |right: fn(u32) -> bool| -> Vec<Observation> {
///     (0..1000).map(|item| Observation { item, cluster: item, epoch: 0, score: f64::from(right(item)) }).collect()
/// };
/// let items = PairedItems::new(&runs(|item| item % 10 > 1), &runs(|item| item % 10 > 1 && item > 15))?;
/// let design =
///     Design { scale: Scale01::Binary, clusters: ClusterKind::Sampled("item".into()), level: Level::NINETY_FIVE };
/// let difference = items.difference(&design)?;
/// let found = difference.decide(Some(0.03))?;
/// assert_eq!(found.answer, Answer::Equivalent);
/// assert_eq!(
///     found.sentence("x", "y"),
///     "x and y are equivalent within 0.030: x - y = 0.012 [0.006, 0.018] (90 %); not zero, but too small to matter"
/// );
/// assert_eq!(difference.decide(None)?.sentence("x", "y"), "x is better than y: x - y = 0.012 [0.005, 0.019] (95 %)");
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The answer.
    pub answer: Answer,
    /// Whether the interval excludes 0, whatever the answer.
    pub detected: bool,
    /// The mean difference.
    pub value: f64,
    /// The interval that decides better and worse.
    pub interval: Interval,
    /// The interval that decides equivalence, at twice the error: [`Difference::cautious_interval`].
    pub equivalence_interval: Interval,
    /// The declared margin.
    pub margin: Option<f64>,
}

impl Difference {
    /// Reads the answer; `margin` is the smallest difference that matters, if one was declared.
    pub fn decide(&self, margin: Option<f64>) -> Result<Decision, StatsError> {
        self.decide_among(margin, 1)
    }

    /// As [`Difference::decide`], as one of a family of `comparisons`: all answers hold together.
    pub fn decide_among(&self, margin: Option<f64>, comparisons: usize) -> Result<Decision, StatsError> {
        if let Some(margin) = margin
            && !(margin.is_finite() && margin > 0.0)
        {
            return Err(StatsError::Input { why: format!("margin {margin} is not a positive number") });
        }
        let level = shared(self.estimate().ci().level(), comparisons)?;
        let interval = self.interval(level)?;
        let equivalence_interval = self.cautious_interval(Level::new(2.0 * level.value() - 1.0)?)?;
        let detected = !interval.contains(0.0);
        let inside = margin
            .is_some_and(|margin| -margin < equivalence_interval.lower() && equivalence_interval.upper() < margin);
        let answer = match (inside, detected, interval.lower() > 0.0) {
            (true, ..) => Answer::Equivalent,
            (false, true, true) => Answer::Better,
            (false, true, false) => Answer::Worse,
            (false, false, _) => Answer::CannotTell,
        };
        Ok(Decision { answer, detected, value: self.estimate().value(), interval, equivalence_interval, margin })
    }
}

impl Decision {
    /// The answer in a sentence, with the interval it was read from.
    pub fn sentence(&self, a: &str, b: &str) -> String {
        let percent = |interval: Interval| {
            let text = format!("{:.2}", interval.level().value() * 100.0);
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        };
        let said = |interval: Interval| format!("{a} - {b} = {:.3} {interval} ({} %)", self.value, percent(interval));
        match (self.answer, self.margin) {
            (Answer::Better, _) => format!("{a} is better than {b}: {}", said(self.interval)),
            (Answer::Worse, _) => format!("{a} is worse than {b}: {}", said(self.interval)),
            (Answer::Equivalent, margin) => format!(
                "{a} and {b} are equivalent within {:.3}: {}{}",
                margin.unwrap_or(f64::INFINITY),
                said(self.equivalence_interval),
                if self.detected { "; not zero, but too small to matter" } else { "" }
            ),
            (Answer::CannotTell, Some(margin)) => format!(
                "cannot tell whether {a} and {b} differ, nor that they differ by less than {margin:.3}: {}",
                said(self.interval)
            ),
            (Answer::CannotTell, None) => format!("cannot tell whether {a} and {b} differ: {}", said(self.interval)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::paired::PairedItems;
    use super::*;
    use crate::{ClusterKind, Design, Observation, Scale01};

    /// `plus` items right by A only, `minus` by B only, of `n`.
    fn difference(plus: u32, minus: u32, n: u32) -> Difference {
        let runs = |right: &dyn Fn(u32) -> bool| -> Vec<_> {
            (0..n).map(|item| Observation { item, cluster: item, epoch: 0, score: f64::from(right(item)) }).collect()
        };
        let a = runs(&|item| item < plus);
        let b = runs(&|item| (plus..plus + minus).contains(&item));
        let clusters = ClusterKind::Sampled("item".into());
        let design = Design { scale: Scale01::Binary, clusters, level: Level::NINETY_FIVE };
        PairedItems::new(&a, &b).and_then(|items| items.difference(&design)).expect("scores")
    }

    #[test]
    fn four_answers() {
        let answer = |plus, minus, n| difference(plus, minus, n).decide(Some(0.03)).expect("margin").answer;
        assert_eq!(answer(60, 20, 500), Answer::Better);
        assert_eq!(answer(20, 60, 500), Answer::Worse);
        assert_eq!(answer(20, 20, 2_000), Answer::Equivalent);
        assert_eq!(answer(5, 3, 50), Answer::CannotTell);
        assert_eq!(answer(0, 0, 20), Answer::CannotTell, "twenty items without a difference show no equivalence");
    }

    #[test]
    fn real_and_too_small_is_equivalent() {
        let found = difference(60, 20, 4_000).decide(Some(0.03)).expect("margin");
        assert!(found.detected);
        assert_eq!(found.answer, Answer::Equivalent);
        let without = difference(60, 20, 4_000).decide(None).expect("no margin");
        assert_eq!(without.answer, Answer::Better);
    }

    #[test]
    fn a_family_is_harder_to_satisfy() {
        let difference = difference(20, 6, 200);
        assert_eq!(difference.decide(None).expect("ok").answer, Answer::Better);
        assert_eq!(difference.decide_among(None, 20).expect("ok").answer, Answer::CannotTell);
    }

    #[test]
    fn a_margin_is_positive() {
        for margin in [0.0, -0.1, f64::NAN, f64::INFINITY] {
            assert!(difference(5, 3, 50).decide(Some(margin)).is_err(), "{margin}");
        }
    }
}
