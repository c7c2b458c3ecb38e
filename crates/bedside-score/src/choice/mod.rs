//! One option out of several: five ways of reading the same output, side by side.
//!
//! # Why several
//!
//! How the letter is read out of the text moves published scores by up to their whole range: a harness that compares
//! "B. 4" with "B" gives 0.000 to a model that is always right, and one that looks for the option's words anywhere pays
//! for naming all of them. So each rule is a metric of its own, and their disagreement stands beside the score.
//!
//! | rule | metric | reads | misleads |
//! | --- | --- | --- | --- |
//! | `as_read` | `accuracy` (headline, unless `rule` says otherwise) | as a careful person: see below | where the text itself is unclear it reads nothing, and the share unread stands beside it |
//! | `exact` | `accuracy_exact` | the whole output, but for case and white space, is a label or an option's words | down: "B." is wrong |
//! | `first_letter` | `accuracy_first_letter` | a label at the start that something ends | down for reasons first; up or down where options are gone through |
//! | `stated` | `accuracy_stated` | the last "the answer is B", "B is correct", `<answer>`, `\boxed`, JSON `answer` | down for a bare "B" |
//! | `mentions` | `accuracy_mentions` | the right option's words, in lower case, anywhere | up: pays for long answers, deaf to "not"; down for bare letters |
//! | `logprob` | `accuracy_logprob` | the likeliest label, where the system gives log-probabilities | it is not what the reader sees |
//!
//! Each *estimates* the share of items answered with the key's option *under that rule*, and assumes that the key is right
//! and that exactly one option is. `rules_disagree` is 1 where the rules that found something do not lead to the same
//! option, or not to the same mark: it is no quality of the system but the room that reading has.
//!
//! # As a careful person reads
//!
//! Statements first (a final one outranks the others; one taken back is dropped), then the whole output or its first
//! label, then its last line, then the only option mentioned. Two different answers, "A or B", a label with another
//! option's words, or every option gone through without a conclusion: nothing is read. "A patient …" is not answer A.
//! Where a machine reads the answer and the task publishes a format, the headline reads that format and nothing else: the last
//! line that begins with it must hold exactly one label. Not following it is the system's failure.
//!
//! Reasoning between `<think>` and `</think>` is not shown to readers and is not read by this rule.
//!
//! A refusal is an answer, and wrong. An empty output is a failure.

mod mention;
mod options;
mod rules;

use bedside_core::item::ChoiceOption;
use bedside_core::manifest::Reader;
use bedside_core::observation::OptionLogprob;

use crate::marked::{Marked, Unscorable, point};
use crate::output::Output;
use crate::refusal::refuses;
use options::{Found, Options};

/// The rule behind the headline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rule {
    /// As a careful person would read it.
    #[default]
    AsRead,
    /// The whole output is the answer.
    Exact,
    /// A label at the start.
    FirstLetter,
    /// The last stated answer.
    Stated,
    /// The right option's words anywhere.
    Mentions,
    /// The likeliest label.
    Logprob,
}

impl Rule {
    /// Every rule.
    pub const ALL: [Self; 6] =
        [Self::AsRead, Self::Exact, Self::FirstLetter, Self::Stated, Self::Mentions, Self::Logprob];

    /// The word used in `[[scorer]] rule`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::AsRead => "as_read",
            Self::Exact => "exact",
            Self::FirstLetter => "first_letter",
            Self::Stated => "stated",
            Self::Mentions => "mentions",
            Self::Logprob => "logprob",
        }
    }

    /// The rule called `word`.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.word() == word)
    }
}

pub(crate) fn mark(
    options: &[ChoiceOption],
    key: &str,
    rule: Rule,
    prefix: Option<&str>,
    output: &Output<'_>,
    logprobs: &[OptionLogprob],
    reader: Reader,
) -> Result<Marked, Unscorable> {
    let Some(right) = options.iter().position(|option| option.label == key) else {
        return Err(Unscorable(format!("No option has the key's label `{key}`.")));
    };
    let forms = Options::new(options);
    let exact = rules::exact(&forms, output);
    let first_letter = rules::first_letter(&forms, output);
    let stated = rules::stated(&forms, output);
    let as_read = if output.is_empty() { Found::Nothing } else { rules::as_read(&forms, output) };
    let mentions = rules::mentions(&forms, output, right);
    let logprob = (!logprobs.is_empty()).then(|| rules::logprob(&forms, logprobs));
    let is_right = |found: Found| found == Found::One(right);

    let labels = Found::agree([exact, first_letter, stated, as_read]);
    let marks_differ =
        mentions.is_some_and(|mentioned| labels.one().is_some_and(|label| mentioned != (label == right)));
    let disagree = labels == Found::Several || marks_differ;
    let headline = match rule {
        Rule::AsRead => prefix.map_or(as_read, |prefix| rules::published(&forms, output, prefix)),
        Rule::Exact => exact,
        Rule::FirstLetter => first_letter,
        Rule::Stated => stated,
        Rule::Mentions if mentions == Some(true) => Found::One(right),
        Rule::Mentions => Found::Nothing,
        Rule::Logprob => match logprob {
            Some(found) => found,
            None => {
                return Err(Unscorable(
                    "The rule is `logprob`, and the output comes without log-probabilities.".to_owned(),
                ));
            }
        },
    };
    let mut values = vec![
        ("accuracy", point(is_right(headline))),
        ("accuracy_exact", point(is_right(exact))),
        ("accuracy_first_letter", point(is_right(first_letter))),
        ("accuracy_stated", point(is_right(stated))),
        ("accuracy_mentions", point(mentions == Some(true))),
        ("rules_disagree", point(disagree)),
    ];
    if let Some(found) = logprob {
        values.push(("accuracy_logprob", point(is_right(found))));
    }
    if output.is_empty() && rule != Rule::Logprob {
        return Ok(Marked::whole("The output is empty.", values));
    }
    Ok(match headline {
        Found::One(option) => {
            let label = &options[option].label;
            let why = if option == right {
                format!("Read as {label}, which is the key.")
            } else {
                format!("Read as {label}; the key is {key}.")
            };
            Marked::read(label, why, values)
        }
        // the rule of containment always reads: what it looks for stands there or not
        Found::Nothing if rule == Rule::Mentions => {
            Marked::whole("The words of the right option do not stand in the output.", values)
        }
        Found::Nothing if refuses(&output.plain) => Marked::refused("The system declined to answer.", values),
        Found::Nothing | Found::Several => {
            let what = if headline == Found::Several {
                "More than one option is given as the answer"
            } else {
                "No option could be read from the answer"
            };
            let so = match reader {
                Reader::Human => "counted as not correct until someone reads it",
                Reader::Machine if prefix.is_some() => {
                    "a failure, because a machine reads it and the published format was not followed"
                }
                Reader::Machine => "a failure, because a machine reads it",
            };
            Marked::unparsed(format!("{what}: {so}."), values)
        }
    })
}
