//! Numbers as people and models write them.

use std::sync::LazyLock;

use regex::Regex;

use super::unit::Unit;

/// A number found in a text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Number {
    /// Its value; meaningless when there is trouble.
    pub value: f64,
    /// Why it is no single number, for a reader.
    pub trouble: Option<&'static str>,
    /// The unit stated behind it.
    pub unit: Option<Unit>,
    /// Where it begins.
    pub start: usize,
    /// Where it ends, with its unit.
    pub end: usize,
}

const RANGE: &str = "a range is no single number";
const FRACTION: &str = "a fraction is not worked out";
const COMMA: &str = "the comma may mean thousands or decimals";
const GROUPS: &str = "the digits may be one number or several";
const TOO_LARGE: &str = "the number is too large";

static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[+-]?(?:[0-9][0-9,]*(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4}\b| ?[x*] ?10 ?\^ ?[({]?[+-]?[0-9]{1,3}[)}]?|\^[({]?[+-]?[0-9]{1,3}[)}]?)?")
        .expect("constant")
});

static BETWEEN: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?i)^ ?(?:-|~|to|or|through) ?$").expect("constant"));

/// All numbers of a plain text that stand for themselves: not those inside a word (`B12`), a unit (`1.73 m2`, `m^2`), an
/// adjective (`24-hour`) or behind `±`.
pub(crate) fn numbers(plain: &str) -> Vec<Number> {
    let mut found: Vec<Number> = Vec::new();
    for matched in NUMBER.find_iter(plain) {
        let before = plain[..matched.start()].chars().next_back();
        let text = matched.as_str().trim_end_matches(',');
        let signed = text.starts_with(['+', '-']);
        let mut start = matched.start();
        let end = start + text.len();
        let mut digits = text;
        if signed && before.is_some_and(|c| c.is_alphanumeric() || matches!(c, ')' | '%')) {
            if before.is_some_and(char::is_alphabetic) && found.last().is_none_or(|last| last.end != start) {
                continue; // COVID-19, T-4
            }
            // 5-10: a hyphen, not a minus
            start += 1;
            digits = &text[1..];
        } else if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '/' | '^' | '.' | '±' | '#')) {
            if before == Some('/') && found.last().is_some_and(|last| last.end + 1 == start) {
                let last = found.last_mut().expect("looked at above");
                if last.unit.is_none() {
                    last.trouble = Some(FRACTION);
                    last.end = end;
                }
            }
            if text.starts_with('.')
                && let Some(last) = found.last_mut()
            {
                last.trouble = Some(GROUPS); // 1.234.567
            }
            continue;
        } else if matches!(before, Some(',' | '.')) && plain[..start - 1].ends_with(|c: char| c.is_ascii_digit()) {
            if let Some(last) = found.last_mut() {
                last.trouble = Some(GROUPS);
            }
            continue;
        }
        if plain[..start].trim_end().ends_with('±')
            || plain[..start].ends_with("+/- ")
            || plain[..start].ends_with("+/-")
        {
            continue;
        }
        let rest = &plain[end..];
        let mut after = rest.chars();
        let (next, next_but_one) = (after.next(), after.next());
        let unit = Unit::behind_number(rest);
        let glued = next.is_some_and(|c| c.is_alphabetic() || c == '_');
        if (glued && unit.is_none()) || (next == Some('-') && next_but_one.is_some_and(char::is_alphabetic)) {
            continue; // 12th, 3x, 24-hour
        }
        let (value, mut trouble) = value_of(digits);
        if let Some(last) = found.last_mut()
            && BETWEEN.is_match(&plain[last.end..start + usize::from(signed && start == matched.start())])
        {
            last.trouble = Some(RANGE);
            trouble = Some(RANGE);
        } else if let Some(last) = found.last_mut()
            && plain[last.end..start].trim() == "and"
            && ends_with_between(&plain[..last.start])
        {
            last.trouble = Some(RANGE);
            trouble = Some(RANGE);
        }
        // 12 500, in plain spaces
        if let Some(last) = found.last_mut()
            && digits.len() >= 3
            && digits.bytes().take(3).all(|c| c.is_ascii_digit())
            && !digits.as_bytes().get(3).is_some_and(u8::is_ascii_digit)
            && plain.get(last.end..start) == Some(" ")
            && last.unit.is_none()
        {
            last.trouble = Some(GROUPS);
            trouble = Some(GROUPS);
        }
        let length = unit.as_ref().map_or(0, |(_, length)| *length);
        found.push(Number { value, trouble, unit: unit.map(|(unit, _)| unit), start, end: end + length });
    }
    found
}

fn ends_with_between(text: &str) -> bool {
    let text = text.trim_end();
    text.len()
        .checked_sub("between".len())
        .and_then(|at| text.get(at..))
        .is_some_and(|word| word.eq_ignore_ascii_case("between"))
}

fn value_of(text: &str) -> (f64, Option<&'static str>) {
    let power_at = text.find(['x', '*', '^']);
    let (mantissa, power) = match power_at {
        None => (text, None),
        Some(at) => {
            let digits = text[at..].rsplit('^').next().unwrap_or("");
            (text[..at].trim_end(), digits.trim_matches([' ', '(', ')', '{', '}']).parse::<i32>().ok())
        }
    };
    let grouped = mantissa.trim_start_matches(['+', '-']);
    if let Some((first, rest)) = grouped.split_once(',') {
        let whole = rest.split('.').next().unwrap_or("");
        let fits =
            (1..=3).contains(&first.len()) && !first.starts_with('0') && whole.split(',').all(|group| group.len() == 3);
        if !fits {
            return (0.0, Some(COMMA));
        }
    }
    let Ok(mantissa_value) = mantissa.replace(',', "").parse::<f64>() else { return (0.0, Some(TOO_LARGE)) };
    // 10^3 alone is a power; 1.2 x 10^3 a product with one
    let value = match (power, power_at) {
        (Some(power), Some(at)) if text[at..].starts_with('^') => mantissa_value.powi(power),
        // through text, so that 6.02 x 10^23 is the nearest number and not a rounded product
        (Some(power), _) => format!("{}e{power}", mantissa.replace(',', "")).parse().unwrap_or(f64::INFINITY),
        (None, _) => mantissa_value,
    };
    if value.is_finite() { (value, None) } else { (0.0, Some(TOO_LARGE)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<f64> {
        numbers(&crate::output::plain(text))
            .into_iter()
            .filter(|number| number.trouble.is_none())
            .map(|number| number.value)
            .collect()
    }

    #[test]
    fn spellings() {
        assert_eq!(values("1,234.5"), [1234.5]);
        assert_eq!(values("−3.2 and .5, then 7."), [-3.2, 0.5, 7.0]);
        assert_eq!(values("1.2e3 or so, 6.02 × 10²³, 10^-3"), [1200.0, 6.02e23, 0.001]);
        assert_eq!(values("BMI=24.3kg/m²"), [24.3]);
        assert_eq!(values("85 mL/min/1.73 m²"), [85.0]);
    }

    #[test]
    fn not_numbers() {
        assert_eq!(values("vitamin B12, COVID-19, a 24-hour urine, the 12th"), [0.0; 0]);
        assert_eq!(values("5-10 mg, 5 to 10, between 2 and 3, 120/80, 12,5, 1e999"), [0.0; 0]);
        assert_eq!(values("5 mg - 10 mg; 1 000 000; 1.234.567,8; 12 500.5"), [0.0; 0]);
    }
}
