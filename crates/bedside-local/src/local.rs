//! The loaded model: renders, tokenises, reads the prompt once, scores options, generates.

use std::path::Path;

use crate::chat::{Chat, Message};
use crate::error::{Error, Result};
use crate::gguf::Gguf;
use crate::limits::{MAX_BYTES_PER_TOKEN, MAX_OPTIONS, PROMPT_CHUNK};
use crate::model::{Cache, Model};
use crate::projection::Format;
use crate::sample::{Sampler, log_probability};
use crate::settings::{Answer, Generation, Settings, Stop};
use crate::tokenizer::Tokenizer;
use crate::weights;

/// A language model in memory.
///
/// Calls take `&self` and share nothing that changes, so several threads may call at once; each call uses all cores for its prompt, though, so one
/// at a time is as fast and needs less memory. One call is one sequence: there are no batches, because their size would change the answers.
/// On one machine an answer depends on messages and settings alone, not on the number of threads or on other calls. Between machines whose
/// processors add in another order, logits differ by rounding (about 1e-5), which can turn a tie.
pub struct LocalModel {
    model: Model,
    tokenizer: Tokenizer,
    chat: Chat,
}

/// A prompt in tokens, or the news that it is too long.
enum Prompt {
    Fits(Vec<u32>),
    TooLong { tokens: usize },
}

impl LocalModel {
    /// Reads the pinned weights ([`PINNED`](crate::PINNED)) from `path`; refuses any other file.
    pub fn load(path: &Path) -> Result<Self> {
        Self::load_as(path, Format::default())
    }

    /// Like [`LocalModel::load`], with weights kept in another format: for measuring.
    pub fn load_as(path: &Path, format: Format) -> Result<Self> {
        Self::from_gguf(&weights::read(path)?, format)
    }

    pub(crate) fn from_gguf(bytes: &[u8], format: Format) -> Result<Self> {
        let mut gguf = Gguf::parse(bytes)?;
        Ok(Self {
            tokenizer: Tokenizer::load(&gguf)?,
            chat: Chat::new(gguf.text("tokenizer.chat_template")?)?,
            model: Model::load(&mut gguf, format)?,
        })
    }

    /// Most tokens of prompt and answer together.
    pub fn context(&self) -> usize {
        self.model.shape.context
    }

    /// Tokens of the prompt that `messages` make, template included. For texts beyond any context: at least so many.
    pub fn prompt_tokens(&self, messages: &[Message]) -> Result<usize> {
        Ok(match self.prompt(messages, usize::MAX)? {
            Prompt::Fits(tokens) => tokens.len(),
            Prompt::TooLong { tokens } => tokens,
        })
    }

    /// Generates the answer to `messages`.
    pub fn generate(&self, messages: &[Message], settings: &Settings) -> Result<Generation> {
        Ok(self.answer(messages, settings, &[])?.generation)
    }

    /// Natural log-probability of each of `options` as the beginning of the answer, or `None` if they do not fit the context.
    ///
    /// It is the sum over the option's tokens, the option being tokenised for itself; the end of the answer is not part of it. So a longer
    /// option is less likely for its length alone, and an option that begins another is at least as likely as that other.
    pub fn option_logprobs(&self, messages: &[Message], options: &[&str]) -> Result<Option<Vec<f64>>> {
        let nothing = Settings { max_tokens: 0, ..Settings::default() };
        Ok(self.answer(messages, &nothing, options)?.option_logprobs)
    }

    /// [`LocalModel::generate`] and [`LocalModel::option_logprobs`] with one pass over the prompt.
    pub fn answer(&self, messages: &[Message], settings: &Settings, options: &[&str]) -> Result<Answer> {
        settings.check()?;
        let options = self.options(options)?;
        let context = settings.context.map_or(self.context(), |limit| limit.min(self.context()));
        let prompt = match self.prompt(messages, context)? {
            Prompt::Fits(tokens) => tokens,
            Prompt::TooLong { tokens } => {
                let generation = Generation {
                    text: String::new(),
                    prompt_tokens: tokens,
                    completion_tokens: 0,
                    stop: Stop::ContextLimit,
                };
                return Ok(Answer { generation, option_logprobs: None });
            }
        };
        let longest = options.iter().map(Vec::len).max().unwrap_or(0);
        let mut cache = self.model.cache(context.min(prompt.len() + longest.max(settings.max_tokens)))?;
        let logits = self.model.next_logits(&prompt, &mut cache)?;
        let fit = longest > 0 && prompt.len() + longest <= context;
        let option_logprobs = if fit { Some(self.score(&options, &logits, &mut cache)?) } else { None };
        Ok(Answer { generation: self.continue_from(logits, &mut cache, settings, context)?, option_logprobs })
    }

    fn prompt(&self, messages: &[Message], context: usize) -> Result<Prompt> {
        let bytes: usize = messages.iter().map(|message| message.text.len()).sum();
        if bytes / MAX_BYTES_PER_TOKEN > self.context() {
            return Ok(Prompt::TooLong { tokens: bytes / MAX_BYTES_PER_TOKEN });
        }
        let text = self.chat.render(messages, |text| self.tokenizer.defused(text))?;
        let tokens = self.tokenizer.encode(&text)?;
        // one position must be left for the answer
        if tokens.len() < context { Ok(Prompt::Fits(tokens)) } else { Ok(Prompt::TooLong { tokens: tokens.len() }) }
    }

    fn options(&self, options: &[&str]) -> Result<Vec<Vec<u32>>> {
        let refuse = |value: String, allowed| Err(Error::Setting { setting: "options", value, allowed });
        if options.len() > MAX_OPTIONS {
            return refuse(format!("a list of {}", options.len()), "a list of at most 52");
        }
        if let Some(long) = options.iter().find(|option| option.len() > MAX_BYTES_PER_TOKEN * self.context()) {
            return refuse(format!("a text of {} bytes", long.len()), "a text that can fit the context");
        }
        let tokens: Vec<_> = options
            .iter()
            .map(|option| self.tokenizer.encode(&self.tokenizer.defused(option)))
            .collect::<Result<_>>()?;
        if tokens.iter().any(Vec::is_empty) {
            return refuse("an empty text".into(), "a text that an answer can begin with");
        }
        Ok(tokens)
    }

    /// Log-probabilities of `options` after what `cache` holds, whose next logits are `logits`. Leaves the cache as it was.
    fn score(&self, options: &[Vec<u32>], logits: &[f32], cache: &mut Cache) -> Result<Vec<f64>> {
        let start = cache.length();
        let mut scores = Vec::with_capacity(options.len());
        for option in options {
            let mut score = log_probability(logits, option[0])?;
            let (read, rest) = (&option[..option.len() - 1], &option[1..]);
            for (read, next) in read.chunks(PROMPT_CHUNK).zip(rest.chunks(PROMPT_CHUNK)) {
                for (logits, token) in self.model.all_logits(read, cache)?.iter().zip(next) {
                    score += log_probability(logits, *token)?;
                }
            }
            cache.truncate(start);
            scores.push(score);
        }
        Ok(scores)
    }

    fn continue_from(
        &self,
        mut logits: Vec<f32>,
        cache: &mut Cache,
        settings: &Settings,
        context: usize,
    ) -> Result<Generation> {
        let prompt_tokens = cache.length();
        let mut sampler = Sampler::new(settings.temperature, settings.top_p, settings.seed);
        let mut tokens = Vec::new();
        let mut text = String::new();
        let stop = loop {
            if tokens.len() >= settings.max_tokens {
                break Stop::Length;
            }
            if prompt_tokens + tokens.len() >= context {
                break Stop::ContextLimit;
            }
            // the last token chosen is read only now, when another is wanted
            if let Some(last) = tokens.last() {
                logits = self.model.next_logits(&[*last], cache)?;
            }
            let token = sampler.choose(&logits)?;
            if self.tokenizer.ends_answer(token) {
                break Stop::EndOfText;
            }
            tokens.push(token);
            if !settings.stop.is_empty() {
                text = self.tokenizer.decode(&tokens)?;
                if let Some(end) = settings.first_stop(&text) {
                    text.truncate(end);
                    break Stop::StopSequence;
                }
            }
        };
        if stop != Stop::StopSequence {
            text = self.tokenizer.decode(&tokens)?;
        }
        Ok(Generation { text, prompt_tokens, completion_tokens: tokens.len(), stop })
    }
}
