//! The real weights, where `BEDSIDE_WEIGHTS` names their file; without it each test here says that it was skipped, and passes.

use std::path::PathBuf;

use serde::Deserialize;

use crate::{LocalModel, Message, Settings, Stop};

/// What `oracle/smollm2.py`, the same model in numpy with 64-bit floats, says about its items.
#[derive(Deserialize)]
struct Oracle {
    items: Vec<OracleItem>,
}

#[derive(Deserialize)]
struct OracleItem {
    question: String,
    prompt_tokens: Vec<u32>,
    options: Vec<String>,
    logprobs: Vec<f64>,
}

#[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
fn weights() -> Option<PathBuf> {
    let path = std::env::var_os("BEDSIDE_WEIGHTS").map(PathBuf::from);
    if path.is_none() {
        eprintln!("SKIPPED: BEDSIDE_WEIGHTS does not name the file of the weights");
    }
    path
}

fn oracle() -> Oracle {
    serde_json::from_str(include_str!("../../oracle/smollm2.json")).unwrap()
}

/// Bits of the real model's log-probabilities of the oracle's options.
pub(super) fn scores() -> Option<Vec<u64>> {
    let model = LocalModel::load(&weights()?).unwrap();
    let score = |item: OracleItem| {
        let options: Vec<&str> = item.options.iter().map(String::as_str).collect();
        model.option_logprobs(&[Message::user(&item.question)], &options).unwrap().unwrap()
    };
    Some(oracle().items.into_iter().flat_map(score).map(f64::to_bits).collect())
}

#[test]
fn real_tokens_and_log_probabilities_are_those_of_the_oracle() {
    let Some(path) = weights() else { return };
    let model = LocalModel::load(&path).unwrap();
    for item in oracle().items {
        let messages = [Message::user(&item.question)];
        assert_eq!(model.prompt_tokens(&messages).unwrap(), item.prompt_tokens.len(), "{}", item.question);
        let options: Vec<&str> = item.options.iter().map(String::as_str).collect();
        let scores = model.option_logprobs(&messages, &options).unwrap().unwrap();
        for ((option, score), expected) in options.iter().zip(scores).zip(item.logprobs) {
            assert!((score - expected).abs() < 1e-3, "{option}: {score} where the oracle has {expected}");
        }
    }
}

#[test]
fn real_answer_to_the_capital_of_france() {
    let Some(path) = weights() else { return };
    let model = LocalModel::load(&path).unwrap();
    let settings = Settings { max_tokens: 24, ..Settings::default() };
    let answer =
        model.answer(&[Message::user("What is the capital of France?")], &settings, &["Paris", "London"]).unwrap();
    assert!(answer.generation.text.contains("Paris"), "{answer:?}");
    assert!([Stop::EndOfText, Stop::Length].contains(&answer.generation.stop));
    let scores = answer.option_logprobs.unwrap();
    assert!(scores.iter().all(|score| score.is_finite()) && scores[0] > scores[1], "{scores:?}");
}

#[test]
fn real_template_gives_the_known_tokens() {
    let Some(path) = weights() else { return };
    let bytes = crate::weights::read(&path).unwrap();
    let gguf = crate::gguf::Gguf::parse(&bytes).unwrap();
    let tokenizer = crate::tokenizer::Tokenizer::load(&gguf).unwrap();
    let chat = crate::chat::Chat::new(gguf.text("tokenizer.chat_template").unwrap()).unwrap();
    for item in oracle().items {
        let text = chat.render(&[Message::user(&item.question)], |text| tokenizer.defused(text)).unwrap();
        let tokens = tokenizer.encode(&text).unwrap();
        assert_eq!(tokens, item.prompt_tokens);
        assert_eq!(tokenizer.encode(&tokenizer.decode(&tokens).unwrap()).unwrap().len() + SPECIAL_TOKENS, tokens.len());
    }
}

/// Three turns begin, two end.
const SPECIAL_TOKENS: usize = 5;
