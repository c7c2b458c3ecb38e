use serde_json::json;

use super::{check, picture, question, sent, with_tools};

#[test]
fn requests() {
    let name = "openai-responses/gpt-x?max_tokens=64&reasoning_effort=low&verbosity=low&top_logprobs=5";
    insta::assert_snapshot!("responses_words", sent(name, &question(), 0));
    insta::assert_snapshot!("responses_image", sent("openai-responses/gpt-x?store=true", &picture(), 0));
    insta::assert_snapshot!("responses_tools", sent("openai-responses/gpt-x", &with_tools(), 0));
}

#[test]
fn replies() {
    let offered = json!({"tools":[{"type":"function","name":"lookup"}]});
    check(
        "openai-responses",
        &offered,
        &[
            (
                200,
                r#"{"status":"completed","error":null,"incomplete_details":null,"output":[{"type":"reasoning","summary":[]},{"type":"message","role":"assistant","content":[{"type":"output_text","text":"B","annotations":[],"logprobs":[{"token":"B","logprob":-0.2,"top_logprobs":[{"token":"B","logprob":-0.2},{"token":"A","logprob":-1.7}]}]}]}],"usage":{"input_tokens":36,"input_tokens_details":{"cached_tokens":0},"output_tokens":87,"output_tokens_details":{"reasoning_tokens":64}}}"#,
                r#""B" complete in=36 out=87 cached=0 thought=64 A=-1.7 B=-0.2"#,
            ),
            (
                200,
                r#"{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":[{"type":"reasoning","summary":[]}]}"#,
                r#""" token_limit"#,
            ),
            (
                200,
                r#"{"status":"incomplete","incomplete_details":{"reason":"content_filter"},"output":[]}"#,
                r#""" content_filter"#,
            ),
            (
                200,
                r#"{"status":"completed","output":[{"type":"message","content":[{"type":"refusal","refusal":"I can't help with that."}]}]}"#,
                r#""I can't help with that." complete"#,
            ),
            (
                200,
                r#"{"status":"completed","output":[{"type":"function_call","call_id":"c1","name":"lookup","arguments":"{\"patient\":\"S1\"}"}]}"#,
                r#""" complete c1:lookup{"patient":"S1"}"#,
            ),
            (
                200,
                r#"{"status":"completed","output":[{"type":"function_call","call_id":"c1","name":"lookup","arguments":"{"}]}"#,
                r#""" malformed_tool_call"#,
            ),
            (
                200,
                r#"{"status":"failed","error":{"code":"server_error","message":"The model failed"},"output":[]}"#,
                "fault unreadable_reply, lost: status 200 with an error: The model failed",
            ),
            (
                200,
                r#"{"status":"failed","error":{"code":"rate_limit_exceeded","message":"slow down"},"output":[]}"#,
                "fault rate_limited, refused: slow down",
            ),
            (
                200,
                r#"{"status":"in_progress","output":[]}"#,
                "fault unreadable_reply, lost: the response is `in_progress`",
            ),
        ],
    );
}
