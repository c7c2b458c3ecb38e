//! A user's mistake: what, where in *their* file, why, and what to try. Collected, so that all are shown at once.

use std::fmt::{self, Write as _};

use serde_json::{Value, json};

use crate::limits;
use crate::shown::Shown;

/// Where in a user's file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Path as the user knows it.
    pub file: String,
    /// Line, from 1.
    pub line: Option<usize>,
    /// Column in characters, from 1.
    pub column: Option<usize>,
    /// Characters to underline.
    pub width: usize,
    /// The line itself.
    pub text: String,
}

impl Place {
    /// A whole file.
    pub fn file(file: impl Into<String>) -> Self {
        Self { file: file.into(), ..Self::default() }
    }

    /// The place of a byte range in a text.
    pub fn in_text(file: impl Into<String>, text: &str, span: std::ops::Range<usize>) -> Self {
        let start = floor_boundary(text, span.start.min(text.len()));
        let before = &text[..start];
        let line_start = before.rfind('\n').map_or(0, |position| position + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |position| start + position);
        let end = floor_boundary(text, span.end.clamp(start, line_end));
        Self {
            file: file.into(),
            line: Some(before.matches('\n').count() + 1),
            column: Some(text[line_start..start].chars().count() + 1),
            width: text[start..end].chars().count().max(1),
            text: text[line_start..line_end].trim_end_matches('\r').to_owned(),
        }
    }
}

fn floor_boundary(text: &str, mut index: usize) -> usize {
    while !text.is_char_boundary(index) {
        index -= 1;
    }
    index
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// A stable word for programs, such as `unknown_key`.
    pub code: &'static str,
    /// What is wrong.
    pub what: String,
    /// Where.
    pub place: Option<Box<Place>>,
    /// Why it is wrong: stands beside the underlining.
    pub why: Option<String>,
    /// What to try.
    pub hint: Option<String>,
}

impl Problem {
    /// A problem without a place yet.
    pub fn new(code: &'static str, what: impl Into<String>) -> Self {
        Self { code, what: what.into(), place: None, why: None, hint: None }
    }

    /// The same problem, placed.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(Box::new(place));
        self
    }

    /// The same problem with its reason.
    #[must_use]
    pub fn because(mut self, why: impl Into<String>) -> Self {
        self.why = Some(why.into());
        self
    }

    /// The same problem with a remedy.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same problem with "did you mean …" when one of the names is near, else the names there are.
    #[must_use]
    pub fn suggest<'a>(self, given: &str, names: impl IntoIterator<Item = &'a str>) -> Self {
        let names: Vec<&str> = names.into_iter().collect();
        if let Some(name) = nearest(given, names.iter().copied()) {
            return self.hint(format!("did you mean `{name}`?"));
        }
        if names.is_empty() || names.len() > 24 {
            return self;
        }
        self.hint(format!("one of: {}", names.join(", ")))
    }

    /// The shape that `--format json` prints on stderr.
    pub fn to_json(&self) -> Value {
        let place = self.place.as_ref();
        let message = match &self.why {
            Some(why) => format!("{}: {why}", self.what),
            None => self.what.clone(),
        };
        json!({
            "code": self.code,
            "message": message,
            "file": place.map(|place| &place.file),
            "line": place.and_then(|place| place.line),
            "column": place.and_then(|place| place.column),
            "hint": self.hint,
        })
    }
}

/// Long lines are shown around the mistake.
const SHOWN_WIDTH: usize = 100;

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", Shown::block(&self.what))?;
        if let Some(place) = &self.place {
            write!(f, "\n  ┌ {}", Shown::line(&place.file))?;
            if let Some(line) = place.line {
                write!(f, ":{line}")?;
            }
            if let Some(column) = place.column {
                write!(f, ":{column}")?;
                let skip = column.saturating_sub(SHOWN_WIDTH / 2);
                let window: String = place.text.chars().skip(skip).take(SHOWN_WIDTH).collect();
                let window = Shown::line(&window.replace('\t', " ")).to_string();
                let prefix = if skip > 0 { "…" } else { "" };
                let underline = "^".repeat(place.width.min(SHOWN_WIDTH - (column - skip).min(SHOWN_WIDTH - 1)).max(1));
                write!(
                    f,
                    "\n  │ {prefix}{window}\n  │ {}{underline}",
                    " ".repeat(column - 1 - skip + prefix.chars().count())
                )?;
            } else if self.why.is_some() {
                write!(f, "\n  │")?;
            }
            if let Some(why) = &self.why {
                write!(f, " {}", Shown::line(why))?;
            }
        } else if let Some(why) = &self.why {
            write!(f, ": {}", Shown::line(why))?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\n  hint: {}", Shown::block(hint))?;
        }
        Ok(())
    }
}

/// One or more mistakes, in file order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// Nothing wrong so far.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds one.
    pub fn push(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    /// The value, unless something was wrong.
    pub fn or<T>(self, value: T) -> Result<T, Self> {
        if self.0.is_empty() { Ok(value) } else { Err(self.in_order()) }
    }

    /// Sorted by file and line, each said once.
    #[must_use]
    pub fn in_order(mut self) -> Self {
        self.0 = self
            .0
            .iter()
            .enumerate()
            .filter(|(at, problem)| !self.0[..*at].contains(problem))
            .map(|(_, problem)| problem.clone())
            .collect();
        self.0.sort_by_key(|problem| {
            problem.place.as_ref().map(|place| (place.file.clone(), place.line.unwrap_or(0), place.column.unwrap_or(0)))
        });
        self
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        for problem in self.0.iter().take(limits::PROBLEMS_SHOWN) {
            writeln!(text, "{problem}")?;
        }
        if self.0.len() > limits::PROBLEMS_SHOWN {
            writeln!(text, "… and {} more", self.0.len() - limits::PROBLEMS_SHOWN)?;
        }
        f.write_str(text.trim_end())
    }
}

impl std::error::Error for Problems {}

/// The name that is most likely meant, if any is near enough.
pub fn nearest<'a>(given: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let given = given.to_lowercase();
    names
        .into_iter()
        .map(|name| {
            (
                strsim::jaro_winkler(&given, &name.to_lowercase()),
                strsim::damerau_levenshtein(&given, &name.to_lowercase()),
                name,
            )
        })
        .filter(|(similarity, distance, name)| *similarity > 0.8 || *distance <= 1 + name.chars().count() / 6)
        .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)))
        .map(|(_, _, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shown_like_the_style_guide() {
        let text = "[[scorer]]\nid = \"rubirc\"\n";
        let start = text.find("rubirc").unwrap();
        let problem = Problem::new("unknown_scorer", "unknown scorer `rubirc`")
            .at(Place::in_text("b/benchmark.toml", text, start..start + 6))
            .because("no scorer has this name")
            .suggest("rubirc", ["rubric", "choice"]);
        assert_eq!(
            problem.to_string(),
            "error: unknown scorer `rubirc`\n  ┌ b/benchmark.toml:2:7\n  │ id = \"rubirc\"\n  │       ^^^^^^ no scorer has this name\n  hint: did you mean `rubric`?"
        );
    }

    #[test]
    fn far_names_are_not_suggested() {
        assert_eq!(nearest("medqaa", ["medqa", "pubmedqa", "aci-bench"]), Some("medqa"));
        assert_eq!(nearest("zzz", ["medqa", "aci-bench"]), None);
    }

    #[test]
    fn spans_inside_characters_do_not_panic() {
        let place = Place::in_text("f", "ä = ö", 1..4);
        assert_eq!(place.line, Some(1));
    }
}
