//! The filters that recipes have beside Jinja's own. Each is pure and says what it could not read.

use minijinja::value::Value;
use minijinja::{Environment, Error, ErrorKind};

use crate::row::Row;

/// Adds the filters to an environment.
pub fn add(environment: &mut Environment<'static>) {
    environment.add_filter("number", number);
    environment.add_filter("iso_date", iso_date);
    environment.add_filter("optional", optional);
    environment.add_filter("answer_choices", answer_choices);
}

fn refused(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, what.into())
}

/// `"4"` → 4, `" 25.2"` → 25.2. Anything else is an error: a number that was misread would be a wrong key.
fn number(text: &Value) -> Result<Value, Error> {
    if text.is_number() {
        return Ok(text.clone());
    }
    let written = text.as_str().ok_or_else(|| refused("`number` reads text or a number"))?.trim();
    if let Ok(whole) = written.parse::<i64>() {
        return Ok(Value::from(whole));
    }
    match written.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(Value::from(number)),
        _ => Err(refused(format!("`{written}` is no number"))),
    }
}

/// `"9/23/2014"` (month/day/year) → `"2014-09-23"`.
fn iso_date(text: &str) -> Result<String, Error> {
    month_day_year(text).ok_or_else(|| refused(format!("`{text}` is no date written month/day/year")))
}

/// A date written month/day/year as `YYYY-MM-DD`.
pub fn month_day_year(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.trim().split('/').collect();
    let [month, day, year] = parts.as_slice() else { return None };
    let (month, day): (u8, u8) = (month.parse().ok()?, day.parse().ok()?);
    let whole = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
    (whole && (1..=12).contains(&month) && (1..=31).contains(&day)).then(|| format!("{year}-{month:02}-{day:02}"))
}

/// `row | optional("name")` is the field, or `none` where a record lacks it: the one way to ask for a field that may be missing.
fn optional(row: &Value, name: &str) -> Result<Value, Error> {
    let row = row.downcast_object_ref::<Row>().ok_or_else(|| refused("`optional` reads a record"))?;
    Ok(row.field(name).cloned().unwrap_or(Value::from(())))
}

/// A question that ends in `Answer Choices: (A) … (B) …` as its stem and its options, labels in alphabetical order.
fn answer_choices(text: &str) -> Result<Value, Error> {
    const MARK: &str = "Answer Choices:";
    let at = text.rfind(MARK).ok_or_else(|| refused(format!("no `{MARK}` in this text")))?;
    let (stem, mut rest) = (text[..at].trim(), text[at + MARK.len()..].trim());
    let mut options = Vec::new();
    for label in 'A'..='Z' {
        let Some(behind) = rest.strip_prefix(&format!("({label})")) else { break };
        // An option's own words may hold brackets, so the next option is the next letter in brackets and nothing else.
        let next = char::from_u32(u32::from(label) + 1).map(|next| format!(" ({next})"));
        let end = next.and_then(|next| behind.find(&next)).unwrap_or(behind.len());
        let fields = [("label", label.to_string()), ("text", behind[..end].trim().to_owned())];
        options
            .push(Value::from_object(Row::new(fields.map(|(name, text)| (name.to_owned(), Value::from(text))).into())));
        rest = behind[end..].trim_start();
    }
    if options.len() < 2 || !rest.is_empty() {
        return Err(refused(format!("no options (A), (B), … behind `{MARK}`")));
    }
    Ok(Value::from_object(Row::new(vec![
        ("stem".to_owned(), Value::from(stem)),
        ("options".to_owned(), Value::from(options)),
    ])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_split_at_the_next_letter() {
        let split = answer_choices("Why?\nAnswer Choices: (A) one (of two) (B) two (C) (D) three").unwrap();
        assert_eq!(split.get_attr("stem").unwrap().as_str(), Some("Why?"));
        let texts: Vec<String> = split
            .get_attr("options")
            .unwrap()
            .try_iter()
            .unwrap()
            .map(|option| format!("{}={}", option.get_attr("label").unwrap(), option.get_attr("text").unwrap()))
            .collect();
        assert_eq!(texts, ["A=one (of two)", "B=two", "C=", "D=three"]);
        assert!(answer_choices("no choices").is_err());
        assert!(answer_choices("Answer Choices: (A) only one").is_err());
    }

    #[test]
    fn numbers_and_dates_are_never_guessed() {
        assert_eq!(number(&Value::from(" -0.5 ")).unwrap(), Value::from(-0.5));
        assert!(number(&Value::from("NaN")).is_err());
        assert!(number(&Value::from("1,000")).is_err());
        assert_eq!(month_day_year("9/3/2014").as_deref(), Some("2014-09-03"));
        assert_eq!(month_day_year("23/9/2014"), None);
        assert_eq!(month_day_year("9/3/14"), None);
    }
}
