//! A few words, compared with accepted strings.
//!
//! # Metrics
//!
//! - `exact` *estimates* the share of answers that are one of the accepted strings, but for case, punctuation, white
//!   space and Unicode spelling. *Misleads* downwards wherever another wording is as right: a low figure says that the
//!   wording differs, not that the answer is wrong.
//! - `contains`: an accepted string stands in the answer as whole words. *Misleads* upwards: it is deaf to negation ("not
//!   pneumonia") and pays for listing every diagnosis.
//! - `token_f1`: harmonic mean of the shares of words in common, best over the accepted strings (Rajpurkar and others
//!   2016, without removing articles: "hepatitis A" keeps its A). *Misleads* where one word carries the meaning.
//!
//! Where the output states its answer (`<answer>`, "Answer: …"), only that part is compared; else all of it. The truth
//! lies between `exact` and `contains`; their distance shows how much reading matters, and only reading settles it.

use std::collections::HashMap;

use crate::fold::{fold, fold_cased, fold_plain, words};
use crate::marked::{Marked, point, shortened};
use crate::output::Output;
use crate::refusal::refuses;
use crate::statement::{self, first_line, strongest};

pub(crate) fn mark(accepted: &[String], case_sensitive: bool, output: &Output<'_>) -> Marked {
    let zeros = || vec![("exact", 0.0), ("contains", 0.0), ("token_f1", 0.0)];
    if output.is_empty() {
        return Marked::whole("The output is empty.", zeros());
    }
    let part = stated(&output.plain);
    let answer = folded(part, case_sensitive);
    let keys: Vec<String> = accepted
        .iter()
        .map(|key| if case_sensitive { fold_cased(key) } else { fold(key) })
        .filter(|key| !key.trim().is_empty())
        .collect();
    let exact = keys.iter().any(|key| without_article(key) == without_article(&answer));
    let contains = keys.iter().any(|key| answer.contains(key.as_str()));
    if !contains && refuses(&output.plain) {
        return Marked::refused("The system declined to answer.", zeros());
    }
    let f1 = keys.iter().map(|key| token_f1(key, &answer)).fold(0.0, f64::max);
    let why = match (exact, contains) {
        (true, _) => "The answer is an accepted one.".to_owned(),
        (false, true) => "The answer contains an accepted one among other words.".to_owned(),
        (false, false) => format!(
            "The answer is none of the accepted ones; accepted is \"{}\".",
            shortened(&accepted.join("\" or \""))
        ),
    };
    // what equals an accepted string up to an article contains it for a reader, too
    Marked::read(
        part,
        why,
        vec![
            ("exact", point(exact)),
            ("contains", point(exact || contains)),
            ("token_f1", if exact { 1.0 } else { f1 }),
        ],
    )
}

/// The stated answer, or all of the text.
fn stated(plain: &str) -> &str {
    let statements = strongest(statement::statements(plain), |found| found.tier);
    let Some(last) = statements.last() else { return plain };
    let body = &plain[last.body.clone()];
    let body = if last.enclosed { body.trim() } else { first_line(body) };
    if body.is_empty() { plain } else { body }
}

fn folded(plain: &str, case_sensitive: bool) -> String {
    if case_sensitive { fold_plain(plain) } else { fold_plain(&plain.to_lowercase()) }
}

/// Without "a", "an" or "the" at the beginning, if anything follows.
fn without_article(folded: &str) -> &str {
    let text = folded.trim();
    match text.split_once(' ') {
        Some((first, rest)) if ["a", "an", "the"].contains(&first.to_lowercase().as_str()) => rest,
        _ => text,
    }
}

fn token_f1(key: &str, answer: &str) -> f64 {
    let mut left: HashMap<&str, usize> = HashMap::new();
    let mut in_key = 0_usize;
    for word in words(key) {
        *left.entry(word).or_default() += 1;
        in_key += 1;
    }
    let (mut in_answer, mut hits) = (0_usize, 0_usize);
    for word in words(answer) {
        in_answer += 1;
        if let Some(count) = left.get_mut(word).filter(|count| **count > 0) {
            *count -= 1;
            hits += 1;
        }
    }
    if in_key + in_answer == 0 { 0.0 } else { 2.0 * hits as f64 / (in_key + in_answer) as f64 }
}
