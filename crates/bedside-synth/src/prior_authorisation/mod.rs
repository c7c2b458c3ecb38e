//! Prior authorisation: a request, a chart excerpt and an invented policy whose own rule decides.
//!
//! The rule, which every policy states: *deny* when a criterion is documented as not met; otherwise *ask for more information* when
//! a criterion cannot be decided from the chart; otherwise *approve*.
//!
//! Items come in matched triples: one patient, one policy, one set of distractors, and three charts that differ in one fact, so that
//! one is right to approve, one to deny and one to send back. Whoever approves all, denies all or always asks is right in a third.
//! The distractors (an older result on the wrong side of the limit, a first course that does not count, an excluded condition in the
//! family) stand in all three charts of a triple, so that their presence says nothing about the answer.
//!
//! `template` is the procedure or drug asked for, `cluster` the triple. Policies and thresholds are invented; no clinician has
//! reviewed them.

mod case;
mod policy;
mod render;
mod template;

use bedside_core::item::{ChoiceOption, ItemLine};
use bedside_core::manifest::Domain;
use serde_json::{Map, Value};

use crate::Generator;
use crate::draw::Draw;
use case::{Chart, Fact};
use policy::Policy;
use template::TEMPLATES;

/// This generator.
pub const GENERATOR: Generator = Generator {
    name: "prior-authorisation",
    version: 1,
    domain: Domain::Administration,
    what: "apply a written coverage policy to a request and a chart excerpt: approve, deny, or ask for more information",
    generate,
};

/// What is done with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decision {
    Approve,
    Deny,
    MoreInfo,
}

impl Decision {
    const ALL: [Self; 3] = [Self::Approve, Self::Deny, Self::MoreInfo];

    const fn label(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Deny => "deny",
            Self::MoreInfo => "more-info",
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::Approve => "approve the request",
            Self::Deny => "deny the request",
            Self::MoreInfo => "ask for more information",
        }
    }
}

/// Draws `n` items. The first items are the same whatever `n` is; each decision is right in a third of them when 3 divides `n`.
pub fn generate(seed: u64, n: u32) -> Vec<ItemLine> {
    let templates = u32::try_from(TEMPLATES.len()).expect("a short table");
    // Every run of twelve triples uses each template once, in an order of its own.
    let triples = (0..n.div_ceil(3)).map(|number| {
        let mut order: Vec<usize> = (0..TEMPLATES.len()).collect();
        Draw::new(seed, (u64::from(number / templates) << 32) | 0xFFFF_FFFF).shuffle(&mut order);
        (number, order[(number % templates) as usize])
    });
    triples.flat_map(|(number, template)| triple(seed, number, template)).take(n as usize).collect()
}

/// One patient and one policy, with a chart for each decision, in random order.
fn triple(seed: u64, number: u32, template: usize) -> Vec<ItemLine> {
    let mut draw = Draw::new(seed, u64::from(number));
    let template = &TEMPLATES[template];
    let policy = Policy::draw(template, &mut draw);
    let base = Chart::draw(&policy, &mut draw);
    let mut decisions = Decision::ALL;
    draw.shuffle(&mut decisions);
    let mut items = Vec::with_capacity(3);
    for (position, decision) in decisions.into_iter().enumerate() {
        let fact = Fact::draw(decision, &policy, &base, &mut draw);
        let chart = base.with(fact, &policy, &mut draw);
        let id = format!("pa-{seed}-{:04}", number as usize * 3 + position + 1);
        items.push(item(id, format!("pa-{seed}-triple-{:04}", number + 1), decision, fact, &policy, &chart));
    }
    items
}

fn item(id: String, cluster: String, decision: Decision, fact: Fact, policy: &Policy, chart: &Chart) -> ItemLine {
    let text = |name: &str, text: String| (name.to_owned(), Value::String(text));
    let options = Decision::ALL
        .map(|decision| ChoiceOption { label: decision.label().to_owned(), text: decision.text().to_owned() });
    ItemLine {
        id,
        cluster: Some(cluster),
        template: Some(policy.template.id.to_owned()),
        strata: [("decision", decision.label()), ("fact", fact.word())]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        input: Map::from_iter([
            text("policy", render::policy(policy)),
            text("request", render::request(policy, chart)),
            text("chart", render::chart(policy, chart)),
        ]),
        media: Vec::new(),
        options: options.into(),
        reference: Value::String(decision.label().to_owned()),
        reference_sets: std::collections::BTreeMap::new(),
        severity: None,
        provenance: Map::from_iter([
            text("generator", format!("{} version {}", GENERATOR.name, GENERATOR.version)),
            text("policy", "invented by bedside".to_owned()),
            text("reviewed_by", "nobody yet".to_owned()),
        ]),
        world: None,
    }
}
