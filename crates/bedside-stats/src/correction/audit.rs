//! The answers of a run, what the judge said of each, and what the audit found for some.

use crate::StatsError;

/// How the audited answers were chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditDesign {
    /// At random from all.
    Random,
    /// At random within strata, with known probabilities.
    Stratified,
    /// Because something about them looked wrong.
    Flagged,
    /// Not known, which is treated as flagged.
    Unknown,
}

impl AuditDesign {
    /// An error unless an audit of this design may estimate.
    pub fn may_estimate(self) -> Result<(), StatsError> {
        let how = match self {
            Self::Random | Self::Stratified => return Ok(()),
            Self::Flagged => "the audited answers were picked because they looked wrong",
            Self::Unknown => "nobody knows how the audited answers were picked",
        };
        Err(StatsError::Input { why: format!("{how}: such an audit finds errors and estimates no rate") })
    }
}

/// One run of one item, as the judge scored it and, if it was audited, as it should have been scored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JudgedRun {
    /// Index of the item.
    pub item: u32,
    /// Index of the outermost cluster that was sampled; the item's own index if there is none.
    pub cluster: u32,
    /// The judge's score, in [0, 1].
    pub judge: f64,
    /// The audited score, in [0, 1]; `None` if this run was not audited.
    pub gold: Option<f64>,
    /// Index of the stratum within which the audit drew; 0 for all when it drew from all.
    pub stratum: u32,
    /// Chance with which the audit drew this item. Only ratios within a stratum matter: 1 for all when all were as likely.
    pub probability: f64,
}

impl JudgedRun {
    /// One run of an independent item, drawn for the audit with the same chance as any other.
    pub fn independent(item: u32, judge: f64, gold: Option<f64>) -> Self {
        Self { item, cluster: item, judge, gold, stratum: 0, probability: 1.0 }
    }

    /// An error unless the scores lie in [0, 1] and the probability in (0, 1].
    pub(super) fn check(&self) -> Result<(), StatsError> {
        let Self { item, judge, gold, probability, .. } = *self;
        let on_scale = |score: f64| (0.0..=1.0).contains(&score);
        if !on_scale(judge) || gold.is_some_and(|gold| !on_scale(gold)) {
            let score = if on_scale(judge) { gold.unwrap_or(judge) } else { judge };
            return Err(StatsError::Input { why: format!("item {item}: score {score} is not on the [0, 1] scale") });
        }
        if probability > 0.0 && probability <= 1.0 {
            Ok(())
        } else {
            Err(StatsError::Input { why: format!("item {item}: {probability} is no chance to be audited") })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_drawn_audits_estimate() {
        assert!(AuditDesign::Random.may_estimate().is_ok() && AuditDesign::Stratified.may_estimate().is_ok());
        assert!(AuditDesign::Flagged.may_estimate().is_err() && AuditDesign::Unknown.may_estimate().is_err());
    }
}
