//! Cells whose answers are known: null policies and recordings, on plain threads.

use std::io;

use bedside_core::plan::CellIndex;
use bedside_core::{Answer, Item};

use super::dispatch::Message;
use super::{Engine, finished};
use crate::planner::Asked;

/// Cells handed to a thread at once: enough that locks do not matter, few enough that no thread waits long for the last.
const CHUNK: usize = 64;

/// The item read last: its cells follow each other.
#[derive(Default)]
struct LastItem(Option<(usize, usize, Item)>);

impl LastItem {
    fn get(&mut self, engine: &Engine, cell: CellIndex) -> io::Result<&Item> {
        let known =
            self.0.as_ref().is_some_and(|(benchmark, item, _)| (*benchmark, *item) == (cell.benchmark, cell.item));
        if !known {
            self.0 = Some((cell.benchmark, cell.item, engine.task(cell).items.get(cell.item)?));
        }
        Ok(&self.0.as_ref().expect("set above").2)
    }
}

impl Engine {
    /// One thread's share of the cells whose answers are known: every `threads`-th chunk.
    pub(super) fn resolve(&self, thread: usize, threads: usize) {
        let known: Vec<bool> = self.workload.systems.iter().map(Asked::is_resolved).collect();
        let mut last = LastItem::default();
        let mut events = Vec::new();
        let mut answers = 0;
        for (position, cell) in self.workload.plan.cells().filter(|cell| known[cell.system]).enumerate() {
            if position / CHUNK % threads != thread {
                continue;
            }
            // Limits are for calls; what costs nothing is finished.
            if position % CHUNK == 0 && (self.progress.stopping() || self.sender.is_closed()) {
                break;
            }
            let Some(key) = self.open(cell) else { continue };
            let answered = last.get(self, cell).and_then(|item| Ok((item, self.known_answer(cell, item)?)));
            let (item, answer) = match answered {
                Ok((item, Some(answer))) => (item, answer),
                Ok((_, None)) => continue,
                Err(error) => {
                    self.stop(format!("what the run reads from temporary files cannot be read: {error}"));
                    break;
                }
            };
            events.push(finished(key, &answer));
            events.push(self.score(cell, item, key, &answer));
            answers += 1;
            if events.len() >= 2 * CHUNK {
                if self.sender.blocking_send(Message { events: std::mem::take(&mut events), durable: None }).is_err() {
                    return;
                }
                self.progress.answered_without_calls(std::mem::take(&mut answers));
            }
        }
        if !events.is_empty() && self.sender.blocking_send(Message { events, durable: None }).is_ok() {
            self.progress.answered_without_calls(answers);
        }
    }

    fn known_answer(&self, cell: CellIndex, item: &Item) -> io::Result<Option<Answer>> {
        let task = self.task(cell);
        match &self.workload.systems[cell.system] {
            Asked::Null(policy) => {
                // Filling a wording in costs more than all the rest, and one policy alone looks at it.
                let prompt = policy.reads_prompt().then(|| task.prompts[cell.prompt].render(item).ok()).flatten();
                task.null.answer(*policy, &task.items, (cell.item, item), prompt.as_ref(), cell.epoch).map(Some)
            }
            Asked::Recorded(recording) => {
                let prompt = task.prompts[cell.prompt].id();
                recording.answer(task.id(), &item.id, prompt, prompt == task.manifest.reference_prompt(), cell.epoch)
            }
            Asked::Remote(_) | Asked::Exec(..) | Asked::Local(_) => Ok(None),
        }
    }
}
