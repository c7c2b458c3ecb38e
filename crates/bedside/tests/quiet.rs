//! `--local-only` in a network namespace: a second interface with a route to everywhere counts what would leave, and nothing does.
//!
//! Chosen over watching system calls, because it also counts what a library would send by ways nobody thought of. The counter is shown to
//! work first: the same command without `--local-only` is counted. Skipped, with the reason, where no namespace may be made.
#![cfg(target_os = "linux")]
#![allow(clippy::print_stdout, reason = "the figures and the reason for skipping are the point")]

mod support;

use std::net::UdpSocket;
use std::process::{Command, Output};

use support::Session;
use support::stub::{Deed, Provider};

const INSIDE: &str = "BEDSIDE_TEST_IN_NAMESPACE";
const TEST: &str = "nothing_leaves_with_local_only";

#[test]
fn nothing_leaves_with_local_only() {
    if std::env::var_os(INSIDE).is_some() {
        return inside();
    }
    let program = std::env::current_exe().expect("this test");
    let output =
        Command::new("unshare").arg("-n").arg(program).args(["--exact", TEST, "--nocapture"]).env(INSIDE, "1").output();
    match output {
        Err(error) => println!("skipped: no unshare here: {error}"),
        Ok(output) => {
            let (said, talk) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            if talk.contains("unshare failed") {
                println!("skipped: no network namespace may be made here: {talk}");
                return;
            }
            println!("{said}");
            assert!(output.status.success(), "{talk}");
        }
    }
}

/// Two ends of a wire on which nobody listens, and all routes into it.
const SET_UP: [&str; 7] = [
    "link set lo up",
    "link add out0 type veth peer name out1",
    "link set out0 addrgenmode none",
    "link set out1 addrgenmode none up",
    "addr add 10.255.255.1/24 dev out0",
    "link set out0 arp off up",
    "route add default via 10.255.255.2",
];

fn inside() {
    for step in SET_UP {
        let done = Command::new("ip").args(step.split(' ')).output();
        if !done.as_ref().is_ok_and(|output| output.status.success()) {
            println!("skipped: `ip {step}` is not possible here: {done:?}");
            return;
        }
    }
    let before = packets();
    UdpSocket::bind("0.0.0.0:0").and_then(|socket| socket.send_to(b"x", "192.0.2.1:53")).expect("a packet");
    assert!(packets() > before, "the counter counts");

    let session = Session::new();
    session.benchmark("letters", 3, "synthetic");
    session.write("mine.jsonl", "{\"item\":\"i0\",\"output\":\"Answer: A\"}\n");
    let provider = Provider::start(|_, _| Deed::Answer);
    let astray = Provider::start(|_, _| Deed::RedirectElsewhere);
    let by_name = provider.address.replace("127.0.0.1", "localhost");
    let far = "http://192.0.2.1:9/v1";
    let named = "http://llm.example.org/v1";
    // What is asked, where, and how it ends.
    let openai = ["run", "letters", "-m", "openai/stub", "--yes", "--retries=0", "--request-timeout=2"];
    let mut commands: Vec<(Vec<&str>, &str, i32)> = vec![
        (openai.to_vec(), &provider.address, 0),
        (openai.to_vec(), &by_name, 0),
        (openai.to_vec(), &astray.address, 3),
        (openai.to_vec(), far, 2),
        (openai.to_vec(), named, 2),
        (vec!["resume", "--yes"], &provider.address, 0),
    ];
    commands.extend(
        [
            ("demo", 0),
            ("run letters -m null/random", 0),
            ("run letters -m recorded:mine.jsonl", 0),
            ("run medcalc-bench -m null/random", 2),
            ("resume", 0),
            ("plan letters -m null/random", 0),
            ("analyze", 0),
            ("report", 0),
            ("verify", 0),
            ("rescore", 0),
            ("merge latest --output merged.sqlite", 0),
            ("export --as jsonl", 0),
            ("export --as parquet --output cells.parquet", 0),
            ("list benchmarks", 0),
            ("list models", 0),
            ("list scorers", 0),
            ("list runs", 0),
            ("list recorded", 0),
            ("fetch", 2),
            ("fetch local/smollm2-135m", 2),
            ("check letters", 0),
            ("init my-ward", 0),
            ("synth prior-authorisation --n 2", 0),
            ("stat --list", 0),
            ("doctor", 0),
        ]
        .map(|(command, code)| (command.split(' ').collect(), provider.address.as_str(), code)),
    );
    for verb in verbs(&session) {
        assert!(commands.iter().any(|(command, ..)| command[0] == verb), "`{verb}` is not tried here");
    }
    for (command, address, code) in &commands {
        let before = packets();
        let output = start(&session, command, address, true);
        assert_eq!(packets(), before, "{command:?} at {address} sends something");
        let talk = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(*code), "{command:?} at {address}: {talk}");
        assert!(!talk.contains("made a mistake"), "{talk}");
    }
    // What the same commands do without `--local-only`: else this test could not fail.
    let mut open = Vec::new();
    for address in [far, named] {
        let before = packets();
        start(&session, &openai, address, false);
        open.push(packets() - before);
        assert!(open.last().is_some_and(|packets| *packets > 0), "without --local-only {address} is asked");
    }
    println!("{} commands with --local-only: 0 packets; two of them without it: {open:?} packets", commands.len());
}

fn start(session: &Session, arguments: &[&str], address: &str, local_only: bool) -> Output {
    let mut command = session.command(arguments);
    if local_only {
        command.arg("--local-only");
    }
    // A proxy would carry everything away, loopback too.
    for variable in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
        command.env(variable, "http://192.0.2.7:3128");
    }
    command.env("OPENAI_BASE_URL", address).env("OPENAI_API_KEY", "sk-test-0123456789");
    command.output().expect("the binary runs")
}

/// The verbs in the help: a new one must be tried too.
fn verbs(session: &Session) -> Vec<String> {
    let help = session.run(&["--help"]);
    let text = String::from_utf8_lossy(&help.stdout).into_owned();
    let list = text.split("Commands:").nth(1).expect("commands").split("\n\n").next().expect("a list").to_owned();
    let verbs: Vec<String> = list
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|verb| *verb != "help")
        .map(str::to_owned)
        .collect();
    assert!(verbs.len() > 10, "{verbs:?}");
    verbs
}

/// Packets sent over every interface but loopback.
fn packets() -> u64 {
    let table = std::fs::read_to_string("/proc/thread-self/net/dev").expect("the table of interfaces");
    table
        .lines()
        .skip(2)
        .filter_map(|line| line.split_once(':'))
        .filter(|(name, _)| name.trim() != "lo")
        .map(|(_, columns)| {
            columns.split_whitespace().nth(9).and_then(|count| count.parse::<u64>().ok()).expect("a count")
        })
        .sum()
}
