//! Does the same case come out the same again, and how often does it go wrong over a shift of different cases?
//!
//! | question | statistic |
//! | --- | --- |
//! | all of k runs of one case right | [`pass_hat_k`] |
//! | at least one of k runs right: the best case, never reliability | [`pass_at_k`] |
//! | the worst of k runs, scores between 0 and 1 | [`worst_at_k`] |
//! | two runs of one case differ | [`run_consistency`] |
//! | wordings of the prompt differ | [`prompt_sensitivity`] |
//! | errors in a shift of n *different* cases | [`errors_per_shift`] |
//!
//! Each is a mean over items of a number computed from that item's runs, unbiased whatever the number of runs; the interval
//! is then the one of any mean, by item or outer cluster ([`crate::rule`]). Runs never count as cases.

mod consistency;
mod pass;
mod prompts;
mod shift;
mod worst;

pub use consistency::{RunConsistency, flip, run_consistency};
pub use pass::{pass_at, pass_at_k, pass_hat, pass_hat_k};
pub use prompts::{PromptSensitivity, PromptSpread, prompt_sensitivity, prompt_spread};
pub use shift::{Shift, errors_per_shift};
pub use worst::{worst_at, worst_at_k};

use crate::{ClusteredMean, Design, Estimate, Observation, Scale01, StatsError};

/// The runs of one item, in the order of their epochs.
pub(crate) struct ItemRuns {
    pub item: u32,
    pub cluster: u32,
    pub scores: Vec<f64>,
}

/// Runs by item; an error if a run is given twice or an item stands in two clusters.
pub(crate) fn by_item(observations: &[Observation]) -> Result<Vec<ItemRuns>, StatsError> {
    ClusteredMean::new(observations)?;
    let mut sorted: Vec<&Observation> = observations.iter().collect();
    sorted.sort_by_key(|o| (o.item, o.epoch));
    Ok(sorted
        .chunk_by(|a, b| a.item == b.item)
        .map(|runs| ItemRuns {
            item: runs[0].item,
            cluster: runs[0].cluster,
            scores: runs.iter().map(|run| run.score).collect(),
        })
        .collect())
}

/// An error unless every item has so many runs.
fn at_least(items: &[ItemRuns], runs: usize, method: &'static str) -> Result<(), StatsError> {
    let fewest = items.iter().map(|item| item.scores.len()).min().unwrap_or(0);
    if fewest >= runs {
        Ok(())
    } else {
        Err(StatsError::TooFew {
            method,
            needs: format!("{runs} runs of every item"),
            found: format!("{fewest} of one item"),
        })
    }
}

/// Mean over items of a number in [0, 1] computed from each item's runs.
fn mean_over_items(
    items: &[ItemRuns],
    design: &Design,
    scale: Scale01,
    says: &str,
    of: impl Fn(&[f64]) -> f64,
) -> Result<Estimate, StatsError> {
    let values: Vec<Observation> = items
        .iter()
        .map(|runs| Observation {
            item: runs.item,
            cluster: runs.cluster,
            epoch: 0,
            // Rounding may put a sum of weights that add up to 1 a hair outside.
            score: of(&runs.scores).clamp(0.0, 1.0),
        })
        .collect();
    let estimate = Design { scale, ..design.clone() }.mean_estimate(&values)?;
    let mut sample = estimate.sample();
    sample.n_epochs = items.iter().map(|runs| runs.scores.len() as u64).max().unwrap_or(0);
    let mut assumptions = vec![says.to_owned()];
    assumptions.extend_from_slice(estimate.assumptions());
    Estimate::new(estimate.value(), estimate.ci(), estimate.method().clone(), sample, assumptions)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::{ClusterKind, Level};

    pub(crate) fn design(scale: Scale01) -> Design {
        Design { scale, clusters: ClusterKind::Sampled("passage".into()), level: Level::NINETY_FIVE }
    }

    /// One item a row, each its own cluster.
    pub(crate) fn rows<R: AsRef<[f64]>>(rows: &[R]) -> Vec<Observation> {
        (0..)
            .zip(rows)
            .flat_map(|(item, row)| {
                (0..).zip(row.as_ref()).map(move |(epoch, &score)| Observation { item, cluster: item, epoch, score })
            })
            .collect()
    }
}
