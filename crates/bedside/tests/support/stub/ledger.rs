//! What the endpoint knows: every request, what it met, and so who would have been billed for what.

use std::collections::BTreeMap;

use super::misbehaviour::{Deed, Fate};

/// One request.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Number of the item.
    pub case: u64,
    /// What it met.
    pub deed: Deed,
    /// Tells bodies apart.
    pub digest: u64,
    /// Whether the endpoint had done what it meant to do before the client left.
    pub done: bool,
}

/// Every request, in order of arrival.
#[derive(Debug, Default)]
pub struct Ledger {
    entries: Vec<Entry>,
    asked: BTreeMap<u64, usize>,
}

impl Ledger {
    pub(super) fn enter(&mut self, case: u64, deed: Deed, digest: u64) -> usize {
        *self.asked.entry(case).or_default() += 1;
        self.entries.push(Entry { case, deed, digest, done: false });
        self.entries.len() - 1
    }

    pub(super) fn done(&mut self, number: usize) {
        self.entries[number].done = true;
    }

    /// How often an item was asked.
    pub fn asked(&self, case: u64) -> usize {
        self.asked.get(&case).copied().unwrap_or(0)
    }

    /// Requests in all.
    pub fn requests(&self) -> usize {
        self.entries.len()
    }

    /// Different items that were asked.
    pub fn cases(&self) -> usize {
        self.asked.len()
    }

    /// Requests from this number on.
    pub fn since(&self, number: usize) -> &[Entry] {
        &self.entries[number..]
    }

    /// Requests for an item, in order.
    pub fn of(&self, case: u64) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.case == case)
    }

    /// How often an item was really paid for more than once: requests that were read whole and not refused, beyond the first.
    pub fn paid_again(&self, case: u64) -> usize {
        self.of(case).filter(|entry| entry.deed.fate() == Fate::Accepted).count().saturating_sub(1)
    }

    /// Requests for an item that followed one whose fate the client could not know.
    pub fn sent_in_doubt(&self, case: u64) -> usize {
        let entries: Vec<_> = self.of(case).collect();
        entries.windows(2).filter(|pair| pair[0].deed.leaves_doubt()).count()
    }
}
