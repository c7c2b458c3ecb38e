//! What a scorer said of an answer.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The scale of a metric. Scores on different scales are never subtracted or averaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// Right or wrong: 0 or 1 for each item.
    Binary,
    /// A share in [0, 1] for each item, such as the F1 of a set of codes.
    Fraction,
    /// An overlap with a reference text in [0, 1], such as ROUGE: no measure of clinical correctness.
    Overlap,
}

impl Scale {
    /// The word used in files and on pages.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Binary => "binary",
            Self::Fraction => "fraction",
            Self::Overlap => "overlap",
        }
    }
}

/// All that one scorer said of one answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scored {
    /// The scorer's id in the benchmark.
    pub scorer: String,
    /// The scorer's version: a change that can move a score changes it.
    pub version: u32,
    /// Whether an answer could be read out of the output. Always true for scorers that read the whole text.
    pub parsed: bool,
    /// What was read out of the output, in the scorer's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extracted: Option<String>,
    /// Whether the answer was a refusal (which is an answer, and also counted by itself).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub refused: bool,
    /// Why the score is what it is, in one sentence.
    pub why: String,
    /// Score by metric; absent metrics were not scorable for this item.
    pub values: BTreeMap<String, f64>,
    /// Why nothing could be scored, when nothing could: no key of the set asked for, for example.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unscorable: Option<String>,
}

impl Scored {
    /// A score that could not be given, with its reason. Missing data, like a judge's fault.
    pub fn unscorable(scorer: &str, version: u32, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self {
            scorer: scorer.to_owned(),
            version,
            parsed: true,
            extracted: None,
            refused: false,
            why: reason.clone(),
            values: BTreeMap::new(),
            unscorable: Some(reason),
        }
    }
}

/// What a kind of scorer can do: the catalogue that packages are checked against and `bedside list scorers` prints.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ScorerInfo {
    /// Name in `[[scorer]] kind`.
    pub kind: &'static str,
    /// Version of its scores.
    pub version: u32,
    /// One sentence.
    pub what: &'static str,
    /// Kinds of task it can score.
    pub tasks: &'static [crate::item::TaskKind],
    /// Its metrics; the first is its headline.
    pub metrics: &'static [MetricInfo],
    /// Settings of `[[scorer]]` that it reads, beside `id`, `kind`, `metrics` and `reference`.
    pub settings: &'static [&'static str],
}

/// One metric of a scorer.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct MetricInfo {
    /// Name.
    pub name: &'static str,
    /// Scale.
    pub scale: Scale,
    /// One sentence.
    pub what: &'static str,
}
