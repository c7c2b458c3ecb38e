//! Lanes of workers and one dispatcher that alone writes.
//!
//! Every system has a lane. Systems whose answers are known are resolved on plain threads; live ones are asked by async workers, as many at
//! a time as their provider's pace allows. All hand their events to the dispatcher, which commits them in groups. A call that costs or
//! leaves the machine waits until its `call.sent` is durable. When a commit fails the run stops: what cannot be recorded must not be spent.

mod call;
mod dispatch;
mod lane;
mod resolve;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bedside_core::event::{CellFinished, ScoredBody, Sealed};
use bedside_core::plan::CellIndex;
use bedside_core::{Answer, CellKey, Digest, Event, EventKind, Item};
use bedside_store::{RunWriter, Standings, StoreError};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::budget::{Budget, Limits};
use crate::cache::ResponseCache;
use crate::pace::{Bounds, Pace};
use crate::planner::{Asked, Task, Workload};
use crate::prices::{Prices, Rate};
use crate::progress::Progress;
use crate::system::retry::Patience;
use dispatch::{Message, QUEUE, dispatch};

/// What a run file holds already, when a run is resumed.
#[derive(Debug, Default)]
pub struct Before {
    /// How each cell stands.
    pub standings: Standings,
    /// Cells with an answer, null policies included.
    pub answered: u64,
    /// Answers that were recorded and not scored, because the program was killed in between.
    pub unscored: Vec<(CellIndex, CellKey, Answer)>,
}

/// How much is done at once, how patiently, and at most.
#[derive(Debug)]
pub struct EngineOptions {
    /// Pace of each provider account, at most.
    pub bounds: Bounds,
    /// Threads that resolve and score known answers.
    pub threads: usize,
    /// How a refused call is asked again.
    pub patience: Patience,
    /// What the command may use at most.
    pub limits: Limits,
    /// What tokens cost.
    pub prices: Prices,
    /// Replies to requests that were sent before, when the user wants them used.
    pub cache: Option<ResponseCache>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Whether every cell that can be attempted has an answer.
    pub complete: bool,
    /// Why it stopped before its end: an interruption, a limit, or a set-up under which every call would fail.
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

/// Longest wait for what is in flight after a worker died or the run file failed: their replies could no longer be kept.
const LAST_WAIT: Duration = Duration::from_secs(1);

/// Carries a plan out: every cell that `before` has no answer for.
pub async fn run(
    workload: Arc<Workload>,
    writer: RunWriter,
    before: Before,
    options: EngineOptions,
    progress: Arc<Progress>,
    clock: fn() -> i64,
) -> Result<Ending, EngineError> {
    let planned: u64 = (0..workload.plan.systems.len()).map(|system| workload.to_attempt(system)).sum();
    let Before { standings, answered, unscored } = before;
    progress.start(planned, answered);
    let (sender, receiver) = mpsc::channel(QUEUE);
    let told = Arc::clone(&progress);
    let dispatcher = std::thread::spawn(move || {
        let done = dispatch(writer, receiver, clock);
        // Whoever waits for its turn need not wait on: nothing more can be recorded.
        told.end_calls();
        done
    });
    let (threads, time_limit) = (options.threads.max(1), options.limits.time);
    let engine = Arc::new(Engine::new(workload, standings, options, Arc::clone(&progress), sender));

    for (cell, key, answer) in unscored {
        let scored = match engine.task(cell).items.get(cell.item) {
            Ok(item) => engine.score(cell, &item, key, &answer),
            Err(error) => {
                engine.stop(format!("the items of the run cannot be read: {error}"));
                break;
            }
        };
        engine.tell(vec![scored]).await;
    }
    let timer = time_limit.map(|time| {
        let engine = Arc::downgrade(&engine);
        tokio::spawn(async move {
            tokio::time::sleep(time).await;
            if let Some(engine) = engine.upgrade() {
                engine.stop(format!("the time limit of {} s is over", time.as_secs_f64()));
            }
        })
    });
    let mut lanes = JoinSet::new();
    for thread in 0..threads {
        let engine = Arc::clone(&engine);
        lanes.spawn_blocking(move || engine.resolve(thread, threads));
    }
    for system in 0..engine.workload.systems.len() {
        if !engine.workload.systems[system].is_resolved() {
            let engine = Arc::clone(&engine);
            lanes.spawn(async move { engine.lane(system).await });
        }
    }
    let mut died = None;
    while let Some(lane) = lanes.join_next().await {
        if let Err(error) = lane {
            died = Some(error.to_string());
            progress.ask_to_stop();
            // What is in flight is waited for by its own lane; a lane that died left nobody to wait.
            tokio::time::sleep(LAST_WAIT).await;
        }
    }
    if let Some(timer) = timer {
        timer.abort();
    }
    let trouble = engine.trouble.lock().unwrap_or_else(PoisonError::into_inner).take();
    let standing = progress.standing();
    let (faults, answered) = (standing.faults, standing.done - standing.faults);
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

/// What every worker shares; nobody changes it but through its own locks.
struct Engine {
    workload: Arc<Workload>,
    done: Standings,
    progress: Arc<Progress>,
    sender: mpsc::Sender<Message>,
    trouble: Mutex<Option<String>>,
    budget: Budget,
    /// By system: the pace of its account.
    paces: Vec<Option<Arc<Pace>>>,
    /// By system: what tokens cost, where known.
    rates: Vec<Option<Rate>>,
    patience: Patience,
    cache: Option<ResponseCache>,
}

impl Engine {
    fn new(
        workload: Arc<Workload>,
        done: Standings,
        options: EngineOptions,
        progress: Arc<Progress>,
        sender: mpsc::Sender<Message>,
    ) -> Self {
        let mut accounts: HashMap<Digest, Arc<Pace>> = HashMap::new();
        let mut pace = |asked: &Asked| {
            let account = asked.account()?;
            let bounds = Bounds { connections: asked.width(options.bounds.connections), ..options.bounds };
            Some(Arc::clone(accounts.entry(account).or_insert_with(|| Arc::new(Pace::new(bounds)))))
        };
        Self {
            paces: workload.systems.iter().map(&mut pace).collect(),
            rates: workload.systems.iter().map(|asked| asked.rate(&options.prices)).collect(),
            workload,
            done,
            progress,
            sender,
            trouble: Mutex::new(None),
            budget: Budget::new(options.limits),
            patience: options.patience,
            cache: options.cache,
        }
    }

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

    /// The key of a cell that is still to be answered here.
    fn open(&self, cell: CellIndex) -> Option<CellKey> {
        let key = self.workload.key(cell);
        (self.workload.plan.holds(&key) && !self.done.of(&key).answered).then_some(key)
    }

    /// Ends the run before its end: no further call is made.
    fn stop(&self, why: String) {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(why);
        self.progress.end_calls();
    }

    /// Whether no further call may be made.
    fn must_stop(&self) -> bool {
        self.progress.calls_ended() || self.sender.is_closed()
    }

    fn score(&self, cell: CellIndex, item: &Item, key: CellKey, answer: &Answer) -> Event {
        let task = self.task(cell);
        let scorers = task.scorers.iter().map(|scorer| scorer.score(item, answer, task.reader())).collect();
        // After a rescoring its scorers are in force, and the score says so.
        let manifest = self.workload.plan.rescored.get(&cell.benchmark).copied();
        Event::new(EventKind::Scored, Some(key), 0, &ScoredBody { scorers, output: None, manifest })
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
