//! What a run may use at most. The stop comes *before* the call that could pass a limit: each call first sets aside the most that it may
//! use, and gives back what it did not.

use std::sync::Mutex;
use std::time::Duration;

use bedside_core::Usage;

use crate::prices::{Cost, Rate};

/// Limits of one command; `None` is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Limits {
    /// Money.
    pub cost: Option<Cost>,
    /// Tokens, read and written.
    pub tokens: Option<u64>,
    /// Calls, those included that were refused and made again.
    pub calls: Option<u64>,
    /// Time from the start of the engine to the start of the last call; kept by its clock and not by the budget.
    pub time: Option<Duration>,
}

/// Keeps account of what was used and set aside.
#[derive(Debug)]
pub struct Budget {
    limits: Limits,
    account: Mutex<Account>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Account {
    cost: Cost,
    tokens: u64,
    calls: u64,
}

/// The most that one call may use. Given back with what it did use.
#[derive(Clone, Copy, Debug)]
#[must_use = "what is set aside and never settled is lost to the budget"]
pub struct SetAside {
    cost: Cost,
    tokens: u64,
}

/// What one call may use: bytes of its request bound the tokens it reads, since no token is shorter than a byte.
#[derive(Clone, Debug)]
pub struct AtMost<'a> {
    /// Bytes of the request.
    pub request_bytes: u64,
    /// Most tokens that may be written, where a limit is declared.
    pub completion_tokens: Option<u64>,
    /// What a million tokens cost, where known.
    pub rate: Option<&'a Rate>,
}

impl Budget {
    /// An account on which nothing is used.
    pub fn new(limits: Limits) -> Self {
        Self { limits, account: Mutex::default() }
    }

    /// Sets aside what a call may use, or says which limit it could pass.
    pub fn set_aside(&self, call: &AtMost<'_>) -> Result<SetAside, String> {
        let Limits { cost: most_cost, tokens: most_tokens, calls: most_calls, time: _ } = self.limits;
        let mut account = self.account();
        if let Some(most) = most_calls.filter(|most| account.calls >= *most) {
            return Err(format!("the limit of {most} calls is reached"));
        }
        let written = match call.completion_tokens {
            Some(tokens) => tokens,
            None if most_tokens.is_some() || most_cost.is_some() => {
                return Err("a call without a limit on its answer could pass any limit: give max_tokens".to_owned());
            }
            None => 0,
        };
        let tokens = call.request_bytes.saturating_add(written);
        if let Some(most) = most_tokens.filter(|most| account.tokens.saturating_add(tokens) > *most) {
            let used = account.tokens;
            return Err(format!(
                "the next call could pass the limit of {most} tokens ({used} used or set aside, up to {tokens} more)"
            ));
        }
        let cost = match (call.rate, most_cost) {
            (Some(rate), _) => rate.cost(call.request_bytes, written),
            (None, Some(_)) => {
                return Err("what a call costs is not known, so no limit of money can be kept".to_owned());
            }
            (None, None) => Cost::default(),
        };
        if let Some(most) = most_cost.filter(|most| account.cost.0.saturating_add(cost.0) > most.0) {
            let used = account.cost;
            return Err(format!(
                "the next call could pass the limit of {most} ({used} used or set aside, up to {cost} more)"
            ));
        }
        account.cost.0 = account.cost.0.saturating_add(cost.0);
        account.tokens = account.tokens.saturating_add(tokens);
        account.calls += 1;
        Ok(SetAside { cost, tokens })
    }

    /// Gives back what a call did not use. Where usage is unknown, the most that it may have used counts.
    pub fn settle(&self, aside: SetAside, usage: Usage, rate: Option<&Rate>) {
        let mut account = self.account();
        if let (Some(read), Some(written)) = (usage.prompt_tokens, usage.completion_tokens) {
            let cost = rate.map_or(Cost::default(), |rate| rate.cost(read, written));
            account.tokens = account.tokens.saturating_sub(aside.tokens).saturating_add(read).saturating_add(written);
            account.cost.0 = account.cost.0.saturating_sub(aside.cost.0).saturating_add(cost.0);
        }
    }

    /// Gives back what a call that was certainly not accepted had set aside. That it was made stays: a limit of calls counts what was sent.
    pub fn give_back(&self, aside: SetAside) {
        let mut account = self.account();
        account.tokens = account.tokens.saturating_sub(aside.tokens);
        account.cost.0 = account.cost.0.saturating_sub(aside.cost.0);
    }

    /// Money used so far, counting the most where usage is unknown.
    pub fn cost(&self) -> Cost {
        self.account().cost
    }

    fn account(&self) -> std::sync::MutexGuard<'_, Account> {
        self.account.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(read: u64, written: u64) -> Usage {
        Usage { prompt_tokens: Some(read), completion_tokens: Some(written), ..Usage::default() }
    }

    #[test]
    fn the_stop_comes_before_the_call_that_could_pass_the_limit() {
        let rate = Rate { prompt: 1.0, completion: 10.0, as_of: String::new() };
        let limits = Limits { cost: Cost::from_usd(0.01), ..Limits::default() };
        let budget = Budget::new(limits);
        let call = AtMost { request_bytes: 1000, completion_tokens: Some(100), rate: Some(&rate) };
        let mut made = 0;
        while let Ok(aside) = budget.set_aside(&call) {
            budget.settle(aside, used(250, 20), Some(&rate));
            made += 1;
        }
        assert!(budget.cost() <= Cost::from_usd(0.01).unwrap());
        // 450 millionths a call; the last must leave room for the 2,000 that a call may cost.
        assert_eq!(made, (10_000 - 2_000) / 450 + 1);
    }

    #[test]
    fn what_is_not_known_counts_at_its_most_or_refuses() {
        let tokens = Budget::new(Limits { tokens: Some(1000), ..Limits::default() });
        let call = AtMost { request_bytes: 300, completion_tokens: Some(100), rate: None };
        let aside = tokens.set_aside(&call).unwrap();
        tokens.settle(aside, Usage::default(), None);
        let aside = tokens.set_aside(&call).unwrap();
        assert!(tokens.set_aside(&call).is_err(), "800 may be used");
        tokens.give_back(aside);
        assert!(tokens.set_aside(&call).is_ok());
        assert!(tokens.set_aside(&AtMost { completion_tokens: None, ..call.clone() }).is_err());
        let money = Budget::new(Limits { cost: Some(Cost(1_000_000)), ..Limits::default() });
        assert!(money.set_aside(&call).unwrap_err().contains("not known"));
    }

    #[test]
    fn calls_are_limited_and_refused_ones_were_made() {
        let calls = Budget::new(Limits { calls: Some(1), ..Limits::default() });
        let call = AtMost { request_bytes: 1, completion_tokens: None, rate: None };
        calls.give_back(calls.set_aside(&call).unwrap());
        assert!(calls.set_aside(&call).is_err());
    }
}
