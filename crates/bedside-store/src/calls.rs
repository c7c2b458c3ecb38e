//! Calls that were sent and of which no answer is known.

use std::collections::HashMap;
use std::hash::Hash;

/// The open calls of every cell, as events are met in order. Small: only cells in work, or cut off, have any.
#[derive(Debug)]
pub(crate) struct OpenCalls<K> {
    steps: HashMap<K, Vec<u32>>,
}

impl<K> Default for OpenCalls<K> {
    fn default() -> Self {
        Self { steps: HashMap::new() }
    }
}

impl<K: Copy + Eq + Hash> OpenCalls<K> {
    /// A call was sent.
    pub fn sent(&mut self, cell: K, step: u32) {
        let open = self.steps.entry(cell).or_default();
        if !open.contains(&step) {
            open.push(step);
        }
    }

    /// An answer to a call came.
    pub fn answered(&mut self, cell: K, step: u32) {
        if let Some(open) = self.steps.get_mut(&cell) {
            open.retain(|sent| *sent != step);
            if open.is_empty() {
                self.steps.remove(&cell);
            }
        }
    }

    /// The cell came to its end: none of its calls is waited for.
    pub fn finished(&mut self, cell: K) {
        self.steps.remove(&cell);
    }

    /// Whether a call of this cell is open.
    pub fn is_open(&self, cell: K) -> bool {
        self.steps.contains_key(&cell)
    }
}
