//! Where an output says "this is my answer".
//!
//! Two tiers. *Final*: `<answer>…</answer>`, `\boxed{…}`, a JSON field `answer`, "final answer: …", or a closing line
//! "Answer: …". *Plain*: "the answer is …". Where a final statement exists, a reader takes it and not the plain ones.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::limits::{STATEMENT_BYTES, STATEMENTS};

/// How firmly an answer is stated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tier {
    Plain,
    Final,
}

/// One statement of an answer.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    /// How firmly.
    pub tier: Tier,
    /// Whether the answer is fenced on both sides, or merely follows.
    pub enclosed: bool,
    /// Where the answer itself stands; up to the fence, or to the end of what is looked at.
    pub body: Range<usize>,
}

/// A pattern and what it is worth. Group 1 is the body where there is one, else the body follows the match.
struct Cue {
    tier: Tier,
    pattern: Regex,
}

static CUES: LazyLock<Vec<Cue>> = LazyLock::new(|| {
    let cue = |tier, pattern: &str| Cue { tier, pattern: Regex::new(pattern).expect("constant") };
    vec![
        cue(Tier::Final, r"(?is)<(?:final_?)?answer>(.*?)</(?:final_?)?answer>"),
        cue(Tier::Final, r"\\boxed\s*\{((?:[^{}]|\{[^{}]*\})*)\}"),
        cue(
            Tier::Final,
            r#"(?i)"(?:final[_ ]?)?(?:answer|choice)(?:[_ ](?:letter|choice|option|value))?"\s*:\s*"((?:[^"\\\n]|\\.)*)""#,
        ),
        cue(
            Tier::Final,
            r#"(?i)"(?:final[_ ]?)?(?:answer|choice)(?:[_ ](?:letter|choice|option|value))?"\s*:\s*([^"\s,}\]\[{][^,}\n]*)"#,
        ),
        cue(Tier::Final, r"(?i)\bfinal\s+(?:answer|choice|decision|selection)\b(?:\s+(?:is|would be)\b)?\s*[:=>-]*\s*"),
        cue(
            Tier::Plain,
            r"(?i)\b(?:answers?\b|ans\b\.?)(?:\s+(?:choice|option|letter)\b)?(?:\s+to\s+(?:this|the)\s+question\b)?\s*(?:(?:is|was|would be|will be|should be|must be|has to be|to be)\b|[:=])[\s:=>]*(?:(?:clearly|definitely|therefore|thus|most likely|probably|likely|indeed|still|simply)\b\s*)?",
        ),
    ]
});

/// A line that begins "Answer:"; final when nothing is stated after it.
static ANSWER_LINE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?im)^[ ]*(?:(?:my|the|correct|best)\s+){0,2}answer\s*[:=]\s*").expect("constant"));

/// All statements, in the order of their bodies; the last [`STATEMENTS`] of them.
pub(crate) fn statements(plain: &str) -> Vec<Statement> {
    let mut found = Vec::new();
    for cue in CUES.iter() {
        for captures in cue.pattern.captures_iter(plain) {
            let (enclosed, body) = match captures.get(1) {
                Some(body) => (true, bounded(plain, body.range())),
                None => (false, following(plain, captures.get_match().end())),
            };
            found.push(Statement { tier: cue.tier, enclosed, body });
        }
    }
    found.sort_by_key(|statement| (statement.body.start, statement.tier));
    if let Some(line) = ANSWER_LINE.find_iter(plain).last()
        && let Some(last) = found.last_mut()
        && last.body.start == line.end()
    {
        last.tier = Tier::Final;
    }
    found.split_off(found.len().saturating_sub(STATEMENTS))
}

/// The statements a reader would go by: the final ones, or the plain ones where none is final.
pub(crate) fn strongest<T>(statements: Vec<T>, tier: impl Fn(&T) -> Tier) -> Vec<T> {
    let top = statements.iter().map(&tier).max();
    statements.into_iter().filter(|statement| Some(tier(statement)) == top).collect()
}

/// What follows a cue, as far as it is looked at.
pub(crate) fn following(plain: &str, start: usize) -> Range<usize> {
    bounded(plain, start..plain.len())
}

fn bounded(plain: &str, range: Range<usize>) -> Range<usize> {
    let end = plain.floor_char_boundary(range.end.min(range.start + STATEMENT_BYTES));
    range.start..end.max(range.start)
}

/// The first line that is not empty.
pub(crate) fn first_line(text: &str) -> &str {
    text.trim_start().lines().next().unwrap_or("").trim_end()
}

/// Up to the end of the first sentence or line.
pub(crate) fn first_sentence(text: &str) -> &str {
    let line = first_line(text);
    let mut previous = ' ';
    for (at, c) in line.char_indices() {
        let after = line[at + c.len_utf8()..].chars().next();
        let ends = matches!(c, '.' | '!' | '?' | ';') && after.is_none_or(char::is_whitespace);
        // "C. difficile", "E. coli", "A. The": one letter before the full stop is no sentence
        if ends && !(c == '.' && at <= 2 && previous.is_alphabetic()) {
            return &line[..at];
        }
        previous = c;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bodies(text: &str) -> Vec<(Tier, &str)> {
        statements(text).into_iter().map(|found| (found.tier, first_line(&text[found.body]))).collect()
    }

    #[test]
    fn tiers() {
        assert_eq!(bodies("so the answer is B."), [(Tier::Plain, "B.")]);
        assert_eq!(bodies("x\nAnswer: B"), [(Tier::Final, "B")]);
        assert_eq!(bodies("Answer: B\nso the answer is C"), [(Tier::Plain, "B"), (Tier::Plain, "C")]);
        assert_eq!(bodies("<answer>\nB\n</answer>"), [(Tier::Final, "B")]);
        assert_eq!(bodies("{\"answer\": \"B\"}"), [(Tier::Final, "B")]);
        assert_eq!(bodies("{\"answer\": 12.5}"), [(Tier::Final, "12.5")]);
    }

    #[test]
    fn a_repeated_cue_is_bounded() {
        assert_eq!(statements(&"answer: ".repeat(10_000)).len(), STATEMENTS);
    }
}
