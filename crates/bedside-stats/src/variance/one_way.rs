//! Groups and what lies within them: items and their runs, templates and their items.

use crate::{Figure, StatsError};

/// Halvings of the bracket around the ratio of variances, on a logarithmic scale: down to rounding.
const HALVINGS: u32 = 200;
/// Ratios of between to within variance that are looked at: from a billionth to a billion.
const LOOKS: i32 = 180;

/// Variance between and within groups.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OneWay {
    /// REML variance between groups, at least 0; not identifiable with one group, or one value a group.
    pub between: Figure,
    /// REML variance within groups.
    pub within: Figure,
    /// ANOVA estimate between groups as it comes, possibly negative.
    pub between_raw: Figure,
    /// Generalised least-squares mean: groups weigh more the better they are known, but less than by their number.
    pub mean: f64,
    /// Intraclass correlation: the share of variance between groups.
    pub icc: Figure,
    /// Number of groups.
    pub groups: usize,
}

/// Variance components of one random factor with groups of any size, by restricted maximum likelihood.
///
/// *Estimates* how much values vary between groups and within them, and the mean over groups.
///
/// *Assumes* groups drawn independently; normal effects, for efficiency more than for validity; the same variance within every
/// group.
///
/// *Misleads* when the size of a group has to do with its mean, and when values are yes/no and rare: the variance within then
/// differs between groups. With few groups the variance between is barely known.
///
/// *Formula* maximises over `λ = σ²_b/σ²_w` `-½ [Σ ln(1 + λ n) + ln Σ n/(1 + λ n) + (N - 1) ln Q(λ)]`, `Q` the weighted sum of
/// squares around the generalised mean; `σ²_w = Q/(N - 1)`. Raw: `(MS_b - MS_w)/n_0`.
///
/// *Reference* Patterson and Thompson, Biometrika 1971; 58: 545-554. For groups of one size REML is ANOVA truncated at 0:
///
/// ```
/// use bedside_stats::variance::one_way::one_way_reml;
/// let found = one_way_reml(&[1.0, 2.0, 4.0, 5.0, 9.0, 8.0], &[0, 0, 1, 1, 2, 2])?;
/// assert!((found.within.number().expect("pairs differ") - 0.5).abs() < 1e-9);
/// assert!((found.between.number().expect("groups differ") - 12.083_333_333).abs() < 1e-8); // (24.67 - 0.5)/2
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn one_way_reml(values: &[f64], group: &[usize]) -> Result<OneWay, StatsError> {
    let groups = Groups::new(values, group)?;
    let (n, g) = (groups.total(), groups.each.len() as f64);
    let weighted = groups.each.iter().map(|each| each.n * each.n).sum::<f64>();
    let mean = groups.mean(0.0);
    let between_squares: f64 = groups.each.iter().map(|each| each.n * (each.mean - mean).powi(2)).sum();
    if groups.each.len() < 2 || groups.each.len() == values.len() {
        let unknown = Figure::NotIdentifiable;
        let within = if g < 2.0 && n > 1.0 { Figure::from(groups.within / (n - 1.0)) } else { unknown };
        let (mean, groups) = (groups.origin + mean, groups.each.len());
        return Ok(OneWay { between: unknown, within, between_raw: unknown, mean, icc: unknown, groups });
    }
    let size = (n - weighted / n) / (g - 1.0);
    let between_raw = (between_squares / (g - 1.0) - groups.within / (n - g)) / size;
    let (between, within, ratio) = if groups.within <= 0.0 {
        // Nothing varies within: the means are the values.
        let plain = groups.each.iter().map(|each| each.mean).sum::<f64>() / g;
        (groups.each.iter().map(|each| (each.mean - plain).powi(2)).sum::<f64>() / (g - 1.0), 0.0, f64::INFINITY)
    } else {
        let ratio = groups.best_ratio();
        let within = groups.squares(ratio) / (n - 1.0);
        (ratio * within, within, ratio)
    };
    Ok(OneWay {
        between: Figure::from(between),
        within: Figure::from(within),
        between_raw: Figure::from(between_raw),
        mean: groups.origin + groups.mean(ratio),
        icc: Figure::ratio(between, between + within),
        groups: groups.each.len(),
    })
}

struct Group {
    n: f64,
    mean: f64,
}

struct Groups {
    each: Vec<Group>,
    /// Sum of squares within groups.
    within: f64,
    /// What was taken from all values.
    origin: f64,
}

impl Groups {
    fn new(values: &[f64], group: &[usize]) -> Result<Self, StatsError> {
        if values.len() != group.len() {
            return Err(StatsError::Input { why: format!("{} values y and {} groups", values.len(), group.len()) });
        }
        if values.is_empty() {
            return Err(StatsError::Empty);
        }
        if let Some(value) = values.iter().find(|value| !value.is_finite()) {
            return Err(StatsError::Input { why: format!("y holds {value}") });
        }
        let mut members: std::collections::BTreeMap<usize, Vec<f64>> = std::collections::BTreeMap::new();
        for (&value, &group) in values.iter().zip(group) {
            members.entry(group).or_default().push(value);
        }
        let (mut each, mut within) = (Vec::new(), 0.0);
        // All less the first value, so that equal means come out equal.
        let origin = values[0];
        for values in members.values_mut() {
            for value in values.iter_mut() {
                *value -= origin;
            }
            let n = values.len() as f64;
            // Equal values have exactly their mean, whatever rounding makes of their sum.
            let equal = values.iter().all(|value| value.to_bits() == values[0].to_bits());
            let mean = if equal { values[0] } else { values.iter().sum::<f64>() / n };
            within += values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
            each.push(Group { n, mean });
        }
        Ok(Self { each, within, origin })
    }

    fn total(&self) -> f64 {
        self.each.iter().map(|each| each.n).sum()
    }

    /// Weight of a group at a ratio of variances; groups weigh alike at infinity.
    fn weight(each: &Group, ratio: f64) -> f64 {
        if ratio.is_finite() { each.n / (1.0 + ratio * each.n) } else { 1.0 }
    }

    fn mean(&self, ratio: f64) -> f64 {
        let weights: f64 = self.each.iter().map(|each| Self::weight(each, ratio)).sum();
        self.each.iter().map(|each| Self::weight(each, ratio) * each.mean).sum::<f64>() / weights
    }

    fn squares(&self, ratio: f64) -> f64 {
        let mean = self.mean(ratio);
        self.within + self.each.iter().map(|each| Self::weight(each, ratio) * (each.mean - mean).powi(2)).sum::<f64>()
    }

    fn criterion(&self, ratio: f64) -> f64 {
        let weights: f64 = self.each.iter().map(|each| Self::weight(each, ratio)).sum();
        let spread: f64 = self.each.iter().map(|each| (ratio * each.n).ln_1p()).sum();
        -0.5 * (spread + weights.ln() + (self.total() - 1.0) * self.squares(ratio).ln())
    }

    /// Derivative of the criterion, up to a positive factor.
    fn slope(&self, ratio: f64) -> f64 {
        let mean = self.mean(ratio);
        let (mut first, mut second, mut fit) = (0.0, 0.0, 0.0);
        for each in &self.each {
            let weight = Self::weight(each, ratio);
            first += weight;
            second += weight * weight;
            fit += (weight * (each.mean - mean)).powi(2);
        }
        (self.total() - 1.0) * fit / self.squares(ratio) - first + second / first
    }

    /// The ratio of variances at the highest point of the criterion.
    fn best_ratio(&self) -> f64 {
        let look = |step: i32| 10_f64.powf(f64::from(step) / 10.0 - 9.0);
        let mut best = (0.0, self.criterion(0.0), None);
        for step in 0..=LOOKS {
            let value = self.criterion(look(step));
            if value > best.1 {
                best = (look(step), value, Some(step));
            }
        }
        let Some(step) = best.2 else {
            // The maximum is at 0, or between 0 and the first point looked at: next to nothing.
            return 0.0;
        };
        let (mut low, mut high) = (look(step - 1), look(step + 1));
        for _ in 0..HALVINGS {
            let middle = (low * high).sqrt();
            if self.slope(middle) > 0.0 {
                low = middle;
            } else {
                high = middle;
            }
        }
        (low * high).sqrt()
    }
}

/// How the variance of a mean over items splits into items and runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ItemsAndRuns {
    /// Mean over items of their means over runs.
    pub mean: f64,
    /// Variance of the item means.
    pub item_means: Figure,
    /// Mean variance of the runs of an item.
    pub within: Figure,
    /// Variance of the items' long-run means as it comes, possibly negative.
    pub items_raw: Figure,
    /// Standard error of the mean.
    pub se: Figure,
    /// Share of its square that more runs would remove.
    pub run_share: Figure,
}

/// Splits the error of a mean score into items and runs: `runs[item]` holds the scores of its runs.
///
/// *Estimates* the variance between items' long-run scores, the variance of runs around them, and how much of the standard
/// error more runs could remove.
///
/// *Assumes* items are drawn independently, and the runs of an item are independent given it.
///
/// *Misleads* with clustered items, whose mean is less certain than this; see [`crate::ClusteredMean`]. With one run an item
/// the two parts cannot be told apart, and are not identifiable. From two or three runs the run share is rough.
///
/// *Formula* `σ²_items = s²(ȳ_i) - mean(s²_i/K_i)`; share `mean(s²_i/K_i) / s²(ȳ_i)`. An item with one run takes the mean `s²_i`.
///
/// *Reference* Miller 2024, arXiv 2411.00640, section 3; law of total variance. Three items, by hand:
///
/// ```
/// use bedside_stats::variance::one_way::items_and_runs;
/// let found = items_and_runs(&[vec![1.0, 1.0], vec![0.0, 0.0], vec![1.0, 0.0]])?;
/// // Item means 1, 0, ½: variance ¼. Runs: variances 0, 0, ½.
/// assert!((found.item_means.number().expect("three items") - 0.25).abs() < 1e-12);
/// assert!((found.run_share.number().expect("two runs") - (0.5 / 3.0 / 2.0) / 0.25).abs() < 1e-12);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn items_and_runs(runs: &[Vec<f64>]) -> Result<ItemsAndRuns, StatsError> {
    if runs.is_empty() || runs.iter().any(Vec::is_empty) {
        return Err(StatsError::Empty);
    }
    if let Some(score) = runs.iter().flatten().find(|score| !score.is_finite()) {
        return Err(StatsError::Input { why: format!("{score} is no score") });
    }
    let n = runs.len() as f64;
    // Less the first score, so that equal scores have exactly no variance.
    let origin = runs[0][0];
    let runs: Vec<Vec<f64>> = runs.iter().map(|runs| runs.iter().map(|score| score - origin).collect()).collect();
    let average = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let means: Vec<f64> = runs.iter().map(|runs| average(runs)).collect();
    let mean = average(&means);
    let variance = |values: &[f64], mean: f64| {
        Figure::ratio(values.iter().map(|value| (value - mean).powi(2)).sum(), values.len() as f64 - 1.0)
    };
    let spreads: Vec<Option<f64>> =
        runs.iter().zip(&means).map(|(runs, &mean)| variance(runs, mean).number().filter(|_| runs.len() > 1)).collect();
    let known: Vec<f64> = spreads.iter().flatten().copied().collect();
    let item_means = if means.len() > 1 { variance(&means, mean) } else { Figure::NotIdentifiable };
    let within = if known.is_empty() { Figure::NotIdentifiable } else { Figure::from(average(&known)) };
    let noise = within.number().map(|within| {
        let each = runs.iter().zip(&spreads).map(|(runs, spread)| spread.unwrap_or(within) / runs.len() as f64);
        each.sum::<f64>() / n
    });
    let both = item_means.number().zip(noise);
    Ok(ItemsAndRuns {
        mean: origin + mean,
        item_means,
        within,
        items_raw: both.map_or(Figure::NotIdentifiable, |(items, noise)| Figure::from(items - noise)),
        se: item_means.number().map_or(Figure::NotIdentifiable, |items| Figure::from((items / n).sqrt())),
        run_share: both.map_or(Figure::NotIdentifiable, |(items, noise)| Figure::ratio(noise, items)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_data_do_not_determine_is_not_identifiable() {
        let alone = one_way_reml(&[1.0, 2.0], &[0, 0]).expect("values");
        assert_eq!((alone.between, alone.within), (Figure::NotIdentifiable, Figure::Number(0.5)));
        let singles = one_way_reml(&[1.0, 2.0], &[0, 1]).expect("values");
        assert_eq!((singles.between, singles.within), (Figure::NotIdentifiable, Figure::NotIdentifiable));
        assert!(one_way_reml(&[], &[]).is_err());
        assert!(one_way_reml(&[f64::NAN], &[0]).is_err());
        assert!(one_way_reml(&[1.0], &[]).is_err());
    }

    #[test]
    fn negative_anova_is_kept_beside_zero() {
        let found = one_way_reml(&[0.0, 1.0, 1.0, 0.0, 0.0, 1.0], &[0, 0, 1, 1, 2, 2]).expect("values");
        assert_eq!(found.between, Figure::Number(0.0));
        assert!(found.between_raw.number().is_some_and(|raw| (raw + 0.25).abs() < 1e-12));
    }

    #[test]
    fn groups_without_spread_differ_entirely_or_not_at_all() {
        let apart = one_way_reml(&[0.1, 0.1, 0.1, 0.7, 0.7], &[0, 0, 0, 1, 1]).expect("values");
        assert_eq!((apart.within, apart.icc), (Figure::Number(0.0), Figure::Number(1.0)));
        assert!((apart.mean - 0.4).abs() < 1e-12, "groups weigh alike");
        assert_eq!(one_way_reml(&[0.1; 5], &[0, 0, 0, 1, 1]).expect("values").icc, Figure::Undefined);
    }

    #[test]
    fn one_run_an_item_cannot_be_split() {
        let found = items_and_runs(&[vec![1.0], vec![0.0]]).expect("items");
        assert_eq!((found.within, found.run_share), (Figure::NotIdentifiable, Figure::NotIdentifiable));
        assert!((found.se.number().expect("two items") - 0.5).abs() < 1e-12);
        assert_eq!(items_and_runs(&[vec![1.0, 0.0]]).expect("an item").se, Figure::NotIdentifiable);
        assert_eq!(items_and_runs(&[vec![1.0; 2], vec![1.0; 2]]).expect("items").run_share, Figure::Undefined);
        assert!(items_and_runs(&[vec![]]).is_err());
    }
}
