//! Addresses within the page: readable, the same for the same run, never twice.

use std::collections::HashSet;

/// Gives out addresses.
#[derive(Debug, Default)]
pub struct Anchors(HashSet<String>);

/// Longest part of an address: ids may be as long as a sentence.
const PART: usize = 60;

impl Anchors {
    /// An address made of these parts, such as `pubmedqa-openai-gpt-x-21645374`.
    pub fn give(&mut self, parts: &[&str]) -> String {
        let wanted = parts.iter().map(|part| slug(part)).collect::<Vec<_>>().join("-");
        let mut given = wanted.clone();
        let mut again = 2;
        while !self.0.insert(given.clone()) {
            given = format!("{wanted}~{again}");
            again += 1;
        }
        given
    }
}

/// The part with everything but letters, digits, `.` and `_` as hyphens.
fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.chars().take(PART) {
        if c.is_ascii_alphanumeric() || matches!(c, '.' | '_') {
            slug.push(c);
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_readable_and_unique() {
        let mut anchors = Anchors::default();
        assert_eq!(
            anchors.give(&["pubmedqa", "openai/gpt-x?temperature=0", "21645374"]),
            "pubmedqa-openai-gpt-x-temperature-0-21645374"
        );
        assert_eq!(anchors.give(&["a", "b/c"]), "a-b-c");
        assert_eq!(anchors.give(&["a", "b c"]), "a-b-c~2");
        assert_eq!(anchors.give(&["\"><script>", "ä"]), "script-");
    }
}
