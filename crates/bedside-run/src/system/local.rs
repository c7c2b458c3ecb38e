//! The embedded model as a system: one call at a time, since batching changes answers.

use std::path::Path;
use std::sync::{Arc, Mutex};

use bedside_core::observation::OptionLogprob;
use bedside_core::problem::Problem;
use bedside_core::prompt::MessageRole;
use bedside_core::{Answer, Fault, Prompt, Stop, SystemSpec, Usage};
use bedside_local::{LocalModel, Message, PINNED, Role, Settings};
use serde_json::{Value, json};

use super::End;

/// The one embedded model.
pub const MODEL: &str = "smollm2-135m";
/// Settings it understands.
pub const SETTINGS: [&str; 4] = ["temperature", "top_p", "max_tokens", "seed"];
/// Tokens when neither the user nor the task says.
const DEFAULT_MAX_TOKENS: u32 = 256;

/// The model with its settings. Cloning shares the weights.
#[derive(Clone)]
pub struct Local {
    model: Arc<Mutex<LocalModel>>,
    settings: Settings,
    max_tokens: Option<u32>,
}

impl Local {
    /// Loads the weights; settings it would ignore are errors.
    pub fn load(spec: &SystemSpec, weights: &Path) -> Result<Self, Problem> {
        if let Some(key) = spec.settings.keys().find(|key| !SETTINGS.contains(&key.as_str())) {
            return Err(
                Problem::new("unknown_setting", format!("unknown setting `{key}` of `{spec}`")).suggest(key, SETTINGS)
            );
        }
        let number = |name: &str| -> Result<Option<f64>, Problem> {
            match spec.settings.get(name) {
                None => Ok(None),
                Some(value) => value
                    .as_f64()
                    .map(Some)
                    .ok_or_else(|| Problem::new("bad_setting", format!("`{name}` of `{spec}` must be a number"))),
            }
        };
        let whole = |name: &str| -> Result<Option<u64>, Problem> {
            match spec.settings.get(name) {
                None => Ok(None),
                Some(value) => value
                    .as_u64()
                    .map(Some)
                    .ok_or_else(|| Problem::new("bad_setting", format!("`{name}` of `{spec}` must be a whole number"))),
            }
        };
        let max_tokens = whole("max_tokens")?
            .map(|n| {
                u32::try_from(n)
                    .map_err(|_| Problem::new("bad_setting", format!("`max_tokens` of `{spec}` is too large")))
            })
            .transpose()?;
        let settings = Settings {
            temperature: number("temperature")?.unwrap_or(0.0),
            top_p: number("top_p")?,
            seed: whole("seed")?.unwrap_or(0),
            ..Settings::default()
        };
        let model = LocalModel::load(weights).map_err(|error| Problem::new("weights", error.to_string()))?;
        Ok(Self { model: Arc::new(Mutex::new(model)), settings, max_tokens })
    }

    /// What beside name and settings could change the answers.
    pub fn identity(&self) -> Value {
        json!({ "weights": PINNED.sha256 })
    }

    /// Most tokens of one answer: the user's limit, else the task's, else a short one.
    pub fn completion_limit(&self, max_tokens: Option<u32>) -> u32 {
        self.max_tokens.or(max_tokens).unwrap_or(DEFAULT_MAX_TOKENS)
    }

    /// Answers a prompt. Takes no notice of other calls: each is computed alone.
    pub fn ask(&self, prompt: &Prompt, max_tokens: Option<u32>, epoch: u32) -> End {
        let messages: Vec<Message<'_>> = prompt
            .messages
            .iter()
            .map(|message| Message {
                role: match message.role {
                    MessageRole::System => Role::System,
                    MessageRole::Assistant => Role::Assistant,
                    MessageRole::User | MessageRole::Tool => Role::User,
                },
                text: &message.content,
            })
            .collect();
        let max_tokens = self.completion_limit(max_tokens);
        let settings = Settings {
            max_tokens: usize::try_from(max_tokens).unwrap_or(usize::MAX),
            seed: self.settings.seed.wrapping_add(u64::from(epoch)),
            ..self.settings.clone()
        };
        let labels: Vec<&str> = prompt.option_labels.iter().map(String::as_str).collect();
        match self.model.lock() {
            Ok(model) => match model.answer(&messages, &settings, &labels) {
                Ok(answer) => End::Answered(answer_of(answer, &prompt.option_labels)),
                Err(error) => End::Fault(Fault::Internal, error.to_string()),
            },
            Err(_) => End::Fault(Fault::Internal, "an earlier call of the embedded model died".to_owned()),
        }
    }
}

fn answer_of(answer: bedside_local::Answer, labels: &[String]) -> Answer {
    let stop = match answer.generation.stop {
        bedside_local::Stop::EndOfText | bedside_local::Stop::StopSequence => Stop::Complete,
        bedside_local::Stop::Length => Stop::TokenLimit,
        bedside_local::Stop::ContextLimit => Stop::ContextLimit,
    };
    let option_logprobs = labels
        .iter()
        .zip(answer.option_logprobs.unwrap_or_default())
        .map(|(label, logprob)| OptionLogprob { label: label.clone(), logprob })
        .collect();
    Answer {
        output: answer.generation.text,
        stop,
        usage: Usage {
            prompt_tokens: Some(answer.generation.prompt_tokens as u64),
            completion_tokens: Some(answer.generation.completion_tokens as u64),
            ..Usage::default()
        },
        option_logprobs,
        ..Answer::default()
    }
}
