//! OpenAI's older Completions, for base models: plain text on, or the likelihood of each option by echo.
//!
//! With `score=options` nothing is generated. One request holds the prompt once for each label with the label behind it; the server
//! echoes them with the log-probability of each token, and the answer is the label whose tokens are likeliest.

use bedside_core::observation::OptionLogprob;
use bedside_core::{Answer, Fault, Stop};
use serde_json::{Map, Value, json};

use super::reply::{Read, Reply};
use super::settings::{self, Kind, Setting};
use super::{Request, Wire, below, chat, logprobs, usage};

/// Settings that go into the request as they are, but for `score`.
const SETTINGS: [Setting; 11] = [
    Setting::plain("temperature", Kind::Number),
    Setting::plain("top_p", Kind::Number),
    Setting::plain("top_k", Kind::Whole),
    Setting::plain("min_p", Kind::Number),
    Setting::plain("max_tokens", Kind::Limit),
    Setting::plain("seed", Kind::Seed),
    Setting::plain("stop", Kind::Texts),
    Setting::plain("frequency_penalty", Kind::Number),
    Setting::plain("presence_penalty", Kind::Number),
    Setting::plain("logprobs", Kind::Whole),
    Setting::new("score", Kind::Way(&["options"]), &[]),
];

/// `openai-completions/…`
pub const WIRE: Wire = Wire {
    provider: "openai-completions",
    what: "a base model by OpenAI's older Completions interface; ?score=options reads how likely each option is",
    settings: &SETTINGS,
    images: false,
    tools: false,
    path: |base, _| below(base, &["completions"]),
    limit_setting: |_| "max_tokens",
    body,
    read: |reply| reply.end(|json| answer(reply, json)),
    // The same vendor: its address, its key and how the key is shown.
    ..chat::WIRE
};

/// Whether options are scored by their likelihood instead of an answer being written.
pub fn scores_options(settings: &Map<String, Value>) -> bool {
    settings.contains_key("score")
}

fn body(request: &Request<'_>) -> Value {
    let mut body = Map::new();
    body.insert("model".into(), json!(request.model));
    if scores_options(request.settings) {
        let text = request.prompt.text();
        let prompts = request.prompt.option_labels.iter().map(|label| json!(format!("{text}{}", behind(&text, label))));
        body.insert("prompt".into(), prompts.collect());
        settings::place(request.settings, &SETTINGS, request.epoch, &mut body);
        body.insert("echo".into(), json!(true));
        body.insert("logprobs".into(), json!(1));
        // Nothing is to be written, whatever the task allows; `max_tokens=1` is for servers that refuse 0.
        let limit = request.settings.get("max_tokens").filter(|limit| **limit == json!(1));
        body.insert("max_tokens".into(), limit.cloned().unwrap_or(json!(0)));
    } else {
        body.insert("prompt".into(), json!(request.prompt.text()));
        settings::place(request.settings, &SETTINGS, request.epoch, &mut body);
    }
    Value::Object(body)
}

/// A label as it stands behind a prompt: after a space, unless one is there.
fn behind(text: &str, label: &str) -> String {
    if text.ends_with(char::is_whitespace) || text.is_empty() { label.to_owned() } else { format!(" {label}") }
}

fn answer(reply: &Reply<'_>, json: &Value) -> Option<Read> {
    let choices = json.get("choices")?.as_array()?;
    let request = reply.request_json();
    let tokens = usage(
        json,
        "/usage/prompt_tokens",
        "/usage/completion_tokens",
        "/usage/prompt_tokens_details/cached_tokens",
        "/usage/completion_tokens_details/reasoning_tokens",
    );
    if request["echo"] == true {
        let option_logprobs = scored(choices, &request, reply.option_labels)?;
        let best = option_logprobs.iter().rev().max_by(|a, b| a.logprob.total_cmp(&b.logprob))?;
        let output = best.label.clone();
        return Some(Read::Answer(Answer {
            output,
            stop: Stop::Complete,
            usage: tokens,
            option_logprobs,
            ..Answer::default()
        }));
    }
    let choice = choices.first()?;
    let finish = choice.get("finish_reason").and_then(Value::as_str);
    if let Some(finish @ ("error" | "abort")) = finish {
        return Some(Read::Broken(Fault::UnreadableReply, format!("the server broke off: finish_reason `{finish}`")));
    }
    let first = choice.pointer("/logprobs/top_logprobs/0").and_then(Value::as_object);
    let alternatives = first.into_iter().flatten().filter_map(|(token, value)| Some((token.as_str(), value.as_f64()?)));
    Some(Read::Answer(Answer {
        output: choice.get("text")?.as_str()?.to_owned(),
        stop: match finish {
            Some("stop") => Stop::Complete,
            Some("length") => Stop::TokenLimit,
            Some("content_filter") => Stop::ContentFilter,
            _ => Stop::Unknown,
        },
        usage: tokens,
        option_logprobs: logprobs::of_labels(&alternatives, reply.option_labels),
        ..Answer::default()
    }))
}

/// How likely each label is. All or none: with one missing, the likeliest of the rest would be a wrong answer that looks right.
fn scored(choices: &[Value], request: &Value, labels: &[String]) -> Option<Vec<OptionLogprob>> {
    let written = request["max_tokens"].as_u64()?;
    if choices.len() != labels.len() || labels.is_empty() {
        return None;
    }
    labels
        .iter()
        .enumerate()
        .map(|(position, label)| {
            // Servers may answer a batch in another order.
            let index = |choice: &&Value| choice["index"].as_u64() == u64::try_from(position).ok();
            let choice = choices.iter().find(index)?;
            let logprob = label_logprob(choice, label, request["prompt"][position].as_str()?, written)?;
            Some(OptionLogprob { label: label.clone(), logprob })
        })
        .collect()
}

/// The sum over the tokens of a label at the end of an echoed prompt, where `written` more tokens may follow.
fn label_logprob(choice: &Value, label: &str, prompt: &str, written: u64) -> Option<f64> {
    let tokens: Vec<String> = choice
        .pointer("/logprobs/tokens")?
        .as_array()?
        .iter()
        .map(|token| token.as_str().map(logprobs::word))
        .collect::<Option<_>>()?;
    let values = choice.pointer("/logprobs/token_logprobs")?.as_array()?;
    if values.len() != tokens.len() {
        return None;
    }
    let spaced = prompt.ends_with(&format!(" {label}"));
    let sum_before = |more: usize| {
        let end = tokens.len().checked_sub(more)?;
        let start = label_start(&tokens[..end], label, spaced)?;
        let sum = values[start..end].iter().map(Value::as_f64).sum::<Option<f64>>()?;
        sum.is_finite().then_some(sum)
    };
    if written == 0 {
        return sum_before(0);
    }
    // The text says whether a word was written; a mark for the end of the text is a token without words.
    let longer = choice.get("text")?.as_str()?.chars().count() > prompt.chars().count();
    if longer { sum_before(1) } else { sum_before(0).or_else(|| sum_before(1)) }
}

/// Where the tokens of the label at the end begin, if they spell it. Counted from the end, since servers count marks for the beginning of
/// a text differently.
fn label_start(tokens: &[String], label: &str, spaced: bool) -> Option<usize> {
    let mut spelt = String::new();
    for start in (0..tokens.len()).rev() {
        spelt.insert_str(0, &tokens[start]);
        if spelt.ends_with(label) {
            // A space of its own token belongs to the label, as it does where both are one token.
            let space_apart = spaced && spelt == label && start > 0 && tokens[start - 1] == " ";
            return Some(if space_apart { start - 1 } else { start });
        }
        if spelt.len() > label.len() + 1 {
            return None;
        }
    }
    None
}
