//! A small run, written by hand: two benchmarks, three systems under test, null policies, faults, unparsed answers, two runs,
//! slices, templates, two keys, severities and a hostile answer.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use bedside_core::event::{CallSent, CellFinished, ScoredBody};
use bedside_core::item::{Fact, Interceptable, LongFormReference, Severity, SeverityLevel, TaskKind};
use bedside_core::manifest::{DataClass, Domain, PromptTable, Reader, SystemClass};
use bedside_core::plan::{
    CellIndex, PLAN_VERSION, Plan, PlannedBenchmark, PlannedItem, PlannedMetric, PlannedPrompt, PlannedSystem, Role,
};
use bedside_core::prompt::PromptTemplate;
use bedside_core::{ChoiceOption, Digest, Event, EventKind, Fault, Item, Reference, Scale, Scored, Stop, Usage};
use bedside_store::{RunReader, RunWriter};
use serde_json::{Map, json};
use tempfile::TempDir;

/// A run before it is written to a file.
pub struct Run {
    pub plan: Plan,
    pub blobs: Vec<Vec<u8>>,
    pub items: Vec<Vec<Item>>,
    pub cells: Vec<Cell>,
}

/// A cell with its outcome.
pub struct Cell {
    pub at: CellIndex,
    pub finished: CellFinished,
    pub output: Option<String>,
    pub scored: Vec<Scored>,
    pub sent_twice: bool,
}

pub const HOSTILE: &str = "<script>alert('x')</script><img src=x onerror=alert(1)> \u{1b}]52;c;AAAA\u{7}\u{202e}=HYPERLINK(\"http://evil.example\")";

const CHOICE_TOML: &str = r#"
[benchmark]
id = "abstract-questions"
version = "1.2.0"
title = "Yes, no or maybe, from a research abstract"
domain = "knowledge"
subdomain = "research-question"
licence = "MIT"
data_class = "synthetic"
reviewed_by = "upstream: two annotators"

[construct]
phenomenon = "reading what a clinical abstract concludes"
claim = "a high score means that the stated conclusion was found; nothing on its truth"
evidence = "none"

[task]
kind = "choice"
reader = "human"
cluster_by = "journal"

[[prompt]]
id = "base"
system = "You answer questions about abstracts."
template = "{{ item.abstract }}\n\nQuestion: {{ item.question }}\nAnswer yes, no or maybe."

[[scorer]]
id = "choice"
"#;

const NOTES_TOML: &str = r#"
[benchmark]
id = "visit-notes"
version = "0.3.0"
title = "Visit dialogue to clinical note"
domain = "documentation"
subdomain = "clinical-note-generation"
licence = "CC-BY-4.0"
data_class = "synthetic"
reviewed_by = "nobody yet"

[task]
kind = "long_form"
reader = "human"

[[prompt]]
id = "base"
template = "Write the note for this visit:\n{{ item.dialogue }}"

[[scorer]]
id = "rouge"
"#;

const QUESTIONS: [(&str, &str, &str); 4] = [
    (
        "Does early mobilisation shorten the stay after hip fracture surgery?",
        "B",
        "Patients were randomised to mobilisation on the first day or usual care. Median stay was 8.1 and 8.3 days (p = 0.71). We found no difference in length of stay.",
    ),
    (
        "Does a pharmacist on the ward reduce prescribing errors?",
        "A",
        "In a stepped-wedge trial of 12 wards, prescribing errors fell from 6.2 to 3.9 per 100 orders after a pharmacist joined the round.",
    ),
    (
        "Is rectal temperature needed in adults with suspected sepsis?",
        "C",
        "Peripheral thermometers missed one in four fevers. Whether this changes treatment was not studied.",
    ),
    (
        "Do reminders by text message raise attendance at vaccination?",
        "A",
        "Attendance was 71 % with and 62 % without reminders (risk difference 9 points, 95 % CI 4 to 14).",
    ),
];

fn choice_items() -> Vec<Item> {
    let options = [("A", "yes"), ("B", "no"), ("C", "maybe")]
        .map(|(label, text)| ChoiceOption { label: label.into(), text: text.into() });
    (0..24)
        .map(|n| {
            let (question, key, abstract_) = QUESTIONS[n % 4];
            let corrected = if n % 12 == 2 { "B" } else { key };
            let mut item = blank(&format!("{}", 21_640_000 + n * 137), &format!("journal-{}", n / 2));
            item.strata = BTreeMap::from([("split".to_owned(), if n < 16 { "dev" } else { "test" }.to_owned())]);
            item.input = object(json!({"question": question, "abstract": abstract_}));
            item.options = options.to_vec();
            item.reference = Reference::Choice(key.into());
            item.reference_sets = BTreeMap::from([("corrected".to_owned(), Reference::Choice(corrected.into()))]);
            if n % 6 == 0 {
                item.severity = Some(Severity {
                    level: SeverityLevel::Moderate,
                    interceptable: Interceptable::Unlikely,
                    by: "one physician, 2026".into(),
                });
            }
            digested(item)
        })
        .collect()
}

fn note_items() -> Vec<Item> {
    (0..6)
        .map(|n| {
            let mut item = blank(&format!("visit-{n:02}"), &format!("patient-{n}"));
            item.template = Some(format!("template-{}", n % 3));
            item.input = object(json!({"dialogue": format!("Doctor: How is the knee, {n} weeks after the fall?\nPatient: Better. I still take ibuprofen, but my stomach hurts.\nDoctor: Any black stools?\nPatient: No.\nDoctor: Please stop the ibuprofen; we start paracetamol 1 g three times a day.")}));
            let fact = |id: &str, text: &str, severity, polarity: &str| Fact { id: id.into(), text: text.into(), section: None, severity, polarity: polarity.into() };
            item.reference = Reference::LongForm(LongFormReference {
                text: Some("Knee pain improving. Epigastric pain on ibuprofen, no melaena. Plan: stop ibuprofen, start paracetamol 1 g tds.".into()),
                facts: vec![
                    fact("stop-nsaid", "ibuprofen is stopped", SeverityLevel::Severe, "present"),
                    fact("melaena", "melaena", SeverityLevel::Moderate, "absent"),
                ],
            });
            digested(item)
        })
        .collect()
}

fn blank(id: &str, cluster: &str) -> Item {
    Item {
        id: id.into(),
        cluster: cluster.into(),
        template: None,
        strata: BTreeMap::new(),
        input: Map::new(),
        media: Vec::new(),
        options: Vec::new(),
        reference: Reference::Codes(Vec::new()),
        reference_sets: BTreeMap::new(),
        severity: None,
        provenance: Map::new(),
        world: None,
        digest: Digest::of(b""),
    }
}

fn digested(mut item: Item) -> Item {
    item.digest = Digest::of_json(&serde_json::to_value(&item).unwrap());
    item
}

#[expect(clippy::needless_pass_by_value, reason = "reads better with json! at the place of use")]
fn object(value: serde_json::Value) -> Map<String, serde_json::Value> {
    value.as_object().unwrap().clone()
}

fn metric(scorer: &str, kind: &str, metric: &str, scale: Scale, reference: Option<&str>) -> PlannedMetric {
    PlannedMetric {
        scorer: scorer.into(),
        scorer_kind: kind.into(),
        scorer_version: 1,
        metric: metric.into(),
        scale,
        reference: reference.map(Into::into),
    }
}

fn system(name: &str, role: Role, epochs: u32) -> PlannedSystem {
    let (provider, model) = name.split_once(['/', ':']).unwrap();
    PlannedSystem {
        name: name.into(),
        provider: provider.into(),
        model: model.split('?').next().unwrap().into(),
        settings: Map::new(),
        digest: Digest::of(name.as_bytes()),
        role,
        epochs,
        unavailable: 0,
        host: None,
        reference_prompt_only: role == Role::Floor,
        benchmarks: None,
    }
}

/// The run.
pub fn run() -> Run {
    let mut blobs = Vec::new();
    let items = vec![choice_items(), note_items()];
    let benchmarks = vec![choice_benchmark(&items[0], &mut blobs), notes_benchmark(&items[1], &mut blobs)];
    let mut gpt = system("openai/gpt-x?temperature=0", Role::Subject, 2);
    gpt.settings = object(json!({"temperature": 0}));
    gpt.host = Some("api.openai.com".into());
    let mut recorded = system("recorded:outputs/clinic-model.jsonl", Role::Subject, 1);
    recorded.unavailable = 4;
    let mut majority = system("null/majority", Role::Floor, 1);
    majority.benchmarks = Some(vec![0]);
    let systems = vec![
        gpt,
        recorded,
        system("local/smollm2-135m", Role::Subject, 1),
        majority,
        system("null/copy-prompt", Role::Floor, 1),
    ];
    let plan = Plan {
        v: PLAN_VERSION,
        bedside: "0.1.0".into(),
        seed: 7,
        benchmarks,
        systems,
        shard: None,
        rescored: BTreeMap::new(),
    };
    let mut cells = Vec::new();
    for at in plan.cells() {
        if let Some(cell) = answer(at, &items[at.benchmark][at.item], &mut blobs) {
            cells.push(cell);
        }
    }
    Run { plan, blobs, items, cells }
}

fn planned(items: &[Item], blobs: &mut Vec<Vec<u8>>) -> Digest {
    let index: Vec<PlannedItem> = items
        .iter()
        .map(|item| {
            let blob = keep(blobs, serde_json::to_vec(item).unwrap());
            PlannedItem {
                id: item.id.clone(),
                cluster: item.cluster.clone(),
                template: item.template.clone(),
                strata: item.strata.clone(),
                digest: item.digest,
                blob,
            }
        })
        .collect();
    keep(blobs, serde_json::to_vec(&index).unwrap())
}

fn keep(blobs: &mut Vec<Vec<u8>>, bytes: Vec<u8>) -> Digest {
    let digest = Digest::of(&bytes);
    blobs.push(bytes);
    digest
}

fn prompt(template: &str, system: Option<&str>) -> PlannedPrompt {
    let table = PromptTable { id: "base".into(), template: template.into(), system: system.map(Into::into) };
    PlannedPrompt { id: "base".into(), digest: PromptTemplate::compile(&table).unwrap().digest() }
}

fn choice_benchmark(items: &[Item], blobs: &mut Vec<Vec<u8>>) -> PlannedBenchmark {
    PlannedBenchmark {
        id: "abstract-questions".into(),
        version: "1.2.0".into(),
        title: "Yes, no or maybe, from a research abstract".into(),
        domain: Domain::Knowledge,
        subdomain: "research-question".into(),
        system_class: SystemClass::Generative,
        task: "abstract-questions".into(),
        kind: TaskKind::Choice,
        reader: Reader::Human,
        licence: "MIT".into(),
        data_class: DataClass::Synthetic,
        reviewed_by: "upstream: two annotators".into(),
        citation: Some("Invented for this test, 2026".into()),
        claim: Some("a high score means that the stated conclusion was found; nothing on its truth".into()),
        limits: vec!["24 items.".into(), "The abstract alone, not the paper.".into()],
        cluster_by: Some("journal".into()),
        package: Digest::of(b"package 1"),
        manifest: keep(blobs, CHOICE_TOML.into()),
        index: planned(items, blobs),
        items: 240,
        selected: items.len() as u64,
        selection: "24 at random, seed 7".into(),
        prompts: vec![prompt(
            "{{ item.abstract }}\n\nQuestion: {{ item.question }}\nAnswer yes, no or maybe.",
            Some("You answer questions about abstracts."),
        )],
        metrics: vec![
            metric("choice", "choice", "accuracy", Scale::Binary, None),
            metric("choice", "choice", "rules_disagree", Scale::Binary, None),
            metric("corrected", "choice", "accuracy", Scale::Binary, Some("corrected")),
        ],
        primary: 0,
    }
}

fn notes_benchmark(items: &[Item], blobs: &mut Vec<Vec<u8>>) -> PlannedBenchmark {
    PlannedBenchmark {
        id: "visit-notes".into(),
        version: "0.3.0".into(),
        title: "Visit dialogue to clinical note".into(),
        domain: Domain::Documentation,
        subdomain: "clinical-note-generation".into(),
        system_class: SystemClass::Generative,
        task: "visit-notes".into(),
        kind: TaskKind::LongForm,
        reader: Reader::Human,
        licence: "CC-BY-4.0".into(),
        data_class: DataClass::Synthetic,
        reviewed_by: "nobody yet".into(),
        citation: None,
        claim: None,
        limits: Vec::new(),
        cluster_by: None,
        package: Digest::of(b"package 2"),
        manifest: keep(blobs, NOTES_TOML.into()),
        index: planned(items, blobs),
        items: 6,
        selected: items.len() as u64,
        selection: "all".into(),
        prompts: vec![prompt("Write the note for this visit:\n{{ item.dialogue }}", None)],
        metrics: vec![
            metric("rouge", "rouge", "rouge1", Scale::Overlap, None),
            metric("facts", "facts", "recall", Scale::Fraction, None),
        ],
        primary: 0,
    }
}

/// What each system does, without chance.
fn answer(at: CellIndex, item: &Item, blobs: &mut Vec<Vec<u8>>) -> Option<Cell> {
    let Plain { output, stop, fault } = if at.benchmark == 0 { choose(at, item) } else { note(at) }?;
    let usage = Usage {
        prompt_tokens: Some(180 + at.item as u64),
        completion_tokens: output.as_ref().map(|text| text.len() as u64 / 4),
        ..Usage::default()
    };
    let digest = output.as_ref().map(|text| keep(blobs, text.clone().into_bytes()));
    let finished = CellFinished {
        output: digest,
        stop: fault.is_none().then_some(stop),
        fault,
        detail: fault.map(|_| "HTTP 429 from api.openai.com after 6 tries".to_owned()),
        usage,
        option_logprobs: Vec::new(),
    };
    let scored = match &output {
        None => Vec::new(),
        Some(text) if at.benchmark == 0 => score_choice(text, item),
        Some(text) => score_note(text),
    };
    Some(Cell { at, finished, output, scored, sent_twice: at.system == 0 && at.item == 5 && at.epoch == 0 })
}

struct Plain {
    output: Option<String>,
    stop: Stop,
    fault: Option<Fault>,
}

#[expect(clippy::unnecessary_wraps, reason = "a system that says something, among some that do not")]
fn said(text: impl Into<String>) -> Option<Plain> {
    Some(Plain { output: Some(text.into()), stop: Stop::Complete, fault: None })
}

fn choose(at: CellIndex, item: &Item) -> Option<Plain> {
    let Reference::Choice(key) = &item.reference else { unreachable!("a choice item") };
    let word = |label: &str| item.options.iter().find(|option| option.label == label).unwrap().text.clone();
    match at.system {
        0 if at.item == 7 && at.epoch == 1 => {
            Some(Plain { output: None, stop: Stop::Unknown, fault: Some(Fault::RateLimited) })
        }
        0 if at.item == 11 => said(HOSTILE),
        0 if at.item == 13 => said("I cannot answer this without the full paper."),
        0 if at.item == 9 => said("Yes would be tempting, but the abstract says otherwise. No."),
        0 if at.item % 6 == 5 => said(if at.epoch == 0 { "Yes." } else { "Maybe." }),
        0 => said(format!("The abstract supports this conclusion.\n\nAnswer: {}", word(key))),
        1 if at.item >= 20 => None,
        1 => said(if at.item.is_multiple_of(3) { "maybe".to_owned() } else { word(key) }),
        2 if at.item.is_multiple_of(5) => Some(Plain {
            output: Some("The patient patient patient patient".into()),
            stop: Stop::TokenLimit,
            fault: None,
        }),
        2 => said(word(["A", "B", "C"][at.item % 3])),
        3 => said("yes"),
        _ => said(item.input["question"].as_str().unwrap()),
    }
}

fn note(at: CellIndex) -> Option<Plain> {
    match at.system {
        0 => said(
            "Knee pain improving after the fall. Epigastric pain while on ibuprofen, no melaena.\nPlan: stop ibuprofen. Paracetamol 1 g tds.",
        ),
        1 => said(if at.item == 3 {
            "Knee better. Continue ibuprofen."
        } else {
            "Knee pain improving. Stomach pain. Stop ibuprofen, start paracetamol."
        }),
        2 => Some(Plain { output: Some("Doctor: Doctor: Doctor:".into()), stop: Stop::TokenLimit, fault: None }),
        _ => said("Write the note for this visit:"),
    }
}

fn score_choice(text: &str, item: &Item) -> Vec<Scored> {
    let lower = text.to_lowercase();
    let label = |word: &str| match word.trim_matches(|c: char| !c.is_alphabetic()) {
        "yes" => Some("A"),
        "no" => Some("B"),
        "maybe" => Some("C"),
        _ => None,
    };
    let (first, last) = (lower.split_whitespace().find_map(label), lower.split_whitespace().rev().find_map(label));
    let one = |scorer: &str, key: &Reference| {
        let right = last.is_some_and(|label| *key == Reference::Choice(label.into()));
        let mut values = BTreeMap::from([("accuracy".to_owned(), f64::from(u8::from(right)))]);
        if scorer == "choice" {
            values.insert("rules_disagree".to_owned(), f64::from(u8::from(first != last)));
        }
        Scored {
            scorer: scorer.into(),
            version: 1,
            parsed: last.is_some(),
            extracted: last.map(Into::into),
            refused: lower.contains("cannot answer"),
            why: match last {
                None => format!("no option is named in: {text}"),
                Some(label) if right => format!("{label} is the key"),
                Some(label) => format!("{label} is not the key"),
            },
            values,
            unscorable: None,
        }
    };
    vec![one("choice", &item.reference), one("corrected", item.key(Some("corrected")).unwrap())]
}

fn score_note(text: &str) -> Vec<Scored> {
    let reference =
        "knee pain improving epigastric pain on ibuprofen no melaena plan stop ibuprofen start paracetamol 1 g tds";
    let lower = text.to_lowercase();
    let words: Vec<&str> = reference.split(' ').collect();
    let found = words.iter().filter(|word| lower.contains(**word)).count() as f64 / words.len() as f64;
    let stopped = lower.contains("stop ibuprofen");
    let one = |scorer: &str, metric: &str, value: f64, why: &str| Scored {
        scorer: scorer.into(),
        version: 1,
        parsed: true,
        extracted: None,
        refused: false,
        why: why.into(),
        values: BTreeMap::from([(metric.to_owned(), value)]),
        unscorable: None,
    };
    let recall = f64::midpoint(f64::from(u8::from(stopped)), f64::from(u8::from(lower.contains("no melaena"))));
    vec![
        one("rouge", "rouge1", found, "words of the reference that the note has"),
        one(
            "facts",
            "recall",
            recall,
            if stopped { "states that ibuprofen is stopped" } else { "does not state that ibuprofen is stopped" },
        ),
    ]
}

/// Puts a payload into every text of the run that comes from outside.
pub fn poison(run: &mut Run, payload: &str) {
    let bad = |text: &mut String| text.push_str(payload);
    for (benchmark, items) in run.plan.benchmarks.iter_mut().zip(&mut run.items) {
        for text in [
            &mut benchmark.id,
            &mut benchmark.version,
            &mut benchmark.title,
            &mut benchmark.subdomain,
            &mut benchmark.task,
            &mut benchmark.licence,
            &mut benchmark.reviewed_by,
            &mut benchmark.selection,
        ] {
            bad(text);
        }
        benchmark.limits.push(payload.to_owned());
        benchmark.citation = Some(payload.to_owned());
        benchmark.claim = Some(payload.to_owned());
        benchmark.cluster_by = Some(payload.to_owned());
        benchmark.prompts[0].id.push_str(payload);
        for metric in &mut benchmark.metrics {
            bad(&mut metric.scorer);
            bad(&mut metric.scorer_kind);
            bad(&mut metric.metric);
            metric.reference.iter_mut().for_each(bad);
        }
        for item in items.iter_mut() {
            poison_item(item, payload);
        }
        benchmark.index = planned(items, &mut run.blobs);
        benchmark.manifest = keep(&mut run.blobs, format!("{CHOICE_TOML}\n# {payload}").into_bytes());
    }
    for system in &mut run.plan.systems {
        for text in [&mut system.name, &mut system.model] {
            bad(text);
        }
        system.settings.insert(payload.to_owned(), payload.into());
        system.host = Some(payload.to_owned());
    }
    for cell in &mut run.cells {
        if let Some(output) = &mut cell.output {
            bad(output);
            cell.finished.output = Some(keep(&mut run.blobs, output.clone().into_bytes()));
        }
        cell.finished.detail.iter_mut().for_each(bad);
        for scored in &mut cell.scored {
            bad(&mut scored.scorer);
            bad(&mut scored.why);
            scored.extracted.iter_mut().for_each(bad);
            scored.values = std::mem::take(&mut scored.values)
                .into_iter()
                .map(|(name, value)| (format!("{name}{payload}"), value))
                .collect();
        }
    }
}

fn poison_item(item: &mut Item, payload: &str) {
    let bad = |text: &mut String| text.push_str(payload);
    bad(&mut item.id);
    bad(&mut item.cluster);
    item.template.iter_mut().for_each(bad);
    item.strata.insert(payload.to_owned(), payload.to_owned());
    item.input.insert(payload.to_owned(), payload.into());
    for option in &mut item.options {
        bad(&mut option.text);
    }
    if let Reference::LongForm(text) = &mut item.reference {
        text.text = Some(payload.to_owned());
        text.facts.iter_mut().for_each(|fact| fact.text.push_str(payload));
    }
    if let Some(key) = item.reference_sets.remove("corrected") {
        item.reference_sets.insert(format!("corrected{payload}"), key);
    }
    if let Some(severity) = &mut item.severity {
        bad(&mut severity.by);
    }
    let digest = digested(item.clone()).digest;
    item.digest = digest;
}

/// A run file in a folder of its own.
pub struct File {
    _folder: TempDir,
    path: PathBuf,
}

/// Writes the run to a file.
pub fn write(run: &Run) -> File {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("sample.sqlite");
    let mut writer = RunWriter::create(&path, "test", &run.plan, run.blobs.iter().cloned(), 0).expect("a new file");
    let events: Vec<Event> = run.cells.iter().flat_map(|cell| events(run, cell)).collect();
    writer.append(1, &events).expect("written");
    writer.close().expect("closed");
    File { _folder: folder, path }
}

fn events(run: &Run, cell: &Cell) -> Vec<Event> {
    let key = Some(run.plan.key(cell.at, run.items[cell.at.benchmark][cell.at.item].digest));
    let mut events = Vec::new();
    if cell.sent_twice {
        for again in [false, true] {
            let sent = CallSent { request: Digest::of(b"{}"), host: "api.openai.com".into(), again };
            events.push(Event::new(EventKind::CallSent, key, 0, &sent).with_blob("{}"));
        }
    }
    let finished = Event::new(EventKind::CellFinished, key, 0, &cell.finished);
    events.push(match &cell.output {
        Some(output) => finished.with_blob(output.clone()),
        None => finished,
    });
    if !cell.scored.is_empty() {
        events.push(Event::new(
            EventKind::Scored,
            key,
            0,
            &ScoredBody { scorers: cell.scored.clone(), ..ScoredBody::default() },
        ));
    }
    events
}

impl File {
    /// Opens it.
    pub fn reader(&self) -> RunReader {
        RunReader::open(&self.path).expect("what we wrote")
    }

    /// Where it lies.
    pub fn path(&self) -> &std::path::Path {
        &self.path
    }
}
