//! What tokens cost: a dated table in the binary, or the user's own `prices.toml`. Unknown stays unknown, which is never 0.

use std::path::Path;

use bedside_core::limits;
use bedside_core::problem::{Place, Problem, Problems};
use serde::Deserialize;

use crate::package::read_text;

/// The table in the binary.
const BUILT_IN: &str = include_str!("prices.toml");

/// Money in millionths of a US dollar: sums of many small calls stay exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cost(pub u64);

impl Cost {
    /// From dollars, rounded up; `None` unless it is a sum that one may spend.
    pub fn from_usd(usd: f64) -> Option<Self> {
        let millionths = (usd * 1e6).ceil();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
        (0.0..1e15).contains(&millionths).then_some(Self(millionths as u64))
    }

    /// In dollars.
    pub fn usd(self) -> f64 {
        self.0 as f64 / 1e6
    }
}

impl std::fmt::Display for Cost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Cents for sums that matter, more digits for those that would read as nothing.
        let usd = self.usd();
        if usd >= 1.0 || self.0 == 0 { write!(f, "${usd:.2}") } else { write!(f, "${usd:.4}") }
    }
}

/// What a million tokens cost in US dollars, and who said so when.
#[derive(Clone, Debug, PartialEq)]
pub struct Rate {
    /// Of a million tokens read.
    pub prompt: f64,
    /// Of a million tokens written.
    pub completion: f64,
    /// The day of the price, as in the table.
    pub as_of: String,
}

impl Rate {
    /// For what costs nothing: it stays on this machine.
    pub const FREE: Self = Self { prompt: 0.0, completion: 0.0, as_of: String::new() };

    /// What so many tokens cost, rounded up.
    pub fn cost(&self, prompt_tokens: u64, completion_tokens: u64) -> Cost {
        // Dollars a million tokens are millionths of a dollar a token.
        Cost::from_usd((self.prompt * prompt_tokens as f64 + self.completion * completion_tokens as f64) / 1e6)
            .unwrap_or(Cost(u64::MAX / 4))
    }
}

/// Prices by provider and model.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    #[serde(default)]
    price: Vec<Entry>,
    /// How many of these are the user's own.
    #[serde(skip)]
    own: usize,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    provider: String,
    model: String,
    /// US dollars for a million tokens read.
    prompt: f64,
    /// US dollars for a million tokens written.
    completion: f64,
    as_of: String,
    /// The price holds at this host alone; at any host when absent.
    host: Option<String>,
}

impl Entry {
    fn rate(&self) -> Rate {
        Rate { prompt: self.prompt, completion: self.completion, as_of: self.as_of.clone() }
    }
}

impl Prices {
    /// The user's file before the table in the binary.
    pub fn load(file: Option<&Path>) -> Result<Self, Problems> {
        let beside = Path::new("prices.toml");
        let file = file.or_else(|| beside.is_file().then_some(beside));
        let mut prices = match file {
            Some(file) => Self::parse(&file.display().to_string(), &read_text(file, limits::MANIFEST_BYTES)?)?,
            None => Self { price: Vec::new(), own: 0 },
        };
        prices.own = prices.price.len();
        prices.price.extend(Self::parse("prices.toml (in the binary)", BUILT_IN)?.price);
        Ok(prices)
    }

    fn parse(name: &str, text: &str) -> Result<Self, Problem> {
        let prices: Self = toml::from_str(text).map_err(|error| {
            let before = error.span().map_or(0, |span| span.start);
            let mut place = Place::file(name);
            place.line = Some(text[..before.min(text.len())].matches('\n').count() + 1);
            Problem::new("bad_prices", error.message().to_owned()).at(place).hint(
                "each [[price]] has provider, model, prompt and completion (US dollars for a million tokens), as_of, and host where it holds at one host alone",
            )
        })?;
        let wrong = |entry: &&Entry| [entry.prompt, entry.completion].iter().any(|usd| !(0.0..=1e6).contains(usd));
        if let Some(entry) = prices.price.iter().find(wrong) {
            let what = format!("`{}/{}` has no price that one can pay", entry.provider, entry.model);
            return Err(Problem::new("bad_prices", what).at(Place::file(name)).because("0 to 1,000,000 US dollars"));
        }
        Ok(prices)
    }

    /// The price of a model: the first entry of its name, or of its name without the date behind it.
    pub fn find(&self, provider: &str, model: &str, host: &str) -> Option<Rate> {
        let fits = |entry: &&Entry| {
            let dated = model.strip_prefix(entry.model.as_str()).is_some_and(|rest| rest.is_empty() || is_date(rest));
            entry.provider == provider && dated && entry.host.as_deref().is_none_or(|only| only == host)
        };
        self.price.iter().find(fits).map(Entry::rate)
    }

    /// The same among the user's own prices.
    pub fn own(&self, provider: &str, model: &str, host: &str) -> Option<Rate> {
        let own = Self { price: self.price[..self.own].to_vec(), own: self.own };
        own.find(provider, model, host)
    }
}

/// `-2025-08-07` or `-20250807`: the same model, pinned.
fn is_date(rest: &str) -> bool {
    rest.strip_prefix('-').is_some_and(|date| {
        date.chars().filter(char::is_ascii_digit).count() == 8 && date.chars().all(|c| c.is_ascii_digit() || c == '-')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_holds_for_its_model_at_its_host() {
        let prices = Prices::load(None).unwrap();
        let host = "api.openai.com";
        let known = prices.find("openai", "gpt-4o", host).unwrap();
        assert_eq!(prices.find("openai", "gpt-4o-2024-08-06", host), Some(known.clone()));
        assert_ne!(prices.find("openai", "gpt-4o-mini", host), Some(known.clone()));
        assert_eq!(prices.find("openai", "gpt-4o", "gateway.example.org"), None, "another seller, another price");
        assert_eq!(prices.find("openai", "gpt-99", host), None);
        assert_eq!(known.cost(1_000_000, 0), Cost::from_usd(known.prompt).unwrap());
    }

    #[test]
    fn mistakes_in_prices_are_named() {
        let error = Prices::parse("prices.toml", "[[price]]\nprovider = \"x\"\nprise = 3\n").unwrap_err();
        assert_eq!(error.place.unwrap().line, Some(3));
        let negative = "[[price]]\nprovider=\"x\"\nmodel=\"y\"\nprompt=-1\ncompletion=1\nas_of=\"2026\"\n";
        assert!(Prices::parse("prices.toml", negative).is_err());
    }

    #[test]
    fn money_is_rounded_up_and_shown_so_that_little_is_not_nothing() {
        let rate = Rate { prompt: 0.15, completion: 0.6, as_of: String::new() };
        assert_eq!(rate.cost(1, 0), Cost(1));
        assert_eq!(rate.cost(1000, 1000).to_string(), "$0.0008");
        assert_eq!(Cost::from_usd(12.5).unwrap().to_string(), "$12.50");
        assert_eq!(Cost::from_usd(f64::NAN), None);
    }
}
