//! chrF2 and chrF2++ as in `sacrebleu` 2.6.0: characters, mixed case, white space left out.
//!
//! *Measures* character runs of length 1 to 6 in common (chrF2++: also words and pairs of words), recall weighing four
//! times as much as precision (`β = 2`).
//!
//! *Assumes* that spelling stands for meaning. It forgives inflections, which ROUGE and BLEU do not.
//!
//! *Misleads* for drug names and negations: "hydroxyzine" shares much of "hydralazine", and "unremarkable" scores 95
//! against "remarkable". Texts of one language that have nothing to do with each other do not score 0.
//!
//! *Formula*: `100 · (1 + β²) P R / (β² P + R)`, with `P` and `R` the means over the orders that both texts have. Of
//! several references the best one counts. Popović (2015) and (2017).

use super::bleu::SACREBLEU_VERSION;
use super::limits::{MAX_CHARACTERS, MAX_TOKENS};
use super::segment::reference_counts;
use super::tokenize::{chrf_words, is_python_space};
use super::{Segment, Side, TextError, Unit, ngrams};

/// Longest run of characters.
const CHARACTER_ORDERS: usize = 6;

/// `β²`: recall weighs this many times as much as precision.
const BETA_SQUARED: f64 = 4.0;

/// Which of the two metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// Characters only; `sacrebleu`'s default.
    Chrf2,
    /// Characters, words and pairs of words (chrF++).
    Chrf2PlusPlus,
}

impl Variant {
    /// The name `sacrebleu` prints.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chrf2 => "chrF2",
            Self::Chrf2PlusPlus => "chrF2++",
        }
    }

    fn word_orders(self) -> usize {
        match self {
            Self::Chrf2 => 0,
            Self::Chrf2PlusPlus => 2,
        }
    }
}

/// A score with its signature.
#[derive(Debug, Clone, PartialEq)]
pub struct Chrf {
    /// From 0 to 100.
    pub score: f64,
    /// All that a reader needs to repeat the number, as `sacrebleu` prints it.
    pub signature: String,
}

/// chrF of a corpus.
///
/// ```
/// use bedside_score::text::{Segment, chrf};
///
/// let segments = [Segment { candidate: "Start hydroxyzine.", references: &["Start hydralazine."] }];
/// let score = chrf::corpus(&segments, chrf::Variant::Chrf2)?;
/// assert_eq!(score.signature, "nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:2.6.0");
/// assert!((score.score - 60.108_274_078_862_31).abs() < 1e-9); // Python's sacrebleu 2.6.0; and a different drug
/// # Ok::<(), bedside_score::text::TextError>(())
/// ```
pub fn corpus(segments: &[Segment<'_>], variant: Variant) -> Result<Chrf, TextError> {
    let references = reference_counts(segments)?;
    let mut sums = vec![Counts::default(); CHARACTER_ORDERS + variant.word_orders()];
    for segment in segments {
        for (sum, counts) in sums.iter_mut().zip(best(segment, variant)?) {
            sum.candidate += counts.candidate;
            sum.reference += counts.reference;
            sum.matches += counts.matches;
        }
    }
    let words = variant.word_orders();
    let signature = format!(
        "nrefs:{references}|case:mixed|eff:yes|nc:{CHARACTER_ORDERS}|nw:{words}|space:no|version:{SACREBLEU_VERSION}"
    );
    Ok(Chrf { score: f_score(&sums), signature })
}

/// chrF of one segment: the same formula, on its own counts.
pub fn sentence(candidate: &str, references: &[&str], variant: Variant) -> Result<Chrf, TextError> {
    corpus(&[Segment { candidate, references }], variant)
}

/// N-grams of one order.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    candidate: usize,
    reference: usize,
    matches: usize,
}

/// The counts against the reference with the best score; of equals, the first.
fn best(segment: &Segment<'_>, variant: Variant) -> Result<Vec<Counts>, TextError> {
    let candidate = Units::new(segment.candidate, Side::Candidate, variant)?;
    let (mut best, mut best_score) = (Vec::new(), -1.0);
    for reference in segment.references {
        let counts = candidate.against(&Units::new(reference, Side::Reference, variant)?, variant);
        let score = f_score(&counts);
        if score > best_score {
            (best, best_score) = (counts, score);
        }
    }
    Ok(best)
}

/// A text as characters and, for chrF++, as words.
struct Units<'a> {
    characters: Vec<char>,
    words: Vec<&'a str>,
}

impl<'a> Units<'a> {
    fn new(text: &'a str, side: Side, variant: Variant) -> Result<Self, TextError> {
        let characters = text.chars().filter(|&c| !is_python_space(c));
        TextError::bound(side, Unit::Characters, characters.clone().count(), MAX_CHARACTERS)?;
        let words = if variant == Variant::Chrf2PlusPlus { chrf_words(text) } else { Vec::new() };
        TextError::bound(side, Unit::Tokens, words.len(), MAX_TOKENS)?;
        Ok(Self { characters: characters.collect(), words })
    }

    fn against(&self, reference: &Self, variant: Variant) -> Vec<Counts> {
        let characters = (1..=CHARACTER_ORDERS).map(|order| counts(&self.characters, &reference.characters, order));
        let words = (1..=variant.word_orders()).map(|order| counts(&self.words, &reference.words, order));
        characters.chain(words).collect()
    }
}

fn counts<T: Ord>(candidate: &[T], reference: &[T], order: usize) -> Counts {
    let in_reference = ngrams::total(reference.len(), order);
    // where the reference is too short for this order, the candidate is not held to it
    let in_candidate = if in_reference == 0 { 0 } else { ngrams::total(candidate.len(), order) };
    Counts { candidate: in_candidate, reference: in_reference, matches: ngrams::shared(candidate, reference, order) }
}

fn f_score(counts: &[Counts]) -> f64 {
    let (mut precision, mut recall, mut orders) = (0.0, 0.0, 0.0);
    for counts in counts.iter().filter(|counts| counts.candidate > 0 && counts.reference > 0) {
        precision += counts.matches as f64 / counts.candidate as f64;
        recall += counts.matches as f64 / counts.reference as f64;
        orders += 1.0;
    }
    if precision + recall == 0.0 {
        return 0.0;
    }
    precision /= orders;
    recall /= orders;
    100.0 * ((1.0 + BETA_SQUARED) * precision * recall / (BETA_SQUARED * precision + recall))
}
