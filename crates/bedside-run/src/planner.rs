//! Benchmarks × systems → a plan, checked to the last template before anything is spent.

use std::collections::{HashMap, HashSet};

use bedside_core::benchmark::{Benchmark, CheckedManifest};
use bedside_core::item::{Item, TaskKind};
use bedside_core::manifest::{DataClass, Reader};
use bedside_core::plan::{PLAN_VERSION, Plan, PlannedBenchmark, PlannedItem, PlannedPrompt, PlannedSystem, Role};
use bedside_core::problem::{Place, Problem, Problems};
use bedside_core::prompt::PromptTemplate;
use bedside_core::{Digest, SystemSpec};
use bedside_score::Scorer;
use bedside_store::RunReader;
use serde_json::json;

use crate::egress::Egress;
use crate::recorded::{self, Recording};
use crate::system::local::Local;
use crate::system::null::{NullContext, NullPolicy};
use crate::system::openai::{self, OpenAi};

/// What the user asked for.
#[derive(Debug)]
pub struct Request {
    /// The benchmarks, each with the items wanted of it.
    pub benchmarks: Vec<(Benchmark, Selection)>,
    /// The systems.
    pub systems: Vec<Subject>,
    /// Repetitions; a recording's own number unless said.
    pub epochs: Option<u32>,
    /// Which wordings, by name; the reference wording when empty; `all` for all.
    pub prompts: Vec<String>,
    /// Seed of all draws.
    pub seed: u64,
    /// Whether null policies are added.
    pub floors: bool,
}

/// Which items of each benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// All.
    All,
    /// The first so many.
    First(usize),
    /// So many at random, by the run's seed.
    Random(usize),
}

/// A system that is ready to be asked.
pub enum Subject {
    /// A policy without skill.
    Null(NullPolicy),
    /// Outputs known beforehand.
    Recorded(Recording),
    /// A chat endpoint. The spec is kept; the client is made once the plan says what would be sent.
    OpenAi(SystemSpec),
    /// The embedded model.
    Local(SystemSpec, Local),
}

impl std::fmt::Debug for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name())
    }
}

impl Subject {
    /// The name in tables.
    pub fn name(&self) -> String {
        match self {
            Self::Null(policy) => format!("null/{}", policy.name()),
            Self::Recorded(recording) => recording.system.clone(),
            Self::OpenAi(spec) | Self::Local(spec, _) => spec.to_string(),
        }
    }

    /// How the system is written in a plan.
    fn spec(&self) -> SystemSpec {
        match self {
            Self::Null(policy) => spec("null", policy.name()),
            // Resuming from another folder must find it again.
            Self::Recorded(recording) => {
                let path = recording.path.canonicalize().unwrap_or_else(|_| recording.path.clone());
                spec("recorded", &path.display().to_string())
            }
            Self::OpenAi(spec) | Self::Local(spec, _) => spec.clone(),
        }
    }

    /// Address of all that could change its answers. Where a recording lies does not; what it holds does.
    fn address(&self, seed: u64) -> Digest {
        match self {
            Self::Null(_) => self.spec().digest(&json!({ "seed": seed })),
            Self::Recorded(recording) => {
                let extra = json!({ "system": recording.system, "recording": recording.digest });
                spec("recorded", "").digest(&extra)
            }
            Self::OpenAi(spec) => spec.digest(&json!(null)),
            Self::Local(spec, local) => spec.digest(&local.identity()),
        }
    }

    fn planned(&self, request: &Request, role: Role) -> PlannedSystem {
        let epochs = match self {
            Self::Recorded(recording) => {
                request.epochs.map_or(recording.epochs(), |asked| asked.min(recording.epochs()))
            }
            _ => request.epochs.unwrap_or(1),
        };
        let spec = self.spec();
        PlannedSystem {
            name: self.name(),
            digest: self.address(request.seed),
            provider: spec.provider,
            model: spec.model,
            settings: spec.settings,
            role,
            epochs: if role == Role::Floor { 1 } else { epochs },
            unavailable: 0,
            host: None,
            reference_prompt_only: role == Role::Floor,
            benchmarks: None,
        }
    }
}

fn spec(provider: &str, model: &str) -> SystemSpec {
    SystemSpec { provider: provider.to_owned(), model: model.to_owned(), settings: serde_json::Map::new() }
}

/// One benchmark, ready to be asked and scored.
#[derive(Debug)]
pub struct Task {
    /// Its manifest.
    pub manifest: CheckedManifest,
    /// The selected items, in plan order.
    pub items: Vec<Item>,
    /// The selected wordings, in plan order.
    pub prompts: Vec<PromptTemplate>,
    /// Its scorers.
    pub scorers: Vec<Scorer>,
    /// What null policies know of it.
    pub null: NullContext,
}

impl Task {
    fn new(
        manifest: CheckedManifest,
        items: Vec<Item>,
        prompts: Vec<PromptTemplate>,
        seed: u64,
    ) -> Result<Self, Problem> {
        let scorers = manifest
            .manifest
            .scorer
            .iter()
            .map(|table| {
                Scorer::new(table)
                    .map(|scorer| scorer.of_task(&manifest.manifest.task))
                    .map_err(|error| Problem::new("bad_scorer", error.to_string()))
            })
            .collect::<Result<_, _>>()?;
        let null = NullContext::new(&items, &manifest.manifest.task, seed);
        Ok(Self { manifest, items, prompts, scorers, null })
    }

    /// Who reads the answer.
    pub const fn reader(&self) -> Reader {
        self.manifest.manifest.task.reader
    }

    fn kind(&self) -> TaskKind {
        self.manifest.manifest.task.kind
    }
}

/// How a system of the plan is asked.
pub enum Asked {
    /// By rule.
    Null(NullPolicy),
    /// By looking it up.
    Recorded(Recording),
    /// By HTTP.
    OpenAi(Box<OpenAi>),
    /// Here.
    Local(Local),
}

impl Asked {
    /// Whether answers are known without asking anyone.
    pub const fn is_resolved(&self) -> bool {
        matches!(self, Self::Null(_) | Self::Recorded(_))
    }

    /// Where calls go, when they leave the process.
    pub fn host(&self) -> Option<&str> {
        match self {
            Self::OpenAi(openai) => Some(openai.host()),
            Self::Null(_) | Self::Recorded(_) | Self::Local(_) => None,
        }
    }

    /// Whether asking sends anything to another machine, which may also cost money.
    pub fn leaves_the_machine(&self) -> bool {
        matches!(self, Self::OpenAi(openai) if !openai.is_loopback())
    }
}

/// A plan with all that is needed to carry it out.
pub struct Workload {
    /// The plan, as recorded.
    pub plan: Plan,
    /// Its benchmarks.
    pub tasks: Vec<Task>,
    /// Its systems.
    pub systems: Vec<Asked>,
    /// Large parts of the plan for the run file: manifests, items, wordings.
    pub blobs: Vec<Vec<u8>>,
}

/// What a plan would cost, for the question before anything is spent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// The system.
    pub system: String,
    /// Its cells.
    pub cells: u64,
    /// Where its calls go, when they leave the process.
    pub host: Option<String>,
    /// Whether the host is another machine.
    pub remote: bool,
    /// Characters that would be sent; about four to a token.
    pub prompt_characters: u64,
    /// Most tokens that may be written, where a limit is declared.
    pub completion_tokens: Option<u64>,
}

/// Makes the plan and the workload; every mistake that can be found beforehand is found here.
pub fn plan(mut request: Request, egress: &Egress, version: &str) -> Result<Workload, Problems> {
    let mut problems = Problems::new();
    let benchmarks = std::mem::take(&mut request.benchmarks);
    let mut known: HashMap<String, Vec<String>> = HashMap::new();
    let mut blobs = Vec::new();
    let mut planned_benchmarks = Vec::new();
    let mut tasks = Vec::new();
    for (benchmark, selection) in benchmarks {
        if known.contains_key(benchmark.id()) {
            let what = format!("benchmark `{}` is given twice", benchmark.id());
            problems.push(Problem::new("twice", what).because("its cells would be asked and paid for twice"));
            continue;
        }
        known.insert(benchmark.id().to_owned(), benchmark.items.iter().map(|item| item.id.clone()).collect());
        let total = benchmark.items.len();
        let package = benchmark.digest;
        let prompts = match select_prompts(&benchmark.manifest, &request.prompts) {
            Ok(prompts) => prompts,
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        let (items, words) = select_items(benchmark.items, selection, request.seed);
        match Task::new(benchmark.manifest, items, prompts, request.seed) {
            Ok(task) => {
                planned_benchmarks.push(planned_benchmark(&task, package, total, words, &mut blobs));
                tasks.push(task);
            }
            Err(problem) => problems.push(problem),
        }
    }
    let () = problems.or(())?;
    check_templates(&tasks)?;

    let mut systems = Vec::new();
    let mut asked = Vec::new();
    let mut problems = Problems::new();
    let subjects = std::mem::take(&mut request.systems);
    let floors: Vec<Subject> = if request.floors { floor_policies(&tasks, &subjects) } else { Vec::new() };
    let subjects = subjects.into_iter().map(|subject| (subject, Role::Subject));
    for (subject, role) in subjects.chain(floors.into_iter().map(|subject| (subject, Role::Floor))) {
        let mut planned = subject.planned(&request, role);
        if systems.iter().any(|other: &PlannedSystem| other.name == planned.name) {
            problems.push(
                Problem::new("twice", format!("system `{}` is given twice", planned.name))
                    .hint("put the outputs of one system into one file"),
            );
            continue;
        }
        match ready(subject, &mut planned, &tasks, &known, egress) {
            Ok(ready) => {
                asked.push(ready);
                systems.push(planned);
            }
            Err(found) => problems.0.extend(found.0),
        }
    }
    let () = problems.or(())?;
    let mut plan = Plan {
        v: PLAN_VERSION,
        bedside: version.to_owned(),
        seed: request.seed,
        benchmarks: planned_benchmarks,
        systems,
    };
    for (position, asked) in asked.iter().enumerate() {
        if let Asked::Recorded(recording) = asked {
            plan.systems[position].unavailable = unavailable(&plan, position, &tasks, recording);
        }
    }
    Ok(Workload { plan, tasks, systems: asked, blobs })
}

/// The workload of a run file, for resuming it: items, wordings and manifests come from the file, not from today's packages.
pub fn resume(
    reader: &RunReader,
    egress: &Egress,
    mut subject: impl FnMut(&PlannedSystem) -> Result<Subject, Problems>,
) -> Result<Workload, Problems> {
    let broken = |error: &dyn std::fmt::Display| Problems::from(Problem::new("unreadable_run", error.to_string()));
    let plan = reader.plan().clone();
    let mut tasks = Vec::new();
    for (position, planned) in plan.benchmarks.iter().enumerate() {
        let text = reader.blob(&planned.manifest).map_err(|error| broken(&error))?;
        let text = String::from_utf8(text).map_err(|error| broken(&error))?;
        let manifest =
            CheckedManifest::parse(&format!("{} (in the run file)", planned.id), &text, bedside_score::catalogue())?;
        if manifest.metrics != planned.metrics {
            return Err(Problem::new(
                "scorers_changed",
                format!("the scorers of `{}` changed since this run was started", planned.id),
            )
            .because("half a run scored by one version and half by another would not be one result")
            .hint(format!("finish it with bedside {}", plan.bedside))
            .into());
        }
        let mut items = Vec::new();
        for item in reader.items(position).map_err(|error| broken(&error))? {
            items.push(reader.item(&item).map_err(|error| broken(&error))?);
        }
        let prompts = manifest
            .prompts()
            .into_iter()
            .filter(|prompt| planned.prompts.iter().any(|p| p.digest == prompt.digest()))
            .collect();
        tasks.push(Task::new(manifest, items, prompts, plan.seed)?);
    }
    let mut systems = Vec::new();
    let known: HashMap<String, Vec<String>> = HashMap::new();
    for planned in &plan.systems {
        let subject = subject(planned)?;
        if subject.address(plan.seed) != planned.digest {
            return Err(Problem::new(
                "system_changed",
                format!("`{}` is not what it was when this run was started", planned.name),
            )
            .because("half a run by one system and half by another would not be one result")
            .hint("bring back the same file or weights, or start a new run")
            .into());
        }
        systems.push(ready(subject, &mut planned.clone(), &tasks, &known, egress)?);
    }
    Ok(Workload { plan, tasks, systems, blobs: Vec::new() })
}

impl Workload {
    /// What the plan would cost, system by system; null policies that were added for the floors are left out.
    pub fn prices(&self) -> Vec<Price> {
        let mut prices = Vec::new();
        for (position, planned) in
            self.plan.systems.iter().enumerate().filter(|(_, planned)| planned.role == Role::Subject)
        {
            let mut price = Price {
                system: planned.name.clone(),
                cells: self.plan.cells_of(position) - planned.unavailable,
                host: self.systems[position].host().map(str::to_owned),
                remote: self.systems[position].leaves_the_machine(),
                prompt_characters: 0,
                completion_tokens: Some(0),
            };
            if !self.systems[position].is_resolved() {
                for (benchmark, task) in
                    self.tasks.iter().enumerate().filter(|(benchmark, _)| planned.takes_part_in(*benchmark))
                {
                    let characters: usize = task
                        .prompts
                        .iter()
                        .flat_map(|prompt| task.items.iter().filter_map(move |item| prompt.render(item).ok()))
                        .map(|prompt| prompt.text().chars().count())
                        .sum();
                    price.prompt_characters += characters as u64 * u64::from(planned.epochs);
                    let limit = planned
                        .settings
                        .get("max_tokens")
                        .or_else(|| planned.settings.get("max_completion_tokens"))
                        .and_then(serde_json::Value::as_u64);
                    let limit = limit.or_else(|| task.manifest.manifest.task.max_tokens.map(u64::from));
                    let cells = self.plan.benchmarks[benchmark].selected
                        * task.prompts.len() as u64
                        * u64::from(planned.epochs);
                    price.completion_tokens =
                        price.completion_tokens.zip(limit).map(|(sum, limit)| sum + limit * cells);
                }
            }
            prices.push(price);
        }
        prices
    }
}

fn select_prompts(manifest: &CheckedManifest, wanted: &[String]) -> Result<Vec<PromptTemplate>, Problem> {
    let mut prompts = manifest.prompts();
    if wanted.is_empty() {
        prompts.truncate(1);
        return Ok(prompts);
    }
    if wanted.iter().any(|name| name == "all") {
        return Ok(prompts);
    }
    for name in wanted {
        if !prompts.iter().any(|prompt| prompt.id() == name) {
            return Err(Problem::new(
                "unknown_prompt",
                format!("`{}` has no prompt `{name}`", manifest.manifest.benchmark.id),
            )
            .suggest(name, prompts.iter().map(PromptTemplate::id).chain(["all"])));
        }
    }
    prompts.retain(|prompt| wanted.iter().any(|name| name == prompt.id()));
    Ok(prompts)
}

fn select_items(items: Vec<Item>, selection: Selection, seed: u64) -> (Vec<Item>, String) {
    let total = items.len();
    match selection {
        Selection::All => (items, "all".to_owned()),
        Selection::First(n) if n >= total => (items, "all".to_owned()),
        Selection::Random(n) if n >= total => (items, "all".to_owned()),
        Selection::First(n) => (items.into_iter().take(n).collect(), format!("first {n} of {total}")),
        Selection::Random(n) => {
            // Items are ranked by a digest of seed and content: the draw does not depend on the order of the file.
            let mut ranked: Vec<(Digest, usize)> = items
                .iter()
                .enumerate()
                .map(|(at, item)| (Digest::of_parts([&seed.to_le_bytes()[..], item.digest.bytes()]), at))
                .collect();
            ranked.sort_unstable();
            let mut chosen: Vec<bool> = vec![false; total];
            for (_, at) in ranked.into_iter().take(n) {
                chosen[at] = true;
            }
            let items = items.into_iter().zip(chosen).filter_map(|(item, chosen)| chosen.then_some(item)).collect();
            (items, format!("{n} of {total} at random, seed {seed}"))
        }
    }
}

fn planned_benchmark(
    task: &Task,
    package: Digest,
    total: usize,
    selection: String,
    blobs: &mut Vec<Vec<u8>>,
) -> PlannedBenchmark {
    let mut keep = |bytes: Vec<u8>| {
        let digest = Digest::of(&bytes);
        blobs.push(bytes);
        digest
    };
    let manifest = keep(task.manifest.text.clone().into_bytes());
    let items: Vec<PlannedItem> = task
        .items
        .iter()
        .map(|item| PlannedItem {
            id: item.id.clone(),
            cluster: item.cluster.clone(),
            template: item.template.clone(),
            strata: item.strata.clone(),
            digest: item.digest,
            blob: keep(serde_json::to_vec(item).expect("items came from JSON")),
        })
        .collect();
    let index = keep(serde_json::to_vec(&items).expect("ids and digests"));
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
        manifest,
        index,
        items: total as u64,
        selected: items.len() as u64,
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

/// Fills every wording in for every item: a missing field is found now, not in cell 19,000.
fn check_templates(tasks: &[Task]) -> Result<(), Problems> {
    let mut problems = Problems::new();
    for task in tasks {
        for prompt in &task.prompts {
            if let Some((item, error)) =
                task.items.iter().find_map(|item| prompt.render(item).err().map(|error| (item, error)))
            {
                let fields: Vec<&str> = item.input.keys().map(String::as_str).collect();
                problems.push(
                    Problem::new("bad_template", error.to_string())
                        .at(Place::file(format!("benchmark.toml of {}", task.manifest.manifest.benchmark.id)))
                        .because(format!("with item `{}`", item.id))
                        .hint(format!("fields of its input: {}", fields.join(", "))),
                );
            }
        }
    }
    problems.or(())
}

fn floor_policies(tasks: &[Task], subjects: &[Subject]) -> Vec<Subject> {
    NullPolicy::FLOORS
        .into_iter()
        .filter(|policy| tasks.iter().any(|task| policy.fits(task.kind())))
        .filter(|policy| !subjects.iter().any(|subject| matches!(subject, Subject::Null(given) if given == policy)))
        .map(Subject::Null)
        .collect()
}

/// Checks a system against the tasks and makes it ready.
fn ready(
    subject: Subject,
    planned: &mut PlannedSystem,
    tasks: &[Task],
    known: &HashMap<String, Vec<String>>,
    egress: &Egress,
) -> Result<Asked, Problems> {
    match subject {
        Subject::Null(policy) => {
            let fitting: Vec<usize> =
                tasks.iter().enumerate().filter(|(_, task)| policy.fits(task.kind())).map(|(at, _)| at).collect();
            if fitting.is_empty() {
                return Err(Problem::new(
                    "policy_does_not_fit",
                    format!("null policy `{}` fits none of these tasks", policy.name()),
                )
                .into());
            }
            planned.benchmarks = (fitting.len() < tasks.len()).then_some(fitting);
            Ok(Asked::Null(policy))
        }
        Subject::Recorded(recording) => {
            if !known.is_empty() {
                let lookup: HashSet<(&str, &str)> = known
                    .iter()
                    .flat_map(|(id, items)| items.iter().map(move |item| (id.as_str(), item.as_str())))
                    .collect();
                let is_known = |benchmark: Option<&str>, item: &str| match benchmark {
                    Some(name) => lookup.contains(&(name, item)),
                    None => known.keys().any(|id| lookup.contains(&(id.as_str(), item))),
                };
                let names: Vec<&str> = known.values().flatten().map(String::as_str).collect();
                let prompts = tasks.iter().flat_map(|task| &task.manifest.manifest.prompt);
                let prompts: Vec<&str> = prompts.map(|prompt| prompt.id.as_str()).collect();
                recorded::check_items(&recording, &is_known, &names, &prompts)?;
            }
            // A recording takes part where it holds anything; elsewhere it was never meant to.
            let fitting = tasks.iter().enumerate().filter(|(_, task)| holds_any(&recording, task)).map(|(at, _)| at);
            let fitting: Vec<usize> = fitting.collect();
            planned.benchmarks = (fitting.len() < tasks.len()).then_some(fitting);
            Ok(Asked::Recorded(recording))
        }
        Subject::OpenAi(spec) => {
            let found = openai::check_settings(&spec);
            if !found.is_empty() {
                return Err(Problems(found));
            }
            let endpoint = openai::endpoint().map_err(|error| Problem::new("egress", error.to_string()))?;
            let mut class = DataClass::Synthetic;
            let mut what = String::new();
            for task in tasks {
                let table = &task.manifest.manifest.benchmark;
                egress
                    .permit(&endpoint, &table.id, table.data_class)
                    .map_err(|error| Problem::new("egress", error.to_string()))?;
                if table.data_class >= class {
                    class = table.data_class;
                    what.clone_from(&table.id);
                }
            }
            planned.host = Some(endpoint.host);
            Ok(Asked::OpenAi(Box::new(OpenAi::new(&spec, egress, &what, class)?)))
        }
        Subject::Local(_, local) => Ok(Asked::Local(local)),
    }
}

/// Whether a recording holds an answer to any item of a task.
fn holds_any(recording: &Recording, task: &Task) -> bool {
    let benchmark = &task.manifest.manifest.benchmark.id;
    let reference = task.manifest.reference_prompt();
    task.items.iter().any(|item| {
        task.prompts.iter().any(|prompt| {
            (0..recording.epochs()).any(|epoch| {
                recording.answer(benchmark, &item.id, prompt.id(), prompt.id() == reference, epoch).is_some()
            })
        })
    })
}

/// Cells of a recorded system that its file lacks.
fn unavailable(plan: &Plan, system: usize, tasks: &[Task], recording: &Recording) -> u64 {
    plan.cells()
        .filter(|cell| cell.system == system)
        .filter(|cell| {
            let task = &tasks[cell.benchmark];
            let prompt = task.prompts[cell.prompt].id();
            recording
                .answer(
                    &plan.benchmarks[cell.benchmark].id,
                    &task.items[cell.item].id,
                    prompt,
                    prompt == task.manifest.reference_prompt(),
                    cell.epoch,
                )
                .is_none()
        })
        .count() as u64
}
