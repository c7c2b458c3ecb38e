//! A process with a watchdog: one that hangs is ended and fails the test, and what it said is kept.

use std::io::Read as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// No run in these tests has work for more than a few seconds; a machine that builds at the same time may be ten times slower.
pub const PATIENCE: Duration = Duration::from_mins(2);

/// How a process ended.
pub struct Ended {
    pub status: ExitStatus,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

impl Ended {
    /// What was said, for people and for messages.
    pub fn talk(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// Why this is no orderly end: a signal, a mistake of ours, or exit code 1, which stands for one.
    pub fn disorder(&self) -> Option<String> {
        let talk = self.talk();
        let why = match self.status.code() {
            None => "ended by a signal",
            Some(1) => "exit code 1",
            Some(_) if talk.contains("made a mistake") || talk.contains("panicked at") => "a panic",
            Some(_) => return None,
        };
        Some(format!("{why} ({}):\n{talk}", self.status))
    }
}

/// Runs to the end; `None` when it had to be ended: a hang.
pub fn watch(command: &mut Command) -> Option<Ended> {
    watch_child(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts"))
}

/// The same for a process that runs already, with both streams piped.
pub fn watch_child(mut child: Child) -> Option<Ended> {
    // Read on threads: a full pipe must not look like a hang.
    let mut stdout = child.stdout.take().expect("piped");
    let mut stderr = child.stderr.take().expect("piped");
    let out = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        stdout.read_to_end(&mut bytes).map(|_| bytes)
    });
    let err = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        stderr.read_to_end(&mut bytes).map(|_| bytes)
    });
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("a child") {
            break Some(status);
        }
        if started.elapsed() > PATIENCE {
            let _ = child.kill();
            let _ = child.wait();
            break None;
        }
        std::thread::sleep(Duration::from_millis(3));
    };
    let stdout = out.join().expect("a reader").expect("a pipe");
    let stderr = err.join().expect("a reader").expect("a pipe");
    Some(Ended { status: status?, stdout, stderr })
}

/// Whether all of a long test is wanted rather than the sample that fits into every change.
pub fn full_scale() -> bool {
    std::env::var("BEDSIDE_TEST_SCALE").is_ok_and(|scale| scale == "full")
}
