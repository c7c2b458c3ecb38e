use bedside_run::system::wire::gemini;
use serde_json::json;

use super::{check, picture, question, sent, with_tools};

#[test]
fn requests() {
    let name = "gemini/gemini-x?temperature=0&top_p=0.9&max_tokens=64&seed=5&stop=END&logprobs=true&top_logprobs=5&thinking_budget=0";
    insta::assert_snapshot!("gemini_words", sent(name, &question(), 1));
    insta::assert_snapshot!("gemini_image", sent("gemini/gemini-x", &picture(), 0));
    insta::assert_snapshot!("gemini_tools", sent("gemini/gemini-x", &with_tools(), 0));
}

#[test]
fn no_name_leads_elsewhere() {
    let path = |base: &str, model: &str| (gemini::WIRE.path)(&base.parse().unwrap(), model).to_string();
    assert_eq!(path("https://x.example/v1beta", "m"), "https://x.example/v1beta/models/m:generateContent");
    assert_eq!(path("https://x.example/", "tunedModels/m"), "https://x.example/v1beta/tunedModels/m:generateContent");
    assert_eq!(
        path("https://x.example", "../../m?key=1#"),
        "https://x.example/v1beta/..%2Fm%3Fkey=1%23:generateContent"
    );
}

#[test]
fn replies() {
    let usage = r#""usageMetadata":{"promptTokenCount":30,"candidatesTokenCount":2,"thoughtsTokenCount":8,"cachedContentTokenCount":16,"totalTokenCount":40}"#;
    let tokens = "in=30 out=10 cached=16 thought=8";
    let reply = |parts: &str, finish: &str| {
        format!(
            r#"{{"candidates":[{{"content":{{"role":"model","parts":[{parts}]}},"finishReason":"{finish}","index":0}}],{usage}}}"#
        )
    };
    let text = r#"{"text":"hm","thought":true},{"text":"B"}"#;
    let offered = json!({"tools":[{"functionDeclarations":[{"name":"lookup"}]}]});
    let call = r#"{"functionCall":{"name":"lookup","args":{"patient":"S1"}}}"#;
    check(
        "gemini",
        &offered,
        &[
            (200, &reply(text, "STOP"), &format!(r#""B" complete {tokens}"#)),
            (
                200,
                &reply(text, "STOP").replace(":8,", ":18446744073709551615,"),
                r#""B" complete in=30 out=18446744073709551615 cached=16 thought=18446744073709551615"#,
            ),
            (200, &reply(text, "MAX_TOKENS"), &format!(r#""B" token_limit {tokens}"#)),
            (
                200,
                &format!(r#"{{"candidates":[{{"finishReason":"SAFETY","index":0}}],{usage}}}"#),
                &format!(r#""" content_filter {tokens}"#),
            ),
            (200, &reply("", "RECITATION"), &format!(r#""" content_filter {tokens}"#)),
            (200, &reply("", "BLOCKLIST"), &format!(r#""" content_filter {tokens}"#)),
            (200, &reply("", "PROHIBITED_CONTENT"), &format!(r#""" content_filter {tokens}"#)),
            (200, &reply("", "SPII"), &format!(r#""" content_filter {tokens}"#)),
            (200, &reply("", "OTHER"), &format!(r#""" unknown {tokens}"#)),
            (200, &reply("", "MALFORMED_FUNCTION_CALL"), &format!(r#""" malformed_tool_call {tokens}"#)),
            (200, &reply("", "UNEXPECTED_TOOL_CALL"), &format!(r#""" malformed_tool_call {tokens}"#)),
            (200, &reply(call, "STOP"), &format!(r#""" complete {tokens} lookup-0:lookup{{"patient":"S1"}}"#)),
            (200, &reply(&call.replace("lookup", "delete"), "STOP"), &format!(r#""" malformed_tool_call {tokens}"#)),
            (
                200,
                r#"{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},"usageMetadata":{"promptTokenCount":30,"totalTokenCount":30}}"#,
                r#""" content_filter in=30"#,
            ),
            (
                200,
                r#"{"candidates":[{"content":{"parts":[{"text":"B"}]},"finishReason":"STOP","logprobsResult":{"topCandidates":[{"candidates":[{"token":"B","tokenId":1,"logProbability":-0.1},{"token":"A","tokenId":2,"logProbability":-2.3}]}]}}]}"#,
                r#""B" complete A=-2.3 B=-0.1"#,
            ),
        ],
    );
}

#[test]
fn errors() {
    check(
        "gemini",
        &json!({}),
        &[
            (
                400,
                r#"{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}}"#,
                "set-up: status 400: API key not valid. Please pass a valid API key. (is GEMINI_API_KEY right?)",
            ),
            (
                429,
                r#"{"error":{"code":429,"message":"Quota exceeded","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"37s"}]}}"#,
                "fault rate_limited, refused: Quota exceeded",
            ),
            (
                503,
                r#"{"error":{"code":503,"message":"The model is overloaded","status":"UNAVAILABLE"}}"#,
                "fault provider_outage, refused: status 503: The model is overloaded",
            ),
            (
                404,
                r#"{"error":{"code":404,"message":"models/x is not found","status":"NOT_FOUND"}}"#,
                "set-up: status 404: models/x is not found (are the model's name and GEMINI_BASE_URL right?)",
            ),
            (
                400,
                r#"{"error":{"code":400,"message":"Invalid value at 'generation_config'","status":"INVALID_ARGUMENT"}}"#,
                "fault request_refused: status 400: Invalid value at 'generation_config'",
            ),
        ],
    );
}
