//! The cells of one live system, from prompt to score.

use std::sync::Arc;

use bedside_core::event::CellFinished;
use bedside_core::plan::CellIndex;
use bedside_core::{CellKey, Event, EventKind, Fault, Item, Prompt, Usage};
use tokio::task::{JoinError, JoinSet};

use super::{Engine, finished};
use crate::media;
use crate::planner::Asked;
use crate::system::End;

impl Engine {
    /// All cells of one live system. As many are in work as could be in flight; the pace decides how many are.
    pub(super) async fn lane(self: Arc<Self>, system: usize) {
        let workload = Arc::clone(&self.workload);
        let width = self.paces[system].as_ref().map_or(1, |pace| pace.ceiling());
        let mut in_work = JoinSet::new();
        for cell in workload.plan.cells().filter(|cell| cell.system == system) {
            let Some(key) = self.open(cell) else { continue };
            while in_work.len() >= width {
                lived(in_work.join_next().await);
            }
            if self.must_stop() {
                break;
            }
            let engine = Arc::clone(&self);
            in_work.spawn(async move { engine.ask(cell, key).await });
        }
        while let Some(ended) = in_work.join_next().await {
            lived(Some(ended));
        }
    }

    /// One cell of a live system, from its prompt to its score.
    async fn ask(&self, cell: CellIndex, key: CellKey) {
        let (item, prompt) = match self.prompt(cell) {
            Ok(both) => both,
            Err(why) => return self.fault(key, Fault::Internal, why, Vec::new()).await,
        };
        let max_tokens = self.task(cell).manifest.manifest.task.max_tokens;
        let Some((mut events, end)) = self.call(cell, key, &prompt, max_tokens).await else { return };
        let Some(end) = end else {
            self.tell(events).await;
            return;
        };
        match end {
            End::Answered(mut answer) => {
                if let Asked::Remote(remote) = &self.workload.systems[cell.system] {
                    remote.word(&mut answer, &self.task(cell).manifest.manifest.task, &prompt.option_labels);
                }
                events.push(finished(key, &answer));
                if !self.tell(events).await {
                    return;
                }
                // The answer is on its way to disk before a scorer, which may be slow or wrong, touches it.
                let scored = tokio::task::block_in_place(|| self.score(cell, &item, key, &answer));
                if self.tell(vec![scored]).await {
                    self.progress.answered(answer.usage);
                }
            }
            End::Fault(fault, detail) => self.fault(key, fault, detail, events).await,
            End::SetUp(reason) => {
                self.tell(events).await;
                self.stop(reason);
            }
        }
    }

    /// An item and what the system is shown of it.
    fn prompt(&self, cell: CellIndex) -> Result<(Item, Prompt), String> {
        let task = self.task(cell);
        let item = task.items.get(cell.item).map_err(|error| format!("the item cannot be read: {error}"))?;
        let mut prompt = task.prompts[cell.prompt].render(&item).map_err(|error| error.to_string())?;
        if !item.media.is_empty() {
            let folder =
                task.folder.as_deref().ok_or("the files of the item are not at hand: run it from its package")?;
            prompt.show(media::read(folder, &item).map_err(|problems| problems.to_string())?);
        }
        Ok((item, prompt))
    }

    async fn fault(&self, key: CellKey, fault: Fault, detail: String, mut events: Vec<Event>) {
        let body = CellFinished {
            output: None,
            stop: None,
            fault: Some(fault),
            detail: Some(detail),
            usage: Usage::default(),
            option_logprobs: Vec::new(),
        };
        events.push(Event::new(EventKind::CellFinished, Some(key), 0, &body));
        if self.tell(events).await {
            self.progress.fault();
        }
    }
}

/// A cell that died takes its lane along, and that ends the run: otherwise every further call would be paid for and its answer dropped.
fn lived(ended: Option<Result<(), JoinError>>) {
    if let Some(Err(error)) = ended
        && error.is_panic()
    {
        std::panic::resume_unwind(error.into_panic());
    }
}

impl Asked {
    /// Cells of this system that may be in work at once.
    pub(super) fn width(&self, connections: usize) -> usize {
        match self {
            // Batching changes its answers, so they are computed one by one.
            Self::Local(_) => 1,
            Self::Exec(_, processes) => *processes,
            Self::Remote(_) | Self::Null(_) | Self::Recorded(_) => connections,
        }
    }
}
