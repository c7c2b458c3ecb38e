//! Verbs about runs that are there: scored again, merged, exported.

use std::path::PathBuf;

use bedside_report::ExportForm;
use clap::{Args, ValueEnum};

/// `rescore`
#[derive(Debug, Args)]
pub struct Rescore {
    /// The run: its id, the start of one, a file, or `latest`.
    #[arg(default_value = "latest")]
    pub run: String,
    /// Score by the `[[scorer]]` tables of this package, edited since: a path, a folder in ./benchmarks, or the name of a recipe. May be repeated.
    #[arg(long, value_name = "WHAT")]
    pub benchmark: Vec<String>,
}

/// `merge`
#[derive(Debug, Args)]
pub struct Merge {
    /// The parts: shards or copies of one run, by id, the start of one, or file.
    #[arg(required = true, value_name = "RUN")]
    pub parts: Vec<String>,
    /// The merged run file, new or made by an earlier merge [default: a new one beside the other runs].
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// `export`
#[derive(Debug, Args)]
pub struct Export {
    /// The run: its id, the start of one, a file, or `latest`.
    #[arg(default_value = "latest")]
    pub run: String,
    /// The form.
    #[arg(long = "as", value_enum, value_name = "FORM")]
    pub form: Form,
    /// The score of `observations`, as scorer.metric [default: each benchmark's headline].
    #[arg(long, value_name = "METRIC")]
    pub metric: Option<String>,
    /// Where to write it; `-` is standard output.
    #[arg(long, short, value_name = "FILE", default_value = "-")]
    pub output: PathBuf,
}

/// Forms of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// Every cell with all that is known of it, one JSON object a line.
    Jsonl,
    /// Outputs as recorded outputs: `run … --model recorded:FILE` repeats the run without asking anyone.
    Recorded,
    /// Every cell as a row of a flat table.
    Csv,
    /// The same table, typed and compressed.
    Parquet,
    /// One score a row, in the columns of evidence gathered elsewhere.
    Observations,
    /// Ratings by people.
    Ratings,
}

impl From<Form> for ExportForm {
    fn from(form: Form) -> Self {
        match form {
            Form::Jsonl => Self::Jsonl,
            Form::Recorded => Self::Recorded,
            Form::Csv => Self::Csv,
            Form::Parquet => Self::Parquet,
            Form::Observations => Self::Observations,
            Form::Ratings => Self::Ratings,
        }
    }
}
