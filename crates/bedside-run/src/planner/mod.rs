//! Benchmarks × systems → a plan, checked to the last template before anything is spent.

mod price;
mod subject;
mod task;

use std::collections::BTreeMap;
use std::time::Duration;

use bedside_core::benchmark::CheckedManifest;
use bedside_core::plan::{CellIndex, PLAN_VERSION, Plan, PlannedSystem, Role};
use bedside_core::problem::{Problem, Problems};
use bedside_core::prompt::PromptTemplate;
use bedside_core::{CellKey, Digest, Shard};
use bedside_store::{Content, RunReader};

pub use price::Price;
pub use subject::{Asked, Subject};
pub use task::{Task, scorers};

use crate::egress::Egress;
use crate::items::{Items, ItemsBuilder, no_room};
use crate::package::Package;
use subject::{KnownItems, floor_policies, ready, unavailable};
use task::{ItemList, planned_benchmark};

/// What the user asked for.
#[derive(Debug)]
pub struct Request {
    /// The benchmarks, each with the items wanted of it.
    pub benchmarks: Vec<(Package, Selection)>,
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
    /// The share of the plan that this command carries out; all of it unless said.
    pub shard: Option<Shard>,
}

/// How live systems are called.
#[derive(Clone, Debug)]
pub struct Calling {
    /// What may leave the machine.
    pub egress: Egress,
    /// Longest time for one request.
    pub request_timeout: Duration,
    /// Processes of one `exec:` system at once.
    pub processes: usize,
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

/// A plan with all that is needed to carry it out.
pub struct Workload {
    /// The plan, as recorded.
    pub plan: Plan,
    /// Its benchmarks.
    pub tasks: Vec<Task>,
    /// Its systems.
    pub systems: Vec<Asked>,
    /// The lists of items, for the run file.
    lists: Vec<Content>,
}

/// Makes the plan and the workload; every mistake that can be found beforehand is found here.
pub fn plan(mut request: Request, calling: &Calling, version: &str) -> Result<Workload, Problems> {
    let mut problems = Problems::new();
    let mut known = KnownItems::default();
    let (mut planned_benchmarks, mut tasks, mut lists) = (Vec::new(), Vec::new(), Vec::new());
    for (package, selection) in std::mem::take(&mut request.benchmarks) {
        if known.has(package.id()) {
            let what = format!("benchmark `{}` is given twice", package.id());
            problems.push(Problem::new("twice", what).because("its cells would be asked and paid for twice"));
            continue;
        }
        known.add(package.id(), &package.items);
        let (total, digest) = (package.items.len(), package.digest);
        let looked_through =
            select_prompts(&package.manifest, &request.prompts).map_err(Problems::from).and_then(|prompts| {
                let (items, words) = select_items(package.items, selection, request.seed);
                let mut list = ItemList::new()?;
                let task = Task::new(package.manifest, items, prompts, package.folder, request.seed, |item, json| {
                    list.add(item, json)
                })?;
                let (list, index) = list.finish()?;
                Ok((planned_benchmark(&task, digest, index, total, words), task, list))
            });
        match looked_through {
            Ok((planned, task, list)) => {
                planned_benchmarks.push(planned);
                tasks.push(task);
                lists.push(list);
            }
            Err(found) => problems.0.extend(found.0),
        }
    }
    let () = problems.or(())?;

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
        match ready(subject, &mut planned, &tasks, Some(&known), calling) {
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
        shard: request.shard,
        rescored: BTreeMap::new(),
    };
    let asked_systems = asked.len();
    for (position, asked) in asked.iter().enumerate() {
        if let Asked::Recorded(recording) = asked {
            let (all, mine) = unavailable(&plan, position, &tasks, recording).map_err(|error| no_room(&error))?;
            plan.systems[position].unavailable = all;
            if let Some(shard) = &mut plan.shard {
                shard.unavailable.resize(asked_systems, 0);
                shard.unavailable[position] = mine;
            }
        }
    }
    Ok(Workload { plan, tasks, systems: asked, lists })
}

/// The workload of a run file, for resuming it: items, wordings and manifests come from the file, not from today's packages.
pub fn resume(
    reader: &RunReader,
    calling: &Calling,
    mut subject: impl FnMut(&PlannedSystem) -> Result<Subject, Problems>,
) -> Result<Workload, Problems> {
    let broken = |error: &dyn std::fmt::Display| Problems::from(Problem::new("unreadable_run", error.to_string()));
    let plan = reader.plan_in_force().map_err(|error| broken(&error))?;
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
            .hint(format!(
                "`bedside rescore {}` scores all of it by this version, and it can then be resumed; or finish it with bedside {}",
                reader.path().display(),
                plan.bedside
            ))
            .into());
        }
        let mut items = ItemsBuilder::new()?;
        let mut kept = Ok(());
        reader
            .for_each_item(position, |item| {
                if kept.is_ok() {
                    kept = items.push(&reader.item(&item)?);
                }
                Ok(())
            })
            .map_err(|error| broken(&error))?;
        kept?;
        let prompts = manifest
            .prompts()
            .into_iter()
            .filter(|prompt| planned.prompts.iter().any(|p| p.digest == prompt.digest()))
            .collect();
        tasks.push(Task::new(manifest, items.finish()?, prompts, None, plan.seed, |_, _| Ok(()))?);
    }
    let mut systems = Vec::new();
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
        systems.push(ready(subject, &mut planned.clone(), &tasks, None, calling)?);
    }
    Ok(Workload { plan, tasks, systems, lists: Vec::new() })
}

impl Workload {
    /// Cells of a system that this command can attempt: those of its share that a recording does not lack.
    pub fn to_attempt(&self, system: usize) -> u64 {
        let planned = if self.plan.shard.is_some() {
            let cells = self.plan.cells().filter(|cell| cell.system == system);
            cells.filter(|cell| self.plan.holds(&self.key(*cell))).count() as u64
        } else {
            self.plan.cells_of(system)
        };
        planned - self.plan.unavailable_of(system)
    }

    /// The key of a cell.
    pub fn key(&self, cell: CellIndex) -> CellKey {
        self.plan.key(cell, self.tasks[cell.benchmark].items.digest(cell.item))
    }

    /// Large parts of the plan for the run file: manifests, items, and the lists of items. They can be taken once.
    pub fn content(&mut self) -> impl Iterator<Item = std::io::Result<Content>> + use<'_> {
        let lists = std::mem::take(&mut self.lists);
        let manifests = self.tasks.iter().map(|task| Ok(Content::Bytes(task.manifest.text.clone().into_bytes())));
        let items = self
            .tasks
            .iter()
            .flat_map(|task| (0..task.items.len()).map(|position| task.items.json(position).map(Content::Bytes)));
        manifests.chain(items).chain(lists.into_iter().map(Ok))
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

fn select_items(items: Items, selection: Selection, seed: u64) -> (Items, String) {
    let total = items.len();
    match selection {
        Selection::All => (items, "all".to_owned()),
        Selection::First(n) if n >= total => (items, "all".to_owned()),
        Selection::Random(n) if n >= total => (items, "all".to_owned()),
        Selection::First(n) => (items.pick(0..n), format!("first {n} of {total}")),
        Selection::Random(n) => {
            // Items are ranked by a digest of seed and content: the draw does not depend on the order of the file.
            let mut ranked: Vec<(Digest, usize)> = items
                .digests()
                .enumerate()
                .map(|(at, digest)| (Digest::of_parts([&seed.to_le_bytes()[..], digest.bytes()]), at))
                .collect();
            ranked.sort_unstable();
            let mut chosen: Vec<usize> = ranked.into_iter().take(n).map(|(_, at)| at).collect();
            chosen.sort_unstable();
            (items.pick(chosen), format!("{n} of {total} at random, seed {seed}"))
        }
    }
}
