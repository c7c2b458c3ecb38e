//! Which options a text mentions at all.

use std::sync::LazyLock;

use regex::Regex;

use super::options::{Found, Options};
use crate::fold::{fold_plain, words};

/// A text of at most so many words may mention an option of one or two characters or of digits; in a longer one "4" is
/// likely to be another 4.
const FEW_WORDS: usize = 12;

/// The one option that is mentioned by its words, or as "option B" or "(B)", and not denied.
pub(super) fn mentioned(options: &Options, plain: &str) -> Found {
    let mut found = vec![false; options.entries.len()];
    by_words(options, plain, &mut found);
    by_label(options, plain, &mut found);
    Found::agree(found.iter().enumerate().filter(|(_, found)| **found).map(|(at, _)| Found::One(at)))
}

/// Longest option first: where "influenza a" stands, "influenza" is not mentioned.
fn by_words(options: &Options, plain: &str, found: &mut [bool]) {
    let folded = fold_plain(&plain.to_lowercase());
    let few = words(&folded).take(FEW_WORDS + 1).count() <= FEW_WORDS;
    let mut order: Vec<usize> = (0..options.entries.len()).collect();
    order.sort_by_key(|&at| std::cmp::Reverse(options.entries[at].text_folded.len()));
    let mut taken = vec![false; folded.len()];
    for at in order {
        let entry = &options.entries[at];
        let text = entry.text_folded.as_str();
        let short = text.trim().chars().count() < 3 || text.chars().all(|c| c.is_ascii_digit() || " .-/".contains(c));
        if text.trim().is_empty() || text == entry.label_folded || (short && !few) {
            continue;
        }
        let mut same_place = Vec::new();
        for (start, _) in folded.match_indices(text) {
            let inner = start + 1..start + text.len() - 1;
            // of two options in the same words both are mentioned
            if taken[inner.clone()].iter().any(|&taken| taken)
                && !options.entries.iter().enumerate().any(|(other, entry)| other != at && entry.text_folded == text)
            {
                continue;
            }
            same_place.push(inner.clone());
            found[at] |= !denied(&folded, start, start + text.len());
        }
        for place in same_place {
            taken[place].fill(true);
        }
    }
}

/// Whether the words around a mention say that it is not the answer.
fn denied(folded: &str, start: usize, end: usize) -> bool {
    static BEFORE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r" (?:not|never|without|nor|neither|isnt|arent|wasnt|excludes?|excluding|excluded|against|unlike|than|instead of|except|rules? out|ruled out|ruling out|unlikely)(?: (?:a|an|the|be|to|of|option|choice))?$").expect("constant")
    });
    static AFTER: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^ (?:(?:is|was|would be|seems|can be|are|has been) )?(?:not|incorrect|wrong|unlikely|less likely|excluded|ruled out|contraindicated|inappropriate|false|isnt)\b").expect("constant")
    });
    let before = &folded[folded.ceil_char_boundary(start.saturating_sub(48))..start];
    let after = &folded[end - 1..folded.floor_char_boundary((end + 48).min(folded.len()))];
    BEFORE.is_match(before) || AFTER.is_match(after)
}

/// "option B", "(B)"; of labels that are words, also the word where punctuation ends it.
fn by_label(options: &Options, plain: &str, found: &mut [bool]) {
    for (at, entry) in options.entries.iter().enumerate() {
        let word = entry.is_word;
        for (start, _) in plain.match_indices(entry.label.as_str()).chain(if word {
            capitalised(plain, &entry.label)
        } else {
            Vec::new()
        }) {
            let before = &plain[plain.ceil_char_boundary(start.saturating_sub(32))..start];
            let rest = &plain[start + entry.label.len()..];
            let after = &rest[..rest.floor_char_boundary(32)];
            let announced = before.ends_with('(') && after.starts_with(')')
                || ["option ", "choice ", "option (", "choice (", "option: "].iter().any(|words| {
                    before.to_lowercase().ends_with(words) && !after.starts_with(|c: char| c.is_alphanumeric())
                });
            let ended_word = word
                && !before.ends_with(|c: char| c.is_alphanumeric() || c == '-')
                && (after.is_empty() || after.starts_with(['.', ',', '!', '?', ';', ':', '"', '\'', ')', '\n']));
            if announced || ended_word {
                let around = fold_plain(&format!("{before}{}{after}", entry.label).to_lowercase());
                let label = entry.label_folded.as_str();
                let place = fold_plain(&before.to_lowercase()).len() - 1;
                let end = (place + label.len()).min(around.len());
                found[at] |= !(around.get(place..end) == Some(label) && denied(&around, place, end));
            }
        }
    }
}

/// Places of a label written with another first letter: "Yes" for "yes", "no" for "No".
fn capitalised<'t>(plain: &'t str, label: &str) -> Vec<(usize, &'t str)> {
    let other: String = {
        let mut chars = label.chars();
        match chars.next() {
            Some(first) if first.is_lowercase() => first.to_uppercase().chain(chars).collect(),
            Some(first) => first.to_lowercase().chain(chars).collect(),
            None => return Vec::new(),
        }
    };
    if other.len() != label.len() || other == label {
        return Vec::new();
    }
    plain.match_indices(other.as_str()).collect()
}
