//! A score with its place in a design, and what may vary in it.

use serde::{Deserialize, Serialize};
use std::fmt;

/// One score and where it comes from. Indices are labels: equal means the same.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    /// The system.
    pub system: u32,
    /// The outermost cluster that was sampled; the item's own index if there is none.
    pub cluster: u32,
    /// The item.
    pub item: u32,
    /// The wording of the prompt.
    pub prompt: u32,
    /// The run of this item under this prompt and scaffold.
    pub epoch: u32,
    /// Who judged the answer.
    pub judge: u32,
    /// The scaffold: agent, tools.
    pub scaffold: u32,
    /// The score.
    pub score: f64,
}

/// What could have been drawn otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Facet {
    /// Passage, patient or template.
    Cluster,
    /// The item.
    Item,
    /// The wording of the prompt.
    Prompt,
    /// The judge.
    Judge,
    /// The scaffold.
    Scaffold,
    /// The run.
    Run,
}

impl fmt::Display for Facet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cluster => "cluster",
            Self::Item => "item",
            Self::Prompt => "prompt",
            Self::Judge => "judge",
            Self::Scaffold => "scaffold",
            Self::Run => "run",
        })
    }
}

/// A source of variance: a facet, or facets that act together. From the coarsest to the finest; where the data cannot tell two
/// apart, the coarser keeps the name, which more runs of the finer would not reduce.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Term {
    /// Clusters differ.
    Cluster,
    /// Items differ, within their clusters.
    Item,
    /// Prompts differ.
    Prompt,
    /// Judges differ.
    Judge,
    /// Scaffolds differ.
    Scaffold,
    /// An item is easier under one prompt than under another.
    ItemPrompt,
    /// A judge likes the answers to an item.
    ItemJudge,
    /// An item is easier with one scaffold than with another.
    ItemScaffold,
    /// Runs of one item differ.
    Run,
    /// Judges differ on one and the same answer.
    Judgement,
}

impl Term {
    /// All, from the coarsest to the finest.
    pub(super) const ALL: [Self; 10] = [
        Self::Cluster,
        Self::Item,
        Self::Prompt,
        Self::Judge,
        Self::Scaffold,
        Self::ItemPrompt,
        Self::ItemJudge,
        Self::ItemScaffold,
        Self::Run,
        Self::Judgement,
    ];

    /// The facet, if it is one alone that few levels are drawn of.
    pub(super) fn declared(self) -> Option<Facet> {
        match self {
            Self::Prompt => Some(Facet::Prompt),
            Self::Judge => Some(Facet::Judge),
            Self::Scaffold => Some(Facet::Scaffold),
            _ => None,
        }
    }

    /// What of a cell makes its level of this term; the last number tells one cell from all others.
    pub(super) fn label(self, cell: &Cell, at: u32) -> [u32; 5] {
        let Cell { cluster, item, prompt, epoch, judge, scaffold, .. } = *cell;
        match self {
            Self::Cluster => [cluster, 0, 0, 0, 0],
            Self::Item => [item, 0, 0, 0, 0],
            Self::Prompt => [prompt, 0, 0, 0, 0],
            Self::Judge => [judge, 0, 0, 0, 0],
            Self::Scaffold => [scaffold, 0, 0, 0, 0],
            Self::ItemPrompt => [item, prompt, 0, 0, 0],
            Self::ItemJudge => [item, judge, 0, 0, 0],
            Self::ItemScaffold => [item, scaffold, 0, 0, 0],
            Self::Run => [item, prompt, scaffold, epoch, 0],
            Self::Judgement => [at, 0, 0, 0, 0],
        }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cluster => "cluster",
            Self::Item => "item",
            Self::Prompt => "prompt",
            Self::Judge => "judge",
            Self::Scaffold => "scaffold",
            Self::ItemPrompt => "item x prompt",
            Self::ItemJudge => "item x judge",
            Self::ItemScaffold => "item x scaffold",
            Self::Run => "run",
            Self::Judgement => "judgement",
        })
    }
}
