//! Price before purchase: what would be asked, of whom, for how much; and the question before anything is spent.

use bedside_core::plan::Role;
use bedside_core::problem::Problem;
use bedside_core::shown::Shown;
use bedside_run::planner::{Price, Workload};
use bedside_run::prices::Cost;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::output;

/// The plan for people.
pub fn plan_text(workload: &Workload, prices: &[Price]) -> String {
    let mut lines = Vec::new();
    for benchmark in &workload.plan.benchmarks {
        lines.push(format!(
            "{}  {}: {} of {} items ({}), {} wording{}, {} data",
            benchmark.id,
            benchmark.version,
            benchmark.selected,
            benchmark.items,
            benchmark.selection,
            benchmark.prompts.len(),
            if benchmark.prompts.len() == 1 { "" } else { "s" },
            benchmark.data_class.word(),
        ));
    }
    if let Some(shard) = &workload.plan.shard {
        lines.push(format!(
            "share {shard} of it: each cell belongs to one share, by its key; `bedside merge` joins them"
        ));
    }
    for price in prices {
        let name = Shown::cut(&price.system, 60);
        let Some(host) = &price.host else {
            lines.push(format!("{name}: {} cells, costs nothing, stays on this machine", price.cells));
            continue;
        };
        let (calls, tokens) = (price.cells, price.prompt_tokens);
        let most = price.completion_tokens.map_or_else(|| "unlimited".to_owned(), |tokens| format!("at most {tokens}"));
        lines.push(format!("{name}: {calls} calls to {host}, about {tokens} tokens in, {most} out, {}", money(price)));
    }
    if let Some(total) = total(prices) {
        lines.push(format!("together about {} for reading and at most {} for writing", total.0, total.1));
    }
    let floors = workload.plan.systems.iter().filter(|system| system.role == Role::Floor).count();
    if floors > 0 {
        lines.push(format!("{floors} null policies run beside them and cost nothing"));
    }
    lines.join("\n")
}

/// Money for one system, in words; what is not known is said to be unknown.
fn money(price: &Price) -> String {
    if !price.may_cost() {
        return "stays on this machine".to_owned();
    }
    match (&price.rate, price.prompt_cost(), price.completion_cost()) {
        (Some(rate), Some(reading), Some(writing)) => {
            format!("about {reading} in and at most {writing} out (prices as of {})", rate.as_of)
        }
        (Some(rate), Some(reading), None) => {
            format!("about {reading} in, out unlimited (prices as of {})", rate.as_of)
        }
        _ => "price unknown (a prices.toml can tell it)".to_owned(),
    }
}

/// Money over several paid systems, when all of it is known.
fn total(prices: &[Price]) -> Option<(Cost, Cost)> {
    let paid: Vec<&Price> = prices.iter().filter(|price| price.may_cost()).collect();
    if paid.len() < 2 {
        return None;
    }
    let sum = |of: fn(&Price) -> Option<Cost>| {
        paid.iter()
            .map(|price| of(price).map(|cost| cost.0))
            .try_fold(0_u64, |sum, cost| cost.map(|cost| sum.saturating_add(cost)))
    };
    Some((Cost(sum(Price::prompt_cost)?), Cost(sum(Price::completion_cost)?)))
}

/// The same for programs: `bedside.plan/1`.
pub fn plan_json(workload: &Workload, prices: &[Price]) -> Value {
    let benchmarks: Vec<_> = workload
        .plan
        .benchmarks
        .iter()
        .map(|benchmark| {
            json!({
                "benchmark": benchmark.id, "version": benchmark.version, "package": benchmark.package, "items": benchmark.items,
                "selected": benchmark.selected, "selection": benchmark.selection, "prompts": benchmark.prompts.len(),
                "data_class": benchmark.data_class,
            })
        })
        .collect();
    // Unknown is null, never 0.
    let usd = |cost: Option<Cost>| cost.map_or(Value::Null, |cost| json!(cost.usd()));
    let systems: Vec<_> = prices
        .iter()
        .map(|price| {
            let both = price.prompt_cost().zip(price.completion_cost()).map(|(reading, writing)| Cost(reading.0.saturating_add(writing.0)));
            json!({
                "system": price.system, "cells": price.cells, "host": price.host, "leaves_the_machine": price.remote,
                "prompt_tokens_about": price.prompt_tokens, "completion_tokens_at_most": price.completion_tokens,
                "prompt_cost_usd_about": usd(price.prompt_cost()), "completion_cost_usd_at_most": usd(price.completion_cost()),
                "cost_usd": usd(both), "prices_as_of": price.rate.as_ref().map(|rate| &rate.as_of),
            })
        })
        .collect();
    let shard = workload.plan.shard.as_ref().map(ToString::to_string);
    json!({ "schema": "bedside.plan/1", "shard": shard, "benchmarks": benchmarks, "systems": systems })
}

/// A plan that costs nothing and sends nothing off the machine never asks.
pub fn consent(prices: &[Price], yes: bool) -> Result<(), Failure> {
    let remote: Vec<&str> = prices
        .iter()
        .filter(|price| price.may_cost() && price.cells > 0)
        .filter_map(|price| price.host.as_deref())
        .collect();
    if yes || remote.is_empty() {
        return Ok(());
    }
    let to = remote.join(", ");
    ask(
        &format!("this plan sends items to {to} and may cost money"),
        &format!("send this to {to}?"),
        "not agreed: nothing was sent",
    )
}

/// A run file may come from anyone, and a command in it would run as the user: it is shown, and run when the user agrees.
pub fn consent_to_programs(workload: &Workload, yes: bool) -> Result<(), Failure> {
    let commands: Vec<String> = workload
        .plan
        .systems
        .iter()
        .filter(|system| system.provider == "exec")
        .map(|system| Shown::cut(&system.model, 400).to_string())
        .collect();
    if yes || commands.is_empty() {
        return Ok(());
    }
    output::say(&format!("this run file starts programs on this machine:\n  {}", commands.join("\n  ")));
    ask("this run file starts programs on this machine", "start them?", "not agreed: nothing was started")
}

/// Asks a person; without a terminal nobody can be asked.
fn ask(why: &str, question: &str, refused: &str) -> Result<(), Failure> {
    if !output::is_interactive() {
        return Err(Problem::new("consent", why)
            .hint("--yes agrees to it; without a terminal nobody can be asked")
            .into());
    }
    output::say(&format!("{question} [y/N]"));
    let mut answer = String::new();
    let read = std::io::stdin().read_line(&mut answer);
    if read.is_ok() && matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
        return Ok(());
    }
    Err(Problem::new("consent", refused).into())
}
