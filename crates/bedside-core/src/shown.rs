//! Text from outside made safe for a terminal: the one exit for model output, ids and error details of others.

use std::fmt;

/// Text in which nothing can move the cursor, hide, recolour or reorder what the reader sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown(String);

impl Shown {
    /// One line: control characters and bidirectional overrides become visible marks, newlines become `⏎`.
    pub fn line(text: &str) -> Self {
        Self(text.chars().map(|c| if c == '\n' { '⏎' } else { visible(c) }).collect())
    }

    /// Several lines: newlines and tabs stay.
    pub fn block(text: &str) -> Self {
        Self(text.chars().map(|c| if matches!(c, '\n' | '\t') { c } else { visible(c) }).collect())
    }

    /// One line of at most `width` characters, with `…` where it was cut.
    pub fn cut(text: &str, width: usize) -> Self {
        let line = Self::line(text);
        if line.0.chars().count() <= width {
            return line;
        }
        let mut cut: String = line.0.chars().take(width.saturating_sub(1)).collect();
        cut.push('…');
        Self(cut)
    }

    /// The safe text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The character itself, or a mark in its place when it would act on the reader's screen.
const fn visible(c: char) -> char {
    match c {
        // C0, DEL and C1: escape sequences start here.
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        // Marks, embeddings, overrides and isolates of the bidirectional algorithm; line and paragraph separators; invisible joiners.
        | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
        // Tags: invisible characters that carry hidden text.
        | '\u{e0000}'..='\u{e007f}' => '\u{fffd}',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_and_overrides_are_shown_not_obeyed() {
        let hostile = "ok\u{1b}]52;c;AAAA\u{7}\r\u{202e}txt\u{9b}31m";
        let shown = Shown::block(hostile).to_string();
        assert!(!shown.chars().any(|c| c.is_control() || c == '\u{202e}'));
        assert!(shown.starts_with("ok"));
    }

    #[test]
    fn cut_counts_characters() {
        assert_eq!(Shown::cut("äöüß", 3).as_str(), "äö…");
        assert_eq!(Shown::cut("a\nb", 3).as_str(), "a⏎b");
    }
}
