//! One share, from its counts.

use super::{Level, Named, StatsError, ends, input, ninety_five};
use crate::interval::{agresti_coull, clopper_pearson, jeffreys, wilson};
use crate::posterior::BetaPosterior;
use crate::significance::{Alternative, binomial};
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) const WILSON: Named = Named {
    name: "proportion_ci_wilson",
    about: "Wilson's interval for a share, from successes and n",
    example: r#"{"successes": 81, "n": 263, "conf": 0.95}"#,
    run: |value| share(value, wilson),
};

pub(super) const CLOPPER_PEARSON: Named = Named {
    name: "proportion_ci_clopper_pearson",
    about: "Clopper and Pearson's exact interval for a share, from successes and n",
    example: r#"{"successes": 81, "n": 263, "conf": 0.95}"#,
    run: |value| share(value, clopper_pearson),
};

pub(super) const JEFFREYS: Named = Named {
    name: "proportion_ci_jeffreys",
    about: "Jeffreys' interval for a share, from successes and n; its ends are not clamped",
    example: r#"{"successes": 0, "n": 50, "conf": 0.95}"#,
    run: |value| share(value, jeffreys),
};

pub(super) const AGRESTI_COULL: Named = Named {
    name: "proportion_ci_agresti_coull",
    about: "Agresti and Coull's interval for a share, from successes and n",
    example: r#"{"successes": 7, "n": 50, "conf": 0.95}"#,
    run: |value| share(value, agresti_coull),
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Share {
    successes: f64,
    n: f64,
    #[serde(default = "ninety_five")]
    conf: Level,
}

fn share(
    value: &Value,
    method: fn(f64, f64, Level) -> Result<crate::Interval, StatsError>,
) -> Result<Value, StatsError> {
    let Share { successes, n, conf } = input(value)?;
    let interval = method(successes, n, conf)?;
    Ok(json!({ "share": successes / n, "lower": interval.lower(), "upper": interval.upper(), "conf": conf }))
}

pub(super) const BINOMIAL_TEST: Named = Named {
    name: "binomial_test",
    about: "exact test of k events in n against a share p0 (alternative: less, greater, two-sided), with an exact interval",
    example: r#"{"k": 3, "n": 300, "p0": 0.03, "alternative": "less"}"#,
    run: |value| {
        let Test { k, n, p0, alternative, conf } = input(value)?;
        let p = binomial(k, n, p0, alternative)?;
        let interval = clopper_pearson(k as f64, n as f64, conf)?;
        Ok(json!({ "p": p, "share": k as f64 / n as f64, "lower": interval.lower(), "upper": interval.upper() }))
    },
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Test {
    k: u64,
    n: u64,
    p0: f64,
    #[serde(default = "either_way")]
    alternative: Alternative,
    #[serde(default = "ninety_five")]
    conf: Level,
}

fn either_way() -> Alternative {
    Alternative::TwoSided
}

pub(super) const BETA_RATE: Named = Named {
    name: "bayes_beta_rate",
    about: "posterior of a rate under a Beta prior (default Jeffreys'): mean, interval, chance to exceed a threshold",
    example: r#"{"successes": 48, "n": 50, "prior": [0.5, 0.5], "threshold": 0.9}"#,
    run: |value| {
        let Posterior { successes, n, prior, threshold, conf } = input(value)?;
        if !(0.0..=1.0).contains(&threshold) {
            return Err(StatsError::Input { why: format!("`threshold` {threshold} is not between 0 and 1") });
        }
        let rate = BetaPosterior::new(successes, n, prior)?;
        let mut found = json!({ "mean": rate.mean() });
        // Rounded to two decimals of a percent, which is how a level is written.
        let percent = (conf.value() * 1e4).round() / 1e2;
        found[format!("ci{percent}_equal_tailed")] = json!(ends(rate.interval(conf)?));
        found[format!("p_rate_gt_{threshold}")] = json!(rate.share_above(threshold));
        Ok(found)
    },
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Posterior {
    successes: f64,
    n: f64,
    #[serde(default = "jeffreys_prior")]
    prior: (f64, f64),
    #[serde(default = "nine_tenths")]
    threshold: f64,
    #[serde(default = "ninety_five")]
    conf: Level,
}

fn jeffreys_prior() -> (f64, f64) {
    (0.5, 0.5)
}

fn nine_tenths() -> f64 {
    0.9
}
