//! The cheapest design whose error is small enough.

use super::facet::Term;
use crate::StatsError;
use serde::{Deserialize, Serialize};

/// How many of each facet; runs for every item, prompt and scaffold; every answer goes to every judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sizes {
    /// Items.
    pub items: u32,
    /// Wordings of the prompt.
    #[serde(default = "one")]
    pub prompts: u32,
    /// Runs of each item under each prompt and scaffold.
    #[serde(default = "one")]
    pub runs: u32,
    /// Judges.
    #[serde(default = "one")]
    pub judges: u32,
    /// Scaffolds.
    #[serde(default = "one")]
    pub scaffolds: u32,
}

fn one() -> u32 {
    1
}

/// What one more of each costs, in any one currency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Costs {
    /// Writing or licensing an item.
    pub item: f64,
    /// Writing a prompt.
    pub prompt: f64,
    /// Building a scaffold.
    pub scaffold: f64,
    /// Finding and instructing a judge.
    pub judge: f64,
    /// One run of the system on one item.
    pub run: f64,
    /// One judge judging one answer.
    pub judgement: f64,
}

/// Components of variance of a system's score, from which the error of any design follows.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorModel {
    /// Variance of each term; terms not named add nothing.
    pub components: Vec<(Term, f64)>,
    /// Items in a cluster, for [`Term::Cluster`].
    pub items_per_cluster: f64,
}

/// A design with its error and its cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plan {
    /// How many of each.
    pub sizes: Sizes,
    /// Standard error of measurement of a system's mean.
    pub sem: f64,
    /// Cost, for one system.
    pub cost: f64,
}

/// The answer to the search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cheapest {
    /// The cheapest design that reaches the error.
    Reached(Plan),
    /// No design within the bounds reaches it; this one, the largest, comes nearest.
    OutOfReach(Plan),
}

impl ErrorModel {
    /// Standard error of measurement of a design.
    pub fn sem(&self, sizes: &Sizes) -> f64 {
        let (per_item, fixed) = self.split(sizes);
        (per_item / f64::from(sizes.items) + fixed).sqrt()
    }

    /// Error variance that items divide, and that they do not.
    fn split(&self, sizes: &Sizes) -> (f64, f64) {
        let [prompts, runs, judges, scaffolds] =
            [sizes.prompts, sizes.runs, sizes.judges, sizes.scaffolds].map(f64::from);
        self.components.iter().fold((0.0, 0.0), |(per_item, fixed), &(term, variance)| match term {
            Term::Cluster => (per_item + variance * self.items_per_cluster, fixed),
            Term::Item => (per_item + variance, fixed),
            Term::ItemPrompt => (per_item + variance / prompts, fixed),
            Term::ItemJudge => (per_item + variance / judges, fixed),
            Term::ItemScaffold => (per_item + variance / scaffolds, fixed),
            Term::Run => (per_item + variance / (prompts * scaffolds * runs), fixed),
            Term::Judgement => (per_item + variance / (prompts * scaffolds * runs * judges), fixed),
            Term::Prompt => (per_item, fixed + variance / prompts),
            Term::Judge => (per_item, fixed + variance / judges),
            Term::Scaffold => (per_item, fixed + variance / scaffolds),
        })
    }
}

impl Costs {
    /// Cost of a design, for one system.
    pub fn of(&self, sizes: &Sizes) -> f64 {
        let [items, prompts, runs, judges, scaffolds] =
            [sizes.items, sizes.prompts, sizes.runs, sizes.judges, sizes.scaffolds].map(f64::from);
        let answers = items * prompts * scaffolds * runs;
        self.item * items
            + self.prompt * prompts
            + self.scaffold * scaffolds
            + self.judge * judges
            + answers * (self.run + judges * self.judgement)
    }
}

/// Designs looked at: all numbers of prompts, runs, judges and scaffolds within the bounds.
const MOST: u64 = 20_000_000;

/// The cheapest design whose standard error of measurement is at most `sem`, with at most these sizes.
///
/// *Estimates* nothing new: it computes with the components it is given.
///
/// *Assumes* the components are right, and that more of each facet can be drawn like those at hand.
///
/// *Misleads* as far as the components are uncertain: try their upper ends too. A facet that was never varied has no component,
/// so that no more than one of it ever seems worth paying for.
///
/// *Formula* error `Σ σ²/(product of the numbers of its facets)`. Exact over whole numbers: for every number of prompts, runs,
/// judges and scaffolds the fewest items that suffice follow directly; among designs of equal cost, the one with less error.
///
/// *Reference* Brennan 2001, section 4, for the error; the search is by enumeration. Items vary by 0.1, runs by 0.1, the target
/// is 0.05: one run needs 80 items, two 60. When items are dear, more runs pay:
///
/// ```
/// use bedside_stats::variance::Term;
/// use bedside_stats::variance::cheapest::{Cheapest, Costs, ErrorModel, Sizes, cheapest};
/// let model = ErrorModel { components: vec![(Term::Item, 0.1), (Term::Run, 0.1)], items_per_cluster: 1.0 };
/// let most = Sizes { items: 1000, prompts: 1, runs: 10, judges: 1, scaffolds: 1 };
/// let best = |item, run| match cheapest(&model, &Costs { item, run, ..Costs::default() }, &most, 0.05) {
///     Ok(Cheapest::Reached(plan)) => (plan.sizes.items, plan.sizes.runs),
///     other => panic!("{other:?}"),
/// };
/// assert_eq!(best(0.0, 1.0), (80, 1));
/// assert_eq!(best(10.0, 1.0), (50, 4)); // 500 + 200; one run costs 800 + 80, three 540 + 162
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn cheapest(model: &ErrorModel, costs: &Costs, most: &Sizes, sem: f64) -> Result<Cheapest, StatsError> {
    let wrong = |why: String| Err(StatsError::Input { why });
    if !(sem > 0.0 && sem.is_finite()) {
        return wrong(format!("sem {sem}: the error to reach must be above 0"));
    }
    if let Some((term, variance)) = model.components.iter().find(|(_, v)| !(*v >= 0.0 && v.is_finite())) {
        return wrong(format!("{term}: {variance} is no variance"));
    }
    let all = [costs.item, costs.prompt, costs.scaffold, costs.judge, costs.run, costs.judgement];
    if let Some(cost) = all.iter().find(|cost| !(**cost >= 0.0 && cost.is_finite())) {
        return wrong(format!("{cost} is no cost"));
    }
    if !(model.items_per_cluster >= 1.0 && model.items_per_cluster.is_finite()) {
        return wrong(format!("{} items per cluster", model.items_per_cluster));
    }
    let Sizes { items, prompts, runs, judges, scaffolds } = *most;
    if [items, prompts, runs, judges, scaffolds].contains(&0) {
        return wrong("the bounds allow none of some facet".into());
    }
    let designs = [prompts, runs, judges, scaffolds].into_iter().try_fold(1_u64, |n, m| n.checked_mul(u64::from(m)));
    if designs.is_none_or(|designs| designs > MOST) {
        return wrong(format!("the bounds allow more than {MOST} designs: lower them"));
    }
    let plan = |sizes: Sizes| Plan { sizes, sem: model.sem(&sizes), cost: costs.of(&sizes) };
    let mut best: Option<Plan> = None;
    for prompts in 1..=prompts {
        for scaffolds in 1..=scaffolds {
            for judges in 1..=judges {
                for runs in 1..=runs {
                    let few = Sizes { items: 1, prompts, runs, judges, scaffolds };
                    let Some(needed) = fewest_items(model, few, items, sem) else { continue };
                    let found = plan(Sizes { items: needed, ..few });
                    let better = best
                        .is_none_or(|best| found.cost < best.cost || (found.cost <= best.cost && found.sem < best.sem));
                    if better {
                        best = Some(found);
                    }
                }
            }
        }
    }
    Ok(best.map_or_else(|| Cheapest::OutOfReach(plan(*most)), Cheapest::Reached))
}

/// The fewest items with which a design reaches the error; `None` if more than the bound.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "compared with the bound before it is cast"
)]
fn fewest_items(model: &ErrorModel, sizes: Sizes, most: u32, sem: f64) -> Option<u32> {
    let (per_item, fixed) = model.split(&sizes);
    let left = sem * sem - fixed;
    if left < 0.0 || (left <= 0.0 && per_item > 0.0) {
        return None;
    }
    // Less a hair, so that 80.00000000000001 stays 80.
    let needed = if per_item > 0.0 { (per_item / left * (1.0 - 1e-12)).ceil().max(1.0) } else { 1.0 };
    (needed <= f64::from(most)).then_some(needed as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model() -> ErrorModel {
        let components = vec![
            (Term::Item, 0.08),
            (Term::Prompt, 0.002),
            (Term::ItemPrompt, 0.03),
            (Term::Judge, 0.001),
            (Term::Run, 0.05),
            (Term::Judgement, 0.02),
        ];
        ErrorModel { components, items_per_cluster: 1.0 }
    }

    #[test]
    fn the_search_agrees_with_trying_every_design() {
        let costs = Costs { item: 3.0, prompt: 5.0, judge: 11.0, run: 0.5, judgement: 0.2, scaffold: 0.0 };
        let most = Sizes { items: 120, prompts: 4, runs: 4, judges: 3, scaffolds: 1 };
        let mut least = f64::INFINITY;
        for items in 1..=120 {
            for at in 0..48 {
                let sizes =
                    Sizes { items, prompts: at % 4 + 1, runs: at / 4 % 4 + 1, judges: at / 16 + 1, scaffolds: 1 };
                if model().sem(&sizes) <= 0.05 {
                    least = least.min(costs.of(&sizes));
                }
            }
        }
        let Ok(Cheapest::Reached(plan)) = cheapest(&model(), &costs, &most, 0.05) else { panic!("it can be reached") };
        assert!((plan.cost - least).abs() < 1e-9 && plan.sem <= 0.05 + 1e-12, "{plan:?} against {least}");
    }

    #[test]
    fn what_items_cannot_remove_is_out_of_reach() {
        let most = Sizes { items: 100_000, prompts: 1, runs: 1, judges: 1, scaffolds: 1 };
        let found = cheapest(&model(), &Costs::default(), &most, 0.05).expect("a question");
        assert!(matches!(found, Cheapest::OutOfReach(plan) if plan.sem > 0.05 && plan.sizes == most));
    }

    #[test]
    fn questions_without_sense_are_refused() {
        let most = Sizes { items: 10, prompts: 1, runs: 1, judges: 1, scaffolds: 1 };
        assert!(cheapest(&model(), &Costs::default(), &most, 0.0).is_err());
        assert!(cheapest(&model(), &Costs { run: -1.0, ..Costs::default() }, &most, 0.1).is_err());
        assert!(cheapest(&model(), &Costs::default(), &Sizes { items: 0, ..most }, 0.1).is_err());
        let endless = Sizes { prompts: u32::MAX, runs: u32::MAX, judges: u32::MAX, ..most };
        assert!(cheapest(&model(), &Costs::default(), &endless, 0.1).is_err());
    }
}
