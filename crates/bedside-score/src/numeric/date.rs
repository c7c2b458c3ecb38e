//! Calendar dates.
//!
//! Read are `2014-09-12`, `09/12/2014` (month first, as in the United States, unless the first number is above 12),
//! `12.09.2014` (day first), `September 12, 2014` and `12 September 2014`. A year of two digits is not read.

use std::sync::LazyLock;

use regex::{Captures, Regex};

/// A date as days since 1970-01-01 and as written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Date {
    /// Days since 1970-01-01.
    pub days: i64,
    /// `YYYY-MM-DD`.
    pub iso: String,
    /// Where it begins.
    pub start: usize,
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

static PATTERNS: LazyLock<[Regex; 5]> = LazyLock::new(|| {
    let month = "(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)";
    [
        r"\b([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})\b".to_owned(),
        r"\b([0-9]{1,2})\s*/\s*([0-9]{1,2})\s*/\s*([0-9]{4})\b".to_owned(),
        r"\b([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})\b".to_owned(),
        format!(r"(?i)\b{month}\.?\s+([0-9]{{1,2}})(?:st|nd|rd|th)?\s*,?\s+([0-9]{{4}})\b"),
        format!(r"(?i)\b([0-9]{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?{month}\.?\s*,?\s+([0-9]{{4}})\b"),
    ]
    .map(|pattern| Regex::new(&pattern).expect("constant"))
});

/// All dates, in the order they stand.
pub(crate) fn dates(plain: &str) -> Vec<Date> {
    let mut found = Vec::new();
    for (kind, pattern) in PATTERNS.iter().enumerate() {
        for captures in pattern.captures_iter(plain) {
            let part = |group: usize| captures.get(group).map_or("", |part| part.as_str());
            let (year, month, day) = match kind {
                0 => (part(1), number(part(2)), part(3)),
                1 if number(part(1)) > 12 => (part(3), number(part(2)), part(1)),
                1 => (part(3), number(part(1)), part(2)),
                2 => (part(3), number(part(2)), part(1)),
                3 => (part(3), month_of(&captures, 1), part(2)),
                _ => (part(3), month_of(&captures, 2), part(1)),
            };
            if let Some((days, iso)) = valid(number(year), month, number(day)) {
                found.push(Date { days, iso, start: captures.get_match().start() });
            }
        }
    }
    found.sort_by_key(|date| date.start);
    found
}

/// Reads a reference date, `YYYY-MM-DD` (or any spelling that is read in answers).
pub(crate) fn parse(text: &str) -> Option<Date> {
    dates(&crate::output::plain(text)).into_iter().next()
}

fn number(digits: &str) -> i64 {
    digits.parse().unwrap_or(0)
}

fn month_of(captures: &Captures<'_>, group: usize) -> i64 {
    let name = captures.get(group).map_or(String::new(), |part| part.as_str().to_lowercase());
    MONTHS.iter().zip(1..).find(|(month, _)| name.starts_with(*month)).map_or(0, |(_, position)| position)
}

fn valid(year: i64, month: i64, day: i64) -> Option<(i64, String)> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=length).contains(&day) || !(1..=9999).contains(&year) {
        return None;
    }
    // days from civil, after Howard Hinnant
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let of_era = shifted.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    Some((days, format!("{year:04}-{month:02}-{day:02}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_date() {
        for text in [
            "2014-09-12",
            "09/12/2014",
            "9/12/2014",
            "12.09.2014",
            "September 12, 2014",
            "Sept. 12th 2014",
            "12 September 2014",
            "12th of Sep, 2014",
        ] {
            assert_eq!(parse(text).map(|date| date.iso).as_deref(), Some("2014-09-12"), "{text}");
        }
        assert_eq!(parse("23/09/2014").map(|date| date.iso).as_deref(), Some("2014-09-23"));
    }

    #[test]
    fn the_calendar() {
        assert_eq!(parse("1970-01-01").map(|date| date.days), Some(0));
        assert_eq!(parse("2000-03-01").map(|date| date.days), Some(11_017)); // date -u -d 2000-03-01 +%s, by 86,400
        assert_eq!(parse("2024-02-29").map(|date| date.days), Some(19_782));
        for text in ["2023-02-29", "13/13/2014", "0000-01-01", "09/12/14"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
