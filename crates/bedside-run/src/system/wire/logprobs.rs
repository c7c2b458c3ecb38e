//! How likely a system finds each option's label as its first word.

use bedside_core::observation::OptionLogprob;
use serde_json::Value;

/// The best log-probability of each label among the alternatives for the first token. Labels that are not among them are left out: their
/// probability is unknown, not zero.
pub fn of_labels<'a>(
    alternatives: &(impl Iterator<Item = (&'a str, f64)> + Clone),
    labels: &[String],
) -> Vec<OptionLogprob> {
    labels
        .iter()
        .filter_map(|label| {
            let best = alternatives
                .clone()
                .filter(|(token, logprob)| word(token).trim() == label && logprob.is_finite())
                .map(|(_, logprob)| logprob)
                .fold(f64::NEG_INFINITY, f64::max);
            best.is_finite().then(|| OptionLogprob { label: label.clone(), logprob: best })
        })
        .collect()
}

/// Alternatives in a list of objects.
pub fn listed<'a>(
    list: Option<&'a Value>,
    token: &'a str,
    logprob: &'a str,
) -> impl Iterator<Item = (&'a str, f64)> + Clone {
    list.and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(move |entry| Some((entry.get(token)?.as_str()?, entry.get(logprob)?.as_f64()?)))
}

/// A token's text: some servers show the vocabulary's own mark of a space.
pub fn word(token: &str) -> String {
    token.replace(['\u{2581}', '\u{120}'], " ")
}
