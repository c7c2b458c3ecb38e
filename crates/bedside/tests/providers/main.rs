//! Every provider through a real socket with the real binary: where it is asked, with which headers, and what becomes of its answer.

mod server;
#[path = "../support/mod.rs"]
mod support;

use std::process::Output;

use serde_json::Value;
use server::{Seen, Server};
use support::Session;

/// How a provider is named, keyed, found and spoken to.
struct Case {
    model: &'static str,
    key_variable: &'static str,
    url_variable: &'static str,
    base: &'static str,
    line: &'static str,
    key_header: &'static str,
    before_key: &'static str,
    answer: fn(&Seen) -> (u16, String),
    says: &'static str,
}

fn chat(_: &Seen) -> (u16, String) {
    let body = r#"{"choices":[{"message":{"content":"Answer: A"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":3}}"#;
    (200, body.to_owned())
}

const CASES: [Case; 7] = [
    Case {
        model: "openai/m?temperature=0",
        key_variable: "OPENAI_API_KEY",
        url_variable: "OPENAI_BASE_URL",
        base: "/v1",
        line: "POST /v1/chat/completions HTTP/1.1",
        key_header: "authorization",
        before_key: "Bearer ",
        answer: chat,
        says: "Answer: A",
    },
    Case {
        model: "openai-responses/m",
        key_variable: "OPENAI_API_KEY",
        url_variable: "OPENAI_BASE_URL",
        base: "/v1/",
        line: "POST /v1/responses HTTP/1.1",
        key_header: "authorization",
        before_key: "Bearer ",
        answer: |_| {
            let body = r#"{"status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"Answer: A"}]}],"usage":{"input_tokens":9,"output_tokens":3}}"#;
            (200, body.to_owned())
        },
        says: "Answer: A",
    },
    Case {
        model: "openai-completions/m?score=options",
        key_variable: "OPENAI_API_KEY",
        url_variable: "OPENAI_BASE_URL",
        base: "/v1",
        line: "POST /v1/completions HTTP/1.1",
        key_header: "authorization",
        before_key: "Bearer ",
        answer: |seen| {
            let request: Value = serde_json::from_str(&seen.body).expect("a request");
            assert_eq!(request["prompt"].as_array().map(Vec::len), Some(2), "one request for both options");
            let choice = |index: usize, token: &str, logprob: f64| {
                serde_json::json!({"index": index, "text": request["prompt"][index], "finish_reason": "length",
                    "logprobs": {"tokens": ["Case", token], "token_logprobs": [null, logprob]}})
            };
            let choices = [choice(1, " B", -2.0), choice(0, " A", -0.25)];
            (
                200,
                serde_json::json!({"choices": choices, "usage": {"prompt_tokens": 9, "completion_tokens": 3}})
                    .to_string(),
            )
        },
        says: "-0.25",
    },
    Case {
        model: "azure/my-deployment",
        key_variable: "AZURE_OPENAI_API_KEY",
        url_variable: "AZURE_OPENAI_ENDPOINT",
        base: "",
        line: "POST /openai/deployments/my-deployment/chat/completions?api-version=2025-01-01-preview HTTP/1.1",
        key_header: "api-key",
        before_key: "",
        answer: chat,
        says: "Answer: A",
    },
    Case {
        model: "anthropic/claude-x",
        key_variable: "ANTHROPIC_API_KEY",
        url_variable: "ANTHROPIC_BASE_URL",
        base: "",
        line: "POST /v1/messages HTTP/1.1",
        key_header: "x-api-key",
        before_key: "",
        answer: |seen| {
            assert_eq!(seen.header("anthropic-version"), Some("2023-06-01"));
            let body = r#"{"type":"message","content":[{"type":"text","text":"Answer: A"}],"stop_reason":"end_turn","usage":{"input_tokens":9,"output_tokens":3}}"#;
            (200, body.to_owned())
        },
        says: "Answer: A",
    },
    Case {
        model: "gemini/gemini-x?seed=1",
        key_variable: "GEMINI_API_KEY",
        url_variable: "GEMINI_BASE_URL",
        base: "",
        line: "POST /v1beta/models/gemini-x:generateContent HTTP/1.1",
        key_header: "x-goog-api-key",
        before_key: "",
        answer: |_| {
            let body = r#"{"candidates":[{"content":{"parts":[{"text":"Answer: A"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":3}}"#;
            (200, body.to_owned())
        },
        says: "Answer: A",
    },
    Case {
        model: "ollama/llama3:1b",
        key_variable: "OLLAMA_API_KEY",
        url_variable: "OLLAMA_HOST",
        base: "",
        line: "POST /api/chat HTTP/1.1",
        key_header: "authorization",
        before_key: "Bearer ",
        answer: |_| {
            let body = r#"{"message":{"role":"assistant","content":"Answer: A"},"done":true,"done_reason":"stop","prompt_eval_count":9,"eval_count":3}"#;
            (200, body.to_owned())
        },
        says: "Answer: A",
    },
];

/// Keys of every provider; each is sent to its own alone.
const KEYS: [(&str, &str); 5] = [
    ("OPENAI_API_KEY", "sk-sentinel/openai+0123456789"),
    ("AZURE_OPENAI_API_KEY", "az-sentinel/azure+0123456789"),
    ("ANTHROPIC_API_KEY", "an-sentinel/anthropic+0123456789"),
    ("GEMINI_API_KEY", "ge-sentinel/gemini+0123456789"),
    ("OLLAMA_API_KEY", "ol-sentinel/ollama+0123456789"),
];

fn key(variable: &str) -> &'static str {
    KEYS.iter().find(|(name, _)| *name == variable).expect("a key").1
}

fn run(session: &Session, case: &Case, server: &Server) -> Output {
    let scheme = if case.url_variable == "OLLAMA_HOST" { "" } else { "http://" };
    session
        .command(&["run", "letters", "-m", case.model, "--format", "json"])
        .envs(KEYS)
        .env("AZURE_OPENAI_API_VERSION", "2025-01-01-preview")
        .env(case.url_variable, format!("{scheme}{}{}", server.host, case.base))
        .output()
        .expect("the binary runs")
}

/// Everything that was printed and written.
fn written(session: &Session, output: &Output) -> Vec<u8> {
    let mut written = [&output.stdout[..], &output.stderr[..]].concat();
    let mut folders = vec![session.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else {
                written.extend(std::fs::read(entry.path()).expect("a file"));
            }
        }
    }
    written
}

fn holds(bytes: &[u8], needle: &str) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle.as_bytes())
}

#[test]
fn every_provider_is_asked_and_read() {
    for case in &CASES {
        let session = Session::new();
        session.benchmark("letters", 4, "synthetic");
        let server = Server::start(case.answer);
        let output = run(&session, case, &server);
        let talk = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{}: {talk}", case.model);
        let result: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(result["cells"]["answered"], 4, "{}: {talk}", case.model);
        let primary = result["results"].as_array().unwrap().iter().find(|row| row["primary"] == true).unwrap();
        assert_eq!(primary["estimate"]["value"], 0.5, "{}", case.model);
        let seen = server.seen();
        assert_eq!(seen.len(), 4, "{}", case.model);
        for request in &seen {
            assert_eq!(request.line, case.line);
            let expected = format!("{}{}", case.before_key, key(case.key_variable));
            assert_eq!(request.header(case.key_header), Some(expected.as_str()), "{}", case.model);
            let others = KEYS.iter().filter(|(variable, _)| *variable != case.key_variable);
            for (_, other) in others {
                assert!(!format!("{request:?}").contains(other), "{}: another provider's key", case.model);
            }
            assert!(!request.body.contains("sentinel") && !request.line.contains("sentinel"), "{}", case.model);
        }
        let written = written(&session, &output);
        assert!(holds(&written, case.says), "{}: the reply is kept", case.model);
        assert!(!holds(&written, "sentinel"), "{}: a key was written", case.model);
    }
}

/// Each byte of a text in a form of its own.
fn each(text: &str, form: impl Fn(u8) -> String) -> String {
    text.bytes().map(form).collect()
}

/// Repeats all it was sent, in every form, in an error or an answer.
fn echo(seen: &Seen) -> String {
    let all = format!("{seen:?}");
    let percent = each(&all, |byte| format!("%{byte:02x}"));
    let escaped = each(&all, |byte| format!("\\u{byte:04x}"));
    serde_json::json!(format!("{all} {percent} {escaped} {}", base64(all.as_bytes()))).to_string()
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    bytes
        .chunks(3)
        .flat_map(|chunk| {
            let number =
                chunk.iter().fold(0u32, |number, byte| number << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
            (0..=chunk.len()).map(move |at| char::from(LETTERS[(number >> (18 - 6 * at)) as usize & 63]))
        })
        .collect()
}

#[test]
fn a_key_that_is_echoed_in_any_form_is_written_nowhere() {
    let in_error: fn(&Seen) -> (u16, String) = |seen| (400, format!(r#"{{"error":{{"message":{}}}}}"#, echo(seen)));
    let in_answer: fn(&Seen) -> (u16, String) =
        |seen| (200, format!(r#"{{"choices":[{{"message":{{"content":{}}},"finish_reason":"stop"}}]}}"#, echo(seen)));
    for case in &CASES {
        let secret = key(case.key_variable);
        let middle = &base64(secret.as_bytes())[4..20];
        let percent = each(secret, |byte| format!("%{byte:02x}"));
        let escaped = each(secret, |byte| format!("\\\\u{byte:04x}"));
        for answer in [in_error, in_answer] {
            let session = Session::new();
            session.benchmark("letters", 2, "synthetic");
            let output = run(&session, case, &Server::start(answer));
            let written = written(&session, &output);
            assert!(holds(&written, "key removed"), "{}: the echo was seen", case.model);
            for form in [secret, &secret[..8], &secret.replace('/', "\\/"), &percent, &escaped, middle] {
                assert!(!holds(&written, form), "{}: {form} was written", case.model);
            }
        }
    }
}

#[test]
fn a_wrong_setting_is_named_before_anything_is_sent() {
    let session = Session::new();
    session.benchmark("letters", 2, "synthetic");
    for (model, says) in [
        ("anthropic/x?stop_sequence=END", "did you mean `stop_sequences`?"),
        ("gemini/x?maxtokens=5", "did you mean `max_tokens`?"),
        ("ollama/x?max_tokens=5&num_predict=6", "`max_tokens` and `num_predict` of"),
        ("anthropic/x?temperature=warm", "`temperature` of `anthropic/x?temperature=warm` must be a number"),
        ("openai-completions/x?score=all", "must be `options`"),
        ("azure/x", "AZURE_OPENAI_ENDPOINT is not set"),
        ("anthropic/x", "ANTHROPIC_API_KEY is not set: `anthropic/x` is asked at api.anthropic.com"),
        ("gemini/x", "GEMINI_API_KEY is not set: `gemini/x` is asked at generativelanguage.googleapis.com"),
    ] {
        let output = session.run(&["run", "letters", "-m", model, "--yes"]);
        let talk = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{model}: {talk}");
        assert!(talk.contains(says), "{model}: {talk}");
    }
}

#[cfg(unix)]
#[test]
fn a_program_is_a_system() {
    let session = Session::new();
    session.benchmark("letters", 6, "phi");
    let program = r#"exec:while read -r line; do cell=${line#*\"cell\":\"}; cell=${cell%%\"*}; echo "key: ${OPENAI_API_KEY-none} $MY_KEY" >&2; printf '{"cell":"%s","output":"Answer: A"}\n' "$cell"; done"#;
    let output = session
        .command(&["run", "letters", "-m", program, "--format", "json"])
        .env("OPENAI_API_KEY", "sk-sentinel-0123456789")
        .env("MY_KEY", "sk-sentinel-0123456789")
        .output()
        .unwrap();
    let talk = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{talk}");
    let result: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(result["cells"]["answered"], 6);
    let primary = result["results"].as_array().unwrap().iter().find(|row| row["primary"] == true).unwrap();
    assert_eq!(primary["estimate"]["value"], 0.5);
    let written = written(&session, &output);
    assert!(holds(&written, "key: none [key removed]"), "what it said is kept, without the key");
    assert!(!holds(&written, "sk-senti"));
}

#[cfg(unix)]
#[test]
fn a_program_that_cannot_start_stops_the_run_and_scores_nothing() {
    let session = Session::new();
    session.benchmark("letters", 6, "synthetic");
    let output = session.run(&["run", "letters", "-m", "exec:no-such-program --with 'a word'", "--format", "json"]);
    let talk = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{talk}");
    assert!(talk.contains("has not answered anything yet") && talk.contains("not found"), "{talk}");
    let result: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&result["cells"]["answered"], &result["cells"]["faults"]), (&0.into(), &0.into()));
}
