//! What a kind of scorer hands back, before it is dressed as a [`bedside_core::Scored`].

use crate::limits::EXTRACT_CHARACTERS;

/// The marks of one answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Marked {
    /// Whether an answer could be read.
    pub parsed: bool,
    /// What was read.
    pub extracted: Option<String>,
    /// Whether the system declined.
    pub refused: bool,
    /// One sentence.
    pub why: String,
    /// Score by metric.
    pub values: Vec<(&'static str, f64)>,
}

impl Marked {
    /// An answer that was read.
    pub fn read(extracted: &str, why: impl Into<String>, values: Vec<(&'static str, f64)>) -> Self {
        Self { parsed: true, extracted: Some(shortened(extracted)), refused: false, why: why.into(), values }
    }

    /// The whole text counts; nothing is read out of it.
    pub fn whole(why: impl Into<String>, values: Vec<(&'static str, f64)>) -> Self {
        Self { parsed: true, extracted: None, refused: false, why: why.into(), values }
    }

    /// No answer could be read.
    pub fn unparsed(why: impl Into<String>, values: Vec<(&'static str, f64)>) -> Self {
        Self { parsed: false, extracted: None, refused: false, why: why.into(), values }
    }

    /// The system declined: an answer, and a wrong one unless said otherwise.
    pub fn refused(why: impl Into<String>, values: Vec<(&'static str, f64)>) -> Self {
        Self { parsed: true, extracted: None, refused: true, why: why.into(), values }
    }
}

/// Why there is no mark.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Unscorable(pub String);

/// 1 for right.
pub(crate) fn point(right: bool) -> f64 {
    f64::from(u8::from(right))
}

/// A text fit for a table cell: one line, at most [`EXTRACT_CHARACTERS`].
pub(crate) fn shortened(text: &str) -> String {
    let mut out = String::new();
    for (count, word) in text.split_whitespace().enumerate() {
        if count > 0 {
            out.push(' ');
        }
        out.push_str(word);
        if out.len() > 4 * EXTRACT_CHARACTERS {
            break;
        }
    }
    if out.chars().count() > EXTRACT_CHARACTERS {
        out = out.chars().take(EXTRACT_CHARACTERS - 1).collect();
        out.push('…');
    }
    out
}
