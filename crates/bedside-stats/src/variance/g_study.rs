//! Generalizability studies of balanced designs, by expected mean squares.
//!
//! *Persons* are the objects of measurement: systems, in a benchmark. Negative components are kept as they come: they say that
//! the true one is near 0, or that the model is wrong. What is computed from components takes them as 0.

use super::cube::Cube;
use crate::{Figure, StatsError};

/// A component of variance with the mean square behind it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Component {
    /// What varies: `p`, `i`, `pi_e`, …; `_e` where the error of a single score is inseparable from the interaction.
    pub name: &'static str,
    /// Mean square.
    pub mean_square: f64,
    /// Its degrees of freedom.
    pub freedom: f64,
    /// The estimate as it comes, possibly negative.
    pub raw: f64,
    reach: Reach,
}

impl Component {
    /// The estimate, 0 where it came out negative.
    pub fn truncated(&self) -> f64 {
        self.raw.max(0.0)
    }
}

/// Whether a component interacts with persons, and by which facets' numbers it is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Reach {
    persons: bool,
    first: bool,
    second: bool,
}

const PERSONS: Reach = Reach { persons: true, first: false, second: false };

/// Components of a design with persons and one or two facets.
#[derive(Debug, Clone, PartialEq)]
pub struct GStudy {
    /// Components, persons first.
    pub components: Vec<Component>,
    /// Levels of the facets in the data; 1 for a second facet that the design does not have.
    pub levels: [usize; 2],
}

/// What a design with other numbers of facet levels would give.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DStudy {
    /// Error variance of differences between persons.
    pub relative_error: f64,
    /// Error variance of a person's own score.
    pub absolute_error: f64,
    /// `E rho²`: share of the variance of scores that is not relative error.
    pub generalizability: Figure,
    /// `Phi`: the same with the absolute error.
    pub dependability: Figure,
}

impl GStudy {
    /// The component of this name.
    pub fn component(&self, name: &str) -> Option<&Component> {
        self.components.iter().find(|component| component.name == name)
    }

    /// Errors and coefficients of a design with these numbers of levels, from components truncated at 0.
    ///
    /// *Estimates* how reliable the mean over other numbers of items and raters would be.
    ///
    /// *Assumes* the new levels are drawn like those at hand, and all facets are random.
    ///
    /// *Misleads* as far as the components do: with 3 to 10 persons their own variance is barely estimable, and the
    /// coefficients with it. The errors, on the scale of the score, are not.
    ///
    /// *Formula* `σ²_δ = Σ σ²/n` over components that interact with persons, `σ²_Δ` over all but persons;
    /// `E rho² = σ²_p / (σ²_p + σ²_δ)`, `Phi = σ²_p / (σ²_p + σ²_Δ)`.
    ///
    /// *Reference* Brennan, Generalizability Theory, 2001, chapters 2-4. With the data of [`persons_by_items`], `E rho²` for
    /// four items is Shrout and Fleiss' ICC(3,4), Phi their ICC(2,4):
    ///
    /// ```
    /// use bedside_stats::variance::g_study::persons_by_items;
    /// let scores = [[9.0, 2.0, 5.0, 8.0], [6.0, 1.0, 3.0, 2.0], [8.0, 4.0, 6.0, 8.0], [7.0, 1.0, 2.0, 6.0],
    ///     [10.0, 5.0, 6.0, 9.0], [6.0, 2.0, 4.0, 7.0]];
    /// let four = persons_by_items(&scores.map(Vec::from))?.d_study([4, 1])?;
    /// assert_eq!(format!("{:.2}", four.generalizability.number().expect("persons differ")), "0.91");
    /// assert_eq!(format!("{:.2}", four.dependability.number().expect("persons differ")), "0.62");
    /// # Ok::<(), bedside_stats::StatsError>(())
    /// ```
    pub fn d_study(&self, levels: [u32; 2]) -> Result<DStudy, StatsError> {
        if levels.contains(&0) {
            return Err(StatsError::Input { why: "a design needs at least one level of each facet".into() });
        }
        let share = |component: &Component| {
            let by = |divides: bool, n: u32| if divides { f64::from(n) } else { 1.0 };
            component.truncated() / (by(component.reach.first, levels[0]) * by(component.reach.second, levels[1]))
        };
        let facets = || self.components.iter().filter(|component| component.reach != PERSONS);
        let relative_error = facets().filter(|component| component.reach.persons).map(share).sum();
        let absolute_error = facets().map(share).sum();
        let persons = self.components[0].truncated();
        Ok(DStudy {
            relative_error,
            absolute_error,
            generalizability: Figure::ratio(persons, persons + relative_error),
            dependability: Figure::ratio(persons, persons + absolute_error),
        })
    }
}

/// Persons crossed with items, one score each: `scores[person][item]`.
///
/// *Estimates* how much scores vary between persons, between items, and otherwise.
///
/// *Assumes* persons and items are drawn from more of their kind; no missing score.
///
/// *Misleads* with few persons or items: a component from k levels has k - 1 degrees of freedom. Scores of 0 and 1 are fine
/// for the components, less so for intervals that assume the normal law.
///
/// *Formula* `σ²_pi = MS_pi`, `σ²_p = (MS_p - MS_pi)/n_i`, `σ²_i = (MS_i - MS_pi)/n_p`.
///
/// *Reference* Cronbach et al., The Dependability of Behavioral Measurements, 1972. Six targets, four judges of Shrout and
/// Fleiss, Psychol Bull 1979; 86: 420-428, whose mean squares are 11.24, 32.49 and 1.02:
///
/// ```
/// use bedside_stats::variance::g_study::persons_by_items;
/// let scores = [[9.0, 2.0, 5.0, 8.0], [6.0, 1.0, 3.0, 2.0], [8.0, 4.0, 6.0, 8.0], [7.0, 1.0, 2.0, 6.0],
///     [10.0, 5.0, 6.0, 9.0], [6.0, 2.0, 4.0, 7.0]];
/// let study = persons_by_items(&scores.map(Vec::from))?;
/// let squares: Vec<String> = study.components.iter().map(|c| format!("{:.2}", c.mean_square)).collect();
/// assert_eq!(squares, ["11.24", "32.49", "1.02"]);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
#[expect(clippy::similar_names, reason = "the symbols of the design")]
pub fn persons_by_items(scores: &[Vec<f64>]) -> Result<GStudy, StatsError> {
    let cube: Vec<Vec<Vec<f64>>> = scores.iter().map(|row| row.iter().map(|&score| vec![score]).collect()).collect();
    let cube = Cube::new(&cube, "a G study of persons by items", 1)?;
    let (p, i) = (cube.persons(), cube.firsts());
    let [ms_p, ms_i, ms_pi] = [
        cube.between_persons() / (p - 1.0),
        cube.between_firsts() / (i - 1.0),
        cube.persons_by_firsts() / ((p - 1.0) * (i - 1.0)),
    ];
    let components = vec![
        component("p", ms_p, p - 1.0, (ms_p - ms_pi) / i, PERSONS),
        component("i", ms_i, i - 1.0, (ms_i - ms_pi) / p, Reach { persons: false, first: true, second: false }),
        component("pi_e", ms_pi, (p - 1.0) * (i - 1.0), ms_pi, Reach { persons: true, first: true, second: false }),
    ];
    Ok(GStudy { components, levels: [cube.n[1], 1] })
}

/// Persons crossed with items and judges, one score each: `scores[person][item][judge]`.
///
/// *Estimates*, *assumes*, *misleads* as [`persons_by_items`]. A negative component is kept (see the [module](self)).
///
/// *Formula* from the expected mean squares, such as `σ²_p = (MS_p - MS_pi - MS_pj + MS_pij)/(n_i n_j)`.
///
/// *Reference* Cronbach et al. 1972. Gleser, Cronbach and Rajaratnam, Psychometrika 1965; 30: 395-418. Scores that are sums of
/// effects leave no residual:
///
/// ```
/// use bedside_stats::variance::g_study::persons_by_items_by_judges;
/// let scores: Vec<Vec<Vec<f64>>> = (0..3)
///     .map(|p| (0..2).map(|i| (0..2).map(|j| f64::from(2 * p + i + 3 * j)).collect()).collect())
///     .collect();
/// let study = persons_by_items_by_judges(&scores)?;
/// assert!((study.component("p").expect("persons").raw - 4.0).abs() < 1e-12); // the variance of 0, 2, 4
/// assert!(study.component("pij_e").expect("residual").raw.abs() < 1e-12);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
#[expect(clippy::similar_names, reason = "the symbols of the design")]
pub fn persons_by_items_by_judges(scores: &[Vec<Vec<f64>>]) -> Result<GStudy, StatsError> {
    let cube = Cube::new(scores, "a G study of persons by items by judges", 2)?;
    let (p, i, j) = (cube.persons(), cube.firsts(), cube.seconds());
    let (fp, fi, fj) = (p - 1.0, i - 1.0, j - 1.0);
    let [ms_p, ms_i, ms_j] = [cube.between_persons() / fp, cube.between_firsts() / fi, cube.between_seconds() / fj];
    let [ms_pi, ms_pj, ms_ij] = [
        cube.persons_by_firsts() / (fp * fi),
        cube.persons_by_seconds() / (fp * fj),
        cube.firsts_by_seconds() / (fi * fj),
    ];
    let ms = cube.residual_crossed() / (fp * fi * fj);
    let reach = |persons, first, second| Reach { persons, first, second };
    let components = vec![
        component("p", ms_p, fp, (ms_p - ms_pi - ms_pj + ms) / (i * j), PERSONS),
        component("i", ms_i, fi, (ms_i - ms_pi - ms_ij + ms) / (p * j), reach(false, true, false)),
        component("j", ms_j, fj, (ms_j - ms_pj - ms_ij + ms) / (p * i), reach(false, false, true)),
        component("pi", ms_pi, fp * fi, (ms_pi - ms) / j, reach(true, true, false)),
        component("pj", ms_pj, fp * fj, (ms_pj - ms) / i, reach(true, false, true)),
        component("ij", ms_ij, fi * fj, (ms_ij - ms) / p, reach(false, true, true)),
        component("pij_e", ms, fp * fi * fj, ms, reach(true, true, true)),
    ];
    Ok(GStudy { components, levels: [cube.n[1], cube.n[2]] })
}

/// Persons crossed with tasks, each task with raters of its own: `scores[person][task][rater]`.
///
/// *Estimates*, *assumes*, *misleads* as [`persons_by_items`].
///
/// *Formula* `σ²_p = (MS_p - MS_pt)/(n_t n_r)`, `σ²_pt = (MS_pt - MS_prt)/n_r`, `σ²_t = (MS_t - MS_rt - MS_pt + MS_prt)/(n_p n_r)`,
/// `σ²_rt = (MS_rt - MS_prt)/n_p`.
///
/// *Reference* Brennan 2001, section 3.2 and synthetic data set 4, whose components the oracle test compares. A rater more
/// severe than the other of the same task is the raters' variance alone:
///
/// ```
/// use bedside_stats::variance::g_study::persons_by_raters_in_tasks;
/// let scores: Vec<Vec<Vec<f64>>> =
///     (0..3).map(|p| (0..2).map(|_| (0..2).map(|r| f64::from(p) + 2.0 * f64::from(r)).collect()).collect()).collect();
/// let study = persons_by_raters_in_tasks(&scores)?;
/// assert!((study.component("r_t").expect("raters").raw - 2.0).abs() < 1e-12);
/// assert!((study.component("t").expect("tasks").raw + 1.0).abs() < 1e-12); // negative, and kept
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
#[expect(clippy::similar_names, reason = "the symbols of the design")]
pub fn persons_by_raters_in_tasks(scores: &[Vec<Vec<f64>>]) -> Result<GStudy, StatsError> {
    let cube = Cube::new(scores, "a G study of persons by raters in tasks", 2)?;
    let (p, t, r) = (cube.persons(), cube.firsts(), cube.seconds());
    let (fp, ft, fr) = (p - 1.0, t - 1.0, t * (r - 1.0));
    let [ms_p, ms_t, ms_rt] = [cube.between_persons() / fp, cube.between_firsts() / ft, cube.seconds_in_firsts() / fr];
    let [ms_pt, ms] = [cube.persons_by_firsts() / (fp * ft), cube.residual_nested() / (fp * fr)];
    let reach = |persons, first, second| Reach { persons, first, second };
    let components = vec![
        component("p", ms_p, fp, (ms_p - ms_pt) / (t * r), PERSONS),
        component("t", ms_t, ft, (ms_t - ms_rt - ms_pt + ms) / (p * r), reach(false, true, false)),
        component("r_t", ms_rt, fr, (ms_rt - ms) / p, reach(false, true, true)),
        component("pt", ms_pt, fp * ft, (ms_pt - ms) / r, reach(true, true, false)),
        component("prt_e", ms, fp * fr, ms, reach(true, true, true)),
    ];
    Ok(GStudy { components, levels: [cube.n[1], cube.n[2]] })
}

fn component(name: &'static str, mean_square: f64, freedom: f64, raw: f64, reach: Reach) -> Component {
    Component { name, mean_square, freedom, raw, reach }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ragged_and_tiny_designs_are_refused() {
        assert!(persons_by_items(&[vec![1.0, 2.0], vec![1.0]]).is_err());
        assert!(persons_by_items(&[vec![1.0, 2.0]]).is_err());
        assert!(persons_by_items(&[vec![1.0], vec![2.0]]).is_err());
        assert!(persons_by_items(&[vec![1.0, f64::NAN], vec![2.0, 1.0]]).is_err());
        assert!(persons_by_items(&[]).is_err());
    }

    #[test]
    fn equal_scores_have_no_coefficients() {
        let study = persons_by_items(&[vec![0.7; 3], vec![0.7; 3]]).expect("a design");
        let one = study.d_study([1, 1]).expect("levels");
        assert_eq!((one.generalizability, one.dependability), (Figure::Undefined, Figure::Undefined));
        assert!(study.d_study([0, 1]).is_err());
    }

    #[test]
    fn negative_persons_are_kept_and_give_no_reliability() {
        let study = persons_by_items(&[vec![0.0, 1.0], vec![1.0, 0.0]]).expect("a design");
        assert!(study.components[0].raw < 0.0);
        assert_eq!(study.d_study([2, 1]).expect("levels").generalizability, Figure::Number(0.0));
    }
}
