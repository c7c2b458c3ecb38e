//! Keys: a type that can be neither printed nor serialised, and a scrubber for text in which a server or process repeated one.
//!
//! All live keys of the process are known to the scrubber, whichever system a text comes from: a gateway may repeat another provider's.

use std::borrow::Cow;
use std::sync::{Once, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use bedside_core::Digest;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

/// What stands in a key's place.
const REMOVED: &[u8] = b"[key removed]";
/// Characters at a key's beginning that give it away: providers shorten keys to their first and last.
const PREFIX: usize = 8;

/// Every key that this process holds.
static LIVE: RwLock<Live> = RwLock::new(Live { patterns: Vec::new(), first: [false; 256] });

struct Live {
    patterns: Vec<Patterns>,
    /// Bytes that a key in any form can begin with: most of a text is passed over by this alone.
    first: [bool; 256],
}

/// An API key. Shown to the header of a request at the last moment, and to nothing else.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes a key over. From here on it is removed from every text that is scrubbed.
    pub fn new(key: String) -> Self {
        know(&key);
        Self(SecretString::from(key))
    }

    /// The key from an environment variable; white space around it is a copy-and-paste accident.
    pub fn from_env(variable: &str) -> Option<Self> {
        std::env::var(variable).ok().map(|key| key.trim().to_owned()).filter(|key| !key.is_empty()).map(Self::new)
    }

    /// The value of a header that carries the key.
    pub(crate) fn header(&self, before: &str) -> Option<HeaderValue> {
        let mut value = HeaderValue::from_str(&format!("{before}{}", self.0.expose_secret())).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// A digest that tells keys apart and gives none away.
    pub fn digest(&self) -> Digest {
        Digest::of(self.0.expose_secret().as_bytes())
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Whether a variable's name says that it holds a key of a provider.
pub fn is_key_variable(name: &str) -> bool {
    name.to_ascii_uppercase().ends_with("_API_KEY")
}

/// Makes every key in the environment known, those of providers that are not asked too.
pub fn know_environment() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        for (name, value) in std::env::vars_os() {
            let (Some(name), Some(value)) = (name.to_str(), value.to_str()) else { continue };
            if is_key_variable(name) || name.to_ascii_uppercase().ends_with("_TOKEN") {
                know(value.trim());
            }
        }
    });
}

fn know(key: &str) {
    if !is_secret(key) {
        return;
    }
    let patterns = Patterns::new(key);
    if let Ok(mut live) = LIVE.write()
        && !live.patterns.contains(&patterns)
    {
        let plain = patterns.key.first().into_iter().chain(b"%\\&");
        for byte in plain.chain(patterns.encoded.iter().filter_map(|encoded| encoded.first())) {
            live.first[usize::from(*byte)] = true;
        }
        live.patterns.push(patterns);
    }
}

/// Servers of one's own take any word for a key: `EMPTY`, `lm-studio`, `not-needed`. Removing such a word from answers would change them.
fn is_secret(key: &str) -> bool {
    key.len() >= 16 || (key.len() >= PREFIX && key.bytes().any(|byte| byte.is_ascii_digit()))
}

/// What a key may look like in a text.
#[derive(PartialEq, Eq)]
struct Patterns {
    /// The key itself; only so much of it must match that the rest is given away.
    key: Vec<u8>,
    /// Bytes of the key that must match.
    enough: usize,
    /// The middle of the key's base64, by what may stand before it, in both alphabets.
    encoded: Vec<Vec<u8>>,
}

impl Patterns {
    fn new(key: &str) -> Self {
        let mut encoded = Vec::new();
        for shift in 0..3 {
            let mut bytes = vec![0; shift];
            bytes.extend_from_slice(key.as_bytes());
            for text in [STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)] {
                // The first and last characters also depend on what stands around the key.
                let middle = (shift * 8).div_ceil(6)..(bytes.len() * 8) / 6;
                let middle = text.as_bytes()[middle].to_vec();
                if !encoded.contains(&middle) {
                    encoded.push(middle);
                }
            }
        }
        // The beginning of a short key may be an ordinary word.
        let enough = if key.len() >= 2 * PREFIX { PREFIX } else { key.len() };
        Self { key: key.as_bytes().to_vec(), enough, encoded }
    }

    /// How many bytes at the beginning of a text are the key in some form.
    fn at(&self, text: &[u8]) -> Option<usize> {
        let mut length = 0;
        let mut matched = 0;
        while let Some(step) = self.key.get(matched).and_then(|byte| written_as(&text[length..], *byte)) {
            length += step;
            matched += 1;
        }
        if matched >= self.enough {
            return Some(length);
        }
        self.encoded.iter().find_map(|encoded| {
            let same = text.iter().zip(encoded).take_while(|(a, b)| a == b).count();
            let enough = if self.enough < self.key.len() { (PREFIX * 8) / 6 } else { encoded.len() };
            (same >= enough.min(encoded.len())).then_some(same)
        })
    }
}

/// How many bytes stand for one byte of a key, plain or escaped for JSON, an address, a programming language or HTML.
fn written_as(text: &[u8], byte: u8) -> Option<usize> {
    let first = *text.first()?;
    if first == byte {
        return Some(1);
    }
    let hexadecimal = |from: usize, digits: usize| {
        let digits = text.get(from..from + digits)?;
        u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok().filter(|code| *code == u32::from(byte))
    };
    match (first, text.get(1)) {
        (b'%', Some(b'2')) if text.get(2) == Some(&b'5') => hexadecimal(3, 2).map(|_| 5),
        (b'%', Some(_)) => hexadecimal(1, 2).map(|_| 3),
        (b'\\', Some(_)) => {
            // JSON within JSON escapes its escapes.
            let slashes = text.iter().take_while(|byte| **byte == b'\\').count();
            match text.get(slashes) {
                Some(b'u' | b'U') if hexadecimal(slashes + 1, 4).is_some() => Some(slashes + 5),
                Some(b'x' | b'X') if hexadecimal(slashes + 1, 2).is_some() => Some(slashes + 3),
                Some(escaped) => (*escaped == byte).then_some(slashes + 1),
                None => None,
            }
        }
        (b'&', Some(b'#')) => {
            let end = text.iter().take(8).position(|byte| *byte == b';')?;
            let number = std::str::from_utf8(&text[2..end]).ok()?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok(),
                None => number.parse().ok(),
            };
            (code == Some(u32::from(byte))).then_some(end + 1)
        }
        _ => None,
    }
}

/// The text without any live key.
pub fn scrub(text: &str) -> String {
    match scrubbed(text.as_bytes()) {
        Some(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        None => text.to_owned(),
    }
}

/// The bytes without any live key; the same bytes when there was none.
pub fn scrub_bytes(bytes: Vec<u8>) -> Vec<u8> {
    scrubbed(&bytes).unwrap_or(bytes)
}

/// The bytes without any live key, `None` when there was none.
fn scrubbed(bytes: &[u8]) -> Option<Vec<u8>> {
    let live = LIVE.read().ok()?;
    let mut clean: Cow<'_, [u8]> = Cow::Borrowed(&[]);
    let mut kept = 0;
    let mut position = 0;
    while position < bytes.len() {
        let found = live.first[usize::from(bytes[position])]
            .then(|| live.patterns.iter().filter_map(|patterns| patterns.at(&bytes[position..])).max());
        match found.flatten() {
            Some(length) => {
                let clean = clean.to_mut();
                clean.extend_from_slice(&bytes[kept..position]);
                clean.extend_from_slice(REMOVED);
                position += length;
                kept = position;
            }
            None => position += 1,
        }
    }
    if kept == 0 {
        return None;
    }
    let mut clean = clean.into_owned();
    clean.extend_from_slice(&bytes[kept..]);
    Some(clean)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};

    #[test]
    fn a_key_is_never_printed_and_is_scrubbed_in_every_form() {
        let key = "sk-sentinel-12/3+4=5~6";
        assert!(!format!("{:?}", Secret::new(key.into())).contains("sentinel"));
        let each = |form: &dyn Fn(u8) -> String| key.bytes().map(form).collect::<String>();
        let percent = each(&|byte| format!("%{byte:02X}"));
        let unicode = each(&|byte| format!("\\u{byte:04x}"));
        let html = each(&|byte| format!("&#{byte};"));
        let forms = [
            key.to_owned(),
            key[..8].to_owned(),
            key.replace('/', "\\/"),
            key.replace('/', "%2F").replace('+', "%2b"),
            percent.clone(),
            percent.to_lowercase(),
            percent.replace('%', "%25"),
            unicode.replace('\\', "\\\\"),
            unicode,
            html,
            STANDARD.encode(key),
            STANDARD.encode(format!("Bearer {key}")),
            URL_SAFE.encode(format!("x{key}y")),
            STANDARD.encode(format!("yy{key} and more")),
        ];
        for form in forms {
            let text = scrub(&format!("before {form} after"));
            assert!(text.starts_with("before ") && text.ends_with(" after"), "{text}");
            assert!(text.contains("[key removed]"), "{form} became {text}");
            assert!(!text.contains("sentinel") && !text.contains(&STANDARD.encode(key)[4..14]), "{form} became {text}");
        }
        assert_eq!(scrub_bytes([b"\xff", key.as_bytes(), b"\xfe"].concat()), b"\xff[key removed]\xfe");
    }

    #[test]
    fn words_that_servers_take_for_keys_stay_in_answers() {
        for word in ["EMPTY", "lm-studio", "not-needed", "ollama"] {
            let _ = Secret::new(word.into());
            assert_eq!(scrub(&format!("an {word} text")), format!("an {word} text"));
        }
    }
}
