//! The mean of a run, corrected by an audit of some of its own answers.

use std::collections::{BTreeMap, BTreeSet};

use super::limits::{self, Audited};
use super::weights::{Unit, sample, units};
use super::{AuditDesign, JudgedRun};
use crate::influence::{Influence, unit_interval};
use crate::quantile::student_upper;
use crate::{Estimate, Interval, Level, Method, StatsError};

/// Fewest audited items: the residuals lose two degrees of freedom.
const FEWEST: usize = 3;
/// With fewer clusters than this in which the audit changed a score, their spread says nothing, as in [`crate::continuous`].
const FEW: usize = 5;

/// A corrected mean and what went into it.
#[derive(Debug, Clone, PartialEq)]
pub struct TwoPhase {
    /// The corrected mean with its interval, both within [0, 1].
    pub estimate: Estimate,
    /// The corrected mean before it was cut off at 0 and 1.
    pub raw: f64,
    /// Weight of the judge: 0 leaves the audit's mean alone.
    pub lambda: f64,
    /// Standard error by influence functions, clusters and strata included.
    pub se: f64,
    /// The textbook's standard error, for a simple random audit of independent items.
    pub se_simple: f64,
    /// Degrees of freedom, from the audited clusters.
    pub freedom: f64,
    /// Mean of the judge's scores over the whole run.
    pub judge_mean: f64,
    /// Audited runs.
    pub audited: u64,
}

/// Two-phase (double sampling) regression: every answer judged, some audited.
///
/// *Estimates* the mean of the audited score over items like these, each item weighing the same however many runs it had;
/// it uses the judge's scores of all answers to sharpen what the audit says.
///
/// *Assumes* the audit drew at random, from all or within strata with known relative probabilities; independent clusters;
/// the audited score is right. That the judge is any good is *not* assumed: a useless one costs nothing but the audit's own
/// width.
///
/// *Misleads* when the audit looked only at flagged answers: refused ([`AuditDesign`]). When auditors erred, by their
/// error. With fewer than about 50 audited answers it is wide, and shows it.
///
/// *Formula* `λ ȳ₀ + Σ_h A_h r̄_h`, `r = y₃ - λ y₀`, `λ = cov(y₃, y₀)/var(y₀)`, covariance over the audit and variance over
/// all; `A_h` is the stratum's share of all answers and `r̄_h` the mean over its audited ones, weighted with one over their
/// probability. Influence of a run: `a(λ y₀ + r̄_h - θ) + w(r - r̄_h)`, summed within clusters; `t(G* - H - 1)` from the
/// audited clusters' worth `G*`. The interval is the exact one on as many cases as have that standard error; and at least
/// as wide, on either side, as that from exact intervals for the share right among passed and among failed answers (yes/no
/// scores), or for the mean change (other scores, fewer than 5 changed). So an audit that found no error does not make the
/// judge's mean the truth.
///
/// *Reference* Cochran, Sampling Techniques, 3rd ed. 1977, sections 12.5-12.6. Zou and Donner, Stat Med 2008; 27:
/// 1693-1702, for putting intervals together. By hand, eight of twenty audited:
///
/// ```
/// use bedside_stats::{Level, correction::{AuditDesign, JudgedRun, two_phase_regression}};
/// let judge = [1, 1, 0, 1, 0, 1, 1, 0, 1, 1, 1, 0, 1, 1, 0, 1, 1, 1, 0, 1].map(f64::from);
/// let audit = [(0, 1.0), (3, 0.0), (4, 0.0), (7, 0.0), (9, 1.0), (11, 0.0), (14, 1.0), (18, 0.0)];
/// let mut runs: Vec<_> = (0..).zip(judge).map(|(item, judge)| JudgedRun::independent(item, judge, None)).collect();
/// for (item, gold) in audit {
///     runs[item].gold = Some(gold);
/// }
/// let found = two_phase_regression(&runs, AuditDesign::Random, Level::NINETY_FIVE)?;
/// assert!((found.lambda - 0.565_476_190_476).abs() < 1e-12);
/// assert!((found.estimate.value() - 0.558_779_761_905).abs() < 1e-12);
/// assert!((found.se_simple - 0.185_664_109_379).abs() < 1e-12);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn two_phase_regression(runs: &[JudgedRun], design: AuditDesign, level: Level) -> Result<TwoPhase, StatsError> {
    design.may_estimate()?;
    let units = units(runs)?;
    let audited: Vec<(&Unit, f64)> = units.iter().filter_map(|unit| unit.run.gold.map(|gold| (unit, gold))).collect();
    if audited.len() < FEWEST {
        return Err(StatsError::TooFew {
            method: "two-phase regression",
            needs: format!("{FEWEST} audited answers"),
            found: audited.len().to_string(),
        });
    }
    let judge_mean: f64 = units.iter().map(|unit| unit.share * unit.run.judge).sum();
    let lambda = lambda(&units, &audited, judge_mean);
    let strata = residuals_by_stratum(&audited, lambda);
    let within = |unit: &Unit| strata.get(&unit.run.stratum).copied().unwrap_or(0.0);
    let raw: f64 = units.iter().map(|unit| unit.share * (lambda * unit.run.judge + within(unit))).sum();
    let clusters = limits::equivalent(audited.iter().map(|(unit, _)| (unit.run.cluster, unit.weight)));
    let lost = strata.len() as f64 + 1.0;
    let freedom = (clusters - lost).max(1.0);
    let stretch = (clusters / freedom).max(1.0).sqrt();
    let overall: f64 = audited.iter().map(|(unit, gold)| unit.weight * (gold - lambda * unit.run.judge)).sum();
    let alone = |stratum: u32| audited.iter().filter(|(unit, _)| unit.run.stratum == stratum).count() < 2;
    let singles: Vec<u32> = strata.keys().copied().filter(|stratum| alone(*stratum)).collect();
    let influence = Influence::new(units.iter().map(|unit| {
        let mut part = unit.share * (lambda * unit.run.judge + within(unit) - raw);
        if let Some(gold) = unit.run.gold {
            // One audited answer has no spread of its own: its distance from all others stands for it.
            let centre = if singles.contains(&unit.run.stratum) { overall } else { within(unit) };
            part += stretch * unit.weight * (gold - lambda * unit.run.judge - centre);
        }
        (unit.run.cluster, part)
    }));
    let se = influence.root_sum_of_squares();
    let judge_se =
        Influence::new(units.iter().map(|unit| (unit.run.cluster, unit.share * (unit.run.judge - judge_mean)))).se();
    let value = raw.clamp(0.0, 1.0);
    let (method, ci) = match judge_se.filter(|_| clusters > 1.0 + 1e-9) {
        None => (Method::ONE_CLUSTER, Interval::new(0.0, 1.0, level)?),
        Some(judge_se) => {
            let given: Vec<Audited> = audited
                .iter()
                .map(|(unit, gold)| Audited {
                    weight: unit.weight,
                    cluster: unit.run.cluster,
                    judge: unit.run.judge,
                    gold: *gold,
                })
                .collect();
            let by_error = unit_interval(value, se, freedom, clusters, level)?;
            let judge_half = student_upper((influence.clusters() as f64 - 1.0).max(1.0), level.tail()) * judge_se;
            (Method::named("two_phase_regression"), widest(by_error, &units, &given, judge_mean, judge_half, level)?)
        }
    };
    let ci = Interval::new(ci.lower().min(value), ci.upper().max(value), level)?;
    let sample = sample(&units, influence.clusters());
    let mut says = vec![format!(
        "{} of {} answers audited, drawn at random{}; the audit is right",
        audited.len(),
        units.len(),
        if strata.len() > 1 { format!(" within {} strata", strata.len()) } else { String::new() }
    )];
    if sample.n_clusters < sample.n_items {
        says.push(format!("{} clusters drawn independently, their items are not", sample.n_clusters));
    } else {
        says.push("items drawn independently within the benchmark".to_owned());
    }
    Ok(TwoPhase {
        estimate: Estimate::new(value, ci, method, sample, says)?,
        raw,
        lambda,
        se,
        se_simple: se_simple(&units, &audited, lambda, judge_mean),
        freedom,
        judge_mean,
        audited: audited.len() as u64,
    })
}

/// `cov(gold, judge)` over the audit, by `var(judge)` over all; 0 when the judge always says the same.
fn lambda(units: &[Unit], audited: &[(&Unit, f64)], judge_mean: f64) -> f64 {
    let n = units.len() as f64;
    let m = audited.len() as f64;
    let variance = n / (n - 1.0) * units.iter().map(|u| u.share * (u.run.judge - judge_mean).powi(2)).sum::<f64>();
    let gold_mean: f64 = audited.iter().map(|(unit, gold)| unit.weight * gold).sum();
    let audit_judge: f64 = audited.iter().map(|(unit, _)| unit.weight * unit.run.judge).sum();
    let covariance = m / (m - 1.0)
        * audited
            .iter()
            .map(|(unit, gold)| unit.weight * (gold - gold_mean) * (unit.run.judge - audit_judge))
            .sum::<f64>();
    if variance > 1e-12 { covariance / variance } else { 0.0 }
}

/// Mean residual of each stratum.
fn residuals_by_stratum(audited: &[(&Unit, f64)], lambda: f64) -> BTreeMap<u32, f64> {
    let mut sums: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
    for (unit, gold) in audited {
        let (sum, weight) = sums.entry(unit.run.stratum).or_default();
        *sum += unit.weight * (gold - lambda * unit.run.judge);
        *weight += unit.weight;
    }
    sums.into_iter().map(|(stratum, (sum, weight))| (stratum, sum / weight)).collect()
}

/// Cochran's standard error for a simple random audit: residual variance over `m - 2` degrees of freedom, by `m`, and `λ²
/// var(y₀)/N`.
fn se_simple(units: &[Unit], audited: &[(&Unit, f64)], lambda: f64, judge_mean: f64) -> f64 {
    let (n, m) = (units.len() as f64, audited.len() as f64);
    let residuals: Vec<f64> = audited.iter().map(|(unit, gold)| gold - lambda * unit.run.judge).collect();
    let mean = residuals.iter().sum::<f64>() / m;
    let rest = residuals.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / (m - 2.0);
    let judge =
        units.iter().map(|unit| unit.share * (unit.run.judge - judge_mean).powi(2)).sum::<f64>() * n / (n - 1.0);
    (rest / m + lambda * lambda * judge / n).sqrt()
}

/// The interval by the standard error, widened where the audit saw too little to know it.
fn widest(
    by_error: Interval,
    units: &[Unit],
    audited: &[Audited],
    judge_mean: f64,
    judge_half: f64,
    level: Level,
) -> Result<Interval, StatsError> {
    let yes_no = audited.iter().all(Audited::is_binary) && units.iter().all(|u| matches!(u.run.judge, 0.0 | 1.0));
    let changed: BTreeSet<u32> =
        audited.iter().filter(|a| (a.gold - a.judge).abs() > 1e-9).map(|a| a.cluster).collect();
    let (low, high) = if yes_no {
        limits::from_yes_no(audited, judge_mean, judge_half, level)?
    } else if changed.len() < FEW {
        limits::from_few_changes(audited, judge_mean, judge_half, level)?
    } else {
        return Ok(by_error);
    };
    Interval::new(by_error.lower().min(low.max(0.0)), by_error.upper().max(high.min(1.0)), level)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Sample;

    fn run(n: u32, judge: impl Fn(u32) -> f64, gold: impl Fn(u32) -> Option<f64>) -> Vec<JudgedRun> {
        (0..n).map(|item| JudgedRun::independent(item, judge(item), gold(item))).collect()
    }

    fn regress(runs: &[JudgedRun]) -> TwoPhase {
        two_phase_regression(runs, AuditDesign::Random, Level::NINETY_FIVE).expect("an audit")
    }

    #[test]
    fn an_audit_without_an_error_is_not_certain() {
        for judge in [|_| 1.0, |_| 0.0, |item| f64::from(item % 2), |item| f64::from(item % 11) / 10.0] {
            let found = regress(&run(400, judge, |item| (item % 10 == 0).then(|| judge(item))));
            assert!(found.estimate.ci().width() > 0.07, "{}", found.estimate);
        }
    }

    #[test]
    fn one_cluster_is_not_identified() {
        let mut runs = run(40, |item| f64::from(item % 2), |item| (item % 4 == 0).then_some(1.0));
        for run in &mut runs {
            run.cluster = 0;
        }
        assert_eq!(regress(&runs).estimate.method(), &Method::ONE_CLUSTER);
    }

    #[test]
    fn strata_are_weighted_by_their_share() {
        // Stratum 1 is a tenth of the answers and half of the audit; all wrong there, all right elsewhere.
        let runs: Vec<JudgedRun> = (0..200)
            .map(|item| {
                let stratum = u32::from(item < 20);
                let gold = (!(10..190).contains(&item)).then_some(f64::from(stratum == 0));
                JudgedRun { stratum, ..JudgedRun::independent(item, 1.0, gold) }
            })
            .collect();
        let found = two_phase_regression(&runs, AuditDesign::Stratified, Level::NINETY_FIVE).expect("an audit");
        assert!((found.raw - 0.9).abs() < 1e-12, "{}", found.raw);
        // The same from probabilities alone.
        let flat: Vec<JudgedRun> = runs
            .iter()
            .map(|run| JudgedRun { stratum: 0, probability: if run.stratum == 1 { 0.5 } else { 1.0 / 18.0 }, ..*run })
            .collect();
        assert!((regress(&flat).raw - 0.9).abs() < 1e-12);
    }

    #[test]
    fn influence_agrees_with_the_textbook_for_a_simple_audit() {
        let found = regress(&run(
            1_000,
            |item| f64::from(item * 7 % 10 < 6),
            |item| (item % 5 == 0).then(|| f64::from(item * 13 % 100 < 55)),
        ));
        assert!((found.se / found.se_simple - 1.0).abs() < 0.01, "{} {}", found.se, found.se_simple);
        assert!((found.freedom - 198.0).abs() < 1e-9);
    }

    #[test]
    fn order_does_not_matter_and_repeated_runs_are_one_item() {
        let mut runs = Vec::new();
        for item in 0..60 {
            for epoch in 0..3 {
                let judge = f64::from((item + epoch) % 3 > 0);
                let gold = (epoch == 1 && item % 2 == 0).then_some(f64::from(item % 3 > 0));
                runs.push(JudgedRun::independent(item, judge, gold));
            }
        }
        let found = regress(&runs);
        assert_eq!(found.estimate.sample(), Sample { n_items: 60, n_clusters: 60, n_epochs: 3 });
        runs.reverse();
        assert!((regress(&runs).raw - found.raw).abs() < 1e-13);
    }

    #[test]
    fn what_cannot_estimate_is_refused() {
        let runs = run(20, |_| 1.0, |item| (item < 2).then_some(1.0));
        assert!(two_phase_regression(&runs, AuditDesign::Random, Level::NINETY_FIVE).is_err(), "two audited");
        let runs = run(20, |_| 1.0, |item| (item < 9).then_some(1.0));
        assert!(two_phase_regression(&runs, AuditDesign::Flagged, Level::NINETY_FIVE).is_err());
        let mut hollow = runs.clone();
        hollow[19].stratum = 1;
        let error = two_phase_regression(&hollow, AuditDesign::Stratified, Level::NINETY_FIVE).expect_err("hollow");
        assert_eq!(error.to_string(), "stratum 1 holds 5.0 % of the answers, and none of them was audited");
        let mut off = runs;
        off[3].judge = 1.5;
        assert!(two_phase_regression(&off, AuditDesign::Random, Level::NINETY_FIVE).is_err());
        assert!(two_phase_regression(&[], AuditDesign::Random, Level::NINETY_FIVE).is_err());
    }
}
