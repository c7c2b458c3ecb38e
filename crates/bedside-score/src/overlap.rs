//! Overlap of a whole output with the text of a long-form reference; the measures themselves are in [`text`](crate::text).
//!
//! *Estimates* how much wording an output shares with one reference text. *Assumes* that this text stands for all good
//! ones. *Misleads* as a measure of quality or safety, in both directions: see [`text`](crate::text). The scale is
//! `overlap`, on which no requirement can be set without a human ceiling.
//!
//! The output is taken as written, markup and all, because published numbers were made so. An output or a refusal is
//! scored on whatever words it has; an empty one scores 0. An output beyond the measures' limits is the system's doing
//! and scores 0; a reference beyond them cannot be scored.
//!
//! `bleu` is BLEU of each sentence pair (here: each note), averaged over items. The BLEU of papers is that of a corpus,
//! which is no mean of anything: `bedside stat bleu` gives it.

use crate::marked::{Marked, Unscorable};
use crate::output::Output;
use crate::refusal::refuses;
use crate::text::bleu;
use crate::text::chrf::{self, Variant};
use crate::text::rouge::RougeScores;
use crate::text::rouge_legacy::RougeLegacyScores;
use crate::text::{Side, TextError};

/// Which measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measure {
    Rouge,
    RougeLegacy,
    Bleu,
    Chrf,
}

impl Measure {
    fn metrics(self) -> &'static [&'static str] {
        match self {
            Self::Rouge => &["rouge1", "rouge2", "rougeL", "rougeLsum"],
            Self::RougeLegacy => &["rouge1", "rouge2", "rougeL"],
            Self::Bleu => &["bleu"],
            Self::Chrf => &["chrf"],
        }
    }

    fn scores(self, reference: &str, candidate: &str) -> Result<Vec<f64>, TextError> {
        Ok(match self {
            Self::Rouge => {
                let scores = RougeScores::new(reference, candidate)?;
                vec![scores.rouge1.f1, scores.rouge2.f1, scores.rouge_l.f1, scores.rouge_lsum.f1]
            }
            Self::RougeLegacy => {
                let scores = RougeLegacyScores::new(reference, candidate)?;
                vec![scores.rouge1.f, scores.rouge2.f, scores.rouge_l.f]
            }
            Self::Bleu => vec![bleu::sentence(candidate, &[reference])?.score / 100.0],
            Self::Chrf => vec![chrf::sentence(candidate, &[reference], Variant::Chrf2)?.score / 100.0],
        })
    }
}

pub(crate) fn mark(measure: Measure, reference: Option<&str>, output: &str) -> Result<Marked, Unscorable> {
    let Some(reference) = reference.filter(|text| !text.trim().is_empty()) else {
        return Err(Unscorable("The item has no reference text.".to_owned()));
    };
    let names = measure.metrics().iter().copied();
    let zeros = || measure.metrics().iter().map(|name| (*name, 0.0)).collect();
    if output.trim().is_empty() {
        return Ok(Marked::whole("The output is empty.", zeros()));
    }
    match measure.scores(reference, output) {
        Ok(scores) => {
            let mut marked = Marked::whole(
                "Words shared with the reference text; no measure of clinical correctness.",
                names.zip(scores).collect(),
            );
            marked.refused = refuses(&Output::new(output).plain);
            Ok(marked)
        }
        Err(error) if is_of_the_reference(&error) => {
            Err(Unscorable(format!("The reference text cannot be compared: {error}.")))
        }
        Err(error) => Ok(Marked::whole(format!("Scored as a failure: {error}."), zeros())),
    }
}

fn is_of_the_reference(error: &TextError) -> bool {
    match error {
        TextError::TooLong { side, .. } | TextError::Empty { side } => *side == Side::Reference,
        // lines of both make the pairs; the output's are the system's doing
        TextError::TooManyLinePairs { .. } => false,
        TextError::ZeroOrder | TextError::NoSegments | TextError::NoReference { .. } => true,
    }
}
