//! Jackknife and bootstrap.

use super::{Level, Named, StatsError, ends, first_seed, input, ninety_five, same_length};
use crate::bootstrap::{ClusterBootstrap, RESAMPLES, RowBootstrap, exhaustive_mean};
use crate::jackknife::{Jackknife, mean, pearson};
use crate::{ClusteredMean, Observation};
use serde::Deserialize;
use serde_json::{Value, json};

/// More resamples than this take minutes and change no printed digit.
const MOST_RESAMPLES: u32 = 10_000_000;

/// A statistic of rows that these methods know.
#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Statistic {
    Mean,
    Pearson,
}

impl Statistic {
    /// The statistic as a function of rows, and the number of rows.
    fn of<'a>(
        self,
        x: &'a [f64],
        y: Option<&'a [f64]>,
    ) -> Result<(usize, impl Fn(&[usize]) -> f64 + Sync + 'a), StatsError> {
        let finite = |value: &f64| value.is_finite();
        if !x.iter().chain(y.unwrap_or(&[])).all(finite) {
            return Err(StatsError::Input { why: "`x` and `y` must hold finite numbers".into() });
        }
        match (self, y) {
            (Self::Mean, Some(_)) => return Err(StatsError::Input { why: "the mean takes `x` and no `y`".into() }),
            (Self::Pearson, None) => return Err(StatsError::Input { why: "a correlation takes `x` and `y`".into() }),
            (Self::Pearson, Some(y)) => same_length(("x", x.len()), ("y", y.len()))?,
            (Self::Mean, None) => {}
        }
        let y = y.unwrap_or(x);
        Ok((x.len(), move |rows: &[usize]| match self {
            Self::Mean => mean(x, rows),
            Self::Pearson => pearson(x, y, rows),
        }))
    }

    fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Pearson => "correlation",
        }
    }
}

pub(super) const JACKKNIFE: Named = Named {
    name: "jackknife",
    about: "bias, standard error and acceleration of a mean or correlation, leaving out one row at a time",
    example: r#"{"x": [576, 635, 558, 578], "y": [3.39, 3.30, 2.81, 3.03], "statistic": "pearson"}"#,
    run: |value| {
        let Rows { x, y, statistic } = input(value)?;
        let (n, function) = statistic.of(&x, y.as_deref())?;
        let found = Jackknife::new(n, function)?;
        let mut answer = json!({
            "jackknife_se": found.standard_error,
            "jackknife_bias": found.bias,
            "bca_acceleration": found.acceleration,
        });
        answer[statistic.name()] = json!(found.value);
        Ok(answer)
    },
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rows {
    x: Vec<f64>,
    y: Option<Vec<f64>>,
    statistic: Statistic,
}

pub(super) const BCA: Named = Named {
    name: "bootstrap_bca",
    about: "bootstrap of a mean or correlation of independent rows: percentile and BCa intervals",
    example: r#"{"x": [576, 635, 558, 578], "y": [3.39, 3.30, 2.81, 3.03], "statistic": "pearson", "B": 1999, "seed": 1}"#,
    run: |value| {
        let Resampled { x, y, statistic, resamples, seed, conf } = input(value)?;
        let (n, function) = statistic.of(&x, y.as_deref())?;
        let found = RowBootstrap::new(n, seed).with_resamples(bounded(resamples)?).of(function)?;
        let mut answer = json!({
            "se": found.standard_error(),
            "z0": found.median_bias(),
            "acceleration": found.acceleration(),
            "undefined_resamples": found.undefined(),
        });
        answer[statistic.name()] = json!(found.value());
        let percent = (conf.value() * 1e4).round() / 1e2;
        answer[format!("percentile_{percent}")] = json!(ends(found.percentile(conf)?));
        answer[format!("bca_{percent}")] = json!(ends(found.bca(conf)?));
        Ok(answer)
    },
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Resampled {
    x: Vec<f64>,
    y: Option<Vec<f64>>,
    statistic: Statistic,
    #[serde(rename = "B", default = "enough")]
    resamples: u32,
    #[serde(default = "first_seed")]
    seed: u64,
    #[serde(default = "ninety_five")]
    conf: Level,
}

fn enough() -> u32 {
    RESAMPLES
}

fn bounded(resamples: u32) -> Result<u32, StatsError> {
    if (2..=MOST_RESAMPLES).contains(&resamples) {
        return Ok(resamples);
    }
    Err(StatsError::Input { why: format!("`B` is {resamples}; it must be from 2 to {MOST_RESAMPLES}") })
}

pub(super) const EXHAUSTIVE: Named = Named {
    name: "bootstrap_exhaustive",
    about: "all resamples of the mean of at most 12 numbers: standard error and quantiles without chance",
    example: r#"{"x": [1, 2, 4, 8]}"#,
    run: |value| {
        let Few { x } = input(value)?;
        let law = exhaustive_mean(&x)?;
        let n = x.len() as f64;
        let centre = x.iter().sum::<f64>() / n;
        let squares: f64 = x.iter().map(|value| (value - centre).powi(2)).sum();
        Ok(json!({
            "mean": centre,
            "se": law.standard_error(),
            "closed_form": squares.sqrt() / n,
            "q025_type_inverse_ecdf": law.quantile(0.025),
            "q975_type_inverse_ecdf": law.quantile(0.975),
            "different_resamples": law.different(),
        }))
    },
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Few {
    x: Vec<f64>,
}

pub(super) const CLUSTER_BOOTSTRAP: Named = Named {
    name: "cluster_bootstrap",
    about: "mean of clustered scores in [0, 1]: percentile, BCa and bootstrap-t intervals by resampling clusters",
    example: r#"{"scores": [1, 1, 0, 0, 0, 1, 1, 1, 0, 1], "clusters": [0, 0, 0, 1, 1, 2, 2, 2, 2, 3], "B": 1999, "seed": 1}"#,
    run: |value| {
        let Clustered { scores, clusters, resamples, seed, conf } = input(value)?;
        same_length(("scores", scores.len()), ("clusters", clusters.len()))?;
        let observations: Vec<_> = (0..)
            .zip(scores.into_iter().zip(clusters))
            .map(|(item, (score, cluster))| Observation { item, cluster, epoch: 0, score })
            .collect();
        if let Some(odd) = observations.iter().find(|o| !(0.0..=1.0).contains(&o.score)) {
            let &Observation { item, epoch, score, .. } = odd;
            return Err(StatsError::OffScale { item, epoch, score, scale: "[0, 1]" });
        }
        let mean = ClusteredMean::new(&observations)?;
        let bootstrap = ClusterBootstrap::new(&mean, seed).with_resamples(bounded(resamples)?);
        Ok::<Value, _>(json!({
            "mean": mean.mean(),
            "percentile": ends(bootstrap.percentile(conf)?),
            "bca": ends(bootstrap.bca(conf)?),
            "bootstrap_t": ends(bootstrap.studentised(conf)?),
            "n_clusters": mean.n_clusters(),
            "conf": conf,
        }))
    },
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Clustered {
    scores: Vec<f64>,
    clusters: Vec<u32>,
    #[serde(rename = "B", default = "enough")]
    resamples: u32,
    #[serde(default = "first_seed")]
    seed: u64,
    #[serde(default = "ninety_five")]
    conf: Level,
}
