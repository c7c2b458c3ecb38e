//! Comparing methods with the oracle file: independent answers by other packages, closed forms and enumerations.

#![allow(dead_code, clippy::print_stderr, reason = "each area uses a part; that nothing was compared must be seen")]

use bedside_stats::named;
use serde_json::Value;

/// Entries of the oracle file for these methods; `None` where the file is not at hand.
pub fn entries(methods: &[&str]) -> Option<Vec<Value>> {
    let all = all()?;
    Some(all.into_iter().filter(|entry| methods.iter().any(|method| entry["method"] == *method)).collect())
}

/// Every entry of the oracle file; `None` where the file is not at hand.
pub fn all() -> Option<Vec<Value>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/oracles/oracles.json");
    let Ok(text) = std::fs::read_to_string(path) else {
        eprintln!("the oracle file is not here: nothing compared");
        return None;
    };
    Some(serde_json::from_str(&text).expect("the oracle file is JSON"))
}

/// Runs every entry of these methods and tells all that differ at once.
pub fn check(methods: &[&str]) {
    let Some(entries) = entries(methods) else { return };
    for method in methods {
        assert!(entries.iter().any(|entry| entry["method"] == *method), "no oracle for {method}");
    }
    let mut wrong = Vec::new();
    for entry in &entries {
        let (name, method) = (entry["name"].as_str().unwrap_or("?"), entry["method"].as_str().unwrap_or("?"));
        let Some(named) = named::find(method) else {
            wrong.push(format!("{name}: no method {method}"));
            continue;
        };
        match (named.run)(&entry["inputs"]) {
            Ok(found) => compare(name, &entry["expected"], &found, &entry["tolerance"], "", &mut wrong),
            Err(error) => wrong.push(format!("{name}: {error}")),
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// Tells where `found` differs from `expected`.
pub fn compare(name: &str, expected: &Value, found: &Value, tolerance: &Value, path: &str, wrong: &mut Vec<String>) {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            for (key, value) in expected {
                match found.get(key) {
                    Some(found) => compare(name, value, found, tolerance, &format!("{path}.{key}"), wrong),
                    None => wrong.push(format!("{name}{path}.{key}: missing")),
                }
            }
        }
        (Value::Array(expected), Value::Array(found)) if expected.len() == found.len() => {
            for (at, (expected, found)) in expected.iter().zip(found).enumerate() {
                compare(name, expected, found, tolerance, &format!("{path}[{at}]"), wrong);
            }
        }
        (Value::Number(expected), Value::Number(found)) => {
            let (expected, found) = (expected.as_f64().unwrap_or(f64::NAN), found.as_f64().unwrap_or(f64::NAN));
            let within = allowed(tolerance, path);
            let off = (expected - found).abs();
            if off.is_nan() || off > within {
                wrong.push(format!("{name}{path}: expected {expected}, found {found} (allowed {within:e})"));
            }
        }
        (expected, found) if expected == found => {}
        (expected, found) => wrong.push(format!("{name}{path}: expected {expected}, found {found}")),
    }
}

/// The absolute tolerance: `abs`, `exact`, or one for the log-likelihood and one for parameters.
fn allowed(tolerance: &Value, path: &str) -> f64 {
    if tolerance["exact"] == true {
        return 0.0;
    }
    let key = if tolerance.get("abs").is_some() {
        "abs"
    } else if path.contains("loglik") {
        "loglik_abs"
    } else {
        "param_abs"
    };
    tolerance[key].as_f64().unwrap_or_else(|| panic!("no tolerance in {tolerance} for {path}"))
}
