//! `exec:` against small programs of the shell: their replies, their deaths, and what is left of them.
#![cfg(unix)]

use std::path::Path;
use std::time::Duration;

use bedside_core::prompt::{Image, MessageRole};
use bedside_core::{CellKey, Digest, Fault, Message, Prompt, Stop, SystemSpec};
use bedside_run::secret::Secret;
use bedside_run::system::exec::Exec;
use bedside_run::system::{Again, Attempt, End};
use serde_json::{Map, Value};

/// Reads lines for ever and has each cell's name in `$cell`.
fn each(line: &str) -> String {
    format!(r#"while read -r line; do cell=${{line#*\"cell\":\"}}; cell=${{cell%%\"*}}; {line}; done"#)
}

const ANSWER: &str = r#"printf '{"cell":"%s","output":"B"}\n' "$cell""#;

fn exec(command: &str) -> Exec {
    exec_within(command, Duration::from_mins(2))
}

fn exec_within(command: &str, deadline: Duration) -> Exec {
    Exec::new(&SystemSpec::parse(&format!("exec:{command}")).unwrap(), 2, deadline)
}

fn key(n: u8) -> CellKey {
    CellKey(Digest::of(&[n]))
}

fn prompt() -> Prompt {
    let words = "Case \"1\"\nA or B?".to_owned();
    Prompt { messages: vec![Message::new(MessageRole::User, words)], option_labels: Vec::new(), tools: Vec::new() }
}

async fn ask(exec: &Exec, n: u8) -> Attempt {
    exec.attempt(&exec.body(&key(n), &prompt(), &Map::new(), 7)).await
}

/// The end in few words.
fn said(attempt: &Attempt) -> String {
    match &attempt.end {
        End::Answered(answer) => format!("{} {:?}", answer.stop.word(), answer.output),
        End::Fault(fault, detail) => format!("fault {}: {detail}", fault.word()),
        End::SetUp(reason) => format!("set-up: {reason}"),
    }
}

fn lines(path: &Path) -> usize {
    std::fs::read_to_string(path).map_or(0, |text| text.lines().count())
}

#[tokio::test]
async fn one_process_answers_cell_after_cell() {
    let folder = tempfile::tempdir().unwrap();
    let starts = folder.path().join("with a space");
    let exec = exec(&format!("echo x >> '{}'; {}", starts.display(), each(ANSWER)));
    for n in 0..20 {
        let attempt = ask(&exec, n).await;
        assert_eq!(said(&attempt), r#"complete "B""#);
        assert_eq!(attempt.again, Again::No);
        let reply: Value = serde_json::from_slice(&attempt.response.unwrap()).unwrap();
        assert_eq!(reply["cell"], key(n).to_string());
    }
    assert_eq!(lines(&starts), 1);
}

#[tokio::test]
async fn the_line_holds_all_that_the_system_may_know() {
    let exec = exec("true");
    let mut prompt = prompt();
    prompt.show(vec![Image { mime: "image/png".into(), bytes: vec![1, 2, 3] }]);
    let body = exec.body(&key(1), &prompt, &Map::new(), 7);
    assert!(!body.contains(&b'\n'), "one line");
    let line: Value = serde_json::from_slice(&body).unwrap();
    let expected = serde_json::json!({
        "cell": key(1).to_string(),
        "messages": [{"role": "user", "content": "Case \"1\"\nA or B?"}],
        "media": [{"message": 0, "mime": "image/png", "base64": "AQID"}],
        "settings": {},
        "seed": 7,
    });
    assert_eq!(line, expected);
}

#[tokio::test]
async fn what_was_never_right_is_a_matter_of_set_up() {
    for (command, reason) in [
        ("no-such-program-here", "not found"),
        (
            "echo 'ModuleNotFoundError: no torch' >&2; exit 1",
            "exit status: 1); its last words: ModuleNotFoundError: no torch",
        ),
        ("read -r line; echo 'Loading the model ...'; sleep 100", "no JSON: Loading the model ..."),
        ("read -r line; echo '{\"cell\":\"other\",\"output\":\"B\"}'", "a reply to another cell"),
    ] {
        let text = said(&ask(&exec(command), 1).await);
        assert!(text.starts_with("set-up: ") && text.contains(reason), "{command}: {text}");
    }
}

#[tokio::test]
async fn a_death_over_a_cell_is_the_systems_and_the_next_cell_has_a_new_process() {
    let folder = tempfile::tempdir().unwrap();
    let starts = folder.path().join("starts");
    let die = key(5).to_string();
    let program = each(&format!(r#"if [ "$cell" = {die} ]; then echo "cannot go on" >&2; kill -9 $$; fi; {ANSWER}"#));
    let exec = exec(&format!("echo x >> '{}'; {program}", starts.display()));
    assert_eq!(said(&ask(&exec, 4).await), r#"complete "B""#);
    let dead = ask(&exec, 5).await;
    assert_eq!(said(&dead), r#"crashed """#);
    assert_eq!(dead.again, Again::No);
    assert_eq!(dead.stderr.as_deref(), Some(&b"cannot go on\n"[..]));
    assert_eq!(said(&ask(&exec, 6).await), r#"complete "B""#);
    assert_eq!(lines(&starts), 2);
}

#[tokio::test]
async fn what_is_no_reply_is_a_failure_of_the_system() {
    let long = r"head -c 34000000 /dev/zero | tr '\0' x; echo";
    for wrong in [
        "echo nonsense",
        r#"echo '{"cell":"other","output":"B"}'"#,
        r#"printf '{"cell":"%s"}\n' "$cell""#,
        r#"printf '{"cell":"%s","output":7}\n' "$cell""#,
        r#"printf '{"cell":"%s","output":"B","usage":{"prompt_tokens":"many"}}\n' "$cell""#,
        long,
    ] {
        let bad = key(2).to_string();
        let program = each(&format!(r#"if [ "$cell" = {bad} ]; then {wrong}; else {ANSWER}; fi"#));
        let exec = exec(&program);
        assert_eq!(said(&ask(&exec, 1).await), r#"complete "B""#, "{wrong}");
        assert_eq!(said(&ask(&exec, 2).await), r#"malformed_reply """#, "{wrong}");
        assert_eq!(said(&ask(&exec, 3).await), r#"complete "B""#, "{wrong}");
    }
}

#[tokio::test]
async fn a_reported_fault_is_a_fault() {
    let exec = exec(&each(r#"printf '\n{"cell":"%s","fault":"no licence for the model"}\n' "$cell""#));
    let attempt = ask(&exec, 1).await;
    assert!(matches!(&attempt.end, End::Fault(Fault::Reported, said) if said == "no licence for the model"));
}

#[tokio::test]
async fn usage_and_conversation_are_read() {
    let reply = r#"{"cell":"%s","output":"B","messages":[{"role":"assistant","content":"hm"}],"usage":{"prompt_tokens":5,"completion_tokens":2},"requests":[{"method":"GET","url":"/Patient"}]}"#;
    let exec = exec(&each(&format!("printf '{reply}\\n' \"$cell\"")));
    let attempt = ask(&exec, 1).await;
    let End::Answered(answer) = &attempt.end else { panic!("{attempt:?}") };
    assert_eq!((answer.usage.prompt_tokens, answer.usage.completion_tokens), (Some(5), Some(2)));
    assert_eq!(answer.messages[0].content, "hm");
    assert_eq!(answer.stop, Stop::Complete);
}

/// Whether a process is there and not merely waiting to be reaped.
fn lives(pid: &str) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit(')').next().unwrap_or_default().trim_start().starts_with('Z'))
}

async fn gone(path: &Path) -> bool {
    for _ in 0..600 {
        let pids = std::fs::read_to_string(path).unwrap_or_default();
        if !pids.is_empty() && pids.split_whitespace().all(|pid| !lives(pid)) {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    false
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_hang_ends_with_everything_that_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let pids = folder.path().join("pids");
    let program = format!("sleep 10000 & echo $! $$ > '{}'; read -r line; wait", pids.display());
    let exec = exec_within(&program, Duration::from_secs(2));
    let attempt = ask(&exec, 1).await;
    assert_eq!(said(&attempt), "fault timeout: no reply within 2 s");
    assert_eq!(attempt.again, Again::Lost);
    assert!(gone(&pids).await, "something of it lives on");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn nothing_is_left_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let pids = folder.path().join("pids");
    let program = format!("sleep 10000 & echo $! $$ > '{}'; {}", pids.display(), each(ANSWER));
    let exec = exec(&program);
    assert_eq!(said(&ask(&exec, 1).await), r#"complete "B""#);
    drop(exec);
    assert!(gone(&pids).await, "something of it lives on");
}

#[tokio::test]
async fn stderr_is_kept_to_its_last_bytes_and_without_keys() {
    let key_text = "sk-in-stderr-0123456789abcdef";
    let _ = Secret::new(key_text.into());
    let noise = "head -c 200000 /dev/zero | tr '\\0' n >&2; echo >&2";
    let exec = exec(&each(&format!("{noise}; echo 'my key is {key_text}' >&2; {ANSWER}; exit")));
    let first = ask(&exec, 1).await;
    // What it said may arrive a moment after its reply: its end brings the rest.
    let second = ask(&exec, 2).await;
    let stderr = [first.stderr.unwrap_or_default(), second.stderr.unwrap_or_default()].concat();
    assert!(first.response.is_some());
    let text = String::from_utf8_lossy(&stderr);
    assert!(text.contains("my key is [key removed]"), "{}", &text[text.len().saturating_sub(200)..]);
    assert!(!text.contains("stderr-0123"));
    assert!(stderr.len() <= 2 * (64 << 10));
}
