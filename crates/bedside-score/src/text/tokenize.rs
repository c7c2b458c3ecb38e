//! Cutting texts into tokens exactly as each Python package does.

use super::vocabulary::{Lines, Vocabulary};

/// What Python's `str.split()` and `str.rstrip()` take for white space: Unicode's, and four ASCII separators.
pub(super) fn is_python_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\x1c'..='\x1f')
}

/// The words of Python's `str.split()`.
pub(super) fn python_words(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_python_space).filter(|word| !word.is_empty())
}

/// The text in lower case, as far as `rouge-score` sees it: letters that end outside ASCII separate in any case.
pub(super) fn rouge_lower(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    if lower.is_ascii() {
        return lower;
    }
    // the only two others whose lower case has an ASCII letter, see the test: the Kelvin sign, and the dotted capital i,
    // whose lower case is i and a combining dot, which separates
    lower.replace('\u{212a}', "k").replace('\u{130}', "i\u{307}")
}

/// The tokens of `rouge-score` without stemmer, of a [`rouge_lower`] text: runs of `a-z0-9`, by line.
///
/// Accented letters and Greek (µg!) are not letters there, they separate: "naïve" is "na" and "ve".
pub(super) fn rouge_lines<'a>(lower: &'a str, vocabulary: &mut Vocabulary<'a>) -> Lines {
    let mut lines = Lines::for_bytes(lower.len());
    for line in lower.split('\n') {
        for word in line.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
            lines.push(word, vocabulary);
        }
        lines.end_line();
    }
    lines
}

/// The sentences of `rouge` 1.0.1: cut at every full stop, also in "1.5 mg", and into words at white space.
///
/// A sentence of white space only is one empty *word* there, which matches other empty words.
pub(super) fn legacy_sentences<'a>(text: &'a str, vocabulary: &mut Vocabulary<'a>) -> Lines {
    let mut lines = Lines::for_bytes(text.len());
    for sentence in text.split('.').filter(|sentence| !sentence.is_empty()) {
        let mut words = python_words(sentence).peekable();
        if words.peek().is_none() {
            lines.push("", vocabulary);
        }
        for word in words {
            lines.push(word, vocabulary);
        }
        lines.end_line();
    }
    lines
}

/// The tokeniser of mteval-v13a as `sacrebleu` writes it, joined by spaces (or more).
pub(super) fn thirteen_a(text: &str) -> String {
    let text = text.trim_end_matches(is_python_space);
    let mut text = text.replace("<skipped>", "").replace("-\n", "").replace('\n', " ");
    if text.contains('&') {
        text = text.replace("&quot;", "\"").replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">");
    }
    let mut apart = String::with_capacity(text.len() * 2);
    apart.push(' ');
    for c in text.chars() {
        if matches!(c, '{'..='~' | '['..='`' | ' '..='&' | '('..='+' | ':'..='@' | '/') {
            apart.extend([' ', c, ' ']);
        } else {
            apart.push(c);
        }
    }
    apart.push(' ');
    let is_point = |c| matches!(c, '.' | ',');
    let not_digit = |c: char| !c.is_ascii_digit();
    let apart = spread_pairs(&apart, not_digit, is_point, |a, b| [a, ' ', b, ' ']);
    let apart = spread_pairs(&apart, is_point, not_digit, |a, b| [' ', a, ' ', b]);
    spread_pairs(&apart, |c| c.is_ascii_digit(), |c| c == '-', |a, b| [a, ' ', b, ' '])
}

/// Rewrites pairs of neighbours from left to right; a character taken by one pair is not seen by the next.
fn spread_pairs(
    text: &str,
    is_first: impl Fn(char) -> bool,
    is_second: impl Fn(char) -> bool,
    spread: impl Fn(char, char) -> [char; 4],
) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    let mut rest = text.chars().peekable();
    while let Some(first) = rest.next() {
        match rest.next_if(|&second| is_first(first) && is_second(second)) {
            Some(second) => out.extend(spread(first, second)),
            None => out.push(first),
        }
    }
    out
}

/// Words with one punctuation mark cut off, at the end or else at the front, as chrF++ does: "(hi)" is "(hi" and ")".
pub(super) fn chrf_words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for word in python_words(text) {
        let (head, tail) = (word.chars().next(), word.chars().next_back());
        if word.chars().nth(1).is_none() {
            words.push(word);
        } else if tail.is_some_and(|c| c.is_ascii_punctuation()) {
            words.extend([&word[..word.len() - 1], &word[word.len() - 1..]]);
        } else if head.is_some_and(|c| c.is_ascii_punctuation()) {
            words.extend([&word[..1], &word[1..]]);
        } else {
            words.push(word);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        thirteen_a(text).split_whitespace().map(str::to_owned).collect()
    }

    /// The shortcut in `rouge_lower` is Python's `lower()` followed by `[^a-z0-9]+`.
    #[test]
    fn two_letters_outside_ascii_have_an_ascii_lower_case() {
        let found: Vec<char> = (char::MIN..=char::MAX)
            .filter(|c| !c.is_ascii() && c.to_lowercase().any(|lower| lower.is_ascii()))
            .collect();
        assert_eq!(found, ['\u{130}', '\u{212a}']);
        assert_eq!('\u{130}'.to_lowercase().collect::<String>(), "i\u{307}");
    }

    #[test]
    fn numbers_keep_their_points() {
        assert_eq!(
            words("Give 1.5 mg, b.i.d., in 2-3 days."),
            ["Give", "1.5", "mg", ",", "b", ".", "i", ".", "d", ".", ",", "in", "2", "-", "3", "days", "."]
        );
    }
}
