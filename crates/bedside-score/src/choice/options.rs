//! The options of one item, and reading one of them at a given place of a text.

use std::sync::LazyLock;

use bedside_core::ChoiceOption;
use regex::Regex;

use crate::fold::{fold, fold_plain, words};
use crate::limits::STATEMENT_BYTES;
use crate::output::plain;

/// What a rule found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// One option, by its position.
    One(usize),
    /// Options that exclude each other: "A or B", two different answers.
    Several,
    Nothing,
}

impl Found {
    pub fn one(self) -> Option<usize> {
        if let Self::One(option) = self { Some(option) } else { None }
    }

    /// The first that found something.
    pub fn or_else(self, next: impl FnOnce() -> Self) -> Self {
        if self == Self::Nothing { next() } else { self }
    }

    /// Several readings of one text: they must agree.
    pub fn agree(readings: impl IntoIterator<Item = Self>) -> Self {
        readings.into_iter().fold(Self::Nothing, |all, next| match (all, next) {
            (Self::Nothing, other) | (other, Self::Nothing) => other,
            (Self::One(one), Self::One(other)) if one == other => all,
            _ => Self::Several,
        })
    }
}

/// One option in the forms it is looked for.
pub(super) struct Entry {
    /// As in plain text, case kept.
    pub label: String,
    pub label_folded: String,
    pub text_folded: String,
    pub text_lower: String,
    /// A label of several letters, such as "yes".
    pub is_word: bool,
}

pub(super) struct Options {
    pub entries: Vec<Entry>,
    /// Bytes of text that hold the longest option, folded or not.
    window: usize,
}

/// What may follow a label and a space, when the label is the answer.
static GOES_ON: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!(
        r"(?i)^(?:{IS_RIGHT}|because|since|alone|and nothing|and only|only|for sure|which|due to|given that|not)\b"
    ))
    .expect("constant")
});

/// The same for "A" and "I", which begin sentences.
static ARTICLE_GOES_ON: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!(r"(?i)^(?:{IS_RIGHT}|because|since|alone|and nothing|and only)\b")).expect("constant")
});

/// "is the correct answer".
const IS_RIGHT: &str = r"(?:is|would be|must be) (?:(?:clearly|definitely|therefore|indeed|thus|probably|the|my|single|most|only) ){0,4}(?:best|correct|right|true|likely|appropriate|accurate|answer|choice)";

/// "A) is wrong".
static DENIED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)^[)\].:,"' ]{0,4} ?(?:(?:is|are|was|seems|would be) (?:\w+ly )?)(?:not|wrong|incorrect|unlikely|less|false|excluded|ruled|inappropriate|contraindicated)\b"#)
        .expect("constant")
});

/// Words and marks before a label that add nothing.
static OPENING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)^(?:[\s("'\[{<:=]|(?:the|option|choice|letter|label|alternative|answer|number)\b[\s:#]*){0,12}"#)
        .expect("constant")
});

/// "A or B": another label joined to the first.
static JOINED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)^[\])"'.]{0,3}\s*(?:,|/|&|\+|\b(?:and/or|or|and)\b)\s*(?:either\s+)?(?:option\s+|choice\s+)?[("'\[]{0,2}"#).expect("constant")
});

impl Options {
    pub fn new(options: &[ChoiceOption]) -> Self {
        let entries: Vec<Entry> = options
            .iter()
            .map(|option| {
                let label = plain(&option.label);
                Entry {
                    label_folded: fold(&option.label),
                    text_folded: fold(&option.text),
                    text_lower: option.text.trim().to_lowercase(),
                    is_word: label.chars().filter(|c| c.is_alphabetic()).count() > 1,
                    label,
                }
            })
            .collect();
        let longest = options.iter().map(|option| option.text.len() + option.label.len()).max().unwrap_or(0);
        Self { entries, window: (4 * longest + 64).min(STATEMENT_BYTES) }
    }

    /// Whether the whole of a short text is one option: its label, its words, or both.
    pub fn whole(&self, text: &str) -> Found {
        if text.len() > 2 * self.window {
            return Found::Nothing;
        }
        let folded = fold_plain(&text.to_lowercase());
        let folded = unannounced(&folded);
        if folded.trim().is_empty() {
            return Found::Nothing;
        }
        let is = |wanted: &dyn Fn(&Entry) -> bool| {
            Found::agree(
                self.entries.iter().enumerate().filter(|(_, entry)| wanted(entry)).map(|(at, _)| Found::One(at)),
            )
        };
        is(&|entry| folded == entry.label_folded)
            .or_else(|| is(&|entry| !entry.text_folded.trim().is_empty() && folded == entry.text_folded))
            .or_else(|| {
                is(&|entry| {
                    folded
                        .strip_prefix(entry.label_folded.as_str())
                        .is_some_and(|rest| !rest.is_empty() && rest == &entry.text_folded[1..])
                })
            })
            .or_else(|| {
                // "B. aspirin" where aspirin is A
                let label = self.entries.iter().position(|entry| folded.starts_with(entry.label_folded.as_str()));
                let rest = label.map_or("", |at| &folded[self.entries[at].label_folded.len() - 1..]);
                if self.entries.iter().any(|entry| !entry.text_folded.trim().is_empty() && entry.text_folded == rest) {
                    Found::Several
                } else {
                    Found::Nothing
                }
            })
    }

    /// The option that a text begins with: by the longest option text, else by its label if something ends it.
    pub fn at_start(&self, text: &str) -> Found {
        let text = &text[..text.floor_char_boundary(self.window.max(256))];
        let by_text = self.text_at_start(text);
        let opened = &text[OPENING.find(text).map_or(0, |found| found.end())..];
        let (label, after) = match self.label_at_start(opened).or_else(|| self.label_at_start(text.trim_start())) {
            Some((label, after)) => (Some(label), after),
            None => (None, ""),
        };
        match (by_text, label) {
            (Some((found, length)), Some(label))
                if length <= self.entries[label].label_folded.len() && found != Found::One(label) =>
            {
                self.joined(label, after)
            }
            (Some((found, _)), _) => found,
            (None, Some(label)) => self.joined(label, after),
            (None, None) => Found::Nothing,
        }
    }

    /// As [`Options::at_start`], by label alone.
    pub fn label_only(&self, text: &str) -> Found {
        let text = &text[..text.floor_char_boundary(self.window.max(256))];
        let opened = &text[OPENING.find(text).map_or(0, |found| found.end())..];
        match self.label_at_start(opened) {
            Some((label, after)) => self.joined(label, after),
            None => Found::Nothing,
        }
    }

    /// The longest option text that stands at the start, with its folded length.
    fn text_at_start(&self, text: &str) -> Option<(Found, usize)> {
        let folded = fold_plain(&text.to_lowercase());
        let folded = unannounced(&folded);
        let fits =
            |entry: &Entry| !entry.text_folded.trim().is_empty() && folded.starts_with(entry.text_folded.as_str());
        let length = self.entries.iter().filter(|entry| fits(entry)).map(|entry| entry.text_folded.len()).max()?;
        let found = Found::agree(
            self.entries
                .iter()
                .enumerate()
                .filter(|(_, entry)| fits(entry) && entry.text_folded.len() == length)
                .map(|(at, _)| Found::One(at)),
        );
        // "aspirin or heparin"
        let mut rest = &folded[length - 1..];
        for word in [" or", " and", " either"] {
            rest = rest.strip_prefix(word).filter(|rest| rest.starts_with(' ')).unwrap_or(rest);
        }
        let another = |(at, entry): (usize, &Entry)| {
            found != Found::One(at)
                && !entry.text_folded.trim().is_empty()
                && rest.starts_with(entry.text_folded.as_str())
                && rest != folded
        };
        let joined = folded.len() > length && self.entries.iter().enumerate().any(another);
        Some((if joined { Found::Several } else { found }, length))
    }

    /// The label that stands at the very start and is ended there, with what follows it.
    pub fn label_at_start<'t>(&self, text: &'t str) -> Option<(usize, &'t str)> {
        let fits = |(at, entry): (usize, &Entry)| {
            let (length, as_written) = starts_with_label(text, &entry.label)?;
            let after = &text[length..];
            self.ends_label(entry, &text[..length], as_written, after).then_some((at, length, after))
        };
        self.entries
            .iter()
            .enumerate()
            .filter_map(fits)
            .max_by_key(|(_, length, _)| *length)
            .map(|(at, _, after)| (at, after))
    }

    /// Whether what follows a label ends it, so that it is no word or the beginning of one.
    fn ends_label(&self, entry: &Entry, written: &str, as_written: bool, after: &str) -> bool {
        let mut chars = after.chars();
        let Some(next) = chars.next() else { return true };
        if DENIED.is_match(after) {
            return false;
        }
        let rest = chars.as_str();
        let beyond = rest.chars().next();
        let glued = beyond.is_some_and(char::is_alphanumeric);
        let own_text = || {
            let folded = fold_plain(&after.to_lowercase());
            !entry.text_folded.trim().is_empty() && folded.starts_with(entry.text_folded.as_str())
        };
        match next {
            '\n' | ')' | ']' | '}' | '>' | '<' | ':' | ';' | '?' | '!' | '=' | '(' | '|' => true,
            '"' | '\'' => !glued,
            '.' | ',' => !glued || (!entry.label.ends_with(|c: char| c.is_ascii_digit()) && own_text()),
            '-' => beyond.is_none_or(char::is_whitespace) || own_text(),
            '/' | '&' => self.joined_label(after).is_some(),
            c if c.is_whitespace() => {
                let trimmed = after.trim_start_matches(' ');
                let article = ["a", "i"].contains(&written.to_lowercase().as_str());
                let small = !as_written && !entry.is_word;
                trimmed.is_empty()
                    || trimmed.starts_with(['\n', '(', '=', ':', '|', '/', '&'])
                    || trimmed.strip_prefix('-').is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\n']))
                    || own_text()
                    || self.joined_label(after).is_some()
                    || if article || small { ARTICLE_GOES_ON.is_match(trimmed) } else { GOES_ON.is_match(trimmed) }
            }
            _ => false,
        }
    }

    fn joined(&self, label: usize, after: &str) -> Found {
        match self.joined_label(after) {
            Some(other) if other != label => Found::Several,
            _ => Found::One(label),
        }
    }

    /// The label joined to the one before by "or", "and", a comma or a slash. It must be written as in the item.
    fn joined_label(&self, after: &str) -> Option<usize> {
        let joint = JOINED.find(after)?;
        let rest = &after[joint.end()..];
        self.entries.iter().position(|entry| {
            starts_with_label(rest, &entry.label).is_some_and(|(length, as_written)| {
                let next = rest[length..].chars().next();
                let spaced = rest[length..].trim_start_matches(' ');
                as_written
                    && (next.is_none_or(|c| !c.is_alphanumeric() && c != ' ' && c != '-' && c != '\'')
                        || spaced.is_empty()
                        || ["and ", "or ", "& "].iter().any(|word| spaced.starts_with(word))
                        || (next == Some(' ')
                            && !["a", "i"].contains(&entry.label.to_lowercase().as_str())
                            && !joint.as_str().contains([',', '.'])))
            })
        })
    }
}

/// Whether `text` starts with the label in any case; with the length taken, and whether it is written as in the item.
fn starts_with_label(text: &str, label: &str) -> Option<(usize, bool)> {
    if label.is_empty() {
        return None;
    }
    if text.starts_with(label) {
        return Some((label.len(), true));
    }
    let start = text.get(..label.len())?;
    (start.to_lowercase() == label.to_lowercase()).then_some((label.len(), false))
}

/// Without "the" or "option" at the beginning.
fn unannounced(folded: &str) -> &str {
    let mut text = folded;
    for word in [" the", " option", " choice", " letter", " answer"] {
        if let Some(rest) = text.strip_prefix(word).filter(|rest| rest.starts_with(' ') && words(rest).next().is_some())
        {
            text = rest;
        }
    }
    text
}
