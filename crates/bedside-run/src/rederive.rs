//! Proving stored scores: each is computed again from the stored output, item and scorer of the same version, and compared.

use std::collections::{BTreeMap, HashMap};

use bedside_core::benchmark::CheckedManifest;
use bedside_core::event::CellFinished;
use bedside_core::plan::CellIndex;
use bedside_core::{Digest, Scored};
use bedside_store::{Items, RunReader, Scoring, StoreError};

use crate::rescore::{Standard, answer};

/// Differences that are kept with their names; more help nobody, and all are counted.
const NAMED: usize = 1_000;

/// How far two computations of one score may lie apart: mathematical functions differ in the last digit between systems.
const TOLERANCE: f64 = 1e-9;

/// What came of it. One scoring of one answer by one scorer counts once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rederived {
    /// Scores in the file, those that were replaced by a later scoring too.
    pub stored: u64,
    /// Of these, scores that were computed again and are the same.
    pub same: u64,
    /// Scores that could not be computed again, by reason.
    pub not_computed: BTreeMap<NotComputed, u64>,
    /// Number of scores that differ.
    pub different: u64,
    /// The first of them.
    pub differences: Vec<Difference>,
}

/// Why a score could not be computed again. No error: an older score stays readable.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NotComputed {
    /// Id of the benchmark.
    pub benchmark: String,
    /// Id of the scorer.
    pub scorer: String,
    /// Version that scored.
    pub stored: u32,
    /// Version that this program has; none when it does not know the scorer or cannot read its settings.
    pub ours: Option<u32>,
}

/// A stored score that is not what its output gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Id of the benchmark.
    pub benchmark: String,
    /// The system.
    pub system: String,
    /// Id of the item.
    pub item: String,
    /// Id of the wording.
    pub prompt: String,
    /// Repetition.
    pub epoch: u32,
    /// Id of the scorer.
    pub scorer: String,
    /// Who wrote the score.
    pub writer: String,
    /// Its number in the writer's chain.
    pub seq: i64,
    /// What differs, in words.
    pub what: String,
}

/// Computes every stored score again.
pub fn rederive(reader: &RunReader) -> Result<Rederived, StoreError> {
    let mut found = Rederived::default();
    let mut standards = Standards { reader, known: HashMap::new() };
    let mut items = Items::new(reader);
    reader.for_each_scoring(|scoring| scoring_again(reader, &mut standards, &mut items, &scoring, &mut found))?;
    Ok(found)
}

fn scoring_again(
    reader: &RunReader,
    standards: &mut Standards<'_>,
    items: &mut Items<'_>,
    scoring: &Scoring,
    found: &mut Rederived,
) -> Result<(), StoreError> {
    found.stored += scoring.body.scorers.len() as u64;
    // Benchmarks that share an item share its cell: the score is one of theirs.
    let places = reader.places(&scoring.cell)?;
    let mut closest: Option<Vec<Verdict>> = None;
    let mut at = None;
    for place in &places {
        let standard = standards.of(place.benchmark, scoring.body.manifest)?;
        let item = items.get(place.benchmark, place.item)?;
        for finished in &scoring.answers {
            let verdicts = compare(reader, standard, &item, finished, &scoring.body.scorers)?;
            let wrong = |verdicts: &[Verdict]| verdicts.iter().filter(|verdict| verdict.is_different()).count();
            if closest.as_ref().is_none_or(|best| wrong(&verdicts) < wrong(best)) {
                closest = Some(verdicts);
                at = Some(*place);
            }
        }
    }
    let verdicts = closest.unwrap_or_else(|| {
        let what =
            if places.is_empty() { "the plan has no such cell" } else { "the file holds no answer that was scored" };
        scoring.body.scorers.iter().map(|_| Verdict::Different(what.to_owned())).collect()
    });
    let place = at.or(places.first().copied());
    let plan = reader.plan();
    for (scored, verdict) in scoring.body.scorers.iter().zip(verdicts) {
        match verdict {
            Verdict::Same => found.same += 1,
            Verdict::NotComputed(ours) => {
                let benchmark = place.map(|place| plan.benchmarks[place.benchmark].id.clone()).unwrap_or_default();
                let reason = NotComputed { benchmark, scorer: scored.scorer.clone(), stored: scored.version, ours };
                *found.not_computed.entry(reason).or_default() += 1;
            }
            Verdict::Different(what) => {
                found.different += 1;
                if found.differences.len() < NAMED {
                    let difference = difference(reader, items, place, scoring, scored, what)?;
                    found.differences.push(difference);
                }
            }
        }
    }
    Ok(())
}

fn difference(
    reader: &RunReader,
    items: &mut Items<'_>,
    place: Option<CellIndex>,
    scoring: &Scoring,
    scored: &Scored,
    what: String,
) -> Result<Difference, StoreError> {
    let plan = reader.plan();
    let unknown = || scoring.cell.to_string();
    let item = place.map(|place| items.get(place.benchmark, place.item)).transpose()?;
    let benchmark = place.map(|place| &plan.benchmarks[place.benchmark]);
    Ok(Difference {
        benchmark: benchmark.map(|benchmark| benchmark.id.clone()).unwrap_or_default(),
        system: place.map(|place| plan.systems[place.system].name.clone()).unwrap_or_default(),
        item: item.map_or_else(unknown, |item| item.id.clone()),
        prompt: place
            .zip(benchmark)
            .and_then(|(place, benchmark)| benchmark.prompts.get(place.prompt))
            .map(|prompt| prompt.id.clone())
            .unwrap_or_default(),
        epoch: place.map_or(0, |place| place.epoch),
        scorer: scored.scorer.clone(),
        writer: scoring.writer.clone(),
        seq: scoring.seq,
        what,
    })
}

/// What one stored score is against the one computed now.
enum Verdict {
    Same,
    NotComputed(Option<u32>),
    Different(String),
}

impl Verdict {
    fn is_different(&self) -> bool {
        matches!(self, Self::Different(_))
    }
}

fn compare(
    reader: &RunReader,
    standard: Option<&Standard>,
    item: &bedside_core::Item,
    finished: &CellFinished,
    stored: &[Scored],
) -> Result<Vec<Verdict>, StoreError> {
    let Some(standard) = standard else { return Ok(stored.iter().map(|_| Verdict::NotComputed(None)).collect()) };
    let computable = |scored: &Scored| standard.version(&scored.scorer) == Some(scored.version);
    let now = if stored.iter().any(computable) { standard.score(item, &answer(reader, finished)?) } else { Vec::new() };
    let verdict = |scored: &Scored| {
        let ours = standard.version(&scored.scorer);
        if ours != Some(scored.version) {
            return Verdict::NotComputed(ours);
        }
        match now.iter().find(|now| now.scorer == scored.scorer) {
            Some(now) => unlike(scored, now).map_or(Verdict::Same, Verdict::Different),
            None => Verdict::NotComputed(None),
        }
    };
    Ok(stored.iter().map(verdict).collect())
}

/// In what two readings of one answer differ. The sentence that explains a score may be reworded without another version.
fn unlike(stored: &Scored, now: &Scored) -> Option<String> {
    let names = |scored: &Scored| scored.values.keys().cloned().collect::<Vec<_>>().join(", ");
    if !stored.values.keys().eq(now.values.keys()) {
        return Some(format!("metrics {} are stored, {} are computed", names(stored), names(now)));
    }
    for (metric, value) in &stored.values {
        let computed = now.values[metric];
        let close = (value - computed).abs() <= TOLERANCE;
        if !close {
            return Some(format!("{metric} {value} is stored, {computed} is computed"));
        }
    }
    let read = |scored: &Scored| scored.extracted.clone().unwrap_or_else(|| "nothing".to_owned());
    if stored.extracted != now.extracted {
        return Some(format!("`{}` is stored as read, `{}` is read", read(stored), read(now)));
    }
    let flags = |scored: &Scored| (scored.parsed, scored.refused, scored.unscorable.is_some());
    (flags(stored) != flags(now)).then(|| "parsed, refused or unscorable is stored otherwise".to_owned())
}

/// The scorers of each benchmark under each manifest that a score names; none where this program cannot read the manifest.
struct Standards<'a> {
    reader: &'a RunReader,
    known: HashMap<(usize, Digest), Option<Standard>>,
}

impl Standards<'_> {
    fn of(&mut self, benchmark: usize, manifest: Option<Digest>) -> Result<Option<&Standard>, StoreError> {
        let planned = &self.reader.plan().benchmarks[benchmark];
        let manifest = manifest.unwrap_or(planned.manifest);
        let key = (benchmark, manifest);
        if !self.known.contains_key(&key) {
            let text = String::from_utf8(self.reader.blob(&manifest)?).ok();
            let checked =
                text.and_then(|text| CheckedManifest::parse(&planned.id, &text, bedside_score::catalogue()).ok());
            let standard = checked.and_then(|checked| Standard::new(benchmark, &checked).ok());
            self.known.insert(key, standard);
        }
        Ok(self.known[&key].as_ref())
    }
}
