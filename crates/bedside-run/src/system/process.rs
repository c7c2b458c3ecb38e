//! A program that answers one line with one line, and all that it started, ended together.

#[cfg(unix)]
use std::collections::BTreeSet;
use std::collections::VecDeque;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bedside_core::limits;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;

use crate::secret;

/// How long the end of a dead program's standard error is waited for: a grandchild in another group may hold it open.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A running program.
pub struct Process {
    child: Child,
    /// Its process group, which has its number.
    #[cfg_attr(not(unix), expect(dead_code, reason = "there are no process groups"))]
    group: Option<i32>,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    stderr: Arc<Mutex<Tail>>,
    listener: JoinHandle<()>,
    behind: bool,
}

/// What a program said to a line.
#[derive(Debug, PartialEq, Eq)]
pub enum Said {
    /// A line.
    Line(Vec<u8>),
    /// A line that is longer than any reply may be.
    TooLong,
    /// Nothing more: it ended, or closed its output.
    Ended,
}

impl Process {
    /// Starts a command line through the shell, as the user would: quotes, variables and pipes mean what they mean there. In a process
    /// group of its own, so that Ctrl-C at the terminal does not reach it before its answer is written down.
    pub fn start(command: &str) -> std::io::Result<Self> {
        let mut shell = shell(command);
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(secret::is_key_variable) {
                shell.env_remove(name);
            }
        }
        let mut child =
            shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true).spawn()?;
        let missing = || std::io::Error::other("a pipe is missing");
        let stdin = child.stdin.take().ok_or_else(missing)?;
        let stdout = BufReader::new(child.stdout.take().ok_or_else(missing)?);
        let stderr = Arc::new(Mutex::new(Tail::default()));
        let listener = tokio::spawn(listen(child.stderr.take().ok_or_else(missing)?, Arc::clone(&stderr)));
        let group = child.id().and_then(|id| i32::try_from(id).ok());
        #[cfg(unix)]
        running().extend(group);
        Ok(Self { child, group, stdin, stdout, stderr, listener, behind: false })
    }

    /// Sends a line and waits for the next. Both at once: a program may begin to speak before it has read to the end.
    pub async fn ask(&mut self, line: &[u8]) -> Said {
        let stdin = &mut self.stdin;
        self.behind = true;
        let behind = &mut self.behind;
        let write = async {
            // A program that is gone says so by its output.
            let _ = stdin.write_all(line).await;
            let _ = stdin.write_all(b"\n").await;
            let _ = stdin.flush().await;
            *behind = false;
        };
        let read = next_line(&mut self.stdout);
        tokio::pin!(read);
        tokio::select! {
            said = &mut read => said,
            () = write => read.await,
        }
    }

    /// Whether it has replied before it was told everything: the rest would run into the next line.
    pub const fn is_behind(&self) -> bool {
        self.behind
    }

    /// What it said beside its replies since this was last asked.
    pub fn take_stderr(&self) -> Option<Vec<u8>> {
        self.stderr.lock().ok().and_then(|mut tail| tail.take())
    }

    /// Ends it with all that it started; says how it ended, if it had by itself, and its last words.
    pub async fn end(mut self) -> (String, Option<Vec<u8>>) {
        // A program closes its output before it is gone: a moment for its own status. Its number stays its own until `wait`, so that the
        // group that is killed is its group.
        for _ in 0..25 {
            if self.is_gone() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self.kill_group();
        let how = match self.child.wait().await {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        let _ = tokio::time::timeout(LAST_WORDS, &mut self.listener).await;
        let stderr = self.take_stderr();
        (how, stderr)
    }

    #[cfg(unix)]
    fn pid(&self) -> Option<rustix::process::Pid> {
        self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw)
    }

    #[cfg(unix)]
    fn is_gone(&self) -> bool {
        use rustix::process::{WaitId, WaitIdOptions, waitid};
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        self.pid().is_none_or(|pid| !matches!(waitid(WaitId::Pid(pid), look), Ok(None)))
    }

    #[cfg(unix)]
    fn kill_group(&self) {
        if let Some(pid) = self.pid() {
            let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
        }
    }

    /// Without process groups the program itself is ended, and what it started is left.
    #[cfg(not(unix))]
    fn is_gone(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(Some(_)))
    }

    #[cfg(not(unix))]
    fn kill_group(&mut self) {
        let _ = self.child.start_kill();
    }
}

/// Process groups that were started and not ended.
#[cfg(unix)]
fn running() -> std::sync::MutexGuard<'static, BTreeSet<i32>> {
    static RUNNING: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());
    RUNNING.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Ends every program with all that it started, for a way out on which nothing is dropped.
pub fn end_all() {
    #[cfg(unix)]
    for pid in std::mem::take(&mut *running()) {
        if let Some(pid) = rustix::process::Pid::from_raw(pid) {
            let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(group) = self.group {
            running().remove(&group);
        }
        self.kill_group();
        self.listener.abort();
    }
}

#[cfg(unix)]
fn shell(command: &str) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell.arg("-c").arg(command).process_group(0);
    shell
}

#[cfg(not(unix))]
fn shell(command: &str) -> Command {
    let mut shell = Command::new("cmd");
    shell.arg("/C").arg(command);
    shell
}

/// The next line that is not blank, of bounded length.
async fn next_line(stdout: &mut BufReader<ChildStdout>) -> Said {
    let mut line = Vec::new();
    loop {
        let Ok(buffer) = stdout.fill_buf().await else { return Said::Ended };
        if buffer.is_empty() {
            // Half a line is no reply.
            return Said::Ended;
        }
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(buffer.len(), |end| end + 1);
        if line.len() + taken > limits::REPLY_BYTES {
            return Said::TooLong;
        }
        line.extend_from_slice(&buffer[..taken]);
        stdout.consume(taken);
        if end.is_some() {
            if !line.trim_ascii().is_empty() {
                return Said::Line(line.trim_ascii().to_vec());
            }
            line.clear();
        }
    }
}

async fn listen(mut stderr: impl AsyncRead + Unpin, tail: Arc<Mutex<Tail>>) {
    let mut buffer = vec![0; 8192];
    while let Ok(read) = stderr.read(&mut buffer).await {
        if read == 0 {
            return;
        }
        if let Ok(mut tail) = tail.lock() {
            tail.push(&buffer[..read]);
        }
    }
}

/// The last bytes of a stream.
#[derive(Debug, Default)]
struct Tail(VecDeque<u8>);

impl Tail {
    /// More than is shown, so that a key at the cut is seen whole when keys are removed.
    const HELD: usize = limits::STDERR_BYTES + 4096;

    fn push(&mut self, bytes: &[u8]) {
        self.0.extend(bytes);
        let over = self.0.len().saturating_sub(Self::HELD);
        self.0.drain(..over);
    }

    fn take(&mut self) -> Option<Vec<u8>> {
        let bytes = secret::scrub_bytes(std::mem::take(&mut self.0).into());
        let over = bytes.len().saturating_sub(limits::STDERR_BYTES);
        (!bytes.is_empty()).then(|| bytes[over..].to_vec())
    }
}
