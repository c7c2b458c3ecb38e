//! How a mean paired difference varies between clusters: the arithmetic behind [`super::difference::Difference`].

use super::tails::student_beyond;
use crate::effective::design_effect;
use crate::interval::clopper_pearson;
use crate::quantile::{beta_share, student_upper};
use crate::{Interval, Level, Method, Scale01, StatsError};

/// Below six clusters no arrangement of their signs is rarer than 5 % (2 of 2^5), so nothing can be called different; by
/// simulation Student's t with five would call it in 8 % of worlds without a difference.
pub const FEW_CLUSTERS: usize = 6;

/// With this many whole clusters' worth of discordance, how it clumps is left to the data: the rule of three, as in
/// [`crate::effective::korn_graubard`].
const CLUSTERS_OF_DISCORDANCE: f64 = 3.0;

/// Square of the step of imaginary items for claims of equivalence: without any discordance in n independent items the one-sided
/// 95 % bound is then `1.645·√(2·5/3)/n`, the 3/n of the rule of three. With a step of 1 it would be 2.3/n.
const CAUTIOUS_STEP_SQUARED: f64 = 5.0 / 3.0;

/// How the mean difference varies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Law {
    /// Student's t about a centre; `cautious_se` for claims of equivalence.
    Student { centre: f64, se: f64, cautious_se: f64, freedom: f64 },
    /// `(1 + d)/2` as a share of so many yes/no cases.
    Few { cases: f64 },
    /// One cluster: anything.
    One,
}

impl Law {
    pub(super) fn new(clusters: &[Vec<f64>], scale: Scale01) -> Self {
        let sums = Sums::new(clusters);
        if clusters.len() == 1 {
            Self::One
        } else if clusters.len() < FEW_CLUSTERS {
            Self::Few { cases: sums.equivalent }
        } else {
            sums.student(clusters, scale)
        }
    }

    pub(super) fn method(self) -> Method {
        match self {
            Self::Student { .. } => Method::named("paired_smoothed_cluster_t"),
            Self::Few { .. } => Method::FEW_CLUSTERS,
            Self::One => Method::ONE_CLUSTER,
        }
    }

    pub(super) fn interval(self, value: f64, level: Level) -> Result<Interval, StatsError> {
        match self {
            Self::Student { centre, se, freedom, .. } => {
                let half = student_upper(freedom, level.tail()) * se;
                Interval::new((centre - half).max(-1.0).min(value), (centre + half).min(1.0).max(value), level)
            }
            Self::Few { cases } => {
                let share = clopper_pearson(events(value, cases), cases, level)?;
                Interval::new((2.0 * share.lower() - 1.0).min(value), (2.0 * share.upper() - 1.0).max(value), level)
            }
            Self::One => Interval::new(-1.0, 1.0, level),
        }
    }

    /// The same with more cautious imaginary items.
    pub(super) fn cautious(self) -> Self {
        match self {
            Self::Student { centre, cautious_se, freedom, .. } => {
                Self::Student { centre, se: cautious_se, cautious_se, freedom }
            }
            other => other,
        }
    }

    pub(super) fn p(self, value: f64) -> f64 {
        match self {
            Self::Student { centre, se, freedom, .. } => student_beyond(centre / se, freedom),
            Self::Few { cases } => {
                // By symmetry the case in which A is ahead: the lower end passes 1/2 at this tail.
                let x = events(value.abs(), cases);
                (2.0 * beta_share(x, cases - x + 1.0, 0.5)).min(1.0)
            }
            Self::One => 1.0,
        }
    }
}

/// Yes cases among `cases`, were the mean difference a share.
fn events(value: f64, cases: f64) -> f64 {
    (f64::midpoint(1.0, value) * cases).clamp(0.0, cases)
}

/// What the clusters add up to.
struct Sums {
    items: f64,
    /// `n² / Σ n_c²`: clusters of one size worth as much.
    equivalent: f64,
}

impl Sums {
    fn new(clusters: &[Vec<f64>]) -> Self {
        let sizes = || clusters.iter().map(|cluster| cluster.len() as f64);
        let items: f64 = sizes().sum();
        Self { items, equivalent: items * items / sizes().map(|size| size * size).sum::<f64>() }
    }

    fn student(&self, clusters: &[Vec<f64>], scale: Scale01) -> Law {
        let n = self.items;
        let all = || clusters.iter().flatten();
        let mean = all().sum::<f64>() / n;
        let discordance = all().map(|d| d.abs()).sum::<f64>() / n;
        let evidence = self.equivalent * discordance.min(1.0 - mean.abs());
        let clumping = (1.0 - evidence / CLUSTERS_OF_DISCORDANCE).max(0.0).powi(2);
        let alike = correlation(clusters, n, mean).max(clumping);
        let imagined = design_effect(n / self.equivalent, alike);
        let step_squared = match scale {
            Scale01::Binary => 1.0,
            Scale01::Continuous | Scale01::Loss | Scale01::HalvedDifference => {
                let differing = all().filter(|d| d.abs() > f64::EPSILON).count() as f64;
                (all().map(|d| d * d).sum::<f64>() + 1.0) / (differing + 1.0)
            }
        };
        let total = n + 2.0 * imagined;
        let centre = mean * n / total;
        let real: f64 = clusters
            .iter()
            .map(|cluster| {
                let size = cluster.len() as f64;
                (cluster.iter().sum::<f64>() - centre * size).powi(2) / (1.0 - size / total)
            })
            .sum();
        let (freedom, correction) = freedom(clusters, n, alike);
        let se = |step_squared: f64| {
            // (v - d)² + (-v - d)² = 2 (v² + d²)
            let added = 2.0 * imagined * imagined * (step_squared + centre * centre) / (1.0 - imagined / total);
            ((real + added) * correction).sqrt() / total
        };
        Law::Student { centre, se: se(step_squared), cautious_se: se(CAUTIOUS_STEP_SQUARED), freedom }
    }
}

/// Intraclass correlation of the differences by one-way analysis of variance, within [0, 1]; 1 where nothing varies.
fn correlation(clusters: &[Vec<f64>], n: f64, mean: f64) -> f64 {
    let groups = clusters.len() as f64;
    if n <= groups {
        return 0.0;
    }
    let (mut between, mut within, mut squares) = (0.0, 0.0, 0.0);
    for cluster in clusters {
        let size = cluster.len() as f64;
        let own = cluster.iter().sum::<f64>() / size;
        between += size * (own - mean).powi(2);
        within += cluster.iter().map(|d| (d - own).powi(2)).sum::<f64>();
        squares += size * size;
    }
    let typical = (n - squares / n) / (groups - 1.0);
    let (between, within) = (between / (groups - 1.0), within / (n - groups));
    let whole = between + (typical - 1.0) * within;
    if whole <= f64::EPSILON { 1.0 } else { ((between - within) / whole).clamp(0.0, 1.0) }
}

/// Degrees of freedom of the cluster-robust variance, and the factor that removes its bias (never below 1), when items within a
/// cluster have this correlation: Satterthwaite's moments of `Σ e_c² / (1 - w_c)`, multiplied out so that one pass suffices.
fn freedom(clusters: &[Vec<f64>], n: f64, correlation: f64) -> (f64, f64) {
    let first = clusters.first().map_or(0, Vec::len);
    if clusters.iter().all(|cluster| cluster.len() == first) {
        return (clusters.len() as f64 - 1.0, 1.0);
    }
    let variance = |size: f64| size * (1.0 + (size - 1.0) * correlation);
    let whole: f64 = clusters.iter().map(|cluster| variance(cluster.len() as f64)).sum();
    let (mut expected, mut own, mut vv, mut vw, mut ww) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for cluster in clusters {
        let size = cluster.len() as f64;
        let (share, v) = (size / n, variance(size));
        let weight = 1.0 / (1.0 - share);
        // The covariance of residuals c and k is v_c·[c = k] + off(c, k); this is off(c, c).
        let off = share * share * whole - 2.0 * share * v;
        expected += weight * (v + off);
        own += weight * weight * ((v + off).powi(2) - off * off);
        vv += weight * v * v;
        vw += weight * v * share;
        ww += weight * share * share;
    }
    let squares = own + 2.0 * vv * ww + 2.0 * vw * vw - 4.0 * whole * vw * ww + whole * whole * ww * ww;
    ((expected * expected / squares).max(1.0), (whole / expected).max(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// numpy 2.4: moments of the quadratic form with the full covariance matrix of residuals.
    #[test]
    fn freedom_of_unequal_clusters_agrees_with_the_full_matrix() {
        let clusters: Vec<Vec<f64>> = [1, 2, 3, 4, 10].iter().map(|&size| vec![0.0; size]).collect();
        for (correlation, freedom_by_matrix, factor) in FULL_MATRIX {
            let (found, correction) = freedom(&clusters, 20.0, correlation);
            assert!((found - freedom_by_matrix).abs() < 1e-10, "{correlation}: {found}");
            assert!((correction - factor).abs() < 1e-10, "{correlation}: {correction}");
        }
    }
    const FULL_MATRIX: [(f64, f64, f64); 3] = [
        (0.0, 2.380_835_380_835_381, 1.0),
        (0.3, 1.794_131_985_827_529, 1.199_292_432_176_821_7),
        (1.0, 1.572_421_867_601_431, 1.291_701_914_942_705_6),
    ];
}
