//! Two shares, from their counts.

use super::{Level, Named, input, ninety_five};
use crate::difference::{PairedTable, bonett_price, newcombe, newcombe_paired};
use crate::significance::two_shares;
use serde::Deserialize;
use serde_json::json;

pub(super) const NEWCOMBE: Named = Named {
    name: "two_proportion_diff_newcombe",
    about: "Newcombe's interval for the difference of two independent shares, from x1 of n1 and x2 of n2",
    example: r#"{"x1": 56, "n1": 70, "x2": 48, "n2": 80}"#,
    run: |value| {
        let TwoShares { x1, n1, x2, n2, conf } = input(value)?;
        let difference = newcombe((x1 as f64, n1 as f64), (x2 as f64, n2 as f64), conf)?;
        let interval = difference.interval;
        Ok(json!({ "diff": difference.value, "lower": interval.lower(), "upper": interval.upper(), "conf": conf }))
    },
};

pub(super) const TWO_PROPORTION_Z: Named = Named {
    name: "two_proportion_z",
    about: "z test of two independent shares with their pooled standard error, from x1 of n1 and x2 of n2",
    example: r#"{"x1": 56, "n1": 70, "x2": 48, "n2": 80}"#,
    run: |value| {
        let TwoShares { x1, n1, x2, n2, conf } = input(value)?;
        let test = two_shares((x1, n1), (x2, n2))?;
        let difference = newcombe((x1 as f64, n1 as f64), (x2 as f64, n2 as f64), conf)?;
        let interval = difference.interval;
        Ok(json!({
            "z": test.z, "p": test.p, "diff": difference.value, "lower": interval.lower(), "upper": interval.upper(),
        }))
    },
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TwoShares {
    x1: u64,
    n1: u64,
    x2: u64,
    n2: u64,
    #[serde(default = "ninety_five")]
    conf: Level,
}

pub(super) const BONETT_PRICE: Named = Named {
    name: "paired_prop_diff_bonett_price",
    about: "Bonett and Price's interval for a paired difference: b cases right the first time only, c the second, of n",
    example: r#"{"b": 5, "c": 0, "n": 200, "conf": 0.95}"#,
    run: |value| {
        let Discordant { b, c, n, conf } = input(value)?;
        let difference = bonett_price(b, c, n, conf)?;
        Ok(json!({
            "mle": difference.value,
            "midpoint_adjusted": difference.adjusted,
            "lower": difference.interval.lower(),
            "upper": difference.interval.upper(),
            "conf": conf,
        }))
    },
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Discordant {
    b: u64,
    c: u64,
    n: u64,
    #[serde(default = "ninety_five")]
    conf: Level,
}

pub(super) const NEWCOMBE_PAIRED: Named = Named {
    name: "paired_prop_diff_newcombe",
    about: "Newcombe's interval for a paired difference, from cases right both times, the first or second only, or neither",
    example: r#"{"both": 14, "first_only": 5, "second_only": 0, "neither": 22}"#,
    run: |value| {
        let Paired { both, first_only, second_only, neither, conf } = input(value)?;
        let difference = newcombe_paired(PairedTable { both, first_only, second_only, neither }, conf)?;
        let interval = difference.interval;
        Ok(json!({ "diff": difference.value, "lower": interval.lower(), "upper": interval.upper(), "conf": conf }))
    },
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Paired {
    both: u64,
    first_only: u64,
    second_only: u64,
    neither: u64,
    #[serde(default = "ninety_five")]
    conf: Level,
}
