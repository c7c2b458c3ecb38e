//! Raw agreement, kappa, AC1 and alpha side by side: no report shows one of them alone.

use super::krippendorff::{Metric, krippendorff};
use super::{Coefficient, Ratings, Weights, chance_corrected};
use crate::{ClusterKind, Design, Estimate, Level, Observation, Scale01, StatsError};
use serde::Serialize;
use std::fmt;

/// With this share of ratings in one category kappa is called hard to read; at 0.8, raters who agree on 90 % by raw count have a kappa of
/// 0.69 at best guess, at 0.95 often below 0.3.
const ONE_CATEGORY: f64 = 0.8;

/// Agreement of raters on categories in four numbers.
///
/// *Estimates* how often raters agree (raw), and how far beyond chance by three notions of chance: each rater's own shares (kappa, Conger's;
/// for two raters Cohen's), hard-to-tell units (AC1), and all ratings pooled (alpha, nominal).
///
/// *Assumes* as [`chance_corrected`]. *Misleads* when one number is taken from it. High raw agreement and AC1 with a low kappa are no
/// contradiction: the raters agree, and the rare category is too rare to show whether they tell it apart (the prevalence paradox). The
/// notes say so.
///
/// *Formula* see the coefficients. *Reference* Feinstein and Cicchetti, J Clin Epidemiol 1990; 43: 543-549, for the paradox.
///
/// ```
/// use bedside_stats::{Level, agreement::{Ratings, Summary}};
/// let summary = Summary::new(&Ratings::from_table(&[vec![118, 5], vec![2, 0]])?, Level::NINETY_FIVE, 7)?;
/// assert_eq!(format!("{:.3}", summary.raw.value()), "0.944");
/// assert_eq!(format!("{:.3}", summary.kappa.as_ref().expect("defined").value()), "-0.023");
/// assert_eq!(format!("{:.3}", summary.ac1.as_ref().expect("defined").value()), "0.941");
/// assert!(summary.notes[0].starts_with("97 % of ratings are one category"));
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// Mean over units of the share of pairs of raters who agree.
    pub raw: Estimate,
    /// Conger's kappa, Cohen's for two raters; none when undefined.
    pub kappa: Option<Estimate>,
    /// Gwet's AC1; none when undefined.
    pub ac1: Option<Estimate>,
    /// Krippendorff's nominal alpha; none when undefined.
    pub alpha: Option<Estimate>,
    /// Largest share of all ratings that fell on one category.
    pub largest_share: f64,
    /// What a reader must know before using one of the numbers.
    pub notes: Vec<String>,
}

impl Summary {
    /// The four numbers with intervals, from one seed.
    pub fn new(ratings: &Ratings, level: Level, seed: u64) -> Result<Self, StatsError> {
        let of = |coefficient| -> Result<Option<Estimate>, StatsError> {
            let found = chance_corrected(ratings, Weights::Identity, coefficient)?;
            found.value().number().map(|_| found.estimate(level, seed)).transpose()
        };
        let alpha = krippendorff(ratings, Metric::Nominal)?;
        let alpha = alpha.alpha.number().map(|_| alpha.estimate(level, seed)).transpose()?;
        let largest_share = ratings.shares().into_iter().fold(0.0, f64::max);
        let raw = raw(ratings, level)?;
        let (kappa, ac1) = (of(Coefficient::Conger)?, of(Coefficient::Gwet)?);
        let notes = notes(&raw, kappa.as_ref(), largest_share);
        Ok(Self { raw, kappa, ac1, alpha, largest_share, notes })
    }
}

/// Raw agreement with the interval of a mean score.
fn raw(ratings: &Ratings, level: Level) -> Result<Estimate, StatsError> {
    let pairable = ratings.units().iter().zip(ratings.clusters()).filter(|(cells, _)| cells.len() > 1);
    let observations: Vec<Observation> = (0_u32..)
        .zip(pairable)
        .map(|(item, (cells, &cluster))| {
            let n = cells.len() as f64;
            let same: f64 = cells
                .iter()
                .map(|cell| cells.iter().filter(|other| other.category == cell.category).count() as f64 - 1.0)
                .sum();
            let cluster = u32::try_from(cluster).unwrap_or(u32::MAX);
            Observation { item, cluster, epoch: 0, score: same / (n * (n - 1.0)) }
        })
        .collect();
    let binary = ratings.units().iter().all(|cells| cells.len() < 3);
    let scale = if binary { Scale01::Binary } else { Scale01::Continuous };
    Design { scale, clusters: ClusterKind::Sampled("cluster".into()), level }.mean_estimate(&observations)
}

fn notes(raw: &Estimate, kappa: Option<&Estimate>, largest_share: f64) -> Vec<String> {
    let percent = (largest_share * 100.0).round();
    match kappa {
        None => vec![
            "every rating is the same: raters agree, and nothing shows whether they would tell another category apart"
                .into(),
        ],
        Some(kappa) if largest_share >= ONE_CATEGORY => vec![format!(
            "{percent} % of ratings are one category: kappa ({:.2}) asks whether raters tell the rest apart, raw agreement ({:.2}) \
             how often they agree; rate more units of the rest before reading kappa",
            kappa.value(),
            raw.value(),
        )],
        Some(_) => Vec::new(),
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "raw agreement  {}", self.raw)?;
        for (name, estimate) in [("kappa", &self.kappa), ("AC1", &self.ac1), ("alpha", &self.alpha)] {
            match estimate {
                Some(estimate) => writeln!(f, "{name:<13}  {estimate}")?,
                None => writeln!(f, "{name:<13}  undefined")?,
            }
        }
        self.notes.iter().try_for_each(|note| writeln!(f, "note: {note}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feinstein and Cicchetti's pair of tables: the same raw agreement, another prevalence.
    #[test]
    fn kappa_falls_with_prevalence_and_ac1_does_not() {
        let of = |table: [[u64; 2]; 2]| {
            let ratings = Ratings::from_table(&table.map(|row| row.to_vec())).expect("square");
            let summary = Summary::new(&ratings, Level::NINETY_FIVE, 1).expect("pairs");
            let kappa = summary.kappa.expect("defined").value();
            (summary.raw.value(), kappa, summary.ac1.expect("defined").value(), summary.notes.len())
        };
        let (even, even_kappa, even_ac1, even_notes) = of([[40, 9], [6, 45]]);
        let (rare, rare_kappa, rare_ac1, rare_notes) = of([[80, 10], [5, 5]]);
        assert!((even - 0.85).abs() < 1e-12 && (rare - 0.85).abs() < 1e-12);
        assert!((even_kappa - 0.70).abs() < 0.005 && (rare_kappa - 0.32).abs() < 0.005, "{even_kappa} {rare_kappa}");
        assert!((even_ac1 - 0.70).abs() < 0.005 && (rare_ac1 - 0.81).abs() < 0.005, "{even_ac1} {rare_ac1}");
        assert_eq!((even_notes, rare_notes), (0, 1));
    }

    #[test]
    fn it_prints_four_lines_and_its_notes() {
        let ratings = Ratings::from_table(&[vec![12, 0], vec![0, 0]]).expect("square");
        let text = Summary::new(&ratings, Level::NINETY_FIVE, 1).expect("pairs").to_string();
        assert!(
            text.starts_with("raw agreement  1.000 [0.735, 1.000]\nkappa          undefined\nAC1            1.000 ["),
            "{text}"
        );
        assert!(text.contains("alpha          undefined\nnote: every rating is the same"), "{text}");
    }

    #[test]
    fn several_raters_with_missing_cells() {
        let rows: Vec<Vec<Option<f64>>> = (0..30)
            .map(|i| (0..3).map(|r| (r != i % 5).then_some(f64::from(u8::from((i + r) % 4 == 0)))).collect())
            .collect();
        let summary = Summary::new(&Ratings::by_unit(&rows).expect("30 units"), Level::NINETY_FIVE, 1).expect("pairs");
        assert_eq!(summary.raw.sample().n_items, 30);
        assert!(summary.alpha.expect("defined").ci().width() > 0.1);
    }
}
