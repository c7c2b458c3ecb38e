//! BLEU as in `sacrebleu` 2.6.0: tokeniser 13a, orders 1 to 4, mixed case, exponential smoothing.
//!
//! *Measures* the precision of word runs of length 1 to 4 over a whole corpus, with a penalty for answers shorter than
//! their references.
//!
//! *Assumes* a corpus: counts are summed over segments before anything is divided.
//!
//! *Misleads* for one sentence or few ([`sentence`] exists because people ask for it): a missing four-word run is
//! smoothed, not seen. Dropping a finding costs nothing but the brevity penalty, since recall is not measured. A
//! corpus score is not the mean of its segments' scores, so it has no per-case value to pair or to cluster; resample
//! segments instead.
//!
//! *Formula*: `BP · exp(mean of ln p_n)`, on a scale of 100. Papineni et al. (2002); Post (2018), "A call for clarity
//! in reporting BLEU scores", for the signature.

use std::collections::HashMap;

use super::segment::reference_counts;
use super::tokenize::{python_words, thirteen_a};
use super::vocabulary::{Lines, Vocabulary};
use super::{Segment, Side, TextError};

/// The package version whose numbers and signatures are repeated.
pub const SACREBLEU_VERSION: &str = "2.6.0";

/// Longest run of words.
const ORDERS: usize = 4;

/// What `sacrebleu` takes for the logarithm of zero.
const LOG_OF_ZERO: f64 = -9_999_999_999.0;

/// A score with the counts it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Bleu {
    /// From 0 to 100.
    pub score: f64,
    /// Precision of runs of 1 to 4 words in percent, smoothed; 0 where there is none.
    pub precisions: [f64; ORDERS],
    /// Runs of 1 to 4 words found in a reference.
    pub matches: [usize; ORDERS],
    /// Runs of 1 to 4 words in the candidates.
    pub totals: [usize; ORDERS],
    /// Factor for candidates shorter than their references, from 0 to 1.
    pub brevity_penalty: f64,
    /// Tokens in the candidates.
    pub candidate_tokens: usize,
    /// Tokens in the references closest in length.
    pub reference_tokens: usize,
    /// All that a reader needs to repeat the number, as `sacrebleu` prints it.
    pub signature: String,
}

/// BLEU of a corpus.
///
/// ```
/// use bedside_score::text::{Segment, bleu};
///
/// let segments = [Segment {
///     candidate: "The patient has chest pain.",
///     references: &["The patient denies any chest pain."],
/// }];
/// let bleu = bleu::corpus(&segments)?;
/// assert_eq!(bleu.signature, "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0");
/// assert!((bleu.score - 32.159_351_091_190_125).abs() < 1e-9); // Python's sacrebleu 2.6.0
/// # Ok::<(), bedside_score::text::TextError>(())
/// ```
pub fn corpus(segments: &[Segment<'_>]) -> Result<Bleu, TextError> {
    score(segments, EffectiveOrder::No)
}

/// BLEU of one segment, leaving out orders longer than the candidate (`sacrebleu`'s effective order).
pub fn sentence(candidate: &str, references: &[&str]) -> Result<Bleu, TextError> {
    score(&[Segment { candidate, references }], EffectiveOrder::Yes)
}

/// Whether orders that the candidate is too short for are left out of the mean.
#[derive(Clone, Copy, PartialEq)]
enum EffectiveOrder {
    Yes,
    No,
}

fn score(segments: &[Segment<'_>], effective_order: EffectiveOrder) -> Result<Bleu, TextError> {
    let references = reference_counts(segments)?;
    let mut counts = Counts::default();
    for segment in segments {
        counts.add(segment)?;
    }
    let Counts { matches, totals, candidate_tokens, reference_tokens } = counts;
    let (precisions, used_orders) = smoothed(&matches, &totals, effective_order);
    let brevity_penalty = brevity_penalty(candidate_tokens, reference_tokens);
    let score = if matches.iter().all(|&count| count == 0) {
        0.0
    } else {
        let logs = precisions[..used_orders].iter().map(|&p| if p == 0.0 { LOG_OF_ZERO } else { p.ln() });
        brevity_penalty * (logs.sum::<f64>() / used_orders as f64).exp()
    };
    let eff = if effective_order == EffectiveOrder::Yes { "yes" } else { "no" };
    let signature = format!("nrefs:{references}|case:mixed|eff:{eff}|tok:13a|smooth:exp|version:{SACREBLEU_VERSION}");
    Ok(Bleu { score, precisions, matches, totals, brevity_penalty, candidate_tokens, reference_tokens, signature })
}

fn brevity_penalty(candidate_tokens: usize, reference_tokens: usize) -> f64 {
    if candidate_tokens >= reference_tokens {
        1.0
    } else if candidate_tokens == 0 {
        0.0
    } else {
        (1.0 - reference_tokens as f64 / candidate_tokens as f64).exp()
    }
}

/// Precisions in percent, where the k-th order without a match counts as `1 / 2^k` matches; and the orders in the mean.
fn smoothed(
    matches: &[usize; ORDERS],
    totals: &[usize; ORDERS],
    effective_order: EffectiveOrder,
) -> ([f64; ORDERS], usize) {
    let mut precisions = [0.0; ORDERS];
    let mut used_orders = ORDERS;
    if matches.iter().all(|&count| count == 0) {
        return (precisions, used_orders);
    }
    let mut halvings = 1.0;
    for (order, precision) in precisions.iter_mut().enumerate() {
        let total = totals[order] as f64;
        if totals[order] == 0 {
            break;
        }
        if effective_order == EffectiveOrder::Yes {
            used_orders = order + 1;
        }
        *precision = if matches[order] == 0 {
            halvings *= 2.0;
            100.0 / (halvings * total)
        } else {
            100.0 * matches[order] as f64 / total
        };
    }
    (precisions, used_orders)
}

/// The sufficient statistics of a corpus.
#[derive(Default)]
struct Counts {
    matches: [usize; ORDERS],
    totals: [usize; ORDERS],
    candidate_tokens: usize,
    reference_tokens: usize,
}

impl Counts {
    fn add(&mut self, segment: &Segment<'_>) -> Result<(), TextError> {
        let candidate = thirteen_a(segment.candidate);
        let references: Vec<String> = segment.references.iter().map(|reference| thirteen_a(reference)).collect();
        let mut vocabulary = Vocabulary::for_bytes(candidate.len());
        let candidate = tokens(&candidate, Side::Candidate, &mut vocabulary)?;
        let references = references
            .iter()
            .map(|reference| tokens(reference, Side::Reference, &mut vocabulary))
            .collect::<Result<Vec<_>, _>>()?;

        let length = candidate.tokens().len();
        self.candidate_tokens += length;
        // the closest in length; of two equally close, the shorter
        let lengths = references.iter().map(|reference| reference.tokens().len());
        self.reference_tokens += lengths.min_by_key(|&other| (length.abs_diff(other), other)).unwrap_or(0);

        for order in 1..=ORDERS {
            let mut most: HashMap<&[u32], usize> = HashMap::new();
            for reference in &references {
                for (ngram, count) in counted(reference.tokens(), order) {
                    let most = most.entry(ngram).or_default();
                    *most = count.max(*most);
                }
            }
            for (ngram, count) in counted(candidate.tokens(), order) {
                self.totals[order - 1] += count;
                self.matches[order - 1] += most.get(ngram).map_or(0, |&most| count.min(most));
            }
        }
        Ok(())
    }
}

fn tokens<'a>(apart: &'a str, side: Side, vocabulary: &mut Vocabulary<'a>) -> Result<Lines, TextError> {
    let mut lines = Lines::for_bytes(apart.len());
    for word in python_words(apart) {
        lines.push(word, vocabulary);
    }
    lines.bounded(side)
}

fn counted(tokens: &[u32], order: usize) -> HashMap<&[u32], usize> {
    let mut counts = HashMap::new();
    for ngram in tokens.windows(order) {
        *counts.entry(ngram).or_default() += 1;
    }
    counts
}
