//! A policy: three to five criteria in an order of their own.

use super::template::Template;
use crate::draw::Draw;

/// One criterion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Criterion {
    /// The condition is on the problem list, and the patient is old enough.
    DiagnosisAndAge,
    /// A result inside the window reaches the limit.
    Measure,
    /// The treatment was tried long enough.
    Therapy,
    /// A document is attached.
    Document,
    /// The excluding condition is absent.
    Exclusion,
}

/// The policy that a triple is decided by.
#[derive(Debug)]
pub struct Policy {
    /// What it covers.
    pub template: &'static Template,
    /// Youngest age covered.
    pub age: u32,
    /// Limit of the result, in tenths.
    pub limit: u32,
    /// Oldest result that counts, in days.
    pub window: u32,
    /// Shortest course that counts, in weeks.
    pub weeks: u32,
    /// The criteria, in the order they are numbered.
    pub criteria: Vec<Criterion>,
}

impl Policy {
    /// Draws a policy for a template.
    pub fn draw(template: &'static Template, draw: &mut Draw) -> Self {
        let mut criteria = vec![Criterion::Measure, Criterion::Therapy, Criterion::Exclusion];
        if !draw.once_in(3) {
            criteria.push(Criterion::DiagnosisAndAge);
        }
        if !draw.once_in(3) {
            criteria.push(Criterion::Document);
        }
        draw.shuffle(&mut criteria);
        Self {
            template,
            age: *draw.pick(&[18, 21, 40]),
            limit: *draw.pick(&template.measure.limits),
            window: *draw.pick(&[30, 60, 90]),
            weeks: *draw.pick(&template.weeks),
            criteria,
        }
    }

    /// Whether a criterion is part of this policy.
    pub fn asks(&self, criterion: Criterion) -> bool {
        self.criteria.contains(&criterion)
    }
}
