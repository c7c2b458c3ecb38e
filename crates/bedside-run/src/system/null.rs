//! Null policies: systems without skill. What they score is the floor that a score is read against.
//!
//! They are pure functions of the items, resolved by the planner; some need the references of *other* items, which no live system can reach.

use std::collections::{BTreeMap, BTreeSet};

use bedside_core::item::{Item, LongFormReference, NumericReference, NumericValue, Reference, TaskKind};
use bedside_core::manifest::TaskTable;
use bedside_core::{Answer, Digest, Prompt, Stop};

/// A policy without skill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NullPolicy {
    /// Says nothing.
    Empty,
    /// Always gives the most frequent reference of the other items.
    Majority,
    /// Draws an option, or the reference of another item, with equal chance.
    Random,
    /// Takes the longest option.
    LongestOption,
    /// Looks at the options alone: takes the one that shares most words with the others, an old trick of test takers.
    OptionsOnly,
    /// Gives its prompt back.
    CopyPrompt,
    /// Refuses politely.
    Refuse,
    /// Says that it cannot be determined.
    Abstain,
    /// Gives the reference: for checking a scorer (`--self-test`), never a floor.
    Oracle,
}

impl NullPolicy {
    /// Every policy that may serve as a floor.
    pub const FLOORS: [Self; 8] = [
        Self::Empty,
        Self::Majority,
        Self::Random,
        Self::LongestOption,
        Self::OptionsOnly,
        Self::CopyPrompt,
        Self::Refuse,
        Self::Abstain,
    ];

    /// The name after `null/`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Majority => "majority",
            Self::Random => "random",
            Self::LongestOption => "longest-option",
            Self::OptionsOnly => "options-only",
            Self::CopyPrompt => "copy-prompt",
            Self::Refuse => "refuse",
            Self::Abstain => "abstain",
            Self::Oracle => "oracle",
        }
    }

    /// One line for `bedside list models`.
    pub const fn what(self) -> &'static str {
        match self {
            Self::Empty => "says nothing",
            Self::Majority => "always gives the most frequent reference of the other items",
            Self::Random => "draws an option, or the reference of another item, with equal chance",
            Self::LongestOption => "takes the longest option",
            Self::OptionsOnly => "looks at the options alone: the one that shares most words with the others",
            Self::CopyPrompt => "gives its prompt back",
            Self::Refuse => "refuses politely",
            Self::Abstain => "says that it cannot be determined",
            Self::Oracle => "gives the reference: checks a scorer, needs --self-test",
        }
    }

    /// The policy of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::FLOORS.into_iter().chain([Self::Oracle]).find(|policy| policy.name() == name)
    }

    /// Whether the policy makes sense for a kind of task.
    pub const fn fits(self, kind: TaskKind) -> bool {
        match self {
            Self::LongestOption | Self::OptionsOnly => matches!(kind, TaskKind::Choice),
            Self::Majority => {
                matches!(kind, TaskKind::Choice | TaskKind::ShortAnswer | TaskKind::Numeric | TaskKind::Codes)
            }
            Self::Abstain => matches!(kind, TaskKind::Numeric),
            Self::Random | Self::Oracle => !matches!(kind, TaskKind::Dialogue | TaskKind::Agent),
            Self::Empty | Self::CopyPrompt | Self::Refuse => true,
        }
    }
}

/// What every null policy of a benchmark needs to know of it.
#[derive(Clone, Debug)]
pub struct NullContext {
    /// How often each reference occurs, by its words; ties go to the first in this order.
    counts: BTreeMap<String, usize>,
    answers: Vec<String>,
    task: TaskTable,
    seed: u64,
}

impl NullContext {
    /// Looks at the items of a benchmark once.
    pub fn new(items: &[Item], task: &TaskTable, seed: u64) -> Self {
        let answers: Vec<String> = items.iter().map(|item| reference_words(&item.reference)).collect();
        let mut counts = BTreeMap::new();
        for answer in &answers {
            *counts.entry(answer.clone()).or_insert(0) += 1;
        }
        Self { counts, answers, task: task.clone(), seed }
    }

    /// What a policy answers to the item at this position.
    pub fn answer(
        &self,
        policy: NullPolicy,
        items: &[Item],
        position: usize,
        prompt: Option<&Prompt>,
        epoch: u32,
    ) -> Answer {
        let item = &items[position];
        let chosen = match policy {
            NullPolicy::Empty => String::new(),
            NullPolicy::Majority => self.majority_of_others(position),
            NullPolicy::Random => self.random(item, position, epoch),
            NullPolicy::LongestOption => {
                label(item.options.iter().rev().max_by_key(|option| option.text.chars().count()))
            }
            NullPolicy::OptionsOnly => options_only(item),
            NullPolicy::CopyPrompt => prompt.map(Prompt::text).unwrap_or_default(),
            NullPolicy::Refuse => "I'm sorry, but I can't help with that.".to_owned(),
            NullPolicy::Abstain => "N/A".to_owned(),
            NullPolicy::Oracle => self.answers[position].clone(),
        };
        // Without skill is not without obedience: a policy that picks an option says so in the published format.
        let labels: Vec<&str> = item.options.iter().map(|option| option.label.as_str()).collect();
        let output = match self.task.answer_prefix(&labels) {
            Some(prefix) if labels.contains(&chosen.as_str()) => format!("{prefix} {chosen}"),
            _ => chosen,
        };
        Answer { output, stop: Stop::Complete, ..Answer::default() }
    }

    /// The most frequent reference, unless no other item has it: the item's own reference alone must not help it. Counting the item out
    /// altogether would turn a tie against it.
    fn majority_of_others(&self, position: usize) -> String {
        let own = &self.answers[position];
        self.counts
            .iter()
            .filter(|(answer, count)| **count > usize::from(*answer == own))
            .rev()
            .max_by_key(|(_, count)| **count)
            .map(|(answer, _)| answer.clone())
            .unwrap_or_default()
    }

    fn random(&self, item: &Item, position: usize, epoch: u32) -> String {
        // A digest of seed, item and epoch: independent draws that do not depend on order or selection.
        let digest = Digest::of_parts([&self.seed.to_le_bytes()[..], item.digest.bytes(), &epoch.to_le_bytes()]);
        let mut draw = [0; 8];
        draw.copy_from_slice(&digest.bytes()[..8]);
        let draw = u64::from_le_bytes(draw);
        let pick = |n: usize| usize::try_from(draw % n as u64).unwrap_or(0);
        if !item.options.is_empty() {
            return item.options[pick(item.options.len())].label.clone();
        }
        let others = self.answers.len().saturating_sub(1);
        if others == 0 {
            return String::new();
        }
        let other = pick(others);
        self.answers[if other >= position { other + 1 } else { other }].clone()
    }
}

fn label(option: Option<&bedside_core::ChoiceOption>) -> String {
    option.map(|option| option.label.clone()).unwrap_or_default()
}

fn options_only(item: &Item) -> String {
    let words = |text: &str| -> BTreeSet<String> {
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 2).map(str::to_lowercase).collect()
    };
    let sets: Vec<BTreeSet<String>> = item.options.iter().map(|option| words(&option.text)).collect();
    let shared = |position: usize| -> usize {
        sets.iter()
            .enumerate()
            .filter(|(other, _)| *other != position)
            .map(|(_, set)| set.intersection(&sets[position]).count())
            .sum()
    };
    label((0..sets.len()).rev().max_by_key(|position| shared(*position)).map(|position| &item.options[position]))
}

/// A reference in the words of an answer.
fn reference_words(reference: &Reference) -> String {
    match reference {
        Reference::Choice(label) => label.clone(),
        Reference::ShortAnswer(accepted) => accepted.first().cloned().unwrap_or_default(),
        Reference::Numeric(None) => "N/A".to_owned(),
        Reference::Numeric(Some(NumericReference { value, unit, .. })) => {
            let value = match value {
                NumericValue::Number(number) => number.to_string(),
                NumericValue::Date(date) => return date.clone(),
            };
            format!("{value} {unit}").trim().to_owned()
        }
        Reference::Codes(codes) => codes.join(", "),
        Reference::LongForm(LongFormReference { text: Some(text), .. }) => text.clone(),
        Reference::LongForm(LongFormReference { facts, .. }) => {
            facts.iter().map(|fact| fact.text.as_str()).collect::<Vec<_>>().join("\n")
        }
        Reference::Checks(checks) => checks.answer.as_ref().map(ToString::to_string).unwrap_or_default(),
    }
}
