//! `merge`: shards or copies of one run become one run file.

use std::collections::HashMap;
use std::path::PathBuf;

use bedside_core::shown::Shown;
use bedside_core::{Digest, Problem};
use bedside_report::{CellAnswers, MERGE_SCHEMA, MergeDocument, MergedPart, OneAnswer};
use bedside_store::{Answered, Conflict, Items, Joined, RunReader, StoreError, join};
use serde_json::json;

use crate::args::{Format, Global, Merge};
use crate::commands::carry_out::resume_line;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{output, runs};

/// Cells with several answers named in a terminal; the JSON has all.
const SHOWN: usize = 20;

/// `bedside merge`
pub fn merge(global: &Global, args: &Merge) -> Result<Exit, Failure> {
    let parts: Vec<PathBuf> = args.parts.iter().map(|run| runs::find(&global.runs, run)).collect::<Result<_, _>>()?;
    let shards: Vec<Option<String>> = parts
        .iter()
        .map(|part| Ok(RunReader::open(part)?.plan().shard.as_ref().map(ToString::to_string)))
        .collect::<Result<_, StoreError>>()?;
    let now = runs::now_ms();
    let file = args.output.clone().unwrap_or_else(|| {
        let names: Vec<String> = parts.iter().map(|part| part.display().to_string()).collect();
        let unlike = Digest::of(format!("{} {names:?}", std::process::id()).as_bytes());
        runs::file(&global.runs, &runs::new_id(now, &unlike))
    });
    if file.exists()
        && let Some(shard) = &RunReader::open(&file)?.plan().shard
    {
        let what = format!("{} is share {shard} of a run: nothing can be merged into a share", file.display());
        return Err(Problem::new("into_a_share", what).hint("give --output a new name").into());
    }
    let joined = join(&file, &parts, now)?;
    let document = document(&file, joined, shards)?;
    match global.format {
        Format::Human => output::result(&text(&document))?,
        Format::Json => output::result(&format!("{}\n", json!(document)))?,
        Format::Jsonl | Format::Csv => {
            let rows: Vec<_> = document.conflicts.iter().map(flat).collect();
            output::result(&output::rows(global.format, &rows))?;
        }
    }
    if document.answered < document.planned - document.unavailable.min(document.planned) {
        output::say(&format!("not every cell is answered; to ask for the rest: {}", resume_line(&file)));
    }
    Ok(Exit::Done)
}

fn document(file: &std::path::Path, joined: Joined, shards: Vec<Option<String>>) -> Result<MergeDocument, StoreError> {
    let reader = RunReader::open(file)?;
    let summary = reader.summary()?;
    let faults: u64 = summary.faults.values().sum();
    Ok(MergeDocument {
        schema: MERGE_SCHEMA.to_owned(),
        run: summary.run,
        file: summary.file,
        new: joined.new,
        parts: joined
            .parts
            .into_iter()
            .zip(shards)
            .map(|(part, shard)| MergedPart {
                file: part.path.display().to_string(),
                shard,
                events: part.taken.events,
                blobs: part.taken.blobs,
            })
            .collect(),
        planned: summary.planned,
        answered: summary.answered,
        faults,
        missing: summary.planned - summary.answered - faults,
        unavailable: summary.unavailable,
        conflicts: conflicts(&reader)?,
    })
}

/// Cells with several answers, in the order of the plan.
fn conflicts(reader: &RunReader) -> Result<Vec<CellAnswers>, StoreError> {
    let found: HashMap<_, Conflict> =
        reader.conflicts()?.into_iter().map(|conflict| (conflict.cell, conflict)).collect();
    let plan = reader.plan();
    let mut items = Items::new(reader);
    let mut named = Vec::new();
    for (cell, conflict) in &found {
        for place in reader.places(cell)? {
            let answer = |answer: &Answered| OneAnswer {
                writer: answer.writer.clone(),
                seq: answer.seq,
                output: answer.output.map(|output| output.hex()),
            };
            let answers = CellAnswers {
                benchmark: plan.benchmarks[place.benchmark].id.clone(),
                system: plan.systems[place.system].name.clone(),
                item: items.get(place.benchmark, place.item)?.id.clone(),
                prompt: plan.benchmarks[place.benchmark].prompts[place.prompt].id.clone(),
                epoch: place.epoch,
                same_output: conflict.others.iter().all(|other| other.output == conflict.chosen.output),
                counts: answer(&conflict.chosen),
                others: conflict.others.iter().map(answer).collect(),
            };
            named.push((place, answers));
        }
    }
    named.sort_by_key(|(place, _)| *place);
    Ok(named.into_iter().map(|(_, answers)| answers).collect())
}

fn text(document: &MergeDocument) -> String {
    let mut lines = Vec::new();
    for part in &document.parts {
        let shard = part.shard.as_ref().map_or_else(String::new, |shard| format!(", share {shard}"));
        lines.push(format!("{}{shard}: {} events that were not there before", part.file, part.events));
    }
    lines.push(format!(
        "{}: {} of {} cells answered, {} faults, null policies included",
        document.file, document.answered, document.planned, document.faults
    ));
    if !document.conflicts.is_empty() {
        lines.push(format!(
            "{} cells were answered more than once; one answer counts, chosen by its event's hash without looking at it:",
            document.conflicts.len()
        ));
        for cell in document.conflicts.iter().take(SHOWN) {
            lines.push(format!(
                "  {}, item {}, {}, wording {}, run {}: {} answers, {}",
                Shown::cut(&cell.benchmark, 48),
                Shown::cut(&cell.item, 48),
                Shown::cut(&cell.system, 60),
                Shown::cut(&cell.prompt, 48),
                cell.epoch + 1,
                cell.others.len() + 1,
                if cell.same_output { "the same text" } else { "different texts" }
            ));
        }
        if document.conflicts.len() > SHOWN {
            lines.push(format!("  and {} more; `--format json` names them", document.conflicts.len() - SHOWN));
        }
    }
    lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
}

fn flat(cell: &CellAnswers) -> serde_json::Value {
    json!({
        "benchmark": cell.benchmark, "system": cell.system, "item": cell.item, "prompt": cell.prompt, "epoch": cell.epoch,
        "answers": cell.others.len() + 1, "same_output": cell.same_output, "counts": cell.counts.writer,
    })
}
