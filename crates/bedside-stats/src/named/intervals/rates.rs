//! Rare events and rates.

use super::{Level, Named, StatsError, input, ninety_five};
use crate::Figure;
use crate::effective::design_effect;
use crate::rare::{Prior, posterior_upper_bound, rule_of_three, upper_bound_with_design_effect};
use crate::rate::{poisson, poisson_upper};
use serde::Deserialize;
use serde_json::json;

pub(super) const POISSON_UPPER: Named = Named {
    name: "poisson_rate_upper",
    about: "exact one-sided upper bound for a rate, from events and exposure",
    example: r#"{"events": 0, "exposure": 1000, "conf": 0.95}"#,
    run: |value| {
        let Counted { events, exposure, conf } = input(value)?;
        let bound = poisson_upper(events, exposure, conf)?;
        Ok(json!({ "rate": events as f64 / exposure, "upper_rate": bound.upper(), "conf": conf }))
    },
};

pub(super) const POISSON: Named = Named {
    name: "poisson_rate_ci",
    about: "Garwood's exact interval for a rate, from events and exposure",
    example: r#"{"events": 5, "exposure": 1, "conf": 0.95}"#,
    run: |value| {
        let Counted { events, exposure, conf } = input(value)?;
        let interval = poisson(events, exposure, conf)?;
        Ok(json!({
            "rate": events as f64 / exposure, "lower": interval.lower(), "upper": interval.upper(), "conf": conf,
        }))
    },
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Counted {
    events: u64,
    exposure: f64,
    #[serde(default = "ninety_five")]
    conf: Level,
}

pub(super) const CRITICAL_FAILURE: Named = Named {
    name: "critical_failure_upper_bound",
    about: "one-sided upper bounds for a failure rate, from failures in n and, if cases cluster, a design effect",
    example: r#"{"failures": 0, "n": 300, "conf": 0.95, "design_effect": 1.8}"#,
    run: |value| {
        let Harms { failures, n, conf, side, design_effect } = input(value)?;
        let Side::Upper = side;
        let bound = upper_bound_with_design_effect(failures, n, design_effect, conf)?;
        let worth = design_effect.max(1.0);
        let (x, m) = (failures / worth, n / worth);
        Ok(json!({
            "clopper_pearson_upper": bound.upper(),
            "bayes_uniform_prior_upper": posterior_upper_bound(x, m, Prior::Uniform, conf)?.upper(),
            "bayes_jeffreys_upper": posterior_upper_bound(x, m, Prior::Jeffreys, conf)?.upper(),
            // Three is for 95 % and no event; elsewhere there is no such rule.
            "rule_of_three": if failures <= 0.0 && conf == Level::NINETY_FIVE {
                Figure::Number(rule_of_three(m))
            } else {
                Figure::Undefined
            },
            "n_effective": m,
        }))
    },
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Harms {
    failures: f64,
    n: f64,
    #[serde(default = "ninety_five")]
    conf: Level,
    #[serde(default)]
    side: Side,
    #[serde(default = "none")]
    design_effect: f64,
}

/// The only side on which a bound for harm is of use.
#[derive(Deserialize, Default)]
#[serde(rename_all = "lowercase")]
enum Side {
    #[default]
    Upper,
}

fn none() -> f64 {
    1.0
}

pub(super) const DESIGN_EFFECT: Named = Named {
    name: "design_effect",
    about: "Kish's design effect and the effective n, from cluster size and intraclass correlation",
    example: r#"{"cluster_size": 5, "icc": 0.2, "n": 500}"#,
    run: |value| {
        let Clusters { cluster_size, icc, n } = input(value)?;
        if !(cluster_size.is_finite() && cluster_size >= 1.0) {
            return Err(StatsError::Input { why: format!("`cluster_size` {cluster_size} is not at least 1") });
        }
        if !(-1.0..=1.0).contains(&icc) {
            return Err(StatsError::Input { why: format!("`icc` {icc} is not between -1 and 1") });
        }
        let deff = design_effect(cluster_size, icc);
        let effective = n.map(|n| Figure::ratio(n, deff.max(0.0)));
        Ok(json!({ "deff": deff, "n_effective": effective.unwrap_or(Figure::Undefined) }))
    },
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Clusters {
    cluster_size: f64,
    icc: f64,
    n: Option<f64>,
}
