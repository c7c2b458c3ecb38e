//! The directions of DESIGN: a run cannot see its verdict, statistics stand alone, and what is pure stays pure.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// What each crate of ours may depend on, directly. Tests and benches may see more.
const ALLOWED: &[(&str, &[&str])] = &[
    ("bedside-core", &[]),
    ("bedside-stats", &[]),
    ("bedside-local", &[]),
    ("bedside-score", &["bedside-core"]),
    ("bedside-store", &["bedside-core"]),
    ("bedside-recipes", &["bedside-core", "bedside-synth"]),
    ("bedside-synth", &["bedside-core"]),
    (
        "bedside-run",
        &["bedside-core", "bedside-local", "bedside-recipes", "bedside-score", "bedside-store", "bedside-synth"],
    ),
    ("bedside-report", &["bedside-core", "bedside-stats", "bedside-store"]),
    (
        "bedside",
        &[
            "bedside-core",
            "bedside-recipes",
            "bedside-report",
            "bedside-run",
            "bedside-score",
            "bedside-stats",
            "bedside-store",
            "bedside-synth",
        ],
    ),
];

/// Crates that bring async or the network (clocks are refused by name in `clippy.toml`): only the engine and the binary may have them.
const IMPURE: &[&str] = &["tokio", "reqwest", "hyper", "futures", "async-std"];
const MAY_BE_IMPURE: &[&str] = &["bedside-run", "bedside"];

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline", "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo prints JSON")
}

#[test]
fn dependencies_run_one_way() {
    let metadata = metadata();
    let allowed: BTreeMap<&str, BTreeSet<&str>> =
        ALLOWED.iter().map(|(name, list)| (*name, list.iter().copied().collect())).collect();
    let mut wrong = Vec::new();
    for package in metadata["packages"].as_array().expect("packages") {
        let name = package["name"].as_str().expect("a name");
        let Some(allowed) = allowed.get(name) else {
            wrong.push(format!("{name} has no place in the directions: give it one here"));
            continue;
        };
        for dependency in package["dependencies"]
            .as_array()
            .expect("dependencies")
            .iter()
            .filter(|dependency| dependency["kind"].is_null())
        {
            let on = dependency["name"].as_str().expect("a name");
            if on.starts_with("bedside") && !allowed.contains(on) {
                wrong.push(format!("{name} must not depend on {on}"));
            }
            if IMPURE.contains(&on) && !MAY_BE_IMPURE.contains(&name) {
                wrong.push(format!("{name} is pure and must not depend on {on}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_lock_stays_small() {
    let lock = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock")).expect("a lock file");
    let crates = lock.matches("[[package]]").count();
    assert!(crates <= 400, "{crates} crates in the lock: at most about 400");
}
