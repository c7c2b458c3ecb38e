//! Lanes of workers and one dispatcher that alone writes.
//!
//! Every system has a lane. Systems whose answers are known are resolved on plain threads; live ones are asked by async workers, a
//! bounded number at a time. All hand their events to the dispatcher, which commits them in groups. A call that costs or leaves the
//! machine waits until its `call.sent` is durable. When a commit fails the run stops: what cannot be recorded must not be spent.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use bedside_core::event::{CallAnswered, CallSent, CellFinished, ScoredBody, Sealed};
use bedside_core::plan::CellIndex;
use bedside_core::{Answer, CellKey, Digest, Event, EventKind, Prompt};
use bedside_store::{CellState, RunWriter, StoreError};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::planner::{Asked, Task, Workload};
use crate::progress::Progress;
use crate::system::{End, Exchange};

/// What a run file holds already, when a run is resumed.
#[derive(Clone, Debug, Default)]
pub struct Before {
    /// How each cell stands.
    pub cells: HashMap<CellKey, CellState>,
    /// Answers that were recorded and not scored, because the program was killed in between.
    pub unscored: Vec<(CellIndex, CellKey, Answer)>,
}

/// How much is done at once.
#[derive(Clone, Copy, Debug)]
pub struct EngineOptions {
    /// Requests in flight to one live system.
    pub max_connections: usize,
    /// Threads that resolve and score known answers.
    pub threads: usize,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self { max_connections: 32, threads: std::thread::available_parallelism().map_or(2, std::num::NonZero::get) }
    }
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Whether every cell that can be attempted has an answer.
    pub complete: bool,
    /// Why it stopped before its end: an interruption, or a set-up under which every call would fail.
    pub stopped: Option<String>,
    /// Cells with an answer.
    pub answered: u64,
    /// Cells with a fault.
    pub faults: u64,
}

/// Why a run could not go on.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The run file could not be written: nothing more was sent.
    #[error("the run file could not be written, so nothing more was sent: {0}")]
    Store(#[from] StoreError),
    /// A worker died.
    #[error("a worker died: {0}; this is our mistake")]
    Worker(String),
}

/// Cells handed to a thread at once: enough that locks do not matter, few enough that no thread waits long for the last.
const CHUNK: usize = 64;
/// Messages waiting for the dispatcher. Workers wait when it is full, so memory does not grow with the run.
const QUEUE: usize = 1024;
/// Events in one commit: about what is written while the last commit was being made durable.
const GROUP: usize = 4096;

/// Carries a plan out: every cell that `before` has no answer for.
pub async fn run(
    workload: Arc<Workload>,
    writer: RunWriter,
    before: Before,
    options: EngineOptions,
    progress: Arc<Progress>,
    clock: fn() -> i64,
) -> Result<Ending, EngineError> {
    let planned: u64 = (0..workload.plan.systems.len())
        .map(|s| workload.plan.cells_of(s) - workload.plan.systems[s].unavailable)
        .sum();
    let Before { cells: done, unscored } = before;
    progress.start(planned, done.values().filter(|state| state.answered).count() as u64);
    let (sender, receiver) = mpsc::channel(QUEUE);
    let dispatcher = std::thread::spawn(move || dispatch(writer, receiver, clock));
    let engine =
        Arc::new(Engine { workload, done, progress: Arc::clone(&progress), sender, trouble: Mutex::new(None) });

    for (cell, key, answer) in unscored {
        let scored = engine.score(cell, key, &answer);
        engine.tell(vec![scored]).await;
    }
    let mut lanes = JoinSet::new();
    for thread in 0..options.threads {
        let engine = Arc::clone(&engine);
        let threads = options.threads;
        lanes.spawn_blocking(move || engine.resolve(thread, threads));
    }
    for system in 0..engine.workload.systems.len() {
        if !engine.workload.systems[system].is_resolved() {
            let engine = Arc::clone(&engine);
            lanes.spawn(async move { engine.lane(system, options.max_connections).await });
        }
    }
    let mut died = None;
    while let Some(lane) = lanes.join_next().await {
        if let Err(error) = lane {
            died = Some(error.to_string());
            progress.ask_to_stop();
        }
    }
    let trouble = engine.trouble.lock().ok().and_then(|mut trouble| trouble.take());
    let faults = progress.standing().faults;
    let answered = progress.standing().done - faults;
    let complete = answered == planned;
    if complete {
        let sealed = Sealed { complete, answered, faults };
        engine.tell(vec![Event::new(EventKind::Sealed, None, 0, &sealed)]).await;
    }
    drop(engine); // closes the channel, which ends the dispatcher
    dispatcher.join().map_err(|_| EngineError::Worker("the dispatcher".to_owned()))??;
    if let Some(died) = died {
        return Err(EngineError::Worker(died));
    }
    let stopped = trouble.or_else(|| (progress.stopping() && !complete).then(|| "interrupted".to_owned()));
    Ok(Ending { complete, stopped, answered, faults })
}

/// What workers say to the dispatcher.
struct Message {
    events: Vec<Event>,
    durable: Option<oneshot::Sender<()>>,
}

/// The one place that writes. Takes what has gathered, commits it, and lets those go on who waited for it.
fn dispatch(
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

struct Engine {
    workload: Arc<Workload>,
    done: HashMap<CellKey, CellState>,
    progress: Arc<Progress>,
    sender: mpsc::Sender<Message>,
    trouble: Mutex<Option<String>>,
}

impl Engine {
    /// Hands events over. False when the dispatcher has ended: nothing more may be spent.
    async fn tell(&self, events: Vec<Event>) -> bool {
        self.sender.send(Message { events, durable: None }).await.is_ok()
    }

    /// Hands events over and waits until they are durable.
    async fn tell_durably(&self, events: Vec<Event>) -> bool {
        let (durable, committed) = oneshot::channel();
        self.sender.send(Message { events, durable: Some(durable) }).await.is_ok() && committed.await.is_ok()
    }

    fn task(&self, cell: CellIndex) -> &Task {
        &self.workload.tasks[cell.benchmark]
    }

    fn key(&self, cell: CellIndex) -> CellKey {
        self.workload.plan.key(cell, self.task(cell).items[cell.item].digest)
    }

    fn is_done(&self, key: &CellKey) -> bool {
        self.done.get(key).is_some_and(|state| state.answered)
    }

    fn score(&self, cell: CellIndex, key: CellKey, answer: &Answer) -> Event {
        let task = self.task(cell);
        let item = &task.items[cell.item];
        let scorers = task.scorers.iter().map(|scorer| scorer.score(item, answer, task.reader())).collect();
        Event::new(EventKind::Scored, Some(key), 0, &ScoredBody { scorers })
    }

    /// One thread's share of the cells whose answers are known: every `threads`-th chunk.
    fn resolve(&self, thread: usize, threads: usize) {
        let cells = self.workload.plan.cells().filter(|cell| self.workload.systems[cell.system].is_resolved());
        let mut events = Vec::new();
        let mut answers = 0;
        for (position, cell) in cells.enumerate() {
            if position / CHUNK % threads != thread {
                continue;
            }
            if self.progress.stopping() {
                break;
            }
            let Some(answer) = self.known_answer(cell) else { continue };
            let key = self.key(cell);
            if self.is_done(&key) {
                continue;
            }
            let scored = self.score(cell, key, &answer);
            events.push(finished(key, &answer));
            events.push(scored);
            answers += 1;
            if events.len() >= 2 * CHUNK {
                if self.sender.blocking_send(Message { events: std::mem::take(&mut events), durable: None }).is_err() {
                    return;
                }
                self.count(&mut answers);
            }
        }
        if !events.is_empty() && self.sender.blocking_send(Message { events, durable: None }).is_ok() {
            self.count(&mut answers);
        }
    }

    fn count(&self, answers: &mut u64) {
        for _ in 0..std::mem::take(answers) {
            self.progress.answered(bedside_core::Usage::default());
        }
    }

    fn known_answer(&self, cell: CellIndex) -> Option<Answer> {
        let task = self.task(cell);
        match &self.workload.systems[cell.system] {
            Asked::Null(policy) => {
                let prompt = task.prompts[cell.prompt].render(&task.items[cell.item]).ok();
                Some(task.null.answer(*policy, &task.items, cell.item, prompt.as_ref(), cell.epoch))
            }
            Asked::Recorded(recording) => {
                let benchmark = &self.workload.plan.benchmarks[cell.benchmark].id;
                let prompt = task.prompts[cell.prompt].id();
                recording
                    .answer(
                        benchmark,
                        &task.items[cell.item].id,
                        prompt,
                        prompt == task.manifest.reference_prompt(),
                        cell.epoch,
                    )
                    .cloned()
            }
            Asked::OpenAi(_) | Asked::Local(_) => None,
        }
    }

    /// All cells of one live system, a bounded number in flight.
    async fn lane(self: Arc<Self>, system: usize, max_connections: usize) {
        let workload = Arc::clone(&self.workload);
        let width = if matches!(workload.systems[system], Asked::Local(_)) { 1 } else { max_connections.max(1) };
        let mut in_flight = JoinSet::new();
        for cell in workload.plan.cells().filter(|cell| cell.system == system) {
            let key = self.key(cell);
            if self.is_done(&key) {
                continue;
            }
            while in_flight.len() >= width {
                let _ = in_flight.join_next().await;
            }
            if self.progress.stopping() || self.sender.is_closed() || self.has_trouble() {
                break;
            }
            let engine = Arc::clone(&self);
            in_flight.spawn(async move { engine.ask(cell, key).await });
        }
        while in_flight.join_next().await.is_some() {}
    }

    fn has_trouble(&self) -> bool {
        self.trouble.lock().is_ok_and(|trouble| trouble.is_some())
    }

    /// One cell of a live system, from its prompt to its score.
    async fn ask(&self, cell: CellIndex, key: CellKey) {
        let task = self.task(cell);
        let prompt = match task.prompts[cell.prompt].render(&task.items[cell.item]) {
            Ok(prompt) => prompt,
            Err(error) => return self.fault(key, bedside_core::Fault::Internal, error.to_string(), Vec::new()).await,
        };
        let max_tokens = task.manifest.manifest.task.max_tokens;
        let Some((mut events, exchange)) = self.call(cell, key, &prompt, max_tokens).await else { return };
        match exchange.end {
            End::Answered(answer) => {
                events.push(finished(key, &answer));
                if !self.tell(events).await {
                    return;
                }
                // The answer is on its way to disk before a scorer, which may be slow or wrong, touches it.
                let scored = tokio::task::block_in_place(|| self.score(cell, key, &answer));
                if self.tell(vec![scored]).await {
                    self.progress.answered(answer.usage);
                }
            }
            End::Fault(fault, detail) => self.fault(key, fault, detail, events).await,
            End::SetUp(reason) => {
                self.tell(events).await;
                if let Ok(mut trouble) = self.trouble.lock() {
                    trouble.get_or_insert(reason);
                }
            }
        }
    }

    /// The call itself, with its request recorded first. `None` when the request could not be recorded: then nothing was sent.
    async fn call(
        &self,
        cell: CellIndex,
        key: CellKey,
        prompt: &Prompt,
        max_tokens: Option<u32>,
    ) -> Option<(Vec<Event>, Exchange)> {
        let again = self.done.get(&key).is_some_and(|state| state.in_flight);
        match &self.workload.systems[cell.system] {
            Asked::OpenAi(openai) => {
                let body = openai.body(prompt, max_tokens, cell.epoch);
                let sent = CallSent { request: Digest::of(&body), host: openai.host().to_owned(), again };
                let sent = Event::new(EventKind::CallSent, Some(key), 0, &sent).with_blob(body.clone());
                if !self.tell_durably(vec![sent]).await {
                    return None;
                }
                let spread = f64::from(key.0.bytes()[0]) / 256.0;
                let exchange = openai.send(&body, spread, &prompt.option_labels, &self.progress).await;
                Some((vec![answered(key, &exchange)], exchange))
            }
            Asked::Local(local) => {
                let body = serde_json::to_vec(&prompt.messages).unwrap_or_default();
                let sent = CallSent { request: Digest::of(&body), host: "in process".to_owned(), again: false };
                // A call that costs nothing need not wait for its record.
                let sent = Event::new(EventKind::CallSent, Some(key), 0, &sent).with_blob(body);
                let exchange = tokio::task::block_in_place(|| local.ask(prompt, max_tokens, cell.epoch));
                Some((vec![sent, answered(key, &exchange)], exchange))
            }
            Asked::Null(_) | Asked::Recorded(_) => None,
        }
    }

    async fn fault(&self, key: CellKey, fault: bedside_core::Fault, detail: String, mut events: Vec<Event>) {
        let body = CellFinished {
            output: None,
            stop: None,
            fault: Some(fault),
            detail: Some(detail),
            usage: bedside_core::Usage::default(),
            option_logprobs: Vec::new(),
        };
        events.push(Event::new(EventKind::CellFinished, Some(key), 0, &body));
        if self.tell(events).await {
            self.progress.fault();
        }
    }
}

fn answered(key: CellKey, exchange: &Exchange) -> Event {
    let usage = match &exchange.end {
        End::Answered(answer) => answer.usage,
        End::Fault(..) | End::SetUp(_) => bedside_core::Usage::default(),
    };
    let body = CallAnswered {
        response: exchange.response.as_deref().map(Digest::of),
        status: exchange.status,
        duration_ms: exchange.duration_ms,
        tries: exchange.tries,
        usage,
    };
    let event = Event::new(EventKind::CallAnswered, Some(key), 0, &body);
    match &exchange.response {
        Some(response) => event.with_blob(response.clone()),
        None => event,
    }
}

fn finished(key: CellKey, answer: &Answer) -> Event {
    let body = CellFinished {
        output: Some(Digest::of(answer.output.as_bytes())),
        stop: Some(answer.stop),
        fault: None,
        detail: None,
        usage: answer.usage,
        option_logprobs: answer.option_logprobs.clone(),
    };
    Event::new(EventKind::CellFinished, Some(key), 0, &body).with_blob(answer.output.clone())
}
