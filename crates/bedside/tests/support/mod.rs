//! What the sessions share: the real binary in a folder of its own, and a chat endpoint that keeps a ledger.
#![allow(dead_code, unused_imports, reason = "each test file uses its part")]

#[cfg(target_os = "linux")]
pub mod faults;
pub mod forms;
pub mod random;
pub mod stub;
pub mod tables;
pub mod watched;

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;

/// A user in an empty folder.
pub struct Session {
    folder: TempDir,
}

impl Session {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The binary with nothing of the developer's own environment.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bedside"));
        command
            .current_dir(self.path())
            .args(arguments)
            .env_clear()
            .env("PATH", "/nowhere")
            .env("BEDSIDE_CACHE", self.path().join("cache"))
            .env("COLUMNS", "120");
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the binary runs")
    }

    /// Exit code, standard output and standard error as one text, without what differs from run to run.
    pub fn transcript(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let text = format!(
            "exit {}\n--- stdout\n{}--- stderr\n{}",
            output.status.code().map_or_else(|| "by signal".to_owned(), |code| code.to_string()),
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        self.masked(&text)
    }

    /// The text without what differs from run to run: the folder and run ids.
    pub fn masked(&self, text: &str) -> String {
        let folder = self.path().canonicalize().expect("the folder is there");
        let text = text
            .replace(&folder.display().to_string(), "[folder]")
            .replace(&self.path().display().to_string(), "[folder]");
        // Run ids: 8 digits, 6 digits, 6 hexadecimal digits.
        let mut masked = String::new();
        let mut rest = text.as_str();
        while let Some(position) = rest.find("20") {
            let candidate: String = rest[position..].chars().take(22).collect();
            let is_id = candidate.len() == 22
                && candidate.char_indices().all(|(at, c)| match at {
                    8 | 15 => c == '-',
                    16.. => c.is_ascii_hexdigit(),
                    _ => c.is_ascii_digit(),
                });
            masked.push_str(&rest[..position]);
            if is_id {
                masked.push_str("[run]");
                rest = &rest[position + 22..];
            } else {
                masked.push_str("20");
                rest = &rest[position + 2..];
            }
        }
        masked + rest
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(&path, text).expect("a file");
        path
    }

    /// A choice benchmark with so many items.
    pub fn benchmark(&self, id: &str, items: usize, data_class: &str) {
        self.write(
            &format!("benchmarks/{id}/benchmark.toml"),
            &format!(
                "[benchmark]\nid = \"{id}\"\nversion = \"1.0.0\"\ntitle = \"Letters\"\ndomain = \"knowledge\"\nsubdomain = \"test\"\nlicence = \"CC0-1.0\"\ndata_class = \"{data_class}\"\nreviewed_by = \"nobody yet\"\n\n[task]\nkind = \"choice\"\nreader = \"human\"\nmax_tokens = 16\n\n[[prompt]]\nid = \"base\"\ntemplate = \"Case {{{{ item.n }}}}: A or B?\"\n\n[[scorer]]\nid = \"choice\"\n"
            ),
        );
        let lines: Vec<String> = (0..items)
            .map(|n| {
                let key = if n % 2 == 0 { "A" } else { "B" };
                format!(r#"{{"id":"i{n}","input":{{"n":{n}}},"options":[{{"label":"A","text":"alpha"}},{{"label":"B","text":"beta"}}],"reference":"{key}"}}"#)
            })
            .collect();
        self.write(&format!("benchmarks/{id}/items.jsonl"), &lines.join("\n"));
    }

    /// The only run file.
    pub fn run_file(&self) -> PathBuf {
        self.find_run_file().expect("a run file")
    }

    /// The same, if it is there.
    pub fn find_run_file(&self) -> Option<PathBuf> {
        let mut files: Vec<PathBuf> = std::fs::read_dir(self.path().join("runs"))
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "sqlite"))
            .collect();
        files.sort();
        files.pop()
    }
}

/// How the endpoint answers.
#[derive(Clone, Copy, Debug)]
pub enum Behaviour {
    /// `Answer: A`, after so long.
    Answer(Duration),
    /// The status and body, always.
    Always(u16, &'static str),
    /// The status first, for every body once; then an answer.
    FirstThenAnswer(u16),
    /// Repeats the `Authorization` header in an error.
    EchoKey,
}

/// A chat endpoint on loopback that counts how often it saw each body.
pub struct Stub {
    pub address: String,
    ledger: Arc<Mutex<HashMap<String, u32>>>,
}

impl Stub {
    pub fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}/v1", listener.local_addr().expect("an address"));
        let ledger = Arc::new(Mutex::new(HashMap::new()));
        let shared = Arc::clone(&ledger);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let ledger = Arc::clone(&shared);
                std::thread::spawn(move || serve(&stream, behaviour, &ledger));
            }
        });
        Self { address, ledger }
    }

    /// Requests in all.
    pub fn requests(&self) -> u32 {
        self.ledger.lock().expect("the ledger").values().sum()
    }

    /// Requests beyond the first of each body.
    pub fn repeats(&self) -> u32 {
        self.ledger.lock().expect("the ledger").values().map(|count| count - 1).sum()
    }

    /// Different bodies.
    pub fn bodies(&self) -> usize {
        self.ledger.lock().expect("the ledger").len()
    }
}

fn serve(stream: &TcpStream, behaviour: Behaviour, ledger: &Mutex<HashMap<String, u32>>) {
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    loop {
        let mut length = 0;
        let mut authorization = String::new();
        let mut line = String::new();
        loop {
            line.clear();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            let header = line.trim_end();
            if header.is_empty() {
                break;
            }
            let (name, value) = header.split_once(':').unwrap_or((header, ""));
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.trim().parse().unwrap_or(0),
                "authorization" => value.trim().clone_into(&mut authorization),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        if reader.read_exact(&mut body).is_err() {
            return;
        }
        let body = String::from_utf8_lossy(&body).into_owned();
        let seen = {
            let mut ledger = ledger.lock().expect("the ledger");
            let count = ledger.entry(body).or_insert(0);
            *count += 1;
            *count
        };
        let answer = r#"{"choices":[{"message":{"role":"assistant","content":"Answer: A"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":3}}"#;
        let (status, text) = match behaviour {
            Behaviour::Answer(after) => {
                std::thread::sleep(after);
                (200, answer.to_owned())
            }
            Behaviour::Always(status, text) => (status, text.to_owned()),
            Behaviour::FirstThenAnswer(status) if seen == 1 => {
                (status, r#"{"error":{"message":"not now"}}"#.to_owned())
            }
            Behaviour::FirstThenAnswer(_) => (200, answer.to_owned()),
            Behaviour::EchoKey => (400, format!(r#"{{"error":{{"message":"bad header {authorization}"}}}}"#)),
        };
        let reply = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nretry-after: 0\r\ncontent-length: {}\r\n\r\n{text}",
            text.len()
        );
        if writer.write_all(reply.as_bytes()).is_err() {
            return;
        }
    }
}
