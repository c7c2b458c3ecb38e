//! Shares of the error of a mean score, and the cheapest design, by name.

use super::{Named, input};
use crate::variance::cheapest::{Cheapest, Costs, ErrorModel, Sizes, cheapest};
use crate::variance::shares::{Settings, SystemShares, shares};
use crate::variance::{Cell, Facet, Term};
use crate::{Figure, Level, StatsError};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

pub(super) const SHARES: Named = Named {
    name: "variance_shares",
    about: "Standard error of measurement of each system's mean score, and its shares by item, run, prompt, judge and scaffold, from a long table",
    example: r#"{"observations": [
  {"system": "a", "item": "1", "epoch": "0", "score": 1}, {"system": "a", "item": "1", "epoch": "1", "score": 1},
  {"system": "a", "item": "2", "epoch": "0", "score": 0}, {"system": "a", "item": "2", "epoch": "1", "score": 1},
  {"system": "a", "item": "3", "epoch": "0", "score": 0}, {"system": "a", "item": "3", "epoch": "1", "score": 0},
  {"system": "a", "item": "4", "epoch": "0", "score": 1}, {"system": "a", "item": "4", "epoch": "1", "score": 1}]}"#,
    run: variance_shares,
};

pub(super) const CHEAPEST: Named = Named {
    name: "cheapest_design",
    about: "Cheapest numbers of items, prompts, runs, judges and scaffolds that reach a standard error of measurement, from components and unit costs",
    example: r#"{"components": {"item": 0.1, "run": 0.1}, "costs": {"item": 10, "run": 1}, "most": {"items": 1000, "runs": 10}, "sem": 0.05}"#,
    run: cheapest_design,
};

/// One scored run; what is left out is the same for all, and a cluster left out is the item.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Observation {
    #[serde(default)]
    system: String,
    cluster: Option<String>,
    item: String,
    #[serde(default)]
    prompt: String,
    #[serde(default)]
    epoch: String,
    #[serde(default)]
    judge: String,
    #[serde(default)]
    scaffold: String,
    score: f64,
}

/// `conf` is 0.95, `seed` 0 and `fixed` empty if absent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    observations: Vec<Observation>,
    #[serde(default)]
    fixed: Vec<Facet>,
    #[serde(default)]
    seed: u64,
    conf: Option<Level>,
}

/// Labels as numbers, in order of appearance.
#[derive(Default)]
struct Labels(BTreeMap<String, u32>);

impl Labels {
    fn number(&mut self, label: &str) -> u32 {
        let next = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        *self.0.entry(label.to_owned()).or_insert(next)
    }
}

fn variance_shares(value: &Value) -> Result<Value, StatsError> {
    let Table { observations, fixed, seed, conf } = input(value)?;
    let [mut systems, mut clusters, mut items, mut prompts, mut epochs, mut judges, mut scaffolds] =
        std::array::from_fn(|_| Labels::default());
    let cells: Vec<Cell> = observations
        .iter()
        .map(|seen| Cell {
            system: systems.number(&seen.system),
            cluster: clusters.number(seen.cluster.as_ref().unwrap_or(&seen.item)),
            item: items.number(&seen.item),
            prompt: prompts.number(&seen.prompt),
            epoch: epochs.number(&seen.epoch),
            judge: judges.number(&seen.judge),
            scaffold: scaffolds.number(&seen.scaffold),
            score: seen.score,
        })
        .collect();
    let found = shares(&cells, &Settings { fixed, seed }, conf.unwrap_or(Level::NINETY_FIVE))?;
    let names: BTreeMap<u32, &String> = systems.0.iter().map(|(name, &number)| (number, name)).collect();
    let by_system: Map<String, Value> =
        found.systems.iter().map(|system| (names[&system.system].clone(), report(system))).collect();
    let components: Map<String, Value> =
        found.components().into_iter().map(|(term, variance)| (key(term), json!(variance))).collect();
    let mut report = json!({ "systems": by_system, "components": components });
    report["dependability"] = match &found.dependability {
        None => json!("refused: fewer than 8 systems"),
        Some(found) => json!({
            "Phi": found.phi,
            "Phi_lower": found.phi_ci.map_or(Figure::NotIdentifiable, |ci| Figure::from(ci.lower())),
            "Phi_upper": found.phi_ci.map_or(Figure::NotIdentifiable, |ci| Figure::from(ci.upper())),
            "E_rho2": found.generalizability,
            "var_systems": found.systems_raw,
            "abs_error_var": found.absolute_error,
            "rel_error_var": found.relative_error,
        }),
    };
    Ok(report)
}

/// The name of a term in JSON.
fn key(term: Term) -> String {
    serde_json::to_value(term).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}

fn report(system: &SystemShares) -> Value {
    let parts: Map<String, Value> = system
        .parts
        .iter()
        .map(|part| {
            let figures = json!({
                "variance_raw": part.raw,
                "variance": part.variance,
                "variance_lower": part.variance_ci.lower(),
                "variance_upper": part.variance_ci.upper(),
                "contribution": part.contribution,
                "share": part.share,
                "share_lower": part.share_ci.lower(),
                "share_upper": part.share_ci.upper(),
                "together_with": part.together,
            });
            (key(part.term), figures)
        })
        .collect();
    let left_out: Map<String, Value> = system
        .left_out
        .iter()
        .map(|out| {
            (key(out.term), json!({ "why": out.why, "spread": out.spread.map_or(Figure::Undefined, Figure::Number) }))
        })
        .collect();
    let sem = system.sem.as_ref();
    json!({
        "mean": system.mean,
        "sem": sem.map_or(Figure::Undefined, |sem| Figure::from(sem.value())),
        "sem_lower": sem.map_or(Figure::Undefined, |sem| Figure::from(sem.ci().lower())),
        "sem_upper": sem.map_or(Figure::Undefined, |sem| Figure::from(sem.ci().upper())),
        "parts": parts,
        "left_out": left_out,
    })
}

/// `items_per_cluster` is 1 if absent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    components: BTreeMap<Term, f64>,
    items_per_cluster: Option<f64>,
    costs: Costs,
    most: Sizes,
    sem: f64,
}

fn cheapest_design(value: &Value) -> Result<Value, StatsError> {
    let Question { components, items_per_cluster, costs, most, sem } = input(value)?;
    let model = ErrorModel {
        components: components.into_iter().collect(),
        items_per_cluster: items_per_cluster.unwrap_or(1.0),
    };
    let (reached, plan) = match cheapest(&model, &costs, &most, sem)? {
        Cheapest::Reached(plan) => (true, plan),
        Cheapest::OutOfReach(plan) => (false, plan),
    };
    let Sizes { items, prompts, runs, judges, scaffolds } = plan.sizes;
    Ok(json!({
        "reached": reached,
        "items": items,
        "prompts": prompts,
        "runs": runs,
        "judges": judges,
        "scaffolds": scaffolds,
        "sem": plan.sem,
        "cost": plan.cost,
    }))
}
