//! Ends of the intervals of the six intraclass correlations: by F, and of absolute agreement by generalised pivots.

use super::{Icc, IccKind};
use crate::Level;
use crate::agreement::envelope::{dice, gamma};
use crate::agreement::law::f_quantile;
use crate::bootstrap::{RESAMPLES, at};

/// Lower and upper end of ICC(2,1) or ICC(2,k), by draws of the three variances that would give these mean squares.
///
/// F with Satterthwaite's freedom, which others print, covers 0.79 for three judges who differ in level, 200 targets and a
/// correlation of 0.95.
pub(super) fn pivots(icc: &Icc, single: bool, level: Level, seed: u64) -> Option<(f64, f64)> {
    let (n, k) = (icc.targets as f64, icc.judges as f64);
    let mut draws: Vec<f64> = (0..RESAMPLES)
        .map(|index| {
            let mut dice = dice(seed, index);
            let mut variance = |square: f64, freedom: f64| square * freedom / 2.0 / gamma(freedom / 2.0, &mut dice);
            let targets = variance(icc.ms_targets, n - 1.0);
            let judges = variance(icc.ms_judges, k - 1.0);
            let error = variance(icc.ms_error, (n - 1.0) * (k - 1.0));
            let (own, level) = ((targets - error) / k, ((judges - error) / n).max(0.0));
            own / (own + (level + error) / if single { 1.0 } else { k })
        })
        .filter(|draw| draw.is_finite())
        .collect();
    draws.sort_by(f64::total_cmp);
    (!draws.is_empty()).then(|| (at(&draws, level.tail()), at(&draws, 1.0 - level.tail())))
}

/// Lower and upper end; none when an F is not finite.
pub(super) fn ends(icc: &Icc, kind: IccKind, level: Level) -> Option<(f64, f64)> {
    let (n, k) = (icc.targets as f64, icc.judges as f64);
    let ends = match kind {
        IccKind::OneWaySingle | IccKind::OneWayMean => {
            f_ends(icc.ms_targets, icc.ms_within, (n - 1.0, n * (k - 1.0)), kind == IccKind::OneWaySingle, k, level)
        }
        IccKind::ConsistencySingle | IccKind::ConsistencyMean => {
            let freedoms = (n - 1.0, (n - 1.0) * (k - 1.0));
            f_ends(icc.ms_targets, icc.ms_error, freedoms, kind == IccKind::ConsistencySingle, k, level)
        }
        IccKind::AgreementSingle => agreement(icc, level),
        IccKind::AgreementMean => {
            let (lower, upper) = agreement(icc, level);
            // Spearman and Brown's formula rises with the correlation above its pole at -1/(k-1).
            let mean = |r: f64| k * r / (1.0 + (k - 1.0) * r);
            (if 1.0 + (k - 1.0) * lower > 0.0 { mean(lower) } else { f64::NEG_INFINITY }, mean(upper))
        }
    };
    (ends.0.is_finite() && ends.1.is_finite()).then_some(ends)
}

/// From F = between / within and its quantiles.
fn f_ends(between: f64, within: f64, freedoms: (f64, f64), single: bool, k: f64, level: Level) -> (f64, f64) {
    let (first, second) = freedoms;
    let f = between / within;
    let low = f / f_quantile(first, second, 1.0 - level.tail());
    let high = f * f_quantile(second, first, 1.0 - level.tail());
    let of = |f: f64| if single { (f - 1.0) / (f + k - 1.0) } else { 1.0 - 1.0 / f };
    (of(low), of(high))
}

/// ICC(2,1): the judges' variance enters, so that the freedom of the denominator is Satterthwaite's.
fn agreement(icc: &Icc, level: Level) -> (f64, f64) {
    let (n, k) = (icc.targets as f64, icc.judges as f64);
    let Icc { ms_targets: targets, ms_error: left, .. } = *icc;
    let icc2 = (targets - left) / (targets + (k - 1.0) * left + k * (icc.ms_judges - left) / n);
    // Multiplied through by the error's mean square, which may be 0.
    let judges = k * icc2 * icc.ms_judges;
    let error = (n * (1.0 + (k - 1.0) * icc2) - k * icc2) * left;
    let freedom = (k - 1.0) * (n - 1.0) * (judges + error).powi(2) / ((n - 1.0) * judges.powi(2) + error.powi(2));
    let freedom = if freedom.is_finite() { freedom } else { (k - 1.0) * (n - 1.0) };
    let low = f_quantile(n - 1.0, freedom, 1.0 - level.tail());
    let high = f_quantile(freedom, n - 1.0, 1.0 - level.tail());
    let others = k * icc.ms_judges + (k * n - k - n) * left;
    (
        n * (targets - low * left) / (low * others + n * targets),
        n * (high * targets - left) / (others + n * high * targets),
    )
}
