//! The alternative annotator test: may a model stand in for one of the human raters?

use super::law::student_below;
use super::ratings::rectangle;
use crate::{ClusterKind, Design, Estimate, Level, Observation, Scale01, StatsError};
use serde::Deserialize;

/// Items a rater should have for the t test; its authors ask for 30, better 50 to 100.
pub const LEAST_ITEMS: usize = 30;

/// How near a rating is to those of the other raters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Score {
    /// Share of the others who said the same.
    Accuracy,
    /// Minus the root of the mean squared distance to the others, for grades.
    NegRmse,
}

/// The settings of the test, fixed before looking.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// How much worse than a human the model may be, for being cheaper: 0.2 for experts, 0.15 for trained raters, 0.1 for crowds.
    pub epsilon: f64,
    /// False discovery rate at which raters are called beaten.
    pub false_discovery_rate: f64,
    /// How ratings are compared.
    pub score: Score,
    /// Raters with fewer items than this are left out; [`LEAST_ITEMS`] in the published code.
    pub least_items: usize,
}

/// One rater left out in turn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LeftOut {
    /// The rater.
    pub rater: usize,
    /// Items that rater, another rater and the model rated.
    pub items: usize,
    /// Share of items on which the model is at least as near to the others as this rater.
    pub advantage: f64,
    /// Probability of so large an advantage, were the model worse by epsilon. 0 or 1 when all items compare alike.
    pub p_value: f64,
    /// Whether the model is called as good, with false discoveries held at the rate asked for.
    pub beaten: bool,
}

/// The test's outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct AltTest {
    /// Rater by rater.
    pub raters: Vec<LeftOut>,
    /// Share of raters that the model is called as good as; the test is passed from 0.5 on.
    pub winning_rate: f64,
    /// Mean over raters of the model's advantage.
    pub advantage_probability: f64,
    /// By comparison: the item, and whether the model was at least as near.
    comparisons: Vec<(u32, bool)>,
}

/// The alternative annotator test.
///
/// *Estimates* against how many of the raters the model may stand in: each is left out in turn, and rater and model are compared
/// with those who remain.
///
/// *Assumes* items are drawn independently; at least three raters, who are worth agreeing with; settings fixed before.
///
/// *Misleads* as proof that the model is right: it shows agreement with raters, who may share mistakes. With three raters the
/// winning rate is 0, 1/3, 2/3 or 1, and has no interval; read the advantage with its interval beside it. Ties count for both
/// sides, so that on easy items everybody wins. Passing at ε = 0.2 may mean losing one item in six outright. When all items compare
/// alike there is no spread: p is then 0 or 1, which is a convention and no certainty.
///
/// *Formula* with scores of rater and model against the others on item i, `W_h = [S_h ≥ S_m]`, `W_m = [S_m ≥ S_h]`: one-sided t
/// test of `mean(W_h - W_m) < ε`; Benjamini-Yekutieli over raters.
///
/// *Reference* Calderon, Reichart and Dror 2025, arXiv 2501.10970, and its published code, whose division by the raters tested and
/// ties on both sides are kept. Three raters, twelve items (scipy 1.12.0):
///
/// ```
/// use bedside_stats::agreement::alt_test::{Score, Settings, alt_test};
/// let said = |text: &str| text.bytes().map(|digit| Some(f64::from(digit - b'0'))).collect::<Vec<_>>();
/// let humans = [said("101101011011"), said("101001011011"), said("101101110010")];
/// let settings = Settings { epsilon: 0.2, false_discovery_rate: 0.05, score: Score::Accuracy, least_items: 1 };
/// let found = alt_test(&humans, &said("101101011011"), settings)?;
/// assert!((found.raters[1].p_value - 0.002_964_554_953).abs() < 1e-11);
/// assert_eq!((found.winning_rate, found.advantage_probability), (1.0, 1.0));
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn alt_test(humans: &[Vec<Option<f64>>], model: &[Option<f64>], settings: Settings) -> Result<AltTest, StatsError> {
    check(humans, model, settings)?;
    let items: Vec<usize> = (0..model.len())
        .filter(|&item| model[item].is_some() && humans.iter().filter(|human| human[item].is_some()).count() > 1)
        .collect();
    let mut comparisons = Vec::new();
    let mut raters = Vec::new();
    for (rater, human) in humans.iter().enumerate() {
        let pairs: Vec<(usize, f64, f64)> = items
            .iter()
            .filter_map(|&item| {
                let others: Vec<f64> = humans
                    .iter()
                    .enumerate()
                    .filter(|&(other, _)| other != rater)
                    .filter_map(|(_, h)| h[item])
                    .collect();
                Some((item, settings.score.of(human[item]?, &others), settings.score.of(model[item]?, &others)))
            })
            .collect();
        // One item has no spread; the t test needs two.
        if pairs.len() < settings.least_items.max(2) {
            continue;
        }
        let n = pairs.len() as f64;
        let wins = pairs.iter().filter(|(_, human, model)| model >= human).count() as f64;
        let differences: Vec<f64> =
            pairs.iter().map(|(_, h, m)| f64::from(u8::from(h >= m)) - f64::from(u8::from(m >= h))).collect();
        comparisons.extend(pairs.iter().filter_map(|&(item, h, m)| Some((u32::try_from(item).ok()?, m >= h))));
        raters.push(LeftOut {
            rater,
            items: pairs.len(),
            advantage: wins / n,
            p_value: below(&differences, settings.epsilon),
            beaten: false,
        });
    }
    if raters.is_empty() {
        let needs = format!("{} items a rater", settings.least_items.max(2));
        return Err(StatsError::TooFew { method: "alt-test", needs, found: "fewer for every rater".into() });
    }
    reject(&mut raters, settings.false_discovery_rate);
    let tested = raters.len() as f64;
    Ok(AltTest {
        winning_rate: raters.iter().filter(|rater| rater.beaten).count() as f64 / tested,
        advantage_probability: raters.iter().map(|rater| rater.advantage).sum::<f64>() / tested,
        raters,
        comparisons,
    })
}

impl AltTest {
    /// Whether the model is called as good as at least half of the raters.
    pub fn passed(&self) -> bool {
        self.winning_rate >= 0.5
    }

    /// Whether a rater had fewer items than the authors ask for.
    pub fn too_few_items(&self) -> bool {
        self.raters.iter().any(|rater| rater.items < LEAST_ITEMS)
    }

    /// The model's advantage with its interval, by item: the share of comparisons with a left-out rater in which the model is at least
    /// as near to the others. Equals [`AltTest::advantage_probability`] when all raters rated all items.
    pub fn advantage_estimate(&self, level: Level) -> Result<Estimate, StatsError> {
        let observations: Vec<Observation> = (0_u32..)
            .zip(&self.comparisons)
            .map(|(at, &(cluster, won))| Observation { item: at, cluster, epoch: 0, score: f64::from(u8::from(won)) })
            .collect();
        let clusters = ClusterKind::Sampled("item".into());
        Design { scale: Scale01::Binary, clusters, level }.mean_estimate(&observations)
    }
}

impl Score {
    fn of(self, rating: f64, others: &[f64]) -> f64 {
        let n = others.len() as f64;
        match self {
            Self::Accuracy => others.iter().filter(|&&other| (other - rating).abs() <= 0.0).count() as f64 / n,
            Self::NegRmse => -(others.iter().map(|other| (other - rating).powi(2)).sum::<f64>() / n).sqrt(),
        }
    }
}

fn check(humans: &[Vec<Option<f64>>], model: &[Option<f64>], settings: Settings) -> Result<(), StatsError> {
    let items = rectangle(humans)?;
    let refuse = |why: String| Err(StatsError::Input { why });
    if items != model.len() {
        return refuse(format!("the model has {} ratings, the raters {items}; null stands for none", model.len()));
    }
    if let Some(value) = humans.iter().flatten().chain(model).flatten().find(|value| !value.is_finite()) {
        return refuse(format!("the rating {value} is no number"));
    }
    if !(0.0..1.0).contains(&settings.epsilon) {
        return refuse(format!("epsilon = {} must lie in [0, 1)", settings.epsilon));
    }
    if !(settings.false_discovery_rate > 0.0 && settings.false_discovery_rate < 1.0) {
        return refuse(format!("a false discovery rate of {} must lie in (0, 1)", settings.false_discovery_rate));
    }
    if humans.len() < 3 {
        let found = humans.len().to_string();
        return Err(StatsError::TooFew { method: "alt-test", needs: "3 human raters".into(), found });
    }
    Ok(())
}

/// One-sided t test of a mean below `bound`.
fn below(values: &[f64], bound: f64) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
    if variance <= 1e-24 {
        return f64::from(u8::from(mean >= bound));
    }
    student_below(n - 1.0, (mean - bound) / (variance / n).sqrt())
}

/// Benjamini and Yekutieli's step-up rule.
fn reject(raters: &mut [LeftOut], rate: f64) {
    let m = raters.len();
    let harmonic: f64 = (1..=m).map(|i| 1.0 / i as f64).sum();
    let mut sorted: Vec<f64> = raters.iter().map(|rater| rater.p_value).collect();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.iter().enumerate().rev().find(|(at, p)| **p <= (at + 1) as f64 * rate / (m as f64 * harmonic));
    if let Some((_, &threshold)) = last {
        for rater in raters {
            rater.beaten = rater.p_value <= threshold;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: Settings =
        Settings { epsilon: 0.2, false_discovery_rate: 0.05, score: Score::Accuracy, least_items: LEAST_ITEMS };

    fn said(seed: usize, n: usize) -> Vec<Option<f64>> {
        (0..n).map(|i| Some(((i * 7 + (i * seed) % 5 / 4) % 3) as f64)).collect()
    }

    #[test]
    fn too_few_raters_or_items_are_refused_by_name() {
        let two = alt_test(&[said(1, 40), said(2, 40)], &said(3, 40), SETTINGS).expect_err("two");
        assert!(two.to_string().contains("3 human raters"), "{two}");
        let short = alt_test(&[said(1, 20), said(2, 20), said(3, 20)], &said(4, 20), SETTINGS).expect_err("twenty");
        assert!(short.to_string().contains("30 items"), "{short}");
    }

    #[test]
    fn a_model_equal_to_everybody_wins_without_an_interval_of_no_width() {
        let humans = [said(0, 40), said(0, 40), said(0, 40)];
        let found = alt_test(&humans, &said(0, 40), SETTINGS).expect("forty items");
        assert!(found.passed() && found.raters.iter().all(|rater| rater.p_value <= 0.0));
        let advantage = found.advantage_estimate(Level::NINETY_FIVE).expect("comparisons");
        assert!(advantage.value() >= 1.0 && advantage.ci().width() > 0.05, "{advantage}");
    }

    #[test]
    fn missing_ratings_are_left_out() {
        let mut humans = vec![said(1, 60), said(2, 60), said(3, 60), said(4, 60)];
        for (at, human) in humans.iter_mut().enumerate() {
            human.iter_mut().skip(at).step_by(4).for_each(|cell| *cell = None);
        }
        let mut model = said(2, 60);
        model[0] = None;
        let found = alt_test(&humans, &model, SETTINGS).expect("45 items a rater");
        assert_eq!(found.raters.iter().map(|rater| rater.items).collect::<Vec<_>>(), [45, 44, 44, 44]);
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        let humans = [said(1, 40), said(2, 40), said(3, 40)];
        let with = |settings| alt_test(&humans, &said(4, 40), settings);
        assert!(with(Settings { epsilon: -0.1, ..SETTINGS }).is_err());
        assert!(with(Settings { false_discovery_rate: 1.0, ..SETTINGS }).is_err());
        assert!(alt_test(&humans, &said(4, 39), SETTINGS).is_err());
    }
}
