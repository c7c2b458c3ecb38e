//! One run file out of the parts of a run, made whole or not at all.

use std::path::{Path, PathBuf};

use bedside_core::Digest;

use crate::error::StoreError;
use crate::merge::TakenIn;
use crate::read::RunReader;
use crate::write::{RunWriter, first_writer};

/// What became of a merge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    /// Whether the file is new, or had parts in it before.
    pub new: bool,
    /// What each part added, in the order given.
    pub parts: Vec<Part>,
}

/// One part of a merge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The file.
    pub path: PathBuf,
    /// What it added.
    pub taken: TakenIn,
}

/// Merges shards or copies of one run into `output`: a new file, or one that is there and takes in what it lacks.
///
/// The set union of their events by chain: neither order nor repetition matters. A new file has a plan of its own, that of the whole
/// run, and appears under its name when everything is in it. A file that is there takes in each part all or not at all.
pub fn join(output: &Path, parts: &[PathBuf], at_ms: i64) -> Result<Joined, StoreError> {
    let exists = output.try_exists().map_err(|source| StoreError::io(output, "looking at", source))?;
    if exists {
        return Ok(Joined { new: false, parts: take_all(output, parts, Some(output))? });
    }
    let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    crate::create::folder(output)?;
    let making = tempfile::Builder::new()
        .prefix(".merging-")
        .tempdir_in(folder)
        .map_err(|source| StoreError::io(folder, "making a folder in", source))?;
    // Its stem is the name of the run in messages.
    let unfinished = making.path().join(output.file_name().unwrap_or(output.as_os_str()));
    begin(&unfinished, output, parts, at_ms)?;
    let parts = take_all(&unfinished, parts, None)?;
    name(&unfinished, output)?;
    Ok(Joined { new: true, parts })
}

/// A run file with the plan of the whole run and nothing done.
fn begin(path: &Path, output: &Path, parts: &[PathBuf], at_ms: i64) -> Result<(), StoreError> {
    let mut first: Option<(i64, String, RunReader)> = None;
    let mut heads = Vec::new();
    for part in parts {
        let reader = RunReader::open(part)?;
        if let Some((.., one)) = &first
            && let Some(differs) = one.plan().differs_from(reader.plan())
        {
            return Err(StoreError::OtherPlan { path: part.clone(), differs });
        }
        heads.extend(reader.heads()?.into_iter().map(|head| head.hash));
        let (began, writer) = reader.began()?;
        // The same plan whatever the order, also where parts differ in what is no part of the run, such as a server's address.
        if first.as_ref().is_none_or(|(at, by, _)| (began, &writer) < (*at, by)) {
            first = Some((began, writer, reader));
        }
    }
    let Some((began, _, reader)) = first else {
        return Err(StoreError::missing(output, "any part of a run"));
    };
    // A name that no other merge has: writers are told apart by it for ever.
    heads.sort_unstable();
    heads.dedup();
    let stem = output.file_stem().unwrap_or(output.as_os_str()).to_string_lossy();
    let at = at_ms.to_le_bytes();
    let id = Digest::of_parts(std::iter::once(at.as_slice()).chain(heads.iter().map(|hash| hash.bytes().as_slice())));
    let writer = format!("{stem}-merge-{}", &id.hex()[..8]);
    let plan = reader.plan().whole();
    let mut named = Vec::new();
    for (position, benchmark) in plan.benchmarks.iter().enumerate() {
        named.extend([benchmark.manifest, benchmark.index]);
        named.extend(reader.item_blobs(position)?);
    }
    let mut unread = None;
    let blobs = named.iter().map_while(|digest| reader.blob(digest).map_err(|error| unread = Some(error)).ok());
    let created = RunWriter::create(path, &writer, &plan, blobs, at_ms.max(began));
    match unread {
        Some(error) => Err(error),
        None => created?.close(),
    }
}

fn take_all(path: &Path, parts: &[PathBuf], not: Option<&Path>) -> Result<Vec<Part>, StoreError> {
    let own = not.and_then(|own| own.canonicalize().ok());
    let mut writer = RunWriter::open(path)?;
    let mut done = Vec::new();
    for part in parts {
        let same = own.is_some() && part.canonicalize().ok() == own;
        let taken = if same { TakenIn::default() } else { writer.take_in(&RunReader::open(part)?)? };
        done.push(Part { path: part.clone(), taken });
    }
    writer.close()?;
    Ok(done)
}

/// Gives the finished file its name, unless another has it by now.
fn name(unfinished: &Path, output: &Path) -> Result<(), StoreError> {
    tempfile::TempPath::try_from_path(unfinished)
        .map_err(|source| StoreError::io(output, "making", source))?
        .persist_noclobber(output)
        .map_err(|error| match error.error.kind() {
            std::io::ErrorKind::AlreadyExists => StoreError::Exists { path: output.to_owned() },
            _ => StoreError::io(output, "making", error.error),
        })?;
    crate::create::sync_folder(output).map_err(|source| StoreError::io(output, "making", source))
}

impl RunReader {
    /// When the plan that counts was written, and by whom.
    fn began(&self) -> Result<(i64, String), StoreError> {
        let writer = first_writer(self.conn(), self.path())?;
        let at = self.event_at(&writer, 0)?;
        Ok((at, writer))
    }
}
