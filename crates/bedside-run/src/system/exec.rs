//! `exec:COMMAND`: a system or scaffold in any language. One JSON object a line in, one back.
//!
//! ```text
//! → {"cell":"…","messages":[…],"seed":0,…}
//! ← {"cell":"…","output":"…"}           or {"cell":"…","fault":"…"}
//! ```
//!
//! A program that dies over a cell, or says what is no reply, has failed on that cell, as a model that says nothing has. Before its first
//! reply in this run it is a matter of set-up instead: a missing module must stop the run and not score 0 on every case.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bedside_core::{Answer, CellKey, Digest, Fault, Message, Prompt, Stop, SystemSpec, Usage, limits};
use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;

use super::process::{Process, Said};
use super::wire::trouble::first_words;
use super::{Again, Attempt, End};
use crate::secret;

/// A program, started when it is first needed and as often as cells are asked at once.
pub struct Exec {
    command: String,
    deadline: Duration,
    room: Semaphore,
    idle: Mutex<Vec<Process>>,
    has_answered: AtomicBool,
}

impl std::fmt::Debug for Exec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Exec({})", self.command)
    }
}

impl Exec {
    /// Prepares a command; nothing is started yet. At most so many processes run at once, each with one cell at a time.
    pub fn new(spec: &SystemSpec, processes: usize, deadline: Duration) -> Self {
        secret::know_environment();
        Self {
            command: spec.model.clone(),
            deadline,
            room: Semaphore::new(processes.max(1)),
            idle: Mutex::new(Vec::new()),
            has_answered: AtomicBool::new(false),
        }
    }

    /// Where calls go, in words: what the program does with them is its own affair.
    pub const fn host() -> &'static str {
        "a program on this machine"
    }

    /// Whose pace it shares: nobody's but its own.
    pub fn account(&self) -> Digest {
        Digest::of_parts([&b"exec"[..], self.command.as_bytes()])
    }

    /// The line for a cell. Images stand apart from the messages, each with the number of its message.
    pub fn body(&self, cell: &CellKey, prompt: &Prompt, settings: &Map<String, Value>, seed: u64) -> Vec<u8> {
        let plain = |message: &Message| Message { images: Vec::new(), ..message.clone() };
        let messages: Vec<Message> = prompt.messages.iter().map(plain).collect();
        let mut line = Map::new();
        line.insert("cell".into(), json!(cell));
        line.insert("messages".into(), json!(messages));
        if !prompt.tools.is_empty() {
            line.insert("tools".into(), json!(prompt.tools));
        }
        if prompt.has_images() {
            let media = prompt.messages.iter().enumerate().flat_map(|(position, message)| {
                message
                    .images
                    .iter()
                    .map(move |image| json!({"message": position, "mime": image.mime, "base64": image.base64()}))
            });
            line.insert("media".into(), media.collect());
        }
        line.insert("settings".into(), json!(settings));
        line.insert("seed".into(), json!(seed));
        Value::Object(line).to_string().into_bytes()
    }

    /// Asks one process about one cell.
    pub async fn attempt(&self, body: &[u8]) -> Attempt {
        let Ok(_room) = self.room.acquire().await else {
            return Attempt::ended(End::Fault(Fault::Internal, "the processes are closed".into()), Again::No);
        };
        let waiting = self.idle.lock().ok().and_then(|mut idle| idle.pop());
        let mut process = match waiting.map_or_else(|| Process::start(&self.command), Ok) {
            Ok(process) => process,
            Err(error) => {
                let reason = format!("the shell for `{}` cannot be started: {error}", self.command);
                return Attempt::ended(End::SetUp(reason), Again::No);
            }
        };
        let Ok(said) = tokio::time::timeout(self.deadline, process.ask(body)).await else {
            let (_, stderr) = process.end().await;
            // It may have asked and paid others meanwhile.
            let detail = format!("no reply within {} s", self.deadline.as_secs_f64());
            return Attempt { stderr, ..Attempt::ended(End::Fault(Fault::Timeout, detail), Again::Lost) };
        };
        match said {
            Said::Line(line) => {
                let line = secret::scrub_bytes(line);
                match read(&line, body).map(End::scrubbed) {
                    Ok(end) => {
                        self.has_answered.store(true, Ordering::Relaxed);
                        let stderr = process.take_stderr();
                        if let (Ok(mut idle), false) = (self.idle.lock(), process.is_behind()) {
                            idle.push(process);
                        }
                        Attempt { response: Some(line), stderr, ..Attempt::ended(end, Again::No) }
                    }
                    Err(why) => {
                        let (_, stderr) = process.end().await;
                        let response = Some(line);
                        Attempt { response, ..self.failed(Stop::MalformedReply, &why, stderr) }
                    }
                }
            }
            Said::TooLong => {
                let (_, stderr) = process.end().await;
                let why = format!("a line of more than {} bytes", limits::REPLY_BYTES);
                self.failed(Stop::MalformedReply, &why, stderr)
            }
            Said::Ended => {
                let (how, stderr) = process.end().await;
                self.failed(Stop::Crashed, &format!("it ended without a reply ({how})"), stderr)
            }
        }
    }

    /// A failure of the program: its own on this cell if it has answered before, else a matter of set-up.
    fn failed(&self, stop: Stop, why: &str, stderr: Option<Vec<u8>>) -> Attempt {
        let end = if self.has_answered.load(Ordering::Relaxed) {
            End::Answered(Answer { stop, ..Answer::default() })
        } else {
            let last = stderr.as_deref().map(last_line).unwrap_or_default();
            let last = if last.is_empty() { last } else { format!("; its last words: {last}") };
            End::SetUp(format!("`{}` has not answered anything yet: {why}{last}", self.command))
        };
        Attempt { stderr, ..Attempt::ended(end, Again::No) }
    }
}

/// Reads a reply to a line; an error says why it is none.
fn read(line: &[u8], asked: &[u8]) -> Result<End, String> {
    let words = || first_words(&String::from_utf8_lossy(line));
    let reply: Value = serde_json::from_slice(line).map_err(|_| format!("no JSON: {}", words()))?;
    let asked: Value = serde_json::from_slice(asked).unwrap_or_default();
    if reply["cell"] != asked["cell"] || reply["cell"].is_null() {
        return Err(format!("a reply to another cell: {}", words()));
    }
    if let Some(fault) = reply.get("fault").filter(|fault| !fault.is_null()) {
        let said = fault.as_str().map_or_else(|| fault.to_string(), str::to_owned);
        return Ok(End::Fault(Fault::Reported, said.chars().take(limits::SAID_CHARS).collect()));
    }
    let Some(output) = reply["output"].as_str() else {
        return Err(format!("neither `output` nor `fault`: {}", words()));
    };
    if output.len() > limits::OUTPUT_BYTES {
        return Err(format!("an output of more than {} bytes", limits::OUTPUT_BYTES));
    }
    let usage = match reply.get("usage").filter(|usage| !usage.is_null()) {
        None => Usage::default(),
        Some(usage) => serde_json::from_value(usage.clone()).map_err(|error| format!("`usage`: {error}"))?,
    };
    // Whatever form a conversation has, the whole line is kept as evidence.
    let messages = reply.get("messages").and_then(|messages| serde_json::from_value(messages.clone()).ok());
    Ok(End::Answered(Answer {
        output: output.to_owned(),
        stop: Stop::Complete,
        usage,
        messages: messages.unwrap_or_default(),
        ..Answer::default()
    }))
}

fn last_line(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    first_words(text.trim_end().lines().last().unwrap_or_default())
}
