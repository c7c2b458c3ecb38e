//! `demo`: the main job with no key. Live: the embedded model and null policies on a small sample of every domain. Recorded: real outputs of
//! real systems on real data, reproducing published scores and showing what stands beside them.

use bedside_core::item::TaskKind;
use bedside_run::budget::Limits;
use bedside_run::package::{self, Found, Package};
use bedside_run::planner::{self, Request, Selection, Subject};
use bedside_run::prices::Prices;
use bedside_run::system::local::{Local, MODEL};
use bedside_run::{recorded, weights};

use crate::args::{Demo, Global, Live};
use crate::commands::report::Detail;
use crate::commands::{calling, carry_out, fetch, fetcher};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{output, runs};

/// Short answers: the demonstration must end within minutes on two cores.
const MAX_TOKENS: u32 = 64;
/// Answers of the embedded model to the demonstration's items, for machines that cannot fetch its weights.
const REPLAY: &str = include_str!("demo/smollm2-135m.jsonl");
/// Seed of the sample for which those answers were recorded.
const REPLAY_SEED: u64 = 1;
/// Items of each domain, for which those answers were recorded too. On two cores the embedded model takes about 20 seconds an item of each.
pub const SAMPLE: usize = 6;

/// `bedside demo`
pub async fn demo(global: &Global, args: &Demo) -> Result<Exit, Failure> {
    let fetcher = fetcher(global);
    let mut benchmarks: Vec<Package> = Vec::new();
    let mut out_of_reach = Vec::new();
    for name in bedside_recipes::embedded::names() {
        match package::load(&Found::Embedded(name), &fetcher).await {
            Ok(benchmark) => benchmarks.push(benchmark),
            Err(problems) => out_of_reach.push((name, problems)),
        }
    }
    if let Some((_, first)) = out_of_reach.first() {
        let names: Vec<&str> = out_of_reach.iter().map(|(name, _)| *name).collect();
        output::say(&format!(
            "not in this demonstration, because their files could not be fetched: {}\n{first}",
            names.join(", ")
        ));
    }

    output::say(
        "\n1. live: an embedded model of 135 million parameters, and policies without any skill\n   This proves the plumbing. The scores mean nothing clinically.",
    );
    let exit = live(global, args, &fetcher, benchmarks.clone()).await?;

    output::say("\n2. recorded: outputs that real systems gave to real cases");
    let mut subjects = Vec::new();
    let mut with_outputs = Vec::new();
    for benchmark in benchmarks {
        if benchmark.manifest.manifest.recorded.is_empty() {
            continue;
        }
        match fetch::keep_recorded(&benchmark.manifest, &fetcher).await {
            Ok(folder) => {
                for table in &benchmark.manifest.manifest.recorded {
                    subjects.extend(
                        recorded::read(&folder.join(fetch::recorded_name(&table.system)))?
                            .into_iter()
                            .map(Subject::Recorded),
                    );
                }
                with_outputs.push((benchmark, Selection::All));
            }
            Err(failure) => output::problems(&failure.problems, global.format),
        }
    }
    if subjects.is_empty() {
        output::say(
            "   none could be fetched here: with a network or BEDSIDE_MIRROR this part replays published systems",
        );
        return Ok(exit);
    }
    let request = Request {
        benchmarks: with_outputs,
        systems: subjects,
        epochs: None,
        prompts: Vec::new(),
        seed: args.seed,
        floors: true,
        shard: None,
    };
    let recorded = replay(global, args, request, "recorded").await?;
    Ok(if exit == Exit::Done { recorded } else { exit })
}

async fn live(
    global: &Global,
    args: &Demo,
    fetcher: &bedside_run::fetch::Fetcher,
    benchmarks: Vec<Package>,
) -> Result<Exit, Failure> {
    let name = format!("local/{MODEL}?max_tokens={MAX_TOKENS}");
    let spec = bedside_core::SystemSpec::parse(&name)
        .map_err(|error| bedside_core::Problem::new("internal", error.to_string()))?;
    let mut seed = args.seed;
    let mut sample = args.sample;
    let systems = match weights::obtain(fetcher, &output::say).await {
        Ok(path) => vec![Subject::Local(spec.clone(), Local::load(&spec, &path)?)],
        Err(problems) => {
            output::say(&format!(
                "{problems}\nreplaying the answers that were recorded for this demonstration instead"
            ));
            (seed, sample) = (REPLAY_SEED, SAMPLE);
            let file = global.runs.join("demo-smollm2-135m.jsonl");
            // Only answers to what is here: others would name unknown items.
            let here = |line: &&str| {
                benchmarks.iter().any(|benchmark| line.starts_with(&format!("{{\"benchmark\": \"{}\"", benchmark.id())))
            };
            let replay: Vec<&str> = REPLAY.lines().filter(here).collect();
            bedside_run::fetch::write_atomically(&file, replay.join("\n").as_bytes())?;
            recorded::read(&file)?.into_iter().map(Subject::Recorded).collect()
        }
    };
    let benchmarks = benchmarks
        .into_iter()
        .map(|benchmark| {
            // A visit's dialogue takes this model many seconds to read: fewer of those.
            let long = benchmark.manifest.manifest.task.kind == TaskKind::LongForm;
            let n = if long { sample.div_ceil(4) } else { sample };
            (benchmark, Selection::Random(n))
        })
        .collect();
    let request = Request { benchmarks, systems, epochs: None, prompts: Vec::new(), seed, floors: true, shard: None };
    replay(global, args, request, "live").await
}

async fn replay(global: &Global, args: &Demo, request: Request, part: &str) -> Result<Exit, Failure> {
    let live = Live::default();
    let workload = planner::plan(request, &calling(global, &live), env!("CARGO_PKG_VERSION"))?;
    let id = runs::new_id(runs::now_ms(), &bedside_core::Digest::of(part.as_bytes()));
    let file = runs::file(&global.runs, &format!("{id}-demo-{part}"));
    let ending = carry_out::start(workload, &file, live.options(Limits::default(), Prices::load(None)?)).await?;
    carry_out::finish(global, &file, &ending, &args.page, Detail::Headlines)
}
