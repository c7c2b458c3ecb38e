//! How live systems are asked: how many at once, how patiently, and at most for how much.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use bedside_core::problem::Problem;
use bedside_run::budget::Limits;
use bedside_run::cache::ResponseCache;
use bedside_run::engine::EngineOptions;
use bedside_run::fetch::cache_folder;
use bedside_run::pace::Bounds;
use bedside_run::planner::Price;
use bedside_run::prices::{Cost, Prices};
use bedside_run::system::exec::Exec;
use bedside_run::system::retry::Patience;
use clap::Args;

/// Requests in flight to one provider account, unless said.
const CONNECTIONS: u16 = 32;
/// With less time for a request every one would be a fault.
const SHORTEST: Duration = Duration::from_millis(10);
/// A day: no request takes longer, and no wait between tries.
const DAY: f64 = 86_400.0;

/// How live systems are asked.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Live systems")]
pub struct Live {
    /// Requests in flight to one provider and key, at most; fewer when it says that it is too much. For exec: processes [default: 32, exec: 1].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=2000))]
    pub max_connections: Option<u16>,
    /// Requests a minute to one provider and key, at most.
    #[arg(long, value_name = "N")]
    pub requests_per_minute: Option<NonZeroU32>,
    /// Tokens a minute to and from one provider and key, at most.
    #[arg(long, value_name = "N")]
    pub tokens_per_minute: Option<NonZeroU32>,
    /// Longest time for one request; what takes longer is a fault.
    #[arg(long, value_name = "SECONDS", default_value = "600", value_parser = patience)]
    pub request_timeout: Duration,
    /// Times that a refused request (429, 5xx, no connection) is sent again.
    #[arg(long, value_name = "N", default_value_t = Patience::default().retries, value_parser = clap::value_parser!(u32).range(0..=100))]
    pub retries: u32,
    /// Wait before the first of these; it doubles. What the provider asks for comes first.
    #[arg(long, value_name = "SECONDS", default_value = "0.5", value_parser = seconds)]
    pub retry_wait: Duration,
    /// Stop before the call with which this command could pass so many US dollars.
    #[arg(long, value_name = "USD", value_parser = usd)]
    pub max_cost: Option<Cost>,
    /// Stop before the call with which it could pass so many tokens, read and written.
    #[arg(long, value_name = "N")]
    pub max_total_tokens: Option<u64>,
    /// Make no more than so many calls.
    #[arg(long, value_name = "N")]
    pub max_calls: Option<u64>,
    /// Make no call later than this after the start, such as 90s, 30m or 8h.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub time_limit: Option<Duration>,
    /// Prices of tokens [default: ./prices.toml, then a dated table in the program].
    #[arg(long, value_name = "FILE")]
    pub prices: Option<PathBuf>,
    /// Use and keep replies to the same request, where temperature is 0 and for the first epoch alone.
    #[arg(long)]
    pub cache: bool,
}

impl Default for Live {
    fn default() -> Self {
        let patience = Patience::default();
        Self {
            max_connections: None,
            requests_per_minute: None,
            tokens_per_minute: None,
            request_timeout: bedside_run::system::remote::REQUEST_TIMEOUT,
            retries: patience.retries,
            retry_wait: patience.first_wait,
            max_cost: None,
            max_total_tokens: None,
            max_calls: None,
            time_limit: None,
            prices: None,
            cache: false,
        }
    }
}

impl Live {
    /// Processes of one `exec:` system.
    pub fn processes(&self) -> usize {
        usize::from(self.max_connections.unwrap_or(1))
    }

    /// The limits, checked against what is known of the plan: one that could not be kept is a mistake that is named now.
    pub fn limits(&self, prices: &[Price]) -> Result<Limits, Problem> {
        for price in prices.iter().filter(|price| price.cells > 0 && price.host.is_some()) {
            if price.host.as_deref() == Some(Exec::host())
                && (self.max_cost.is_some() || self.max_total_tokens.is_some())
            {
                return Err(Problem::new(
                    "unknown_use",
                    format!("the limit cannot be kept: what `{}` uses is not known", price.system),
                )
                .hint("--max-calls and --time-limit hold for a program of yours"));
            }
            let limited = self.max_cost.is_some() && price.may_cost() || self.max_total_tokens.is_some();
            if self.max_cost.is_some() && price.rate.is_none() {
                return Err(Problem::new(
                    "unknown_price",
                    format!("--max-cost cannot be kept: the price of `{}` is unknown", price.system),
                )
                .hint("write its price into prices.toml, or limit --max-total-tokens instead"));
            }
            if limited && price.completion_tokens.is_none() {
                return Err(Problem::new(
                    "unlimited",
                    format!("the limit cannot be kept: answers of `{}` have no limit", price.system),
                )
                .hint("give max_tokens, in the name of the system or in [task]"));
            }
        }
        Ok(Limits { cost: self.max_cost, tokens: self.max_total_tokens, calls: self.max_calls, time: self.time_limit })
    }

    /// What the engine is told.
    pub fn options(&self, limits: Limits, prices: Prices) -> EngineOptions {
        EngineOptions {
            bounds: Bounds {
                connections: usize::from(self.max_connections.unwrap_or(CONNECTIONS)),
                requests_per_minute: self.requests_per_minute,
                tokens_per_minute: self.tokens_per_minute,
            },
            threads: std::thread::available_parallelism().map_or(2, std::num::NonZero::get),
            patience: Patience { retries: self.retries, first_wait: self.retry_wait },
            limits,
            prices,
            cache: self.cache.then(|| ResponseCache::beside(&cache_folder())),
        }
    }
}

fn patience(text: &str) -> Result<Duration, String> {
    seconds(text).ok().filter(|time| *time >= SHORTEST).ok_or_else(|| "seconds, from 0.01 to 86400".to_owned())
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| (0.0..=DAY).contains(seconds));
    seconds.map(Duration::from_secs_f64).ok_or_else(|| "seconds, from 0 to 86400".to_owned())
}

fn usd(text: &str) -> Result<Cost, String> {
    let usd = text.trim_start_matches('$').parse::<f64>().ok().and_then(Cost::from_usd);
    usd.ok_or_else(|| "a sum of US dollars, such as 12.50".to_owned())
}

fn time(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        "d" => DAY,
        _ => return Err("a time such as 90s, 30m, 8h or 2d".to_owned()),
    };
    let time =
        digits.parse::<f64>().ok().map(|number| number * unit).filter(|seconds| (0.0..=366.0 * DAY).contains(seconds));
    time.map(Duration::from_secs_f64).ok_or_else(|| "a time such as 90s, 30m, 8h or 2d".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sums_are_read_as_people_write_them() {
        for (text, seconds) in [("90", 90.0), ("90s", 90.0), ("30m", 1800.0), ("1.5h", 5400.0), ("2d", 172_800.0)] {
            assert_eq!(time(text), Ok(Duration::from_secs_f64(seconds)));
        }
        for text in ["", "h", "-1s", "1w", "NaN", "1e300h"] {
            assert!(time(text).is_err(), "{text}");
        }
        assert_eq!(usd("$12.50"), Ok(Cost(12_500_000)));
        assert!(usd("-1").is_err() && usd("inf").is_err());
    }
}
