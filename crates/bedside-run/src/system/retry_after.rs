//! How long a provider asks to be left alone.

use std::time::Duration;

use bedside_core::limits;
use jiff::fmt::rfc2822;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

/// Reads `retry-after-ms`, or `Retry-After` in seconds or as a date. A date is held against the reply's own `Date`, so that a wrong clock
/// on either side does not matter; without one it says nothing.
pub fn read(headers: &HeaderMap) -> Option<Duration> {
    let text = |value: Option<&reqwest::header::HeaderValue>| Some(value?.to_str().ok()?.trim().to_owned());
    if let Some(wait) = text(headers.get("retry-after-ms")).and_then(|ms| seconds(&ms, 1000.0)) {
        return Some(wait);
    }
    let asked = text(headers.get(RETRY_AFTER))?;
    if let Some(wait) = seconds(&asked, 1.0) {
        return Some(wait);
    }
    until(&asked, &text(headers.get(DATE))?)
}

/// The delay in an error of Google's interfaces, such as `"retryDelay": "37s"`.
pub fn in_body(reply: &serde_json::Value) -> Option<Duration> {
    let details = reply.pointer("/error/details")?.as_array()?;
    let delay = details.iter().find_map(|detail| detail.get("retryDelay")?.as_str())?;
    seconds(delay.strip_suffix('s')?, 1.0)
}

fn seconds(text: &str, in_a_second: f64) -> Option<Duration> {
    let seconds = text.parse::<f64>().ok()? / in_a_second;
    (seconds.is_finite() && seconds >= 0.0).then(|| Duration::from_secs_f64(seconds.min(longest().as_secs_f64())))
}

/// From one HTTP date to another; a date that is over asks for no wait.
fn until(date: &str, now: &str) -> Option<Duration> {
    let moment = |text: &str| rfc2822::parse(text).ok().map(|zoned| zoned.timestamp());
    let wait = moment(date)?.as_second().saturating_sub(moment(now)?.as_second());
    Some(Duration::from_secs(u64::try_from(wait).unwrap_or(0)).min(longest()))
}

const fn longest() -> Duration {
    Duration::from_secs(limits::RETRY_AFTER_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(headers: &[(&'static str, &'static str)]) -> Option<Duration> {
        let map = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        read(&map)
    }

    #[test]
    fn every_form_is_read() {
        assert_eq!(wait(&[("retry-after", "7")]), Some(Duration::from_secs(7)));
        assert_eq!(wait(&[("retry-after", "0.5")]), Some(Duration::from_millis(500)));
        assert_eq!(wait(&[("retry-after-ms", "250"), ("retry-after", "9")]), Some(Duration::from_millis(250)));
        let date = ("retry-after", "Wed, 21 Oct 2026 07:28:10 GMT");
        assert_eq!(wait(&[date, ("date", "Wed, 21 Oct 2026 07:28:00 GMT")]), Some(Duration::from_secs(10)));
        assert_eq!(wait(&[date, ("date", "Wed, 21 Oct 2026 08:00:00 GMT")]), Some(Duration::ZERO));
    }

    #[test]
    fn nonsense_is_no_wish_and_patience_has_an_end() {
        for value in ["-1", "NaN", "inf", "soon", "", "Wed, 99 Oct 2026 07:28:00 GMT"] {
            assert_eq!(wait(&[("retry-after", value), ("date", "Wed, 21 Oct 2026 07:28:00 GMT")]), None, "{value}");
        }
        assert_eq!(wait(&[("retry-after", "Wed, 21 Oct 2026 07:28:10 GMT")]), None, "no clock to hold it against");
        assert_eq!(wait(&[("retry-after", "1e300")]), Some(longest()));
        let far = [("retry-after", "Fri, 21 Oct 2033 07:28:10 GMT"), ("date", "Wed, 21 Oct 2026 07:28:00 GMT")];
        assert_eq!(wait(&far), Some(longest()));
    }
}
