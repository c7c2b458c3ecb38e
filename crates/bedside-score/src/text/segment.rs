//! One piece of a corpus: a candidate and what it is compared with.

use super::TextError;

/// A candidate with its references, for the corpus metrics.
///
/// `sacrebleu` takes the corpus the other way round, as one list per reference *stream*; a `None` in a stream is here
/// simply a shorter slice.
#[derive(Debug, Clone, Copy)]
pub struct Segment<'a> {
    /// The text being scored.
    pub candidate: &'a str,
    /// One or more texts taken as right.
    pub references: &'a [&'a str],
}

/// The `nrefs` part of a signature: the number of references, or `var` where segments differ.
pub(super) fn reference_counts(segments: &[Segment<'_>]) -> Result<String, TextError> {
    let first = segments.first().ok_or(TextError::NoSegments)?.references.len();
    if let Some(segment) = segments.iter().position(|segment| segment.references.is_empty()) {
        return Err(TextError::NoReference { segment });
    }
    let same = segments.iter().all(|segment| segment.references.len() == first);
    Ok(if same { first.to_string() } else { "var".to_owned() })
}
