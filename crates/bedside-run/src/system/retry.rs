//! The one retry policy: how often and how patiently a call is made again.

use std::time::Duration;

/// How often a call that was not accepted is made again, and after how long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Patience {
    /// Times it is made again.
    pub retries: u32,
    /// The first wait; each further one is twice as long.
    pub first_wait: Duration,
}

impl Default for Patience {
    /// The last try starts about a quarter of a minute after the first.
    fn default() -> Self {
        Self { retries: 5, first_wait: Duration::from_millis(500) }
    }
}

/// Longest wait of our own choosing.
const LONGEST_WAIT: Duration = Duration::from_secs(20);
/// A provider that asks for more patience than this is out of quota for today, not busy.
pub const LONGEST_RETRY_AFTER: Duration = Duration::from_mins(2);

impl Patience {
    /// How long to wait before try number `next` (from 2), or `None` when there is none.
    ///
    /// `spread` in [0, 1) keeps workers from knocking all at once; `retry_after` is what the provider asked for.
    pub fn wait_before(&self, next: u32, retry_after: Option<Duration>, spread: f64) -> Option<Duration> {
        if next > self.retries.saturating_add(1) {
            return None;
        }
        if let Some(asked) = retry_after {
            return (asked <= LONGEST_RETRY_AFTER).then(|| asked + Duration::from_millis(100).mul_f64(spread));
        }
        let doubled = self.first_wait.saturating_mul(1 << next.saturating_sub(2).min(10)).min(LONGEST_WAIT);
        Some(doubled.mul_f64(0.5 + spread / 2.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_end() {
        let patience = Patience::default();
        let waits: Vec<_> = (2..=patience.retries + 2).map(|next| patience.wait_before(next, None, 0.0)).collect();
        assert!(waits.windows(2).all(|pair| pair[1].is_none() || pair[0] < pair[1]));
        assert_eq!(waits.last(), Some(&None));
        assert_eq!(Patience { retries: 0, ..patience }.wait_before(2, None, 0.0), None);
    }

    #[test]
    fn the_provider_is_heard_within_reason() {
        let patience = Patience::default();
        assert_eq!(patience.wait_before(2, Some(Duration::from_secs(7)), 0.0), Some(Duration::from_secs(7)));
        assert_eq!(patience.wait_before(2, Some(Duration::from_hours(1)), 0.0), None);
    }
}
