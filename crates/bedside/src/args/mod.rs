//! The command line, as clap reads it.

mod kept;
mod live;
mod stat;

use std::path::PathBuf;

use bedside_core::Shard;
use clap::{Args, Parser, Subcommand, ValueEnum};

pub use self::kept::{Export, Form, Merge, Rescore};
pub use self::stat::Stat;
pub use live::Live;

/// Measure AI at the bedside, not in the exam hall.
///
/// Benchmarks generative, multimodal and agentic systems on clinical work, with an interval on every number and the floor that a system without skill would reach beside it.
#[derive(Debug, Parser)]
#[command(name = "bedside", version, max_term_width = 100, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Where it lies and how it is shown.
    #[command(flatten)]
    pub global: Global,
}

/// Options of every verb.
#[derive(Clone, Debug, Args)]
pub struct Global {
    /// Form of the results on standard output.
    #[arg(long, value_enum, default_value_t = Format::Human, global = true)]
    pub format: Format,
    /// Folder of run files; BEDSIDE_RUNS unless said.
    #[arg(long, value_name = "DIR", default_value_os_t = folder_of("BEDSIDE_RUNS").unwrap_or_else(|| "runs".into()), global = true)]
    pub runs: PathBuf,
    /// Folder that holds upstream files, asked before the network; BEDSIDE_MIRROR unless said.
    #[arg(long, value_name = "DIR", global = true)]
    mirror: Option<PathBuf>,
    /// Send nothing off this machine: loopback addresses alone.
    #[arg(long, global = true)]
    pub local_only: bool,
    /// Let items of real people (`deidentified`, `phi`) go to this host. May be repeated.
    #[arg(long, value_name = "HOST", global = true)]
    pub allow_host: Vec<String>,
}

impl Global {
    /// The folder with upstream files, if there is one.
    pub fn mirror(&self) -> Option<PathBuf> {
        self.mirror.clone().or_else(|| folder_of("BEDSIDE_MIRROR"))
    }
}

/// A folder named by an environment variable; an empty one is none.
fn folder_of(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// Form of results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Tables for people.
    Human,
    /// One JSON object; its shape is a promise.
    Json,
    /// One result a line.
    Jsonl,
    /// A flat table.
    Csv,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The main job with no key: the embedded model and null policies live, real recorded systems, a report
    Demo(Demo),
    /// Check, plan, run, score and report
    Run(Run),
    /// Finish a run that was stopped or had faults
    Resume(Resume),
    /// Say what a run would ask, of whom, before anything is spent
    Plan(Run),
    /// Estimates of a run
    Analyze(OneRun),
    /// Write a run's page: one HTML file that opens from disk
    Report(Report),
    /// Prove that nothing in a run file was changed, and that its scores are what its outputs give
    Verify(OneRun),
    /// Score the answers of a run again, by the scorers of this version or of an edited package
    Rescore(Rescore),
    /// Put shards or copies of one run together
    Merge(Merge),
    /// Write a run in a form that other tools take
    Export(Export),
    /// Look around
    List {
        /// What to list.
        #[arg(value_enum)]
        what: Listing,
    },
    /// Bring the files of public benchmarks, or the embedded model, and check every digest
    Fetch(Fetch),
    /// Validate a benchmark, or a file of recorded outputs against one
    Check(Check),
    /// Start a benchmark of your own
    Init {
        /// Its id: lower-case letters, digits and hyphens.
        name: String,
    },
    /// Draw fresh items from a generator
    Synth(Synth),
    /// Run one statistic or text metric: JSON on standard input, JSON out
    Stat(Stat),
    /// Explain the set-up: keys, cache, mirror, model
    Doctor,
}

/// `run` and `plan`
#[derive(Debug, Args)]
pub struct Run {
    /// Benchmarks: a path, a folder in ./benchmarks, or the name of a recipe.
    #[arg(required = true, value_name = "WHAT")]
    pub what: Vec<String>,
    /// Systems: provider/model[?key=value&…], recorded:FILE.jsonl, null/NAME. May be repeated.
    #[arg(long = "model", short = 'm', required = true, value_name = "SYSTEM")]
    pub models: Vec<String>,
    /// How much of it.
    #[command(flatten)]
    pub amount: Amount,
    /// How live systems are asked.
    #[command(flatten)]
    pub live: Live,
    /// Agree to the plan without being asked.
    #[arg(long)]
    pub yes: bool,
    /// Allow `null/oracle`, which gives the reference: for testing scorers.
    #[arg(long)]
    pub self_test: bool,
    /// How it is reported.
    #[command(flatten)]
    pub page: Page,
}

/// How much is run, and how fast.
#[derive(Clone, Debug, Args)]
pub struct Amount {
    /// Ask each item so many times [default: 1, or what a recording holds].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub epochs: Option<u32>,
    /// Wordings by name, or `all` [default: the reference wording].
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    pub prompts: Vec<String>,
    /// Only the first N items of each benchmark.
    #[arg(long, value_name = "N", conflicts_with = "sample")]
    pub limit: Option<usize>,
    /// N items of each benchmark, drawn at random by --seed.
    #[arg(long, value_name = "N")]
    pub sample: Option<usize>,
    /// Seed of all that is drawn.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Leave the null policies out: scores then stand without their floor.
    #[arg(long)]
    pub no_floor: bool,
    /// Only share I of N of the cells, for a scheduler that starts N of these; `bedside merge` joins them.
    #[arg(long, value_name = "I/N", value_parser = shard)]
    pub shard: Option<Shard>,
}

fn shard(text: &str) -> Result<Shard, String> {
    Shard::parse(text).map_err(|error| error.to_string())
}

/// How a page is made.
#[derive(Clone, Debug, Args)]
pub struct Page {
    /// Items shown on the page for each system and task: a number or `all`.
    #[arg(long, value_name = "N|all", default_value = "20", value_parser = items)]
    pub items: Items,
}

/// A number of items, or all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Items {
    /// Every one.
    All,
    /// At most so many.
    AtMost(usize),
}

fn items(text: &str) -> Result<Items, String> {
    if text == "all" {
        return Ok(Items::All);
    }
    text.parse().map(Items::AtMost).map_err(|_| "a number, or `all`".to_owned())
}

/// `resume`
#[derive(Debug, Args)]
pub struct Resume {
    /// The run: its id, the start of one, a file, or `latest`.
    #[arg(default_value = "latest")]
    pub run: String,
    /// How live systems are asked.
    #[command(flatten)]
    pub live: Live,
    /// Agree without being asked.
    #[arg(long)]
    pub yes: bool,
    /// How it is reported.
    #[command(flatten)]
    pub page: Page,
}

/// A verb about one run.
#[derive(Debug, Args)]
pub struct OneRun {
    /// The run: its id, the start of one, a file, or `latest`.
    #[arg(default_value = "latest")]
    pub run: String,
}

/// `report`
#[derive(Debug, Args)]
pub struct Report {
    /// The run: its id, the start of one, a file, or `latest`.
    #[arg(default_value = "latest")]
    pub run: String,
    /// Where to write the page [default: beside the run file].
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// How it is made.
    #[command(flatten)]
    pub page: Page,
}

/// `list`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Listing {
    /// Recipes in the binary and packages in ./benchmarks.
    Benchmarks,
    /// Providers, null policies and the embedded model.
    Models,
    /// Scorers with their metrics.
    Scorers,
    /// Run files.
    Runs,
    /// Published outputs of real systems that come with a benchmark.
    Recorded,
}

/// `fetch`
#[derive(Debug, Args)]
pub struct Fetch {
    /// Benchmarks, or `local/smollm2-135m`; every recipe when empty.
    pub what: Vec<String>,
    /// Also write the converted package and recorded outputs into this folder.
    #[arg(long, value_name = "DIR")]
    pub output: Option<PathBuf>,
}

/// `check`
#[derive(Debug, Args)]
pub struct Check {
    /// Benchmarks: a path, a folder in ./benchmarks, or the name of a recipe.
    #[arg(required = true)]
    pub what: Vec<String>,
    /// A file of recorded outputs to check against them.
    #[arg(long, value_name = "FILE")]
    pub recorded: Vec<PathBuf>,
}

/// `synth`
#[derive(Debug, Args)]
pub struct Synth {
    /// Generator: prior-authorisation.
    pub generator: String,
    /// Seed: another seed gives fresh items of the same kind.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Items.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub n: u32,
}

/// `demo`
#[derive(Debug, Args)]
pub struct Demo {
    /// Items of each domain for the embedded model.
    #[arg(long, value_name = "N", default_value_t = crate::commands::demo::SAMPLE)]
    pub sample: usize,
    /// Seed of the sample.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// How it is reported.
    #[command(flatten)]
    pub page: Page,
}
