//! A chart that satisfies a policy, and the one fact that makes it deny or send back.

use jiff::ToSpan as _;
use jiff::civil::{Date, date};

use super::Decision;
use super::policy::{Criterion, Policy};
use crate::draw::Draw;

/// The fact by which the charts of a triple differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// Nothing is wrong.
    AllMet,
    /// The newest result in the window is on the wrong side of the limit.
    ResultOutside,
    /// The course was too short.
    CourseTooShort,
    /// The course was long enough in a form that does not count.
    CourseUncounted,
    /// The excluding condition is on the problem list.
    Excluded,
    /// The patient is too young.
    TooYoung,
    /// The only good result is older than the window.
    ResultTooOld,
    /// There is no result in the window.
    ResultMissing,
    /// The end of the course is not recorded.
    CourseUndated,
    /// The document is not attached.
    DocumentMissing,
}

impl Fact {
    /// The word used in strata.
    pub const fn word(self) -> &'static str {
        match self {
            Self::AllMet => "all-met",
            Self::ResultOutside => "result-outside",
            Self::CourseTooShort => "course-too-short",
            Self::CourseUncounted => "course-uncounted",
            Self::Excluded => "excluded",
            Self::TooYoung => "too-young",
            Self::ResultTooOld => "result-too-old",
            Self::ResultMissing => "result-missing",
            Self::CourseUndated => "course-undated",
            Self::DocumentMissing => "document-missing",
        }
    }

    /// A fact that makes a decision right under a policy, when it is put into this chart.
    pub fn draw(decision: Decision, policy: &Policy, chart: &Chart, draw: &mut Draw) -> Self {
        let mut facts = match decision {
            Decision::Approve => vec![Self::AllMet],
            Decision::Deny => vec![Self::ResultOutside, Self::Excluded],
            Decision::MoreInfo => vec![Self::ResultTooOld, Self::ResultMissing, Self::CourseUndated],
        };
        if decision == Decision::Deny && policy.asks(Criterion::DiagnosisAndAge) {
            facts.push(Self::TooYoung);
        }
        // With an earlier course of unknown length, a bad last course leaves the criterion open: then it is no reason to deny.
        if decision == Decision::Deny && chart.courses.iter().all(|course| course.to.is_some()) {
            facts.extend([Self::CourseTooShort, Self::CourseUncounted]);
        }
        if decision == Decision::MoreInfo && policy.asks(Criterion::Document) {
            facts.push(Self::DocumentMissing);
        }
        *draw.pick(&facts)
    }
}

/// A dated result, in tenths.
#[derive(Clone, Debug)]
pub struct Measured {
    /// When.
    pub on: Date,
    /// How much.
    pub tenths: u32,
}

/// A course of treatment.
#[derive(Clone, Debug)]
pub struct Course {
    /// First day.
    pub from: Date,
    /// Last day, if recorded.
    pub to: Option<Date>,
    /// Whether it was in the form that does not count.
    pub uncounted: bool,
}

/// The facts of a chart excerpt.
#[derive(Clone, Debug)]
pub struct Chart {
    /// Day of the request.
    pub today: Date,
    /// The patient's age.
    pub age: u32,
    /// Whether the patient is a woman.
    pub woman: bool,
    /// Results, oldest first.
    pub results: Vec<Measured>,
    /// Courses of the treatment, oldest first.
    pub courses: Vec<Course>,
    /// Whether the excluding condition is on the problem list.
    pub excluded: bool,
    /// The excluding condition in the family, or ruled out on a day: neither counts.
    pub exclusion_elsewhere: Option<String>,
    /// Whether the document is attached.
    pub document: bool,
    /// Problems without a part in the decision.
    pub other_problems: Vec<&'static str>,
    /// Documents without a part in the decision.
    pub other_documents: Vec<&'static str>,
}

const OTHER_PROBLEMS: [&str; 6] = [
    "seasonal allergic rhinitis",
    "gastro-oesophageal reflux",
    "hypothyroidism",
    "insomnia",
    "cataract",
    "iron deficiency, resolved",
];
const OTHER_DOCUMENTS: [&str; 4] =
    ["insurance card copy", "medication list", "signed consent to release records", "referral letter"];
const RELATIVES: [&str; 4] = ["mother", "father", "brother", "sister"];

impl Chart {
    /// A chart in which every criterion is met, with distractors.
    pub fn draw(policy: &Policy, draw: &mut Draw) -> Self {
        let today = before(date(2026, 12, 31), draw.below(365));
        let mut other_problems = OTHER_PROBLEMS;
        draw.shuffle(&mut other_problems);
        let mut other_documents = OTHER_DOCUMENTS;
        draw.shuffle(&mut other_documents);
        // Values exactly at a limit are met and must not look like traps only when they fail: they are drawn often.
        let age = if draw.once_in(4) { policy.age } else { policy.age + draw.between(1, 35) };
        let newest = Measured { on: before(today, draw.between(2, policy.window)), tenths: inside(policy, draw) };
        let mut results = vec![newest];
        if draw.once_in(2) {
            // An older result on the wrong side of the limit, outside the window: it does not count.
            results.insert(
                0,
                Measured { on: before(today, policy.window + draw.between(40, 120)), tenths: outside(policy, draw) },
            );
        }
        let ended = before(today, draw.between(3, 40));
        let extra = if draw.once_in(4) { 0 } else { draw.between(1, 40) };
        let mut courses =
            vec![Course { from: before(ended, policy.weeks * 7 + extra), to: Some(ended), uncounted: false }];
        if !draw.once_in(3) {
            // A first course that does not count, for one of the reasons that make other requests fail: it does no harm.
            let to = before(courses[0].from, draw.between(60, 200));
            let (long, short) = (policy.weeks * 7 + draw.between(0, 30), 7 * draw.between(1, policy.weeks / 2));
            courses.insert(
                0,
                match draw.below(3) {
                    0 => Course { from: before(to, short), to: Some(to), uncounted: false },
                    1 => Course { from: before(to, long), to: Some(to), uncounted: true },
                    _ => Course { from: before(to, long), to: None, uncounted: false },
                },
            );
        }
        let exclusion = policy.template.exclusion;
        let exclusion_elsewhere = match draw.below(3) {
            0 => Some(format!("Family history: {exclusion} ({})", draw.pick(&RELATIVES))),
            1 => Some(format!(
                "Note of {}: {exclusion} was considered and ruled out",
                before(today, draw.between(100, 900))
            )),
            _ => None,
        };
        Self {
            today,
            age,
            woman: draw.once_in(2),
            results,
            courses,
            excluded: false,
            exclusion_elsewhere,
            document: policy.asks(Criterion::Document) || draw.once_in(2),
            other_problems: other_problems[..draw.between(1, 3) as usize].to_vec(),
            other_documents: other_documents[..draw.between(1, 3) as usize].to_vec(),
        }
    }

    /// The same chart with one fact changed.
    pub fn with(&self, fact: Fact, policy: &Policy, draw: &mut Draw) -> Self {
        let mut chart = self.clone();
        let newest = chart.results.len() - 1;
        let last = chart.courses.len() - 1;
        match fact {
            Fact::AllMet => {}
            Fact::ResultOutside => chart.results[newest].tenths = outside(policy, draw),
            Fact::CourseTooShort => {
                let to = chart.courses[last].to.expect("drawn with an end");
                chart.courses[last].from = before(to, policy.weeks * 7 - draw.between(3, 14));
            }
            Fact::CourseUncounted => chart.courses[last].uncounted = true,
            Fact::Excluded => chart.excluded = true,
            Fact::TooYoung => chart.age = policy.age - draw.between(1, 2),
            Fact::ResultTooOld => chart.results[newest].on = before(chart.today, policy.window + draw.between(3, 25)),
            Fact::ResultMissing => chart.results.truncate(newest),
            Fact::CourseUndated => chart.courses[last].to = None,
            Fact::DocumentMissing => chart.document = false,
        }
        chart
    }
}

/// A result on the right side of the limit, often exactly on it.
fn inside(policy: &Policy, draw: &mut Draw) -> u32 {
    let measure = &policy.template.measure;
    let by = if draw.once_in(4) { 0 } else { draw.between(1, measure.spread) };
    if measure.at_least { policy.limit + by } else { policy.limit - by }
}

/// A result on the wrong side of the limit.
fn outside(policy: &Policy, draw: &mut Draw) -> u32 {
    let measure = &policy.template.measure;
    let by = draw.between(1, measure.spread.min(policy.limit / 2));
    if measure.at_least { policy.limit - by } else { policy.limit + by }
}

fn before(day: Date, days: u32) -> Date {
    day - i64::from(days).days()
}
