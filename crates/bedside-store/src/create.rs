//! Making a run file: built under another name and given its own when whole, so that a run file always has its plan.

use std::path::Path;

use bedside_core::{Event, EventKind, Plan};
use rusqlite::Connection;

use crate::blobs::{Content, Recent, keep_content};
use crate::error::{Fail, StoreError};
use crate::lock::{beside, private};
use crate::write::Chain;
use crate::{planned, schema};

/// Builds the file. Nothing is left behind when that fails.
pub(crate) fn create(
    path: &Path,
    writer: &str,
    plan: &Plan,
    content: impl IntoIterator<Item: Into<Content>>,
    at_ms: i64,
) -> Result<(), StoreError> {
    if path.try_exists().map_err(|source| StoreError::io(path, "looking at", source))? {
        return Err(StoreError::Exists { path: path.to_owned() });
    }
    let unfinished = beside(path, ".new");
    let built = build(&unfinished, writer, plan, content, at_ms).and_then(|()| name(&unfinished, path));
    if built.is_err() {
        let _ = std::fs::remove_file(&unfinished);
    }
    built
}

/// Makes the folder, readable by its owner only.
pub(crate) fn folder(path: &Path) -> Result<(), StoreError> {
    let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir()) else {
        return Ok(());
    };
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|source| StoreError::io(folder, "making", source))
}

fn build(
    path: &Path,
    writer: &str,
    plan: &Plan,
    content: impl IntoIterator<Item: Into<Content>>,
    at_ms: i64,
) -> Result<(), StoreError> {
    // Emptied, in case a process was killed while building one. SQLite gives its side files the mode of this one.
    private()
        .write(true)
        .create(true)
        .truncate(true)
        .open(path)
        .map_err(|source| StoreError::io(path, "making", source))?;
    let conn = Connection::open(path).fail(path, "making")?;
    schema::lay_out(&conn).fail(path, "making")?;
    let transaction = conn.unchecked_transaction().fail(path, "making")?;
    let mut recent = Recent::default();
    for content in content {
        keep_content(&conn, path, &mut recent, content.into())?;
    }
    let mut chain = Chain::start(writer);
    chain
        .append(&conn, &mut recent, at_ms, &[Event::new(EventKind::Plan, None, 0, plan)])
        .fail(path, "writing the plan to")?;
    planned::write(&conn, path, plan)?;
    transaction.commit().fail(path, "making")?;
    conn.close().map_err(|(_, source)| source).fail(path, "making")
}

/// Makes the content durable, then the name.
fn name(unfinished: &Path, path: &Path) -> Result<(), StoreError> {
    let file = std::fs::File::open(unfinished).map_err(|source| StoreError::io(unfinished, "opening", source))?;
    file.sync_all().map_err(|source| StoreError::io(path, "making", source))?;
    std::fs::rename(unfinished, path).map_err(|source| StoreError::io(path, "making", source))?;
    sync_folder(path).map_err(|source| StoreError::io(path, "making", source))
}

#[cfg(unix)]
pub(crate) fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
pub(crate) fn sync_folder(_: &Path) -> std::io::Result<()> {
    Ok(())
}
