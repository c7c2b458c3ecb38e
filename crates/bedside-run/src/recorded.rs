//! Recorded outputs: JSONL files that stand in for a system.
//!
//! Outputs are kept byte for byte. Items that a file lacks are *not attempted*, which is neither a fault nor a failure.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use bedside_core::problem::{Place, Problem, Problems};
use bedside_core::recorded::RecordedLine;
use bedside_core::schema::{self, SourceText};
use bedside_core::{Answer, Digest, Stop, limits};

/// All that a file holds of one system.
#[derive(Clone, Debug)]
pub struct Recording {
    /// The system's name.
    pub system: String,
    /// The file.
    pub path: PathBuf,
    /// Digest of the file's bytes.
    pub digest: Digest,
    outputs: HashMap<OutputKey, Recorded>,
    epochs: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct OutputKey {
    benchmark: Option<String>,
    item: String,
    prompt: Option<String>,
    epoch: u32,
}

#[derive(Clone, Debug)]
struct Recorded {
    line: usize,
    answer: Answer,
}

impl Recording {
    /// Times that the most often asked item was asked.
    pub const fn epochs(&self) -> u32 {
        self.epochs
    }

    /// Outputs held.
    pub fn len(&self) -> usize {
        self.outputs.len()
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.outputs.is_empty()
    }

    /// The recorded answer to an item. `reference_prompt` says that the wording is the reference wording, which is what lines without a wording mean.
    pub fn answer(
        &self,
        benchmark: &str,
        item: &str,
        prompt: &str,
        reference_prompt: bool,
        epoch: u32,
    ) -> Option<&Answer> {
        let find = |benchmark: Option<&str>, prompt: Option<&str>| {
            let (benchmark, prompt) = (benchmark.map(str::to_owned), prompt.map(str::to_owned));
            self.outputs.get(&OutputKey { benchmark, item: item.to_owned(), prompt, epoch })
        };
        let of = |benchmark: Option<&str>| {
            find(benchmark, Some(prompt)).or_else(|| reference_prompt.then(|| find(benchmark, None)).flatten())
        };
        of(Some(benchmark)).or_else(|| of(None)).map(|recorded| &recorded.answer)
    }
}

/// Reads a file of recorded outputs; one [`Recording`] a system, in the order first seen. All mistakes at once.
pub fn read(path: &Path) -> Result<Vec<Recording>, Problems> {
    let name = path.display().to_string();
    let bytes = crate::package::read_bounded(path, limits::FILE_BYTES)?;
    let digest = Digest::of(&bytes);
    let text = String::from_utf8(bytes).map_err(|error| {
        Problem::new("not_utf8", "this is not UTF-8 text")
            .at(Place::file(&name))
            .because(format!("byte {} is no text", error.utf8_error().valid_up_to()))
    })?;
    let stem = path.file_stem().map_or_else(|| name.clone(), |stem| stem.to_string_lossy().into_owned());
    let mut problems = Problems::new();
    let mut systems: Vec<Recording> = Vec::new();
    let mut positions: BTreeMap<String, usize> = BTreeMap::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let source = SourceText { file: &name, text: line, lines_before: number };
        let schema::Line { value: record, json } = match schema::from_json::<RecordedLine>(source) {
            Ok(read) => read,
            Err(found) => {
                problems.0.extend(found.0);
                continue;
            }
        };
        let place = |key: &str| {
            source.place(schema::located(&json, source.text).at(&[key]).map_or(0..1, |node| node.span.clone()))
        };
        if record.variant.as_deref().is_some_and(|variant| variant != "original") {
            problems.push(
                Problem::new("unknown_variant", "only the variant `original` can be scored so far")
                    .at(place("variant")),
            );
            continue;
        }
        if record.output.len() > limits::OUTPUT_BYTES {
            problems.push(
                Problem::new("too_large", format!("an output of more than {} bytes", limits::OUTPUT_BYTES))
                    .at(place("output")),
            );
            continue;
        }
        if record.epoch.is_some_and(|epoch| epoch >= limits::EPOCHS) {
            let what = format!("epochs count from 0 to {}", limits::EPOCHS - 1);
            problems.push(Problem::new("out_of_range", what).at(place("epoch")));
            continue;
        }
        let system = record.system.clone().unwrap_or_else(|| stem.clone());
        let position = *positions.entry(system.clone()).or_insert_with(|| {
            systems.push(Recording {
                system: system.clone(),
                path: path.to_owned(),
                digest,
                outputs: HashMap::new(),
                epochs: 1,
            });
            systems.len() - 1
        });
        let recording = &mut systems[position];
        let epoch = record.epoch.unwrap_or(0);
        recording.epochs = recording.epochs.max(epoch.saturating_add(1));
        let key =
            OutputKey { benchmark: record.benchmark, item: record.item.clone(), prompt: record.prompt.clone(), epoch };
        let answer = Answer {
            output: record.output,
            stop: Stop::Unknown,
            usage: record.usage.unwrap_or_default(),
            ..Answer::default()
        };
        let entry = Recorded { line: number + 1, answer };
        if let Some(first) = recording.outputs.get(&key) {
            problems.push(
                Problem::new(
                    "twice",
                    format!("item `{}` of system `{system}`, epoch {epoch}, is given twice", record.item),
                )
                .at(place("item"))
                .because(format!("line {} has it already", first.line)),
            );
            continue;
        }
        recording.outputs.insert(key, entry);
    }
    if systems.is_empty() && problems.0.is_empty() {
        problems.push(
            Problem::new("no_outputs", "no recorded outputs").at(Place::file(&name)).because("the file holds no line"),
        );
    }
    problems.or(systems)
}

/// Every line must name an item, and a wording if any, of the run's benchmarks: what is misspelt would otherwise vanish as "not attempted".
pub fn check_items(
    recording: &Recording,
    known: &dyn Fn(Option<&str>, &str) -> bool,
    names: &[&str],
    prompts: &[&str],
) -> Result<(), Problems> {
    let mut problems = Problems::new();
    for (key, recorded) in &recording.outputs {
        if let Some(prompt) = key.prompt.as_deref().filter(|prompt| !prompts.contains(prompt)) {
            let mut place = Place::file(recording.path.display().to_string());
            place.line = Some(recorded.line);
            problems.push(
                Problem::new("unknown_prompt", format!("no prompt `{prompt}` in these benchmarks"))
                    .at(place)
                    .because("`prompt` names a wording; the reference wording is meant without it")
                    .suggest(prompt, prompts.iter().copied()),
            );
        }
        if !known(key.benchmark.as_deref(), &key.item) {
            let mut place = Place::file(recording.path.display().to_string());
            place.line = Some(recorded.line);
            problems.push(
                Problem::new("unknown_item", format!("no item `{}` in this run", key.item))
                    .at(place)
                    .because("recorded outputs name items by the benchmark's own ids")
                    .suggest(&key.item, names.iter().copied()),
            );
        }
    }
    problems.or(())
}
