//! Rare harms: how often could it happen, when it was seen seldom or never?

use crate::effective::effective_n;
use crate::interval::proportion;
use crate::quantile::beta;
use crate::{ClusteredMean, Interval, Level, StatsError};

/// Exact one-sided upper bound for the rate of an event.
///
/// *Estimates* the highest rate of the event that the data leave possible.
///
/// *Assumes* cases are independent. For clustered cases pass effective counts; with no event at all, the number of
/// clusters is the safe `n`.
///
/// *Misleads* when "no event in 48 cases" is read as safety (it allows 6 %), and when cases were enriched with traps: the
/// bound then holds for enriched cases, not for the ward.
///
/// *Formula* the `1 - α` quantile of `Beta(x + 1, n - x)`; with no event, `1 - α^(1/n)`.
///
/// *Reference* Clopper and Pearson, Biometrika 1934; 26: 404-413. Hanley and Lippman-Hand, JAMA 1983; 249: 1743-1745.
///
/// ```
/// use bedside_stats::{Level, rare::upper_bound};
/// let bound = upper_bound(0.0, 48.0, Level::NINETY_FIVE)?;
/// assert_eq!(format!("{:.4}", bound.upper()), "0.0605"); // 1 - 0.05^(1/48)
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn upper_bound(events: f64, n: f64, level: Level) -> Result<Interval, StatsError> {
    let rate = proportion(events, n)?;
    let upper = if events < n { beta(events + 1.0, n - events, level.value()) } else { 1.0 };
    Interval::new(0.0, upper.max(rate), level)
}

/// Exact one-sided upper bound for the rate of an event among clustered cases, with a design effect known from elsewhere.
///
/// *Estimates* the highest rate of the event that the data leave possible.
///
/// *Assumes* that the cases are worth `n / deff` independent ones; a design effect below 1 counts as 1.
///
/// *Misleads* when the design effect is guessed too low. From the data themselves it cannot be learnt while there is no
/// event: then take the cluster size, or [`clustered_upper_bound`], which does.
///
/// *Formula* [`upper_bound`] of `x/deff` events in `n/deff` cases; with no event, `1 - α^(deff/n)`.
///
/// *Reference* Kish, Survey Sampling, 1965; Korn and Graubard, Surv Methodol 1998; 24: 193-201. With clusters of 5 and an
/// intraclass correlation of 0.3 it takes 656 cases without an event to show less than 1 %, and not 299:
///
/// ```
/// use bedside_stats::{Level, effective::design_effect, rare::upper_bound_with_design_effect};
/// let deff = design_effect(5.0, 0.3);
/// let bound = |n| upper_bound_with_design_effect(0.0, n, deff, Level::NINETY_FIVE);
/// assert!(bound(656.0)?.upper() < 0.01 && bound(655.0)?.upper() > 0.01);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn upper_bound_with_design_effect(events: f64, n: f64, deff: f64, level: Level) -> Result<Interval, StatsError> {
    if !(deff.is_finite() && deff > 0.0) {
        return Err(StatsError::Input { why: format!("design effect {deff} is not a positive number") });
    }
    let worth = deff.max(1.0);
    upper_bound(events / worth, n / worth, level)
}

/// One-sided upper bound for the rate of an event among clustered or repeated cases; the design effect comes from the data.
///
/// *Estimates* the highest rate of the event that the data leave possible, for cases like these in clusters like these.
///
/// *Assumes* clusters are drawn independently.
///
/// *Misleads* as [`crate::effective::korn_graubard`] does. With one cluster nothing is known, and `None` is returned.
///
/// *Formula* [`upper_bound`] of `p·n*` events in `n*` cases, `n*` as in [`crate::effective::korn_graubard`] with one-sided t;
/// with no event, `n*` is the number of clusters (of one size that would be worth as much).
///
/// *Reference* Korn and Graubard, Surv Methodol 1998; 24: 193-201.
///
/// ```
/// use bedside_stats::{ClusteredMean, Level, Observation, rare::clustered_upper_bound};
/// // 60 patients with five notes each and no harm: what 60 cases show, not what 300 would.
/// let observations: Vec<_> =
///     (0..300u32).map(|item| Observation { item, cluster: item / 5, epoch: 0, score: 0.0 }).collect();
/// let bound = clustered_upper_bound(&ClusteredMean::new(&observations)?, Level::NINETY_FIVE)?.expect("60 clusters");
/// assert_eq!(format!("{:.4}", bound.upper()), "0.0487"); // 1 - 0.05^(1/60)
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn clustered_upper_bound(mean: &ClusteredMean, level: Level) -> Result<Option<Interval>, StatsError> {
    // A one-sided bound at 95 % leaves what a two-sided interval at 90 % leaves above it. Below 50 % there is no t to widen by.
    let Some(n) = effective_n(mean, (1.0 - level.value()).min(0.499)) else { return Ok(None) };
    upper_bound((mean.mean() * n).clamp(0.0, n), n, level).map(Some)
}

/// A `Beta` prior for a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prior {
    /// Every rate equally likely: `Beta(1, 1)`.
    Uniform,
    /// Jeffreys' `Beta(1/2, 1/2)`.
    Jeffreys,
}

/// Bayesian one-sided upper bound for the rate of an event.
///
/// *Estimates* the rate below which the posterior places the share `level`.
///
/// *Assumes* independent cases and the stated prior.
///
/// *Misleads* with few cases, where the prior speaks: from one harmless case it claims a rate below 78 % where the exact
/// bound allows 95 %. Gates use [`upper_bound`].
///
/// *Formula* the `level` quantile of `Beta(x + a, n - x + a)`, with `a` = 1 or 1/2.
///
/// *Reference* Gelman et al., Bayesian Data Analysis, 3rd ed., section 2.4. Checked against scipy 1.12.0:
///
/// ```
/// use bedside_stats::{Level, rare::{Prior, posterior_upper_bound}};
/// let bound = posterior_upper_bound(0.0, 30.0, Prior::Uniform, Level::NINETY_FIVE)?;
/// assert!((bound.upper() - 0.092_114_059_947).abs() < 1e-12);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn posterior_upper_bound(events: f64, n: f64, prior: Prior, level: Level) -> Result<Interval, StatsError> {
    proportion(events, n)?;
    let weight = match prior {
        Prior::Uniform => 1.0,
        Prior::Jeffreys => 0.5,
    };
    Interval::new(0.0, beta(events + weight, n - events + weight, level.value()), level)
}

/// The rule of three: `3 / n`, the 95 % upper bound after no event in `n` cases, in one's head.
///
/// *Estimates* what [`upper_bound`] gives for no events. *Assumes* the same. *Misleads* below about 30 cases; below 3 it
/// exceeds 1. *Formula* `3 / n`. *Reference* Hanley and Lippman-Hand, JAMA 1983; 249: 1743-1745.
///
/// ```
/// assert!((bedside_stats::rare::rule_of_three(300.0) - 0.01).abs() < 1e-15);
/// ```
pub fn rule_of_three(n: f64) -> f64 {
    3.0 / n
}

#[cfg(test)]
mod tests {
    use super::*;

    /// scipy 1.12.0 `beta.ppf`; the exact bound has the closed form `1 - 0.05^(1/n)`.
    #[test]
    fn no_events_agree_with_scipy() {
        for (n, exact, uniform, jeffreys) in [
            (1.0, 0.95, 0.776_393_202_250_021, 0.771_480_186_193_671_1),
            (30.0, 0.095_033_852_855_304_19, 0.092_114_059_947_323_7, 0.061_516_724_557_300_89),
            (59.0, 0.049_507_609_888_227, 0.048_702_913_310_097_49, 0.031_896_926_017_559_76),
            (100.0, 0.029_513_049_607_039_932, 0.029_225_153_539_039_064, 0.018_976_887_703_073_49),
            (299.0, 0.009_969_146_792_899_286, 0.009_936_081_944_457_708, 0.006_397_918_058_988_121_5),
            (300.0, 0.009_936_081_944_457_72, 0.009_903_235_702_694_68, 0.006_376_677_540_557_383),
        ] {
            let level = Level::NINETY_FIVE;
            let got = [
                upper_bound(0.0, n, level).expect("proportion"),
                posterior_upper_bound(0.0, n, Prior::Uniform, level).expect("proportion"),
                posterior_upper_bound(0.0, n, Prior::Jeffreys, level).expect("proportion"),
            ];
            for (bound, expected) in got.iter().zip([exact, uniform, jeffreys]) {
                assert!((bound.upper() - expected).abs() < 1e-10, "n {n}: {} is not {expected}", bound.upper());
            }
        }
    }

    #[test]
    fn only_events_leave_everything_possible() {
        let bound = upper_bound(5.0, 5.0, Level::NINETY_FIVE).expect("proportion");
        assert!((bound.upper() - 1.0).abs() < 1e-15);
    }
}
