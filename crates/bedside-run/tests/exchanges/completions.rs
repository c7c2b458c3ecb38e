use bedside_core::SystemSpec;
use bedside_run::system::wire::{Request, completions};
use serde_json::{Value, json};

use super::{check, question, sent};

#[test]
fn requests() {
    let name = "openai-completions/base-1b?max_tokens=5&temperature=0&logprobs=5";
    insta::assert_snapshot!("completions_words", sent(name, &question(), 0));
    insta::assert_snapshot!("completions_score", sent("openai-completions/base-1b?score=options", &question(), 0));
}

#[test]
fn words() {
    check(
        "openai-completions",
        &json!({"prompt": "x"}),
        &[
            (
                200,
                r#"{"choices":[{"text":" B","index":0,"finish_reason":"length","logprobs":{"tokens":[" B"],"token_logprobs":[-0.3],"top_logprobs":[{" B":-0.3," A":-1.4}]}}],"usage":{"prompt_tokens":9,"completion_tokens":1}}"#,
                r#"" B" token_limit in=9 out=1 A=-1.4 B=-0.3"#,
            ),
            (200, r#"{"choices":[{"text":"B","index":0,"finish_reason":"stop","logprobs":null}]}"#, r#""B" complete"#),
        ],
    );
}

fn request(name: &str) -> Value {
    let spec = SystemSpec::parse(name).unwrap();
    let prompt = question();
    let request = Request { model: "m", prompt: &prompt, settings: &spec.settings, epoch: 0 };
    (completions::WIRE.body)(&request)
}

fn choice(index: u32, tokens: &[&str], logprobs: &[Value], text: &str) -> Value {
    json!({"index": index, "text": text, "finish_reason": "length", "logprobs": {"tokens": tokens, "token_logprobs": logprobs}})
}

const TEXT: &str = "You are a nurse.\n\nPotassium 6.9: A or B?";

#[test]
fn the_likeliest_option_is_the_answer() {
    let request = request("openai-completions/m?score=options");
    let both = |a: Value, b: Value| {
        json!({"choices": [a, b], "usage": {"prompt_tokens": 24, "completion_tokens": 0}}).to_string()
    };
    let a =
        choice(0, &["You", " are", " B", "?", " A"], &[Value::Null, json!(-9), json!(-1), json!(-2), json!(-1.5)], "");
    let b =
        choice(1, &["You", " are", " B", "?", " B"], &[Value::Null, json!(-9), json!(-1), json!(-2), json!(-0.5)], "");
    let good = both(a.clone(), b.clone());
    // The other order, a mark at the beginning, and a space as a token of its own: each side counts it.
    let marked = choice(
        1,
        &["<s>", "\u{2581}B", "?", "\u{2581}", "B"],
        &[Value::Null, json!(-1), json!(-2), json!(-0.25), json!(-0.5)],
        "",
    );
    let turned = both(marked, a.clone());
    let null = both(a.clone(), choice(1, &["?", " B"], &[json!(-2), Value::Null], ""));
    let other = both(a.clone(), choice(1, &["?", " C"], &[json!(-2), json!(-1)], ""));
    let short = json!({"choices": [a]}).to_string();
    let unreadable = |said: &str| said.starts_with("fault unreadable_reply, lost");
    check(
        "openai-completions",
        &request,
        &[
            (200, &good, r#""B" complete in=24 out=0 A=-1.5 B=-0.5"#),
            (200, &turned, r#""B" complete in=24 out=0 A=-1.5 B=-0.75"#),
        ],
    );
    for body in [null, other, short] {
        let said = super::meaning(&completions::WIRE, &request, 200, &body);
        assert!(unreadable(&said), "{body}: {said}");
    }
}

#[test]
fn a_word_that_a_server_must_write_is_not_counted() {
    let request = request("openai-completions/m?score=options&max_tokens=1");
    assert_eq!(request["max_tokens"], 1);
    let a = choice(0, &["?", " A", " B"], &[json!(-2), json!(-1.5), json!(-0.01)], &format!("{TEXT} A B"));
    // The end of the text, as a token without words, and as none.
    let b = choice(1, &["?", " B", "</s>"], &[json!(-2), json!(-0.5), json!(-3)], &format!("{TEXT} B"));
    let c = choice(1, &[" B", " B"], &[json!(-7), json!(-0.5)], &format!("{TEXT} B"));
    for b in [b, c] {
        let body = json!({"choices": [a, b]}).to_string();
        check("openai-completions", &request, &[(200, &body, r#""B" complete A=-1.5 B=-0.5"#)]);
    }
}
