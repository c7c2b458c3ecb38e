//! Differential item functioning: an item that is harder for one group than for another of the same ability.

use super::Responses;
use crate::quantile::normal_upper;
use crate::{Figure, StatsError};
use statrs::distribution::{ChiSquared, ContinuousCDF};
use std::collections::BTreeMap;

/// ETS's delta scale: log odds ratios times this, with the sign turned.
const DELTA: f64 = -2.35;
/// Below this many takers in either group a finding is exploratory (SCIENCE.md section 1.3).
pub const TAKERS_A_GROUP: f64 = 200.0;

/// Answers of takers of about the same ability: the numbers right and wrong in each group.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stratum {
    /// Right and wrong in the reference group.
    pub reference: [f64; 2],
    /// Right and wrong in the focal group.
    pub focal: [f64; 2],
}

/// Which group a taker belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// The group compared with.
    Reference,
    /// The group of interest.
    Focal,
}

/// How large the difference is, by the rule of the Educational Testing Service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Negligible: |delta| below 1, or not significantly different from 0.
    A,
    /// Between A and C.
    B,
    /// Large: |delta| at least 1.5, and significantly above 1.
    C,
}

/// Mantel and Haenszel's comparison over strata.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dif {
    /// Common odds ratio, reference against focal: above 1, the item favours the reference group.
    pub odds_ratio: Figure,
    /// Its logarithm.
    pub ln_odds_ratio: Figure,
    /// Standard error of the logarithm (Robins, Breslow and Greenland).
    pub se: Option<f64>,
    /// Chi-square with continuity correction, one degree of freedom.
    pub chi_square_corrected: Figure,
    /// Its p-value.
    pub p_corrected: Figure,
    /// Chi-square without correction.
    pub chi_square: Figure,
    /// Its p-value.
    pub p: Figure,
    /// Breslow and Day's chi-square for odds ratios that differ between strata; strata less one degrees of freedom.
    pub breslow_day: Figure,
    /// Its p-value.
    pub breslow_day_p: Figure,
    /// ETS's delta, `-2.35 ln OR`: negative, the item is harder for the focal group.
    pub delta: Figure,
    /// ETS's class; `None` without a finite delta and its error.
    pub class: Option<Class>,
    /// A group is smaller than [`TAKERS_A_GROUP`]: something to look into, no finding.
    pub exploratory: bool,
}

/// Mantel and Haenszel's test for an item that functions differently in two groups.
///
/// *Estimates* the odds ratio of a right answer, reference against focal group, among takers of the same ability.
///
/// *Assumes* takers are independent; ability is the same within a stratum; the odds ratio is the same in all strata (see
/// `breslow_day`).
///
/// *Misleads* with few takers, hence `exploratory` below 200 a group; when the matching score itself consists of items that
/// favour one group; and when the difference turns round along ability, which cancels here. Systems of one family are not
/// independent takers.
///
/// *Formula* `OR = Σ a d/n / Σ b c/n`; `χ² = (|Σ a - Σ E a| - c)² / Σ Var a` with `c` 0 or ½ (no more than the difference).
///
/// *Reference* Holland and Thayer, in Wainer and Braun, Test Validity, 1988. Robins, Breslow and Greenland, Biometrics 1986; 42:
/// 311-323. Zwick, ETS RR-12-08, 2012, for the classes. Admissions to Berkeley in 1973, six departments, men against women
/// (Bickel et al., Science 1975; 187: 398-404), for which R's `mantelhaen.test` prints 0.9046968:
///
/// ```
/// use bedside_stats::items::dif::{Stratum, mantel_haenszel};
/// let berkeley = [
///     [512.0, 313.0, 89.0, 19.0],
///     [353.0, 207.0, 17.0, 8.0],
///     [120.0, 205.0, 202.0, 391.0],
///     [138.0, 279.0, 131.0, 244.0],
///     [53.0, 138.0, 94.0, 299.0],
///     [22.0, 351.0, 24.0, 317.0],
/// ];
/// let strata = berkeley.map(|[a, b, c, d]| Stratum { reference: [a, b], focal: [c, d] });
/// let found = mantel_haenszel(&strata)?;
/// assert!((found.odds_ratio.number().expect("finite") - 0.904_696_8).abs() < 1e-7);
/// assert!((found.chi_square_corrected.number().expect("finite") - 1.426_9).abs() < 1e-4);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn mantel_haenszel(strata: &[Stratum]) -> Result<Dif, StatsError> {
    if strata.is_empty() {
        return Err(StatsError::Empty);
    }
    for Stratum { reference: [a, b], focal: [c, d] } in strata {
        if let Some(cell) = [a, b, c, d].into_iter().find(|cell| !cell.is_finite() || **cell < 0.0) {
            return Err(StatsError::Input { why: format!("a stratum counts {cell} takers") });
        }
    }
    // A stratum with one group, or where all answer alike, compares nothing.
    let telling: Vec<Table> = strata.iter().map(Table::new).filter(Table::compares).collect();
    let sum = |of: fn(&Table) -> f64| telling.iter().map(of).sum::<f64>();
    let (same, cross) = (sum(|t| t.a * t.d / t.n()), sum(|t| t.b * t.c / t.n()));
    let odds_ratio = Figure::ratio(same, cross);
    let ln_odds_ratio = Figure::from((same / cross).ln());
    let finite = same > 0.0 && cross > 0.0;
    let se = finite.then(|| robins_breslow_greenland(&telling, same, cross));
    let excess = (sum(|t| t.a) - sum(|t| t.reference() * t.right() / t.n())).abs();
    let variance = sum(|t| t.reference() * t.focal() * t.right() * t.wrong() / (t.n() * t.n() * (t.n() - 1.0)));
    let chi_square = Figure::ratio(excess.powi(2), variance);
    let chi_square_corrected = Figure::ratio((excess - excess.min(0.5)).powi(2), variance);
    let breslow_day = if finite { breslow_day(&telling, same / cross) } else { Figure::Undefined };
    let delta = Figure::from(DELTA * (same / cross).ln());
    let p_corrected = above(chi_square_corrected, 1.0);
    let size = |of: fn(&Stratum) -> [f64; 2]| strata.iter().flat_map(of).sum::<f64>();
    Ok(Dif {
        odds_ratio,
        ln_odds_ratio,
        se,
        chi_square_corrected,
        p_corrected,
        chi_square,
        p: above(chi_square, 1.0),
        breslow_day,
        breslow_day_p: above(breslow_day, telling.len() as f64 - 1.0),
        delta,
        class: class(delta, se, p_corrected),
        exploratory: size(|s| s.reference).min(size(|s| s.focal)) < TAKERS_A_GROUP,
    })
}

/// Strata of takers with the same sum over all items, the studied one included (as Holland and Thayer advise), from complete
/// rows; `groups` has one entry a row.
///
/// ```
/// use bedside_stats::items::{Responses, dif::{Group, stratify}};
/// let table = Responses::new(&[vec![Some(true), Some(false)], vec![Some(false), Some(true)]])?;
/// let strata = stratify(&table, &[Group::Reference, Group::Focal], 0)?;
/// assert_eq!((strata[0].reference, strata[0].focal), ([1.0, 0.0], [0.0, 1.0]));
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn stratify(responses: &Responses, groups: &[Group], item: usize) -> Result<Vec<Stratum>, StatsError> {
    if groups.len() != responses.rows() || item >= responses.items() {
        let why =
            format!("{} groups for {} rows, item {item} of {}", groups.len(), responses.rows(), responses.items());
        return Err(StatsError::Input { why });
    }
    let mut strata: BTreeMap<u64, Stratum> = BTreeMap::new();
    for (row, group) in groups.iter().enumerate() {
        let (score, missing) = responses.score(row);
        let Some(answer) = responses.answer(row, item).filter(|_| missing == 0) else { continue };
        let stratum = strata.entry(score).or_insert(Stratum { reference: [0.0; 2], focal: [0.0; 2] });
        let cells = match group {
            Group::Reference => &mut stratum.reference,
            Group::Focal => &mut stratum.focal,
        };
        cells[usize::from(!answer)] += responses.count(row) as f64;
    }
    Ok(strata.into_values().collect())
}

/// A stratum as the fourfold table of the formulas.
struct Table {
    a: f64,
    b: f64,
    c: f64,
    d: f64,
}

impl Table {
    fn new(stratum: &Stratum) -> Self {
        let (&[a, b], &[c, d]) = (&stratum.reference, &stratum.focal);
        Self { a, b, c, d }
    }

    fn compares(&self) -> bool {
        [self.reference(), self.focal(), self.right(), self.wrong()].iter().all(|&margin| margin > 0.0)
    }

    fn n(&self) -> f64 {
        self.a + self.b + self.c + self.d
    }

    fn reference(&self) -> f64 {
        self.a + self.b
    }

    fn focal(&self) -> f64 {
        self.c + self.d
    }

    fn right(&self) -> f64 {
        self.a + self.c
    }

    fn wrong(&self) -> f64 {
        self.b + self.d
    }
}

fn robins_breslow_greenland(strata: &[Table], same: f64, cross: f64) -> f64 {
    let [mut first, mut mixed, mut last] = [0.0; 3];
    for t in strata {
        let (p, q) = ((t.a + t.d) / t.n(), (t.b + t.c) / t.n());
        let (r, s) = (t.a * t.d / t.n(), t.b * t.c / t.n());
        first += p * r;
        mixed += p * s + q * r;
        last += q * s;
    }
    (first / (2.0 * same * same) + mixed / (2.0 * same * cross) + last / (2.0 * cross * cross)).sqrt()
}

/// Distance of each table from the one with its margins and the common odds ratio.
fn breslow_day(strata: &[Table], odds: f64) -> Figure {
    let distance = |t: &Table| {
        let (reference, right) = (t.reference(), t.right());
        // (1-r) x² + (r (reference + right) + wrong - reference) x - r·reference·right = 0, in the form that survives r = 1.
        let (square, linear) = (1.0 - odds, odds * (reference + right) + (t.wrong() - reference));
        let constant = -odds * reference * right;
        let expected = -2.0 * constant / (linear + (linear * linear - 4.0 * square * constant).sqrt());
        let cells = [expected, reference - expected, right - expected, t.wrong() - reference + expected];
        (t.a - expected).powi(2) * cells.iter().map(|cell| 1.0 / cell).sum::<f64>()
    };
    Figure::from(strata.iter().map(distance).sum::<f64>())
}

/// Share of the chi-square law above a value; undefined without degrees of freedom.
fn above(chi_square: Figure, freedom: f64) -> Figure {
    match (chi_square, ChiSquared::new(freedom)) {
        (Figure::Number(value), Ok(law)) => Figure::from(law.sf(value)),
        _ => Figure::Undefined,
    }
}

fn class(delta: Figure, se: Option<f64>, p: Figure) -> Option<Class> {
    let (size, se, p) = (delta.number()?.abs(), se?, p.number()?);
    let certainly_above_one = size - normal_upper(0.05) * DELTA.abs() * se > 1.0;
    Some(if size < 1.0 || p >= 0.05 {
        Class::A
    } else if size >= 1.5 && certainly_above_one {
        Class::C
    } else {
        Class::B
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(tables: &[[f64; 4]]) -> Dif {
        let strata: Vec<_> = tables.iter().map(|&[a, b, c, d]| Stratum { reference: [a, b], focal: [c, d] }).collect();
        mantel_haenszel(&strata).expect("counts")
    }

    #[test]
    fn strata_that_compare_nothing_say_so() {
        let found = of(&[[5.0, 0.0, 7.0, 0.0], [3.0, 4.0, 0.0, 0.0]]);
        assert_eq!(
            (found.odds_ratio, found.chi_square, found.breslow_day_p),
            (Figure::Undefined, Figure::Undefined, Figure::Undefined)
        );
        assert_eq!((found.se, found.class), (None, None));
    }

    #[test]
    fn an_infinite_ratio_has_no_error_and_no_class() {
        let found = of(&[[5.0, 0.0, 3.0, 4.0]]);
        assert_eq!((found.odds_ratio, found.delta, found.class), (Figure::Infinite, Figure::MinusInfinite, None));
        assert!(found.p_corrected.number().is_some_and(|p| p > 0.0 && p < 1.0));
    }

    #[test]
    fn equal_odds_give_one() {
        let found = of(&[[20.0, 10.0, 20.0, 10.0], [6.0, 12.0, 3.0, 6.0]]);
        assert!((found.odds_ratio.number().expect("finite") - 1.0).abs() < 1e-12);
        assert!(found.breslow_day.number().is_some_and(|value| value.abs() < 1e-12));
        assert_eq!((found.class, found.exploratory), (Some(Class::A), true));
    }

    #[test]
    fn a_large_certain_difference_is_class_c() {
        let found = of(&[[800.0, 200.0, 500.0, 500.0]]);
        assert_eq!((found.class, found.exploratory), (Some(Class::C), false));
    }
}
