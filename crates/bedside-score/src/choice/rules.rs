//! The extraction rules. Each is by itself a published way of reading, except [`as_read`], which is ours.

use std::sync::LazyLock;

use bedside_core::observation::OptionLogprob;
use regex::Regex;

use super::options::{Found, Options};
use crate::limits::STATEMENTS;
use crate::output::Output;
use crate::statement::{self, Tier, first_sentence, following};

/// The whole output, but for white space and case, is a label or the words of an option.
pub(super) fn exact(options: &Options, output: &Output<'_>) -> Found {
    let text = output.raw.to_lowercase();
    Found::agree(options.entries.iter().enumerate().filter_map(|(at, entry)| {
        (text == entry.label.to_lowercase() || (!text.is_empty() && text == entry.text_lower)).then_some(Found::One(at))
    }))
}

/// The output begins with a label that a punctuation mark, a line end or the option's words end.
pub(super) fn first_letter(options: &Options, output: &Output<'_>) -> Found {
    options.label_only(&output.plain)
}

/// The published format of a machine reader: the last line that begins with the prefix holds one label and nothing else.
pub(super) fn published(options: &Options, output: &Output<'_>, prefix: &str) -> Found {
    let given = output.plain.lines().rev().find_map(|line| line.trim().strip_prefix(prefix)).map(str::trim);
    given
        .and_then(|given| options.entries.iter().position(|entry| entry.label == given))
        .map_or(Found::Nothing, Found::One)
}

/// The last statement of an answer.
pub(super) fn stated(options: &Options, output: &Output<'_>) -> Found {
    statements(options, &output.plain).last().map_or(Found::Nothing, |(_, _, found)| *found)
}

/// The words of the option called `key` stand somewhere in the output: `None` when no option's words do.
pub(super) fn mentions(options: &Options, output: &Output<'_>, key: usize) -> Option<bool> {
    let text = output.raw.to_lowercase();
    let stands = |at: usize| {
        let entry = &options.entries[at];
        !entry.text_lower.is_empty() && text.contains(&entry.text_lower)
    };
    (0..options.entries.len()).any(stands).then(|| stands(key))
}

/// The option whose label the system finds most likely; nothing on a tie.
pub(super) fn logprob(options: &Options, logprobs: &[OptionLogprob]) -> Found {
    let mut best: Option<(usize, f64)> = None;
    let mut tied = false;
    for (at, entry) in options.entries.iter().enumerate() {
        let of_label = logprobs.iter().filter(|given| given.label.trim() == entry.label && !given.logprob.is_nan());
        let Some(value) = of_label.map(|given| given.logprob).reduce(f64::max) else { continue };
        match best {
            Some((_, top)) if value < top => {}
            Some((_, top)) if value.total_cmp(&top).is_eq() => tied = true,
            _ => (best, tied) = (Some((at, value)), false),
        }
    }
    best.filter(|_| !tied).map_or(Found::Nothing, |(at, _)| Found::One(at))
}

/// As a careful person would read it.
///
/// 1. The statements of an answer; where one is final, only the final ones; not those taken back ("wait", "correction").
///    They must agree. A first line that is nothing but an option is a statement, too.
/// 2. The whole output, or a label at its very start, unless other lines begin with other labels.
/// 3. A last line that is nothing but an option.
/// 4. The one option that is mentioned at all, if it is not denied.
pub(super) fn as_read(options: &Options, output: &Output<'_>) -> Found {
    let plain = output.plain.as_str();
    let listed = lists_options(options, plain);
    let whole = options.whole(plain);
    let mut stated = statements(options, plain);
    let first_line = statement::first_line(plain);
    if !listed && plain.len() > first_line.len() {
        let found = options.whole(first_line);
        if found != Found::Nothing {
            stated.insert(0, (first_line.len(), Tier::Plain, found));
        }
    }
    let stated = not_taken_back(plain, statement::strongest(stated, |(_, tier, _)| *tier));
    Found::agree(stated)
        .or_else(|| whole)
        .or_else(|| {
            if listed {
                return Found::Nothing;
            }
            let last = plain.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("");
            Found::agree([leading(options, plain), options.whole(last)])
        })
        .or_else(|| mentioned(options, plain))
}

/// A label at the start, or the words of an option if nothing but a reason follows.
fn leading(options: &Options, plain: &str) -> Found {
    options.whole(first_sentence(plain)).or_else(|| {
        let found = options.at_start(plain);
        let by_label = options.label_only(plain);
        // the words of an option at the start of prose are a mention, no answer: "Aspirin is contraindicated"
        if by_label == Found::Nothing || found == by_label { by_label } else { Found::Nothing }
    })
}

/// Whether two lines begin with different labels: the options are gone through, or repeated.
fn lists_options(options: &Options, plain: &str) -> bool {
    let mut first = None;
    plain.lines().any(|line| {
        let line = line.trim_start_matches([' ', '(', '-', '[']);
        let Some((label, _)) = options.label_at_start(&line[..line.floor_char_boundary(256)]) else { return false };
        *first.get_or_insert(label) != label
    })
}

/// Firm cues of choice items, beside those of every kind of task. What follows may go on.
static STRONG: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)\bI(?:'d| would|'ll| will)?(?: have to)? (?:choose|pick|select|go with|opt for|vote for)\s*:?\s*",
        r"|\b(?:correct|best|right|most likely|most appropriate)(?: [a-z'-]+){0,8} (?:is|would be):?\s+",
        r"|\b(?:correct|best|right) (?:option|choice|letter):\s*",
    ))
    .expect("constant")
});

/// Cues behind which nothing but an option may stand up to the end of the sentence.
static WEAK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)\b(?:so|therefore|thus|hence|consequently|but|I think|I believe|I say)\b[,:]?\s+(?:rather |that |it is |it's |it must be |this is |that leaves |the answer is )?",
        r"|\b(?:it is|it's|it must be|leaves|leaving|diagnosis is|answer|verdict|conclusion)\b:?\s+",
    ))
    .expect("constant")
});

/// "B is correct".
static SUFFIX: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)[ )\]'.](?:is|would be|must be)\s+(?:clearly |definitely |therefore |indeed |thus |probably )?(?:the )?(?:(?:single|most|only) )?(?:best|correct|right|likely|appropriate|accurate|answer)\b")
        .expect("constant")
});

/// Statements of an answer: where they end to be looked for a change of mind, their tier, and the option.
fn statements(options: &Options, plain: &str) -> Vec<(usize, Tier, Found)> {
    let mut found: Vec<(usize, Tier, Found)> = Vec::new();
    for statement in statement::statements(plain) {
        let body = &plain[statement.body.clone()];
        let option = if statement.enclosed {
            options.whole(body).or_else(|| options.at_start(body))
        } else {
            stated_at(options, body)
        };
        found.push((statement.body.start, statement.tier, option));
    }
    for (cue, whole_only) in [(&*STRONG, false), (&*WEAK, true)] {
        for matched in last_of(cue.find_iter(plain)) {
            let body = &plain[following(plain, matched.end())];
            let option = if whole_only { alone(options, body) } else { stated_at(options, body) };
            found.push((matched.end(), Tier::Plain, option));
        }
    }
    for matched in last_of(SUFFIX.find_iter(plain)) {
        found.push((matched.start(), Tier::Plain, called_right(options, &plain[..=matched.start()])));
    }
    found.retain(|(_, _, option)| *option != Found::Nothing);
    found.sort_by_key(|(at, tier, _)| (*at, *tier));
    found
}

fn stated_at(options: &Options, body: &str) -> Found {
    options
        .whole(statement::first_line(body))
        .or_else(|| options.whole(first_sentence(body)))
        .or_else(|| options.at_start(body))
}

/// An option with nothing else in its sentence but a reason.
fn alone(options: &Options, body: &str) -> Found {
    let sentence = first_sentence(body);
    options.whole(sentence).or_else(|| {
        let reason = [" because", " since", " due to"].iter().filter_map(|word| sentence.find(word)).min();
        reason.map_or(Found::Nothing, |at| options.whole(&sentence[..at]))
    })
}

fn last_of<'t>(matches: impl Iterator<Item = regex::Match<'t>>) -> Vec<regex::Match<'t>> {
    let mut all: Vec<_> = matches.collect();
    all.split_off(all.len().saturating_sub(STATEMENTS))
}

/// The option that stands right before "is correct", unless it is denied or supposed.
fn called_right(options: &Options, before: &str) -> Found {
    static DENIED: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)\b(?:not|nor|neither|no|if|whether|unless|why|suppose|although)\s+(?:that\s+)?(?:option|choice|answer)?\W*$").expect("constant")
    });
    let start = before.ceil_char_boundary(before.len().saturating_sub(1024));
    let window = &before[start..];
    let clause_at = window.rfind(['\n', ';', '!', '?']).map_or(0, |at| at + 1);
    let clause = window[clause_at..].trim_end_matches([' ', ')', ']', '"', '\'', '.']);
    let sentence_at = clause.rfind(". ").map_or(0, |at| at + 2);
    for clause in [&clause[sentence_at..], clause] {
        let found = options.whole(clause);
        if found != Found::Nothing {
            return found;
        }
    }
    let lower = clause.to_lowercase();
    Found::agree(options.entries.iter().enumerate().filter_map(|(at, entry)| {
        let label = entry.label.to_lowercase();
        let rest = lower.strip_suffix(label.as_str())?;
        let free = rest.is_empty() || rest.ends_with(|c: char| !c.is_alphanumeric() && c != '-' && c != '\'');
        let as_written = clause.get(rest.len()..) == Some(entry.label.as_str());
        (free && as_written && !DENIED.is_match(rest)).then_some(Found::One(at))
    }))
}

/// Statements before a change of mind fall away.
fn not_taken_back(plain: &str, stated: Vec<(usize, Tier, Found)>) -> Vec<Found> {
    static CHANGED: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)\b(?:wait|correction|on second thoughts?|on reflection|scratch that|i was wrong|i made (?:a|an) (?:mistake|error)|let me (?:re|correct)|actually,|i take that back)").expect("constant")
    });
    let Some(changed) = CHANGED.find_iter(plain).last().map(|found| found.start()) else {
        return stated.into_iter().map(|(_, _, found)| found).collect();
    };
    let after = stated.iter().filter(|(at, _, _)| *at > changed).count();
    let keep = if after == 0 { stated.len() } else { after };
    let skip = stated.len() - keep;
    stated.into_iter().skip(skip).map(|(_, _, found)| found).collect()
}

/// The one option that is mentioned, by its words or as "option B", and not denied.
fn mentioned(options: &Options, plain: &str) -> Found {
    super::mention::mentioned(options, plain)
}
