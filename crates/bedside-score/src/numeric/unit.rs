//! Units: which spellings mean the same one. Nothing is ever converted.
//!
//! The table is long on purpose. A unit that is not in it is no unit to us: "5 points lower" states none but points.

use std::sync::LazyLock;

use regex::Regex;

/// Spellings of one unit, the canonical one first.
const SPELLINGS: &[&[&str]] = &[
    // mass
    &["kg", "kgs", "kilogram", "kilograms", "kilo", "kilos"],
    &["g", "gm", "gms", "gram", "grams"],
    &["mg", "mgs", "milligram", "milligrams"],
    &["mcg", "ug", "µg", "microgram", "micrograms"],
    &["ng", "nanogram", "nanograms"],
    &["pg", "picogram", "picograms"],
    &["lb", "lbs", "pound", "pounds"],
    &["oz", "ounce", "ounces"],
    // volume
    &["l", "liter", "liters", "litre", "litres"],
    &["dl", "deciliter", "deciliters", "decilitre", "decilitres"],
    &["ml", "mls", "cc", "ccs", "milliliter", "milliliters", "millilitre", "millilitres"],
    &["ul", "µl", "microliter", "microliters", "microlitre", "microlitres"],
    &["fl"],
    // amount
    &["mol", "mole", "moles"],
    &["mmol", "mmols", "millimole", "millimoles"],
    &["umol", "µmol", "micromol", "micromole", "micromoles"],
    &["nmol", "nanomole", "nanomoles"],
    &["pmol", "picomole", "picomoles"],
    &["meq", "milliequivalent", "milliequivalents"],
    &["mosm", "mosmol", "milliosmole", "milliosmoles"],
    // a unit of insulin or of an enzyme is an international unit
    &["unit", "u", "units", "iu", "ius"],
    // length
    &["mm", "millimeter", "millimeters", "millimetre", "millimetres"],
    &["cm", "centimeter", "centimeters", "centimetre", "centimetres"],
    &["m", "meter", "meters", "metre", "metres"],
    &["ft", "foot", "feet"],
    &["inch", "inches"],
    // time
    &["ms", "msec", "msecs", "millisecond", "milliseconds"],
    &["s", "sec", "secs", "second", "seconds"],
    &["min", "mins", "minute", "minutes"],
    &["h", "hr", "hrs", "hour", "hours"],
    &["day", "d", "days"],
    &["week", "wk", "wks", "weeks"],
    &["month", "mo", "mos", "months"],
    &["year", "y", "yr", "yrs", "years"],
    // pressure, rates, temperature, shares, scores
    &["mmhg"],
    &["cmh2o"],
    &["kpa"],
    &["bpm", "beat/min", "beats/min", "beats/minute", "beat/minute"],
    &["breath/min", "breaths/min", "breaths/minute"],
    &["°c", "celsius", "°celsius", "degc"],
    &["°f", "fahrenheit", "°fahrenheit", "degf"],
    &["%", "percent", "pct"],
    &["point", "points", "pt", "pts"],
    // parts that stand below a fraction line
    &["1.73m2"],
    &["m2", "sqm"],
    &["kcal", "kilocalorie", "kilocalories", "calories", "calorie"],
    &["cell", "cells"],
    &["drop", "drops", "gtt", "gtts"],
    &["dose", "doses"],
];

/// A unit in one spelling, such as `mg/dl`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unit(pub String);

impl Unit {
    /// The unit that a reference names. One that is not in the table is taken as written, in lower case.
    pub fn named(text: &str) -> Option<Self> {
        let text = crate::output::plain(text);
        if text.is_empty() {
            return None;
        }
        Some(leading(&text).map_or_else(|| Self(text.to_lowercase().replace(' ', "")), |(unit, _)| unit))
    }

    /// The unit that stands behind a number, and how many bytes of `rest` it takes.
    pub fn behind_number(rest: &str) -> Option<(Self, usize)> {
        let gap = rest.len() - rest.trim_start_matches([' ', '-']).len();
        if gap > 1 {
            return None;
        }
        leading(&rest[gap..]).map(|(unit, length)| (unit, gap + length))
    }
}

static ATOMS: LazyLock<Regex> = LazyLock::new(|| {
    let atom = r"(?:%|° ?[A-Za-z]+|[A-Za-zµ]+(?:H2O)?)(?:\^?-?[0-9]\b)?";
    let below = format!(r"(?: ?/ ?| per )(?:1\.73 ?)?{atom}");
    Regex::new(&format!(r"^{atom}(?:{below})*")).expect("constant")
});

fn leading(text: &str) -> Option<(Unit, usize)> {
    let mut end = 0;
    while end < text.len() && end < 64 {
        end = text.ceil_char_boundary(end + 1);
    }
    let window = &text[..end];
    // names of two words, before the pattern sees the space
    for (spelled, canonical) in [
        ("mm Hg", "mmhg"),
        ("mm of Hg", "mmhg"),
        ("cm H2O", "cmh2o"),
        ("beats per minute", "bpm"),
        ("breaths per minute", "breath/min"),
        ("degrees Celsius", "°c"),
        ("degrees Fahrenheit", "°f"),
        ("degrees C", "°c"),
        ("degrees F", "°f"),
        ("square meters", "m2"),
        ("square metres", "m2"),
        ("international units", "unit"),
    ] {
        if window.get(..spelled.len()).is_some_and(|start| start.eq_ignore_ascii_case(spelled))
            && !window[spelled.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '/')
        {
            return Some((Unit(canonical.to_owned()), spelled.len()));
        }
    }
    let found = ATOMS.find(window)?.as_str();
    let lower = found.to_lowercase().replace(" per ", "/").replace([' ', '^'], "");
    if let Some(whole) = canonical(&lower) {
        return Some((Unit(whole.to_owned()), found.len()));
    }
    let mut parts = lower.split('/');
    let first = canonical(parts.next()?)?;
    let mut unit = first.to_owned();
    for part in parts {
        unit.push('/');
        unit.push_str(canonical(part).unwrap_or(part));
    }
    Some((Unit(unit), found.len()))
}

fn canonical(spelling: &str) -> Option<&'static str> {
    SPELLINGS.iter().find(|spellings| spellings.contains(&spelling)).map(|spellings| spellings[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(text: &str) -> Option<String> {
        Unit::named(text).map(|unit| unit.0)
    }

    #[test]
    fn synonyms() {
        for (one, other) in [
            ("mcg", "µg"),
            ("micrograms", "ug"),
            ("mL/min/1.73 m²", "ml/min/1.73m^2"),
            ("kg/m²", "kg / m^2"),
            ("beats/min", "bpm"),
            ("mm Hg", "mmHg"),
            ("mg per dL", "mg/dL"),
            ("IU/L", "U/L"),
            ("°C", "degrees Celsius"),
        ] {
            assert_eq!(unit(one), unit(other), "{one}");
        }
    }

    #[test]
    fn never_the_same() {
        for (one, other) in [("mg", "mcg"), ("mg/dL", "mmol/L"), ("mg/dL", "g/dL"), ("mEq/L", "mmol/L"), ("%", "")] {
            assert_ne!(unit(one), unit(other), "{one}");
        }
    }

    #[test]
    fn words_are_no_units() {
        assert_eq!(Unit::behind_number(" and then"), None);
        assert_eq!(Unit::behind_number(" (high)"), None);
        assert_eq!(Unit::behind_number(" mg daily").map(|(unit, _)| unit.0).as_deref(), Some("mg"));
        assert_eq!(Unit::behind_number("°C").map(|(unit, _)| unit.0).as_deref(), Some("°c"));
        assert_eq!(Unit::behind_number("%.").map(|(unit, _)| unit.0).as_deref(), Some("%"));
    }
}
