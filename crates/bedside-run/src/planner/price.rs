//! What a plan would cost, said before anything is spent.

use bedside_core::plan::Role;

use super::{Asked, Workload};
use crate::prices::{Cost, Prices, Rate};

/// Characters to a token, about: English text in the tokenizers of the large providers has four to five.
const CHARACTERS_PER_TOKEN: u64 = 4;

/// What one system of a plan would cost.
#[derive(Clone, Debug, PartialEq)]
pub struct Price {
    /// The system.
    pub system: String,
    /// Its cells that are still to be asked.
    pub cells: u64,
    /// Where its calls go, when they leave the process.
    pub host: Option<String>,
    /// Whether the host is another machine.
    pub remote: bool,
    /// Tokens that would be read, about.
    pub prompt_tokens: u64,
    /// Most tokens that may be written, where a limit is declared.
    pub completion_tokens: Option<u64>,
    /// What a million tokens cost; `None` is unknown, which is never 0.
    pub rate: Option<Rate>,
}

impl Price {
    /// Whether it costs money, or may.
    pub fn may_cost(&self) -> bool {
        self.remote || self.rate.as_ref().is_some_and(|rate| *rate != Rate::FREE)
    }

    /// Money for reading, about; `None` is unknown.
    pub fn prompt_cost(&self) -> Option<Cost> {
        self.rate.as_ref().map(|rate| rate.cost(self.prompt_tokens, 0))
    }

    /// Most money that writing may cost; `None` is unknown or without limit.
    pub fn completion_cost(&self) -> Option<Cost> {
        self.rate.as_ref().zip(self.completion_tokens).map(|(rate, tokens)| rate.cost(0, tokens))
    }
}

impl Workload {
    /// What the plan would cost, system by system; null policies that were added for the floors are left out.
    ///
    /// `answered` gives the cells of a system that have an answer already, when a run is resumed.
    pub fn prices(&self, prices: &Prices, answered: impl Fn(usize) -> u64) -> Vec<Price> {
        let subjects = self.plan.systems.iter().enumerate().filter(|(_, planned)| planned.role == Role::Subject);
        subjects
            .map(|(position, planned)| {
                let asked = &self.systems[position];
                let all = self.to_attempt(position);
                let cells = all.saturating_sub(answered(position));
                let mut price = Price {
                    system: planned.name.clone(),
                    cells,
                    host: asked.host().map(str::to_owned),
                    remote: asked.leaves_the_machine(),
                    prompt_tokens: 0,
                    completion_tokens: Some(0),
                    rate: asked.rate(prices),
                };
                if asked.is_resolved() {
                    return price;
                }
                let mut characters = 0;
                for (_, task) in self.tasks.iter().enumerate().filter(|(at, _)| planned.takes_part_in(*at)) {
                    characters += task.characters.iter().sum::<u64>() * u64::from(planned.epochs);
                    let limit = asked.completion_limit(task.manifest.manifest.task.max_tokens);
                    let cells = task.items.len() as u64 * task.prompts.len() as u64 * u64::from(planned.epochs);
                    price.completion_tokens = price
                        .completion_tokens
                        .zip(limit)
                        .map(|(sum, limit): (u64, u64)| sum.saturating_add(limit.saturating_mul(cells)));
                }
                // Of a resumed run what is left, of a shard its part.
                let whole = self.plan.cells_of(position);
                price.prompt_tokens = share(characters / CHARACTERS_PER_TOKEN, cells, whole);
                price.completion_tokens = price.completion_tokens.map(|tokens| share(tokens, cells, whole));
                price
            })
            .collect()
    }
}

/// Tokens of so many of all cells.
fn share(tokens: u64, cells: u64, all: u64) -> u64 {
    u64::try_from(u128::from(tokens) * u128::from(cells) / u128::from(all.max(1))).unwrap_or(u64::MAX)
}

impl Asked {
    /// What a million tokens of this system cost.
    pub fn rate(&self, prices: &Prices) -> Option<Rate> {
        match self {
            // What listens on this machine may be the door of a paid service: the user's own price says so.
            Self::Remote(remote) if remote.is_loopback() => {
                Some(prices.own(remote.provider(), remote.model(), remote.host()).unwrap_or(Rate::FREE))
            }
            Self::Remote(remote) => prices.find(remote.provider(), remote.model(), remote.host()),
            // What a program of the operator's costs is the operator's to know.
            Self::Null(_) | Self::Recorded(_) | Self::Exec(..) | Self::Local(_) => Some(Rate::FREE),
        }
    }

    /// Most tokens that one answer may have, where a limit is declared.
    pub fn completion_limit(&self, max_tokens: Option<u32>) -> Option<u64> {
        match self {
            Self::Remote(remote) => remote.completion_limit(max_tokens),
            Self::Local(local) => Some(u64::from(local.completion_limit(max_tokens))),
            Self::Exec(..) => None,
            Self::Null(_) | Self::Recorded(_) => Some(0),
        }
    }
}
