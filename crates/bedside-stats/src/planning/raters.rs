//! Planning what people rate: a judge's calibration set, a study of agreement.

use super::{open_unit, whole};
use crate::StatsError;
use crate::quantile::normal_upper;

/// How a calibration set is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allocation {
    /// Answers that are wrong by the standard, which show the judge's specificity.
    pub wrong: u64,
    /// Answers that are right by the standard, which show the judge's sensitivity.
    pub right: u64,
}

/// A judge as a pilot shows it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PilotJudge {
    /// Share of answers that the judge calls right.
    pub called_right: f64,
    /// Specificity in the pilot.
    pub specificity: f64,
    /// Sensitivity in the pilot.
    pub sensitivity: f64,
    /// Answers of each kind in the pilot.
    pub pilot: u64,
}

/// Divides `m` ratings between wrong and right answers so that the corrected score has the shortest interval.
///
/// *Estimates* the division at which specificity's and sensitivity's errors weigh the same.
///
/// *Assumes* the judge is no different on the calibration set, and that answers can be drawn by what they truly are.
///
/// *Misleads* when the pilot is tiny: its rates are then mostly the one success and one failure added to them.
///
/// *Formula* `m_1 = m / (1 + (1/p - 1)√κ)`, `κ = (1 - q_0)/(1 - q_1)`, with `q = (pilot·q + 1)/(pilot + 2)`, rounded; each kind gets
/// at least the pilot's number where `m` allows.
///
/// *Reference* Lee et al. 2026, arXiv 2511.21140. By hand: specificity and sensitivity of 0.8 and 0.95 in 10 each become 0.75 and
/// 0.875, `κ = 2`, `200/(1 + 0.4286·1.4142) = 124.5`.
///
/// ```
/// use bedside_stats::planning::raters::{Allocation, PilotJudge, allocate};
/// let judge = PilotJudge { called_right: 0.7, specificity: 0.8, sensitivity: 0.95, pilot: 10 };
/// assert_eq!(allocate(200, judge)?, Allocation { wrong: 75, right: 125 });
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn allocate(m: u64, judge: PilotJudge) -> Result<Allocation, StatsError> {
    let p = open_unit("p", judge.called_right)?;
    for (name, rate) in [("q0_pilot", judge.specificity), ("q1_pilot", judge.sensitivity)] {
        if !(0.0..=1.0).contains(&rate) {
            return Err(StatsError::Input { why: format!("{name} = {rate} is not between 0 and 1") });
        }
    }
    if m < 2 {
        return Err(StatsError::TooFew {
            method: "judge_calibration_allocation",
            needs: "2 ratings".into(),
            found: m.to_string(),
        });
    }
    let pilot = judge.pilot as f64;
    let missed = |rate: f64| 1.0 - (pilot * rate + 1.0) / (pilot + 2.0);
    let kappa = missed(judge.specificity) / missed(judge.sensitivity);
    let right = whole((m as f64 / (1.0 + (1.0 / p - 1.0) * kappa.sqrt())).round())?;
    let least = judge.pilot.clamp(1, m / 2);
    let right = right.clamp(least, m - least);
    Ok(Allocation { wrong: m - right, right })
}

/// Two raters and two kappas.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KappaStudy {
    /// Share of yes by the first rater.
    pub rate_1: f64,
    /// Share of yes by the second rater.
    pub rate_2: f64,
    /// Kappa that is hoped for.
    pub kappa_1: f64,
    /// Kappa that is to be excluded.
    pub kappa_0: f64,
    /// One-sided error of the first kind.
    pub alpha: f64,
    /// Chance to exclude `kappa_0` when kappa is `kappa_1`.
    pub power: f64,
}

/// Items two raters must both rate to show that kappa exceeds a value.
///
/// *Estimates* the number of items at which Cohen's kappa of yes/no ratings is shown to exceed `kappa_0`.
///
/// *Assumes* independent items, the rates given, and a normal law of kappa.
///
/// *Misleads* with rates near 0 or 1, where kappa depends more on them than on the raters.
///
/// *Formula* `((z_α √Q_0 + z_β √Q_1)/(κ_1 - κ_0))²`, with Fleiss' large-sample variance `Q` of kappa at each of the two.
///
/// *Reference* Cantor, Psychol Methods 1996; 1: 150-153. Fleiss, Cohen and Everitt, Psychol Bull 1969; 72: 323-327. Checked against our
/// transcription of the same formula in Python; rates of one half, where `Q = 1 - κ²`:
///
/// ```
/// use bedside_stats::planning::raters::{KappaStudy, kappa_sample_size};
/// let study = KappaStudy { rate_1: 0.5, rate_2: 0.5, kappa_1: 0.85, kappa_0: 0.7, alpha: 0.05, power: 0.8 };
/// let (z_alpha, z_beta) = (1.644_853_626_951_472_7, 0.841_621_233_572_914_3);
/// let by_hand = (z_alpha * (1.0 - 0.7_f64.powi(2)).sqrt() + z_beta * (1.0 - 0.85_f64.powi(2)).sqrt()) / 0.15;
/// assert!((kappa_sample_size(study)? - by_hand * by_hand).abs() < 1e-9);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn kappa_sample_size(study: KappaStudy) -> Result<f64, StatsError> {
    let KappaStudy { rate_1, rate_2, kappa_1, kappa_0, alpha, power } = study;
    open_unit("rate1", rate_1)?;
    open_unit("rate2", rate_2)?;
    if kappa_1.is_nan() || kappa_0.is_nan() || kappa_1 <= kappa_0 {
        return Err(StatsError::Input { why: format!("kappa1 = {kappa_1} is not above kappa0 = {kappa_0}") });
    }
    let (z_alpha, z_beta) = (normal_upper(open_unit("alpha", alpha)?), normal_upper(open_unit("power", 1.0 - power)?));
    let spread = |kappa| kappa_variance(rate_1, rate_2, kappa).map(f64::sqrt);
    let n = ((z_alpha * spread(kappa_0)? + z_beta * spread(kappa_1)?) / (kappa_1 - kappa_0)).powi(2);
    whole(n).map(|_| n)
}

/// Large-sample variance of kappa, times the number of items.
fn kappa_variance(rate_1: f64, rate_2: f64, kappa: f64) -> Result<f64, StatsError> {
    let (first, second) = ([1.0 - rate_1, rate_1], [1.0 - rate_2, rate_2]);
    let chance = first[0] * second[0] + first[1] * second[1];
    let agreed = kappa * (1.0 - chance) + chance;
    let both_yes = (agreed - 1.0 + rate_1 + rate_2) / 2.0;
    let cells = [[agreed - both_yes, rate_2 - both_yes], [rate_1 - both_yes, both_yes]];
    if cells.iter().flatten().any(|cell| *cell < -1e-12) {
        return Err(StatsError::Input {
            why: format!("kappa = {kappa} is impossible with shares of yes {rate_1} and {rate_2}"),
        });
    }
    let mut diagonal = 0.0;
    let mut others = 0.0;
    for i in 0..2 {
        diagonal += cells[i][i] * ((1.0 - chance) - (first[i] + second[i]) * (1.0 - agreed)).powi(2);
        others += cells[i][1 - i] * (second[i] + first[1 - i]).powi(2);
    }
    let last = (agreed * chance - 2.0 * chance + agreed).powi(2);
    Ok(((diagonal + (1.0 - agreed).powi(2) * others - last) / (1.0 - chance).powi(4)).max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_are_rated() {
        let perfect = PilotJudge { called_right: 0.999, specificity: 1.0, sensitivity: 0.0, pilot: 10 };
        assert_eq!(allocate(100, perfect).expect("a plan").wrong, 10);
        assert_eq!(allocate(8, perfect).expect("a plan"), Allocation { wrong: 4, right: 4 });
        assert!(allocate(1, perfect).is_err());
        assert!(allocate(100, PilotJudge { called_right: 0.0, ..perfect }).is_err());
        assert!(allocate(100, PilotJudge { sensitivity: 1.5, ..perfect }).is_err());
    }

    #[test]
    fn impossible_kappas_are_refused() {
        let study = KappaStudy { rate_1: 0.5, rate_2: 0.5, kappa_1: 0.85, kappa_0: 0.7, alpha: 0.05, power: 0.8 };
        assert!(kappa_sample_size(KappaStudy { rate_1: 0.1, ..study }).is_err(), "0.85 cannot be reached");
        assert!(kappa_sample_size(KappaStudy { kappa_1: 0.7, ..study }).is_err());
        assert!(kappa_sample_size(KappaStudy { kappa_1: f64::NAN, ..study }).is_err());
        assert!(kappa_sample_size(KappaStudy { power: 1.0, ..study }).is_err());
    }
}
