//! Many tests at once: p values adjusted so that the whole family keeps its error.

use crate::StatsError;
use serde::Deserialize;

/// How p values are adjusted.
///
/// *Estimates* for each test the smallest error rate of the whole family at which it would be rejected.
///
/// *Assumes* valid p values; what each method assumes beyond that stands with it.
///
/// *Misleads* when the family leaves out the tests that were tried and not reported.
///
/// *Formula* on the sorted p values `p_1 ≤ … ≤ p_m`, made monotone, at most 1: Bonferroni `m·p_i`; Holm `(m - i + 1)·p_i`; Šidák
/// `1 - (1 - p_i)^m`; Benjamini-Hochberg `m·p_i / i`; Benjamini-Yekutieli that times
/// `Σ_{j ≤ m} 1/j`.
///
/// *Reference* Holm, Scand J Stat 1979; 6: 65-70. Šidák, J Am Stat Assoc 1967; 62: 626-633. Benjamini and Hochberg, J
/// R Stat Soc B 1995; 57: 289-300, whose example rejects four hypotheses where Bonferroni rejects three:
///
/// ```
/// use bedside_stats::comparison::multiplicity::{Adjustment, adjust};
/// let p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0];
/// let rejected = |how| adjust(&p, how).map(|adjusted| adjusted.iter().filter(|p| **p <= 0.05).count());
/// assert_eq!(rejected(Adjustment::BenjaminiHochberg)?, 4);
/// assert_eq!(rejected(Adjustment::Bonferroni)?, 3);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Adjustment {
    /// Family-wise error under any dependence; its intervals are simultaneous.
    Bonferroni,
    /// Family-wise error under any dependence; never worse than Bonferroni. Ours for naming slices.
    Holm,
    /// Family-wise error for independent or positively dependent tests.
    Sidak,
    /// False discovery rate for independent or positively dependent tests.
    BenjaminiHochberg,
    /// False discovery rate under any dependence.
    BenjaminiYekutieli,
}

/// Adjusted p values, in the order given.
pub fn adjust(p: &[f64], how: Adjustment) -> Result<Vec<f64>, StatsError> {
    if let Some(wrong) = p.iter().find(|p| !(0.0..=1.0).contains(*p)) {
        return Err(StatsError::Input { why: format!("{wrong} is no p value") });
    }
    let m = p.len() as f64;
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&i, &j| p[i].total_cmp(&p[j]));
    let harmonic: f64 = (1..=p.len()).map(|j| 1.0 / j as f64).sum();
    let adjusted = |rank: usize, p: f64| {
        let (i, left) = (rank as f64 + 1.0, m - rank as f64);
        match how {
            Adjustment::Bonferroni => m * p,
            Adjustment::Holm => left * p,
            // 1 - (1 - p)^m, without losing small p.
            Adjustment::Sidak => -(m * (-p).ln_1p()).exp_m1(),
            Adjustment::BenjaminiHochberg => m * p / i,
            Adjustment::BenjaminiYekutieli => harmonic * m * p / i,
        }
    };
    let mut result = vec![0.0; p.len()];
    match how {
        Adjustment::Bonferroni | Adjustment::Holm | Adjustment::Sidak => {
            let mut largest = 0.0_f64;
            for (rank, &at) in order.iter().enumerate() {
                largest = largest.max(adjusted(rank, p[at])).min(1.0);
                result[at] = largest;
            }
        }
        Adjustment::BenjaminiHochberg | Adjustment::BenjaminiYekutieli => {
            let mut smallest = 1.0_f64;
            for (rank, &at) in order.iter().enumerate().rev() {
                smallest = smallest.min(adjusted(rank, p[at]));
                result[at] = smallest;
            }
        }
    }
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_test_is_left_alone_and_none_gives_none() {
        for how in [Adjustment::Bonferroni, Adjustment::Holm, Adjustment::Sidak, Adjustment::BenjaminiYekutieli] {
            assert!((adjust(&[0.03], how).expect("p")[0] - 0.03).abs() < 1e-15);
            assert_eq!(adjust(&[], how), Ok(vec![]));
        }
    }

    #[test]
    fn order_is_kept_and_nothing_shrinks() {
        let p = [0.9, 0.01, 0.04, 0.01, 1.0, 0.0];
        for how in [Adjustment::Bonferroni, Adjustment::Holm, Adjustment::Sidak, Adjustment::BenjaminiHochberg] {
            let adjusted = adjust(&p, how).expect("p");
            assert!(p.iter().zip(&adjusted).all(|(p, a)| a >= p && *a <= 1.0), "{how:?}: {adjusted:?}");
            assert!((adjusted[1] - adjusted[3]).abs() < 1e-15, "ties stay ties");
        }
    }

    #[test]
    fn what_is_no_p_value_is_refused() {
        for wrong in [f64::NAN, -0.1, 1.1] {
            assert!(adjust(&[0.5, wrong], Adjustment::Holm).is_err());
        }
    }
}
