//! Agreement beyond chance, for any number of raters, with weights and missing cells.

mod parts;

use self::parts::{parts, prepare};
use super::envelope::{Unit, envelope};
use super::{Ratings, Weights};
use crate::quantile::student_upper;
use crate::{Estimate, Figure, Interval, Level, Method, Sample, StatsError};

/// Which chance is subtracted.
///
/// All five coefficients are `(pa - pe) / (1 - pe)`. They share the observed agreement `pa` (Krippendorff's weighs units by
/// their ratings) and differ in what they call chance:
///
/// | coefficient | chance: two raters agree as if | Cohen-like paradox |
/// | --- | --- | --- |
/// | Brennan-Prediger | each chose every category equally often | no |
/// | Gwet AC1, AC2 | a share of ratings were random, more of it the more categories are in use | no |
/// | Fleiss | both drew from the shares of all ratings | yes |
/// | Conger, for two raters Cohen | each drew from the own shares | yes |
/// | Krippendorff | both drew from the ratings of the sample, without putting back | yes |
///
/// The paradox: when nearly all units belong to one category, raters may agree on 94 % and have a kappa below 0. Kappa then
/// answers "do they tell the rare category apart?", AC1 "how often do they agree for a reason?". Show both, beside the raw
/// agreement: [`super::Summary`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coefficient {
    /// Brennan and Prediger's; Randolph's free-marginal kappa, and for two categories PABAK.
    BrennanPrediger,
    /// Fleiss' kappa; for two raters Scott's pi.
    Fleiss,
    /// Conger's kappa; for two raters Cohen's.
    Conger,
    /// Gwet's AC1, with weights AC2.
    Gwet,
    /// Krippendorff's alpha.
    Krippendorff,
}

/// A chance-corrected coefficient with its parts.
#[derive(Debug, Clone, PartialEq)]
pub struct ChanceCorrected<'a> {
    ratings: &'a Ratings,
    weights: Vec<Vec<f64>>,
    coefficient: Coefficient,
    value: Figure,
    agreement: f64,
    chance: f64,
    variance: f64,
    n: usize,
}

/// Chance-corrected agreement of raters on units.
///
/// *Estimates* the share of the agreement that chance leaves open which the raters reached, on units like these. 1 is perfect,
/// 0 what chance gives; what chance means depends on the coefficient, see [`Coefficient`].
///
/// *Assumes* units (or clusters of them) are drawn independently; raters did not confer; cells are missing for no reason that
/// has to do with the rating. The raters are these raters.
///
/// *Misleads* when one coefficient is shown alone: with a rare category kappa is near 0 and AC1 near 1 on the same ratings, and
/// both are right. Comparing coefficients across benchmarks with other prevalence or other categories compares the benchmarks.
/// The t interval from the standard error, which others print, covers 0.25 instead of 0.95 at 20 units and a kappa of 0.97, 0.21
/// at 20 units, a category of 5 % and a kappa of 0.4; [`ChanceCorrected::estimate`] does not use it.
///
/// *Formula* `(pa - pe) / (1 - pe)`. `pa`: mean over units with two or more ratings of the mean weight of their pairs. `pe`: with
/// shares `π_k` (means over units of each unit's shares) and weights `w`: Brennan-Prediger `Σw/q²`; Fleiss `Σ w_kl π_k π_l`;
/// Gwet `Σw Σ π_k(1-π_k) / (q(q-1))`; Conger the mean over pairs of raters of `Σ w_kl π_gk π_hl`; Krippendorff
/// as Fleiss on pairable ratings, each weighing the same, with `pa = (1-ε)pa' + ε`, `ε` = 1 / pairable ratings. Standard error
/// by linearisation over units.
///
/// *Reference* Gwet, Br J Math Stat Psychol 2008; 61: 29-48; Handbook of Inter-Rater Reliability, 4th ed. 2014, whose page 120 has
/// this example. Conger, Psychol Bull 1980; 88: 322-328. Checked against irrCAC 0.4.4:
///
/// ```
/// use bedside_stats::agreement::{Coefficient, Ratings, Weights, chance_corrected};
/// let (a, b, c, d) = (
///     [1., 2., 3., 3., 2., 1., 4., 1., 2., 0., 0., 0.],
///     [1., 2., 3., 3., 2., 2., 4., 1., 2., 5., 0., 3.],
///     [0., 3., 3., 3., 2., 3., 4., 2., 2., 5., 1., 0.],
///     [1., 2., 3., 3., 2., 4., 4., 1., 2., 5., 1., 0.],
/// );
/// let row = |rater: [f64; 12]| rater.map(|grade| (grade > 0.0).then_some(grade)).to_vec();
/// let ratings = Ratings::by_rater(&[row(a), row(b), row(c), row(d)])?;
/// let ac1 = chance_corrected(&ratings, Weights::Identity, Coefficient::Gwet)?;
/// assert!((ac1.value().number().expect("defined") - 0.77544).abs() < 5e-6);
/// assert!((ac1.standard_error().number().expect("twelve units") - 0.14295).abs() < 5e-6);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn chance_corrected(
    ratings: &Ratings,
    weights: Weights,
    coefficient: Coefficient,
) -> Result<ChanceCorrected<'_>, StatsError> {
    let too_few = |needs: &str, found: String| {
        Err(StatsError::TooFew { method: "chance-corrected agreement", needs: needs.into(), found })
    };
    if ratings.n_raters() < 2 {
        return too_few("2 raters", ratings.n_raters().to_string());
    }
    if ratings.n_pairable() == 0 {
        return too_few("1 unit with two ratings", "none".into());
    }
    if coefficient == Coefficient::Conger
        && !(0..ratings.n_raters()).all(|g| ratings.units().iter().flatten().any(|cell| cell.rater == g))
    {
        return too_few("1 rating from every rater", "a rater with none".into());
    }
    let weights = weights.matrix(ratings.categories())?;
    let units: Vec<Unit> = ratings.units().iter().map(|cells| prepare(cells.clone(), &weights)).collect();
    let weighted: Vec<(f64, &Unit)> = units.iter().map(|unit| (1.0, unit)).collect();
    let parts = parts(&weighted, &weights, ratings.n_raters(), coefficient);
    let (variance, n) = parts.variance(&units, &weights);
    Ok(ChanceCorrected {
        ratings,
        weights,
        coefficient,
        value: Figure::from(parts.value()),
        agreement: parts.agreement,
        chance: parts.chance,
        variance,
        n,
    })
}

impl ChanceCorrected<'_> {
    /// The coefficient; undefined when chance agreement is 1, as for kappa when every rating is the same.
    pub fn value(&self) -> Figure {
        self.value
    }

    /// Observed agreement `pa`.
    pub fn agreement(&self) -> f64 {
        self.agreement
    }

    /// Chance agreement `pe`.
    pub fn chance(&self) -> f64 {
        self.chance
    }

    /// Standard error over units, each taken as independent; undefined for one unit. 0 without disagreement, which is no
    /// certainty.
    pub fn standard_error(&self) -> Figure {
        Figure::from(self.variance.sqrt())
    }

    /// The t interval that others print, cut off at 1; none when it would be undefined or without width. It misleads, see
    /// [`chance_corrected`].
    pub fn t_interval(&self, level: Level) -> Option<Interval> {
        let (value, se) = (self.value.number()?, self.standard_error().number()?);
        let half = student_upper(self.n as f64 - 1.0, level.tail()) * se;
        Interval::new(value - half, (value + half).min(1.0).max(value), level).ok().filter(|_| half > 1e-12)
    }

    /// The coefficient with an interval that holds near 1 and for rare categories too: resampled units, and one more that
    /// agrees or differs. An error when the coefficient is undefined.
    ///
    /// In simulation kappa, AC1 and alpha covered 0.938 or more at 20 and 50 units, two and three raters, two to five categories
    /// (a rarest one of 2 %) and any agreement, mostly 0.96 to 0.99 (`examples/agreement.rs`). It misleads by width: with 20
    /// units and a category of 5 % kappa's is about 1 wide, because nothing is known.
    ///
    /// ```
    /// use bedside_stats::Level;
    /// use bedside_stats::agreement::{Coefficient, Ratings, Weights, chance_corrected};
    /// // 94 % agreement, and a kappa below 0.
    /// let ratings = Ratings::from_table(&[vec![118, 5], vec![2, 0]])?;
    /// let kappa = chance_corrected(&ratings, Weights::Identity, Coefficient::Conger)?;
    /// let printed_elsewhere = kappa.t_interval(Level::NINETY_FIVE).expect("disagreement");
    /// assert!(printed_elsewhere.upper() < 0.01, "as if it were known to be chance");
    /// assert!(kappa.estimate(Level::NINETY_FIVE, 7)?.ci().upper() > 0.2, "seven positives in 125, none by both, cannot tell");
    /// # Ok::<(), bedside_stats::StatsError>(())
    /// ```
    pub fn estimate(&self, level: Level, seed: u64) -> Result<Estimate, StatsError> {
        let Figure::Number(value) = self.value else {
            return Err(StatsError::Input { why: self.why_undefined() });
        };
        let interval = envelope(
            self.ratings,
            value,
            |cells| prepare(cells, &self.weights),
            |units| parts(units, &self.weights, self.ratings.n_raters(), self.coefficient).value(),
            level,
            seed,
        )?;
        Estimate::new(value, interval, Method::UNIT_ENVELOPE, sample(self.ratings), assumptions(self.ratings))
    }

    fn why_undefined(&self) -> String {
        let only = self.ratings.shares().iter().filter(|&&share| share > 0.0).count() == 1;
        let why = if only { "every rating is the same" } else { "chance agreement is 1" };
        format!("the coefficient is undefined: {why}; give the raw agreement")
    }
}

/// Units and clusters behind a coefficient.
pub(crate) fn sample(ratings: &Ratings) -> Sample {
    Sample { n_items: ratings.n_units() as u64, n_clusters: ratings.n_clusters() as u64, n_epochs: 1 }
}

/// What its interval takes for granted, in words.
pub(crate) fn assumptions(ratings: &Ratings) -> Vec<String> {
    let drawn = if ratings.n_clusters() == ratings.n_units() {
        "units drawn independently".to_owned()
    } else {
        format!("{} clusters of units drawn independently, their units are not", ratings.n_clusters())
    };
    let mut words = vec![drawn, format!("these {} raters: others may agree more or less", ratings.n_raters())];
    let missing = ratings.n_units() * ratings.n_raters() - ratings.units().iter().map(Vec::len).sum::<usize>();
    if missing > 0 {
        words.push(format!("{missing} ratings missing for no reason that has to do with them"));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Coefficient; 5] = [
        Coefficient::BrennanPrediger,
        Coefficient::Fleiss,
        Coefficient::Conger,
        Coefficient::Gwet,
        Coefficient::Krippendorff,
    ];

    fn rows(rows: &[&[f64]]) -> Ratings {
        Ratings::by_unit(&rows.iter().map(|row| row.iter().map(|&x| Some(x)).collect()).collect::<Vec<_>>())
            .expect("complete")
    }

    #[test]
    fn perfect_agreement_is_1_and_never_certain() {
        let ratings = rows(&[&[1.0, 1.0], &[2.0, 2.0], &[1.0, 1.0], &[2.0, 2.0], &[1.0, 1.0]]);
        for coefficient in ALL {
            let found = chance_corrected(&ratings, Weights::Identity, coefficient).expect("pairs");
            assert!((found.value().number().expect("defined") - 1.0).abs() < 1e-12, "{coefficient:?}");
            assert_eq!(found.t_interval(Level::NINETY_FIVE), None, "no interval without width");
            let estimate = found.estimate(Level::NINETY_FIVE, 1).expect("defined");
            assert!(estimate.ci().lower() < 0.6, "five units: {estimate}");
        }
    }

    #[test]
    fn constant_ratings_leave_kappa_undefined() {
        let ratings = rows(&[&[1.0, 1.0], &[1.0, 1.0], &[1.0, 1.0]]);
        for coefficient in [Coefficient::Fleiss, Coefficient::Conger, Coefficient::Krippendorff, Coefficient::Gwet] {
            let found = chance_corrected(&ratings, Weights::Identity, coefficient).expect("pairs");
            assert_eq!(found.value(), Figure::Undefined, "{coefficient:?}");
            let why = found.estimate(Level::NINETY_FIVE, 1).expect_err("undefined").to_string();
            assert!(why.contains("every rating is the same"), "{why}");
        }
        // On a declared scale of two, three units agree by choice: Gwet's and Brennan-Prediger's say so.
        let declared = ratings.with_categories(&[0.0, 1.0]).expect("declared");
        for coefficient in [Coefficient::Gwet, Coefficient::BrennanPrediger] {
            let found = chance_corrected(&declared, Weights::Identity, coefficient).expect("pairs");
            assert_eq!(found.value(), Figure::Number(1.0), "{coefficient:?}");
            assert!(found.estimate(Level::NINETY_FIVE, 1).expect("defined").ci().lower() < 0.5);
        }
    }

    #[test]
    fn one_unit_or_one_rater_is_refused_or_wide() {
        assert!(chance_corrected(&rows(&[&[1.0], &[2.0]]), Weights::Identity, Coefficient::Gwet).is_err());
        let one = rows(&[&[1.0, 2.0]]);
        let found = chance_corrected(&one, Weights::Identity, Coefficient::Gwet).expect("one pair");
        assert_eq!(found.standard_error(), Figure::Undefined);
        assert!(found.estimate(Level::NINETY_FIVE, 1).expect("defined").ci().width() > 1.0);
    }

    #[test]
    fn clusters_widen() {
        let cells: Vec<Vec<Option<f64>>> =
            (0..60).map(|i| vec![Some(f64::from(i / 10 % 2)), Some(f64::from(u8::from(i / 10 % 3 == 0)))]).collect();
        let alone = Ratings::by_unit(&cells).expect("complete");
        let labels: Vec<u32> = (0..60).map(|i| i / 10).collect();
        let clustered = Ratings::by_unit_in_clusters(&cells, &labels).expect("complete");
        let width = |ratings: &Ratings| {
            let found = chance_corrected(ratings, Weights::Identity, Coefficient::Gwet).expect("pairs");
            found.estimate(Level::NINETY_FIVE, 3).expect("defined").ci().width()
        };
        assert!(width(&clustered) > 1.5 * width(&alone), "{} {}", width(&clustered), width(&alone));
    }

    #[test]
    fn coefficients_do_not_depend_on_the_names_of_categories() {
        let plain = rows(&[&[1.0, 1.0, 2.0], &[2.0, 2.0, 2.0], &[3.0, 1.0, 3.0], &[3.0, 3.0, 3.0]]);
        let renamed = rows(&[&[7.0, 7.0, 5.0], &[5.0, 5.0, 5.0], &[6.0, 7.0, 6.0], &[6.0, 6.0, 6.0]]);
        for coefficient in ALL {
            let value = |ratings: &Ratings| {
                let found = chance_corrected(ratings, Weights::Identity, coefficient).expect("pairs");
                (found.value().number().expect("defined"), found.standard_error().number().expect("four units"))
            };
            let ((a, se_a), (b, se_b)) = (value(&plain), value(&renamed));
            assert!((a - b).abs() < 1e-12 && (se_a - se_b).abs() < 1e-12, "{coefficient:?}");
        }
    }
}
