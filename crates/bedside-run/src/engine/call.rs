//! One call of one cell until it is settled: paced, within the budget, recorded before it is sent, and asked again where that is right.

use std::time::{Duration, Instant};

use bedside_core::event::{CallAnswered, CallSent};
use bedside_core::plan::CellIndex;
use bedside_core::{CellKey, Digest, Event, EventKind, Fault, Prompt, Usage, limits};

use super::Engine;
use crate::budget::AtMost;
use crate::pace::Pace;
use crate::planner::Asked;
use crate::system::local::Local;
use crate::system::{Again, Attempt, End};

/// Times a call is made again that may have been accepted before. Each may be billed twice and is counted, so once is enough: what is lost
/// twice has a cause that a third call does not mend.
const AGAIN_AFTER_LOSS: u32 = 1;

/// A call on its way: whom it goes to, what it says, and the most that it may use.
struct Outgoing<'a> {
    cell: CellIndex,
    key: CellKey,
    asked: &'a Asked,
    body: Vec<u8>,
    labels: &'a [String],
    pace: &'a Pace,
    at_most: AtMost<'a>,
}

/// One try of a call.
struct Try {
    attempt: Attempt,
    duration_ms: u64,
}

/// What to do after a try.
enum Next {
    /// It is settled, for better or worse.
    Settled,
    /// It was not accepted: the same call is made once more.
    Repeat,
    /// It may have been accepted: another call is made, and counted as possibly billed twice.
    Anew,
}

impl Engine {
    /// The call itself, with its request recorded first. Gives the events still to be recorded and the end; `None` when no call was made:
    /// the run is to stop, or the request could not be recorded.
    pub(super) async fn call(
        &self,
        cell: CellIndex,
        key: CellKey,
        prompt: &Prompt,
        max_tokens: Option<u32>,
    ) -> Option<(Vec<Event>, Option<End>)> {
        let asked = &self.workload.systems[cell.system];
        let body = match asked {
            Asked::Remote(remote) => remote.body(prompt, max_tokens, cell.epoch),
            Asked::Exec(exec, _) => {
                let settings = &self.workload.plan.systems[cell.system].settings;
                exec.body(&key, prompt, settings, self.workload.plan.seed.wrapping_add(u64::from(cell.epoch)))
            }
            Asked::Local(local) => return self.call_here(local, cell, key, prompt, max_tokens),
            Asked::Null(_) | Asked::Recorded(_) => return None,
        };
        if let Some(found) = self.remembered(cell, asked, &body, &prompt.option_labels) {
            return Some((vec![answered(key, &found, 0, 0, true)], Some(found.end)));
        }
        let at_most = AtMost {
            request_bytes: body.len() as u64,
            completion_tokens: asked.completion_limit(max_tokens),
            rate: self.rates[cell.system].as_ref(),
        };
        let pace = self.paces[cell.system].as_ref()?;
        let outgoing = Outgoing { cell, key, asked, body, labels: &prompt.option_labels, pace, at_most };
        self.settle(&outgoing).await
    }

    /// Tries until the call is settled or the last try is over. Without an end when the run stops between two tries: what came of the call is
    /// on record, it is not in flight, and its cell is left for another time.
    async fn settle(&self, call: &Outgoing<'_>) -> Option<(Vec<Event>, Option<End>)> {
        let spread = f64::from(call.key.0.bytes()[0]) / 256.0;
        let mut announce = Some(self.done.of(&call.key).may_have_been_billed());
        let (mut tries, mut lost) = (0, 0);
        let mut refused: Option<Event> = None;
        loop {
            let Some(Try { attempt, duration_ms }) = self.one_try(call, announce.take()).await else {
                return refused.map(|event| (vec![event], None));
            };
            tries += 1;
            let (next, retry_after) = match attempt.again {
                Again::Refused => (Next::Repeat, attempt.retry_after),
                Again::Lost if lost < AGAIN_AFTER_LOSS && is_disconnected(&attempt.end) => (Next::Anew, None),
                Again::Lost | Again::No => (Next::Settled, None),
            };
            let wait = self.patience.wait_before(tries + 1, retry_after, spread);
            let next = match (next, wait) {
                (next @ (Next::Repeat | Next::Anew), Some(wait)) => {
                    if !self.waited(wait).await {
                        return Some((vec![answered(call.key, &attempt, duration_ms, tries, false)], None));
                    }
                    next
                }
                (_, None) | (Next::Settled, _) => Next::Settled,
            };
            match next {
                Next::Repeat => refused = Some(answered(call.key, &attempt, duration_ms, tries, false)),
                Next::Anew => {
                    // What came of the first call is on record before the second is announced.
                    if !self.tell(vec![answered(call.key, &attempt, duration_ms, tries, false)]).await {
                        return None;
                    }
                    announce = Some(true);
                    refused = None;
                    lost += 1;
                    tries = 0;
                }
                Next::Settled => {
                    self.remember(call, &attempt);
                    let event = answered(call.key, &attempt, duration_ms, tries, false);
                    return Some((vec![event], Some(attempt.end)));
                }
            }
            self.progress.retry();
        }
    }

    /// One try: at its provider's pace, within the budget, and recorded before it is sent if it has not been. `announce` says whether an
    /// earlier call may have been billed. `None` when it was not made.
    async fn one_try(&self, call: &Outgoing<'_>, announce: Option<bool>) -> Option<Try> {
        let tokens = call.at_most.request_bytes / 4 + call.at_most.completion_tokens.unwrap_or(0);
        let permit = tokio::select! {
            permit = call.pace.enter(tokens) => permit,
            () = self.progress.until_stopped() => return None,
        };
        if self.must_stop() {
            return None;
        }
        let aside = match self.budget.set_aside(&call.at_most) {
            Ok(aside) => aside,
            Err(why) => {
                self.stop(why);
                return None;
            }
        };
        if let Some(again) = announce {
            let host = call.asked.host().unwrap_or_default().to_owned();
            let sent = CallSent { request: Digest::of(&call.body), host, again };
            let sent = Event::new(EventKind::CallSent, Some(call.key), 0, &sent).with_blob(call.body.clone());
            if !self.tell_durably(vec![sent]).await {
                return None;
            }
            if again {
                self.progress.billed_twice();
            }
        }
        let started = Instant::now();
        let mut attempt = match call.asked {
            Asked::Remote(remote) => remote.attempt(&call.body, call.labels).await,
            Asked::Exec(exec, _) => exec.attempt(&call.body).await,
            Asked::Local(_) | Asked::Null(_) | Asked::Recorded(_) => return None,
        };
        let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        if let End::Answered(answer) = &mut attempt.end {
            answer.usage = believable(answer.usage);
        }
        if attempt.again == Again::Refused {
            self.budget.give_back(aside);
        } else {
            self.budget.settle(aside, usage(&attempt.end), call.at_most.rate);
        }
        self.progress.spent(self.budget.cost());
        if is_too_much(&attempt) {
            call.pace.too_much(attempt.retry_after);
        } else if attempt.again == Again::No {
            // A call that was lost says nothing for more calls at once: a server that lets them time out may have too many already.
            call.pace.went_well();
        }
        drop(permit);
        Some(Try { attempt, duration_ms })
    }

    /// A call of the embedded model, which costs nothing and need not wait for its record.
    fn call_here(
        &self,
        local: &Local,
        cell: CellIndex,
        key: CellKey,
        prompt: &Prompt,
        max_tokens: Option<u32>,
    ) -> Option<(Vec<Event>, Option<End>)> {
        let body = serde_json::to_vec(&prompt.messages).unwrap_or_default();
        let at_most = AtMost {
            request_bytes: body.len() as u64,
            completion_tokens: Some(u64::from(local.completion_limit(max_tokens))),
            rate: self.rates[cell.system].as_ref(),
        };
        let aside = match self.budget.set_aside(&at_most) {
            Ok(aside) => aside,
            Err(why) => {
                self.stop(why);
                return None;
            }
        };
        let sent = CallSent { request: Digest::of(&body), host: "in process".to_owned(), again: false };
        let sent = Event::new(EventKind::CallSent, Some(key), 0, &sent).with_blob(body);
        let started = Instant::now();
        let end = tokio::task::block_in_place(|| local.ask(prompt, max_tokens, cell.epoch));
        let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.budget.settle(aside, usage(&end), at_most.rate);
        let attempt = Attempt::ended(end, Again::No);
        Some((vec![sent, answered(key, &attempt, duration_ms, 1, false)], Some(attempt.end)))
    }

    /// Waits, unless the run is to stop: an interruption must not be followed by another request.
    async fn waited(&self, wait: Duration) -> bool {
        tokio::select! {
            () = tokio::time::sleep(wait) => !self.must_stop(),
            () = self.progress.until_stopped() => false,
        }
    }

    /// The reply to this very request, if it was kept and is no draw: temperature 0, first epoch.
    fn remembered(&self, cell: CellIndex, asked: &Asked, body: &[u8], labels: &[String]) -> Option<Attempt> {
        let Asked::Remote(remote) = asked else { return None };
        let cache = self.cache.as_ref().filter(|_| self.is_repeatable(cell))?;
        let (status, reply) = cache.get(&remote.address(), body)?;
        let attempt = remote.read(status, reply, body, labels);
        matches!(attempt.end, End::Answered(_)).then_some(attempt)
    }

    fn remember(&self, call: &Outgoing<'_>, attempt: &Attempt) {
        let (Asked::Remote(remote), Some(cache), End::Answered(_)) = (call.asked, &self.cache, &attempt.end) else {
            return;
        };
        if let (Some(status), Some(response), true) = (attempt.status, &attempt.response, self.is_repeatable(call.cell))
        {
            cache.put(&remote.address(), &call.body, status, response);
        }
    }

    fn is_repeatable(&self, cell: CellIndex) -> bool {
        let settings = &self.workload.plan.systems[cell.system].settings;
        let greedy =
            settings.get("temperature").and_then(serde_json::Value::as_f64).is_some_and(|t| t.abs() < f64::EPSILON);
        cell.epoch == 0 && greedy
    }
}

/// Usage as a server or program tells it, without counts that no call can have: those are unknown.
fn believable(usage: Usage) -> Usage {
    let count = |tokens: Option<u64>| tokens.filter(|tokens| *tokens <= limits::TOKENS);
    Usage {
        prompt_tokens: count(usage.prompt_tokens),
        completion_tokens: count(usage.completion_tokens),
        cached_tokens: count(usage.cached_tokens),
        reasoning_tokens: count(usage.reasoning_tokens),
    }
}

fn usage(end: &End) -> Usage {
    match end {
        End::Answered(answer) => answer.usage,
        End::Fault(..) | End::SetUp(_) => Usage::default(),
    }
}

fn is_too_much(attempt: &Attempt) -> bool {
    attempt.again == Again::Refused && attempt.retry_after.is_some()
        || matches!(attempt.status, Some(429 | 503 | 529))
        || matches!(attempt.end, End::Fault(Fault::RateLimited, _))
}

fn is_disconnected(end: &End) -> bool {
    matches!(end, End::Fault(Fault::Disconnected, _))
}

/// The record of a reply. One that was `cached` cost nothing, and its usage is not counted.
fn answered(key: CellKey, attempt: &Attempt, duration_ms: u64, tries: u32, cached: bool) -> Event {
    let body = CallAnswered {
        response: attempt.response.as_deref().map(Digest::of),
        status: attempt.status,
        duration_ms,
        tries,
        usage: if cached { Usage::default() } else { usage(&attempt.end) },
        stderr: attempt.stderr.as_deref().map(Digest::of),
        lost: attempt.again == Again::Lost,
        cached,
    };
    let mut event = Event::new(EventKind::CallAnswered, Some(key), 0, &body);
    event.blobs.extend(attempt.response.clone());
    event.blobs.extend(attempt.stderr.clone());
    event
}
