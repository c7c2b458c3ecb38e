//! Every recipe on the real upstream files, from the mirror that `BEDSIDE_MIRROR` names. Without it these tests say so and pass.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use bedside_core::benchmark::{self, CheckedManifest};
use bedside_core::item::{Item, Reference};
use bedside_core::manifest::Reader;
use bedside_core::observation::Answer;
use bedside_core::recorded::RecordedLine;
use bedside_recipes::{Converted, convert, embedded};
use bedside_score::catalogue;
use sha2::{Digest as _, Sha256};

struct Fetched {
    manifest: CheckedManifest,
    converted: Converted,
    items: Vec<Item>,
}

/// The converted benchmark, or `None` without a mirror.
#[expect(clippy::print_stderr, reason = "a skipped test must say so")]
fn fetched(name: &str) -> Option<Fetched> {
    let Some(mirror) = std::env::var_os("BEDSIDE_MIRROR").map(PathBuf::from) else {
        eprintln!("SKIPPED: {name} was not converted, because BEDSIDE_MIRROR names no folder with the upstream files");
        return None;
    };
    let manifest = CheckedManifest::parse(name, embedded::manifest(name).unwrap(), catalogue())
        .unwrap_or_else(|problems| panic!("{problems}"));
    let source = manifest.manifest.source.as_ref().unwrap();
    let mut files = BTreeMap::new();
    for file in &source.file {
        let path = mirror.join(source.mirror.as_ref().unwrap()).join(file.mirror_path.as_ref().unwrap_or(&file.path));
        let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let digest = hexadecimal(&Sha256::digest(&bytes));
        assert_eq!((bytes.len() as u64, digest), (file.bytes, file.sha256.clone()), "{}", path.display());
        files.insert(file.id.clone(), bytes);
    }
    let converted = convert(&manifest, &files).unwrap_or_else(|problems| panic!("{problems}"));
    let items = benchmark::parse_items("items.jsonl", &converted.items_jsonl, &manifest.manifest)
        .unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(items.len(), converted.items);
    assert!(converted.not_recorded.is_empty());
    for prompt in manifest.prompts() {
        for item in &items {
            let text = prompt.render(item).unwrap().text();
            assert!(!text.contains("{{"), "{text}");
        }
    }
    Some(Fetched { manifest, converted, items })
}

impl Fetched {
    fn outputs(&self, system: &str) -> Vec<RecordedLine> {
        let file = self.converted.recorded.iter().find(|file| file.system == system).unwrap();
        let lines: Vec<RecordedLine> = file.jsonl.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), file.outputs);
        lines
    }

    /// Mean of a metric over a system's outputs, among the items of a stratum.
    fn mean(&self, system: &str, metric: &str) -> f64 {
        let (name, stratum) = metric.split_once('@').unwrap_or((metric, ""));
        let (scorer, metric) = name.split_once('.').unwrap();
        let table = self.manifest.manifest.scorer.iter().find(|table| table.id == scorer).unwrap();
        let scorer = bedside_score::Scorer::new(table).unwrap();
        let items: BTreeMap<&str, &Item> = self.items.iter().map(|item| (item.id.as_str(), item)).collect();
        let wanted = |item: &Item| stratum.split_once('=').is_none_or(|(name, value)| item.strata[name] == value);
        let outputs = self.outputs(system);
        let answers =
            outputs.iter().map(|line| (items[line.item.as_str()], &line.output)).filter(|(item, _)| wanted(item));
        let marks: Vec<f64> =
            answers.map(|(item, output)| scorer.score(item, &said(output), Reader::Human).values[metric]).collect();
        marks.iter().sum::<f64>() / marks.len() as f64
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string");
        text
    })
}

fn said(output: &str) -> Answer {
    Answer { output: output.to_owned(), ..Answer::default() }
}

#[test]
fn medqa() {
    let Some(fetched) = fetched("medqa") else { return };
    assert_eq!(fetched.items.len(), 1273);
    assert!(
        fetched
            .items
            .iter()
            .all(|item| item.options.len() == 4 && item.options.iter().all(|option| !option.text.is_empty()))
    );
    let keyed =
        |label: &str| fetched.items.iter().filter(|item| item.reference == Reference::Choice(label.to_owned())).count();
    assert_eq!(["A", "B", "C", "D"].map(keyed), [353, 309, 346, 265]);
    assert!(fetched.items.iter().all(|item| !item.input["question"].as_str().unwrap().contains("Answer Choices")));
}

#[test]
fn aci_bench() {
    let Some(fetched) = fetched("aci-bench") else { return };
    assert_eq!(fetched.items.len(), 120);
    for split in ["test1", "test2", "test3"] {
        assert_eq!(fetched.items.iter().filter(|item| item.strata["split"] == split).count(), 40);
    }
    assert_eq!(fetched.items.iter().filter(|item| !item.strata.contains_key("gender")).count(), 1);
    let empty: usize = fetched
        .converted
        .recorded
        .iter()
        .map(|file| fetched.outputs(&file.system).iter().filter(|line| line.output.is_empty()).count())
        .sum();
    assert_eq!((fetched.converted.recorded.len(), empty), (7, 11));
    assert!(fetched.converted.recorded.iter().all(|file| file.outputs == 120));
}

#[test]
fn aci_bench_published_scores() {
    let Some(fetched) = fetched("aci-bench") else { return };
    for file in &fetched.converted.recorded {
        assert_eq!(file.published.len(), 3);
        for (metric, published) in &file.published {
            // Published to two decimals of a percentage.
            assert!((fetched.mean(&file.system, metric) - published).abs() <= 0.000_050_1, "{} {metric}", file.system);
        }
    }
}

#[test]
fn medcalc() {
    let Some(fetched) = fetched("medcalc") else { return };
    let corrected: Vec<_> =
        fetched.items.iter().filter_map(|item| Some((item, item.reference_sets.get("corrected")?))).collect();
    let abstain = corrected.iter().filter(|(_, key)| **key == Reference::Numeric(None)).count();
    assert_eq!((fetched.items.len(), corrected.len(), abstain), (1047, 887, 69));
    assert!(fetched.items.iter().all(|item| item.reference != Reference::Numeric(None)));
    let changed =
        fetched.items.iter().filter(|item| item.provenance["question_changed_in_corrected_set"] == true).count();
    let unit = |unit: &str| {
        fetched
            .items
            .iter()
            .filter(|item| matches!(&item.reference, Reference::Numeric(Some(key)) if key.unit == unit))
            .count()
    };
    assert_eq!((changed, unit("days"), unit("date")), (20, 20, 40));
    let distinct = |of: &dyn Fn(&Item) -> String| fetched.items.iter().map(of).collect::<BTreeSet<_>>().len();
    assert_eq!(distinct(&|item| item.template.clone().unwrap()), 55);
    // Note ids are used again: 612 ids, 979 texts; every text is in one cluster.
    let clusters = distinct(&|item| item.cluster.clone());
    let texts = distinct(&|item| item.input["note"].to_string());
    assert!(
        clusters <= texts && distinct(&|item| format!("{}{}", item.cluster, item.input["note"])) == texts,
        "{clusters} clusters, {texts} texts"
    );
}

/// The published key as an answer, scored by the corrected key: how good the published key is.
#[test]
fn medcalc_published_key_against_the_corrected_one() {
    let Some(fetched) = fetched("medcalc") else { return };
    let scorer = bedside_score::Scorer::new(&fetched.manifest.manifest.scorer[0]).unwrap();
    let right = fetched.items.iter().filter(|item| {
        let Reference::Numeric(Some(key)) = &item.reference else { return false };
        let answer = match &key.value {
            bedside_core::item::NumericValue::Number(number) => format!("Answer: {number}"),
            bedside_core::item::NumericValue::Date(date) => format!("Answer: {date}"),
        };
        item.reference_sets.contains_key("corrected")
            && scorer.score(item, &said(&answer), Reader::Human).values["correct"] > 0.5
    });
    // 588 as written, and the 20 lengths of pregnancy that are compared in days here.
    assert_eq!(right.count(), 608);
}

#[test]
fn triage_vignettes() {
    let Some(fetched) = fetched("triage-vignettes") else { return };
    assert_eq!(fetched.items.len(), 45);
    assert_eq!(fetched.items.iter().filter(|item| item.severity.is_some()).count(), 15);
    assert_eq!((fetched.items[0].id.as_str(), fetched.items[44].id.as_str()), ("1", "45"));
    assert_eq!(fetched.converted.recorded.len(), 10);
    for file in &fetched.converted.recorded {
        let cells: BTreeSet<_> =
            fetched.outputs(&file.system).into_iter().map(|line| (line.item, line.epoch)).collect();
        assert_eq!((file.outputs, cells.len()), (225, 225), "{}", file.system);
        assert!(cells.iter().all(|(_, epoch)| epoch.is_some_and(|epoch| epoch < 5)));
    }
}

/// Counts of upstream's `correct` column.
#[test]
fn triage_vignettes_upstream_accuracy() {
    let Some(fetched) = fetched("triage-vignettes") else { return };
    let upstream =
        [("gpt-4.5", 155), ("o1-mini", 154), ("o3-mini", 148), ("o3", 170), ("o4-mini", 181), ("medask", 197)];
    for (system, correct) in upstream {
        assert!((fetched.mean(system, "choice.accuracy") - f64::from(correct) / 225.0).abs() < 1e-12, "{system}");
    }
}

#[test]
fn pubmedqa() {
    let Some(fetched) = fetched("pubmedqa") else { return };
    assert_eq!(fetched.items.len(), 500);
    let keyed =
        |label: &str| fetched.items.iter().filter(|item| item.reference == Reference::Choice(label.to_owned())).count();
    assert_eq!(["yes", "no", "maybe"].map(keyed), [276, 169, 55]);
    assert_eq!(fetched.items.iter().filter(|item| !item.strata.contains_key("year")).count(), 22);
    for file in &fetched.converted.recorded {
        assert_eq!(file.outputs, 500);
        assert!(
            (fetched.mean(&file.system, "choice.accuracy") - file.published["choice.accuracy"]).abs() < 1e-12,
            "{}",
            file.system
        );
    }
}
