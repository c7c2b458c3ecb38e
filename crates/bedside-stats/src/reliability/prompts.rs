//! What another wording of the same question does to the score.

use super::{ItemRuns, by_item, mean_over_items};
use crate::{Design, Estimate, Figure, Level, Method, Observation, Scale01, StatsError};

/// With fewer wordings than this their spread is no estimate of how wordings spread (SCIENCE.md 2.3f).
const FEWEST_PROMPTS: usize = 3;

/// Means of several wordings, as numbers: the worst beside the mean. The best is not given.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct PromptSpread {
    /// Mean over wordings.
    pub mean: f64,
    /// The worst wording.
    pub worst: f64,
    /// The best less the worst.
    pub spread: f64,
    /// Standard deviation between wordings, noise included; not identifiable below three.
    pub sd: Figure,
}

/// Spread of the mean scores of several wordings of a prompt.
///
/// *Estimates* nothing by itself: it describes these wordings on these items. [`prompt_sensitivity`] gives intervals.
///
/// *Assumes* every wording was scored on the same items.
///
/// *Misleads* with few items: equal wordings differ by noise, and the spread of ten of them is about three standard errors.
///
/// *Formula* `max - min`; `√(Σ(x - x̄)²/(P-1))`. *Reference* Sclar et al. 2023, arXiv 2310.11324 (FormatSpread).
///
/// ```
/// use bedside_stats::reliability::prompt_spread;
/// let found = prompt_spread(&[0.71, 0.64, 0.78, 0.69, 0.55])?;
/// assert!((found.spread - 0.23).abs() < 1e-12 && (found.worst - 0.55).abs() < 1e-12);
/// assert!((found.sd.number().expect("five wordings") - 0.085_615_419_172).abs() < 1e-12); // numpy 1.26.4
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn prompt_spread(means: &[f64]) -> Result<PromptSpread, StatsError> {
    if means.is_empty() {
        return Err(StatsError::Empty);
    }
    if let Some(score) = means.iter().find(|mean| !mean.is_finite()) {
        return Err(StatsError::Input { why: format!("the mean of one wording is {score}") });
    }
    let p = means.len() as f64;
    let mean = means.iter().sum::<f64>() / p;
    let worst = means.iter().copied().fold(f64::INFINITY, f64::min);
    let best = means.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let squares: f64 = means.iter().map(|x| (x - mean).powi(2)).sum();
    let sd = if means.len() < FEWEST_PROMPTS {
        Figure::NotIdentifiable
    } else {
        Figure::Number((squares / (p - 1.0)).sqrt())
    };
    Ok(PromptSpread { mean, worst, spread: best - worst, sd })
}

/// Scores of several wordings, with intervals.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct PromptSensitivity {
    /// Mean over wordings and items.
    pub mean: Estimate,
    /// Mean score of the worst wording.
    pub worst: Estimate,
    /// Index of the wording that was worst.
    pub worst_prompt: usize,
    /// The best less the worst.
    pub spread: Estimate,
    /// Standard deviation between the wordings' means, noise included.
    pub sd: Figure,
    /// Variance between wordings beyond what noise gives; negative when they differ less than noise would make them.
    pub variance: Figure,
}

/// How far the score depends on the wording of the prompt.
///
/// *Estimates* the mean over the wordings, the mean of the worst one, and their spread, on items like these.
///
/// *Assumes* every wording was scored on the same items; the wordings are those at hand (for others like them, see
/// `variance`, which takes them as drawn from a family).
///
/// *Misleads* with few items: the worst of several equal wordings is lower than any of them, and their spread is not 0. The
/// intervals allow for that; the values do not.
///
/// *Formula* worst: from the lowest lower to the lowest upper end of the wordings' intervals, each at level `1 - α/P`
/// (Bonferroni), which hold all means at once and so their minimum. Spread: from the largest gap between these intervals to
/// the largest distance across them. `variance = (MS_prompt - MS_prompt×item)/n`, two-way without replication on item means.
///
/// *Reference* Sclar et al. 2023, arXiv 2310.11324. Brennan, Generalizability Theory, 2001, section 2.2, for the variance.
///
/// ```
/// use bedside_stats::{ClusterKind, Design, Level, Observation, Scale01, reliability::prompt_sensitivity};
/// let wording = |wrong: u32| -> Vec<Observation> {
///     (0..100).map(|item| Observation { item, cluster: item, epoch: 0, score: f64::from(item >= wrong) }).collect()
/// };
/// let design =
///     Design { scale: Scale01::Binary, clusters: ClusterKind::Sampled("case".into()), level: Level::NINETY_FIVE };
/// let found = prompt_sensitivity(&[wording(20), wording(25), wording(40)], &design)?;
/// assert!((found.worst.value() - 0.60).abs() < 1e-12 && found.worst_prompt == 2);
/// assert!(found.spread.ci().lower() < 0.01 && found.spread.ci().upper() > 0.3); // conservative
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn prompt_sensitivity(by_prompt: &[Vec<Observation>], design: &Design) -> Result<PromptSensitivity, StatsError> {
    if by_prompt.is_empty() {
        return Err(StatsError::Empty);
    }
    let p = by_prompt.len() as f64;
    let together = Level::new(1.0 - (1.0 - design.level.value()) / p)?;
    let strict = Design { level: together, ..design.clone() };
    let estimates: Vec<Estimate> =
        by_prompt.iter().map(|observations| strict.mean_estimate(observations)).collect::<Result<_, _>>()?;
    let items = matched(by_prompt)?;
    let mean = mean_over_items(&items, design, Scale01::Continuous, "each wording weighs the same", average)?;
    let means: Vec<f64> = estimates.iter().map(Estimate::value).collect();
    let described = prompt_spread(&means)?;
    let least = |of: fn(&Estimate) -> f64| estimates.iter().map(of).fold(f64::INFINITY, f64::min);
    let most = |of: fn(&Estimate) -> f64| estimates.iter().map(of).fold(f64::NEG_INFINITY, f64::max);
    let (lowest_lower, lowest_upper) = (least(|e| e.ci().lower()), least(|e| e.ci().upper()));
    let (highest_lower, highest_upper) = (most(|e| e.ci().lower()), most(|e| e.ci().upper()));
    let sample = mean.sample();
    let says = || vec![format!("{} wordings, their intervals held at once by Bonferroni", by_prompt.len())];
    let estimate = |value: f64, lower: f64, upper: f64| {
        let interval = crate::Interval::new(lower, upper, design.level)?;
        Estimate::new(value, interval, Method::named("simultaneous_bonferroni"), sample, says())
    };
    let spread = estimate(
        described.spread,
        (highest_lower - lowest_upper).max(0.0).min(described.spread),
        (highest_upper - lowest_lower).min(1.0),
    )?;
    Ok(PromptSensitivity {
        worst: estimate(described.worst, lowest_lower, lowest_upper)?,
        worst_prompt: means.iter().position(|mean| *mean <= described.worst).unwrap_or(0),
        spread,
        sd: described.sd,
        variance: between_prompts(&items, by_prompt.len()),
        mean,
    })
}

/// For each item, its mean under each wording; an error unless all wordings have the same items.
fn matched(by_prompt: &[Vec<Observation>]) -> Result<Vec<ItemRuns>, StatsError> {
    let mut matched: Vec<ItemRuns> = Vec::new();
    for (prompt, observations) in by_prompt.iter().enumerate() {
        let items = by_item(observations)?;
        let same = prompt == 0
            || items.len() == matched.len()
                && items.iter().zip(&matched).all(|(a, b)| (a.item, a.cluster) == (b.item, b.cluster));
        if !same {
            return Err(StatsError::Input {
                why: format!("wording {prompt} was scored on other items than wording 0"),
            });
        }
        for (at, runs) in items.into_iter().enumerate() {
            let score = average(&runs.scores);
            if prompt == 0 {
                matched.push(ItemRuns { scores: vec![score], ..runs });
            } else {
                matched[at].scores.push(score);
            }
        }
    }
    Ok(matched)
}

fn average(scores: &[f64]) -> f64 {
    scores.iter().sum::<f64>() / scores.len() as f64
}

/// Variance component of wordings: `(MS_prompt - MS_prompt×item) / n`.
fn between_prompts(items: &[ItemRuns], prompts: usize) -> Figure {
    if prompts < FEWEST_PROMPTS || items.len() < 2 {
        return Figure::NotIdentifiable;
    }
    let (p, n) = (prompts as f64, items.len() as f64);
    let prompt_mean = |at: usize| items.iter().map(|item| item.scores[at]).sum::<f64>() / n;
    let means: Vec<f64> = (0..prompts).map(prompt_mean).collect();
    let grand = average(&means);
    let ms_prompt = n * means.iter().map(|mean| (mean - grand).powi(2)).sum::<f64>() / (p - 1.0);
    let rest: f64 = items
        .iter()
        .map(|item| {
            let own = average(&item.scores);
            item.scores.iter().zip(&means).map(|(score, mean)| (score - own - mean + grand).powi(2)).sum::<f64>()
        })
        .sum();
    Figure::Number((ms_prompt - rest / ((p - 1.0) * (n - 1.0))) / n)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reliability::tests::{design, rows};

    #[test]
    fn two_wordings_give_no_standard_deviation() {
        assert_eq!(prompt_spread(&[0.2, 0.4]).expect("two").sd, Figure::NotIdentifiable);
        assert!(prompt_spread(&[]).is_err() && prompt_spread(&[f64::NAN]).is_err());
    }

    #[test]
    fn equal_wordings_keep_a_width_and_no_variance() {
        let all = rows(&[[1.0]; 15]);
        let found = prompt_sensitivity(&[all.clone(), all.clone(), all], &design(Scale01::Binary)).expect("three");
        assert!(found.worst.ci().width() > 0.2 && found.spread.ci().upper() > 0.2, "{} {}", found.worst, found.spread);
        assert!(found.variance.number().expect("three wordings").abs() < 1e-15);
    }

    #[test]
    fn other_items_are_refused() {
        let (two, three) = (rows(&[[1.0]; 2]), rows(&[[1.0]; 3]));
        assert!(prompt_sensitivity(&[two, three], &design(Scale01::Binary)).is_err());
    }
}
