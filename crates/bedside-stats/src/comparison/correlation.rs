//! Do two measures of the same systems or items agree in order?

use super::several::mean_ranks;
use super::student::differences;
use crate::quantile::normal_upper;
use crate::{Figure, Level, StatsError};

/// Three correlations of the same pairs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Correlations {
    /// Pearson's r; undefined when one side is constant.
    pub pearson: Figure,
    /// Fisher's interval for it; `None` below four pairs or at r = ±1, where it would have no width.
    pub pearson_interval: Option<[f64; 2]>,
    /// Spearman's rho: Pearson's r of the mean ranks.
    pub spearman: Figure,
    /// Kendall's tau-b.
    pub kendall_tau_b: Figure,
}

/// Pearson's, Spearman's and Kendall's correlation.
///
/// *Estimates* how far two measures move together over pairs like these.
///
/// *Assumes* independent pairs; Fisher's interval a bivariate normal law as well.
///
/// *Misleads* over few systems (with ten, r = 0.6 is compatible with 0), and over a frontier where all are alike: a correlation
/// that holds over the full range may vanish there. A high correlation is no agreement: one side may always be ten points higher.
///
/// *Formula* tau-b `(C - D)/√((C + D + T_x)(C + D + T_y))`, with pairs tied on one side only; interval
/// `tanh(atanh r ± z/√(n - 3))`.
///
/// *Reference* Fisher, Metron 1921; 1: 3-32. Kendall, Biometrika 1945; 33: 239-251. By hand, 1 2 3 4 against 1 3 2 4: five of six
/// pairs in order, Σd² = 2.
///
/// ```
/// use bedside_stats::{Figure, Level, comparison::correlation::correlations};
/// let found = correlations(&[1.0, 2.0, 3.0, 4.0], &[1.0, 3.0, 2.0, 4.0], Level::NINETY_FIVE)?;
/// assert!((found.kendall_tau_b.number().expect("they vary") - 4.0 / 6.0).abs() < 1e-12);
/// assert!((found.spearman.number().expect("they vary") - 0.8).abs() < 1e-12);
/// assert_eq!(correlations(&[1.0, 1.0], &[1.0, 3.0], Level::NINETY_FIVE)?.pearson, Figure::Undefined);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn correlations(x: &[f64], y: &[f64], level: Level) -> Result<Correlations, StatsError> {
    differences(x, y)?;
    let pearson = pearson(x, y);
    let n = x.len() as f64;
    let pearson_interval = pearson.number().filter(|r| n > 3.0 && r.abs() < 1.0 - 1e-12).map(|r| {
        let half = normal_upper(level.tail()) / (n - 3.0).sqrt();
        [(r.atanh() - half).tanh(), (r.atanh() + half).tanh()]
    });
    let spearman = self::pearson(&mean_ranks(x).0, &mean_ranks(y).0);
    Ok(Correlations { pearson, pearson_interval, spearman, kendall_tau_b: kendall(x, y) })
}

fn pearson(x: &[f64], y: &[f64]) -> Figure {
    let constant = |values: &[f64]| values.windows(2).all(|pair| pair[0].total_cmp(&pair[1]).is_eq());
    if constant(x) || constant(y) {
        return Figure::Undefined;
    }
    let n = x.len() as f64;
    let (mean_x, mean_y) = (x.iter().sum::<f64>() / n, y.iter().sum::<f64>() / n);
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (x, y) in x.iter().zip(y) {
        let (x, y) = (x - mean_x, y - mean_y);
        xx += x * x;
        yy += y * y;
        xy += x * y;
    }
    match Figure::from(xy / (xx.sqrt() * yy.sqrt())) {
        Figure::Number(r) => Figure::Number(r.clamp(-1.0, 1.0)),
        other => other,
    }
}

fn kendall(x: &[f64], y: &[f64]) -> Figure {
    let (mut score, mut untied_x, mut untied_y) = (0_i64, 0_u64, 0_u64);
    let sign = |difference: f64| i64::from(difference > 0.0) - i64::from(difference < 0.0);
    for i in 0..x.len() {
        for j in 0..i {
            let (of_x, of_y) = (sign(x[i] - x[j]), sign(y[i] - y[j]));
            score += of_x * of_y;
            untied_x += u64::from(of_x != 0);
            untied_y += u64::from(of_y != 0);
        }
    }
    Figure::ratio(score as f64, (untied_x as f64).sqrt() * (untied_y as f64).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn perfect_order_claims_no_perfect_interval() {
        let x = [1.0, 2.0, 3.0, 4.0, 5.0];
        let found = correlations(&x, &x.map(|x| 2.0 * x), Level::NINETY_FIVE).expect("pairs");
        assert_eq!(found.pearson_interval, None);
        assert!((found.kendall_tau_b.number().expect("they vary") - 1.0).abs() < 1e-12);
    }

    #[test]
    fn constants_and_single_pairs_have_none() {
        for (x, y) in [(vec![1.0; 4], vec![1.0, 2.0, 3.0, 4.0]), (vec![1.0], vec![2.0])] {
            let found = correlations(&x, &y, Level::NINETY_FIVE).expect("pairs");
            assert_eq!(
                (found.pearson, found.spearman, found.kendall_tau_b),
                (Figure::Undefined, Figure::Undefined, Figure::Undefined)
            );
        }
        assert!(correlations(&[], &[], Level::NINETY_FIVE).is_err());
    }
}
