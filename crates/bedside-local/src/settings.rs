//! What is asked of the model, and what comes back.

use crate::error::{Error, Result};
use crate::limits::MAX_STOPS;

/// How an answer is generated.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Most tokens of the answer.
    pub max_tokens: usize,
    /// 0 takes the likeliest token each time; above 0 tokens are drawn.
    pub temperature: f64,
    /// Draw only from the fewest tokens that hold this share of the probability, above 0 and at most 1.
    pub top_p: Option<f64>,
    /// Seed of the draws; the same seed gives the same answer.
    pub seed: u64,
    /// Texts that end the answer and are not part of it.
    pub stop: Vec<String>,
    /// Most tokens of prompt and answer together, if fewer than the model's own context.
    pub context: Option<usize>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { max_tokens: 512, temperature: 0.0, top_p: None, seed: 0, stop: Vec::new(), context: None }
    }
}

impl Settings {
    pub(crate) fn check(&self) -> Result<()> {
        let refuse = |setting, value: String, allowed| Err(Error::Setting { setting, value, allowed });
        if !(0.0..=100.0).contains(&self.temperature) {
            return refuse("temperature", self.temperature.to_string(), "between 0 and 100");
        }
        if let Some(share) = self.top_p.filter(|share| !(*share > 0.0 && *share <= 1.0)) {
            return refuse("top_p", share.to_string(), "above 0 and at most 1");
        }
        if self.stop.len() > MAX_STOPS {
            return refuse("stop", format!("a list of {}", self.stop.len()), "a list of at most 16");
        }
        if self.stop.iter().any(String::is_empty) {
            return refuse("stop", "an empty text".into(), "a text that can occur");
        }
        Ok(())
    }

    /// Where the earliest stop sequence begins in `text`.
    pub(crate) fn first_stop(&self, text: &str) -> Option<usize> {
        self.stop.iter().filter_map(|stop| text.find(stop.as_str())).min()
    }
}

/// Why an answer ended. All are outcomes of the model, none is an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The model ended it.
    EndOfText,
    /// [`Settings::max_tokens`] were generated.
    Length,
    /// One of [`Settings::stop`] occurred.
    StopSequence,
    /// Prompt and answer fill the context; with an empty answer, the prompt alone does.
    ContextLimit,
}

/// A generated answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generation {
    /// The text, without special tokens and without the stop sequence.
    pub text: String,
    /// Tokens of the prompt, template included. At least so many, when the text was too long to be tokenised at all.
    pub prompt_tokens: usize,
    /// Tokens generated, without the one that ends the answer.
    pub completion_tokens: usize,
    /// Why it ended.
    pub stop: Stop,
}

/// An answer, and how likely given ones would have been.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// What was generated.
    pub generation: Generation,
    /// Natural log-probability of each option as the beginning of the answer, in the order asked. `None` if none was asked or they do not fit the context.
    pub option_logprobs: Option<Vec<f64>>,
}
