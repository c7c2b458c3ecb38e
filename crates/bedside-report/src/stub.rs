//! TEMPORARY stand-in for bedside-store.
use std::collections::HashMap;
use bedside_core::plan::*; use bedside_core::event::*; use bedside_core::*; use bedside_core::cell::CellKey;
#[derive(Debug, thiserror::Error)] #[error("{0}")] pub struct StoreError(pub String);
pub struct Summary { pub run: String, pub file: String }
pub struct RunReader { pub plan: Plan, pub blobs: HashMap<Digest, Vec<u8>>, pub rows: Vec<CellRow> }
#[derive(Clone)]
pub struct CellRow { pub index: CellIndex, pub key: CellKey, pub finished: Option<CellFinished>, pub scored: Vec<Scored>, pub possibly_billed_twice: bool }
impl RunReader {
    pub fn plan(&self) -> &Plan { &self.plan }
    pub fn items(&self, b: usize) -> Result<Vec<PlannedItem>, StoreError> { Ok(serde_json::from_slice(&self.blobs[&self.plan.benchmarks[b].index]).unwrap()) }
    pub fn item(&self, i: &PlannedItem) -> Result<Item, StoreError> { Ok(serde_json::from_slice(&self.blobs[&i.blob]).unwrap()) }
    pub fn blob(&self, d: Digest) -> Result<Option<Vec<u8>>, StoreError> { Ok(self.blobs.get(&d).cloned()) }
    pub fn for_each_cell(&self, mut f: impl FnMut(CellRow)) -> Result<(), StoreError> { for r in &self.rows { f(r.clone()) } Ok(()) }
    pub fn summary(&self) -> Result<Summary, StoreError> { Ok(Summary { run: "r-1".into(), file: "runs/r-1.sqlite".into() }) }
}
