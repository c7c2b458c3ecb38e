//! One case: what a system is given, and the reference it is held against.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::digest::Digest;

/// One line of `items.jsonl`, as people write it.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemLine {
    /// The upstream id verbatim, where there is one.
    pub id: String,
    /// Patient, passage or encounter the item was sampled with. Defaults to the item itself.
    pub cluster: Option<String>,
    /// The template a generated item was drawn from: the outermost level that was sampled.
    pub template: Option<String>,
    /// Named slices, such as `{"split": "test1"}`.
    #[serde(default)]
    pub strata: BTreeMap<String, String>,
    /// Fields for the prompt template, as `item.<field>`.
    pub input: Map<String, Value>,
    /// Files beside the item.
    #[serde(default)]
    pub media: Vec<Media>,
    /// The options of a `choice` task, in the order shown.
    #[serde(default)]
    pub options: Vec<ChoiceOption>,
    /// The reference; its shape depends on `[task] kind`. `null` in a numeric task means "must abstain".
    pub reference: Value,
    /// Further keys to the same item by name, such as a corrected label beside the published one.
    #[serde(default)]
    pub reference_sets: BTreeMap<String, Value>,
    /// Potential harm if the answer is wrong, and who said so.
    pub severity: Option<Severity>,
    /// Where the item comes from.
    #[serde(default)]
    pub provenance: Map<String, Value>,
    /// State that an agent may read and change, as `fhir:FILE`.
    pub world: Option<String>,
}

/// A file that belongs to an item.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Media {
    /// Path inside the package, under `media/`.
    pub path: String,
    /// sha256 of the file.
    pub sha256: String,
    /// Media type, such as `image/png`.
    pub mime: String,
    /// What the file is in the case, such as `ecg`.
    pub role: String,
}

/// One option of a multiple-choice item.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChoiceOption {
    /// The label an answer names, such as `B`.
    pub label: String,
    /// The option's words.
    pub text: String,
}

/// Potential harm of a wrong answer (WHO levels), whether a stated reviewer would intercept it, and who assigned it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Severity {
    /// Potential harm.
    pub level: SeverityLevel,
    /// Whether the stated reviewer intercepts it.
    pub interceptable: Interceptable,
    /// Who assigned it.
    pub by: String,
}

/// Potential harm, in the words of the WHO classification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the variants are the words of the scale")]
pub enum SeverityLevel {
    None,
    Mild,
    Moderate,
    Severe,
    Death,
}

/// Would a reviewer catch it before it reaches the patient?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the variants are the words of the scale")]
pub enum Interceptable {
    Yes,
    Unlikely,
    No,
}

/// What kind of answer a task asks for; decides the shape of the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskKind {
    /// One label out of several options.
    Choice,
    /// A few words, compared with accepted strings.
    ShortAnswer,
    /// A number or date with a tolerance, or an abstention.
    Numeric,
    /// A set of codes.
    Codes,
    /// A text such as a note.
    LongForm,
    /// Several turns.
    Dialogue,
    /// Acts in a world.
    Agent,
}

impl TaskKind {
    /// The word used in files.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Choice => "choice",
            Self::ShortAnswer => "short_answer",
            Self::Numeric => "numeric",
            Self::Codes => "codes",
            Self::LongForm => "long_form",
            Self::Dialogue => "dialogue",
            Self::Agent => "agent",
        }
    }
}

/// A checked item.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Item {
    /// The item's id, unique in its benchmark.
    pub id: String,
    /// Patient, passage or vignette source.
    pub cluster: String,
    /// Template of a generated item.
    pub template: Option<String>,
    /// Named slices.
    pub strata: BTreeMap<String, String>,
    /// What the prompt template may use.
    pub input: Map<String, Value>,
    /// Files beside the item.
    pub media: Vec<Media>,
    /// Options of a choice task.
    pub options: Vec<ChoiceOption>,
    /// The published key.
    pub reference: Reference,
    /// Other keys by name.
    pub reference_sets: BTreeMap<String, Reference>,
    /// Harm if wrong.
    pub severity: Option<Severity>,
    /// Where it comes from.
    pub provenance: Map<String, Value>,
    /// An agent's world.
    pub world: Option<String>,
    /// Content address of all of the above.
    pub digest: Digest,
}

impl Item {
    /// The key called `set`, or the published one when `set` is `None`.
    pub fn key(&self, set: Option<&str>) -> Option<&Reference> {
        match set {
            None => Some(&self.reference),
            Some(name) => self.reference_sets.get(name),
        }
    }
}

/// What an answer is held against.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reference {
    /// The label of the right option.
    Choice(String),
    /// Accepted strings.
    ShortAnswer(Vec<String>),
    /// The right value; `None` means that the right answer is to abstain.
    Numeric(Option<NumericReference>),
    /// The right codes.
    Codes(Vec<String>),
    /// A reference text and, or, facts.
    LongForm(LongFormReference),
    /// What a dialogue or agent must have reached.
    Checks(ChecksReference),
}

/// A number or a date with its limits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NumericReference {
    /// A number, or a date as `YYYY-MM-DD` with `unit = "date"`.
    pub value: NumericValue,
    /// Unit the value is stated in; empty for a pure number or score.
    #[serde(default)]
    pub unit: String,
    /// Lowest value accepted.
    pub lower: Option<NumericValue>,
    /// Highest value accepted.
    pub upper: Option<NumericValue>,
}

/// A number, or a calendar date `YYYY-MM-DD`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)] // read through the schema walk first, so a wrong type is named there and not by serde
pub enum NumericValue {
    /// A number.
    Number(f64),
    /// A calendar date.
    Date(String),
}

/// The reference of a text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LongFormReference {
    /// A reference text.
    pub text: Option<String>,
    /// Facts that the text must (or must not) hold.
    #[serde(default)]
    pub facts: Vec<Fact>,
}

/// One fact of a long-form reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// Its id in the item.
    pub id: String,
    /// The fact in words.
    pub text: String,
    /// Section where it belongs.
    pub section: Option<String>,
    /// Harm if missed or wrong.
    pub severity: SeverityLevel,
    /// `present`, `absent` (a negative finding) or `must_not_appear`.
    pub polarity: String,
}

/// The reference of a dialogue or agent task.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChecksReference {
    /// The final answer, if the task ends in one.
    pub answer: Option<Value>,
    /// Checks on the state that was left.
    #[serde(default)]
    pub checks: Vec<Value>,
}
