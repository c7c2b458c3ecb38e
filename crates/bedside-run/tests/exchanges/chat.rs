use serde_json::json;

use super::{check, picture, question, sent, with_tools};

#[test]
fn requests() {
    let name =
        r#"openai/org/model-7b?temperature=0&max_tokens=64&seed=5&stop=["\n","END"]&logprobs=true&top_logprobs=5"#;
    insta::assert_snapshot!("chat_words", sent(name, &question(), 2));
    insta::assert_snapshot!("chat_image", sent("openai/x", &picture(), 0));
    insta::assert_snapshot!("chat_tools", sent("openai/x", &with_tools(), 0));
}

#[test]
fn answers() {
    let usage = r#""usage":{"prompt_tokens":36,"completion_tokens":9,"prompt_tokens_details":{"cached_tokens":20},"completion_tokens_details":{"reasoning_tokens":4}}"#;
    check(
        "openai",
        &json!({}),
        &[
            (
                200,
                &format!(
                    r#"{{"choices":[{{"message":{{"role":"assistant","content":"B"}},"finish_reason":"stop"}}],{usage}}}"#
                ),
                r#""B" complete in=36 out=9 cached=20 thought=4"#,
            ),
            (200, r#"{"choices":[{"message":{"content":""},"finish_reason":"length"}]}"#, r#""" token_limit"#),
            (
                200,
                r#"{"choices":[{"message":{"content":"The"},"finish_reason":"content_filter"}]}"#,
                r#""The" content_filter"#,
            ),
            (
                200,
                r#"{"choices":[{"message":{"content":null,"refusal":"I can't help with that."},"finish_reason":"stop"}]}"#,
                r#""I can't help with that." complete"#,
            ),
            (
                200,
                r#"{"choices":[{"message":{"content":[{"type":"text","text":"B"},{"type":"text","text":"!"}]},"finish_reason":"stop"}]}"#,
                r#""B!" complete"#,
            ),
            (200, r#"{"choices":[{"message":{"content":"B"},"finish_reason":null}]}"#, r#""B" unknown"#),
            (
                200,
                r#"{"choices":[{"message":{"content":"B"},"finish_reason":"stop","logprobs":{"content":[{"token":"B","logprob":-0.1,"top_logprobs":[{"token":" B","logprob":-0.1},{"token":"B","logprob":-3.0},{"token":"\u2581A","logprob":-2.5},{"token":"x","logprob":-9}]}]}}]}"#,
                r#""B" complete A=-2.5 B=-0.1"#,
            ),
            (
                200,
                r#"{"choices":[{"message":{"content":"x"},"finish_reason":"error","error":{"code":429,"message":"upstream is busy"}}]}"#,
                "fault rate_limited, refused: upstream is busy",
            ),
            (
                200,
                r#"{"choices":[{"message":{"content":"x"},"finish_reason":"abort"}]}"#,
                "fault unreadable_reply, lost: the server broke off: finish_reason `abort`",
            ),
        ],
    );
}

#[test]
fn calls_of_tools() {
    let call = |name: &str, arguments: &str| {
        json!({"choices":[{"message":{"content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":name,"arguments":arguments}}]},"finish_reason":"tool_calls"}]}).to_string()
    };
    let offered = json!({"tools":[{"type":"function","function":{"name":"lookup"}}]});
    let good = call("lookup", r#"{"patient":"S1"}"#);
    check(
        "openai",
        &offered,
        &[
            (200, &good, r#""" complete c1:lookup{"patient":"S1"}"#),
            (200, &call("lookup", r#"{"patient":"#), r#""" malformed_tool_call"#),
            (200, &call("lookup", "[]"), r#""" malformed_tool_call"#),
            (200, &call("delete", "{}"), r#""" malformed_tool_call"#),
        ],
    );
    check("openai", &json!({}), &[(200, &good, r#""" malformed_tool_call"#)]);
}

#[test]
fn errors() {
    check(
        "openai",
        &json!({}),
        &[
            (400, r#"{"error":{"message":"x","code":"content_filter"}}"#, r#""" content_filter"#),
            (
                400,
                r#"{"error":{"message":"Your prompt was flagged","type":"invalid_request_error","code":"invalid_prompt"}}"#,
                r#""" content_filter"#,
            ),
            (
                403,
                r#"{"error":{"code":403,"message":"Input was flagged","metadata":{"reasons":["violence"],"flagged_input":"…"}}}"#,
                r#""" content_filter"#,
            ),
            (
                401,
                r#"{"error":{"message":"Incorrect API key provided","code":"invalid_api_key"}}"#,
                "set-up: status 401: Incorrect API key provided (is OPENAI_API_KEY right?)",
            ),
            (
                404,
                r#"{"error":{"message":"The model `x` does not exist","code":"model_not_found"}}"#,
                "set-up: status 404: The model `x` does not exist (are the model's name and OPENAI_BASE_URL right?)",
            ),
            (
                400,
                r#"{"error":{"message":"x/y is not a valid model ID","code":400}}"#,
                "set-up: status 400: x/y is not a valid model ID (are the model's name and OPENAI_BASE_URL right?)",
            ),
            (
                429,
                r#"{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}"#,
                "set-up: the provider says: You exceeded your current quota",
            ),
            (
                402,
                r#"{"error":{"code":402,"message":"Insufficient credits"}}"#,
                "set-up: the provider says: Insufficient credits",
            ),
            (
                400,
                r#"{"error":{"message":"Unsupported parameter: 'max_tokens'","code":"unsupported_parameter"}}"#,
                "fault request_refused: status 400: Unsupported parameter: 'max_tokens'",
            ),
            (
                422,
                r#"{"detail":[{"msg":"field required"}]}"#,
                r#"fault request_refused: status 422: [{"msg":"field required"}]"#,
            ),
            (
                302,
                "",
                "set-up: status 302: the server redirects, and redirects are not followed (is OPENAI_BASE_URL right?)",
            ),
        ],
    );
}

#[test]
fn errors_inside_a_success_count_by_what_they_say() {
    check(
        "openai",
        &json!({}),
        &[
            (
                200,
                r#"{"error":{"message":"Rate limit reached","type":"rate_limit_error"}}"#,
                "fault rate_limited, refused: Rate limit reached",
            ),
            (200, r#"{"error":{"message":"slow down","code":429}}"#, "fault rate_limited, refused: slow down"),
            (
                200,
                r#"{"error":{"message":"The engine is overloaded","type":"engine_overloaded_error"}}"#,
                "fault provider_outage, refused: status 200: The engine is overloaded",
            ),
            (200, r#"{"error":{"message":"too long","code":"context_length_exceeded"}}"#, r#""" context_limit"#),
            (
                200,
                r#"{"error":{"message":"Provider returned error","code":502}}"#,
                "fault unreadable_reply, lost: status 200 with an error: Provider returned error",
            ),
            (
                200,
                r#"{"error":{"message":"who knows"},"choices":[{"message":{"content":"B"},"finish_reason":"stop"}]}"#,
                "fault unreadable_reply, lost: status 200 with an error: who knows",
            ),
            (
                200,
                r#"{"error":null,"choices":[{"message":{"content":"B"},"finish_reason":"stop"}]}"#,
                r#""B" complete"#,
            ),
        ],
    );
}
