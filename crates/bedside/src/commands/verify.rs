//! `verify`: whether a run file is what was written, and whether its scores are what its outputs give.

use std::path::Path;

use bedside_core::Problem;
use bedside_core::shown::Shown;
use bedside_report::{ChainHead, NotComputedScores, ScoreDifference, ScoresChecked, VERIFY_SCHEMA, VerifyDocument};
use bedside_run::rederive::{Rederived, rederive};
use bedside_store::{RunReader, StoreError};
use serde_json::json;

use crate::args::{Format, Global, OneRun};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{output, runs};

/// Differences named in a terminal; the JSON has more.
const SHOWN: usize = 20;

/// `bedside verify`
pub fn verify(global: &Global, args: &OneRun) -> Result<Exit, Failure> {
    let file = runs::find(&global.runs, &args.run)?;
    let mut document = VerifyDocument {
        schema: VERIFY_SCHEMA.to_owned(),
        run: runs::id(&file),
        file: file.display().to_string(),
        whole: false,
        broken: None,
        events: 0,
        blobs: 0,
        chains: Vec::new(),
        planned: 0,
        scores: ScoresChecked::default(),
    };
    match check(&file, &mut document) {
        Ok(()) => {}
        Err(error) if error.is_damage() || matches!(error, StoreError::NotARun { .. }) => {
            document.broken = Some(error.to_string());
        }
        Err(error) => return Err(error.into()),
    }
    document.whole = document.broken.is_none() && document.scores.different == 0;
    match global.format {
        Format::Human => output::result(&text(&document))?,
        Format::Json => output::result(&format!("{}\n", json!(document)))?,
        Format::Jsonl | Format::Csv => output::result(&output::rows(global.format, &[flat(&document)]))?,
    }
    let what = match &document.broken {
        Some(broken) => broken.clone(),
        None if document.scores.different > 0 => format!(
            "{}: {} of {} scores are not what the outputs give; do not publish from this file",
            document.file, document.scores.different, document.scores.stored
        ),
        None => return Ok(Exit::Done),
    };
    Err(Failure::new(Exit::VerificationFailed, Problem::new("verification_failed", what)))
}

fn check(file: &Path, document: &mut VerifyDocument) -> Result<(), StoreError> {
    let reader = RunReader::open(file)?;
    let verified = reader.verify()?;
    document.events = verified.events;
    document.blobs = verified.blobs;
    let head =
        |head: bedside_store::Head| ChainHead { writer: head.writer, events: head.events, hash: head.hash.hex() };
    document.chains = verified.heads.into_iter().map(head).collect();
    document.planned = reader.summary()?.planned;
    document.scores = scores(rederive(&reader)?);
    Ok(())
}

fn scores(found: Rederived) -> ScoresChecked {
    let Rederived { stored, same, not_computed, different, differences } = found;
    let not_computed = not_computed
        .into_iter()
        .map(|(why, scores)| NotComputedScores {
            benchmark: why.benchmark,
            scorer: why.scorer,
            stored_version: why.stored,
            version: why.ours,
            scores,
        })
        .collect();
    let differences = differences
        .into_iter()
        .map(|found| ScoreDifference {
            benchmark: found.benchmark,
            system: found.system,
            item: found.item,
            prompt: found.prompt,
            epoch: found.epoch,
            scorer: found.scorer,
            writer: found.writer,
            seq: found.seq,
            what: found.what,
        })
        .collect();
    ScoresChecked { stored, same, not_computed, different, differences }
}

fn text(document: &VerifyDocument) -> String {
    let mut lines = Vec::new();
    if document.broken.is_none() {
        lines.push(format!(
            "{}: {} events and {} blobs are as they were written",
            document.file, document.events, document.blobs
        ));
        lines.push(format!("the tables of the plan match it: {} cells", document.planned));
        let scores = &document.scores;
        lines.push(format!("{} of {} scores computed again from the outputs: the same", scores.same, scores.stored));
        for why in &scores.not_computed {
            let ours = why.version.map_or_else(|| "does not have it".to_owned(), |version| format!("has {version}"));
            lines.push(format!(
                "not computed again: {} scores of {} by scorer {} {}; this program {ours}",
                why.scores,
                Shown::cut(&why.benchmark, 48),
                Shown::cut(&why.scorer, 48),
                why.stored_version
            ));
        }
        for found in scores.differences.iter().take(SHOWN) {
            lines.push(format!(
                "different: {}, item {}, {}, wording {}, run {}, scorer {}: {}",
                Shown::cut(&found.benchmark, 48),
                Shown::cut(&found.item, 48),
                Shown::cut(&found.system, 60),
                Shown::cut(&found.prompt, 48),
                found.epoch + 1,
                Shown::cut(&found.scorer, 48),
                Shown::cut(&found.what, 200)
            ));
        }
        if scores.different > SHOWN as u64 {
            lines.push(format!("and {} more; `--format json` names them", scores.different - SHOWN as u64));
        }
        for chain in &document.chains {
            lines.push(format!(
                "chain of {}: {} events, ends in {}",
                Shown::cut(&chain.writer, 60),
                chain.events,
                chain.hash
            ));
        }
    }
    lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
}

/// The counts as one row.
fn flat(document: &VerifyDocument) -> serde_json::Value {
    json!({
        "run": document.run, "file": document.file, "whole": document.whole, "events": document.events, "blobs": document.blobs,
        "planned": document.planned, "scores": document.scores.stored, "same": document.scores.same,
        "different": document.scores.different,
    })
}
