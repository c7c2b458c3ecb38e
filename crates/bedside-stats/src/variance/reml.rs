//! Variance components of crossed random factors, unbalanced, by restricted maximum likelihood.

use super::simplex::lowest;
use crate::StatsError;
use nalgebra::{DMatrix, DVector};

/// Levels of all factors together: the matrix of that size is decomposed some hundred times.
const LEVELS: usize = 800;
/// Components whose removal costs less than this in deviance are 0: the search does not come closer to the boundary.
const AT_ZERO: f64 = 1e-8;

/// A random factor: its name, and its level at each observation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Factor {
    /// The name, for reports.
    pub name: String,
    /// One level an observation; any numbers will do as labels.
    pub level: Vec<usize>,
}

/// A fitted model with crossed random factors.
#[derive(Debug, Clone, PartialEq)]
pub struct Crossed {
    /// Variance of each factor, in the order given.
    pub components: Vec<f64>,
    /// Variance of what no factor explains.
    pub residual: f64,
    /// Generalised least-squares mean.
    pub mean: f64,
    /// Its standard error, taking the components as known.
    pub se_mean: f64,
    /// -2 times the restricted log-likelihood.
    pub deviance: f64,
}

/// Variance components of crossed random factors by restricted maximum likelihood.
///
/// *Estimates* how much each factor (item, rater, prompt) adds to the variance of a value, and the mean over their levels.
///
/// *Assumes* levels of every factor drawn independently; effects add up; normal effects of one variance. Interactions are
/// factors of their own, if there is replication.
///
/// *Misleads* with few levels of a factor, and with yes/no values near 0 or 1. Components cannot come out negative here: a 0
/// may stand for one that ANOVA would show below 0. Up to 800 levels in all; larger tables go through
/// [`crate::variance::shares`].
///
/// *Formula* minimises `ln|I + ΛZ'ZΛ| + ln(1'V⁻¹1) + (n - 1)(1 + ln(2π r²/(n - 1)))` over relative standard deviations `Λ`,
/// `r²` the generalised residual sum of squares.
///
/// *Reference* Bates et al., J Stat Softw 2015; 67(1). For a balanced table with positive components REML is ANOVA:
///
/// ```
/// use bedside_stats::variance::reml::{Factor, crossed_reml};
/// // Six targets by four judges: Shrout and Fleiss, Psychol Bull 1979; 86: 420-428.
/// let scores = [9., 2., 5., 8., 6., 1., 3., 2., 8., 4., 6., 8., 7., 1., 2., 6., 10., 5., 6., 9., 6., 2., 4., 7.];
/// let target = Factor { name: "target".into(), level: (0..24).map(|at| at / 4).collect() };
/// let judge = Factor { name: "judge".into(), level: (0..24).map(|at| at % 4).collect() };
/// let found = crossed_reml(&scores, &[target, judge])?;
/// assert!((found.components[0] - 2.5556).abs() < 1e-3 && (found.components[1] - 5.2444).abs() < 1e-3);
/// assert!((found.residual - 1.0194).abs() < 1e-4);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn crossed_reml(values: &[f64], factors: &[Factor]) -> Result<Crossed, StatsError> {
    let model = Model::new(values, factors)?;
    let start = vec![1.0; factors.len()];
    let mut ratios = lowest(|ratios| model.at(ratios).map_or(f64::INFINITY, |fit| fit.deviance), &start)
        .ok_or(StatsError::NotConverged { method: "crossed_reml", steps: super::simplex::STEPS })?;
    let broken = || StatsError::Input { why: "no residual is left: the factors explain every value exactly".into() };
    let mut fit = model.at(&ratios).ok_or_else(broken)?;
    for at in 0..ratios.len() {
        let mut without = ratios.clone();
        without[at] = 0.0;
        if let Some(smaller) = model.at(&without).filter(|smaller| smaller.deviance < fit.deviance + AT_ZERO) {
            (ratios, fit) = (without, smaller);
        }
    }
    fit.components = ratios.iter().map(|ratio| ratio * ratio * fit.residual).collect();
    fit.mean += model.centre;
    Ok(fit)
}

/// Cross-products of the indicator matrix, the values and 1.
struct Model {
    n: f64,
    centre: f64,
    sum: f64,
    squares: f64,
    /// Which factor each column belongs to.
    factor: Vec<usize>,
    crossproduct: DMatrix<f64>,
    by_values: DVector<f64>,
    by_one: DVector<f64>,
}

impl Model {
    fn new(values: &[f64], factors: &[Factor]) -> Result<Self, StatsError> {
        if values.is_empty() {
            return Err(StatsError::Empty);
        }
        if let Some(value) = values.iter().find(|value| !value.is_finite()) {
            return Err(StatsError::Input { why: format!("y holds {value}") });
        }
        let mut partitions: Vec<(&str, Vec<usize>)> = vec![("the residual", (0..values.len()).collect())];
        for Factor { name, level } in factors {
            if level.len() != values.len() {
                let why = format!("{} values y and {} levels of {name}", values.len(), level.len());
                return Err(StatsError::Input { why });
            }
            let level = numbered(level);
            if level.iter().all(|&at| at == 0) {
                let why = format!("{name} has one level: its variance is not identifiable");
                return Err(StatsError::Input { why });
            }
            if let Some((other, _)) = partitions.iter().find(|(_, taken)| *taken == level) {
                let why = format!("{name} cannot be told apart from {other}: they change together");
                return Err(StatsError::Input { why });
            }
            partitions.push((name, level));
        }
        let partitions: Vec<Vec<usize>> = partitions.into_iter().skip(1).map(|(_, level)| level).collect();
        let sizes: Vec<usize> = partitions.iter().map(|level| level.iter().max().map_or(0, |most| most + 1)).collect();
        let columns: usize = sizes.iter().sum();
        if columns > LEVELS {
            let why = format!("{columns} levels in all; at most {LEVELS} fit");
            return Err(StatsError::Input { why });
        }
        let centre = values.iter().sum::<f64>() / values.len() as f64;
        let mut model = Self {
            n: values.len() as f64,
            centre,
            sum: 0.0,
            squares: 0.0,
            factor: sizes.iter().enumerate().flat_map(|(at, &size)| std::iter::repeat_n(at, size)).collect(),
            crossproduct: DMatrix::zeros(columns, columns),
            by_values: DVector::zeros(columns),
            by_one: DVector::zeros(columns),
        };
        for (at, value) in values.iter().enumerate() {
            let value = value - centre;
            model.sum += value;
            model.squares += value * value;
            let mut from = 0;
            let mut places = Vec::with_capacity(partitions.len());
            for (level, size) in partitions.iter().zip(&sizes) {
                places.push(from + level[at]);
                from += size;
            }
            for &place in &places {
                model.by_values[place] += value;
                model.by_one[place] += 1.0;
                for &other in &places {
                    model.crossproduct[(place, other)] += 1.0;
                }
            }
        }
        Ok(model)
    }

    /// The fit at these ratios of standard deviations to the residual one; `None` if nothing is left over.
    fn at(&self, ratios: &[f64]) -> Option<Crossed> {
        let scale = DVector::from_iterator(self.factor.len(), self.factor.iter().map(|&factor| ratios[factor].abs()));
        let mut matrix = self.crossproduct.clone();
        for (at, mut column) in matrix.column_iter_mut().enumerate() {
            column.component_mul_assign(&scale);
            column *= scale[at];
            column[at] += 1.0;
        }
        let lower = matrix.cholesky()?.unpack();
        let values = lower.solve_lower_triangular(&self.by_values.component_mul(&scale))?;
        let one = lower.solve_lower_triangular(&self.by_one.component_mul(&scale))?;
        let weight = self.n - one.norm_squared();
        let mean = (self.sum - values.dot(&one)) / weight;
        let left = self.squares - values.norm_squared() - mean * mean * weight;
        if !(weight > 0.0 && left > self.squares * 1e-13) {
            return None;
        }
        let residual = left / (self.n - 1.0);
        let determinant = 2.0 * lower.diagonal().iter().map(|pivot| pivot.ln()).sum::<f64>();
        let deviance = determinant + weight.ln() + (self.n - 1.0) * (1.0 + (std::f64::consts::TAU * residual).ln());
        Some(Crossed { components: Vec::new(), residual, mean, se_mean: (residual / weight).sqrt(), deviance })
    }
}

/// Labels as 0, 1, … in the order in which they first appear.
pub(super) fn numbered<L: Ord + Clone>(labels: &[L]) -> Vec<usize> {
    let mut seen = std::collections::BTreeMap::new();
    labels
        .iter()
        .map(|label| {
            let next = seen.len();
            *seen.entry(label.clone()).or_insert(next)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn factor(name: &str, level: &[usize]) -> Factor {
        Factor { name: name.into(), level: level.to_vec() }
    }

    #[test]
    fn factors_that_cannot_be_told_apart_are_named() {
        let y = [1.0, 2.0, 4.0, 3.0];
        let message = |factors: &[Factor]| crossed_reml(&y, factors).expect_err("not identifiable").to_string();
        assert!(message(&[factor("prompt", &[7, 7, 7, 7])]).contains("prompt has one level"));
        assert!(message(&[factor("item", &[0, 1, 2, 3])]).contains("told apart from the residual"));
        let (one, other) = (factor("prompt", &[0, 0, 1, 1]), factor("judge", &[5, 5, 2, 2]));
        assert!(message(&[one, other]).contains("judge cannot be told apart from prompt"));
    }

    #[test]
    fn a_factor_that_does_nothing_has_no_variance() {
        let y = [1.0, 2.0, 2.0, 1.0, 1.0, 2.0, 2.0, 1.0];
        let found = crossed_reml(&y, &[factor("group", &[0, 0, 1, 1, 2, 2, 3, 3])]).expect("a fit");
        assert!(found.components[0].abs() < f64::MIN_POSITIVE, "{found:?}");
        assert!((found.residual - 2.0 / 7.0).abs() < 1e-9);
    }

    #[test]
    fn one_factor_agrees_with_the_one_way_fit() {
        let y = [3.1, 2.9, 3.4, 4.0, 4.4, 2.0, 2.2, 2.5, 2.1, 3.8];
        let group = [0, 0, 0, 1, 1, 2, 2, 2, 2, 3];
        let crossed = crossed_reml(&y, &[factor("group", &group)]).expect("a fit");
        let one_way = crate::variance::one_way::one_way_reml(&y, &group).expect("a fit");
        assert!((crossed.components[0] - one_way.between.number().expect("groups differ")).abs() < 1e-6);
        assert!((crossed.mean - one_way.mean).abs() < 1e-7);
    }
}
