//! Recorded exchanges: what each provider is sent, and what each of its replies means. Written after the providers' public descriptions.

mod anthropic;
mod azure;
mod chat;
mod completions;
mod gemini;
mod ollama;
mod responses;

use std::fmt::Write as _;

use bedside_core::prompt::{Image, MessageRole};
use bedside_core::{Fault, Message, Prompt, SystemSpec, Tool, ToolCall};
use bedside_run::system::wire::reply::Reply;
use bedside_run::system::wire::{Request, Wire, of, settings};
use bedside_run::system::{Again, End};
use serde_json::{Value, json};

/// A system message, words of the user, and the labels of a choice.
fn question() -> Prompt {
    Prompt {
        messages: vec![
            Message::new(MessageRole::System, "You are a nurse.".into()),
            Message::new(MessageRole::User, "Potassium 6.9: A or B?".into()),
        ],
        option_labels: vec!["A".into(), "B".into()],
        tools: Vec::new(),
    }
}

/// A question about an image.
fn picture() -> Prompt {
    let mut prompt = question();
    prompt.show(vec![Image { mime: "image/png".into(), bytes: b"\x89PNG".to_vec() }]);
    prompt
}

/// A question with a tool, two calls of it in one turn, and their results.
fn with_tools() -> Prompt {
    let mut prompt = question();
    let call =
        |id: &str, name: &str| ToolCall { id: id.into(), name: "lookup".into(), arguments: json!({"patient": name}) };
    let result = |id: &str, content: &str| Message {
        tool_call_id: Some(id.into()),
        ..Message::new(MessageRole::Tool, content.into())
    };
    let calls = vec![call("c1", "S1"), call("c2", "S2")];
    prompt.messages.push(Message { tool_calls: calls, ..Message::new(MessageRole::Assistant, String::new()) });
    prompt.messages.extend([result("c1", "6.9"), result("c2", "4.1")]);
    prompt.tools = vec![Tool {
        name: "lookup".into(),
        description: "Finds a patient.".into(),
        parameters: json!({"type": "object", "properties": {"patient": {"type": "string"}}}),
    }];
    prompt
}

/// The body that a system is sent, and where.
fn sent(name: &str, prompt: &Prompt, epoch: u32) -> String {
    let spec = SystemSpec::parse(name).expect("a name");
    let wire = of(&spec.provider).expect("a provider");
    let problems = settings::check(&spec, wire.settings);
    assert!(problems.is_empty(), "{problems:?}");
    let base = wire.default_url.unwrap_or("https://ward.openai.azure.com").parse().expect("an address");
    let url = (wire.path)(&base, &spec.model);
    let request = Request { model: &spec.model, prompt, settings: &spec.settings, epoch };
    format!("POST {url}\n{:#}\n", (wire.body)(&request))
}

/// What a reply to a request means, in one line.
fn meaning(wire: &'static Wire, request: &Value, status: u16, body: &str) -> String {
    let request = request.to_string();
    let labels = ["A".to_owned(), "B".to_owned()];
    let (end, again) = (wire.read)(&Reply::new(wire, status, body, request.as_bytes(), &labels));
    let again = match again {
        Again::No => "",
        Again::Refused => ", refused",
        Again::Lost => ", lost",
    };
    match end {
        End::Fault(fault, said) => {
            // The kind of fault is all that a later command knows: whoever asks again must see that it may be billed twice.
            let lost = again == ", lost";
            assert!(lost == fault.may_have_been_billed() || fault == Fault::Internal, "{fault:?}{again}: {said}");
            format!("fault {}{again}: {said}", fault.word())
        }
        End::SetUp(said) => format!("set-up{again}: {said}"),
        End::Answered(answer) => {
            let mut text = format!("{:?} {}{again}", answer.output, answer.stop.word());
            let usage = answer.usage;
            for (name, count) in [
                ("in", usage.prompt_tokens),
                ("out", usage.completion_tokens),
                ("cached", usage.cached_tokens),
                ("thought", usage.reasoning_tokens),
            ] {
                if let Some(count) = count {
                    let _ = write!(text, " {name}={count}");
                }
            }
            for option in &answer.option_logprobs {
                let _ = write!(text, " {}={}", option.label, option.logprob);
            }
            for call in &answer.tool_calls {
                let _ = write!(text, " {}:{}{}", call.id, call.name, call.arguments);
            }
            text
        }
    }
}

/// Holds replies against what they should mean.
fn check(provider: &str, request: &Value, replies: &[(u16, &str, &str)]) {
    let wire = of(provider).expect("a provider");
    for (status, body, expected) in replies {
        assert_eq!(meaning(wire, request, *status, body), *expected, "{provider} {status} {body}");
    }
}

/// What no provider means by any reply, and every reader must live with.
#[test]
fn nonsense_is_a_fault_and_never_an_answer() {
    for wire in bedside_run::system::wire::WIRES {
        for body in [
            "",
            "null",
            "[]",
            "7",
            "\"words\"",
            "{}",
            "{\"choices\":[]}",
            "{\"choices\":[null]}",
            "{\"choices\":{\"0\":{}}}",
            "{\"content\":\"x\"}",
            "{\"candidates\":[]}",
            "{\"candidates\":[{}]}",
            "{\"output\":7,\"status\":\"completed\"}",
            "{\"message\":[]}",
            "<html>502</html>",
            "{\"choices\":[{\"message\":{\"content\":\"cut off",
            "\u{1f480}\u{0}",
        ] {
            let said = meaning(wire, &json!({}), 200, body);
            assert!(said.starts_with("fault unreadable_reply, lost"), "{} {body}: {said}", wire.provider);
        }
        let deep = "[".repeat(100_000);
        assert!(meaning(wire, &json!({}), 200, &deep).starts_with("fault unreadable_reply, lost"));
        for (status, expected) in [
            (429, "fault rate_limited, refused"),
            (500, "fault provider_outage, refused"),
            (502, "fault provider_outage, refused"),
            (503, "fault provider_outage, refused"),
            (529, "fault provider_outage, refused"),
            (504, "fault timeout, lost"),
            (408, "fault timeout, lost"),
            (400, "fault request_refused"),
            (401, "set-up"),
            (402, "set-up"),
            (404, "set-up"),
            (302, "set-up"),
            (307, "set-up"),
        ] {
            for body in ["", "<html>", "{\"error\":null}", "{\"error\":[]}", "[1]", "{\"detail\":\"x\"}"] {
                let said = meaning(wire, &json!({}), status, body);
                assert!(said.starts_with(expected), "{} {status} {body}: {said}", wire.provider);
                let next = said[expected.len()..].chars().next();
                assert_eq!(next, Some(':'), "{} {status} {body}: {said}", wire.provider);
            }
        }
    }
}

/// Every spelling of "the prompt does not fit" that is known to us.
#[test]
fn a_prompt_that_does_not_fit_is_an_outcome_in_every_spelling() {
    let bodies = [
        r#"{"error":{"message":"This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}"#,
        r#"{"object":"error","message":"This model's maximum context length is 4096 tokens. However, you requested 5000 tokens","type":"BadRequestError","param":null,"code":400}"#,
        r#"{"error":{"message":"The decoder prompt (length 9001) is longer than the maximum model length of 8192.","type":"BadRequestError","code":400}}"#,
        r#"{"error":{"code":400,"message":"the request exceeds the available context size, try increasing it","type":"exceed_context_size_error","n_prompt_tokens":4476,"n_ctx":4096}}"#,
        r#"{"error":"The number of tokens to keep from the initial prompt is greater than the context length (n_keep: 5228>= n_ctx: 4096)."}"#,
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}"#,
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000"}}"#,
        r#"{"error":{"code":400,"message":"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}"#,
        r#"{"error":"prompt too long; exceeded max context length by 4 tokens"}"#,
        r#"{"error":"the input length exceeds the context length"}"#,
        r#"{"error":{"message":"The input (516368 tokens) is longer than the model's context length (262144 tokens).","code":400}}"#,
    ];
    for wire in bedside_run::system::wire::WIRES {
        for body in bodies {
            assert_eq!(meaning(wire, &json!({}), 400, body), "\"\" context_limit", "{} {body}", wire.provider);
        }
        // A busy server that says the words is busy all the same.
        assert!(meaning(wire, &json!({}), 429, bodies[0]).starts_with("fault rate_limited, refused"));
    }
}
