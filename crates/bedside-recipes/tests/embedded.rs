//! The embedded benchmarks: the same as the folder, well-formed, and fit to be shown to a system.

use std::collections::BTreeSet;
use std::path::Path;

use bedside_core::benchmark::{self, CheckedManifest};
use bedside_core::item::Reference;
use bedside_core::manifest::Reader;
use bedside_core::observation::Answer;
use bedside_recipes::{convert, embedded};
use bedside_score::catalogue;

fn checked(name: &str) -> CheckedManifest {
    let text = embedded::manifest(name).unwrap();
    CheckedManifest::parse(&format!("{name}/benchmark.toml"), text, catalogue())
        .unwrap_or_else(|problems| panic!("{problems}"))
}

#[test]
fn the_table_equals_the_folder() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../benchmarks");
    let listed = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let folders: BTreeSet<String> = listed
        .filter(|entry| entry.path().join("benchmark.toml").exists())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    assert_eq!(folders.iter().map(String::as_str).collect::<Vec<_>>(), embedded::names().collect::<Vec<_>>());
}

#[test]
fn every_manifest_is_sound() {
    for name in embedded::names() {
        let checked = checked(name);
        let manifest = &checked.manifest;
        assert_eq!(manifest.benchmark.id, name);
        assert_eq!(checked.prompts()[0].id(), "base", "{name}");
        assert!(manifest.prompt.len() >= 5, "{name}: five wordings make prompt sensitivity measurable");
        assert!(!manifest.benchmark.limits.is_empty() && manifest.benchmark.citation.is_some(), "{name}");
        assert!(
            manifest.construct.is_some() && embedded::card(name).is_some_and(|card| card.starts_with("# ")),
            "{name}"
        );
        assert_eq!(manifest.task.answer_format.is_some(), manifest.task.reader == Reader::Machine, "{name}");
        let source = manifest.source.as_ref().unwrap();
        for file in &source.file {
            assert_eq!(file.sha256.len(), 64, "{name} {}", file.id);
            assert!(source.commit.as_ref().is_some_and(|commit| commit.len() == 40), "{name}");
        }
        let ids: BTreeSet<&str> = source.file.iter().map(|file| file.id.as_str()).collect();
        assert_eq!(ids.len(), source.file.len(), "{name}: file ids are unique");
    }
}

#[test]
fn the_generated_benchmark_needs_no_file() {
    let checked = checked("prior-authorisation");
    let converted = convert(&checked, &std::collections::BTreeMap::new()).unwrap();
    let items = benchmark::parse_items("items.jsonl", &converted.items_jsonl, &checked.manifest).unwrap();
    assert_eq!((items.len(), converted.items), (60, 60));
    let scorer = bedside_score::Scorer::new(&checked.manifest.scorer[0]).unwrap().of_task(&checked.manifest.task);
    for item in &items {
        let Reference::Choice(key) = &item.reference else { panic!("{:?}", item.reference) };
        // The format that the prompt states is the format that is read, behind reasoning that names every decision.
        for option in &item.options {
            let output = format!("Not deny, not approve yet.\nDECISION: {}", option.label);
            let marks = scorer.score(item, &Answer { output, ..Answer::default() }, Reader::Machine);
            assert!((marks.values["accuracy"] > 0.5) == (option.label == *key), "{}: {marks:?}", item.id);
        }
    }
    for prompt in checked.prompts() {
        let text = prompt.render(&items[0]).unwrap().text();
        assert!(text.ends_with("\nDECISION: approve|deny|more-info"), "{text}");
        assert!(!text.contains("{{") && !text.contains("\n\n\n"), "{text}");
    }
}
