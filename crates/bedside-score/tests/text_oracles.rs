//! Every text metric against the Python package it repeats: `oracles/make_text_oracles.py` wrote the numbers.

use bedside_score::text::rouge::{Rouge, RougeScores, rouge_l, rouge_lsum, rouge_n};
use bedside_score::text::rouge_legacy::{RougeLegacy, RougeLegacyScores};
use bedside_score::text::{Segment, TextError, bleu, chrf};
use serde_json::Value;

const TOLERANCE: f64 = 1e-9;

fn oracles() -> Value {
    serde_json::from_str(include_str!("oracles/text_oracles.json")).expect("the fixture is JSON")
}

fn array(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

#[track_caller]
fn assert_close(what: &str, ours: f64, python: f64) {
    assert!((ours - python).abs() <= TOLERANCE, "{what}: {ours} is not Python's {python}");
}

#[track_caller]
fn assert_prf(what: &str, ours: [f64; 3], python: &Value) {
    for ((part, ours), python) in ["precision", "recall", "F"].iter().zip(ours).zip(array(python)) {
        assert_close(&format!("{what}, {part}"), ours, number(python));
    }
}

fn prf(score: Rouge) -> [f64; 3] {
    [score.precision, score.recall, score.f1]
}

/// Calls `check` with name, reference, candidate and the numbers of each pair.
fn each_pair(check: impl Fn(&str, &str, &str, &Value)) {
    let oracles = oracles();
    let pairs = array(&oracles["pairs"]);
    assert!(pairs.len() >= 60, "only {} pairs", pairs.len());
    for pair in pairs {
        check(text(&pair["name"]), text(&pair["reference"]), text(&pair["candidate"]), pair);
    }
}

#[test]
fn rouge_equals_rouge_score() {
    each_pair(|name, reference, candidate, pair| {
        let scores = RougeScores::new(reference, candidate).expect(name);
        let rouge3 = rouge_n(reference, candidate, 3).expect(name);
        let all = [
            ("rouge1", scores.rouge1),
            ("rouge2", scores.rouge2),
            ("rouge3", rouge3),
            ("rougeL", scores.rouge_l),
            ("rougeLsum", scores.rouge_lsum),
        ];
        for (kind, score) in all {
            assert_prf(&format!("{name}: {kind}"), prf(score), &pair["rouge"][kind]);
        }
        assert_eq!(rouge_n(reference, candidate, 2), Ok(scores.rouge2), "{name}");
        assert_eq!(rouge_l(reference, candidate), Ok(scores.rouge_l), "{name}");
        assert_eq!(rouge_lsum(reference, candidate), Ok(scores.rouge_lsum), "{name}");
    });
}

#[test]
fn rouge_legacy_equals_rouge() {
    each_pair(|name, reference, candidate, pair| {
        let python = &pair["legacy"];
        let scores = match (RougeLegacyScores::new(reference, candidate), python.get("error")) {
            (Ok(scores), None) => scores,
            (Err(TextError::Empty { .. }), Some(_)) => return,
            (ours, _) => panic!("{name}: {ours:?} where Python has {python}"),
        };
        let all = [("rouge-1", scores.rouge1), ("rouge-2", scores.rouge2), ("rouge-l", scores.rouge_l)];
        for (kind, RougeLegacy { precision, recall, f }) in all {
            assert_prf(&format!("{name}: {kind}"), [precision, recall, f], &python[kind]);
        }
    });
}

#[test]
fn sentence_scores_equal_sacrebleu() {
    each_pair(|name, reference, candidate, pair| {
        assert_bleu(name, &bleu::sentence(candidate, &[reference]).expect(name), &pair["bleu"]);
        for variant in [chrf::Variant::Chrf2, chrf::Variant::Chrf2PlusPlus] {
            assert_chrf(name, variant, &chrf::sentence(candidate, &[reference], variant).expect(name), pair);
        }
    });
}

#[test]
fn corpus_scores_equal_sacrebleu() {
    for corpus in array(&oracles()["corpora"]) {
        let name = text(&corpus["name"]);
        let references: Vec<Vec<&str>> = array(&corpus["segments"])
            .iter()
            .map(|segment| array(&segment["references"]).iter().map(text).collect())
            .collect();
        let segments: Vec<Segment<'_>> = array(&corpus["segments"])
            .iter()
            .zip(&references)
            .map(|(segment, references)| Segment { candidate: text(&segment["candidate"]), references })
            .collect();
        assert_bleu(name, &bleu::corpus(&segments).expect(name), &corpus["bleu"]);
        for variant in [chrf::Variant::Chrf2, chrf::Variant::Chrf2PlusPlus] {
            assert_chrf(name, variant, &chrf::corpus(&segments, variant).expect(name), corpus);
        }
    }
}

fn assert_bleu(name: &str, ours: &bleu::Bleu, python: &Value) {
    assert_close(&format!("{name}: BLEU"), ours.score, number(&python["score"]));
    assert_close(&format!("{name}: brevity penalty"), ours.brevity_penalty, number(&python["brevity_penalty"]));
    for (ours, python) in ours.precisions.iter().zip(array(&python["precisions"])) {
        assert_close(&format!("{name}: BLEU precision"), *ours, number(python));
    }
    assert_eq!(serde_json::json!(ours.matches), python["matches"], "{name}");
    assert_eq!(serde_json::json!(ours.totals), python["totals"], "{name}");
    assert_eq!(serde_json::json!(ours.candidate_tokens), python["candidate_tokens"], "{name}");
    assert_eq!(serde_json::json!(ours.reference_tokens), python["reference_tokens"], "{name}");
    assert_eq!(ours.signature, text(&python["signature"]), "{name}");
}

fn assert_chrf(name: &str, variant: chrf::Variant, ours: &chrf::Chrf, python: &Value) {
    let python = match variant {
        chrf::Variant::Chrf2 => &python["chrf"],
        chrf::Variant::Chrf2PlusPlus => &python["chrf++"],
    };
    assert_eq!(variant.name(), text(&python["name"]));
    assert_close(&format!("{name}: {}", variant.name()), ours.score, number(&python["score"]));
    assert_eq!(ours.signature, text(&python["signature"]), "{name}");
}

/// What has no answer in Python has a typed one here.
#[test]
fn a_corpus_without_references_is_refused() {
    let bare = Segment { candidate: "fever", references: &[] };
    let good = Segment { candidate: "fever", references: &["fever"] };
    assert_eq!(bleu::corpus(&[]), Err(TextError::NoSegments));
    assert_eq!(chrf::corpus(&[], chrf::Variant::Chrf2), Err(TextError::NoSegments));
    assert_eq!(bleu::corpus(&[good, bare]), Err(TextError::NoReference { segment: 1 }));
    assert_eq!(chrf::corpus(&[bare, good], chrf::Variant::Chrf2), Err(TextError::NoReference { segment: 0 }));
}
