//! Fitting curves by marginal maximum likelihood.

use super::errors::{Errors, by_item, joint};
use super::expectation::{Curves, Expectation};
use super::maximisation::{STEEPEST, common, separate};
use super::{TAKERS_FOR_ANY, TAKERS_FOR_ONE, TAKERS_FOR_TWO};
use crate::items::Responses;
use crate::{Figure, StatsError};

/// Most evaluations of the EM map.
const EVALUATIONS: u32 = 5_000;
/// The parameters still to be moved by no more than this, in logits, when the fit ends.
const TOLERANCE: f64 = 1e-6;
/// This near its bound a discrimination counts as having reached it.
const TOUCHING: f64 = 1e-3;
/// With more free parameters than this the joint information is not inverted: standard errors are item by item.
const JOINT: usize = 250;

/// What to do with too few takers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenFew {
    /// Refuse below [`TAKERS_FOR_ONE`] or [`TAKERS_FOR_TWO`].
    Refuse,
    /// Fit from [`TAKERS_FOR_ANY`] on.
    Force,
}

/// How standard errors were computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StandardErrors {
    /// From the joint observed information of all items.
    Joint,
    /// From each item's own observed information, the others held fixed: too small by what the scale itself is uncertain.
    ItemByItem,
    /// The information has no inverse: the data do not determine the parameters.
    Singular,
}

/// Parameters of one item.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FittedItem {
    /// Discrimination. Not identifiable for an item that all answered alike.
    pub discrimination: Figure,
    /// Intercept `d = -a b`: the log-odds of a right answer at ability 0.
    pub intercept: Figure,
    /// Difficulty; minus infinity when all answered rightly, infinity when nobody did.
    pub difficulty: Figure,
    /// Standard error of the discrimination; of a common one in a one-parameter fit.
    pub se_discrimination: Option<f64>,
    /// Standard error of the intercept.
    pub se_intercept: Option<f64>,
    /// Standard error of the difficulty (delta method).
    pub se_difficulty: Option<f64>,
    /// The discrimination ran into its bound: the item parts the takers without error, and has no finite one.
    pub at_bound: bool,
}

/// A fitted set of curves.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// Marginal log-likelihood of the answers.
    pub ln_likelihood: f64,
    /// One entry an item.
    pub items: Vec<FittedItem>,
    /// Takers behind it.
    pub takers: u64,
    /// Evaluations of the EM map until it settled.
    pub steps: u32,
    /// How standard errors were computed.
    pub standard_errors: StandardErrors,
}

/// One-parameter logistic curves, with one discrimination common to all items, by marginal maximum likelihood.
///
/// *Estimates* each item's difficulty on the scale on which takers' abilities are standard normal.
///
/// *Assumes* one ability, normally distributed over takers; answers independent given it; items equally discriminating; takers
/// drawn independently (versions of one model are not).
///
/// *Misleads* with few takers, hence refused below [`TAKERS_FOR_ONE`] unless forced, and below [`TAKERS_FOR_ANY`] always. When
/// discriminations differ, difficulties of very easy and very hard items are off.
///
/// *Formula* maximises `Σ ln ∫ Π P_j(θ)^u (1 - P_j(θ))^(1-u) φ(θ) dθ` by EM with a free mean and spread of ability in each
/// M step (which are then absorbed: the same maximum, far fewer steps), accelerated. Standard errors from the observed
/// information (Louis).
///
/// *Reference* Thissen, Psychometrika 1982; 47: 175-186. Varadhan and Roland, Scand J Stat 2008; 35: 335-353. Louis, J R Stat
/// Soc B 1982; 44: 226-233. LSAT section 6, for which R's ltm prints log-likelihood -2466.938 and the numbers below:
///
/// ```
/// use bedside_stats::items::{Responses, irt::{WhenFew, one_parameter}};
/// // How many of 1,000 answered 00000, 00001, … 11111.
/// let counts = [
///     3, 6, 2, 11, 1, 1, 3, 4, 1, 8, 0, 16, 0, 3, 2, 15, 10, 29, 14, 81, 3, 28, 15, 80, 16, 56, 21, 173, 11, 61, 28, 298,
/// ];
/// let answers = |code: usize| (0..5).map(|item| Some(code >> (4 - item) & 1 == 1)).collect();
/// let lsat = Responses::counted((0..32).map(|code| (answers(code), counts[code])))?;
/// let fit = one_parameter(&lsat, WhenFew::Refuse)?;
/// assert!((fit.ln_likelihood + 2466.938).abs() < 1e-3);
/// for (item, published) in fit.items.iter().zip([-3.6153, -1.3224, -0.3176, -1.7301, -2.7802]) {
///     assert!((item.difficulty.number().expect("finite") - published).abs() < 5e-4);
///     assert!((item.discrimination.number().expect("finite") - 0.7551).abs() < 1e-4);
/// }
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn one_parameter(responses: &Responses, when_few: WhenFew) -> Result<Fit, StatsError> {
    fit(responses, when_few, Model::One)
}

/// Two-parameter logistic curves by marginal maximum likelihood.
///
/// *Estimates* each item's difficulty and discrimination on the scale on which takers' abilities are standard normal.
///
/// *Assumes* one ability, normally distributed over takers; answers independent given it; takers drawn independently.
///
/// *Misleads* with few takers: discriminations are unstable below about 200, hence refused below [`TAKERS_FOR_TWO`] unless
/// forced, and below [`TAKERS_FOR_ANY`] always. An item that parts takers without error has no finite discrimination: it stops
/// at 10 and says so. With many items standard errors are item by item, and leave out that the scale itself is uncertain.
///
/// *Formula*, *reference* as [`one_parameter`]; Bock and Aitkin, Psychometrika 1981; 46: 443-459. R's ltm prints for LSAT
/// section 6 log-likelihood -2466.653, discriminations .8254 .7229 .8905 .6886 .6575, the first with standard error .2581:
///
/// ```
/// use bedside_stats::items::{Responses, irt::{WhenFew, two_parameter}};
/// let counts = [
///     3, 6, 2, 11, 1, 1, 3, 4, 1, 8, 0, 16, 0, 3, 2, 15, 10, 29, 14, 81, 3, 28, 15, 80, 16, 56, 21, 173, 11, 61, 28, 298,
/// ];
/// let answers = |code: usize| (0..5).map(|item| Some(code >> (4 - item) & 1 == 1)).collect();
/// let lsat = Responses::counted((0..32).map(|code| (answers(code), counts[code])))?;
/// let fit = two_parameter(&lsat, WhenFew::Refuse)?;
/// assert!((fit.ln_likelihood + 2466.653).abs() < 1e-3);
/// for (item, published) in fit.items.iter().zip([0.8254, 0.7229, 0.8905, 0.6886, 0.6575]) {
///     assert!((item.discrimination.number().expect("finite") - published).abs() < 1e-3);
/// }
/// assert!((fit.items[0].se_discrimination.expect("identified") - 0.2581).abs() < 1e-3);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn two_parameter(responses: &Responses, when_few: WhenFew) -> Result<Fit, StatsError> {
    fit(responses, when_few, Model::Two)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Model {
    One,
    Two,
}

impl Model {
    fn name(self) -> &'static str {
        match self {
            Self::One => "a one-parameter fit",
            Self::Two => "a two-parameter fit",
        }
    }

    /// Refuses too few takers or items.
    fn admit(self, responses: &Responses, when_few: WhenFew) -> Result<(), StatsError> {
        let (usual, items) = match self {
            Self::One => (TAKERS_FOR_ONE, 2),
            Self::Two => (TAKERS_FOR_TWO, 3),
        };
        let (needed, unless) = match when_few {
            WhenFew::Refuse => (usual, " (or force, from 11 on)"),
            WhenFew::Force => (TAKERS_FOR_ANY, ""),
        };
        let found = responses.takers();
        if found < needed {
            let needs = format!("{needed} takers{unless}; use classical statistics or published item parameters");
            return Err(StatsError::TooFew { method: self.name(), needs, found: found.to_string() });
        }
        if responses.items() < items {
            let (needs, found) = (format!("{items} items that are not answered alike by all"), responses.items());
            return Err(StatsError::TooFew { method: self.name(), needs, found: found.to_string() });
        }
        Ok(())
    }

    /// One EM step with the spread of ability free, absorbed into the curves at the end.
    fn step(self, responses: &Responses, curves: &Curves) -> (Curves, f64) {
        let expected = Expectation::new(responses, curves);
        let mut next = match self {
            Self::One => common(responses, &expected, curves),
            Self::Two => separate(responses, &expected, curves),
        };
        for (slope, intercept) in next.slope.iter_mut().zip(&mut next.intercept) {
            *intercept += *slope * expected.mean;
            *slope = (*slope * expected.deviation).clamp(-STEEPEST, STEEPEST);
        }
        (next, expected.ln_likelihood)
    }
}

fn fit(responses: &Responses, when_few: WhenFew, model: Model) -> Result<Fit, StatsError> {
    model.admit(responses, when_few)?;
    let tallies: Vec<(u64, u64)> = (0..responses.items()).map(|item| responses.tally(item)).collect();
    // What all answered alike is likeliest at infinity, where it is certain: it adds nothing to the likelihood of the others.
    let kept: Vec<usize> =
        (0..tallies.len()).filter(|&item| 0 < tallies[item].0 && tallies[item].0 < tallies[item].1).collect();
    if kept.is_empty() {
        return Err(StatsError::Input { why: "no item tells takers apart: each was answered alike by all".into() });
    }
    let telling = responses.select(&(0..responses.rows()).collect::<Vec<_>>(), &kept)?;
    model.admit(&telling, when_few)?;
    let (curves, steps) = settle(&telling, model)?;
    let expected = Expectation::new(&telling, &curves);
    let free: Vec<bool> = curves.slope.iter().map(|slope| slope.abs() < STEEPEST - TOUCHING).collect();
    let shared = model == Model::One;
    let size = kept.len() + if shared { 1 } else { free.iter().filter(|&&free| free).count() };
    let (errors, standard_errors) = if size > JOINT {
        (Some(by_item(&telling, &curves, &expected, &free, shared)), StandardErrors::ItemByItem)
    } else {
        (joint(&telling, &curves, &expected, &free, shared), StandardErrors::Joint)
    };
    let standard_errors = if errors.is_some() { standard_errors } else { StandardErrors::Singular };
    let mut items: Vec<FittedItem> =
        tallies.iter().map(|&(right, all)| untold(right, all, shared.then(|| curves.slope[0]))).collect();
    for (at, &item) in kept.iter().enumerate() {
        let errors = errors.as_ref().map_or(Errors::default(), |errors| errors[at]);
        items[item] = told(curves.slope[at], curves.intercept[at], errors, free[at]);
    }
    Ok(Fit { ln_likelihood: expected.ln_likelihood, items, takers: responses.takers(), steps, standard_errors })
}

/// The fixed point of the EM map, by squared extrapolation that falls back to plain steps where it does worse.
fn settle(responses: &Responses, model: Model) -> Result<(Curves, u32), StatsError> {
    let intercept = (0..responses.items()).map(|item| {
        let (right, all) = responses.tally(item);
        let share = (right as f64 + 0.5) / (all as f64 + 1.0);
        // The marginal curve of a unit slope is flatter than the curve itself by about this factor.
        1.2 * (share / (1.0 - share)).ln()
    });
    let mut here = Curves { slope: vec![1.0; responses.items()], intercept: intercept.collect() };
    let mut steps = 0;
    while steps < EVALUATIONS {
        let (first, _) = model.step(responses, &here);
        let (second, likelihood) = model.step(responses, &first);
        steps += 2;
        let (one, two) = (difference(&first, &here), difference(&second, &first));
        let (length, shorter) = (norm(&one), norm(&two));
        // Steps shrink by a constant factor; what is left to go is the rest of the geometric series.
        let factor = (shorter / length).clamp(0.5, 0.999);
        let largest = two.iter().fold(0.0_f64, |most, step| most.max(step.abs()));
        if length <= 0.0 || largest * factor / (1.0 - factor) < TOLERANCE {
            return Ok((upright(second), steps));
        }
        let bend: Vec<f64> = two.iter().zip(&one).map(|(two, one)| two - one).collect();
        let reach = (length / norm(&bend)).max(1.0);
        let jump = extrapolate(&here, &one, &bend, reach);
        let (landed, likelihood_there) = model.step(responses, &jump);
        steps += 1;
        here = if likelihood_there >= likelihood { landed } else { second };
    }
    Err(StatsError::NotConverged { method: model.name(), steps })
}

fn difference(to: &Curves, from: &Curves) -> Vec<f64> {
    let slopes = to.slope.iter().zip(&from.slope);
    slopes.chain(to.intercept.iter().zip(&from.intercept)).map(|(to, from)| to - from).collect()
}

fn norm(step: &[f64]) -> f64 {
    step.iter().map(|x| x * x).sum::<f64>().sqrt()
}

fn extrapolate(from: &Curves, step: &[f64], bend: &[f64], reach: f64) -> Curves {
    let (n, mut moved) = (from.slope.len(), from.clone());
    for (at, (step, bend)) in step.iter().zip(bend).enumerate() {
        let by = 2.0 * reach * step + reach * reach * bend;
        if at < n {
            moved.slope[at] = (moved.slope[at] + by).clamp(-STEEPEST, STEEPEST);
        } else {
            moved.intercept[at - n] += by;
        }
    }
    moved
}

/// Ability turned so that most items rise with it: likelihood does not know which way is up.
fn upright(mut curves: Curves) -> Curves {
    if curves.slope.iter().sum::<f64>() < 0.0 {
        curves.slope.iter_mut().for_each(|slope| *slope = -*slope);
    }
    curves
}

/// An item that all answered alike, or nobody.
fn untold(right: u64, all: u64, common: Option<f64>) -> FittedItem {
    let (intercept, difficulty) = match (right, all) {
        (_, 0) => (Figure::NotIdentifiable, Figure::NotIdentifiable),
        (0, _) => (Figure::MinusInfinite, Figure::Infinite),
        _ => (Figure::Infinite, Figure::MinusInfinite),
    };
    FittedItem {
        discrimination: common.map_or(Figure::NotIdentifiable, Figure::from),
        intercept,
        difficulty,
        se_discrimination: None,
        se_intercept: None,
        se_difficulty: None,
        at_bound: false,
    }
}

fn told(slope: f64, intercept: f64, errors: Errors, free: bool) -> FittedItem {
    let root = |variance: Option<f64>| variance.filter(|variance| *variance > 0.0).map(f64::sqrt);
    let b = -intercept / slope;
    let difficulty = match (errors.of_slope, errors.of_intercept) {
        (Some(a), Some(d)) => Some((b * b * a + d + 2.0 * b * errors.cross) / (slope * slope)),
        _ => None,
    };
    FittedItem {
        discrimination: Figure::from(slope),
        intercept: Figure::from(intercept),
        difficulty: Figure::from(b),
        se_discrimination: root(errors.of_slope),
        se_intercept: root(errors.of_intercept),
        se_difficulty: root(difficulty.filter(|variance| variance.is_finite())),
        at_bound: !free,
    }
}
