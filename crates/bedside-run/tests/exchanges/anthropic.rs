use serde_json::json;

use super::{check, picture, question, sent, with_tools};

#[test]
fn requests() {
    let name = "anthropic/claude-x?temperature=0&max_tokens=64&stop=END&thinking_budget=1024";
    insta::assert_snapshot!("anthropic_words", sent(name, &question(), 0));
    insta::assert_snapshot!("anthropic_image", sent("anthropic/claude-x?max_tokens=64", &picture(), 0));
    insta::assert_snapshot!("anthropic_tools", sent("anthropic/claude-x?max_tokens=64", &with_tools(), 0));
}

#[test]
fn replies() {
    let reply = |content: &str, stop: &str| {
        format!(
            r#"{{"id":"msg_1","type":"message","role":"assistant","content":[{content}],"stop_reason":"{stop}","stop_sequence":null,"usage":{{"input_tokens":10,"cache_read_input_tokens":20,"cache_creation_input_tokens":3,"output_tokens":5}}}}"#
        )
    };
    let text = |text: &str| format!(r#"{{"type":"text","text":"{text}"}}"#);
    let thought = r#"{"type":"thinking","thinking":"hm","signature":"x"},"#;
    let call = r#"{"type":"tool_use","id":"c1","name":"lookup","input":{"patient":"S1"}}"#;
    let tokens = "in=33 out=5 cached=20";
    check(
        "anthropic",
        &json!({"tools":[{"name":"lookup"}]}),
        &[
            (200, &reply(&(thought.to_owned() + &text("B")), "end_turn"), &format!(r#""B" complete {tokens}"#)),
            (200, &reply(&text("B"), "stop_sequence"), &format!(r#""B" complete {tokens}"#)),
            (200, &reply(&text("The ans"), "max_tokens"), &format!(r#""The ans" token_limit {tokens}"#)),
            (
                200,
                &reply(&text("B"), "end_turn").replace(":10,", ":18446744073709551615,"),
                r#""B" complete in=18446744073709551615 out=5 cached=20"#,
            ),
            (200, &reply("", "refusal"), &format!(r#""" content_filter {tokens}"#)),
            (200, &reply("", "end_turn"), &format!(r#""" complete {tokens}"#)),
            (200, &reply(&text("x"), "model_context_window_exceeded"), &format!(r#""x" context_limit {tokens}"#)),
            (200, &reply(call, "tool_use"), &format!(r#""" complete {tokens} c1:lookup{{"patient":"S1"}}"#)),
            (
                200,
                &reply(&call.replace("lookup", "delete"), "tool_use"),
                &format!(r#""" malformed_tool_call {tokens}"#),
            ),
        ],
    );
}

#[test]
fn errors() {
    let error = |kind: &str, message: &str| {
        format!(r#"{{"type":"error","error":{{"type":"{kind}","message":"{message}"}},"request_id":"r"}}"#)
    };
    check(
        "anthropic",
        &json!({}),
        &[
            (529, &error("overloaded_error", "Overloaded"), "fault provider_outage, refused: status 529: Overloaded"),
            (200, &error("overloaded_error", "Overloaded"), "fault provider_outage, refused: status 200: Overloaded"),
            (429, &error("rate_limit_error", "slow down"), "fault rate_limited, refused: slow down"),
            (500, &error("api_error", "oops"), "fault provider_outage, refused: status 500: oops"),
            (
                401,
                &error("authentication_error", "invalid x-api-key"),
                "set-up: status 401: invalid x-api-key (is ANTHROPIC_API_KEY right?)",
            ),
            (
                404,
                &error("not_found_error", "model: claude-y"),
                "set-up: status 404: model: claude-y (are the model's name and ANTHROPIC_BASE_URL right?)",
            ),
            (
                400,
                &error("invalid_request_error", "Your credit balance is too low"),
                "set-up: the provider says: Your credit balance is too low",
            ),
            (
                400,
                &error("invalid_request_error", "Output blocked by content filtering policy"),
                r#""" content_filter"#,
            ),
            (413, &error("request_too_large", "Request exceeds the maximum size"), r#""" context_limit"#),
            (
                400,
                &error("invalid_request_error", "temperature: range 0..1"),
                "fault request_refused: status 400: temperature: range 0..1",
            ),
        ],
    );
}
