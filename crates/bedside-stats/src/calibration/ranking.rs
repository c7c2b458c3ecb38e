//! Discrimination: do cases with the event get higher numbers than cases without?

use super::{Forecast, check, classes};
use crate::influence::{Influence, unit_interval};
use crate::{Estimate, Figure, Level, Method, Sample, StatsError};

/// Area under the receiver operating characteristic; `None` (undefined) unless both outcomes occur.
///
/// *Estimates* the chance that a case with the event got a higher number than a case without it, ties counting half.
///
/// *Assumes* independent clusters, enough cases of both kinds.
///
/// *Misleads* about probabilities: halving all of them changes nothing here. With rare events a high area goes with mostly
/// false alarms; see [`average_precision`] and [`super::net_benefit`].
///
/// *Formula* `Σ_i Σ_j (1[p_i > p_j] + ½·1[p_i = p_j]) / (n₁n₀)`. Standard error by DeLong's components, summed within
/// clusters as Obuchowski does; the interval is the exact one on as many yes/no cases as have that standard error, with
/// t(min(G₁, G₀) - 1). Perfect separation counts as `min(G₁, G₀)` cases all right, never as no uncertainty.
///
/// *Reference* DeLong, DeLong and Clarke-Pearson, Biometrics 1988; 44: 837-845. Obuchowski, Biometrics 1997; 53: 567-578.
/// Value checked against scikit-learn 1.9.1:
///
/// ```
/// use bedside_stats::{Level, calibration::{Forecast, auroc}};
/// let p = [0.9, 0.2, 0.7, 0.6, 0.4, 0.1, 0.8, 0.6, 0.55, 0.95, 0.3, 0.4];
/// let y = [1, 0, 1, 1, 0, 0, 1, 0, 1, 1, 0, 1].map(|y| y == 1);
/// let area = auroc(&Forecast::independent(&p, &y)?, Level::NINETY_FIVE)?.expect("both outcomes");
/// assert!((area.value() - 32.0 / 35.0).abs() < 1e-12);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn auroc(forecasts: &[Forecast], level: Level) -> Result<Option<Estimate>, StatsError> {
    check(forecasts)?;
    let (n1, n0) = classes(forecasts);
    if n1 < 1.0 || n0 < 1.0 {
        return Ok(None);
    }
    let placements = placements(forecasts);
    let area = forecasts.iter().zip(&placements).filter(|(f, _)| f.event).map(|(_, v)| v).sum::<f64>() / n1;
    // DeLong's variance of each class divides by n - 1.
    let stretch = |n: f64| if n > 1.0 { (n / (n - 1.0)).sqrt() / n } else { 1.0 };
    let (from_events, from_others) = (stretch(n1), stretch(n0));
    let influence = Influence::new(forecasts.iter().zip(&placements).map(|(forecast, placement)| {
        (forecast.cluster, (placement - area) * if forecast.event { from_events } else { from_others })
    }));
    let clusters_with = |event: bool| {
        Influence::new(forecasts.iter().filter(|f| f.event == event).map(|f| (f.cluster, 0.0))).clusters() as f64
    };
    let scarce = clusters_with(true).min(clusters_with(false));
    let sample = Sample { n_items: forecasts.len() as u64, n_clusters: influence.clusters() as u64, n_epochs: 1 };
    // One case of a kind says nothing about how that kind varies.
    let se = if scarce > 1.0 { influence.root_sum_of_squares() } else { 0.0 };
    let ci = unit_interval(area, se, scarce - 1.0, scarce, level)?;
    let says = vec![format!("{} cases drawn independently, {n1} of them with the event", forecasts.len())];
    Estimate::new(area, ci, Method::named("delong_effective_beta"), sample, says).map(Some)
}

/// For each case with the event, the share of the others below it; for each other, the share of events above it.
fn placements(forecasts: &[Forecast]) -> Vec<f64> {
    let sorted = |event: bool| {
        let mut of: Vec<f64> = forecasts.iter().filter(|f| f.event == event).map(|f| f.probability).collect();
        of.sort_by(f64::total_cmp);
        of
    };
    let (events, others) = (sorted(true), sorted(false));
    let below = |of: &[f64], p: f64| {
        let (less, not_more) = (of.partition_point(|x| *x < p), of.partition_point(|x| *x <= p));
        (less + not_more) as f64 / 2.0 / of.len() as f64
    };
    forecasts
        .iter()
        .map(|f| if f.event { below(&others, f.probability) } else { 1.0 - below(&events, f.probability) })
        .collect()
}

/// Average precision: the mean, over cases with the event, of the share of events among all cases ranked as high or higher.
///
/// *Estimates* how many alarms are true on the way to finding all events. *Assumes* nothing beyond the sample.
///
/// *Misleads* across prevalences: a ranking without skill scores the prevalence, not 1/2. Undefined without events.
///
/// *Formula* `Σ (R_k - R_{k-1}) P_k` over distinct thresholds, without interpolation. *Reference* as scikit-learn 1.9.1:
///
/// ```
/// use bedside_stats::calibration::{Forecast, average_precision};
/// let p = [0.9, 0.2, 0.7, 0.6, 0.4, 0.1, 0.8, 0.6, 0.55, 0.95, 0.3, 0.4];
/// let y = [1, 0, 1, 1, 0, 0, 1, 0, 1, 1, 0, 1].map(|y| y == 1);
/// let precision = average_precision(&Forecast::independent(&p, &y)?)?.number().expect("events");
/// assert!((precision - 0.924_036_281_179).abs() < 1e-12);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn average_precision(forecasts: &[Forecast]) -> Result<Figure, StatsError> {
    check(forecasts)?;
    let (events, _) = classes(forecasts);
    let mut sorted: Vec<&Forecast> = forecasts.iter().collect();
    sorted.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    let (mut seen, mut found, mut sum) = (0.0, 0.0, 0.0);
    for tied in sorted.chunk_by(|a, b| a.probability.total_cmp(&b.probability).is_eq()) {
        let new = tied.iter().filter(|forecast| forecast.event).count() as f64;
        seen += tied.len() as f64;
        found += new;
        sum += new * found / seen;
    }
    Ok(Figure::ratio(sum, events))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibration::tests::{forecasts, twelve};

    /// Every pair, one by one.
    #[test]
    fn the_area_agrees_with_pairs() {
        let all = twelve();
        let mut wins = 0.0;
        for one in all.iter().filter(|f| f.event) {
            for other in all.iter().filter(|f| !f.event) {
                wins += match one.probability.total_cmp(&other.probability) {
                    std::cmp::Ordering::Greater => 1.0,
                    std::cmp::Ordering::Equal => 0.5,
                    std::cmp::Ordering::Less => 0.0,
                };
            }
        }
        let area = auroc(&all, Level::NINETY_FIVE).expect("forecasts").expect("both outcomes");
        assert!((area.value() - wins / 35.0).abs() < 1e-12);
        assert!(area.ci().lower() > 0.4 && area.ci().upper() < 1.0, "{area}");
    }

    #[test]
    fn perfect_separation_is_not_certain_and_one_class_has_no_area() {
        let perfect = forecasts(&[(0.9, 1), (0.8, 1), (0.7, 1), (0.2, 0), (0.1, 0), (0.15, 0)]);
        let area = auroc(&perfect, Level::NINETY_FIVE).expect("forecasts").expect("both outcomes");
        assert!((area.value() - 1.0).abs() < 1e-15 && area.ci().lower() < 0.4, "{area}");
        assert_eq!(auroc(&forecasts(&[(0.3, 1), (0.4, 1)]), Level::NINETY_FIVE), Ok(None));
        assert_eq!(average_precision(&forecasts(&[(0.3, 0)])), Ok(Figure::Undefined));
        let two = auroc(&forecasts(&[(0.3, 1), (0.4, 0)]), Level::NINETY_FIVE).expect("forecasts").expect("both");
        assert!(two.ci().width() > 0.9, "{two}");
    }
}
