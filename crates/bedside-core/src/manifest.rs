//! `benchmark.toml` as people write it: flat, strict tables. The published JSON schema is generated from these types.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::item::TaskKind;
use crate::source::{RecordedTable, SourceTable};

/// A whole `benchmark.toml`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The headline, as `scorer.metric`. May also stand in `[benchmark]` or `[task]`; once.
    pub primary: Option<String>,
    /// What the package is.
    pub benchmark: BenchmarkTable,
    /// What is measured and what may be claimed.
    pub construct: Option<ConstructTable>,
    /// What the system is asked to do.
    pub task: TaskTable,
    /// Wordings: at least one; five make prompt sensitivity measurable. The first is the reference unless one is called `base`.
    pub prompt: Vec<PromptTable>,
    /// How answers are scored.
    pub scorer: Vec<ScorerTable>,
    /// What the author suggests that a system must reach.
    pub requirement: Option<RequirementTable>,
    /// Where the data come from, when they are not in the package.
    pub source: Option<SourceTable>,
    /// Published outputs of real systems that come with the data.
    #[serde(default)]
    pub recorded: Vec<RecordedTable>,
}

/// `[benchmark]`
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BenchmarkTable {
    /// Lower-case letters, digits and hyphens.
    pub id: String,
    /// Version of the package, such as `1.0.0`.
    pub version: String,
    /// One line.
    pub title: String,
    /// Kind of clinical work.
    pub domain: Domain,
    /// MedHELM's subcategory.
    pub subdomain: String,
    /// Kind of system.
    #[serde(default)]
    pub system_class: SystemClass,
    /// SPDX name, or words.
    pub licence: String,
    /// How the data may travel.
    pub data_class: DataClass,
    /// Who says that the references are right; `nobody yet` until a clinician has signed.
    pub reviewed_by: String,
    /// How to cite it.
    pub citation: Option<String>,
    /// Known defects and limits, one sentence each.
    #[serde(default)]
    pub limits: Vec<String>,
    /// See [`Manifest::primary`].
    pub primary: Option<String>,
}

/// `[construct]`: phenomenon, task, metric and claim, each with its evidence or `none`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConstructTable {
    /// What is to be measured.
    pub phenomenon: Option<String>,
    /// How the task stands for it.
    pub task: Option<String>,
    /// How the metric stands for the task.
    pub metric: Option<String>,
    /// What a high score is claimed to mean.
    pub claim: Option<String>,
    /// Evidence for the above, or `none`.
    pub evidence: Option<String>,
}

/// `[task]`
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskTable {
    /// Name in tables; the benchmark's id unless said.
    pub id: Option<String>,
    /// Kind of answer asked for.
    pub kind: TaskKind,
    /// What items were sampled in: `encounter_id`, `passage`, `template`. Items carry the value in `cluster`.
    pub cluster_by: Option<String>,
    /// Who reads the answer in the intended use.
    pub reader: Reader,
    /// The answer format that a machine reader needs; it must stand in every prompt.
    pub answer_format: Option<String>,
    /// Tokens a system may write, unless its own settings say otherwise. Declared with the task, so running into it is a failure of the system.
    pub max_tokens: Option<u32>,
    /// See [`Manifest::primary`].
    pub primary: Option<String>,
}

impl TaskTable {
    /// What a machine reader looks for in front of an option's label: the published format up to its first label or placeholder.
    /// `DECISION: approve|deny` gives `DECISION:`. `None` for human readers, and for a format that begins with a label.
    pub fn answer_prefix(&self, labels: &[&str]) -> Option<&str> {
        let format = self.answer_format.as_deref().filter(|_| self.reader == Reader::Machine)?;
        let first_label = labels.iter().filter_map(|label| format.find(*label)).min();
        let end = first_label.or_else(|| format.find(['<', '{', '[', '…']))?;
        Some(format[..end].trim()).filter(|prefix| !prefix.is_empty())
    }
}

/// `[[prompt]]`
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PromptTable {
    /// Name of the wording.
    pub id: String,
    /// The user's message, as a Jinja template over `item`.
    pub template: String,
    /// The system message, likewise.
    pub system: Option<String>,
}

/// `[[scorer]]`
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScorerTable {
    /// Name in tables. Also the kind of scorer, unless `kind` says otherwise.
    pub id: String,
    /// Kind of scorer: `bedside list scorers`.
    pub kind: Option<String>,
    /// Metrics wanted; all of the scorer's when absent.
    pub metrics: Option<Vec<String>>,
    /// Score against this named key of `reference_sets`, not the published one. Items without it are not scored.
    pub reference: Option<String>,
    /// choice: the extraction rule behind the headline.
    pub rule: Option<String>,
    /// numeric: largest accepted difference as a share of the reference, when the item sets no limits.
    pub tolerance_relative: Option<f64>,
    /// numeric: largest accepted absolute difference, when the item sets no limits.
    pub tolerance_absolute: Option<f64>,
    /// short_answer: whether case matters.
    #[serde(default)]
    pub case_sensitive: bool,
}

impl ScorerTable {
    /// The kind of scorer meant.
    pub fn kind(&self) -> &str {
        self.kind.as_deref().unwrap_or(&self.id)
    }
}

/// `[requirement]`: suggested by the author, set by the owner of the use.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequirementTable {
    /// Metric, as `scorer.metric`, or `acceptable` for "acceptable for this use: yes or no".
    pub metric: String,
    /// What must be reached.
    pub target: f64,
    /// Smallest difference that matters.
    pub delta: f64,
    /// What humans reach on this very metric. Without it a requirement on an overlap metric is an error.
    pub human_ceiling: Option<f64>,
}

/// Kind of clinical work: MedHELM's five categories and the exam baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the variants are the words of DESIGN")]
pub enum Domain {
    Knowledge,
    Documentation,
    DecisionSupport,
    Communication,
    Research,
    Administration,
}

impl Domain {
    /// The word used in files.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Knowledge => "knowledge",
            Self::Documentation => "documentation",
            Self::DecisionSupport => "decision_support",
            Self::Communication => "communication",
            Self::Research => "research",
            Self::Administration => "administration",
        }
    }
}

/// Kind of system a benchmark is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the variants are the words of DESIGN")]
pub enum SystemClass {
    #[default]
    Generative,
    Multimodal,
    Agentic,
}

impl SystemClass {
    /// The word used in files.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Generative => "generative",
            Self::Multimodal => "multimodal",
            Self::Agentic => "agentic",
        }
    }
}

/// Who reads the answer in the intended use: whether an unparsable answer is the system's failure or the reader's problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "explained on the type")]
pub enum Reader {
    Human,
    Machine,
}

impl Reader {
    /// The word used in files.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Machine => "machine",
        }
    }
}

/// How data may travel. Items that are not `synthetic` go to no remote system unless its host is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DataClass {
    /// Invented people, or exam questions about no one.
    Synthetic,
    /// Real people without direct identifiers.
    Deidentified,
    /// Protected health information.
    Phi,
}

impl DataClass {
    /// The word used in files.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Synthetic => "synthetic",
            Self::Deidentified => "deidentified",
            Self::Phi => "phi",
        }
    }

    /// Whether items of this class may go to any host the user configured, without being named by `--allow-host`.
    pub const fn travels_freely(self) -> bool {
        matches!(self, Self::Synthetic)
    }
}
