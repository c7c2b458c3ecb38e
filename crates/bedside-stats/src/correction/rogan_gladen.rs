//! A share of yes, corrected by a judge's sensitivity and specificity from elsewhere.

use crate::interval::{proportion, wilson};
use crate::quantile::normal_upper;
use crate::{Estimate, Figure, Interval, Level, Method, Sample, StatsError};

/// What a judge said of a run, and how it did on answers whose truth is known.
///
/// Numbers of cases may be effective ones: divide by the design effect where answers share items or passages.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JudgeCalibration {
    /// Share of the run's answers that the judge passed.
    pub passed: f64,
    /// Answers in the run.
    pub n: f64,
    /// Share passed among truly right answers.
    pub sensitivity: f64,
    /// Truly right answers in the calibration set.
    pub positives: f64,
    /// Share failed among truly wrong answers.
    pub specificity: f64,
    /// Truly wrong answers in the calibration set.
    pub negatives: f64,
}

impl JudgeCalibration {
    /// From counts: passed of `n`; passed of truly right ones; failed of truly wrong ones.
    pub fn from_counts(run: (f64, f64), right: (f64, f64), wrong: (f64, f64)) -> Result<Self, StatsError> {
        Ok(Self {
            passed: proportion(run.0, run.1)?,
            n: run.1,
            sensitivity: proportion(right.0, right.1)?,
            positives: right.1,
            specificity: proportion(wrong.0, wrong.1)?,
            negatives: wrong.1,
        })
    }

    /// Youden's index: sensitivity + specificity - 1; 0 for a judge that does not look.
    pub fn youden(&self) -> f64 {
        self.sensitivity + self.specificity - 1.0
    }

    fn check(&self) -> Result<(), StatsError> {
        for (share, n) in
            [(self.passed, self.n), (self.sensitivity, self.positives), (self.specificity, self.negatives)]
        {
            proportion(share * n, n)?;
        }
        Ok(())
    }
}

/// A corrected share with its delta-method interval.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct RoganGladen {
    /// Sensitivity + specificity - 1.
    pub youden_j: f64,
    /// The corrected share, not cut off at 0 and 1.
    pub corrected: Figure,
    /// Its standard error.
    pub se: Figure,
    /// Lower end of the Wald interval, not cut off.
    pub lower: Figure,
    /// Upper end of the Wald interval, not cut off.
    pub upper: Figure,
}

/// Rogan and Gladen's correction of a share for a judge's errors, with the delta-method interval.
///
/// *Estimates* the share of answers that are truly right.
///
/// *Assumes* the judge errs on this run as often as on the calibration set: that sensitivity and specificity carry over
/// between systems and case mixes. The run and the two calibration sets are independent.
///
/// *Misleads* when they do not carry over: a specificity that fell from .85 to .70 shifted the result by 7.7 points. And by
/// its interval, which is too narrow near 0 and 1 and has no width when judge and run are all right; use
/// [`lang_reiczigel`]. A judge no better than chance identifies nothing.
///
/// *Formula* `θ = (p + q₀ - 1)/J`, `J = q₀ + q₁ - 1`; `SE² = (p(1-p)/n + (1-θ)² q₀(1-q₀)/m₀ + θ² q₁(1-q₁)/m₁)/J²`.
///
/// *Reference* Rogan and Gladen, Am J Epidemiol 1978; 107: 71-76. Point checked against judgy 0.1.0:
///
/// ```
/// use bedside_stats::{Level, correction::{JudgeCalibration, rogan_gladen}};
/// let judge = JudgeCalibration::from_counts((640.0, 1000.0), (46.0, 50.0), (41.0, 50.0))?;
/// let found = rogan_gladen(&judge, Level::NINETY_FIVE)?;
/// assert!((found.corrected.number().expect("an informative judge") - 23.0 / 37.0).abs() < 1e-12);
/// assert!((found.se.number().expect("an informative judge") - 0.047_236_234_841).abs() < 1e-12);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn rogan_gladen(judge: &JudgeCalibration, level: Level) -> Result<RoganGladen, StatsError> {
    judge.check()?;
    let JudgeCalibration { passed: p, n, sensitivity: q1, positives: m1, specificity: q0, negatives: m0 } = *judge;
    let j = judge.youden();
    if j <= f64::EPSILON {
        let none = Figure::NotIdentifiable;
        return Ok(RoganGladen { youden_j: j, corrected: none, se: none, lower: none, upper: none });
    }
    let theta = (p + q0 - 1.0) / j;
    let se = spread(p, n, theta, (q0, m0), (q1, m1)).sqrt() / j;
    let half = normal_upper(level.tail()) * se;
    Ok(RoganGladen {
        youden_j: j,
        corrected: Figure::from(theta),
        se: Figure::from(se),
        lower: Figure::from(theta - half),
        upper: Figure::from(theta + half),
    })
}

/// Variance of the numerator of the corrected share, uncertainty of both error rates included.
fn spread(p: f64, n: f64, theta: f64, (q0, m0): (f64, f64), (q1, m1): (f64, f64)) -> f64 {
    p * (1.0 - p) / n + (1.0 - theta).powi(2) * q0 * (1.0 - q0) / m0 + theta.powi(2) * q1 * (1.0 - q1) / m1
}

/// Lang and Reiczigel's interval and the numbers behind it.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct LangReiczigel {
    /// The share from the adjusted counts.
    pub theta_adj: f64,
    /// Shift of the centre.
    pub dtheta: f64,
    /// Standard error from the adjusted counts.
    pub se: f64,
    /// Lower end, not cut off at 0.
    pub lower: f64,
    /// Upper end, not cut off at 1.
    pub upper: f64,
}

/// Lang and Reiczigel's interval for a share corrected by sensitivity and specificity; `None` when the judge is no better
/// than chance, before or after the adjustment.
///
/// *Estimates* as [`rogan_gladen`]. *Assumes* the same; *misleads* by the same.
///
/// *Formula* `z²/2` added to the run's passes and failures, 1 to each cell of the calibration; then Rogan and Gladen's `θ`
/// and SE from the adjusted counts, centred at `θ + 2z²[θ q₁(1-q₁)/m₁ - (1-θ) q₀(1-q₀)/m₀]`.
///
/// *Reference* Lang and Reiczigel, Prev Vet Med 2014; 113: 13-22. Lee et al. 2026, arXiv 2511.21140, whose published code
/// gives the same interval:
///
/// ```
/// use bedside_stats::{Level, correction::{JudgeCalibration, lang_reiczigel}};
/// let judge = JudgeCalibration::from_counts((640.0, 1000.0), (46.0, 50.0), (41.0, 50.0))?;
/// let found = lang_reiczigel(&judge, Level::NINETY_FIVE)?.expect("an informative judge");
/// assert!((found.lower - 0.528_581_587_344).abs() < 1e-11 && (found.upper - 0.727_375_759_538).abs() < 1e-11);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn lang_reiczigel(judge: &JudgeCalibration, level: Level) -> Result<Option<LangReiczigel>, StatsError> {
    judge.check()?;
    let z = normal_upper(level.tail());
    let n = judge.n + z * z;
    let p = (judge.n * judge.passed + z * z / 2.0) / n;
    let (m0, m1) = (judge.negatives + 2.0, judge.positives + 2.0);
    let q0 = (judge.negatives * judge.specificity + 1.0) / m0;
    let q1 = (judge.positives * judge.sensitivity + 1.0) / m1;
    let j = q0 + q1 - 1.0;
    if j <= f64::EPSILON || judge.youden() <= f64::EPSILON {
        return Ok(None);
    }
    let theta_adj = (p + q0 - 1.0) / j;
    let (in_wrong, in_right) = (q0 * (1.0 - q0) / m0, q1 * (1.0 - q1) / m1);
    let dtheta = 2.0 * z * z * (theta_adj * in_right - (1.0 - theta_adj) * in_wrong);
    let se = spread(p, n, theta_adj, (q0, m0), (q1, m1)).sqrt() / j;
    let centre = theta_adj + dtheta;
    Ok(Some(LangReiczigel { theta_adj, dtheta, se, lower: centre - z * se, upper: centre + z * se }))
}

/// The corrected share as an estimate: Rogan and Gladen's, with Lang and Reiczigel's interval, both cut off at 0 and 1.
///
/// `None` when the judge is no better than chance. *Estimates*, *assumes* and *misleads* as [`rogan_gladen`].
///
/// *Formula* see there; the interval is at least Wilson's around the value, as if the truth of all `n` answers had been seen.
/// *Reference* as [`lang_reiczigel`].
///
/// ```
/// use bedside_stats::{Level, correction::{JudgeCalibration, corrected_share}};
/// let judge = JudgeCalibration::from_counts((640.0, 1000.0), (46.0, 50.0), (41.0, 50.0))?;
/// assert_eq!(corrected_share(&judge, Level::NINETY_FIVE)?.expect("informative").to_string(), "0.622 [0.529, 0.727]");
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn corrected_share(judge: &JudgeCalibration, level: Level) -> Result<Option<Estimate>, StatsError> {
    let Some(theta) = rogan_gladen(judge, level)?.corrected.number() else { return Ok(None) };
    let theta = theta.clamp(0.0, 1.0);
    let (low, high) = lang_reiczigel(judge, level)?.map_or((0.0, 1.0), |found| (found.lower, found.upper));
    // No judge makes a share better known than seeing the truth of every answer would. Without this, limits that lie
    // off the scale would be cut off to an interval without width.
    let seen = wilson((theta * judge.n).clamp(0.0, judge.n), judge.n, level)?;
    let ci = Interval::new(low.clamp(0.0, seen.lower()), high.clamp(seen.upper(), 1.0), level)?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of cases")]
    let n = judge.n.round() as u64;
    let says = vec![
        format!(
            "sensitivity {:.2} and specificity {:.2}, from {} right and {} wrong answers elsewhere, hold for this run",
            judge.sensitivity, judge.specificity, judge.positives, judge.negatives
        ),
        "answers drawn independently".to_owned(),
    ];
    let sample = Sample { n_items: n, n_clusters: n, n_epochs: 1 };
    Estimate::new(theta, ci, Method::named("rogan_gladen_lang_reiczigel"), sample, says).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(run: (f64, f64), right: (f64, f64), wrong: (f64, f64)) -> JudgeCalibration {
        JudgeCalibration::from_counts(run, right, wrong).expect("counts")
    }

    #[test]
    fn a_judge_that_does_not_look_identifies_nothing() {
        for wrong in [(10.0, 20.0), (2.0, 20.0)] {
            let blind = judge((500.0, 1000.0), (10.0, 20.0), wrong);
            assert_eq!(rogan_gladen(&blind, Level::NINETY_FIVE).expect("counts").corrected, Figure::NotIdentifiable);
            assert_eq!(lang_reiczigel(&blind, Level::NINETY_FIVE), Ok(None));
            assert_eq!(corrected_share(&blind, Level::NINETY_FIVE), Ok(None));
        }
    }

    #[test]
    fn all_right_everywhere_is_not_certain() {
        let perfect = judge((50.0, 50.0), (10.0, 10.0), (10.0, 10.0));
        let share = corrected_share(&perfect, Level::NINETY_FIVE).expect("counts").expect("informative");
        assert!((share.value() - 1.0).abs() < 1e-15 && share.ci().lower() < 0.95, "{share}");
        let none = judge((0.0, 50.0), (10.0, 10.0), (10.0, 10.0));
        let share = corrected_share(&none, Level::NINETY_FIVE).expect("counts").expect("informative");
        assert!(share.ci().upper() > 0.05, "{share}");
    }

    #[test]
    fn fewer_passes_than_false_alarms_keep_a_width() {
        let share = corrected_share(&judge((20.0, 200.0), (20.0, 25.0), (10.0, 25.0)), Level::NINETY_FIVE);
        let share = share.expect("counts").expect("informative");
        assert!(share.value().abs() < 1e-15 && share.ci().width() > 0.015, "{share}");
    }

    #[test]
    fn empty_calibration_is_refused() {
        assert!(JudgeCalibration::from_counts((5.0, 10.0), (0.0, 0.0), (1.0, 2.0)).is_err());
        let odd = JudgeCalibration { passed: 1.2, ..judge((5.0, 10.0), (1.0, 2.0), (1.0, 2.0)) };
        assert!(rogan_gladen(&odd, Level::NINETY_FIVE).is_err());
    }
}
