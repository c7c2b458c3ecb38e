//! What must hold for every output, however hostile.

use std::collections::BTreeMap;

use bedside_core::item::{Item, LongFormReference, NumericReference, NumericValue, Reference};
use bedside_core::manifest::{Reader, ScorerTable};
use bedside_core::observation::Answer;
use bedside_core::score::Scored;
use bedside_core::{ChoiceOption, Digest};
use bedside_score::{Scorer, catalogue, limits};
use proptest::prelude::*;

fn scorer(kind: &str) -> Scorer {
    let table = ScorerTable {
        id: kind.to_owned(),
        kind: None,
        metrics: None,
        reference: None,
        rule: None,
        tolerance_relative: None,
        tolerance_absolute: None,
        case_sensitive: false,
    };
    Scorer::new(&table).expect("a kind of the catalogue")
}

fn item(reference: Reference, options: &[(&str, &str)]) -> Item {
    Item {
        id: "i".to_owned(),
        cluster: "i".to_owned(),
        template: None,
        strata: BTreeMap::new(),
        input: serde_json::Map::new(),
        media: Vec::new(),
        options: options
            .iter()
            .map(|(label, text)| ChoiceOption { label: (*label).to_owned(), text: (*text).to_owned() })
            .collect(),
        reference,
        reference_sets: BTreeMap::new(),
        severity: None,
        provenance: serde_json::Map::new(),
        world: None,
        digest: Digest::of(b"i"),
    }
}

const OPTIONS: [(&str, &str); 4] = [("A", "Influenza"), ("B", "Influenza A"), ("C", "4"), ("D", "C. difficile")];

/// An item for every kind of scorer.
fn items() -> Vec<(&'static str, Item)> {
    let number = |value, unit: &str| {
        Reference::Numeric(Some(NumericReference { value, unit: unit.to_owned(), lower: None, upper: None }))
    };
    let text = || {
        Reference::LongForm(LongFormReference {
            text: Some("Denies chest pain.\nAspirin 81 mg.".to_owned()),
            facts: Vec::new(),
        })
    };
    vec![
        ("choice", item(Reference::Choice("B".to_owned()), &OPTIONS)),
        (
            "choice",
            item(
                Reference::Choice("yes".to_owned()),
                &[("yes", "yes"), ("no", ""), ("é", "non-emergent é"), ("12", "12 mg")],
            ),
        ),
        ("short_answer", item(Reference::ShortAnswer(vec!["PE".to_owned(), "pulmonary embolism".to_owned()]), &[])),
        ("numeric", item(number(NumericValue::Number(24.3), "kg/m^2"), &[])),
        ("numeric", item(number(NumericValue::Number(99.0), "days"), &[])),
        ("numeric", item(number(NumericValue::Date("2014-09-12".to_owned()), "date"), &[])),
        ("numeric", item(Reference::Numeric(None), &[])),
        ("codes", item(Reference::Codes(vec!["S52.501A".to_owned(), "I10".to_owned()]), &[])),
        ("rouge", item(text(), &[])),
        ("rouge_legacy", item(text(), &[])),
        ("bleu", item(text(), &[])),
        ("chrf", item(text(), &[])),
    ]
}

fn score(kind: &str, item: &Item, output: &str) -> Scored {
    scorer(kind).score(item, &Answer { output: output.to_owned(), ..Answer::default() }, Reader::Human)
}

/// Pieces that the readers look for, glued in any order.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("answer: ".to_owned()),
        Just("The answer is ".to_owned()),
        Just("<answer>".to_owned()),
        Just("</answer>".to_owned()),
        Just("\\boxed{".to_owned()),
        Just("}".to_owned()),
        Just("{\"answer\": \"".to_owned()),
        Just("Final answer".to_owned()),
        Just("B".to_owned()),
        Just("(A) or ".to_owned()),
        Just("é".to_owned()),
        Just("É".to_owned()),
        Just("influenza a".to_owned()),
        Just(" is correct. ".to_owned()),
        Just("not ".to_owned()),
        Just("wait ".to_owned()),
        Just("1,234.5".to_owned()),
        Just("5-".to_owned()),
        Just("/".to_owned()),
        Just("±".to_owned()),
        Just("10^".to_owned()),
        Just("mg/dL".to_owned()),
        Just("°".to_owned()),
        Just("S52.501A".to_owned()),
        Just("14 weeks ".to_owned()),
        Just("09/12/2014".to_owned()),
        Just("cannot be determined".to_owned()),
        Just("\n".to_owned()),
        Just("ﷺ".to_owned()),
        Just("İ".to_owned()),
        Just("\u{301}".to_owned()),
        "\\PC{0,3}",
        any::<String>(),
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// No panic, and every value is a score.
    #[test]
    fn any_text_has_scores(output in hostile()) {
        for (kind, item) in items() {
            let scored = score(kind, &item, &output);
            prop_assert!(scored.unscorable.is_none(), "{kind}: {:?}", scored.unscorable);
            prop_assert!(scored.values.values().all(|value| (0.0..=1.0 + 1e-9).contains(value)), "{kind}: {:?}", scored.values);
            prop_assert!(!scored.why.is_empty() && !scored.why.contains('\n'));
            prop_assert!(scored.extracted.is_none_or(|text| text.chars().count() <= limits::EXTRACT_CHARACTERS));
        }
    }

    /// White space at the end is no part of an answer.
    #[test]
    fn trailing_space_changes_nothing(output in hostile(), space in "[ \\n\\t\\r]{0,8}") {
        for (kind, item) in items() {
            let padded = format!("{output}{space}");
            let (plain, padded) = (score(kind, &item, &output), score(kind, &item, &padded));
            prop_assert_eq!(plain.values, padded.values, "{}", kind);
            prop_assert_eq!(plain.extracted, padded.extracted);
        }
    }

    /// The order in which options are listed in the item changes nothing.
    #[test]
    fn option_order_changes_nothing(output in hostile(), order in Just(OPTIONS.to_vec()).prop_shuffle()) {
        let (one, other) = (item(Reference::Choice("B".to_owned()), &OPTIONS), item(Reference::Choice("B".to_owned()), &order));
        prop_assert_eq!(score("choice", &one, &output), score("choice", &other, &output));
    }

    /// Moving the words to other labels, with the key and the answer: an answer by label is as right as before.
    #[test]
    fn relabelling_changes_nothing(order in Just(vec!["A", "B", "C", "D"]).prop_shuffle(), given in 0..4_usize, key in 0..4_usize, form in 0..7_usize) {
        let words = ["Aspirin", "Warfarin", "Heparin", "Clopidogrel"];
        let options: Vec<(&str, &str)> = order.iter().copied().zip(words).collect();
        let (label, text) = options[given];
        let output = match form {
            0 => label.to_owned(),
            1 => format!("({label})"),
            2 => format!("{label}. {text}"),
            3 => format!("The answer is {label}."),
            4 => format!("The answer is {text}."),
            5 => text.to_owned(),
            _ => format!("Because of the kidneys.\n\n**Final answer: {label}) {text}**"),
        };
        let scored = score("choice", &item(Reference::Choice(options[key].0.to_owned()), &options), &output);
        prop_assert_eq!(scored.values["accuracy"] > 0.5, given == key, "{}", output);
        prop_assert_eq!(scored.extracted.as_deref(), Some(label));
    }
}

/// The middle of an output beyond the limit is not read, and the reason says so.
#[test]
fn the_limit_is_applied() {
    let (_, item) = items().swap_remove(0);
    let filler = "word ".repeat(2 * limits::END_BYTES / 5);
    let scored = score("choice", &item, &format!("{filler} The answer is B. {filler}"));
    assert!(!scored.parsed && scored.why.contains("so long"), "{}", scored.why);
    let scored = score("choice", &item, &format!("{filler}{filler} The answer is B."));
    assert!(scored.values["accuracy"] > 0.5 && scored.why.contains("so long"), "{}", scored.why);
}

/// A mebibyte of text made to be slow. It ends; how fast is not asserted here (45 ms at most in a release build, for any
/// of 33 such texts and three kinds of scorer).
#[test]
fn slow_texts_end() {
    for piece in ["answer: ", "A or ", "1-", "\u{301}", "ﷺ", "option B ", "S52.501A "] {
        let output = piece.repeat((1 << 20) / piece.len());
        // one choice item, short answer, number, date, codes
        for (kind, item) in [0, 2, 3, 5, 7].map(|at| items().swap_remove(at)) {
            score(kind, &item, &output);
        }
    }
}

/// What the catalogue promises is what a scorer gives, and in nothing more.
#[test]
fn metrics_are_those_of_the_catalogue() {
    for (kind, item) in items() {
        let info = catalogue().iter().find(|info| info.kind == kind).expect("known");
        let scored = score(kind, &item, "B 24.3 I10");
        assert_eq!(scored.version, info.version);
        assert!(scored.values.keys().all(|name| info.metrics.iter().any(|metric| metric.name == name)), "{kind}");
        let missing: Vec<_> = info
            .metrics
            .iter()
            .filter(|metric| !scored.values.contains_key(metric.name))
            .map(|metric| metric.name)
            .collect();
        assert!(missing.is_empty() || missing == ["accuracy_logprob"], "{kind} lacks {missing:?}");
    }
    assert_eq!(catalogue().len(), 8);
}

#[test]
fn tables_are_checked() {
    let table = |kind: &str| ScorerTable {
        id: "x".to_owned(),
        kind: Some(kind.to_owned()),
        metrics: None,
        reference: None,
        rule: None,
        tolerance_relative: None,
        tolerance_absolute: None,
        case_sensitive: false,
    };
    assert_eq!(Scorer::new(&table("rubirc")).unwrap_err().to_string(), "no scorer is called `rubirc`");
    let bad = ScorerTable { rule: Some("frist".to_owned()), ..table("choice") };
    assert_eq!(Scorer::new(&bad).unwrap_err().to_string(), "no extraction rule is called `frist`");
    let bad = ScorerTable { tolerance_relative: Some(-0.1), ..table("numeric") };
    assert!(Scorer::new(&bad).is_err());
    let bad = ScorerTable { metrics: Some(vec!["acuracy".to_owned()]), ..table("choice") };
    assert!(Scorer::new(&bad).is_err());
}

#[test]
fn metrics_and_reference_of_the_table_are_kept_to() {
    let (_, mut choice) = items().swap_remove(0);
    choice.reference_sets.insert("corrected".to_owned(), Reference::Choice("C".to_owned()));
    let table = ScorerTable {
        id: "second".to_owned(),
        kind: Some("choice".to_owned()),
        metrics: Some(vec!["accuracy".to_owned()]),
        reference: Some("corrected".to_owned()),
        rule: None,
        tolerance_relative: None,
        tolerance_absolute: None,
        case_sensitive: false,
    };
    let second = Scorer::new(&table).expect("valid");
    let answer = Answer { output: "C".to_owned(), ..Answer::default() };
    let scored = second.score(&choice, &answer, Reader::Human);
    assert_eq!((scored.scorer.as_str(), scored.values.len(), scored.values["accuracy"]), ("second", 1, 1.0));
    choice.reference_sets.clear();
    let scored = second.score(&choice, &answer, Reader::Human);
    assert_eq!(scored.unscorable.as_deref(), Some("The item has no key called `corrected`."));
    assert!(scored.values.is_empty());
}
