//! Long texts on the page: whole up to a documented length, then cut with a note that says so.

use serde::Serialize;

use crate::limits;

/// A text as shown.
#[derive(Clone, Debug, Serialize)]
pub struct Text {
    /// The text, or its beginning.
    pub text: String,
    /// What was left out, in words.
    pub cut: Option<String>,
}

impl Text {
    /// The text, cut at the length that the page shows.
    pub fn new(text: &str) -> Self {
        match text.char_indices().nth(limits::TEXT_SHOWN) {
            None => Self { text: text.to_owned(), cut: None },
            Some((end, _)) => {
                let all = text.chars().count();
                let cut = format!(
                    "Cut for display after {} characters: {all} characters in the run file.",
                    limits::TEXT_SHOWN
                );
                Self { text: text[..end].to_owned(), cut: Some(cut) }
            }
        }
    }

    /// The text of bytes that need not be UTF-8.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self::new(&String::from_utf8_lossy(bytes))
    }
}

/// A piece of our own words; what stood between back-quotes is code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Span {
    text: String,
    code: bool,
}

/// Our own words with their code set apart.
pub fn spans(words: &str) -> Vec<Span> {
    let pieces = words.split('`').enumerate();
    pieces
        .map(|(place, text)| Span { text: text.to_owned(), code: place % 2 == 1 })
        .filter(|span| !span.text.is_empty())
        .collect()
}

/// A sentence within a table: shorter than a text, cut with an ellipsis.
pub fn sentence(text: &str) -> String {
    match text.char_indices().nth(limits::SENTENCE_SHOWN) {
        None => text.to_owned(),
        Some((end, _)) => {
            format!("{}… (cut for display: {} characters in the run file)", &text[..end], text.chars().count())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_huge_text_is_cut_between_characters_and_says_so() {
        let text = Text::new(&"é".repeat(limits::TEXT_SHOWN + 5));
        assert_eq!(text.text.chars().count(), limits::TEXT_SHOWN);
        assert_eq!(
            text.cut.as_deref(),
            Some("Cut for display after 20000 characters: 20005 characters in the run file.")
        );
        assert!(Text::new(&"é".repeat(limits::TEXT_SHOWN)).cut.is_none());
    }
}
