//! Every way a command can fail, with the exit code and the text or JSON it ends in.

use bedside_core::problem::{Place, Problem, Problems};
use bedside_report::ReportError;
use bedside_run::engine::EngineError;
use bedside_store::StoreError;

use crate::exit::Exit;

/// A failed command.
#[derive(Debug)]
pub struct Failure {
    /// What is said.
    pub problems: Problems,
    /// How the program ends.
    pub exit: Exit,
}

impl Failure {
    /// A failure with one problem.
    pub fn new(exit: Exit, problem: Problem) -> Self {
        Self { problems: problem.into(), exit }
    }

    /// Standard output could not be written.
    pub fn output(error: &std::io::Error) -> Self {
        Self::new(Exit::Incomplete, Problem::new("cannot_write", "cannot write the output").because(error.to_string()))
    }

    /// A file could not be written.
    pub fn write(path: &std::path::Path, error: &std::io::Error) -> Self {
        let name = path.display().to_string();
        Self::new(
            Exit::Incomplete,
            Problem::new("cannot_write", format!("cannot write {name}"))
                .at(Place::file(name))
                .because(error.to_string()),
        )
    }
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        Self { problems: problems.in_order(), exit: Exit::Usage }
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::new(Exit::Usage, problem)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let exit = match &error {
            disk if disk.is_disk() => Exit::Incomplete,
            damaged if damaged.is_damage() => Exit::VerificationFailed,
            _ => Exit::Usage,
        };
        Self::new(exit, Problem::new("run_file", error.to_string()))
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        let exit = if matches!(error, EngineError::Worker(_)) { Exit::Bug } else { Exit::Incomplete };
        Self::new(exit, Problem::new("run_stopped", error.to_string()))
    }
}

impl From<ReportError> for Failure {
    fn from(error: ReportError) -> Self {
        let text = error.to_string();
        match error {
            ReportError::Store(error) => error.into(),
            ReportError::NoMetric { metric, known } => {
                Problem::new("unknown_metric", text).suggest(&metric, known.iter().map(String::as_str)).into()
            }
            ReportError::Plan(_) | ReportError::Rating { .. } => {
                let problem = Problem::new("run_file", text).because("it was damaged, or made by another program");
                Self::new(Exit::VerificationFailed, problem)
            }
            ReportError::ScoreRange { .. } | ReportError::TooManyCells { .. } => Problem::new("run_file", text).into(),
            ReportError::Write(_) | ReportError::Csv(_) => {
                Self::new(Exit::Incomplete, Problem::new("cannot_write", text))
            }
            // A score that no scorer gives may also come from a file that was changed.
            _ => Self::new(
                Exit::Bug,
                Problem::new("report", text).hint("`bedside verify RUN` says whether the run file was changed"),
            ),
        }
    }
}
