//! Numbers and names in the words that people read.

use bedside_core::Scale;
use bedside_core::shown::Shown;
use bedside_stats::Estimate;

use crate::limits;

/// A score with its interval: three decimals, or two on the 0-100 scale that overlap metrics are published on.
pub fn estimate(estimate: &Estimate, scale: Scale) -> String {
    match scale {
        Scale::Binary | Scale::Fraction => estimate.to_string(),
        Scale::Overlap => estimate.on_hundred().to_string(),
    }
}

/// A difference of scores with its interval, signed.
pub fn difference(estimate: &Estimate, scale: Scale) -> String {
    let (value, ci) = (estimate.value(), estimate.ci());
    match scale {
        Scale::Binary | Scale::Fraction => format!("{value:+.3} [{:+.3}, {:+.3}]", ci.lower(), ci.upper()),
        Scale::Overlap => format!("{:+.2} [{:+.2}, {:+.2}]", value * 100.0, ci.lower() * 100.0, ci.upper() * 100.0),
    }
}

/// A bare value on the same scale as [`estimate`], for bounds, which have no interval.
pub fn value(value: f64, scale: Scale) -> String {
    match scale {
        Scale::Binary | Scale::Fraction => format!("{value:.3}"),
        Scale::Overlap => format!("{:.2}", value * 100.0),
    }
}

/// A metric's name, saying so when its scores are printed times 100.
pub fn metric(name: &str, scale: Scale) -> String {
    match scale {
        Scale::Binary | Scale::Fraction => name.to_owned(),
        Scale::Overlap => format!("{name} ×100"),
    }
}

/// `3 of 40 (7.5 %)`.
pub fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return format!("{part} of 0");
    }
    let percent = 100.0 * part as f64 / whole as f64;
    format!("{part} of {whole} ({percent:.1} %)")
}

/// A system's name for a table; the wording behind it where the run has several.
pub fn system(name: &str, prompt: &str, several_prompts: bool) -> String {
    let name = Shown::cut(name, limits::NAME_SHOWN);
    if several_prompts { format!("{name} · {}", Shown::cut(prompt, limits::NAME_SHOWN)) } else { name.to_string() }
}

/// A word of the file format as it is read aloud: `decision_support` is "decision support".
pub fn words(word: &str) -> String {
    word.replace('_', " ")
}

/// `1 item`, `2 items`.
pub fn count(n: u64, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {many}") }
}
