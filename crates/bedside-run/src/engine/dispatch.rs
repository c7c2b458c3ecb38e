//! The one place that writes.

use bedside_core::Event;
use bedside_store::{RunWriter, StoreError};
use tokio::sync::{mpsc, oneshot};

/// Messages waiting for the dispatcher. Workers wait when it is full, so memory does not grow with the run.
pub(super) const QUEUE: usize = 256;
/// Events in one commit: about what is written while the last commit was being made durable.
const GROUP: usize = 4096;

/// What workers say to the dispatcher.
pub(super) struct Message {
    pub events: Vec<Event>,
    pub durable: Option<oneshot::Sender<()>>,
}

/// Takes what has gathered, commits it, and lets those go on who waited for it.
pub(super) fn dispatch(
    mut writer: RunWriter,
    mut receiver: mpsc::Receiver<Message>,
    clock: fn() -> i64,
) -> Result<(), StoreError> {
    let mut events = Vec::new();
    let mut waiting = Vec::new();
    while let Some(first) = receiver.blocking_recv() {
        let mut next = Some(first);
        while let Some(message) = next {
            events.extend(message.events);
            waiting.extend(message.durable);
            next = if events.len() < GROUP { receiver.try_recv().ok() } else { None };
        }
        // An error ends the dispatcher: the channel closes, waiters are told nothing, and no worker sends another call.
        writer.append(clock(), &events)?;
        events.clear();
        for waiter in waiting.drain(..) {
            let _ = waiter.send(());
        }
    }
    writer.close()
}
