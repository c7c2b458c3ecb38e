//! The one retry policy. Only what was certainly not accepted is sent again: a refused connection, 429, 5xx.

use std::time::Duration;

/// Tries in all. With the waits below the last one starts about half a minute after the first.
pub const TRIES: u32 = 6;
const FIRST_WAIT_MS: u64 = 500;
const LONGEST_WAIT_MS: u64 = 20_000;
/// A provider that asks for more patience than this is out of quota for today, not busy.
const LONGEST_RETRY_AFTER: Duration = Duration::from_mins(2);

/// How long to wait before try number `next` (from 2), or `None` when there is none.
///
/// `spread` in [0, 1) keeps workers from knocking all at once; `retry_after` is what the provider asked for.
pub fn wait_before(next: u32, retry_after: Option<Duration>, spread: f64) -> Option<Duration> {
    if next > TRIES {
        return None;
    }
    if let Some(asked) = retry_after {
        return (asked <= LONGEST_RETRY_AFTER).then(|| asked + Duration::from_millis(100).mul_f64(spread));
    }
    let doubled = FIRST_WAIT_MS.saturating_mul(1 << (next - 2).min(10)).min(LONGEST_WAIT_MS);
    Some(Duration::from_millis(doubled).mul_f64(0.5 + spread / 2.0))
}

/// Reads a `Retry-After` header in seconds; the date form is rare for model APIs and falls back to our own wait.
pub fn retry_after(header: Option<&str>) -> Option<Duration> {
    let seconds: f64 = header?.trim().parse().ok()?;
    (seconds.is_finite() && seconds >= 0.0).then(|| Duration::from_secs_f64(seconds.min(86_400.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_end() {
        let waits: Vec<_> = (2..=TRIES + 1).map(|next| wait_before(next, None, 0.0)).collect();
        assert!(waits.windows(2).all(|pair| pair[1].is_none() || pair[0] < pair[1]));
        assert_eq!(waits.last(), Some(&None));
    }

    #[test]
    fn the_provider_is_heard_within_reason() {
        assert_eq!(wait_before(2, Some(Duration::from_secs(7)), 0.0), Some(Duration::from_secs(7)));
        assert_eq!(wait_before(2, Some(Duration::from_hours(1)), 0.0), None);
        assert_eq!(retry_after(Some("1")), Some(Duration::from_secs(1)));
        assert_eq!(retry_after(Some("-1")), None);
        assert_eq!(retry_after(Some("NaN")), None);
    }
}
