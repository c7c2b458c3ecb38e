//! The page in a real browser: hostile model text stays text, and nothing is asked of any network. Skipped, loudly, without Chromium.
#![allow(clippy::print_stdout, reason = "a skipped test says so")]

mod support;

use std::process::Command;

use support::Session;

const PAYLOADS: &[&str] = &[
    "<script>document.title='pwned'</script>",
    "<img src=x onerror=\"document.title='pwned'\">",
    "\"><svg onload=\"document.title='pwned'\">",
    "</pre></td></table><iframe src=\"javascript:top.document.title='pwned'\"></iframe>",
    "<style>body{display:none}</style><link rel=stylesheet href=http://192.0.2.1/x.css>",
    "<meta http-equiv=refresh content=\"0;url=http://192.0.2.1/\"><base href=http://192.0.2.1/>",
    "{{ 7*7 }}{% raw %}<script>document.title='pwned'</script>",
    "<details open ontoggle=\"document.title='pwned'\"><form action=http://192.0.2.1><button formaction=javascript:1>",
];

fn chromium() -> Option<&'static str> {
    ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success()))
}

#[test]
fn hostile_text_stays_text_in_a_browser() {
    let Some(chromium) = chromium() else {
        println!("skipped: no chromium on this machine");
        return;
    };
    let session = Session::new();
    session.benchmark("letters", PAYLOADS.len(), "synthetic");
    let lines: Vec<String> = PAYLOADS
        .iter()
        .enumerate()
        .map(|(n, payload)| {
            serde_json::json!({"item": format!("i{n}"), "output": payload, "system": format!("evil {payload}")})
                .to_string()
        })
        .collect();
    session.write("evil.jsonl", &lines.join("\n"));
    let output = session.run(&["run", "letters", "-m", "recorded:evil.jsonl", "--items", "all"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let page = session.run_file().with_extension("html");

    let profile = session.path().join("profile");
    let output = Command::new(chromium)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ])
        .args(["--enable-logging=stderr", "--v=0", "--virtual-time-budget=3000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!("file://{}", page.display()))
        .output()
        .expect("chromium runs");
    let dom = String::from_utf8_lossy(&output.stdout);
    assert!(dom.contains("&lt;script&gt;"), "the payloads are on the page, as text");
    assert!(!dom.contains("<title>pwned"), "a script ran");
    // Quotes in text are not escaped when a DOM is printed, so elements are looked for, not attributes.
    for element in ["<script", "<iframe", "<link", "<base", "<form", "<button", "<img"] {
        let as_markup = dom.contains(element);
        assert!(!as_markup, "{element} became markup");
    }
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(!log.contains("Content Security Policy"), "the policy had to step in: {log}");
    assert!(!log.contains("192.0.2.1"), "something was asked of a network: {log}");
}
