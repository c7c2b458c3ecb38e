//! Numbers, dates and lengths of time, and knowing when none can be given.
//!
//! # Metrics
//!
//! `correct` *estimates* the share of cases in which the stated value lies within the item's limits, or in which the
//! system rightly gave none. `abstained` is the share in which it gave none, rightly or not: neither high nor low is good.
//!
//! *Assumes* that one value is the answer, and that the item's limits are clinically sensible. The limits `lower` and
//! `upper` of the item win, each inclusive; a side without one falls back on the tolerance of the scorer (the larger of
//! the relative and the absolute one); without either the value must be exact. Limits are widened by one part in a
//! thousand million, because 0.1 + 0.2 is not 0.3 in binary.
//!
//! *Misleads* where being near is not good enough or being far does no harm: it does not know the dose that kills.
//!
//! # What is read
//!
//! 1. the last final statement (`<answer>`, `\boxed`, JSON `answer`, "final answer:", a closing "Answer:"), else the
//!    last "the answer is …", else the last value of the text, unless a limit cut the text off before it stated an answer;
//! 2. behind `=` or `≈` where the statement has one; a range, a fraction, or `12,5` (thousands or decimals?) is not read;
//! 3. dates as `2014-09-12`, `09/12/2014` (month first unless the first number is above 12), `September 12, 2014`;
//! 4. with unit `days`, also "14 weeks 1 day".
//!
//! # Units
//!
//! Nothing is converted. Known spellings of one unit are the same (`mcg`, `µg`). A *different* unit beside the number is
//! wrong, whatever the number; no unit is accepted, because the question states it. Where the reference has no unit, none
//! is compared.
//!
//! # Abstaining
//!
//! A reference of `null` asks to abstain: right are "N/A", "cannot be determined", "insufficient information" and the
//! like, and a refusal. An empty output is a failure and abstains from nothing.

mod date;
mod number;
mod read;
mod unit;

use bedside_core::item::{NumericReference, NumericValue};

use crate::marked::{Marked, Unscorable, point, shortened};
use crate::output::Output;
use crate::refusal::refuses;
use read::{Asked, Read};
use unit::Unit;

/// Limits are widened by this share of themselves, at least this much.
const SLACK: f64 = 1e-9;

/// Largest accepted difference where the item sets no limits.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Tolerance {
    pub relative: f64,
    pub absolute: f64,
}

/// The key, checked.
struct Key {
    asked: Asked,
    lower: f64,
    upper: f64,
    unit: Option<Unit>,
    shown: String,
}

impl Key {
    fn new(reference: &NumericReference, tolerance: Tolerance) -> Result<Self, Unscorable> {
        let unit = Unit::named(&reference.unit);
        let is_date =
            matches!(reference.value, NumericValue::Date(_)) || reference.unit.trim().eq_ignore_ascii_case("date");
        let asked = match &unit {
            _ if is_date => Asked::Date,
            Some(unit) if unit.0 == "day" => Asked::Days,
            _ => Asked::Number,
        };
        let number = |value: &NumericValue| match value {
            NumericValue::Number(number) if !is_date && number.is_finite() => Ok(*number),
            NumericValue::Date(text) if is_date => date::parse(text)
                .map(|date| date.days as f64)
                .ok_or_else(|| Unscorable(format!("the key `{}` is no date", shortened(text)))),
            _ => Err(Unscorable("the key mixes numbers and dates".to_owned())),
        };
        let value = number(&reference.value)?;
        let margin = tolerance.absolute.max(tolerance.relative * value.abs());
        let lower = reference.lower.as_ref().map_or(Ok(value - margin), number)?;
        let upper = reference.upper.as_ref().map_or(Ok(value + margin), number)?;
        let shown = match &reference.value {
            NumericValue::Number(number) => format!("{number} {}", reference.unit).trim_end().to_owned(),
            NumericValue::Date(text) => text.clone(),
        };
        Ok(Self { asked, lower, upper, unit: if asked == Asked::Date { None } else { unit }, shown })
    }

    fn accepts(&self, value: f64) -> bool {
        let slack = |limit: f64| SLACK * limit.abs().max(1.0);
        value >= self.lower - slack(self.lower) && value <= self.upper + slack(self.upper)
    }
}

pub(crate) fn mark(
    reference: Option<&NumericReference>,
    tolerance: Tolerance,
    output: &Output<'_>,
    cut_off: bool,
) -> Result<Marked, Unscorable> {
    let key = reference.map(|reference| Key::new(reference, tolerance)).transpose()?;
    let read = match (&key, output.is_empty()) {
        (_, true) => return Ok(Marked::whole("The output is empty.", values(false, false))),
        (Some(key), _) => read::read(&output.plain, key.asked, cut_off),
        // any value would show that it did not abstain, and a date is a broken number
        (None, _) => {
            match (read::read(&output.plain, Asked::Number, cut_off), read::read(&output.plain, Asked::Date, cut_off)) {
                (Read::Nothing | Read::Unclear(_), date @ Read::Value { .. }) => date,
                (number, _) => number,
            }
        }
    };
    if matches!(read, Read::Nothing | Read::Unclear(_)) && refuses(&output.plain) {
        let why = if key.is_none() {
            "The system declined to answer, and no value can be given here."
        } else {
            "The system declined to answer."
        };
        return Ok(Marked::refused(why, values(key.is_none(), true)));
    }
    Ok(match (read, key) {
        (Read::Nothing, _) => Marked::unparsed("No value could be read from the answer.", values(false, false)),
        (Read::Unclear(why), _) => {
            Marked::unparsed(format!("No single value could be read from the answer: {why}."), values(false, false))
        }
        (Read::Abstained, None) => {
            Marked::read("no value", "The system gave no value, and none can be given here.", values(true, true))
        }
        (Read::Abstained, Some(key)) => Marked::read(
            "no value",
            format!("The system gave no value; the key is {}.", key.shown),
            values(false, true),
        ),
        (Read::Value { shown, .. }, None) => {
            Marked::read(&shown, format!("The answer gives {shown} where no value can be given."), values(false, false))
        }
        (Read::Value { value, unit, shown }, Some(key)) => judged(value, unit.as_ref(), &shown, &key),
    })
}

fn judged(value: f64, unit: Option<&Unit>, shown: &str, key: &Key) -> Marked {
    let shown = shortened(shown);
    if let (Some(stated), Some(asked)) = (unit, &key.unit)
        && stated != asked
    {
        let why = format!("The unit differs: {} is stated, {} is asked; nothing is converted.", stated.0, asked.0);
        return Marked::read(&shown, why, values(false, false));
    }
    let right = key.accepts(value);
    let why = if right {
        format!("{shown} is accepted; the key is {}.", key.shown)
    } else {
        format!("{shown} is not accepted; the key is {}.", key.shown)
    };
    Marked::read(&shown, why, values(right, false))
}

fn values(correct: bool, abstained: bool) -> Vec<(&'static str, f64)> {
    vec![("correct", point(correct)), ("abstained", point(abstained))]
}
