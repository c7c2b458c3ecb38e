//! Which cases a person should read: first those where the instrument or the system went wrong, then some that went right,
//! because a wrong key or a lenient scorer shows only there.

use bedside_core::Scale;
use bedside_core::plan::PlannedBenchmark;

use crate::row::RULES_DISAGREE;
use crate::table::{CellEnd, Table};

/// How many cases of each system and task the page holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemsShown {
    /// Every case that was attempted.
    All,
    /// At most this many.
    AtMost(usize),
}

/// Why a case is on the page. The order is the order of reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// No answer could be read out of some output.
    Unparsed,
    /// Extraction rules read different answers out of some output.
    RulesDisagree,
    /// Below a full score on the headline metric.
    Wrong,
    /// A fault, and no wrong answer.
    Fault,
    /// A full score each time.
    Right,
}

impl Class {
    /// The words on the page.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Unparsed => "not read",
            Self::RulesDisagree => "rules disagree",
            Self::Wrong => "wrong",
            Self::Fault => "fault",
            Self::Right => "right",
        }
    }
}

/// One case of one system, over all wordings and runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Case {
    /// Position of the item.
    pub item: usize,
    /// Why it is shown.
    pub class: Class,
    /// Mean of the headline metric over wordings and runs, for the order of reading.
    pub mean: Option<f64>,
    /// Runs with a full score, of those scored.
    pub full: (u64, u64),
}

/// Every attempted case of a system, in the order of the items.
pub fn cases(table: &Table, planned: &PlannedBenchmark, benchmark: usize, system: usize) -> Vec<Case> {
    let disagree = planned.metrics.iter().position(|metric| metric.metric == RULES_DISAGREE);
    (0..table.items(benchmark).n_items())
        .filter_map(|item| {
            let (mut attempted, mut faults, mut unparsed, mut disagreeing) = (false, false, false, false);
            let (mut sum, mut n, mut full) = (0.0, 0_u64, 0_u64);
            for lane in table.lanes_of(benchmark, system) {
                for epoch in 0..lane.epochs {
                    match lane.state(item, epoch).end {
                        CellEnd::NotAttempted | CellEnd::Elsewhere => continue,
                        CellEnd::Fault(_) => faults = true,
                        CellEnd::Answered(_) => {}
                    }
                    attempted = true;
                    if let Some(reading) = lane.reading(planned.primary, item, epoch) {
                        unparsed |= !reading.parsed;
                        sum += reading.score;
                        n += 1;
                        full += u64::from(reading.score >= 1.0);
                    }
                    let differs = disagree
                        .and_then(|metric| lane.reading(metric, item, epoch))
                        .is_some_and(|reading| reading.score > 0.0);
                    disagreeing |= differs;
                }
            }
            let class = match () {
                () if unparsed => Class::Unparsed,
                () if disagreeing => Class::RulesDisagree,
                () if full < n => Class::Wrong,
                () if faults || n == 0 => Class::Fault,
                () => Class::Right,
            };
            attempted.then(|| Case { item, class, mean: (n > 0).then(|| sum / n as f64), full: (full, n) })
        })
        .collect()
}

/// The cases to show, in the order of reading. One in four places is kept for cases that went well.
pub fn pick(mut cases: Vec<Case>, scale: Scale, shown: ItemsShown) -> Vec<Case> {
    // Stable: cases alike stay in the order of the items. On a graded scale almost nothing is perfect, so there the class
    // `wrong` is read from the lowest score upwards.
    cases.sort_by(|a, b| {
        let low = |case: &Case| if scale == Scale::Binary { 0.0 } else { case.mean.unwrap_or(0.0) };
        a.class.cmp(&b.class).then(low(a).total_cmp(&low(b)))
    });
    let ItemsShown::AtMost(most) = shown else { return cases };
    if cases.len() <= most {
        return cases;
    }
    let went_well = match scale {
        Scale::Binary => cases.iter().filter(|case| case.class == Class::Right).count(),
        Scale::Fraction | Scale::Overlap => cases.len(),
    };
    let well = (most / 4).min(went_well);
    // The best scores stand at the end; on a 0/1 scale all full scores are alike, so the first of them will do.
    let tail = match scale {
        Scale::Binary => cases.len() - went_well,
        Scale::Fraction | Scale::Overlap => cases.len() - well,
    };
    let head = (most - well).min(tail);
    // Too few that went wrong: the places go to those that went well.
    let well = most - head;
    let tail = tail.min(cases.len() - well);
    cases[..head].iter().chain(&cases[tail..tail + well]).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(item: usize, class: Class, mean: f64) -> Case {
        Case { item, class, mean: Some(mean), full: (u64::from(mean >= 1.0), 1) }
    }

    #[test]
    fn troubles_come_first_and_a_quarter_is_kept_for_what_went_well() {
        let mut all: Vec<Case> = (0..10).map(|item| case(item, Class::Right, 1.0)).collect();
        all.extend((10..30).map(|item| case(item, Class::Wrong, 0.0)));
        all.push(case(30, Class::Unparsed, 0.0));
        let picked = pick(all.clone(), Scale::Binary, ItemsShown::AtMost(8));
        let items: Vec<usize> = picked.iter().map(|case| case.item).collect();
        assert_eq!(items, [30, 10, 11, 12, 13, 14, 0, 1]);
        assert_eq!(pick(all.clone(), Scale::Binary, ItemsShown::All).len(), 31);
        assert_eq!(pick(all, Scale::Binary, ItemsShown::AtMost(40)).len(), 31);
    }

    #[test]
    fn few_troubles_leave_their_places_to_the_rest() {
        let mut all: Vec<Case> = (0..10).map(|item| case(item, Class::Right, 1.0)).collect();
        all.push(case(10, Class::Wrong, 0.0));
        let items: Vec<usize> = pick(all, Scale::Binary, ItemsShown::AtMost(4)).iter().map(|case| case.item).collect();
        assert_eq!(items, [10, 0, 1, 2]);
    }

    #[test]
    fn graded_cases_are_read_from_the_lowest_with_the_best_at_the_end() {
        let all: Vec<Case> =
            (0..10).map(|item| case(item, Class::Wrong, f64::from(u8::try_from(item).unwrap()) / 20.0)).collect();
        let items: Vec<usize> = pick(all, Scale::Overlap, ItemsShown::AtMost(4)).iter().map(|case| case.item).collect();
        assert_eq!(items, [0, 1, 2, 9]);
    }
}
