//! Recorded outputs: JSONL files that stand in for a system.
//!
//! Outputs are kept byte for byte. Items that a file lacks are *not attempted*, which is neither a fault nor a failure.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bedside_core::digest::DigestWriter;
use bedside_core::problem::{Place, Problem, Problems};
use bedside_core::recorded::RecordedLine;
use bedside_core::schema::{self, SourceText};
use bedside_core::{Answer, Digest, Stop, limits};

use crate::items::{no_room, read_at};
use crate::package::{open_bounded, unreadable};

/// All that a file holds of one system. Its lines lie in a temporary file, so that a million of them take little memory and the file may be
/// changed meanwhile.
#[derive(Clone, Debug)]
pub struct Recording {
    /// The system's name.
    pub system: String,
    /// The file.
    pub path: PathBuf,
    /// Digest of the file's bytes.
    pub digest: Digest,
    text: Arc<File>,
    lines: HashMap<[u8; 16], Line>,
    epochs: u32,
}

/// Where a line lies.
#[derive(Clone, Copy, Debug)]
struct Line {
    start: u64,
    length: u32,
    number: u32,
}

/// What a line is the answer to; half a digest, which two never share.
fn key(benchmark: Option<&str>, item: &str, prompt: Option<&str>, epoch: u32) -> [u8; 16] {
    let given = |part: Option<&str>| [u8::from(part.is_some())];
    let digest = Digest::of_parts([
        &given(benchmark)[..],
        benchmark.unwrap_or_default().as_bytes(),
        item.as_bytes(),
        &given(prompt),
        prompt.unwrap_or_default().as_bytes(),
        &epoch.to_le_bytes(),
    ]);
    digest.bytes().first_chunk().copied().unwrap_or_default()
}

impl Recording {
    /// Times that the most often asked item was asked.
    pub const fn epochs(&self) -> u32 {
        self.epochs
    }

    /// Outputs held.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Whether an answer to an item is held. `reference_prompt` says that the wording is the reference wording, which is what lines without a wording mean.
    pub fn holds(&self, benchmark: &str, item: &str, prompt: &str, reference_prompt: bool, epoch: u32) -> bool {
        self.find(benchmark, item, prompt, reference_prompt, epoch).is_some()
    }

    /// The recorded answer to an item, as [`Recording::holds`] finds it.
    pub fn answer(
        &self,
        benchmark: &str,
        item: &str,
        prompt: &str,
        reference_prompt: bool,
        epoch: u32,
    ) -> io::Result<Option<Answer>> {
        let Some(line) = self.find(benchmark, item, prompt, reference_prompt, epoch) else { return Ok(None) };
        let record = self.read(line)?;
        Ok(Some(Answer {
            output: record.output,
            stop: record.stop.unwrap_or(Stop::Unknown),
            option_logprobs: record.option_logprobs.unwrap_or_default(),
            usage: record.usage.unwrap_or_default(),
            ..Answer::default()
        }))
    }

    fn find(&self, benchmark: &str, item: &str, prompt: &str, reference_prompt: bool, epoch: u32) -> Option<Line> {
        let find = |benchmark, prompt| self.lines.get(&key(benchmark, item, prompt, epoch)).copied();
        let of =
            |benchmark| find(benchmark, Some(prompt)).or_else(|| reference_prompt.then(|| find(benchmark, None))?);
        of(Some(benchmark)).or_else(|| of(None))
    }

    fn read(&self, line: Line) -> io::Result<RecordedLine> {
        let mut bytes = vec![0; usize::try_from(line.length).unwrap_or(usize::MAX)];
        read_at(&self.text, &mut bytes, line.start)?;
        serde_json::from_slice(&bytes).map_err(io::Error::from)
    }
}

/// Reads a file of recorded outputs; one [`Recording`] a system, in the order first seen. All mistakes at once.
pub fn read(path: &Path) -> Result<Vec<Recording>, Problems> {
    let name = path.display().to_string();
    let mut file = BufReader::with_capacity(1 << 16, open_bounded(path, limits::FILE_BYTES)?);
    let kept = tempfile::tempfile().map_err(|error| no_room(&error))?;
    let mut text = DigestWriter::new(BufWriter::with_capacity(1 << 16, kept));
    let stem = path.file_stem().map_or_else(|| name.clone(), |stem| stem.to_string_lossy().into_owned());
    let mut reader = Reader { name: &name, stem, systems: Vec::new(), problems: Problems::new() };
    let (mut line, mut start) = (Vec::new(), 0_u64);
    for number in 0.. {
        line.clear();
        // Room for an output in which every character is escaped, and for what stands around it.
        let most = 8 * limits::OUTPUT_BYTES as u64;
        let read = io::Read::by_ref(&mut file).take(most).read_until(b'\n', &mut line);
        if read.map_err(|error| unreadable(&name, &error))? == 0 {
            break;
        }
        text.write_all(&line).map_err(|error| no_room(&error))?;
        let place = || Place { line: Some(number + 1), ..Place::file(&name) };
        if line.len() as u64 == most {
            return Err(Problem::new("too_large", format!("a line of more than {most} bytes")).at(place()).into());
        }
        let Ok(words) = std::str::from_utf8(&line) else {
            return Err(Problem::new("not_utf8", "this is not UTF-8 text").at(place()).into());
        };
        let words = words.trim_end_matches(['\n', '\r']);
        if !words.trim().is_empty() {
            reader.line(number, start, words);
        }
        start += line.len() as u64;
        if reader.problems.0.len() > 10 * limits::PROBLEMS_SHOWN {
            break;
        }
    }
    let Reader { systems, mut problems, .. } = reader;
    if systems.is_empty() && problems.0.is_empty() {
        problems.push(
            Problem::new("no_outputs", "no recorded outputs").at(Place::file(&name)).because("the file holds no line"),
        );
    }
    let () = problems.or(())?;
    let (text, _, digest) = text.finish();
    let text = Arc::new(text.into_inner().map_err(|error| no_room(error.error()))?);
    let recording = |(system, Lines { lines, epochs })| {
        let (path, text) = (path.to_owned(), Arc::clone(&text));
        Recording { system, path, digest, text, lines, epochs }
    };
    Ok(systems.into_iter().map(recording).collect())
}

/// The lines of one system, while they are read.
struct Lines {
    lines: HashMap<[u8; 16], Line>,
    epochs: u32,
}

struct Reader<'a> {
    name: &'a str,
    stem: String,
    systems: Vec<(String, Lines)>,
    problems: Problems,
}

impl Reader<'_> {
    fn line(&mut self, number: usize, start: u64, line: &str) {
        let source = SourceText { file: self.name, text: line, lines_before: number };
        let schema::Line { value: record, json } = match schema::from_json::<RecordedLine>(source) {
            Ok(read) => read,
            Err(found) => return self.problems.0.extend(found.0),
        };
        let place = |key: &str| {
            source.place(schema::located(&json, source.text).at(&[key]).map_or(0..1, |node| node.span.clone()))
        };
        if record.variant.as_deref().is_some_and(|variant| variant != "original") {
            let what = "only the variant `original` can be scored so far";
            return self.problems.push(Problem::new("unknown_variant", what).at(place("variant")));
        }
        if record.output.len() > limits::OUTPUT_BYTES {
            let what = format!("an output of more than {} bytes", limits::OUTPUT_BYTES);
            return self.problems.push(Problem::new("too_large", what).at(place("output")));
        }
        if record.epoch.is_some_and(|epoch| epoch >= limits::EPOCHS) {
            let what = format!("epochs count from 0 to {}", limits::EPOCHS - 1);
            return self.problems.push(Problem::new("out_of_range", what).at(place("epoch")));
        }
        let system = record.system.as_deref().unwrap_or(&self.stem);
        let position = self.systems.iter().position(|(name, _)| name == system).unwrap_or_else(|| {
            self.systems.push((system.to_owned(), Lines { lines: HashMap::new(), epochs: 1 }));
            self.systems.len() - 1
        });
        let lines = &mut self.systems[position].1;
        let epoch = record.epoch.unwrap_or(0);
        lines.epochs = lines.epochs.max(epoch.saturating_add(1));
        let here = Line {
            start,
            length: u32::try_from(line.len()).expect("a line is bounded far below 4 GiB"),
            number: u32::try_from(number + 1).unwrap_or(u32::MAX),
        };
        let key = key(record.benchmark.as_deref(), &record.item, record.prompt.as_deref(), epoch);
        if let Some(first) = lines.lines.get(&key) {
            let what = format!("item `{}` of system `{system}`, epoch {epoch}, is given twice", record.item);
            let problem = Problem::new("twice", what).at(place("item"));
            self.problems.push(problem.because(format!("line {} has it already", first.number)));
        } else {
            lines.lines.insert(key, here);
        }
    }
}

/// Every line must name an item, and a wording if any, of the run's benchmarks: what is misspelt would otherwise vanish as "not attempted".
pub fn check_items(
    recording: &Recording,
    known: &dyn Fn(Option<&str>, &str) -> bool,
    names: &[&str],
    prompts: &[&str],
) -> Result<(), Problems> {
    let mut problems = Problems::new();
    let mut lines: Vec<Line> = recording.lines.values().copied().collect();
    lines.sort_unstable_by_key(|line| line.number);
    for line in lines {
        let record = recording.read(line).map_err(|error| no_room(&error))?;
        let place =
            || Place { line: usize::try_from(line.number).ok(), ..Place::file(recording.path.display().to_string()) };
        if let Some(prompt) = record.prompt.as_deref().filter(|prompt| !prompts.contains(prompt)) {
            problems.push(
                Problem::new("unknown_prompt", format!("no prompt `{prompt}` in these benchmarks"))
                    .at(place())
                    .because("`prompt` names a wording; the reference wording is meant without it")
                    .suggest(prompt, prompts.iter().copied()),
            );
        }
        if !known(record.benchmark.as_deref(), &record.item) {
            problems.push(
                Problem::new("unknown_item", format!("no item `{}` in this run", record.item))
                    .at(place())
                    .because("recorded outputs name items by the benchmark's own ids")
                    .suggest(&record.item, names.iter().copied()),
            );
        }
    }
    problems.or(())
}
