//! Means of scores, from the scores.

use super::{Level, Named, StatsError, input, ninety_five, same_length};
use crate::continuous::student;
use crate::{ClusteredMean, Figure, Observation, Scale01, mean_estimate};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;

pub(super) const CLT: Named = Named {
    name: "score_se_clt",
    about: "mean of independent scores with its standard errors, and the interval of the default rule; null is missing",
    example: r#"{"scores": [1, 0, 1, 1, 0, 1, 1, 1, 0, 1]}"#,
    run: |value| {
        let Scores { scores, conf } = input(value)?;
        let observations = observations(&scores, |index| index);
        let mean = ClusteredMean::new(&observations)?;
        let mut found = json!({
            "mean": mean.mean(),
            "se_n_minus_1": mean.se_items().map_or(Figure::NotIdentifiable, Figure::from),
            // Of scores off the scale [0, 1] this is the root of a negative number, or of no meaning.
            "se_bernoulli": if on_scale(&observations) { Figure::from(mean.se_bernoulli()) } else { Figure::Undefined },
            "n": observations.len(),
            "missing": scores.len() - observations.len(),
        });
        add_interval(&mut found, &observations, &mean, conf)?;
        Ok(found)
    },
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scores {
    scores: Vec<Option<f64>>,
    #[serde(default = "ninety_five")]
    conf: Level,
}

pub(super) const CLUSTER: Named = Named {
    name: "score_se_cluster",
    about: "mean of clustered scores with CR0, CR1 and CR2 standard errors, and the interval of the default rule; null is missing",
    example: r#"{"scores": [1, 1, 0, 0, 0, 1, 1, 1, 0, 1], "clusters": [0, 0, 0, 1, 1, 2, 2, 2, 2, 3]}"#,
    run: |value| {
        let ClusteredScores { scores, clusters, conf } = input(value)?;
        same_length(("scores", scores.len()), ("clusters", clusters.len()))?;
        let mut labels: HashMap<String, u32> = HashMap::new();
        let places: Vec<u32> = clusters
            .iter()
            .map(|label| {
                let next = u32::try_from(labels.len()).unwrap_or(u32::MAX);
                *labels.entry(label.to_string()).or_insert(next)
            })
            .collect();
        let observations = observations(&scores, |index| places[index as usize]);
        let mean = ClusteredMean::new(&observations)?;
        let known = |se: Option<f64>| se.map_or(Figure::NotIdentifiable, Figure::from);
        let deff = mean.se_cr2().zip(mean.se_items()).map(|(cluster, items)| (cluster / items).powi(2));
        let mut found = json!({
            "mean": mean.mean(),
            "se_cr0_miller": mean.se_cr0(),
            "se_cr1_stata": known(mean.se_cr1()),
            "se_cr2": known(mean.se_cr2()),
            "se_iid": known(mean.se_items()),
            "deff": known(deff),
            "n": mean.n_items(),
            "n_clusters": mean.n_clusters(),
            "equivalent_clusters": mean.equivalent_clusters(),
            "missing": scores.len() - observations.len(),
        });
        add_interval(&mut found, &observations, &mean, conf)?;
        Ok(found)
    },
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClusteredScores {
    scores: Vec<Option<f64>>,
    /// Numbers or words.
    clusters: Vec<Value>,
    #[serde(default = "ninety_five")]
    conf: Level,
}

/// One item for each score that is there.
fn observations(scores: &[Option<f64>], cluster: impl Fn(u32) -> u32) -> Vec<Observation> {
    (0..)
        .zip(scores)
        .filter_map(|(item, score)| score.map(|score| Observation { item, cluster: cluster(item), epoch: 0, score }))
        .collect()
}

fn on_scale(observations: &[Observation]) -> bool {
    observations.iter().all(|o| (0.0..=1.0).contains(&o.score))
}

/// The interval of the default rule; off the scale [0, 1], Student's, unless the scores do not differ.
fn add_interval(
    found: &mut Value,
    observations: &[Observation],
    mean: &ClusteredMean,
    conf: Level,
) -> Result<(), StatsError> {
    let (lower, upper, method) = if on_scale(observations) {
        let binary = observations.iter().all(|o| matches!(o.score, 0.0 | 1.0));
        let scale = if binary { Scale01::Binary } else { Scale01::Continuous };
        let estimate = mean_estimate(observations, scale, conf)?;
        (estimate.ci().lower().into(), estimate.ci().upper().into(), estimate.method().to_string())
    } else {
        match student(mean, conf)? {
            Some(interval) => (interval.lower().into(), interval.upper().into(), "cluster_robust_t".to_owned()),
            None => (Figure::NotIdentifiable, Figure::NotIdentifiable, "none: the clusters do not differ".to_owned()),
        }
    };
    found["lower"] = json!(lower);
    found["upper"] = json!(upper);
    found["interval_method"] = json!(method);
    Ok(())
}
