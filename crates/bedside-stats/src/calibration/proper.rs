//! Proper scores: what a forecaster earns who says what it believes.

use super::{Forecast, check};
use crate::{ClusterKind, Design, Estimate, Figure, Level, Observation, Scale01, StatsError};

/// Brier score: the mean squared distance of the stated probability from what happened.
///
/// *Estimates* the mean loss on cases like these; lower is better, 0 is perfect, and always saying 1/2 scores 0.25.
///
/// *Assumes* independent clusters.
///
/// *Misleads* across benchmarks: always stating the prevalence `p` scores `p(1-p)`, so rare events make everyone look good.
/// It mixes calibration with discrimination; see [`murphy`].
///
/// *Formula* mean of `(p - y)²`, in [0, 1], with the interval of any such mean ([`crate::rule`]).
///
/// *Reference* Brier, Mon Weather Rev 1950; 78: 1-3. Checked against scikit-learn 1.9.1:
///
/// ```
/// use bedside_stats::{Level, calibration::{Forecast, brier}};
/// let p = [0.9, 0.2, 0.7, 0.6, 0.4, 0.1, 0.8, 0.6, 0.55, 0.95, 0.3, 0.4];
/// let y = [1, 0, 1, 1, 0, 0, 1, 0, 1, 1, 0, 1].map(|y| y == 1);
/// let score = brier(&Forecast::independent(&p, &y)?, Level::NINETY_FIVE)?;
/// assert!((score.value() - 0.127_083_333_333).abs() < 1e-12);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn brier(forecasts: &[Forecast], level: Level) -> Result<Estimate, StatsError> {
    check(forecasts)?;
    let losses: Vec<Observation> = (0..)
        .zip(forecasts)
        .map(|(item, forecast)| Observation {
            item,
            cluster: forecast.cluster,
            epoch: 0,
            score: (forecast.probability - forecast.y()).powi(2),
        })
        .collect();
    Design { scale: Scale01::Loss, clusters: ClusterKind::Sampled("cluster".into()), level }.mean_estimate(&losses)
}

/// Logarithmic loss: minus the mean log of the probability stated for what happened.
///
/// *Estimates* the mean loss on cases like these, in nats; always saying 1/2 scores 0.693.
///
/// *Misleads* by single cases: one certain and wrong forecast makes it infinite. We say so, where other packages quietly
/// replace 0 by some smallest number, which then decides the score.
///
/// *Formula* `-(Σ y ln p + (1-y) ln(1-p)) / n`. *Reference* Good, J R Stat Soc B 1952; 14: 107-114.
///
/// ```
/// use bedside_stats::{Figure, calibration::{Forecast, log_loss}};
/// assert_eq!(log_loss(&Forecast::independent(&[1.0], &[false])?)?, Figure::Infinite);
/// let half = log_loss(&Forecast::independent(&[0.5, 0.5], &[false, true])?)?.number().expect("finite");
/// assert!((half - 2_f64.ln()).abs() < 1e-15);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn log_loss(forecasts: &[Forecast]) -> Result<Figure, StatsError> {
    check(forecasts)?;
    let sum: f64 = forecasts
        .iter()
        .map(|forecast| if forecast.event { -forecast.probability.ln() } else { -(-forecast.probability).ln_1p() })
        .sum();
    Ok(Figure::ratio(sum, forecasts.len() as f64))
}

/// Murphy's parts of the Brier score.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Murphy {
    /// The Brier score.
    pub brier: f64,
    /// How far stated probabilities lie from the rate of events where they were stated; 0 is perfect.
    pub reliability: f64,
    /// How far these rates lie from the overall one; more is better.
    pub resolution: f64,
    /// Variance of the outcome: the score of always stating the prevalence.
    pub uncertainty: f64,
    /// What grouping leaves over: `brier - (reliability - resolution + uncertainty)`, 0 but for rounding with groups of
    /// equal probabilities.
    pub remainder: f64,
    /// Groups of cases.
    pub groups: usize,
}

/// Murphy's decomposition of the Brier score into reliability, resolution and uncertainty.
///
/// *Estimates* nothing beyond the sample: it splits the observed score.
///
/// *Misleads* when nearly every case has a probability of its own: each group is then one case, resolution equals
/// uncertainty and reliability the whole score. Give `bins` then, and look at the remainder. Reliability is biased upward in
/// small groups, as [`super::ece`] is.
///
/// *Formula* `BS = Σ n_g (p_g - ȳ_g)²/n - Σ n_g (ȳ_g - ȳ)²/n + ȳ(1-ȳ)` over groups of cases with the same probability; with
/// `bins`, groups are bins of equal width and `p_g` their mean probability.
///
/// *Reference* Murphy, J Appl Meteorol 1973; 12: 595-600. By hand:
///
/// ```
/// use bedside_stats::calibration::{Forecast, murphy};
/// let p = [0.1, 0.1, 0.1, 0.3, 0.3, 0.3, 0.3, 0.8, 0.8, 0.8, 0.8, 0.8];
/// let y = [0, 0, 1, 0, 1, 0, 0, 1, 1, 1, 0, 1].map(|y| y == 1);
/// let parts = murphy(&Forecast::independent(&p, &y)?, None)?;
/// assert!((parts.reliability - 0.014_444_444_444).abs() < 1e-12);
/// assert!((parts.resolution - 0.065_277_777_778).abs() < 1e-12);
/// assert!((parts.uncertainty - 0.25).abs() < 1e-12 && parts.remainder.abs() < 1e-15);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn murphy(forecasts: &[Forecast], bins: Option<u32>) -> Result<Murphy, StatsError> {
    check(forecasts)?;
    let n = forecasts.len() as f64;
    let overall = forecasts.iter().map(Forecast::y).sum::<f64>() / n;
    let mut sorted: Vec<Forecast> = forecasts.to_vec();
    sorted.sort_by(|a, b| a.probability.total_cmp(&b.probability));
    let groups: Vec<&[Forecast]> = match bins {
        None => sorted.chunk_by(|a, b| a.probability.total_cmp(&b.probability).is_eq()).collect(),
        Some(0) => return Err(StatsError::Input { why: "bins must be at least 1".into() }),
        Some(bins) => sorted
            .chunk_by(|a, b| super::ece::bin(a.probability, bins) == super::ece::bin(b.probability, bins))
            .collect(),
    };
    let (mut reliability, mut resolution) = (0.0, 0.0);
    for group in &groups {
        let size = group.len() as f64;
        let rate = group.iter().map(Forecast::y).sum::<f64>() / size;
        let stated = group.iter().map(|forecast| forecast.probability).sum::<f64>() / size;
        reliability += size / n * (stated - rate).powi(2);
        resolution += size / n * (rate - overall).powi(2);
    }
    let uncertainty = overall * (1.0 - overall);
    let brier = forecasts.iter().map(|forecast| (forecast.probability - forecast.y()).powi(2)).sum::<f64>() / n;
    Ok(Murphy {
        brier,
        reliability,
        resolution,
        uncertainty,
        remainder: brier - (reliability - resolution + uncertainty),
        groups: groups.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibration::tests::{forecasts, twelve};

    #[test]
    fn parts_add_up_and_bins_leave_a_remainder() {
        let whole = murphy(&twelve(), None).expect("forecasts");
        assert!(whole.remainder.abs() < 1e-15 && whole.groups == 10);
        let binned = murphy(&twelve(), Some(2)).expect("forecasts");
        assert!(binned.remainder.abs() > 1e-6 && binned.groups == 2);
        assert!((binned.brier - whole.brier).abs() < 1e-15);
        assert!(murphy(&twelve(), Some(0)).is_err());
    }

    #[test]
    fn perfect_forecasts_keep_a_width() {
        let perfect = forecasts(&[(1.0, 1), (0.0, 0), (1.0, 1), (0.0, 0), (1.0, 1), (0.0, 0)]);
        let score = brier(&perfect, Level::NINETY_FIVE).expect("forecasts");
        assert!(score.value().abs() < 1e-15 && score.ci().upper() > 0.3, "{score}");
        assert_eq!(log_loss(&perfect), Ok(Figure::Number(0.0)));
    }

    #[test]
    fn what_is_no_probability_is_refused() {
        assert!(brier(&[], Level::NINETY_FIVE).is_err());
        for p in [f64::NAN, 1.1, -0.1] {
            assert!(log_loss(&forecasts(&[(p, 1)])).is_err());
        }
        assert!(Forecast::independent(&[0.1], &[]).is_err());
    }
}
