//! Items by their place in the plan, opened when they are needed: 32 bytes an item, and a few whole ones.

use std::collections::VecDeque;
use std::rc::Rc;

use bedside_core::{Digest, Item};

use crate::error::StoreError;
use crate::read::RunReader;

/// Items kept open. In the order of the plan one is enough; in the order of events several systems are at different items.
const OPEN: usize = 32;

/// The items of a run.
#[derive(Debug)]
pub struct Items<'a> {
    reader: &'a RunReader,
    blobs: Vec<Option<Vec<Digest>>>,
    open: VecDeque<((usize, usize), Rc<Item>)>,
}

impl<'a> Items<'a> {
    /// Nothing is read yet.
    pub fn new(reader: &'a RunReader) -> Self {
        Self { reader, blobs: vec![None; reader.plan().benchmarks.len()], open: VecDeque::with_capacity(OPEN) }
    }

    /// The item at a position of a benchmark.
    pub fn get(&mut self, benchmark: usize, item: usize) -> Result<Rc<Item>, StoreError> {
        let place = (benchmark, item);
        if let Some((_, open)) = self.open.iter().rev().find(|(here, _)| *here == place) {
            return Ok(Rc::clone(open));
        }
        let missing = || StoreError::missing(self.reader.path(), format!("item {item} of benchmark {benchmark}"));
        let blobs = self.blobs.get_mut(benchmark).ok_or_else(missing)?;
        let blobs = match blobs {
            Some(blobs) => blobs,
            None => blobs.insert(self.reader.item_blobs(benchmark)?),
        };
        let blob = blobs.get(item).copied().ok_or_else(missing)?;
        let bytes = self.reader.blob(&blob)?;
        let read: Item = serde_json::from_slice(&bytes).map_err(|source| {
            StoreError::unreadable(self.reader.path(), format!("item {item} of benchmark {benchmark}"), source)
        })?;
        let read = Rc::new(read);
        if self.open.len() == OPEN {
            self.open.pop_front();
        }
        self.open.push_back((place, Rc::clone(&read)));
        Ok(read)
    }
}
