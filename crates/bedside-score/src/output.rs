//! An output made ready for reading: bounded, in one spelling, without markup.
//!
//! Nothing here looks at the reference. Two outputs that a person would call the same text become the same text.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;
use unicode_normalization::UnicodeNormalization;

use crate::limits::END_BYTES;

/// What a system wrote, as the scorers read it.
pub(crate) struct Output<'a> {
    /// The text as written, without white space at its ends and without its middle if it is too long.
    pub raw: Cow<'a, str>,
    /// The part meant for a reader, in one spelling and without markup. Case and lines are kept.
    pub plain: String,
    /// Whether the middle was left out.
    pub cut: bool,
}

impl<'a> Output<'a> {
    pub fn new(output: &'a str) -> Self {
        let (raw, cut) = bounded(output.trim());
        let spelled = spelled(without_reasoning(&raw));
        // one character can stand for eighteen: the bound holds for what is read, too
        let (spelled, expanded) = bounded(&spelled);
        let plain = without_markup(&spelled).trim().to_owned();
        Self { raw, plain, cut: cut || expanded }
    }

    /// Whether there is nothing to read. Reasoning that never ended is no answer either.
    pub fn is_empty(&self) -> bool {
        self.plain.is_empty()
    }
}

/// Both ends of a text that is too long.
fn bounded(text: &str) -> (Cow<'_, str>, bool) {
    if text.len() <= 2 * END_BYTES {
        return (Cow::Borrowed(text), false);
    }
    let head = &text[..text.floor_char_boundary(END_BYTES)];
    let tail = &text[text.ceil_char_boundary(text.len() - END_BYTES)..];
    (Cow::Owned(format!("{head}\n\n{tail}")), true)
}

/// What follows the reasoning that some models print between `<think>` and `</think>`.
fn without_reasoning(text: &str) -> &str {
    match text.rfind("</think>") {
        Some(end) => &text[end + "</think>".len()..],
        None if text.starts_with("<think>") => "",
        None => text,
    }
}

/// One spelling for what looks the same, and no markup.
pub(crate) fn plain(text: &str) -> String {
    without_markup(&spelled(text)).trim().to_owned()
}

fn spelled(text: &str) -> String {
    superscripts(text).nfkc().filter_map(one_spelling).collect()
}

/// Powers and fractions, which compatibility normalisation would glue to the digits before them (10³ → 103, 2½ → 21/2),
/// and narrow spaces that group digits.
fn superscripts(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_power = false;
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let power = match c {
            '⁰' => '0',
            '¹' => '1',
            '²' => '2',
            '³' => '3',
            '⁴'..='⁹' => char::from_digit(u32::from(c) - u32::from('⁴') + 4, 10).unwrap_or('\0'),
            '⁺' => '+',
            '⁻' => '-',
            _ => '\0',
        };
        if power != '\0' {
            if !in_power {
                out.push('^');
            }
            in_power = true;
            out.push(power);
            continue;
        }
        in_power = false;
        let after_digit = out.ends_with(|last: char| last.is_ascii_digit());
        match c {
            '½' => out.push_str(if after_digit { ".5" } else { "0.5" }),
            '¼' => out.push_str(if after_digit { ".25" } else { "0.25" }),
            '¾' => out.push_str(if after_digit { ".75" } else { "0.75" }),
            '⅓'..='⅞' => {
                out.push(' ');
                out.push(c);
            }
            '\u{2009}' | '\u{202f}' if after_digit && groups_digits(rest.as_str()) => {}
            _ => out.push(c),
        }
    }
    out
}

fn groups_digits(rest: &str) -> bool {
    let digits = rest.chars().take(4).take_while(char::is_ascii_digit).count();
    digits == 3
}

fn one_spelling(c: char) -> Option<char> {
    match c {
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' => None,
        '\n' | '\u{2028}' | '\u{2029}' => Some('\n'),
        '‘' | '’' | '‚' | '‛' | '′' => Some('\''),
        '“' | '”' | '„' | '‟' | '″' | '«' | '»' => Some('"'),
        '‐'..='―' | '−' | '﹘' => Some('-'),
        '⁄' | '∕' => Some('/'),
        '×' | '✕' => Some('x'),
        '→' => Some('='),
        'μ' => Some('µ'),
        '\t' => Some(' '),
        c if c.is_control() => None,
        c if c.is_whitespace() => Some(' '),
        c => Some(c),
    }
}

fn without_markup(text: &str) -> String {
    static LATEX_TEXT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\\(?:text|textbf|textit|mathrm|mathbf|mathsf)\s*\{([^{}]*)\}").expect("constant")
    });
    static LATEX_SIGN: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\\(?:times|cdot|approx|%|,|;|!|\(|\)|\[|\]|quad)").expect("constant"));
    static LINE_MARK: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?m)^[ \t]*(?:#{1,6}[ \t]+|>[ \t]+)+").expect("constant"));
    let text = LATEX_TEXT.replace_all(text, "$1");
    let text = LATEX_SIGN.replace_all(&text, |found: &regex::Captures<'_>| match &found[0] {
        r"\times" | r"\cdot" => "x",
        r"\approx" => "≈",
        r"\%" => "%",
        _ => "",
    });
    let text = LINE_MARK.replace_all(&text, "");
    let chars: Vec<char> = text.chars().collect();
    let at = |position: Option<usize>| position.and_then(|position| chars.get(position)).copied().unwrap_or('\n');
    chars
        .iter()
        .enumerate()
        .filter(|&(position, &c)| {
            let (before, after) = (at(position.checked_sub(1)), at(position.checked_add(1)));
            match c {
                '`' | '$' => false,
                // 5 * 10 and 5*10 are products; the rest is emphasis or a bullet
                '*' => {
                    (before == ' ' || before.is_ascii_digit())
                        && (after == ' ' || after.is_ascii_digit())
                        && !line_start(&chars, position)
                }
                '_' => before.is_alphanumeric() && after.is_alphanumeric(),
                _ => true,
            }
        })
        .map(|(_, &c)| c)
        .collect()
}

/// Whether only a few spaces stand before `position` on its line: then a star is a bullet.
fn line_start(chars: &[char], position: usize) -> bool {
    chars[..position].iter().rev().take(8).find(|&&c| c != ' ').is_none_or(|&c| c == '\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_for_what_looks_the_same() {
        assert_eq!(plain("**Ｂ**\u{200b}"), "B");
        assert_eq!(plain("\\boxed{\\text{B}}"), "\\boxed{B}");
        assert_eq!(plain("1.2 × 10³"), "1.2 x 10^3");
        assert_eq!(plain("2½ mg"), "2.5 mg");
        assert_eq!(plain("12\u{202f}500"), "12500");
        assert_eq!(plain("2 * 3, *so* final_answer"), "2 * 3, so final_answer");
        assert_eq!(plain("* B"), "B");
    }

    #[test]
    fn the_middle_of_a_long_output_is_not_read() {
        let long = format!("first{}MIDDLE{}last", "é".repeat(END_BYTES), "é".repeat(END_BYTES));
        let output = Output::new(&long);
        assert!(output.cut && output.raw.len() <= 2 * END_BYTES + 2);
        assert!(output.raw.starts_with("first") && output.raw.ends_with("last") && !output.raw.contains("MIDDLE"));
        assert!(!Output::new(&"é".repeat(END_BYTES)).cut);
    }

    #[test]
    fn reasoning_is_not_the_answer() {
        assert_eq!(Output::new("<think>A? no</think>B").plain, "B");
        assert!(Output::new("<think>it could be A").is_empty());
    }
}
