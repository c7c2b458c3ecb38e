//! When two short texts are the same to a reader.
//!
//! A folded text is its words in lower case between single spaces, with a space at each end: `" crohns disease "`. So
//! word-bounded containment is plain containment. What can change a meaning stays: decimal points, signs, `%`, `<`, `/`
//! between digits.

use crate::output::plain;

/// Folds case, punctuation, white space and Unicode spelling.
pub(crate) fn fold(text: &str) -> String {
    fold_plain(&plain(text).to_lowercase())
}

/// As [`fold`], keeping case.
pub(crate) fn fold_cased(text: &str) -> String {
    fold_plain(&plain(text))
}

/// As [`fold`], of a text that is already plain and in the case wanted.
pub(crate) fn fold_plain(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len() + 2);
    out.push(' ');
    let space = |out: &mut String| {
        if !out.ends_with(' ') {
            out.push(' ');
        }
    };
    for (position, &c) in chars.iter().enumerate() {
        let before = position.checked_sub(1).map_or(' ', |position| chars[position]);
        let after = chars.get(position + 1).copied().unwrap_or(' ');
        match c {
            c if c.is_alphanumeric() => {
                if before.is_ascii_digit() && c.is_alphabetic() {
                    space(&mut out); // 5mg and 5 mg
                }
                out.push(c);
            }
            '\'' if before.is_alphabetic() && after.is_alphabetic() => {}
            '.' if after.is_ascii_digit() && before.is_ascii_digit() => out.push('.'),
            '.' if after.is_ascii_digit() && !before.is_alphanumeric() => out.push_str("0."),
            ',' if before.is_ascii_digit() && groups(&chars[position + 1..]) => {}
            '/' if before.is_ascii_digit() && after.is_ascii_digit() => out.push('/'),
            '-' if after.is_ascii_digit() && !before.is_alphanumeric() => {
                space(&mut out);
                out.push('-');
            }
            '%' | '+' | '<' | '>' | '=' | '≤' | '≥' | '±' => {
                space(&mut out);
                out.push(c);
                out.push(' ');
            }
            _ => space(&mut out),
        }
    }
    space(&mut out);
    out
}

/// Exactly three digits: the comma before them groups thousands.
fn groups(rest: &[char]) -> bool {
    rest.iter().take(4).take_while(|c| c.is_ascii_digit()).count() == 3
}

/// The words of a folded text.
pub(crate) fn words(folded: &str) -> impl Iterator<Item = &str> {
    folded.split_ascii_whitespace()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_to_a_reader() {
        assert_eq!(fold("Crohn’s  disease."), " crohns disease ");
        assert_eq!(fold("5mg"), fold("5 MG"));
        assert_eq!(fold("1,000 units"), fold("1000 units"));
        assert_eq!(fold("ﬁbrosis"), fold("fibrosis"));
        assert_eq!(fold(""), " ");
    }

    #[test]
    fn not_the_same() {
        assert_ne!(fold("1.5 mg"), fold("15 mg"));
        assert_ne!(fold("-5"), fold("5"));
        assert_ne!(fold("< 5"), fold("> 5"));
        assert_ne!(fold("1/2"), fold("12"));
    }
}
