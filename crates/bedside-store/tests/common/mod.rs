//! A small run to write and read: one benchmark, one wording, as many items and systems as asked for.
#![allow(dead_code, reason = "each test uses a part")]

use std::collections::BTreeMap;

use bedside_core::cell::CellKey;
use bedside_core::event::{CallAnswered, CallSent, CellFinished, ScoredBody};
use bedside_core::item::TaskKind;
use bedside_core::manifest::{DataClass, Domain, Reader, SystemClass};
use bedside_core::plan::{
    CellIndex, Plan, PlannedBenchmark, PlannedItem, PlannedMetric, PlannedPrompt, PlannedSystem, Role,
};
use bedside_core::{Digest, Event, EventKind, Fault, Item, Reference, Scale, Scored, Stop, Usage};
use serde_json::{Map, json};

/// A time: 2023-11-14.
pub const AT: i64 = 1_700_000_000_000;

/// A plan, what the plan names, and the keys of its cells in the order of the plan.
pub struct Run {
    pub plan: Plan,
    pub blobs: Vec<Vec<u8>>,
    pub cells: Vec<(CellIndex, CellKey)>,
}

pub fn run(items: usize, systems: usize, epochs: u32) -> Run {
    let mut blobs = vec![b"schema = 1\n".to_vec()];
    let manifest = Digest::of(&blobs[0]);
    let mut index = Vec::new();
    for number in 0..items {
        let item = item(number);
        let bytes = serde_json::to_vec(&item).expect("an item is JSON");
        let blob = Digest::of(&bytes);
        let (id, cluster) = (item.id, item.cluster);
        index.push(PlannedItem { id, cluster, template: None, strata: item.strata, digest: item.digest, blob });
        blobs.push(bytes);
    }
    let list = serde_json::to_vec(&index).expect("a list is JSON");
    let plan = Plan {
        v: 1,
        bedside: "0.1.0".to_owned(),
        seed: 7,
        benchmarks: vec![benchmark(manifest, Digest::of(&list), items as u64)],
        systems: (0..systems).map(|number| system(number, epochs)).collect(),
        shard: None,
        rescored: BTreeMap::new(),
    };
    blobs.push(list);
    let cells = plan.cells().map(|cell| (cell, plan.key(cell, index[cell.item].digest))).collect();
    Run { plan, blobs, cells }
}

fn item(number: usize) -> Item {
    let id = format!("case-{number:06}");
    Item {
        cluster: format!("patient-{}", number / 2),
        template: None,
        strata: BTreeMap::from([("ward".to_owned(), if number.is_multiple_of(2) { "a" } else { "b" }.to_owned())]),
        input: Map::from_iter([("question".to_owned(), json!(format!("Is potassium of patient {number} high?")))]),
        media: Vec::new(),
        options: Vec::new(),
        reference: Reference::ShortAnswer(vec!["yes".to_owned()]),
        reference_sets: BTreeMap::new(),
        severity: None,
        provenance: Map::new(),
        world: None,
        digest: Digest::of(id.as_bytes()),
        id,
    }
}

fn benchmark(manifest: Digest, index: Digest, items: u64) -> PlannedBenchmark {
    PlannedBenchmark {
        id: "potassium".to_owned(),
        version: "1".to_owned(),
        title: "Potassium".to_owned(),
        domain: Domain::Knowledge,
        subdomain: "laboratory".to_owned(),
        system_class: SystemClass::Generative,
        task: "answers".to_owned(),
        kind: TaskKind::ShortAnswer,
        reader: Reader::Human,
        licence: "CC0-1.0".to_owned(),
        data_class: DataClass::Synthetic,
        reviewed_by: String::new(),
        citation: None,
        claim: None,
        limits: Vec::new(),
        cluster_by: None,
        package: Digest::of(b"package"),
        manifest,
        index,
        items,
        selected: items,
        selection: "all".to_owned(),
        prompts: vec![PlannedPrompt { id: "plain".to_owned(), digest: Digest::of(b"plain") }],
        metrics: vec![PlannedMetric {
            scorer: "answer".to_owned(),
            scorer_kind: "short_answer".to_owned(),
            scorer_version: 1,
            metric: "correct".to_owned(),
            scale: Scale::Binary,
            reference: None,
        }],
        primary: 0,
    }
}

fn system(number: usize, epochs: u32) -> PlannedSystem {
    PlannedSystem {
        name: format!("null/{number}"),
        provider: "null".to_owned(),
        model: number.to_string(),
        settings: Map::new(),
        digest: Digest::of(&number.to_le_bytes()),
        role: Role::Subject,
        epochs,
        unavailable: 0,
        host: None,
        reference_prompt_only: false,
        benchmarks: None,
    }
}

pub fn sent(cell: CellKey, step: u32, again: bool) -> Event {
    let request = format!("ask {cell} {step}").into_bytes();
    let body = CallSent { request: Digest::of(&request), host: "example.org".to_owned(), again };
    Event::new(EventKind::CallSent, Some(cell), step, &body).with_blob(request)
}

pub fn answered(cell: CellKey, step: u32) -> Event {
    let usage = Usage { prompt_tokens: Some(120), completion_tokens: Some(8), ..Usage::default() };
    let body = CallAnswered {
        response: None,
        stderr: None,
        status: Some(200),
        duration_ms: 812,
        tries: 1,
        usage,
        lost: false,
        cached: false,
    };
    Event::new(EventKind::CallAnswered, Some(cell), step, &body)
}

pub fn finished(cell: CellKey, output: &[u8]) -> Event {
    let body = CellFinished {
        output: Some(Digest::of(output)),
        stop: Some(Stop::Complete),
        fault: None,
        detail: None,
        usage: Usage { prompt_tokens: Some(120), completion_tokens: Some(8), ..Usage::default() },
        option_logprobs: Vec::new(),
    };
    Event::new(EventKind::CellFinished, Some(cell), 0, &body).with_blob(output)
}

pub fn faulted(cell: CellKey, fault: Fault) -> Event {
    let body = CellFinished {
        output: None,
        stop: None,
        fault: Some(fault),
        detail: Some("the \"fault\":\"timeout\" of a proxy".to_owned()),
        usage: Usage::default(),
        option_logprobs: Vec::new(),
    };
    Event::new(EventKind::CellFinished, Some(cell), 0, &body)
}

pub fn scored(cell: CellKey, value: f64) -> Event {
    let scorers = vec![Scored {
        scorer: "answer".to_owned(),
        version: 1,
        parsed: true,
        extracted: Some("yes".to_owned()),
        refused: false,
        why: "the answer is the accepted one".to_owned(),
        values: BTreeMap::from([("correct".to_owned(), value)]),
        unscorable: None,
    }];
    Event::new(EventKind::Scored, Some(cell), 0, &ScoredBody { scorers, ..ScoredBody::default() })
}
