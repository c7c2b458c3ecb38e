//! What value an output states: a number, a date, a length of time, or that none can be given.

use std::sync::LazyLock;

use regex::Regex;

use super::date;
use super::number::{Number, numbers};
use super::unit::Unit;
use crate::statement::{self, first_line, first_sentence};

/// What kind of value is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Number,
    /// A number of days, which may be written in weeks and days.
    Days,
    Date,
}

/// What was read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Read {
    Value {
        value: f64,
        unit: Option<Unit>,
        shown: String,
    },
    Abstained,
    /// Something is stated that is not one value, and why.
    Unclear(&'static str),
    Nothing,
}

static ABSTAINS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)\b(?:(?:cannot|can't|can not|could not|couldn't) be (?:\w+ly )?(?:determined|calculated|computed|estimated|assessed|derived|answered|established|obtained|evaluated)",
        r"|(?:cannot|can't|can not|could not|couldn't|unable to|not able to|impossible to|not possible to) (?:be able to )?(?:\w+ly )?(?:determine|calculate|compute|estimate|assess|derive|establish|evaluate)",
        r"|(?:insufficient|inadequate|not enough|lack of|missing) (?:\w+ ){0,2}(?:information|data|details)",
        r"|(?:information|data|value|values) (?:provided |given )?(?:is|are) (?:insufficient|inadequate|not sufficient|not enough|missing|not (?:provided|available|given))",
        r"|not (?:calculable|computable|determinable))\b|\bn/a\b"
    ))
    .expect("constant")
});

/// Words that abstain when they are the whole of a stated answer.
const ABSTAINING_WORDS: &[&str] = &[
    "n/a",
    "na",
    "none",
    "null",
    "nan",
    "unknown",
    "abstain",
    "i abstain",
    "not applicable",
    "not available",
    "undetermined",
    "indeterminate",
    "undefined",
    "no answer",
];

/// Reads an output: the last final statement, else the last plain one, else the prose.
pub(crate) fn read(plain: &str, asked: Asked, cut_off: bool) -> Read {
    let mut statements = statement::statements(plain);
    statements.sort_by_key(|found| (found.tier, found.body.start));
    for found in statements.iter().rev() {
        let body = &plain[found.body.clone()];
        let read = if found.enclosed { enclosed(body, asked) } else { following(first_sentence(body), asked) };
        if read != Read::Nothing {
            return read;
        }
    }
    match prose(plain, asked) {
        // the last number of unfinished working is no answer, and crediting it would reward luck
        Read::Value { .. } if cut_off => Read::Unclear("a limit cut it off before it stated an answer"),
        read => read,
    }
}

/// Only the answer should stand here: two different values are none.
fn enclosed(body: &str, asked: Asked) -> Read {
    let body = body.trim();
    match abstention_or_value(body, asked) {
        Read::Nothing if body.is_empty() => Read::Nothing,
        Read::Nothing => prose(body, asked),
        Read::Value { value, unit, shown } if asked == Asked::Number => {
            let (start, _) = result_part(body);
            let different = numbers(&without_parentheses(&body[start..]))
                .iter()
                .any(|number| number.trouble.is_none() && !same(number.value, value));
            if different {
                Read::Unclear("more than one number is given as the answer")
            } else {
                Read::Value { value, unit, shown }
            }
        }
        read => read,
    }
}

/// The first value behind "the answer is".
fn following(sentence: &str, asked: Asked) -> Read {
    abstention_or_value(sentence, asked)
}

/// Whichever stands first: a phrase that declines to give a value, or a value.
fn abstention_or_value(text: &str, asked: Asked) -> Read {
    let bare = text.trim().trim_matches(['"', '\'', '.', '(', ')', '[', ']', '{', '}', ' ']).to_lowercase();
    if ABSTAINING_WORDS.contains(&bare.as_str()) {
        return Read::Abstained;
    }
    let (start, equals) = result_part(text);
    let value = first_value(&text[start..], asked);
    let abstains = ABSTAINS.find(text).map(|found| found.start());
    match (abstains, &value) {
        (Some(_), None) => Read::Abstained,
        (Some(at), Some((value_at, _))) if !equals && at < start + value_at => Read::Abstained,
        (_, Some((_, read))) => read.clone(),
        (None, None) => Read::Nothing,
    }
}

/// Prose without a stated answer: the last value, unless it also says that none can be given.
fn prose(plain: &str, asked: Asked) -> Read {
    let last = last_value(plain, asked);
    let Some(abstains) = ABSTAINS.find_iter(plain).last() else { return last.map_or(Read::Nothing, |(_, read)| read) };
    let line_end = plain[abstains.end()..].find('\n').map_or(plain.len(), |at| abstains.end() + at);
    let sentence_end = abstains.start() + first_sentence(&plain[abstains.start()..line_end]).len();
    match last {
        Some((at, _)) if at > sentence_end => Read::Unclear("it declines to give a value and then gives one"),
        _ => Read::Abstained,
    }
}

/// Where the result begins: behind the last `=` or `≈` of the first line, if a number follows it.
fn result_part(text: &str) -> (usize, bool) {
    let line_start = text.len() - text.trim_start().len();
    let line = first_line(text);
    let digit = line.rfind(|c: char| c.is_ascii_digit()).unwrap_or(0);
    if let Some((at, sign)) = line[..digit].rmatch_indices(['=', '≈']).next() {
        return (line_start + at + sign.len(), true);
    }
    (0, false)
}

fn first_value(text: &str, asked: Asked) -> Option<(usize, Read)> {
    match asked {
        Asked::Date => {
            let found = date::dates(text);
            let first = found.first()?;
            let one = found.iter().all(|other| other.days == first.days);
            Some((
                first.start,
                if one { of_date(first) } else { Read::Unclear("more than one date is given as the answer") },
            ))
        }
        Asked::Days => weeks_and_days(text)
            .into_iter()
            .next()
            .or_else(|| numbers(text).first().map(|number| (number.start, of_days(number)))),
        Asked::Number => numbers(text).first().map(|number| (number.start, of_number(text, number))),
    }
}

fn last_value(text: &str, asked: Asked) -> Option<(usize, Read)> {
    match asked {
        Asked::Date => date::dates(text).last().map(|date| (date.start, of_date(date))),
        Asked::Days => {
            let span = weeks_and_days(text).into_iter().next_back();
            let number = numbers(text).last().map(|number| (number.start, number.end, of_days(number)));
            match (span, number) {
                // the last number may be the "1" of "14 weeks 1 day"
                (Some((at, read)), Some((start, _, _))) if start <= at + SPAN_BYTES => Some((at, read)),
                (_, Some((start, _, read))) => Some((start, read)),
                (span, None) => span,
            }
        }
        Asked::Number => {
            let all = numbers(text);
            let last = last_outside_parentheses(text, &all).or(all.last())?;
            Some((last.start, of_number(text, last)))
        }
    }
}

/// "24.3 (rounded from 24.28)".
fn last_outside_parentheses<'n>(text: &str, all: &'n [Number]) -> Option<&'n Number> {
    static ASIDE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\([^()]*\)").expect("constant"));
    let asides: Vec<_> = ASIDE.find_iter(text).map(|found| found.range()).collect();
    all.iter().rev().find(|number| {
        let before = asides.partition_point(|aside| aside.start <= number.start);
        before == 0 || !asides[before - 1].contains(&number.start)
    })
}

fn of_date(date: &date::Date) -> Read {
    Read::Value { value: date.days as f64, unit: None, shown: date.iso.clone() }
}

fn of_number(text: &str, number: &Number) -> Read {
    match number.trouble {
        Some(trouble) => Read::Unclear(trouble),
        None => Read::Value {
            value: number.value,
            unit: number.unit.clone(),
            shown: text[number.start..number.end].trim().to_owned(),
        },
    }
}

fn of_days(number: &Number) -> Read {
    let Number { value, trouble: None, unit, .. } = number else { return Read::Unclear(number.trouble.unwrap_or("")) };
    match unit.as_ref().map(|unit| unit.0.as_str()) {
        None | Some("day") => Read::Value { value: *value, unit: None, shown: format!("{value} days") },
        Some("week") => Read::Value { value: 7.0 * value, unit: None, shown: format!("{value} weeks") },
        Some(_) => Read::Value {
            value: *value,
            unit: unit.clone(),
            shown: format!("{value} {}", unit.as_ref().map_or("", |unit| &unit.0)),
        },
    }
}

/// The longest spelling of weeks and days.
const SPAN_BYTES: usize = 48;

/// "14 weeks 1 day", "14w1d", "('14 weeks', '1 days')", "14+1 weeks".
fn weeks_and_days(text: &str) -> Vec<(usize, Read)> {
    static SPAN: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(concat!(
            r#"(?i)\b([0-9]{1,4}) ?-?(?:weeks?|wks?|w)[\s,'"&+]{0,6}(?:and\b)?[\s'"+]{0,6}([0-9]{1,4}) ?-?(?:days?|d)\b"#,
            r"|\b([0-9]{1,4}) ?\+ ?([0-6]) ?(?:weeks?|wks?)\b"
        ))
        .expect("constant")
    });
    SPAN.captures_iter(text)
        .filter_map(|found| {
            let part = |first: usize, second: usize| {
                found.get(first).or_else(|| found.get(second))?.as_str().parse::<u32>().ok()
            };
            let (weeks, days) = (part(1, 3)?, part(2, 4)?);
            let shown = format!("{weeks} weeks {days} days");
            Some((found.get_match().start(), Read::Value { value: f64::from(7 * weeks + days), unit: None, shown }))
        })
        .collect()
}

fn without_parentheses(text: &str) -> String {
    let mut depth = 0_usize;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            c if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out
}

fn same(left: f64, right: f64) -> bool {
    (left - right).abs() <= 1e-9 * left.abs().max(right.abs()).max(1.0)
}
