//! Formulas that correct an accuracy without an audit. Diagnostic only: they hold under assumptions that are seldom true.

use crate::{Figure, StatsError};

/// Accuracy against a perfect key, from the accuracy against a key with errors. **Diagnostic only.**
///
/// *Estimates* what the accuracy would be, did the key's errors fall anywhere with equal chance.
///
/// *Assumes* a share `e` of the keys is wrong, independently of how hard the item is, and wrong keys and wrong answers are
/// spread evenly over the other options.
///
/// *Misleads* as a rule: wrong keys gather in hard items. With errors on hard items it was off by 2.9 points and its
/// interval held the truth 61 % of the time (SCIENCE.md 2.3d). Use an audit ([`super::two_phase_regression`]).
///
/// *Formula* `(a - e/(M-1)) / (1 - e - e/(M-1))` for `M` options; not identifiable when `e` is as bad as chance or worse.
/// Not cut off at 0 or 1: a result outside says that the assumptions fail.
///
/// *Reference* Rogan and Gladen, Am J Epidemiol 1978; 107: 71-76, with both error rates from `e`. By hand:
///
/// ```
/// use bedside_stats::correction::label_noise_correction;
/// let corrected = label_noise_correction(0.86, 0.05, 2)?.number().expect("better than chance");
/// assert!((corrected - 0.9).abs() < 1e-12); // 0.9·0.95 + 0.1·0.05 = 0.86
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn label_noise_correction(observed: f64, key_error: f64, options: u32) -> Result<Figure, StatsError> {
    share("observed accuracy", observed)?;
    share("label error rate", key_error)?;
    if options < 2 {
        return Err(StatsError::Input { why: format!("{options} options: a choice has at least 2") });
    }
    let by_luck = key_error / (f64::from(options) - 1.0);
    let kept = 1.0 - key_error - by_luck;
    Ok(if kept > 1e-12 { Figure::from((observed - by_luck) / kept) } else { Figure::NotIdentifiable })
}

/// Share of items known, from the share answered correctly, were all others guessed. **Diagnostic only.**
///
/// *Estimates* knowledge, if one knows or guesses.
///
/// *Assumes* what is not known is guessed among all `M` options with equal chance.
///
/// *Misleads* as a rule: who cannot tell the right option from one other guesses among two, and who is misled scores below
/// chance. Scores are never replaced by it (MEASUREMENT.md section 3: guessing is shown, not subtracted).
///
/// *Formula* `(a - 1/M) / (1 - 1/M)`; not identifiable with one option. Not cut off at 0.
///
/// *Reference* Lord and Novick, Statistical Theories of Mental Test Scores, 1968, section 14.3. By hand:
///
/// ```
/// use bedside_stats::correction::guessing_correction;
/// let knowledge = guessing_correction(0.62, 4)?.number().expect("four options");
/// assert!((knowledge - 0.37 / 0.75).abs() < 1e-12);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn guessing_correction(observed: f64, options: u32) -> Result<Figure, StatsError> {
    share("observed accuracy", observed)?;
    match options {
        0 => Err(StatsError::Input { why: "0 options: nothing to choose".into() }),
        1 => Ok(Figure::NotIdentifiable),
        m => {
            let luck = 1.0 / f64::from(m);
            Ok(Figure::from((observed - luck) / (1.0 - luck)))
        }
    }
}

fn share(name: &str, value: f64) -> Result<(), StatsError> {
    if (0.0..=1.0).contains(&value) {
        Ok(())
    } else {
        Err(StatsError::Input { why: format!("{name} {value} is not in [0, 1]") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_no_better_than_chance_says_nothing() {
        assert_eq!(label_noise_correction(0.5, 0.5, 2), Ok(Figure::NotIdentifiable));
        assert_eq!(label_noise_correction(0.5, 0.75, 4), Ok(Figure::NotIdentifiable));
        assert_eq!(label_noise_correction(0.5, 0.9, 2), Ok(Figure::NotIdentifiable));
        assert_eq!(label_noise_correction(0.7, 0.0, 4), Ok(Figure::Number(0.7)));
    }

    #[test]
    fn results_off_the_scale_are_shown() {
        assert!(label_noise_correction(0.01, 0.1, 2).expect("shares").number().expect("a number") < 0.0);
        assert!(guessing_correction(0.1, 4).expect("a share").number().expect("a number") < 0.0);
        assert_eq!(guessing_correction(0.1, 1), Ok(Figure::NotIdentifiable));
        assert!(guessing_correction(1.1, 4).is_err() && guessing_correction(0.5, 0).is_err());
        assert!(label_noise_correction(0.5, f64::NAN, 2).is_err() && label_noise_correction(0.5, 0.1, 1).is_err());
    }
}
