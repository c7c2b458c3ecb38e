use bedside_run::system::wire::azure;
use serde_json::json;

use super::{check, question, sent};

#[test]
fn requests() {
    insta::assert_snapshot!("azure_words", sent("azure/my-deployment?temperature=0", &question(), 0));
}

#[test]
fn no_name_leads_elsewhere() {
    let path = |base: &str, deployment: &str| azure::path(&base.parse().unwrap(), deployment, "2024-10-21").to_string();
    let end = "/chat/completions?api-version=2024-10-21";
    assert_eq!(path("https://x.example/openai/", "d"), format!("https://x.example/openai/deployments/d{end}"));
    assert_eq!(
        path("https://x.example", "../../y#z"),
        format!("https://x.example/openai/deployments/..%2F..%2Fy%23z{end}")
    );
}

#[test]
fn replies() {
    check(
        "azure",
        &json!({}),
        &[
            (
                400,
                r#"{"error":{"message":"The response was filtered due to the prompt triggering Azure OpenAI's content management policy.","type":null,"param":"prompt","code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation"}}}"#,
                r#""" content_filter"#,
            ),
            (
                404,
                r#"{"error":{"code":"DeploymentNotFound","message":"The API deployment for this resource does not exist."}}"#,
                "set-up: status 404: The API deployment for this resource does not exist. (are the model's name and AZURE_OPENAI_ENDPOINT right?)",
            ),
            (
                401,
                r#"{"statusCode":401,"message":"Unauthorized. Access token is missing"}"#,
                "set-up: status 401: Unauthorized. Access token is missing (is AZURE_OPENAI_API_KEY right?)",
            ),
            (
                429,
                r#"{"error":{"code":"429","message":"Requests have exceeded call rate limit"}}"#,
                "fault rate_limited, refused: Requests have exceeded call rate limit",
            ),
            (200, r#"{"choices":[{"message":{"content":"B"},"finish_reason":"stop"}]}"#, r#""B" complete"#),
        ],
    );
}
