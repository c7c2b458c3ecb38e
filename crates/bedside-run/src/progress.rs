//! Counters that workers raise and a terminal reads. No locks, no callbacks.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::Notify;

/// Where a run stands.
#[derive(Debug, Default)]
pub struct Progress {
    planned: AtomicU64,
    done: AtomicU64,
    faults: AtomicU64,
    retries: AtomicU64,
    prompt_tokens: AtomicU64,
    completion_tokens: AtomicU64,
    possibly_billed_twice: AtomicU64,
    cost: AtomicU64,
    stop: AtomicBool,
    no_calls: AtomicBool,
    stopped: Notify,
}

/// A reading of [`Progress`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Cells of the plan that can be attempted.
    pub planned: u64,
    /// Cells with an outcome, those from before a resume included.
    pub done: u64,
    /// Faults since the start of this process.
    pub faults: u64,
    /// Requests that were sent again.
    pub retries: u64,
    /// Tokens read since the start of this process, where known.
    pub prompt_tokens: u64,
    /// Tokens written since the start of this process, where known.
    pub completion_tokens: u64,
    /// Calls that were sent again although the first may have been accepted.
    pub possibly_billed_twice: u64,
    /// Money spent by this process in millionths of a dollar, the most where usage is unknown; nothing where no price is known.
    pub cost: u64,
}

impl Progress {
    pub(crate) fn start(&self, planned: u64, done: u64) {
        self.planned.store(planned, Ordering::Relaxed);
        self.done.store(done, Ordering::Relaxed);
    }

    pub(crate) fn answered(&self, usage: bedside_core::Usage) {
        self.done.fetch_add(1, Ordering::Relaxed);
        self.prompt_tokens.fetch_add(usage.prompt_tokens.unwrap_or(0), Ordering::Relaxed);
        self.completion_tokens.fetch_add(usage.completion_tokens.unwrap_or(0), Ordering::Relaxed);
    }

    pub(crate) fn answered_without_calls(&self, cells: u64) {
        self.done.fetch_add(cells, Ordering::Relaxed);
    }

    pub(crate) fn fault(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
        self.faults.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn retry(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn billed_twice(&self) {
        self.possibly_billed_twice.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn spent(&self, cost: crate::prices::Cost) {
        self.cost.store(cost.0, Ordering::Relaxed);
    }

    /// Asks the engine to finish what is paid for and start nothing new.
    pub fn ask_to_stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
        self.end_calls();
    }

    /// No further call is made; what costs nothing goes on.
    pub(crate) fn end_calls(&self) {
        self.no_calls.store(true, Ordering::Relaxed);
        self.stopped.notify_waiters();
    }

    /// Whether further calls may be made.
    pub(crate) fn calls_ended(&self) -> bool {
        self.no_calls.load(Ordering::Relaxed)
    }

    /// Waits until no further call may be made.
    pub async fn until_stopped(&self) {
        let stopped = self.stopped.notified();
        if !self.calls_ended() {
            stopped.await;
        }
    }

    /// Whether it was asked to stop.
    pub fn stopping(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// A reading.
    pub fn standing(&self) -> Standing {
        Standing {
            planned: self.planned.load(Ordering::Relaxed),
            done: self.done.load(Ordering::Relaxed),
            faults: self.faults.load(Ordering::Relaxed),
            retries: self.retries.load(Ordering::Relaxed),
            prompt_tokens: self.prompt_tokens.load(Ordering::Relaxed),
            completion_tokens: self.completion_tokens.load(Ordering::Relaxed),
            possibly_billed_twice: self.possibly_billed_twice.load(Ordering::Relaxed),
            cost: self.cost.load(Ordering::Relaxed),
        }
    }
}
