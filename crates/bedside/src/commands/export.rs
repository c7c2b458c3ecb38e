//! `export`: a run file in the forms that other tools take.

use std::io::{BufWriter, ErrorKind, IsTerminal as _, Read as _, Write};
use std::path::Path;

use bedside_core::Problem;
use bedside_report::{ExportOptions, Exported, export as write_export};
use bedside_store::RunReader;

use crate::args::{Export, Form, Global};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{output, runs};

/// `bedside export`
pub fn export(global: &Global, args: &Export) -> Result<Exit, Failure> {
    if args.metric.is_some() && args.form != Form::Observations {
        return Err(Problem::new("no_metric", "--metric chooses the score of observations, and this is another form")
            .hint("the other forms hold every metric")
            .into());
    }
    let file = runs::find(&global.runs, &args.run)?;
    let reader = RunReader::open(&file)?;
    let options = ExportOptions { form: args.form.into(), metric: args.metric.clone() };
    let exported = if args.output == Path::new("-") {
        to_standard_output(&reader, &options, args.form)?
    } else {
        to_file(&reader, &options, &args.output)?
    };
    if exported.scored_otherwise > 0 {
        output::say(&format!(
            "{} answers are scored by other scorers than those in force: their scores were left out; to score them again: bedside rescore {}",
            exported.scored_otherwise,
            file.display()
        ));
    }
    if exported.rows == 0 {
        let what = if args.form == Form::Ratings { "no ratings" } else { "nothing to export" };
        let what = format!("{what} in {}", file.display());
        return Err(Failure::new(Exit::Nothing, Problem::new("nothing_selected", what)));
    }
    Ok(Exit::Done)
}

fn to_standard_output(reader: &RunReader, options: &ExportOptions, form: Form) -> Result<Exported, Failure> {
    if form == Form::Parquet && std::io::stdout().is_terminal() {
        return Err(Problem::new("no_text", "Parquet is no text for a terminal")
            .hint("--output FILE writes it")
            .into());
    }
    let mut out = BufWriter::new(Pipe { out: std::io::stdout(), closed: false });
    let exported = write_export(reader, options, &mut out)?;
    out.flush().map_err(|error| Failure::output(&error))?;
    Ok(exported)
}

/// Writes the file whole or not at all, for its owner alone, as temporary files are made.
fn to_file(reader: &RunReader, options: &ExportOptions, target: &Path) -> Result<Exported, Failure> {
    if is_database(target) {
        let what = format!("{} is a run file, or another database: it is not overwritten", target.display());
        return Err(Problem::new("exists", what).hint("give another name").into());
    }
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = |error: &std::io::Error| Failure::write(target, error);
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|error| failed(&error))?;
    let mut out = BufWriter::new(file.as_file_mut());
    let exported = write_export(reader, options, &mut out)?;
    out.flush().map_err(|error| failed(&error))?;
    drop(out);
    if exported.rows > 0 {
        file.as_file().sync_all().map_err(|error| failed(&error))?;
        file.persist(target).map_err(|error| failed(&error.error))?;
        output::say(&format!("{} rows in {}", exported.rows, target.display()));
    }
    Ok(exported)
}

/// Whether a file that is there is a SQLite database: runs are paid for.
fn is_database(path: &Path) -> bool {
    let mut start = [0; 16];
    std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok() && start == *b"SQLite format 3\0"
}

/// Standard output of which the reader may go away: then the rest is dropped quietly.
struct Pipe {
    out: std::io::Stdout,
    closed: bool,
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.closed {
            return Ok(bytes.len());
        }
        match self.out.write(bytes) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(bytes.len())
            }
            written => written,
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match self.out.flush() {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            done => done,
        }
    }
}
