use serde_json::json;

use super::{check, picture, question, sent, with_tools};

#[test]
fn requests() {
    let name = "ollama/llama3.2:1b?temperature=0&max_tokens=64&num_ctx=8192&seed=5&stop=END&think=false";
    insta::assert_snapshot!("ollama_words", sent(name, &question(), 1));
    insta::assert_snapshot!("ollama_image", sent("ollama/llava", &picture(), 0));
    insta::assert_snapshot!("ollama_tools", sent("ollama/x", &with_tools(), 0));
}

#[test]
fn replies() {
    let reply = |message: &str, reason: &str| {
        format!(
            r#"{{"model":"x","created_at":"2026-01-01T00:00:00Z","message":{message},"done_reason":"{reason}","done":true,"total_duration":5,"prompt_eval_count":26,"eval_count":3}}"#
        )
    };
    let said = r#"{"role":"assistant","content":"B","thinking":"hm"}"#;
    let call = r#"{"role":"assistant","content":"","tool_calls":[{"function":{"name":"lookup","arguments":{"patient":"S1"}}}]}"#;
    let offered = json!({"tools":[{"type":"function","function":{"name":"lookup"}}]});
    check(
        "ollama",
        &offered,
        &[
            (200, &reply(said, "stop"), r#""B" complete in=26 out=3"#),
            (200, &reply(said, "length"), r#""B" token_limit in=26 out=3"#),
            (200, &reply(call, "stop"), r#""" complete in=26 out=3 lookup-0:lookup{"patient":"S1"}"#),
            (200, &reply(&call.replace("lookup", "delete"), "stop"), r#""" malformed_tool_call in=26 out=3"#),
            (
                200,
                r#"{"message":{"role":"assistant","content":"B"},"done":true,"done_reason":"stop","logprobs":[{"token":"B","logprob":-0.1,"top_logprobs":[{"token":"B","logprob":-0.1},{"token":"A","logprob":-2.2}]}]}"#,
                r#""B" complete A=-2.2 B=-0.1"#,
            ),
            (
                404,
                r#"{"error":"model 'x' not found"}"#,
                "set-up: status 404: model 'x' not found (are the model's name and OLLAMA_HOST right?)",
            ),
            (
                500,
                r#"{"error":"llama runner process has terminated"}"#,
                "fault provider_outage, refused: status 500: llama runner process has terminated",
            ),
            (
                503,
                r#"{"error":"server busy, please try again. maximum pending requests exceeded"}"#,
                "fault provider_outage, refused: status 503: server busy, please try again. maximum pending requests exceeded",
            ),
            (
                400,
                r#"{"error":"\"x\" does not support tools"}"#,
                r#"fault request_refused: status 400: "x" does not support tools"#,
            ),
        ],
    );
    let unloaded = r#"{"message":{"role":"assistant","content":""},"done":true,"done_reason":"load"}"#;
    let partial = r#"{"message":{"role":"assistant","content":"B"},"done":false}"#;
    for body in [unloaded, partial] {
        let wire = bedside_run::system::wire::of("ollama").unwrap();
        assert!(super::meaning(wire, &offered, 200, body).starts_with("fault unreadable_reply, lost"), "{body}");
    }
}
