//! The standard error of an estimate from what each item adds to its error, summed within the outermost clusters.

use crate::interval::clopper_pearson;
use crate::quantile::{normal_upper, student_upper};
use crate::{Interval, Level, StatsError};

/// Standard errors below this are the rounding of sums that should be zero.
const NO_SPREAD: f64 = 1e-12;

/// What each cluster adds to the error of an estimate: the sum of its items' influences, each already divided by the number
/// of items it was averaged with.
///
/// An influence function turns any smooth estimate (a ratio, an area under a curve, a regression) into a sum over items; the
/// variance between clusters of that sum is the variance of the estimate.
#[derive(Debug, Clone)]
pub(crate) struct Influence {
    sums: Vec<f64>,
}

impl Influence {
    /// Sums influences within clusters.
    pub fn new(parts: impl IntoIterator<Item = (u32, f64)>) -> Self {
        let mut parts: Vec<(u32, f64)> = parts.into_iter().collect();
        // Stable, and fast on what is nearly sorted already: items mostly come cluster by cluster.
        parts.sort_by_key(|(cluster, _)| *cluster);
        let sums = parts.chunk_by(|a, b| a.0 == b.0).map(|of_one| of_one.iter().map(|(_, part)| part).sum()).collect();
        Self { sums }
    }

    /// Number of clusters.
    pub fn clusters(&self) -> usize {
        self.sums.len()
    }

    /// `√Σ ψ_c²`.
    pub fn root_sum_of_squares(&self) -> f64 {
        self.sums.iter().map(|sum| sum * sum).sum::<f64>().sqrt()
    }

    /// `√(G/(G-1) Σ ψ_c²)`; none with one cluster.
    pub fn se(&self) -> Option<f64> {
        let g = self.sums.len() as f64;
        (g > 1.0).then(|| (g / (g - 1.0)).sqrt() * self.root_sum_of_squares())
    }
}

/// Interval on [0, 1] from a standard error: exact on the number of yes/no cases that would be as precise, as
/// [`crate::continuous::effective_beta`]; on `least` cases when there is no spread to go by.
pub(crate) fn unit_interval(
    value: f64,
    se: f64,
    freedom: f64,
    least: f64,
    level: Level,
) -> Result<Interval, StatsError> {
    let spread = value * (1.0 - value);
    let n = if se > NO_SPREAD && spread > NO_SPREAD {
        let t_ratio = normal_upper(level.tail()) / student_upper(freedom.max(1.0), level.tail());
        spread / (se * se) * t_ratio.powi(2)
    } else {
        least
    };
    // Less than a millionth of a case is all of [0, 1] already, and the Beta quantile needs some.
    let n = n.max(1e-6);
    clopper_pearson((value * n).clamp(0.0, n), n, level)
}

/// `value ± t · se`.
pub(crate) fn student_interval(value: f64, se: f64, freedom: f64, level: Level) -> Result<Interval, StatsError> {
    let half = student_upper(freedom.max(1.0), level.tail()) * se;
    Interval::new(value - half, value + half, level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_influence_of_a_mean_gives_its_standard_error() {
        let scores = [1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 0.0, 1.0_f64];
        let influence = Influence::new((0..).zip(scores.map(|y| (y - 0.7) / 10.0)));
        assert!((influence.se().expect("ten clusters") - 0.152_752_523_165_194_64).abs() < 1e-12);
        let one = Influence::new(scores.map(|y| (3, y - 0.7)));
        assert_eq!((one.clusters(), one.se()), (1, None));
    }

    #[test]
    fn no_spread_is_no_certainty() {
        for value in [0.0, 0.4, 1.0] {
            let interval = unit_interval(value, 0.0, 9.0, 10.0, Level::NINETY_FIVE).expect("a share");
            assert!(interval.width() > 0.25 && interval.contains(value), "{interval}");
        }
    }
}
