//! `--model` names → systems that are ready to be planned.

use std::path::{Path, PathBuf};

use bedside_core::SystemSpec;
use bedside_core::plan::PlannedSystem;
use bedside_core::problem::{Problem, Problems};
use bedside_core::system::SystemNameError;
use bedside_run::fetch::Fetcher;
use bedside_run::planner::Subject;
use bedside_run::system::local::{self, Local};
use bedside_run::system::null::NullPolicy;
use bedside_run::system::{providers, wire};
use bedside_run::{package, recorded, weights};

use crate::failure::Failure;
use crate::output;

/// Everything a `--model` name can stand for.
pub async fn resolve(name: &str, fetcher: &Fetcher, self_test: bool) -> Result<Vec<Subject>, Failure> {
    let spec = SystemSpec::parse(name).map_err(|error| name_problem(name, &error))?;
    match spec.provider.as_str() {
        "null" => {
            let policy = NullPolicy::named(&spec.model).filter(|_| spec.settings.is_empty()).ok_or_else(|| {
                Problem::new("unknown_policy", format!("unknown null policy `{}`", spec.model))
                    .suggest(&spec.model, NullPolicy::FLOORS.map(NullPolicy::name))
            })?;
            if policy == NullPolicy::Oracle && !self_test {
                return Err(Problem::new(
                    "self_test",
                    "`null/oracle` gives the references: it tests scorers and is no system",
                )
                .hint("--self-test allows it")
                .into());
            }
            Ok(vec![Subject::Null(policy)])
        }
        "recorded" => recordings(&spec.model, fetcher).await,
        "exec" => Ok(vec![Subject::Exec(spec)]),
        provider if wire::of(provider).is_some() => Ok(vec![Subject::Remote(spec)]),
        "local" => {
            check_local(&spec)?;
            let weights = weights::obtain(fetcher, &output::say).await?;
            Ok(vec![Subject::Local(spec.clone(), Local::load(&spec, &weights)?)])
        }
        other => Err(Problem::new("unknown_provider", format!("unknown provider `{other}` in `{name}`"))
            .suggest(other, providers().map(|(name, _)| name))
            .into()),
    }
}

/// The system that a resumed run asked. Weights and recordings must be those it began with.
pub fn again(planned: &PlannedSystem, fetcher: &Fetcher) -> Result<Subject, Problems> {
    let spec = SystemSpec {
        provider: planned.provider.clone(),
        model: planned.model.clone(),
        settings: planned.settings.clone(),
    };
    match planned.provider.as_str() {
        "null" => NullPolicy::named(&planned.model).map(Subject::Null).ok_or_else(|| {
            Problem::new("unknown_policy", format!("this version has no null policy `{}`", planned.model)).into()
        }),
        "recorded" => recorded::read(Path::new(&planned.model))?
            .into_iter()
            .find(|recording| recording.system == planned.name)
            .map(Subject::Recorded)
            .ok_or_else(|| {
                Problem::new(
                    "recording_changed",
                    format!("{} no longer holds outputs of `{}`", planned.model, planned.name),
                )
                .into()
            }),
        "exec" => Ok(Subject::Exec(spec)),
        provider if wire::of(provider).is_some() => Ok(Subject::Remote(spec)),
        "local" => {
            let weights = weights::cached(&fetcher.cache).ok_or_else(|| {
                Problem::new("no_weights", "the embedded model is not in the cache any more")
                    .hint("`bedside fetch local/smollm2-135m` brings it")
            })?;
            Ok(Subject::Local(spec.clone(), Local::load(&spec, &weights)?))
        }
        other => Err(Problem::new("unknown_provider", format!("this version has no provider `{other}`")).into()),
    }
}

/// A file of recorded outputs, or `BENCHMARK` / `BENCHMARK/SYSTEM` for those that come with a recipe.
async fn recordings(file: &str, fetcher: &Fetcher) -> Result<Vec<Subject>, Failure> {
    let path = Path::new(file);
    let path = if path.is_file() { path.to_owned() } else { shipped(file, fetcher).await? };
    let mut subjects = Vec::new();
    let files = if path.is_dir() {
        let mut files: Vec<PathBuf> =
            std::fs::read_dir(&path).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        files.sort();
        files
    } else {
        vec![path]
    };
    for file in files {
        subjects.extend(recorded::read(&file)?.into_iter().map(Subject::Recorded));
    }
    Ok(subjects)
}

/// Recorded outputs that a recipe converts; kept in the cache, where the run file can find them again.
async fn shipped(name: &str, fetcher: &Fetcher) -> Result<PathBuf, Failure> {
    let missing = || {
        Problem::new("no_file", format!("no file `{name}`")).because("recorded:FILE.jsonl names a file of recorded outputs, and recorded:BENCHMARK/SYSTEM one that comes with a recipe")
    };
    let (benchmark, system) =
        name.split_once('/').map_or((name, None), |(benchmark, system)| (benchmark, Some(system)));
    let Ok(found) = package::find(benchmark) else {
        return Err(missing().into());
    };
    let manifest = package::manifest(&found)?;
    if manifest.manifest.recorded.is_empty() {
        return Err(missing().hint(format!("no recorded outputs come with `{benchmark}`")).into());
    }
    let folder = crate::commands::fetch::keep_recorded(&manifest, fetcher).await?;
    let Some(system) = system else { return Ok(folder) };
    let names: Vec<&str> = manifest.manifest.recorded.iter().map(|recorded| recorded.system.as_str()).collect();
    if !names.contains(&system) {
        return Err(Problem::new("unknown_system", format!("no recorded system `{system}` comes with `{benchmark}`"))
            .suggest(system, names)
            .into());
    }
    Ok(folder.join(crate::commands::fetch::recorded_name(system)))
}

fn check_local(spec: &SystemSpec) -> Result<(), Problem> {
    if spec.model == local::MODEL {
        return Ok(());
    }
    Err(Problem::new("unknown_model", format!("unknown embedded model `{}`", spec.model))
        .because("one small model is embedded; larger ones are asked through a server")
        .hint(format!("`local/{}`, or openai/NAME with OPENAI_BASE_URL=http://127.0.0.1:8000/v1", local::MODEL)))
}

fn name_problem(name: &str, error: &SystemNameError) -> Problem {
    let problem = Problem::new("bad_system", error.to_string());
    match error {
        SystemNameError::NoProvider(_) => {
            let provider = bedside_core::problem::nearest(name, providers().map(|(name, _)| name));
            match provider {
                Some(provider) => problem.hint(format!("did you mean `{provider}/…`?")),
                None => problem.hint(format!("write provider/model, such as openai/{name} or null/random")),
            }
        }
        _ => problem.hint("write provider/model?key=value, such as openai/gpt-x?temperature=0"),
    }
}
