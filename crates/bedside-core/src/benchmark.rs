//! A checked benchmark: a manifest that means what it says, and items that fit it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::Value;

use crate::digest::Digest;
use crate::item::{
    ChecksReference, ChoiceOption, Item, ItemLine, LongFormReference, NumericReference, NumericValue, Reference,
    TaskKind,
};
use crate::limits;
use crate::manifest::{Manifest, PromptTable, ScorerTable};
use crate::plan::PlannedMetric;
use crate::problem::{Place, Problem, Problems};
use crate::prompt::PromptTemplate;
use crate::schema::{self, Node, SourceText};
use crate::score::{Scale, ScorerInfo};

/// A manifest that has been checked, without its items.
#[derive(Clone, Debug)]
pub struct CheckedManifest {
    /// The tables as written.
    pub manifest: Manifest,
    /// The text they were read from.
    pub text: String,
    /// Every metric of every scorer, in file order.
    pub metrics: Vec<PlannedMetric>,
    /// The headline, an index into `metrics`.
    pub primary: usize,
}

impl CheckedManifest {
    /// Reads and checks `benchmark.toml`; all mistakes at once.
    pub fn parse(file: &str, text: &str, scorers: &[ScorerInfo]) -> Result<Self, Problems> {
        let source = SourceText { file, text, lines_before: 0 };
        let schema::Mended { value: manifest, node, problems: against_schema } = schema::from_toml::<Manifest>(source)?;
        let check = Check { source, node: &node };
        let mut problems = Problems::new();
        check.names(&manifest, &mut problems);
        check.prompts(&manifest, &mut problems);
        let metrics = check.scorers(&manifest, scorers, &mut problems);
        let primary = check.primary(&manifest, &metrics, &mut problems);
        check.requirement(&manifest, &metrics, &mut problems);
        // A rule that trips over a stand-in repeats what the schema said of the same line.
        let line = |problem: &Problem| problem.place.as_ref().and_then(|place| place.line);
        problems.0.retain(|problem| !against_schema.0.iter().any(|other| line(other) == line(problem)));
        problems.0.extend(against_schema.0);
        let () = problems.or(())?;
        Ok(Self { manifest, text: text.to_owned(), metrics, primary })
    }

    /// The task's name in tables.
    pub fn task(&self) -> &str {
        self.manifest.task.id.as_deref().unwrap_or(&self.manifest.benchmark.id)
    }

    /// Id of the wording that is meant where none is named: `base`, else the first.
    pub fn reference_prompt(&self) -> &str {
        let base = self.manifest.prompt.iter().find(|prompt| prompt.id == "base");
        base.or(self.manifest.prompt.first()).map_or("base", |prompt| prompt.id.as_str())
    }

    /// The wordings, compiled, the reference wording first.
    pub fn prompts(&self) -> Vec<PromptTemplate> {
        let mut compiled: Vec<PromptTemplate> = self
            .manifest
            .prompt
            .iter()
            .map(|table| PromptTemplate::compile(table).expect("checked when the manifest was read"))
            .collect();
        if let Some(base) = compiled.iter().position(|prompt| prompt.id() == "base") {
            compiled[..=base].rotate_right(1);
        }
        compiled
    }
}

/// The rules that a schema cannot say, each placed in the user's file.
struct Check<'a> {
    source: SourceText<'a>,
    node: &'a Node,
}

impl Check<'_> {
    fn at(&self, path: &[&str]) -> Place {
        let node = (0..=path.len()).rev().find_map(|length| self.node.at(&path[..length]));
        self.source.place(node.map_or(0..0, |node| node.span.clone()))
    }

    fn names(&self, manifest: &Manifest, problems: &mut Problems) {
        let id = &manifest.benchmark.id;
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if id.is_empty() || id.len() > limits::ID_BYTES || !id.chars().all(fits) {
            problems.push(
                Problem::new("bad_id", format!("`{id}` is no benchmark id"))
                    .at(self.at(&["benchmark", "id"]))
                    .because("lower-case letters, digits and hyphens only: it becomes a folder name"),
            );
        }
        if manifest.benchmark.reviewed_by.trim().is_empty() {
            problems.push(
                Problem::new("empty", "`reviewed_by` is empty")
                    .at(self.at(&["benchmark", "reviewed_by"]))
                    .because("readers must know who says that the references are right")
                    .hint("write `nobody yet` if no clinician has signed the references"),
            );
        }
    }

    fn prompts(&self, manifest: &Manifest, problems: &mut Problems) {
        if manifest.prompt.is_empty() {
            problems.push(
                Problem::new("no_prompt", "no [[prompt]]")
                    .at(self.at(&["prompt"]))
                    .because("a benchmark needs at least one wording"),
            );
        }
        let mut seen = HashSet::new();
        for (position, prompt) in manifest.prompt.iter().enumerate() {
            let position = position.to_string();
            if !seen.insert(&prompt.id) {
                problems.push(
                    Problem::new("twice", format!("prompt `{}` is given twice", prompt.id))
                        .at(self.at(&["prompt", &position, "id"])),
                );
            }
            let same = |other: &&PromptTable| other.template == prompt.template && other.system == prompt.system;
            if let Some(other) = manifest.prompt.iter().find(same).filter(|other| other.id != prompt.id) {
                problems.push(
                    Problem::new("twice", format!("prompts `{}` and `{}` are the same wording", other.id, prompt.id))
                        .at(self.at(&["prompt", &position, "template"]))
                        .because("each would be asked and paid for as if it were another"),
                );
            }
            if let Err(error) = PromptTemplate::compile(prompt) {
                problems.push(
                    Problem::new("bad_template", error.to_string())
                        .at(self.at(&["prompt", &position, "template"]))
                        .because("this template does not compile"),
                );
            }
            if let Some(format) = &manifest.task.answer_format
                && !prompt.template.contains(format.as_str())
                && !prompt.system.as_deref().unwrap_or("").contains(format.as_str())
            {
                problems.push(
                    Problem::new("format_not_published", format!("prompt `{}` does not state the answer format", prompt.id))
                        .at(self.at(&["prompt", &position, "template"]))
                        .because("`[task] answer_format` must stand word for word in every prompt: a system cannot follow a format it was not told"),
                );
            }
        }
    }

    fn scorers(&self, manifest: &Manifest, catalogue: &[ScorerInfo], problems: &mut Problems) -> Vec<PlannedMetric> {
        let mut metrics = Vec::new();
        let mut seen = HashSet::new();
        if manifest.scorer.is_empty() {
            problems.push(
                Problem::new("no_scorer", "no [[scorer]]").at(self.at(&["scorer"])).because("nothing would be scored"),
            );
        }
        for (position, scorer) in manifest.scorer.iter().enumerate() {
            let position = position.to_string();
            if !seen.insert(&scorer.id) {
                problems.push(
                    Problem::new("twice", format!("scorer `{}` is given twice", scorer.id))
                        .at(self.at(&["scorer", &position, "id"])),
                );
            }
            let key = if scorer.kind.is_some() { "kind" } else { "id" };
            let Some(info) = catalogue.iter().find(|info| info.kind == scorer.kind()) else {
                problems.push(
                    Problem::new("unknown_scorer", format!("unknown scorer `{}`", scorer.kind()))
                        .at(self.at(&["scorer", &position, key]))
                        .because("no scorer has this name")
                        .suggest(scorer.kind(), catalogue.iter().map(|info| info.kind)),
                );
                continue;
            };
            if !info.tasks.contains(&manifest.task.kind) {
                problems.push(
                    Problem::new(
                        "scorer_does_not_fit",
                        format!("scorer `{}` cannot score a {} task", info.kind, manifest.task.kind.word()),
                    )
                    .at(self.at(&["scorer", &position, key]))
                    .suggest(
                        "",
                        catalogue
                            .iter()
                            .filter(|other| other.tasks.contains(&manifest.task.kind))
                            .map(|other| other.kind),
                    ),
                );
            }
            self.scorer_settings(scorer, &position, info, problems);
            let all: Vec<String> = info.metrics.iter().map(|metric| metric.name.to_owned()).collect();
            for (place, name) in scorer.metrics.as_ref().unwrap_or(&all).iter().enumerate() {
                let Some(metric) = info.metrics.iter().find(|metric| metric.name == name) else {
                    problems.push(
                        Problem::new("unknown_metric", format!("unknown metric `{name}`"))
                            .at(self.at(&["scorer", &position, "metrics", &place.to_string()]))
                            .because(format!("scorer `{}` has no such metric", info.kind))
                            .suggest(name, info.metrics.iter().map(|metric| metric.name)),
                    );
                    continue;
                };
                metrics.push(PlannedMetric {
                    scorer: scorer.id.clone(),
                    scorer_kind: info.kind.to_owned(),
                    scorer_version: info.version,
                    metric: metric.name.to_owned(),
                    scale: metric.scale,
                    reference: scorer.reference.clone(),
                });
            }
        }
        metrics
    }

    /// A setting that the scorer would ignore is an error: a silent no-op misleads.
    fn scorer_settings(&self, scorer: &ScorerTable, position: &str, info: &ScorerInfo, problems: &mut Problems) {
        let given = [
            ("rule", scorer.rule.is_some()),
            ("tolerance_relative", scorer.tolerance_relative.is_some()),
            ("tolerance_absolute", scorer.tolerance_absolute.is_some()),
            ("case_sensitive", scorer.case_sensitive),
        ];
        for (name, _) in given.into_iter().filter(|(name, set)| *set && !info.settings.contains(name)) {
            problems.push(
                Problem::new("unused_setting", format!("scorer `{}` has no setting `{name}`", info.kind))
                    .at(self.at(&["scorer", position, name]))
                    .suggest(name, info.settings.iter().copied()),
            );
        }
    }

    fn primary(&self, manifest: &Manifest, metrics: &[PlannedMetric], problems: &mut Problems) -> usize {
        let places: [(&[&str], &Option<String>); 3] = [
            (&["primary"], &manifest.primary),
            (&["benchmark", "primary"], &manifest.benchmark.primary),
            (&["task", "primary"], &manifest.task.primary),
        ];
        let given: Vec<_> =
            places.into_iter().filter_map(|(path, value)| value.as_ref().map(|value| (path, value))).collect();
        if let [_, (path, _), ..] = given.as_slice() {
            problems.push(Problem::new("twice", "`primary` is given twice").at(self.at(path)).because("one headline"));
        }
        let Some((path, name)) = given.first() else { return 0 };
        metrics.iter().position(|metric| metric.name() == **name).unwrap_or_else(|| {
            if !metrics.is_empty() {
                let names: Vec<String> = metrics.iter().map(PlannedMetric::name).collect();
                problems.push(
                    Problem::new("unknown_metric", format!("primary metric `{name}` is not scored here"))
                        .at(self.at(path))
                        .because("it must be `scorer.metric` of a scorer in this file")
                        .suggest(name, names.iter().map(String::as_str)),
                );
            }
            0
        })
    }

    fn requirement(&self, manifest: &Manifest, metrics: &[PlannedMetric], problems: &mut Problems) {
        let Some(requirement) = &manifest.requirement else { return };
        for (name, value) in [("target", requirement.target), ("delta", requirement.delta)] {
            if !(0.0..=1.0).contains(&value) {
                problems.push(
                    Problem::new("out_of_range", format!("`{name}` must lie between 0 and 1"))
                        .at(self.at(&["requirement", name]))
                        .because(format!("this is {value}")),
                );
            }
        }
        if requirement.metric == "acceptable" {
            return;
        }
        let Some(metric) = metrics.iter().find(|metric| metric.name() == requirement.metric) else {
            let names: Vec<String> = metrics.iter().map(PlannedMetric::name).chain(["acceptable".to_owned()]).collect();
            problems.push(
                Problem::new("unknown_metric", format!("required metric `{}` is not scored here", requirement.metric))
                    .at(self.at(&["requirement", "metric"]))
                    .suggest(&requirement.metric, names.iter().map(String::as_str)),
            );
            return;
        };
        if metric.scale == Scale::Overlap && requirement.human_ceiling.is_none() {
            problems.push(
                Problem::new(
                    "requirement_on_overlap",
                    format!("a requirement on `{}` says nothing about fitness for use", requirement.metric),
                )
                .at(self.at(&["requirement", "metric"]))
                .because("overlap with a reference text is no measure of clinical correctness")
                .hint("require `acceptable`, or give `human_ceiling`: what humans reach on this very metric"),
            );
        }
    }
}

/// Reads and checks the lines of `items.jsonl` one by one; all mistakes come at once, at the end.
///
/// Of each item it remembers 20 bytes, so that a million items can pass through it.
#[derive(Debug)]
pub struct ItemParser<'a> {
    file: &'a str,
    manifest: &'a Manifest,
    lines_of: HashMap<[u8; 16], u32>,
    problems: Problems,
}

impl<'a> ItemParser<'a> {
    /// For a file and the benchmark that its items belong to.
    pub fn new(file: &'a str, manifest: &'a Manifest) -> Self {
        Self { file, manifest, lines_of: HashMap::new(), problems: Problems::new() }
    }

    /// The item on a line; `None` where there is none or it has a mistake. Lines are counted from 0.
    pub fn line(&mut self, number: usize, line: &str) -> Option<Item> {
        if line.trim().is_empty() {
            return None;
        }
        let source = SourceText { file: self.file, text: line, lines_before: number };
        let item = match item_of_line(source, self.manifest) {
            Ok(item) => item,
            Err(found) => {
                self.problems.0.extend(found.0);
                return None;
            }
        };
        let shown = u32::try_from(number + 1).unwrap_or(u32::MAX);
        if let Some(first) = self.lines_of.insert(half(Digest::of(item.id.as_bytes())), shown) {
            let at = line.find(&format!("\"{}\"", item.id)).map_or(0, |quote| quote + 1);
            self.problems.push(
                Problem::new("twice", format!("item `{}` is given twice", item.id))
                    .at(source.place(at..at + item.id.len()))
                    .because(format!("line {first} has the same id")),
            );
        }
        Some(item)
    }

    /// Whether reading on is of no use: too many items, or more mistakes than anyone reads.
    pub fn is_full(&self) -> bool {
        self.lines_of.len() > limits::ITEMS || self.problems.0.len() > 10 * limits::PROBLEMS_SHOWN
    }

    /// The end of the file: every mistake that was found.
    pub fn finish(mut self) -> Result<(), Problems> {
        if self.lines_of.is_empty() && self.problems.0.is_empty() {
            self.problems.push(
                Problem::new("no_items", "no items").at(Place::file(self.file)).because("the file holds no line"),
            );
        }
        if self.lines_of.len() > limits::ITEMS {
            self.problems.push(
                Problem::new("too_many", format!("more than {} items", limits::ITEMS)).at(Place::file(self.file)),
            );
        }
        self.problems.or(())
    }
}

/// Half a digest: two ids never share it.
fn half(digest: Digest) -> [u8; 16] {
    digest.bytes().first_chunk().copied().unwrap_or_default()
}

/// Reads and checks a whole `items.jsonl`; all mistakes at once.
pub fn parse_items(file: &str, text: &str, manifest: &Manifest) -> Result<Vec<Item>, Problems> {
    let mut parser = ItemParser::new(file, manifest);
    let mut items = Vec::new();
    for (number, line) in text.lines().enumerate() {
        items.extend(parser.line(number, line));
        if parser.is_full() {
            break;
        }
    }
    parser.finish().map(|()| items)
}

/// Content address of a package: its manifest and its items.
pub fn package_digest(manifest: &CheckedManifest, items: impl IntoIterator<Item = Digest>) -> Digest {
    let manifest = Digest::of(manifest.text.as_bytes());
    Digest::of_each(std::iter::once(manifest).chain(items))
}

fn item_of_line(source: SourceText<'_>, manifest: &Manifest) -> Result<Item, Problems> {
    if source.text.len() > limits::ITEM_BYTES {
        return Err(Problem::new("too_large", format!("an item of more than {} bytes", limits::ITEM_BYTES))
            .at(source.place(0..1))
            .into());
    }
    let schema::Line { value: line, json } = schema::from_json::<ItemLine>(source)?;
    let place = |path: &[&str]| {
        source.place(schema::located(&json, source.text).at(path).map_or(0..1, |node| node.span.clone()))
    };
    let mut problems = Problems::new();
    if line.id.is_empty() || line.id.len() > limits::ID_BYTES {
        problems.push(Problem::new("bad_id", format!("an id has 1 to {} bytes", limits::ID_BYTES)).at(place(&["id"])));
    }
    check_options(&line, manifest.task.kind, &place, &mut problems);
    let mut read = |value: &Value, path: &[&str]| match reference(value, manifest.task.kind, &line.options) {
        Ok(reference) => Some(reference),
        Err(why) => {
            let what = format!("this is no reference of a {} task", manifest.task.kind.word());
            problems.push(Problem::new("bad_reference", what).at(place(path)).because(why));
            None
        }
    };
    let key = read(&line.reference, &["reference"]);
    let mut reference_sets = BTreeMap::new();
    for (name, value) in &line.reference_sets {
        if let Some(reference) = read(value, &["reference_sets", name]) {
            reference_sets.insert(name.clone(), reference);
        }
    }
    let () = problems.or(())?;
    let digest = Digest::of_json(&json);
    Ok(Item {
        cluster: line.cluster.unwrap_or_else(|| line.id.clone()),
        id: line.id,
        template: line.template,
        strata: line.strata,
        input: line.input,
        media: line.media,
        options: line.options,
        reference: key.expect("an unreadable reference is a problem, returned above"),
        reference_sets,
        severity: line.severity,
        provenance: line.provenance,
        world: line.world,
        digest,
    })
}

fn check_options(line: &ItemLine, kind: TaskKind, place: &dyn Fn(&[&str]) -> Place, problems: &mut Problems) {
    if kind == TaskKind::Choice && line.options.len() < 2 {
        problems.push(Problem::new("no_options", "a choice item needs at least two options").at(place(&["options"])));
    }
    if kind != TaskKind::Choice && !line.options.is_empty() {
        problems
            .push(Problem::new("options", format!("a {} item has no options", kind.word())).at(place(&["options"])));
    }
    if line.options.len() > limits::OPTIONS {
        problems
            .push(Problem::new("too_many", format!("more than {} options", limits::OPTIONS)).at(place(&["options"])));
    }
    let mut seen = BTreeSet::new();
    for (position, option) in line.options.iter().enumerate() {
        if !seen.insert(option.label.to_lowercase()) {
            problems.push(Problem::new("twice", format!("option `{}` is given twice", option.label)).at(place(&[
                "options",
                &position.to_string(),
                "label",
            ])));
        }
    }
}

fn reference(value: &Value, kind: TaskKind, options: &[ChoiceOption]) -> Result<Reference, String> {
    fn typed<T: serde::de::DeserializeOwned>(value: &Value) -> Result<T, String> {
        serde_json::from_value(value.clone()).map_err(|error| error.to_string())
    }
    match kind {
        TaskKind::Choice => {
            let label: String =
                typed(value).map_err(|_| "expected the label of the right option, in quotes".to_owned())?;
            if !options.iter().any(|option| option.label == label) {
                return Err(format!("no option has the label `{label}`"));
            }
            Ok(Reference::Choice(label))
        }
        TaskKind::ShortAnswer => {
            let accepted: Vec<String> = typed(value).map_err(|_| "expected a list of accepted strings".to_owned())?;
            if accepted.iter().all(|text| text.trim().is_empty()) {
                return Err("no accepted string".to_owned());
            }
            Ok(Reference::ShortAnswer(accepted))
        }
        TaskKind::Numeric if value.is_null() => Ok(Reference::Numeric(None)),
        TaskKind::Numeric => {
            let number: NumericReference = typed(value).map_err(|why| {
                format!("expected {{value, unit, lower?, upper?}} or null for \"must abstain\": {why}")
            })?;
            let limit = |bound: &Option<NumericValue>| {
                bound.as_ref().and_then(|bound| if let NumericValue::Number(n) = bound { Some(*n) } else { None })
            };
            if let (Some(lower), Some(upper)) = (limit(&number.lower), limit(&number.upper))
                && lower > upper
            {
                return Err(format!("lower limit {lower} is above upper limit {upper}"));
            }
            Ok(Reference::Numeric(Some(number)))
        }
        TaskKind::Codes => Ok(Reference::Codes(typed(value).map_err(|_| "expected a list of codes".to_owned())?)),
        TaskKind::LongForm => {
            let text: LongFormReference = typed(value).map_err(|why| format!("expected {{text?, facts?}}: {why}"))?;
            if text.text.is_none() && text.facts.is_empty() {
                return Err("neither a text nor facts".to_owned());
            }
            Ok(Reference::LongForm(text))
        }
        TaskKind::Dialogue | TaskKind::Agent => Ok(Reference::Checks(
            typed::<ChecksReference>(value).map_err(|why| format!("expected {{answer?, checks}}: {why}"))?,
        )),
    }
}
