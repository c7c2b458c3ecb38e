//! A reply as all providers have it, and the part of its reading that is the same for all.

use bedside_core::{Answer, Fault, limits};
use serde_json::Value;

use super::Wire;
use super::trouble::{Trouble, first_words};
use crate::system::{Again, End};

/// A whole reply.
#[derive(Debug)]
pub struct Reply<'a> {
    /// Whose it is.
    pub wire: &'a Wire,
    /// HTTP status.
    pub status: u16,
    /// What it says it is: for messages alone.
    pub content_type: Option<&'a str>,
    /// The body, without keys.
    pub text: &'a str,
    /// The body, if it is JSON.
    pub json: Option<Value>,
    /// The request, for replies that can only be read beside it.
    pub request: &'a [u8],
    /// Labels of the options that were asked about.
    pub option_labels: &'a [String],
}

impl<'a> Reply<'a> {
    /// Takes a body in.
    pub fn new(wire: &'a Wire, status: u16, text: &'a str, request: &'a [u8], option_labels: &'a [String]) -> Self {
        let json = serde_json::from_str(text).ok();
        Self { wire, status, content_type: None, text, json, request, option_labels }
    }

    /// The end, by `answer` where it is a success without an error in it. Cleaned once more: a key may have hidden behind an escape.
    pub fn end(&self, answer: impl FnOnce(&Value) -> Option<Read>) -> (End, Again) {
        let (end, again) = self.end_as_said(answer);
        (end.scrubbed(), again)
    }

    fn end_as_said(&self, answer: impl FnOnce(&Value) -> Option<Read>) -> (End, Again) {
        let trouble = self.json.as_ref().and_then(|json| Trouble::find(json, self.status));
        if let Some(trouble) = trouble {
            return trouble.end(self.status, self.wire);
        }
        if !(200..300).contains(&self.status) {
            return Trouble::of_text(self.text).end(self.status, self.wire);
        }
        match self.json.as_ref().and_then(answer) {
            Some(Read::Answer(answer)) if answer.output.len() <= limits::OUTPUT_BYTES => {
                (End::Answered(answer), Again::No)
            }
            Some(Read::Answer(_)) => self.unreadable(&format!("an output of more than {} bytes", limits::OUTPUT_BYTES)),
            Some(Read::Trouble(trouble)) => trouble.end(self.status, self.wire),
            Some(Read::Broken(fault, why)) => (End::Fault(fault, why), Again::Lost),
            None => self.unreadable(&first_words(self.text)),
        }
    }

    /// A success that cannot be read: accepted, perhaps billed, and of no use.
    fn unreadable(&self, why: &str) -> (End, Again) {
        let kind = match (self.json.is_some(), self.content_type) {
            (true, _) => "JSON of another shape".to_owned(),
            (false, Some(kind)) => format!("no JSON but {}", first_words(kind)),
            (false, None) => "no JSON".to_owned(),
        };
        let detail = format!("not a reply of {}/…, {kind}: {why}", self.wire.provider);
        (End::Fault(Fault::UnreadableReply, detail), Again::Lost)
    }

    /// The request as JSON. Only for replies that need it: a request may hold megabytes of images.
    pub fn request_json(&self) -> Value {
        serde_json::from_slice(self.request).unwrap_or_default()
    }
}

/// What a success says.
#[derive(Debug)]
pub enum Read {
    /// An answer.
    Answer(Answer),
    /// An error further inside than usual.
    Trouble(Trouble),
    /// The provider broke off.
    Broken(Fault, String),
}
