//! A scorer as a benchmark names it: from `[[scorer]]` to the marks of an answer.

use bedside_core::item::{Item, Reference};
use bedside_core::manifest::{Reader, ScorerTable, TaskTable};
use bedside_core::observation::{Answer, Stop};
use bedside_core::score::{Scored, ScorerInfo};

use crate::choice::{self, Rule};
use crate::codes;
use crate::marked::{Marked, Unscorable};
use crate::numeric::{self, Tolerance};
use crate::output::Output;
use crate::overlap::{self, Measure};
use crate::short_answer;

/// Why a `[[scorer]]` table makes no scorer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ScorerError {
    /// No scorer of that kind; [`catalogue`](crate::catalogue()) lists them.
    #[error("no scorer is called `{kind}`")]
    UnknownKind {
        /// The kind asked for.
        kind: String,
    },
    /// A metric that the kind does not have.
    #[error("scorer `{kind}` has no metric `{metric}`")]
    UnknownMetric {
        /// The kind.
        kind: &'static str,
        /// The metric asked for.
        metric: String,
    },
    /// A rule that the choice scorer does not have; [`Rule::ALL`] lists them.
    #[error("no extraction rule is called `{rule}`")]
    UnknownRule {
        /// The rule asked for.
        rule: String,
    },
    /// A tolerance that is negative or no number.
    #[error("`{setting}` must be a number from 0 up, and is {value}")]
    BadTolerance {
        /// Its name.
        setting: &'static str,
        /// Its value.
        value: f64,
    },
}

/// Scores answers. Pure: the same answer gets the same marks, however often it is asked.
///
/// ```
/// # use bedside_core::{Answer, Digest, Item, Reference, ChoiceOption};
/// # use bedside_core::manifest::{Reader, ScorerTable};
/// use bedside_score::Scorer;
///
/// # let table = ScorerTable { id: "choice".into(), kind: None, metrics: None, reference: None, rule: None,
/// #     tolerance_relative: None, tolerance_absolute: None, case_sensitive: false };
/// # let option = |label: &str, text: &str| ChoiceOption { label: label.into(), text: text.into() };
/// # let item = Item { id: "1".into(), cluster: "1".into(), template: None, strata: Default::default(),
/// #     input: Default::default(), media: vec![], options: vec![option("A", "3"), option("B", "4")],
/// #     reference: Reference::Choice("B".into()), reference_sets: Default::default(), severity: None,
/// #     provenance: Default::default(), world: None, digest: Digest::of(b"") };
/// let scorer = Scorer::new(&table)?;
/// let scored = scorer.score(&item, &Answer { output: "B. 4".into(), ..Answer::default() }, Reader::Human);
/// assert_eq!(scored.values["accuracy"], 1.0);
/// assert_eq!(scored.values["accuracy_exact"], 0.0); // elsewhere this was the score
/// # Ok::<(), bedside_score::ScorerError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Scorer {
    id: String,
    info: &'static ScorerInfo,
    reference: Option<String>,
    metrics: Option<Vec<String>>,
    kind: Kind,
    task: Option<TaskTable>,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Choice(Rule),
    ShortAnswer { case_sensitive: bool },
    Numeric(Tolerance),
    Codes,
    Overlap(Measure),
}

impl Scorer {
    /// The scorer that a table asks for.
    pub fn new(table: &ScorerTable) -> Result<Self, ScorerError> {
        let info = crate::catalogue()
            .iter()
            .find(|info| info.kind == table.kind())
            .ok_or_else(|| ScorerError::UnknownKind { kind: table.kind().to_owned() })?;
        for metric in table.metrics.iter().flatten() {
            if !info.metrics.iter().any(|known| known.name == metric) {
                return Err(ScorerError::UnknownMetric { kind: info.kind, metric: metric.clone() });
            }
        }
        let kind = match info.kind {
            "choice" => Kind::Choice(match &table.rule {
                None => Rule::default(),
                Some(word) => Rule::named(word).ok_or_else(|| ScorerError::UnknownRule { rule: word.clone() })?,
            }),
            "short_answer" => Kind::ShortAnswer { case_sensitive: table.case_sensitive },
            "numeric" => Kind::Numeric(Tolerance {
                relative: tolerance("tolerance_relative", table.tolerance_relative)?,
                absolute: tolerance("tolerance_absolute", table.tolerance_absolute)?,
            }),
            "codes" => Kind::Codes,
            "rouge" => Kind::Overlap(Measure::Rouge),
            "rouge_legacy" => Kind::Overlap(Measure::RougeLegacy),
            "bleu" => Kind::Overlap(Measure::Bleu),
            "chrf" => Kind::Overlap(Measure::Chrf),
            other => return Err(ScorerError::UnknownKind { kind: other.to_owned() }),
        };
        Ok(Self {
            id: table.id.clone(),
            info,
            reference: table.reference.clone(),
            metrics: table.metrics.clone(),
            kind,
            task: None,
        })
    }

    /// The same scorer for a task: where a machine reads the answer, only the published format is read.
    #[must_use]
    pub fn of_task(mut self, task: &TaskTable) -> Self {
        self.task = Some(task.clone());
        self
    }

    /// Name in the benchmark.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What its kind can do.
    pub fn info(&self) -> &'static ScorerInfo {
        self.info
    }

    /// The marks of one answer. Whatever text there is counts, for whatever reason the system stopped.
    pub fn score(&self, item: &Item, answer: &Answer, reader: Reader) -> Scored {
        let marked = match item.key(self.reference.as_deref()) {
            Some(key) => self.mark(item, key, answer, reader),
            None => Err(Unscorable(format!(
                "The item has no key called `{}`.",
                self.reference.as_deref().unwrap_or_default()
            ))),
        };
        match marked {
            Ok(marked) => self.dress(marked, answer),
            Err(Unscorable(reason)) => Scored::unscorable(&self.id, self.info.version, reason),
        }
    }

    fn mark(&self, item: &Item, key: &Reference, answer: &Answer, reader: Reader) -> Result<Marked, Unscorable> {
        if let Kind::Overlap(measure) = self.kind {
            let Reference::LongForm(reference) = key else { return Err(self.does_not_fit()) };
            return overlap::mark(measure, reference.text.as_deref(), &answer.output);
        }
        let output = Output::new(&answer.output);
        let mut marked = match (self.kind, key) {
            (Kind::Choice(rule), Reference::Choice(label)) => {
                let labels: Vec<&str> = item.options.iter().map(|option| option.label.as_str()).collect();
                let prefix = self.task.as_ref().and_then(|task| task.answer_prefix(&labels));
                choice::mark(&item.options, label, rule, prefix, &output, &answer.option_logprobs, reader)?
            }
            (Kind::ShortAnswer { case_sensitive }, Reference::ShortAnswer(accepted)) => {
                short_answer::mark(accepted, case_sensitive, &output)
            }
            (Kind::Numeric(tolerance), Reference::Numeric(value)) => {
                let cut_off = matches!(answer.stop, Stop::TokenLimit | Stop::ContextLimit | Stop::TimeLimit);
                numeric::mark(value.as_ref(), tolerance, &output, cut_off)?
            }
            (Kind::Codes, Reference::Codes(codes)) => codes::mark(codes, &output)?,
            _ => return Err(self.does_not_fit()),
        };
        if output.cut {
            append(&mut marked.why, "the output is so long that only its beginning and end were read");
        }
        Ok(marked)
    }

    fn does_not_fit(&self) -> Unscorable {
        Unscorable(format!("The item's key is none that scorer `{}` can use.", self.info.kind))
    }

    fn dress(&self, marked: Marked, answer: &Answer) -> Scored {
        let Marked { parsed, extracted, refused, mut why, values } = marked;
        if let Some(stopped) = stopped(answer.stop) {
            append(&mut why, stopped);
        }
        let wanted =
            |name: &str| self.metrics.as_ref().is_none_or(|metrics| metrics.iter().any(|metric| metric == name));
        Scored {
            scorer: self.id.clone(),
            version: self.info.version,
            parsed,
            extracted,
            refused,
            why,
            values: values
                .into_iter()
                .filter(|(name, _)| wanted(name))
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            unscorable: None,
        }
    }
}

fn tolerance(setting: &'static str, value: Option<f64>) -> Result<f64, ScorerError> {
    match value {
        None => Ok(0.0),
        Some(value) if value >= 0.0 && value.is_finite() => Ok(value),
        Some(value) => Err(ScorerError::BadTolerance { setting, value }),
    }
}

/// One sentence stays one sentence.
fn append(why: &mut String, more: &str) {
    why.truncate(why.trim_end_matches('.').len());
    why.push_str("; ");
    why.push_str(more);
    why.push('.');
}

const fn stopped(stop: Stop) -> Option<&'static str> {
    match stop {
        Stop::Complete | Stop::Unknown => None,
        Stop::TokenLimit => Some("the system ran into the token limit"),
        Stop::ContextLimit => Some("the prompt did not fit the system's context"),
        Stop::TurnLimit => Some("the system ran into the turn limit"),
        Stop::TimeLimit => Some("the system ran into the time limit"),
        Stop::ContentFilter => Some("the provider's content filter stopped it"),
        Stop::MalformedToolCall => Some("the system made a tool call that could not be read"),
        Stop::Crashed => Some("the system's process died"),
        Stop::MalformedReply => Some("the system's reply could not be read"),
    }
}
