//! Categories: kappa and its relatives.

use super::{Cells, level, ninety_five, reported, value};
use crate::agreement::krippendorff::{Metric, krippendorff};
use crate::agreement::{Coefficient, Ratings, Summary, Weights, chance_corrected, cohen::cohen, fleiss::fleiss, gwet};
use crate::named::{Named, input};
use crate::{Figure, StatsError};
use serde::Deserialize;
use serde_json::{Map, Value, json};

pub(super) const COHEN_KAPPA: Named = Named {
    name: "cohen_kappa",
    about: "Cohen's kappa of two raters, unweighted and weighted, from their table of counts",
    example: r#"{"table": [[20, 5], [10, 15]]}"#,
    run: cohen_kappa,
};

pub(super) const KAPPA_PARADOX: Named = Named {
    name: "kappa_paradox",
    about: "why kappa is low though raters agree: prevalence, bias, AC1 and PABAK beside it, from a table of counts",
    example: r#"{"table": [[118, 5], [2, 0]]}"#,
    run: kappa_paradox,
};

pub(super) const AGREEMENT_SUMMARY: Named = Named {
    name: "agreement_summary",
    about: "raw agreement, kappa, AC1 and alpha side by side with intervals, from ratings, units in rows",
    example: r#"{"ratings": [[1, 1], [1, 1], [1, 2], [2, 2], [1, 1], [2, 2]]}"#,
    run: agreement_summary,
};

pub(super) const CHANCE_CORRECTED_AGREEMENT: Named = Named {
    name: "chance_corrected_agreement",
    about: "five chance-corrected coefficients of several raters with missing cells, from ratings, units in rows",
    example: r#"{"ratings": [[1, 1, null], [2, 2, 3], [3, 3, 3], [1, 2, 1]]}"#,
    run: chance_corrected_agreement,
};

pub(super) const FLEISS_KAPPA: Named = Named {
    name: "fleiss_kappa",
    about: "Fleiss' and Randolph's kappa of several raters, from counts per category or from ratings, units in rows",
    example: r#"{"counts": [[0, 3], [2, 1], [3, 0], [1, 2]]}"#,
    run: fleiss_kappa,
};

pub(super) const GWET_AC1: Named = Named {
    name: "gwet_ac1",
    about: "Gwet's AC1, which a rare category does not pull down, from a table of two raters or from ratings, units in rows",
    example: r#"{"table": [[118, 5], [2, 0]]}"#,
    run: gwet_ac1,
};

pub(super) const GWET_AC2: Named = Named {
    name: "gwet_ac2",
    about: "Gwet's AC2 with weights for near misses, from ratings, units in rows",
    example: r#"{"ratings": [[1, 1], [2, 3], [3, 3], [1, 2]], "weights": "quadratic"}"#,
    run: gwet_ac2,
};

pub(super) const KRIPPENDORFF_ALPHA: Named = Named {
    name: "krippendorff_alpha",
    about: "Krippendorff's alpha on nominal, ordinal, interval and ratio scales, missing cells allowed, raters in rows",
    example: r#"{"raters_by_units": [[1, 2, 3, null], [1, 2, 2, 4], [1, 3, 3, 4]]}"#,
    run: krippendorff_alpha,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TwoRaters {
    table: Vec<Vec<u64>>,
    #[serde(default = "ninety_five")]
    conf: f64,
    #[serde(default)]
    seed: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rated {
    #[serde(rename = "ratings")]
    cells: Cells,
    /// Cluster of each unit; units are their own clusters if absent.
    clusters: Option<Vec<u32>>,
    /// All categories of the scale; those used if absent.
    categories: Option<Vec<f64>>,
    weights: Option<Weights>,
    #[serde(default = "ninety_five")]
    conf: f64,
    #[serde(default)]
    seed: u64,
}

impl Rated {
    fn ratings(&self) -> Result<Ratings, StatsError> {
        let ratings = match &self.clusters {
            Some(clusters) => Ratings::by_unit_in_clusters(&self.cells, clusters)?,
            None => Ratings::by_unit(&self.cells)?,
        };
        match &self.categories {
            Some(categories) => ratings.with_categories(categories),
            None => Ok(ratings),
        }
    }
}

fn cohen_kappa(given: &Value) -> Result<Value, StatsError> {
    let TwoRaters { table, conf, seed } = input(given)?;
    let level = level(conf)?;
    let plain = cohen(&table, Weights::Identity)?;
    let (linear, quadratic) = (cohen(&table, Weights::Linear)?, cohen(&table, Weights::Quadratic)?);
    Ok(json!({
        "kappa": plain.kappa,
        "kappa_linear": linear.kappa,
        "kappa_quadratic": quadratic.kappa,
        "se_asymptotic": plain.se,
        "se_null": plain.se_null,
        "se_asymptotic_linear": linear.se,
        "se_asymptotic_quadratic": quadratic.se,
        "percent_agreement": plain.agreement,
        "chance_agreement": plain.chance,
        "estimate": reported(plain.estimate(level, seed))?,
        "estimate_linear": reported(linear.estimate(level, seed))?,
        "estimate_quadratic": reported(quadratic.estimate(level, seed))?,
    }))
}

fn kappa_paradox(given: &Value) -> Result<Value, StatsError> {
    let TwoRaters { table, conf, seed } = input(given)?;
    let kappa = cohen(&table, Weights::Identity)?;
    let ratings = Ratings::from_table(&table)?;
    let pabak = chance_corrected(&ratings, Weights::Identity, Coefficient::BrennanPrediger)?;
    let summary = Summary::new(&ratings, level(conf)?, seed)?;
    let mut found = json!({
        "kappa": kappa.kappa,
        "percent_agreement": kappa.agreement,
        "ac1": gwet::ac1(&ratings)?.value(),
        "pabak": pabak.value(),
        "largest_share": summary.largest_share,
        "notes": summary.notes,
    });
    if let [first, second] = table.as_slice() {
        let n = table.iter().flatten().sum::<u64>() as f64;
        found["prevalence_index"] = json!(first[0].abs_diff(second[1]) as f64 / n);
        found["bias_index"] = json!(first[1].abs_diff(second[0]) as f64 / n);
    }
    insert_summary(&mut found, &summary)?;
    Ok(found)
}

fn agreement_summary(given: &Value) -> Result<Value, StatsError> {
    let rated: Rated = input(given)?;
    no_weights(&rated)?;
    let summary = Summary::new(&rated.ratings()?, level(rated.conf)?, rated.seed)?;
    let mut found = json!({ "largest_share": summary.largest_share, "notes": summary.notes });
    insert_summary(&mut found, &summary)?;
    Ok(found)
}

fn insert_summary(found: &mut Value, summary: &Summary) -> Result<(), StatsError> {
    let undefined = || Ok(json!("undefined"));
    found["raw_estimate"] = value(&summary.raw)?;
    for (key, estimate) in
        [("kappa_estimate", &summary.kappa), ("ac1_estimate", &summary.ac1), ("alpha_estimate", &summary.alpha)]
    {
        found[key] = estimate.as_ref().map_or_else(undefined, value)?;
    }
    Ok(())
}

fn chance_corrected_agreement(given: &Value) -> Result<Value, StatsError> {
    let rated: Rated = input(given)?;
    let (ratings, level) = (rated.ratings()?, level(rated.conf)?);
    let weights = rated.weights.unwrap_or(Weights::Identity);
    let mut found = Map::new();
    for (name, coefficient) in [
        ("gwet_ac1", Coefficient::Gwet),
        ("fleiss", Coefficient::Fleiss),
        ("krippendorff", Coefficient::Krippendorff),
        ("conger", Coefficient::Conger),
        ("brennan_prediger", Coefficient::BrennanPrediger),
    ] {
        let one = chance_corrected(&ratings, weights, coefficient)?;
        let ci = one.t_interval(level).map_or(json!("undefined"), |ci| json!([ci.lower(), ci.upper()]));
        found.insert(
            name.into(),
            json!({
                "coef": one.value(),
                "se": one.standard_error(),
                "ci": ci,
                "pa": one.agreement(),
                "pe": one.chance(),
                "estimate": reported(one.estimate(level, rated.seed))?,
            }),
        );
    }
    Ok(found.into())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CountsOrRatings {
    counts: Option<Vec<Vec<u64>>>,
    ratings: Option<Cells>,
    #[serde(default = "ninety_five")]
    conf: f64,
    #[serde(default)]
    seed: u64,
}

fn fleiss_kappa(given: &Value) -> Result<Value, StatsError> {
    let CountsOrRatings { counts, ratings, conf, seed } = input(given)?;
    let counts = match (counts, ratings) {
        (Some(counts), None) => counts,
        (None, Some(ratings)) => count(&ratings)?,
        _ => return Err(StatsError::Input { why: "give either counts or ratings".into() }),
    };
    let (found, level) = (fleiss(&counts)?, level(conf)?);
    Ok(json!({
        "kappa": found.kappa,
        "randolph": found.randolph,
        "agreement": found.agreement,
        "se_null": found.se_null,
        "z": found.z(),
        "estimate": reported(found.estimate(level, seed))?,
        "randolph_estimate": reported(found.randolph_estimate(level, seed))?,
    }))
}

/// Raters per category, unit by unit.
fn count(ratings: &Cells) -> Result<Vec<Vec<u64>>, StatsError> {
    let ratings_of = Ratings::by_unit(ratings)?;
    let place = |value: f64| ratings_of.categories().iter().position(|&category| (category - value).abs() <= 0.0);
    let counts = ratings.iter().map(|row| {
        let mut counts = vec![0; ratings_of.categories().len()];
        row.iter().flatten().filter_map(|&value| place(value)).for_each(|at| counts[at] += 1);
        counts
    });
    Ok(counts.collect())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ac1Input {
    table: Option<Vec<Vec<u64>>>,
    ratings: Option<Cells>,
    /// All categories of the scale, with ratings; those used if absent.
    categories: Option<Vec<f64>>,
    #[serde(default = "ninety_five")]
    conf: f64,
    #[serde(default)]
    seed: u64,
}

fn gwet_ac1(given: &Value) -> Result<Value, StatsError> {
    let Ac1Input { table, ratings, categories, conf, seed } = input(given)?;
    let mut ratings = match (table, ratings) {
        (Some(table), None) => Ratings::from_table(&table)?,
        (None, Some(ratings)) => Ratings::by_unit(&ratings)?,
        _ => return Err(StatsError::Input { why: "give either a table or ratings".into() }),
    };
    if let Some(categories) = categories {
        ratings = ratings.with_categories(&categories)?;
    }
    let ac1 = gwet::ac1(&ratings)?;
    Ok(json!({
        "ac1": ac1.value(),
        "se": ac1.standard_error(),
        "pa": ac1.agreement(),
        "pe": ac1.chance(),
        "estimate": reported(ac1.estimate(level(conf)?, seed))?,
    }))
}

fn gwet_ac2(given: &Value) -> Result<Value, StatsError> {
    let rated: Rated = input(given)?;
    let Some(weights) = rated.weights else {
        return Err(StatsError::Input { why: "AC2 needs weights, such as \"quadratic\"".into() });
    };
    let (ratings, level) = (rated.ratings()?, level(rated.conf)?);
    let ac2 = gwet::ac2(&ratings, weights)?;
    let alpha = chance_corrected(&ratings, weights, Coefficient::Krippendorff)?;
    let mut found = json!({
        "ac2": ac2.value(),
        "se": ac2.standard_error(),
        "pa": ac2.agreement(),
        "pe": ac2.chance(),
        "estimate": reported(ac2.estimate(level, rated.seed))?,
    });
    // Named for its weights: alpha on another scale is another number.
    let name = given["weights"].as_str().unwrap_or_default();
    found[format!("krippendorff_{name}")] = value(&alpha.value())?;
    Ok(found)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AlphaInput {
    raters_by_units: Cells,
    #[serde(default = "ninety_five")]
    conf: f64,
    #[serde(default)]
    seed: u64,
}

fn krippendorff_alpha(given: &Value) -> Result<Value, StatsError> {
    let AlphaInput { raters_by_units, conf, seed } = input(given)?;
    let (ratings, level) = (Ratings::by_rater(&raters_by_units)?, level(conf)?);
    let mut found = Map::new();
    for (name, metric) in [
        ("nominal", Metric::Nominal),
        ("ordinal", Metric::Ordinal),
        ("interval", Metric::Interval),
        ("ratio", Metric::Ratio),
    ] {
        match krippendorff(&ratings, metric) {
            Ok(alpha) => {
                found.insert(name.into(), value(&alpha.alpha)?);
                found.insert(format!("{name}_estimate"), reported(alpha.estimate(level, seed))?);
            }
            // A scale with negative numbers is no ratio scale; the others still stand.
            Err(error) if metric == Metric::Ratio => {
                found.insert(name.into(), value(&Figure::Undefined)?);
                found.insert(format!("{name}_estimate"), json!({ "refused": error.to_string() }));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(found.into())
}

fn no_weights(rated: &Rated) -> Result<(), StatsError> {
    match rated.weights {
        None => Ok(()),
        Some(_) => {
            Err(StatsError::Input { why: "weights: the summary is of categories; see gwet_ac2 for weights".into() })
        }
    }
}
