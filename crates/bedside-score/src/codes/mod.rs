//! Sets of ICD-10-CM codes.
//!
//! # Metrics
//!
//! - `f1` *estimates* how well the set of codes given matches the set asked for, item by item: harmonic mean of
//!   `precision` (given codes that are right) and `recall` (right codes that are given), on whole codes. A code with the
//!   wrong side or encounter is simply wrong; `why` names a wrong side.
//! - `exact_set`: no code missing, none too many.
//! - `category_f1`: the same on the first three characters. The distance from `f1` to `category_f1` is the part of the
//!   error that lies in detail, not in the disease.
//!
//! *Assumes* that the key lists every right code and only those, and that all matter alike. *Misleads* where several
//! codings are correct, where order or the principal diagnosis matters, and for money: a near miss can be a denied claim.
//!
//! Case, dots and repeats do not count. No codes given where none are asked scores 1 on every metric; the output must say
//! so ("none", `[]`): an empty output is a failure.
//!
//! # What is read
//!
//! The stated answer if there is one (`<answer>`, "final codes: …"), else all of the text. Where nothing but codes stands,
//! every spelling of a code is read; in prose only capital letters count, and what is usually no code is left out (vitamin
//! B12, vertebrae, q12h), as is a code behind "not", "rather than" or "instead of". Other code systems are not read.

mod side;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::LazyLock;

use regex::Regex;

use crate::marked::{Marked, Unscorable, point};
use crate::output::Output;
use crate::refusal::refuses;
use crate::statement::{self, strongest};
use side::wrong_side;

static CODE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)\b[A-Z][0-9][0-9AB](?:\.[0-9A-Z]{1,4}|[0-9A-Z]{1,4})?\b").expect("constant"));

/// Three-character words of clinical prose that look like a category, and doses by the hour.
static NO_CODE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^(?:B12|T10|T11|T12|T13|Q[0-9]{1,2}H)$").expect("constant"));

/// Words that may stand in a bare list of codes.
const LIST_WORDS: &[&str] = &["icd", "codes", "code", "cm", "answer", "final", "and", "the", "are", "is"];

static NONE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^\W*(?:none|null|n/?a|nil|not applicable|(?:there (?:are|is) )?no (?:\S+ ){0,3}codes?(?: \S+){0,5}|no (?:billable |codable )?diagnos[ie]s(?: \S+){0,5})?\W*$")
        .expect("constant")
});

static CODES_CUE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?im)^[ ]*final\s+(?:icd[-\s]*10(?:-cm)?\s+)?(?:codes?|list)\s*(?:is|are)?\s*[:=]").expect("constant")
});

pub(crate) fn mark(reference: &[String], output: &Output<'_>) -> Result<Marked, Unscorable> {
    let mut wanted = BTreeSet::new();
    for code in reference {
        let plain = crate::output::plain(code);
        match CODE.find(&plain) {
            Some(found) if found.len() == plain.len() => wanted.insert(normal(&plain)),
            _ => {
                return Err(Unscorable(format!(
                    "The key holds `{}`, which is no ICD-10-CM code.",
                    crate::marked::shortened(code)
                )));
            }
        };
    }
    let zeros = || values(0.0, 0.0, 0.0, false, 0.0);
    if output.is_empty() {
        return Ok(Marked::whole("The output is empty.", zeros()));
    }
    let part = stated(&output.plain);
    let given = read(part);
    if given.is_empty() && !NONE.is_match(part) {
        return Ok(if refuses(&output.plain) {
            Marked::refused("The system declined to answer.", zeros())
        } else {
            Marked::unparsed("No code could be read from the answer.", zeros())
        });
    }
    let shares = |wanted: &BTreeSet<String>, given: &BTreeSet<String>| {
        let hits = wanted.intersection(given).count();
        let share = |total: usize, other: usize| match (total, other) {
            (0, 0) => 1.0,
            (0, _) => 0.0,
            _ => hits as f64 / total as f64,
        };
        let f1 = if wanted.is_empty() && given.is_empty() {
            1.0
        } else {
            2.0 * hits as f64 / (wanted.len() + given.len()) as f64
        };
        (share(given.len(), wanted.len()), share(wanted.len(), given.len()), f1)
    };
    let categories = |codes: &BTreeSet<String>| codes.iter().map(|code| code[..3].to_owned()).collect::<BTreeSet<_>>();
    let (precision, recall, f1) = shares(&wanted, &given);
    let (_, _, category_f1) = shares(&categories(&wanted), &categories(&given));
    let shown: Vec<String> = given.iter().map(|code| dotted(code)).collect();
    let extracted = if shown.is_empty() { "no codes".to_owned() } else { shown.join(" ") };
    Ok(Marked::read(&extracted, why(&wanted, &given), values(f1, precision, recall, wanted == given, category_f1)))
}

/// The last stated answer, or all of the text.
fn stated(plain: &str) -> &str {
    let statements = strongest(statement::statements(plain), |found| found.tier);
    let cue = CODES_CUE.find_iter(plain).last();
    match (statements.last(), cue) {
        (Some(last), cue) if cue.is_none_or(|cue| cue.end() < last.body.start) => {
            // a list may go on over many lines, so what is not fenced runs to the end
            let end = if last.enclosed { last.body.end } else { plain.len() };
            Some(&plain[last.body.start..end])
                .filter(|part| CODE.is_match(part) || NONE.is_match(part))
                .unwrap_or(plain)
        }
        (_, Some(cue)) => &plain[cue.end()..],
        (_, None) => plain,
    }
}

fn read(part: &str) -> BTreeSet<String> {
    let rest = CODE.replace_all(part, " ").to_lowercase();
    let bare =
        rest.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).all(|word| LIST_WORDS.contains(&word));
    let mut codes = BTreeSet::new();
    for found in CODE.find_iter(part) {
        let code = found.as_str();
        let capital = code.starts_with(|c: char| c.is_ascii_uppercase());
        let other = !code.contains('.') && NO_CODE.is_match(&code.to_ascii_uppercase());
        if bare || (capital && !other && !rejected(&part[..found.start()])) {
            codes.insert(normal(code));
        }
    }
    codes
}

/// Whether the words before a code say that it is not meant.
fn rejected(before: &str) -> bool {
    let before = before.trim_end_matches([' ', '(', '"', '\'']);
    ["not", "rather than", "instead of", "excludes", "nor"].iter().any(|words| {
        before.len().checked_sub(words.len()).is_some_and(|at| {
            before.get(at..).is_some_and(|end| end.eq_ignore_ascii_case(words))
                && !before[..at].ends_with(char::is_alphanumeric)
        })
    })
}

fn normal(code: &str) -> String {
    code.chars().filter(|&c| c != '.').map(|c| c.to_ascii_uppercase()).collect()
}

fn dotted(code: &str) -> String {
    if code.len() > 3 { format!("{}.{}", &code[..3], &code[3..]) } else { code.to_owned() }
}

fn why(wanted: &BTreeSet<String>, given: &BTreeSet<String>) -> String {
    if wanted == given {
        return if wanted.is_empty() {
            "No codes are asked and none are given.".to_owned()
        } else {
            "Exactly the codes asked.".to_owned()
        };
    }
    let list = |codes: Vec<&String>| {
        let more = codes.len().saturating_sub(6);
        let mut text = codes.into_iter().take(6).map(|code| dotted(code)).collect::<Vec<_>>().join(", ");
        if more > 0 {
            let _ = write!(text, " and {more} more");
        }
        text
    };
    let missing: Vec<&String> = wanted.difference(given).collect();
    let extra: Vec<&String> = given.difference(wanted).collect();
    let mut parts: Vec<String> = missing
        .iter()
        .flat_map(|code| {
            extra
                .iter()
                .filter(|other| wrong_side(code, other))
                .map(|other| format!("wrong side: {} for {}", dotted(other), dotted(code)))
        })
        .take(6)
        .collect();
    if !missing.is_empty() {
        parts.push(format!("missing {}", list(missing)));
    }
    if !extra.is_empty() {
        parts.push(format!("not asked {}", list(extra)));
    }
    let mut text = parts.join("; ");
    text[..1].make_ascii_uppercase();
    text.push('.');
    text
}

fn values(f1: f64, precision: f64, recall: f64, exact_set: bool, category_f1: f64) -> Vec<(&'static str, f64)> {
    vec![
        ("f1", f1),
        ("precision", precision),
        ("recall", recall),
        ("exact_set", point(exact_set)),
        ("category_f1", category_f1),
    ]
}
