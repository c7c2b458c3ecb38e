//! Paired t statistics as others print them, for checking their tables.
//!
//! For our own reports use [`super::difference::Difference`]: Student's t on few yes/no differences is too sure of itself.

use super::tails::{student_above, student_beyond};
use crate::{Figure, StatsError};
use std::collections::BTreeMap;

/// Mean difference of paired scores with its classical standard errors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairedScores {
    /// Mean of A minus B.
    pub difference: f64,
    /// Standard error over pairs, `s_d/√n`; undefined for one pair.
    pub se_paired: Figure,
    /// Standard error had the pairing been ignored.
    pub se_unpaired: Figure,
    /// Cluster-robust standard error without small-sample correction.
    pub se_clustered_cr0: f64,
    /// Pearson's correlation of A and B: what pairing gains.
    pub correlation: Figure,
    /// `difference / se_paired`; undefined when all differences are the same.
    pub t: Figure,
    /// Two-sided p value of `t` with n - 1 degrees of freedom.
    pub p: Figure,
}

/// Mean difference of paired scores.
///
/// *Estimates* the mean over items like these of A minus B.
///
/// *Assumes* items (for CR0: clusters) are independent and enough for a normal mean.
///
/// *Misleads* with few items, rare discordance, or clusters: see [`super::difference::Difference`]. Differences that are all the
/// same have standard error 0; `t` is then undefined, for no certainty follows from it.
///
/// *Formula* `s_d/√n`; `√(s_a²/n + s_b²/n)`; CR0 `√Σ_c (Σ_{i in c} (d_i - d))² / n`.
///
/// *Reference* Miller 2024, arXiv 2411.00640. Student, Biometrika 1908; 6: 1-25, the gain in sleep of ten patients under two drugs,
/// t = 4.06:
///
/// ```
/// use bedside_stats::comparison::student::paired_scores;
/// let dextro = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
/// let laevo = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
/// let found = paired_scores(&laevo, &dextro, None)?;
/// assert!((found.difference - 1.58).abs() < 1e-12);
/// assert!((found.t.number().expect("they vary") - 4.0621).abs() < 1e-4);
/// assert!((found.p.number().expect("they vary") - 0.002_833).abs() < 1e-6);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn paired_scores(a: &[f64], b: &[f64], clusters: Option<&[i64]>) -> Result<PairedScores, StatsError> {
    let differences = differences(a, b)?;
    let n = differences.len() as f64;
    let moments = Moments::new(&differences);
    let mut sums: BTreeMap<i64, f64> = BTreeMap::new();
    if let Some(clusters) = clusters
        && clusters.len() != differences.len()
    {
        return Err(StatsError::Input { why: format!("{} clusters for {} pairs", clusters.len(), differences.len()) });
    }
    for (at, d) in differences.iter().enumerate() {
        let cluster = clusters.map_or_else(|| i64::try_from(at).unwrap_or(i64::MAX), |clusters| clusters[at]);
        *sums.entry(cluster).or_default() += d - moments.mean;
    }
    let (of_a, of_b) = (Moments::new(a), Moments::new(b));
    let covariation: f64 = a.iter().zip(b).map(|(x, y)| (x - of_a.mean) * (y - of_b.mean)).sum();
    let t = moments.t(0.0);
    Ok(PairedScores {
        difference: moments.mean,
        se_paired: Figure::from(moments.se()),
        se_unpaired: Figure::from((of_a.se().powi(2) + of_b.se().powi(2)).sqrt()),
        se_clustered_cr0: sums.values().map(|sum| sum * sum).sum::<f64>().sqrt() / n,
        correlation: Figure::from(covariation / (of_a.squares * of_b.squares).sqrt()),
        t,
        p: t.number().map_or(Figure::Undefined, |t| Figure::from(student_beyond(t, n - 1.0))),
    })
}

/// One-sided t statistic of shard statistics against 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShardedT {
    /// The statistic; undefined when shards do not differ or there is one.
    pub t: Figure,
    /// Chance of as much or more, were the order of items exchangeable.
    pub p: Figure,
}

/// Oren's sharded test that a model has seen a data set in its published order.
///
/// *Estimates* nothing: tests that the published order of items is no more likely to the model than random ones.
///
/// *Assumes* items are exchangeable as published, and shards are independent; needs log-probabilities.
///
/// *Misleads* when items are sorted for a reason the model can see (by topic, by length), and when a high p value is read as
/// "not contaminated": copies seen once or twice stay below its power.
///
/// *Formula* t statistic of the shards' log-probability of the published order less the mean over shuffles, n - 1 degrees of
/// freedom, upper tail.
///
/// *Reference* Oren et al., ICLR 2024, arXiv 2310.17623. Shards 1, 2, 3: `2/(1/√3)`.
///
/// ```
/// let found = bedside_stats::comparison::student::sharded_permutation_t(&[1.0, 2.0, 3.0])?;
/// assert!((found.t.number().expect("they vary") - 12.0_f64.sqrt()).abs() < 1e-12);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn sharded_permutation_t(shards: &[f64]) -> Result<ShardedT, StatsError> {
    finite(shards)?;
    let moments = Moments::new(shards);
    let t = moments.t(0.0);
    let p = t.number().map_or(Figure::Undefined, |t| Figure::from(student_above(t, moments.n - 1.0)));
    Ok(ShardedT { t, p })
}

/// Mean and spread.
pub(crate) struct Moments {
    pub n: f64,
    pub mean: f64,
    squares: f64,
}

impl Moments {
    pub(crate) fn new(values: &[f64]) -> Self {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let largest = values.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
        // Rounding of equal values is no spread.
        let squares = if squares <= n * (8.0 * f64::EPSILON * largest).powi(2) { 0.0 } else { squares };
        Self { n, mean, squares }
    }

    /// Standard error; NaN for one value.
    pub(crate) fn se(&self) -> f64 {
        (self.squares / (self.n - 1.0) / self.n).sqrt()
    }

    /// `(mean - against) / se`; undefined without spread.
    pub(crate) fn t(&self, against: f64) -> Figure {
        let se = self.se();
        if se > 0.0 { Figure::from((self.mean - against) / se) } else { Figure::Undefined }
    }
}

/// A minus B; an error when they do not pair up.
pub(crate) fn differences(a: &[f64], b: &[f64]) -> Result<Vec<f64>, StatsError> {
    if a.len() != b.len() {
        return Err(StatsError::Input { why: format!("{} scores of A and {} of B do not pair up", a.len(), b.len()) });
    }
    finite(a)?;
    finite(b)?;
    Ok(a.iter().zip(b).map(|(a, b)| a - b).collect())
}

/// An error unless there are values and all are finite.
pub(crate) fn finite(values: &[f64]) -> Result<(), StatsError> {
    if values.is_empty() {
        return Err(StatsError::Empty);
    }
    match values.iter().find(|value| !value.is_finite()) {
        Some(value) => Err(StatsError::Input { why: format!("{value} is not a finite number") }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_certainty_from_equal_differences() {
        let found = paired_scores(&[0.3, 0.4, 0.5], &[0.2, 0.3, 0.4], None).expect("pairs");
        assert_eq!((found.t, found.p), (Figure::Undefined, Figure::Undefined));
        let one = paired_scores(&[0.3], &[0.2], None).expect("a pair");
        assert_eq!((one.se_paired, one.t), (Figure::Undefined, Figure::Undefined));
        assert_eq!(sharded_permutation_t(&[0.5]).expect("a shard").p, Figure::Undefined);
    }

    #[test]
    fn a_constant_system_has_no_correlation() {
        let found = paired_scores(&[1.0, 1.0, 1.0], &[0.0, 1.0, 0.0], None).expect("pairs");
        assert_eq!(found.correlation, Figure::Undefined);
    }

    #[test]
    fn what_does_not_pair_up_is_refused() {
        assert!(paired_scores(&[1.0], &[1.0, 0.0], None).is_err());
        assert!(paired_scores(&[], &[], None).is_err());
        assert!(paired_scores(&[1.0, f64::NAN], &[0.0, 0.0], None).is_err());
        assert!(paired_scores(&[1.0, 0.0], &[0.0, 0.0], Some(&[1])).is_err());
    }
}
