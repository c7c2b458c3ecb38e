//! The forms in which a server, a log or a bug may repeat a key.

/// The head of a request as a server might repeat it: as it is, percent-encoded, in base64, and the values of its headers alone.
pub fn repeated(head: &str) -> String {
    let mut said = vec![head.to_owned(), percent(head), base64(head.as_bytes())];
    for key in values(head) {
        let start: String = key.chars().take(8).collect();
        let bearer = format!("Bearer {key}");
        said.extend([percent(key), lower_percent(key), base64(bearer.as_bytes()), base64(key.as_bytes())]);
        said.extend([escaped(key), escaped(key), format!("{start}...")]);
    }
    said.join("\n")
}

/// The values of the headers, without what introduces a key.
pub fn values(head: &str) -> impl Iterator<Item = &str> {
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(_, value)| value.strip_prefix("Bearer ").unwrap_or(value))
}

/// Every text whose appearance anywhere betrays the key.
pub fn traces(key: &str) -> Vec<Vec<u8>> {
    let mut traces = vec![key.to_owned(), percent(key), lower_percent(key), escaped(key), key.replace('/', "\\/")];
    traces.push(key.chars().take(8).collect());
    // In base64 the key looks different at each of three places relative to groups of three bytes; what depends on neighbours is cut off.
    for before in 0..3 {
        let encoded = base64(&[&vec![b'x'; before], key.as_bytes()].concat());
        let from = (before * 8).div_ceil(6);
        let to = (before + key.len()) * 8 / 6;
        traces.push(encoded[from..to].to_owned());
        traces.push(encoded[from..to].replace('+', "-").replace('/', "_"));
    }
    traces.sort();
    traces.dedup();
    traces.into_iter().map(String::into_bytes).collect()
}

/// Percent-encoding of all but letters, digits and `-._~`.
pub fn percent(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// The same with small letters in the codes.
pub fn lower_percent(text: &str) -> String {
    let mut parts = percent(text).split('%').map(str::to_owned).collect::<Vec<_>>();
    for part in parts.iter_mut().skip(1) {
        part[..2].make_ascii_lowercase();
    }
    parts.join("%")
}

/// Every character as a JSON escape.
pub fn escaped(text: &str) -> String {
    text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect()
}

/// Base64 with padding.
pub fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let three = [group[0], group.get(1).copied().unwrap_or(0), group.get(2).copied().unwrap_or(0)];
        let bits = u32::from_be_bytes([0, three[0], three[1], three[2]]);
        for place in 0..4 {
            if place <= group.len() {
                text.push(char::from(ALPHABET[(bits >> (18 - 6 * place) & 63) as usize]));
            } else {
                text.push('=');
            }
        }
    }
    text
}
