//! A sentinel for each provider's key, and servers that repeat whatever they are sent: no trace of a key in any byte that is written,
//! logged or printed, whatever else the server does.
#![allow(clippy::print_stdout, reason = "the figures are the point")]

mod support;

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use support::Session;
use support::forms::{base64, traces};
use support::random::Random;
use support::stub::{self, Deed, Provider};
use support::watched::watch;

/// Variable, and a key that looks different in every encoding.
const KEYS: [(&str, &str); 5] = [
    ("OPENAI_API_KEY", "sk-sentinel/Zm9v+bar=0123456789"),
    ("ANTHROPIC_API_KEY", "ant-sentinel/Yg+baz=9876543210"),
    ("GEMINI_API_KEY", "AIza-sentinel/cXV4+quux=112358"),
    ("AZURE_OPENAI_API_KEY", "azu-sentinel/Y29y+corge=314159"),
    ("OPENROUTER_API_KEY", "or-v1-sentinel/Z3Jh+grault=2718"),
];

/// Systems, with the variable that holds their address.
const SYSTEMS: [(&str, &str); 7] = [
    ("openai/stub", "OPENAI_BASE_URL"),
    ("openai-responses/stub", "OPENAI_BASE_URL"),
    ("openai-completions/stub", "OPENAI_BASE_URL"),
    ("azure/stub", "AZURE_OPENAI_ENDPOINT"),
    ("anthropic/stub", "ANTHROPIC_BASE_URL"),
    ("gemini/stub", "GEMINI_BASE_URL"),
    ("ollama/stub", "OLLAMA_HOST"),
];

/// What the other providers' servers do; the first meets every misbehaviour.
const SOME: [Deed; 6] =
    [Deed::Answer, Deed::KeyEchoed, Deed::WrongKey, Deed::WebPage, Deed::RateLimited, Deed::HalfBody];

const WORKERS: usize = 6;

#[test]
fn no_byte_betrays_a_key() {
    let mut runs: Vec<(usize, Deed)> = stub::ALL.iter().map(|deed| (0, *deed)).collect();
    runs.extend((0..SYSTEMS.len()).flat_map(|system| SOME.map(|deed| (system, deed))));
    let next = AtomicUsize::new(0);
    let found = Mutex::new(Vec::new());
    let (bytes, removed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some((system, deed)) = runs.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let (name, address) = SYSTEMS[*system];
                    let (session, said) = one_run(name, address, *deed);
                    let written = everything(&session, said);
                    let told = search(&written);
                    bytes.fetch_add(written.iter().map(|(_, bytes)| bytes.len()).sum(), Ordering::SeqCst);
                    removed.fetch_add(usize::from(holds(&written, b"[key removed]")), Ordering::SeqCst);
                    if !told.is_empty() {
                        found.lock().expect("the list").push(format!("{name} {deed:?}: {}", told.join(", ")));
                    }
                }
            });
        }
    });
    let found = found.into_inner().expect("the list");
    println!(
        "{} runs, {} bytes searched for {} keys in {} forms each: 0 found; a key was taken out of {} runs",
        runs.len(),
        bytes.load(Ordering::SeqCst),
        KEYS.len(),
        traces(KEYS[0].1).len(),
        removed.load(Ordering::SeqCst)
    );
    assert!(found.is_empty(), "{} of {} runs:\n{}", found.len(), runs.len(), found.join("\n"));
    assert!(removed.load(Ordering::SeqCst) > runs.len() / 2, "the servers repeated the keys");
}

#[test]
fn what_a_kill_leaves_betrays_no_key() {
    let session = session();
    let provider = Provider::echoing(|case, _| if case == 0 { Deed::KeyEchoed } else { Deed::Hang });
    let mut command = with_keys(&session, &["run", "letters", "-m", "openai/stub", "--yes", "--max-connections", "2"]);
    command.env("OPENAI_BASE_URL", &provider.address).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    while provider.ledger().requests() < 3 {
        assert!(child.try_wait().expect("a child").is_none(), "it ended early");
        std::thread::yield_now();
    }
    child.kill().expect("SIGKILL");
    let output = child.wait_with_output().expect("it is dead");
    let written = everything(&session, vec![output.stdout, output.stderr]);
    assert!(written.iter().any(|(name, _)| name.ends_with("-wal")), "the log is there");
    assert_eq!(search(&written), Vec::<String>::new());
}

#[cfg(unix)]
#[test]
fn a_program_that_is_asked_is_told_no_key() {
    let session = session();
    // Says its whole environment where that is kept, and then answers nothing.
    let system = "exec:/bin/sh -c '/usr/bin/env >&2; read line; exit 0'";
    let ended = watch(&mut with_keys(&session, &["run", "letters", "-m", system, "--yes"])).expect("no hang");
    assert_eq!(ended.disorder(), None);
    let written = everything(&session, vec![ended.stdout, ended.stderr]);
    assert_eq!(search(&written), Vec::<String>::new());
}

#[test]
fn the_forms_that_are_searched_for_are_those_that_occur() {
    // RFC 4648, section 10.
    for (bytes, text) in
        [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy")]
    {
        assert_eq!(base64(bytes.as_bytes()), text);
    }
    let key = KEYS[0].1;
    for before in ["", "x", "xy", "Bearer "] {
        let encoded = base64(format!("{before}{key} and more").as_bytes());
        let written = vec![("text".to_owned(), encoded.into_bytes())];
        assert_eq!(search(&written).len(), 1, "after {before:?}");
    }
}

fn session() -> Session {
    let session = Session::new();
    session.benchmark("letters", 4, "synthetic");
    session
}

fn with_keys(session: &Session, arguments: &[&str]) -> Command {
    let mut command = session.command(arguments);
    command.envs(KEYS).env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full");
    // More talk where there is a flag for it.
    let help = session.run(&["run", "--help"]);
    if String::from_utf8_lossy(&help.stdout).contains("--verbose") {
        command.arg("-vvv");
    }
    command
}

fn one_run(system: &str, address: &str, deed: Deed) -> (Session, Vec<Vec<u8>>) {
    let session = session();
    let provider = Provider::echoing(move |case, asked| {
        let bad = Random::of(3, case).below(4) * u64::from(case > 0);
        if (asked as u64) < bad { deed } else { Deed::Answer }
    });
    let base =
        if system.starts_with("openai") { provider.address.as_str() } else { provider.address.trim_end_matches("/v1") };
    let timeout = if deed.needs_patience() { "1" } else { "60" };
    let mut command = with_keys(
        &session,
        &[
            "run",
            "letters",
            "-m",
            system,
            "--yes",
            "--retries",
            "1",
            "--retry-wait",
            "0.01",
            "--request-timeout",
            timeout,
        ],
    );
    command.env(address, base).env("AZURE_OPENAI_API_VERSION", "2025-01-01");
    let ended = watch(&mut command).expect("no hang");
    assert_eq!(ended.disorder(), None, "{system} {deed:?}");
    assert!(provider.ledger().requests() > 0, "{system} was not asked: {}", ended.talk());
    let mut said = vec![ended.stdout, ended.stderr];
    for verb in [
        "analyze --format=json",
        "analyze --format=csv",
        "report --items=all",
        "verify",
        "export --as=jsonl",
        "export --as=csv",
        "export --as=recorded --output=recorded.jsonl",
    ] {
        let verb: Vec<&str> = verb.split(' ').collect();
        let output = session.command(&verb).envs(KEYS).output().expect("the binary runs");
        said.extend([output.stdout, output.stderr]);
    }
    (session, said)
}

/// Every file that was made, and all that was said.
fn everything(session: &Session, said: Vec<Vec<u8>>) -> Vec<(String, Vec<u8>)> {
    let mut found: Vec<(String, Vec<u8>)> = said.into_iter().map(|bytes| ("a stream".to_owned(), bytes)).collect();
    walk(session.path(), &mut found);
    found
}

fn walk(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, found);
        } else {
            found.push((path.display().to_string(), std::fs::read(&path).expect("a file")));
        }
    }
}

/// Where a key was found, and as what.
fn search(written: &[(String, Vec<u8>)]) -> Vec<String> {
    let mut told = Vec::new();
    for (variable, key) in KEYS {
        for trace in traces(key) {
            for (name, bytes) in written {
                if contains(bytes, &trace) {
                    told.push(format!("{variable} as {} in {name}", String::from_utf8_lossy(&trace)));
                }
            }
        }
    }
    told
}

fn holds(written: &[(String, Vec<u8>)], needle: &[u8]) -> bool {
    written.iter().any(|(_, bytes)| contains(bytes, needle))
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    // The first byte alone passes over most of the text, also without optimisation.
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|byte| *byte == needle[0]) {
        if bytes[from + at..].starts_with(needle) {
            return true;
        }
        from += at + 1;
    }
    false
}
