//! Text to tokens and back, by the Hugging Face tokenizer made from the vocabulary in the weights.

use candle_core::quantized::tokenizer::TokenizerFromGguf;
use tokenizers::Tokenizer as Hub;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;

use crate::error::{Error, Result};
use crate::gguf::Gguf;

/// Where a rendered prompt is cut before it is tokenised, so that no special token can arise across it. A noncharacter of Unicode: never part of a text.
pub(crate) const CUT: char = '\u{FDD0}';

/// Byte-level BPE with single digits, as this family of models was trained.
pub(crate) struct Tokenizer {
    hub: Hub,
    /// Texts that become one token with a meaning of its own, such as `<|im_end|>`.
    special: Vec<String>,
    /// The tokens that end an answer.
    ends: Vec<u32>,
}

impl Tokenizer {
    pub(crate) fn load(gguf: &Gguf) -> Result<Self> {
        let split = gguf.text("tokenizer.ggml.pre")?;
        if split != "smollm" {
            return Err(Error::Malformed(format!("pre-tokenizer `{split}`, only `smollm` is built in")));
        }
        let mut hub = Hub::from_gguf(&gguf.content).map_err(|error| Error::Malformed(error.to_string()))?;
        // candle takes an unknown pre-tokenizer for plain GPT-2 with a leading space
        let split: Vec<PreTokenizerWrapper> = vec![Digits::new(true).into(), ByteLevel::new(false, true, true).into()];
        hub.with_pre_tokenizer(Some(Sequence::new(split)));
        let special = hub.get_added_tokens_decoder().into_values().map(|token| token.content).collect();
        let end = u32::try_from(gguf.whole("tokenizer.ggml.eos_token_id")?)
            .map_err(|_| Error::Malformed("the end token has an impossible number".into()))?;
        let ends = [Some(end), hub.token_to_id("<|endoftext|>")].into_iter().flatten().collect();
        Ok(Self { hub, special, ends })
    }

    /// Tokens of a text in which special tokens have their meaning. Each piece between two [`CUT`]s is tokenised for itself.
    pub(crate) fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let mut tokens = Vec::new();
        for piece in text.split(CUT).filter(|piece| !piece.is_empty()) {
            let piece = self.hub.encode(piece, false).map_err(|error| Error::Tokenizer(error.to_string()))?;
            tokens.extend_from_slice(piece.get_ids());
        }
        Ok(tokens)
    }

    /// The text of `tokens`, without special tokens. Half a character at the end shows as U+FFFD.
    pub(crate) fn decode(&self, tokens: &[u32]) -> Result<String> {
        self.hub.decode(tokens, true).map_err(|error| Error::Tokenizer(error.to_string()))
    }

    /// `text` with a cut inside everything that would read as a special token, so that it stays mere text.
    pub(crate) fn defused(&self, text: &str) -> String {
        let mut text = text.replace(CUT, "");
        for special in &self.special {
            let Some(first) = special.chars().next() else { continue };
            if text.contains(special.as_str()) {
                let rest = &special[first.len_utf8()..];
                text = text.replace(special.as_str(), &format!("{first}{CUT}{rest}"));
            }
        }
        text
    }

    pub(crate) fn ends_answer(&self, token: u32) -> bool {
        self.ends.contains(&token)
    }
}
