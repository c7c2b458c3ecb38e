//! Systems on their way into a plan: as named, as recorded, as asked.

use std::collections::HashSet;
use std::io;

use bedside_core::item::TaskKind;
use bedside_core::manifest::DataClass;
use bedside_core::plan::{Plan, PlannedSystem, Role};
use bedside_core::problem::{Problem, Problems};
use bedside_core::{Digest, SystemSpec};
use serde_json::json;

use super::task::Task;
use super::{Calling, Request};
use crate::items::{Items, no_room};
use crate::recorded::{self, Recording};
use crate::system::exec::Exec;
use crate::system::local::Local;
use crate::system::null::NullPolicy;
use crate::system::remote::{self, Remote};

/// A system that is ready to be asked.
pub enum Subject {
    /// A policy without skill.
    Null(NullPolicy),
    /// Outputs known beforehand.
    Recorded(Recording),
    /// A chat endpoint. The spec is kept; the client is made once the plan says what would be sent.
    Remote(SystemSpec),
    /// A program that speaks JSON lines.
    Exec(SystemSpec),
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
            Self::Remote(spec) | Self::Exec(spec) | Self::Local(spec, _) => spec.to_string(),
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
            Self::Remote(spec) | Self::Exec(spec) | Self::Local(spec, _) => spec.clone(),
        }
    }

    /// Address of all that could change its answers. Where a recording lies does not; what it holds does.
    pub(super) fn address(&self, seed: u64) -> Digest {
        match self {
            Self::Null(_) => self.spec().digest(&json!({ "seed": seed })),
            Self::Recorded(recording) => {
                let extra = json!({ "system": recording.system, "recording": recording.digest });
                spec("recorded", "").digest(&extra)
            }
            Self::Remote(spec) | Self::Exec(spec) => spec.digest(&json!(null)),
            Self::Local(spec, local) => spec.digest(&local.identity()),
        }
    }

    pub(super) fn planned(&self, request: &Request, role: Role) -> PlannedSystem {
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

/// How a system of the plan is asked.
pub enum Asked {
    /// By rule.
    Null(NullPolicy),
    /// By looking it up.
    Recorded(Recording),
    /// By HTTP.
    Remote(Box<Remote>),
    /// By processes of the operator's, so many at once.
    Exec(Box<Exec>, usize),
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
            Self::Remote(remote) => Some(remote.host()),
            Self::Exec(..) => Some(Exec::host()),
            Self::Null(_) | Self::Recorded(_) | Self::Local(_) => None,
        }
    }

    /// Who is asked and on whose account: systems with the same one share a pace.
    pub fn account(&self) -> Option<Digest> {
        match self {
            Self::Remote(remote) => Some(remote.account()),
            Self::Exec(exec, _) => Some(exec.account()),
            Self::Null(_) | Self::Recorded(_) | Self::Local(_) => None,
        }
    }

    /// Whether asking sends anything to another machine, which may also cost money.
    pub fn leaves_the_machine(&self) -> bool {
        matches!(self, Self::Remote(remote) if !remote.is_loopback())
    }
}

pub(super) fn floor_policies(tasks: &[Task], subjects: &[Subject]) -> Vec<Subject> {
    NullPolicy::FLOORS
        .into_iter()
        .filter(|policy| tasks.iter().any(|task| policy.fits(task.kind())))
        .filter(|policy| !subjects.iter().any(|subject| matches!(subject, Subject::Null(given) if given == policy)))
        .map(Subject::Null)
        .collect()
}

/// Checks a system against the tasks and makes it ready.
pub(super) fn ready(
    subject: Subject,
    planned: &mut PlannedSystem,
    tasks: &[Task],
    known: Option<&KnownItems>,
    calling: &Calling,
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
            if let Some(known) = known {
                known.check(&recording, tasks)?;
            }
            // A recording takes part where it holds anything; elsewhere it was never meant to.
            let mut fitting = Vec::new();
            for (position, task) in tasks.iter().enumerate() {
                if holds_any(&recording, task).map_err(|error| no_room(&error))? {
                    fitting.push(position);
                }
            }
            planned.benchmarks = (fitting.len() < tasks.len()).then_some(fitting);
            Ok(Asked::Recorded(recording))
        }
        Subject::Remote(spec) => {
            let found = remote::check_settings(&spec);
            if !found.is_empty() {
                return Err(Problems(found));
            }
            let endpoint = remote::endpoint(&spec).map_err(|error| Problem::new("egress", error.to_string()))?;
            let mut class = DataClass::Synthetic;
            let mut what = String::new();
            for task in tasks {
                let table = &task.manifest.manifest.benchmark;
                calling
                    .egress
                    .permit(&endpoint, &table.id, table.data_class)
                    .map_err(|error| Problem::new("egress", error.to_string()))?;
                if table.data_class >= class {
                    class = table.data_class;
                    what.clone_from(&table.id);
                }
            }
            planned.host = Some(endpoint.host);
            let remote = Remote::new(&spec, &calling.egress, &what, class, calling.request_timeout)?;
            let unfit = |task: &&Task| remote.scores_options() && task.kind() != TaskKind::Choice;
            if let Some(task) = tasks.iter().find(unfit) {
                return Err(Problem::new(
                    "bad_setting",
                    format!("`score=options` of `{spec}` needs tasks with options"),
                )
                .because(format!("`{}` is no choice task", task.id()))
                .into());
            }
            if !remote.takes_images() {
                refuse_media(&spec, tasks)?;
            }
            Ok(Asked::Remote(Box::new(remote)))
        }
        Subject::Exec(spec) => {
            planned.host = Some(Exec::host().to_owned());
            let exec = Exec::new(&spec, calling.processes, calling.request_timeout);
            Ok(Asked::Exec(Box::new(exec), calling.processes))
        }
        Subject::Local(spec, local) => {
            refuse_media(&spec, tasks)?;
            Ok(Asked::Local(local))
        }
    }
}

/// A system that cannot be shown images would answer without them, and its score would say nothing of them.
fn refuse_media(spec: &SystemSpec, tasks: &[Task]) -> Result<(), Problem> {
    match tasks.iter().find(|task| task.shows_media) {
        None => Ok(()),
        Some(task) => Err(Problem::new("no_images", format!("`{spec}` cannot be shown images"))
            .because(format!("items of `{}` have files to show", task.id()))),
    }
}

/// Every item of the benchmarks of a run, those that were not selected among them: recordings may name them.
#[derive(Default)]
pub(super) struct KnownItems {
    benchmarks: Vec<(String, Items)>,
}

impl KnownItems {
    pub fn has(&self, benchmark: &str) -> bool {
        self.benchmarks.iter().any(|(id, _)| id == benchmark)
    }

    pub fn add(&mut self, benchmark: &str, items: &Items) {
        self.benchmarks.push((benchmark.to_owned(), items.clone()));
    }

    /// Every line of a recording must name one of them, and a wording of theirs if any.
    fn check(&self, recording: &Recording, tasks: &[Task]) -> Result<(), Problems> {
        let mut names = Vec::new();
        for (id, items) in &self.benchmarks {
            for item in items.iter() {
                names.push((id.as_str(), item.map_err(|error| no_room(&error))?.id));
            }
        }
        let lookup: HashSet<(&str, &str)> = names.iter().map(|(benchmark, item)| (*benchmark, item.as_str())).collect();
        let is_known = |benchmark: Option<&str>, item: &str| match benchmark {
            Some(name) => lookup.contains(&(name, item)),
            None => self.benchmarks.iter().any(|(id, _)| lookup.contains(&(id.as_str(), item))),
        };
        let items: Vec<&str> = names.iter().map(|(_, item)| item.as_str()).collect();
        let prompts = tasks.iter().flat_map(|task| &task.manifest.manifest.prompt);
        let prompts: Vec<&str> = prompts.map(|prompt| prompt.id.as_str()).collect();
        recorded::check_items(recording, &is_known, &items, &prompts)
    }
}

/// Whether a recording holds an answer to any item of a task.
fn holds_any(recording: &Recording, task: &Task) -> io::Result<bool> {
    let reference = task.manifest.reference_prompt();
    for item in task.items.iter() {
        let item = item?;
        let holds = task.prompts.iter().any(|prompt| {
            (0..recording.epochs())
                .any(|epoch| recording.holds(task.id(), &item.id, prompt.id(), prompt.id() == reference, epoch))
        });
        if holds {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Cells of a recorded system that its file lacks: of the whole plan, and of its share.
pub(super) fn unavailable(plan: &Plan, system: usize, tasks: &[Task], recording: &Recording) -> io::Result<(u64, u64)> {
    let (mut all, mut mine) = (0, 0);
    let mut last: Option<(usize, usize, String)> = None;
    for cell in plan.cells().filter(|cell| cell.system == system) {
        let task = &tasks[cell.benchmark];
        if last.as_ref().is_none_or(|(benchmark, item, _)| (*benchmark, *item) != (cell.benchmark, cell.item)) {
            last = Some((cell.benchmark, cell.item, task.items.get(cell.item)?.id));
        }
        let Some((.., item)) = &last else { continue };
        let prompt = task.prompts[cell.prompt].id();
        if !recording.holds(task.id(), item, prompt, prompt == task.manifest.reference_prompt(), cell.epoch) {
            all += 1;
            mine += u64::from(plan.holds(&plan.key(cell, task.items.digest(cell.item))));
        }
    }
    Ok((all, mine))
}
