//! Null policies: systems without skill. What they score is the floor that a score is read against.
//!
//! They are pure functions of the items, resolved by the planner; some need the references of *other* items, which no live system can reach.

use std::collections::{BTreeSet, HashMap};
use std::io;

use bedside_core::item::{Item, LongFormReference, NumericReference, NumericValue, Reference, TaskKind};
use bedside_core::manifest::TaskTable;
use bedside_core::{Answer, Digest, Prompt, Stop};

use crate::items::Items;

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

    /// Whether the policy looks at its prompt.
    pub const fn reads_prompt(self) -> bool {
        matches!(self, Self::CopyPrompt)
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

/// How often each reference occurs, counted while the items pass by: 16 bytes for each that differs.
#[derive(Debug, Default)]
pub struct ReferenceCounts {
    counts: HashMap<u64, Counted>,
    items: u32,
}

#[derive(Debug)]
struct Counted {
    count: u32,
    /// Position of the first item that has it.
    first: u32,
}

impl ReferenceCounts {
    /// Counts the reference of the next item.
    pub fn add(&mut self, item: &Item) {
        let digest = Digest::of(reference_words(&item.reference).as_bytes());
        let short = digest.bytes().first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        let first = self.items;
        self.counts.entry(short).or_insert(Counted { count: 0, first }).count += 1;
        self.items += 1;
    }
}

/// What every null policy of a benchmark needs to know of it.
#[derive(Clone, Debug)]
pub struct NullContext {
    /// The most frequent reference, the first in the order of words among equals; and the next such.
    most_frequent: [Option<String>; 2],
    /// How often that is.
    frequency: u32,
    task: TaskTable,
    seed: u64,
}

impl NullContext {
    /// Looks up the most frequent references.
    pub fn new(counts: &ReferenceCounts, items: &Items, task: &TaskTable, seed: u64) -> io::Result<Self> {
        let frequency = counts.counts.values().map(|counted| counted.count).max().unwrap_or(0);
        let mut most_frequent = [None, None];
        // Majority alone needs them, and long texts have none.
        if NullPolicy::Majority.fits(task.kind) {
            for counted in counts.counts.values().filter(|counted| counted.count == frequency) {
                let item = items.get(usize::try_from(counted.first).unwrap_or(usize::MAX))?;
                keep_first_two(&mut most_frequent, reference_words(&item.reference));
            }
        }
        Ok(Self { most_frequent, frequency, task: task.clone(), seed })
    }

    /// What a policy answers to an item, which stands at this position among `items`.
    pub fn answer(
        &self,
        policy: NullPolicy,
        items: &Items,
        (position, item): (usize, &Item),
        prompt: Option<&Prompt>,
        epoch: u32,
    ) -> io::Result<Answer> {
        let chosen = match policy {
            NullPolicy::Empty => String::new(),
            NullPolicy::Majority => self.majority_of_others(item),
            NullPolicy::Random => self.random(items, (position, item), epoch)?,
            NullPolicy::LongestOption => {
                label(item.options.iter().rev().max_by_key(|option| option.text.chars().count()))
            }
            NullPolicy::OptionsOnly => options_only(item),
            NullPolicy::CopyPrompt => prompt.map(Prompt::text).unwrap_or_default(),
            NullPolicy::Refuse => "I'm sorry, but I can't help with that.".to_owned(),
            NullPolicy::Abstain => "N/A".to_owned(),
            NullPolicy::Oracle => reference_words(&item.reference),
        };
        // Without skill is not without obedience: a policy that picks an option says so in the published format.
        let labels: Vec<&str> = item.options.iter().map(|option| option.label.as_str()).collect();
        let output = match self.task.answer_prefix(&labels) {
            Some(prefix) if labels.contains(&chosen.as_str()) => format!("{prefix} {chosen}"),
            _ => chosen,
        };
        Ok(Answer { output, stop: Stop::Complete, ..Answer::default() })
    }

    /// The most frequent reference, unless no other item has it: the item's own reference alone must not help it. Counting the item out
    /// altogether would turn a tie against it.
    fn majority_of_others(&self, item: &Item) -> String {
        let [first, second] = &self.most_frequent;
        let own_alone = self.frequency == 1 && *first == Some(reference_words(&item.reference));
        let chosen = if own_alone { second } else { first };
        chosen.clone().unwrap_or_default()
    }

    fn random(&self, items: &Items, (position, item): (usize, &Item), epoch: u32) -> io::Result<String> {
        // A digest of seed, item and epoch: independent draws that do not depend on order or selection.
        let digest = Digest::of_parts([&self.seed.to_le_bytes()[..], item.digest.bytes(), &epoch.to_le_bytes()]);
        let mut draw = [0; 8];
        draw.copy_from_slice(&digest.bytes()[..8]);
        let draw = u64::from_le_bytes(draw);
        let pick = |n: usize| usize::try_from(draw % n as u64).unwrap_or(0);
        if !item.options.is_empty() {
            return Ok(item.options[pick(item.options.len())].label.clone());
        }
        let others = items.len().saturating_sub(1);
        if others == 0 {
            return Ok(String::new());
        }
        let other = pick(others);
        let other = items.get(if other >= position { other + 1 } else { other })?;
        Ok(reference_words(&other.reference))
    }
}

/// Keeps the two that come first in the order of words.
fn keep_first_two(kept: &mut [Option<String>; 2], words: String) {
    match kept {
        [Some(first), second] if *first <= words => {
            if second.as_ref().is_none_or(|second| words < *second) {
                *second = Some(words);
            }
        }
        [first, second] => *second = first.replace(words),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_two_are_kept_whatever_the_order() {
        for words in [["a", "b", "c"], ["c", "b", "a"], ["b", "a", "c"], ["b", "c", "a"]] {
            let mut kept = [None, None];
            for word in words {
                keep_first_two(&mut kept, word.to_owned());
            }
            assert_eq!(kept, [Some("a".to_owned()), Some("b".to_owned())]);
        }
    }
}
