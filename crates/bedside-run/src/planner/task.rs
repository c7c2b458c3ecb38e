//! One benchmark, looked through once and ready to be asked and scored.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use bedside_core::benchmark::CheckedManifest;
use bedside_core::digest::DigestWriter;
use bedside_core::item::{Item, TaskKind};
use bedside_core::manifest::Reader;
use bedside_core::plan::{PlannedBenchmark, PlannedItem, PlannedPrompt};
use bedside_core::problem::{Place, Problem, Problems};
use bedside_core::prompt::PromptTemplate;
use bedside_core::{Digest, Prompt};
use bedside_score::Scorer;
use bedside_store::Content;

use crate::items::{Items, no_room};
use crate::system::null::{NullContext, ReferenceCounts};

/// One benchmark, ready to be asked and scored.
#[derive(Debug)]
pub struct Task {
    /// Its manifest.
    pub manifest: CheckedManifest,
    /// The selected items, in plan order.
    pub items: Items,
    /// The selected wordings, in plan order.
    pub prompts: Vec<PromptTemplate>,
    /// Its scorers.
    pub scorers: Vec<Scorer>,
    /// What null policies know of it.
    pub null: NullContext,
    /// Where files that belong to items lie.
    pub folder: Option<PathBuf>,
    /// Whether any item has files to show.
    pub shows_media: bool,
    /// Characters of each wording, filled in for every item.
    pub characters: Vec<u64>,
}

impl Task {
    /// Goes through the items once: every wording is filled in, so that a missing field is found now and not in cell 19,000.
    ///
    /// `see` gets each item with the JSON that goes into the run file.
    pub(super) fn new(
        manifest: CheckedManifest,
        items: Items,
        prompts: Vec<PromptTemplate>,
        folder: Option<PathBuf>,
        seed: u64,
        mut see: impl FnMut(&Item, &[u8]) -> io::Result<()>,
    ) -> Result<Self, Problems> {
        let table = &manifest.manifest.task;
        let scorers = scorers(&manifest)?;
        let mut counts = ReferenceCounts::default();
        let mut characters = vec![0; prompts.len()];
        let mut shows_media = false;
        let mut unfilled: Vec<Option<Problem>> = vec![None; prompts.len()];
        for position in 0..items.len() {
            let json = items.json(position).map_err(|error| no_room(&error))?;
            let item: Item = serde_json::from_slice(&json).map_err(|error| no_room(&error.into()))?;
            see(&item, &json).map_err(|error| no_room(&error))?;
            counts.add(&item);
            shows_media |= !item.media.is_empty();
            for ((prompt, sum), unfilled) in prompts.iter().zip(&mut characters).zip(&mut unfilled) {
                match prompt.render(&item) {
                    Ok(prompt) => *sum += length(&prompt),
                    Err(error) if unfilled.is_none() => *unfilled = Some(cannot_fill(&manifest, &item, &error)),
                    Err(_) => {}
                }
            }
        }
        Problems(unfilled.into_iter().flatten().collect()).or(())?;
        let null = NullContext::new(&counts, &items, table, seed).map_err(|error| no_room(&error))?;
        Ok(Self { manifest, items, prompts, scorers, null, folder, shows_media, characters })
    }

    /// Who reads the answer.
    pub const fn reader(&self) -> Reader {
        self.manifest.manifest.task.reader
    }

    /// What kind of answer is asked for.
    pub const fn kind(&self) -> TaskKind {
        self.manifest.manifest.task.kind
    }

    /// The benchmark's id.
    pub fn id(&self) -> &str {
        &self.manifest.manifest.benchmark.id
    }
}

/// The scorers of a benchmark.
pub fn scorers(manifest: &CheckedManifest) -> Result<Vec<Scorer>, Problem> {
    let tables = manifest.manifest.scorer.iter();
    tables
        .map(|table| {
            Scorer::new(table)
                .map(|scorer| scorer.of_task(&manifest.manifest.task))
                .map_err(|error| Problem::new("bad_scorer", error.to_string()))
        })
        .collect()
}

fn length(prompt: &Prompt) -> u64 {
    prompt.messages.iter().map(|message| message.content.chars().count() as u64).sum()
}

fn cannot_fill(manifest: &CheckedManifest, item: &Item, error: &bedside_core::prompt::PromptError) -> Problem {
    let fields: Vec<&str> = item.input.keys().map(String::as_str).collect();
    Problem::new("bad_template", error.to_string())
        .at(Place::file(format!("benchmark.toml of {}", manifest.manifest.benchmark.id)))
        .because(format!("with item `{}`", item.id))
        .hint(format!("fields of its input: {}", fields.join(", ")))
}

/// The list of a benchmark's items for the run file, written to a temporary file as the items pass by.
pub(super) struct ItemList {
    out: DigestWriter<BufWriter<std::fs::File>>,
    items: u64,
}

impl ItemList {
    pub fn new() -> Result<Self, Problem> {
        let file = tempfile::tempfile().map_err(|error| no_room(&error))?;
        let mut out = DigestWriter::new(BufWriter::with_capacity(1 << 16, file));
        out.write_all(b"[").map_err(|error| no_room(&error))?;
        Ok(Self { out, items: 0 })
    }

    pub fn add(&mut self, item: &Item, json: &[u8]) -> io::Result<()> {
        if self.items > 0 {
            self.out.write_all(b",")?;
        }
        self.items += 1;
        let planned = PlannedItem {
            id: item.id.clone(),
            cluster: item.cluster.clone(),
            template: item.template.clone(),
            strata: item.strata.clone(),
            digest: item.digest,
            blob: Digest::of(json),
        };
        Ok(serde_json::to_writer(&mut self.out, &planned)?)
    }

    /// The list as content of a run file, and its digest.
    pub fn finish(mut self) -> Result<(Content, Digest), Problem> {
        self.out.write_all(b"]").map_err(|error| no_room(&error))?;
        let (file, bytes, digest) = self.out.finish();
        let file = file.into_inner().map_err(|error| no_room(error.error()))?;
        Ok((Content::File { file, bytes, digest }, digest))
    }
}

/// How a benchmark stands in the plan.
pub(super) fn planned_benchmark(
    task: &Task,
    package: Digest,
    index: Digest,
    total: usize,
    selection: String,
) -> PlannedBenchmark {
    let file = &task.manifest.manifest;
    PlannedBenchmark {
        id: file.benchmark.id.clone(),
        version: file.benchmark.version.clone(),
        title: file.benchmark.title.clone(),
        domain: file.benchmark.domain,
        subdomain: file.benchmark.subdomain.clone(),
        system_class: file.benchmark.system_class,
        task: task.manifest.task().to_owned(),
        kind: file.task.kind,
        reader: file.task.reader,
        licence: file.benchmark.licence.clone(),
        data_class: file.benchmark.data_class,
        reviewed_by: file.benchmark.reviewed_by.clone(),
        citation: file.benchmark.citation.clone(),
        claim: file.construct.as_ref().and_then(|construct| construct.claim.clone()),
        limits: file.benchmark.limits.clone(),
        cluster_by: file.task.cluster_by.clone(),
        package,
        manifest: Digest::of(task.manifest.text.as_bytes()),
        index,
        items: total as u64,
        selected: task.items.len() as u64,
        selection,
        prompts: task
            .prompts
            .iter()
            .map(|prompt| PlannedPrompt { id: prompt.id().to_owned(), digest: prompt.digest() })
            .collect(),
        metrics: task.manifest.metrics.clone(),
        primary: task.manifest.primary,
    }
}
