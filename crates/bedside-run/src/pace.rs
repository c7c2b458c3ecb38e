//! How fast one provider account is asked: how many calls at once, how many a minute, and when not at all.
//!
//! The number of calls at once adapts: it doubles while all goes well, halves when the provider says that it is too much, and then grows by
//! one at a time. Every system at the same address with the same key shares one pace, since the provider counts them together.

use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

use crate::system::retry::LONGEST_RETRY_AFTER;

/// Calls at once before anything is known of the provider.
const FIRST: usize = 8;
/// Refusals within this time are one piece of news: they answer calls that were sent before the last cut.
const ONE_PIECE_OF_NEWS: Duration = Duration::from_secs(1);

/// The user's bounds on a pace.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Calls at once, at most.
    pub connections: usize,
    /// Calls a minute.
    pub requests_per_minute: Option<NonZeroU32>,
    /// Tokens a minute, read and written.
    pub tokens_per_minute: Option<NonZeroU32>,
}

/// The pace of one account.
#[derive(Debug)]
pub struct Pace {
    permits: Semaphore,
    ceiling: usize,
    state: Mutex<State>,
    requests: Option<DefaultDirectRateLimiter>,
    tokens: Option<(DefaultDirectRateLimiter, NonZeroU32)>,
}

#[derive(Debug)]
struct State {
    /// Calls that may be in flight.
    limit: usize,
    /// Permits to take back when their calls end.
    debt: usize,
    /// Answers since the limit last changed.
    streak: usize,
    /// Whether the provider has ever said that it is too much.
    was_cut: bool,
    last_cut: Option<Instant>,
    not_before: Option<Instant>,
}

/// The right to have one call in flight.
#[derive(Debug)]
pub struct Permit<'a> {
    pace: &'a Pace,
    permit: Option<SemaphorePermit<'a>>,
}

impl Pace {
    /// A pace within bounds.
    pub fn new(bounds: Bounds) -> Self {
        let ceiling = bounds.connections.max(1);
        let limit = FIRST.min(ceiling);
        let state = State { limit, debt: 0, streak: 0, was_cut: false, last_cut: None, not_before: None };
        Self {
            permits: Semaphore::new(limit),
            ceiling,
            state: Mutex::new(state),
            requests: bounds.requests_per_minute.map(|a_minute| RateLimiter::direct(quota(a_minute))),
            tokens: bounds.tokens_per_minute.map(|a_minute| {
                let quota = quota(a_minute);
                (RateLimiter::direct(quota), quota.burst_size())
            }),
        }
    }

    /// Waits until a call that may use so many tokens can be made.
    pub async fn enter(&self, tokens: u64) -> Permit<'_> {
        // The semaphore is never closed.
        let permit = Permit { pace: self, permit: self.permits.acquire().await.ok() };
        loop {
            let wait = self.state().not_before.filter(|until| *until > Instant::now());
            match wait {
                Some(until) => tokio::time::sleep_until(until).await,
                None => break,
            }
        }
        if let Some(limiter) = &self.requests {
            limiter.until_ready().await;
        }
        if let Some((limiter, most)) = &self.tokens {
            // A call larger than what is given at once takes it in several parts.
            let mut left = u32::try_from(tokens).unwrap_or(u32::MAX);
            while let Some(part) = NonZeroU32::new(left.min(most.get())) {
                let _ = limiter.until_n_ready(part).await;
                left -= part.get();
            }
        }
        permit
    }

    /// A call was answered, in whatever way.
    pub fn went_well(&self) {
        let mut state = self.state();
        state.streak += 1;
        if state.streak < state.limit || state.limit == self.ceiling {
            return;
        }
        let more = if state.was_cut { 1 } else { state.limit }.min(self.ceiling - state.limit);
        state.limit += more;
        state.streak = 0;
        let kept = more.min(state.debt);
        state.debt -= kept;
        self.permits.add_permits(more - kept);
    }

    /// The provider said that it is too much, and perhaps for how long.
    pub fn too_much(&self, retry_after: Option<Duration>) {
        let mut state = self.state();
        let now = Instant::now();
        if let Some(wait) = retry_after {
            // Who asks for more is out of quota: its calls end as faults, and nobody sleeps for hours.
            state.not_before = state.not_before.max(Some(now + wait.min(LONGEST_RETRY_AFTER)));
        }
        if state.last_cut.is_some_and(|cut| now - cut < ONE_PIECE_OF_NEWS) {
            return;
        }
        let less = state.limit / 2;
        state.limit -= less;
        state.debt += less;
        state.streak = 0;
        state.was_cut = true;
        state.last_cut = Some(now);
    }

    /// Calls that may ever be in flight.
    pub const fn ceiling(&self) -> usize {
        self.ceiling
    }

    /// Calls that may be in flight now.
    pub fn limit(&self) -> usize {
        self.state().limit
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut state = self.pace.state();
        if let (Some(permit), true) = (self.permit.take(), state.debt > 0) {
            state.debt -= 1;
            permit.forget();
        }
    }
}

/// So many a minute, of which ten seconds' worth at once: a full minute's worth at once would be twice the rate in the first minute.
fn quota(a_minute: NonZeroU32) -> Quota {
    let burst = NonZeroU32::new(a_minute.get() / 6).unwrap_or(NonZeroU32::MIN);
    Quota::per_minute(a_minute).allow_burst(burst)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(connections: usize) -> Pace {
        Pace::new(Bounds { connections, requests_per_minute: None, tokens_per_minute: None })
    }

    #[tokio::test]
    async fn it_doubles_halves_and_then_creeps() {
        let pace = pace(100);
        let permits: Vec<Permit<'_>> = {
            let mut taken = Vec::new();
            for _ in 0..FIRST {
                taken.push(pace.enter(1).await);
            }
            taken
        };
        assert_eq!(pace.permits.available_permits(), 0);
        (0..FIRST).for_each(|_| pace.went_well());
        assert_eq!((pace.limit(), pace.permits.available_permits()), (2 * FIRST, FIRST));
        pace.too_much(None);
        pace.too_much(None);
        assert_eq!(pace.limit(), FIRST, "two refusals at once are one piece of news");
        drop(permits);
        assert_eq!(pace.permits.available_permits(), FIRST, "eight permits were taken back");
        (0..FIRST).for_each(|_| pace.went_well());
        assert_eq!(pace.limit(), FIRST + 1);
    }

    #[tokio::test]
    async fn it_never_falls_below_one_nor_rises_above_the_ceiling() {
        let pace = pace(1);
        pace.too_much(None);
        assert_eq!(pace.limit(), 1);
        (0..10).for_each(|_| pace.went_well());
        assert_eq!(pace.limit(), 1);
        drop(pace.enter(1).await);
        drop(pace.enter(1).await);
    }

    #[tokio::test(start_paused = true)]
    async fn everyone_waits_as_long_as_the_provider_asked() {
        let pace = pace(4);
        pace.too_much(Some(Duration::from_secs(7)));
        let before = Instant::now();
        drop(pace.enter(1).await);
        assert_eq!(before.elapsed().as_secs(), 7);
    }
}
