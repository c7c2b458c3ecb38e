//! The layout of the run file: version, tables, views, and how a connection is set.

use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::create::sync_folder;
use crate::error::{Broken, Fail, StoreError};
use crate::lock::beside;

/// Version of the layout, in `PRAGMA user_version`.
pub const VERSION: u32 = 1;

/// `bdsd`, in `PRAGMA application_id`: what `file` and other tools know a run file by.
pub const APPLICATION_ID: i32 = i32::from_be_bytes(*b"bdsd");

/// Tables, triggers and views of version 1. Comments are kept: `.schema` in sqlite3 explains the file.
pub(crate) const SCHEMA: &str = include_str!("schema.sql");

/// The statement of the layout that makes the index of the blobs.
pub(crate) fn blob_index() -> &'static str {
    let start = SCHEMA.find("CREATE INDEX blob_prefix").expect("the layout has this index");
    let end = SCHEMA[start..].find(';').expect("a statement ends");
    &SCHEMA[start..start + end]
}

/// 8 KiB: fewer index pages to write for each commit than with 4, less waste than with 16 (measured, INTERFACE.md).
const PAGE_BYTES: u32 = 8192;

/// Page cache in KiB. The index of the blobs is met at random, so it should fit: 20 bytes a blob, 1.6 million blobs.
const WRITER_CACHE_KIB: i32 = 32 * 1024;

/// Readers go through the file in order.
const READER_CACHE_KIB: i32 = 8 * 1024;

/// How long another process may hold the file before we give up: a reader that checkpoints is done in far less.
const BUSY: Duration = Duration::from_secs(10);

/// Sets what must be set before the first table exists.
pub(crate) fn lay_out(conn: &Connection) -> rusqlite::Result<()> {
    conn.execute_batch(&format!(
        "PRAGMA page_size = {PAGE_BYTES}; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
         PRAGMA cache_size = -{WRITER_CACHE_KIB}; PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION};
         BEGIN; {SCHEMA} COMMIT;"
    ))
}

/// A connection that writes: every commit is on the disk before it is acknowledged.
pub(crate) fn open_writer(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).fail(path, "opening")?;
    guard(&conn).fail(path, "opening")?;
    known(&conn, path, true)?;
    same_layout(&conn, path)?;
    let prepare = |sql: &str| conn.execute_batch(sql).fail(path, "preparing to write");
    prepare("PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;")?;
    switch(&conn, path, "WAL", "preparing to write")?;
    prepare(&format!("PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -{WRITER_CACHE_KIB};"))?;
    // SQLite does not look whether the name of the new log is on the disk. Without it, all that the log holds would be lost with the power.
    sync_folder(path).map_err(|source| StoreError::io(path, "preparing to write", source))?;
    Ok(conn)
}

/// Changes how commits are kept. SQLite gives the new way out before it has committed to it, and some errors of the disk make it go on in
/// the old way without a word: so the statement is run to its end, and the answer is looked at. On an error nothing may be written.
pub(crate) fn switch(conn: &Connection, path: &Path, to: &str, doing: &'static str) -> Result<(), StoreError> {
    let ways = conn.prepare(&format!("PRAGMA journal_mode = {to}")).and_then(|mut change| {
        let ways: rusqlite::Result<Vec<String>> = change.query_map([], |row| row.get(0))?.collect();
        ways
    });
    if ways.fail(path, doing)?.iter().any(|now| now.eq_ignore_ascii_case(to)) {
        return Ok(());
    }
    let refused = std::io::Error::other("the disk refused, or is full");
    Err(StoreError::io(path, doing, refused))
}

/// A connection that cannot write. A newer file is read as far as it can be; its version is given back.
pub(crate) fn open_reader(path: &Path) -> Result<(Connection, u32), StoreError> {
    std::fs::metadata(path).map_err(|source| StoreError::io(path, "opening", source))?;
    roll_back(path)?;
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .fail(path, "opening")?;
    guard(&conn).fail(path, "opening")?;
    let version = known(&conn, path, false)?;
    conn.execute_batch(&format!("PRAGMA query_only = ON; PRAGMA cache_size = -{READER_CACHE_KIB};"))
        .fail(path, "opening")?;
    Ok((conn, version))
}

/// Ends what a killed process had begun. A writer that is killed while it opens or closes leaves a journal, and SQLite reads nothing
/// before that is rolled back, which a connection that cannot write must not do. No event is in it: it holds a change of mode.
fn roll_back(path: &Path) -> Result<(), StoreError> {
    if !beside(path, "-journal").exists() {
        return Ok(());
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).fail(path, "opening")?;
    guard(&conn).fail(path, "opening")?;
    // Any read rolls back, under SQLite's own lock: the journal of a writer that lives is left alone.
    conn.query_row("PRAGMA user_version", [], |_| Ok(())).fail(path, "repairing")
}

/// A run file may come from anyone: its schema may not call functions with effects or change the database's inner tables.
fn guard(conn: &Connection) -> rusqlite::Result<()> {
    conn.busy_timeout(BUSY)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    conn.execute_batch("PRAGMA cell_size_check = ON;")
}

/// Whether it is a run file, and of which version.
fn known(conn: &Connection, path: &Path, to_write: bool) -> Result<u32, StoreError> {
    let id: i32 = conn.query_row("PRAGMA application_id", [], |row| row.get(0)).fail(path, "reading")?;
    let version: u32 = conn.query_row("PRAGMA user_version", [], |row| row.get(0)).fail(path, "reading")?;
    if id != APPLICATION_ID || version == 0 {
        return Err(StoreError::NotARun {
            path: path.to_owned(),
            why: "it is a database of another program".to_owned(),
        });
    }
    if to_write && version > VERSION {
        return Err(StoreError::Newer { path: path.to_owned(), found: version, known: VERSION });
    }
    Ok(version)
}

/// Refuses a file whose tables, triggers or views are not those of this version: its triggers would run with our writes.
pub(crate) fn same_layout(conn: &Connection, path: &Path) -> Result<(), StoreError> {
    let doing = "checking the layout of";
    let ours = if let Some(ours) = OURS.get() {
        ours
    } else {
        let found = ours().fail(path, doing)?;
        OURS.get_or_init(|| found)
    };
    if *ours == layout(conn).fail(path, doing)? { Ok(()) } else { Err(StoreError::broken(path, Broken::Layout)) }
}

/// The layout of this version, as SQLite itself writes it down. Made once.
static OURS: OnceLock<Vec<Definition>> = OnceLock::new();

fn ours() -> rusqlite::Result<Vec<Definition>> {
    let conn = Connection::open_in_memory()?;
    conn.execute_batch(SCHEMA)?;
    layout(&conn)
}

/// Type, name, table and definition of something in the database.
type Definition = (String, String, String, Option<String>);

fn layout(conn: &Connection) -> rusqlite::Result<Vec<Definition>> {
    conn.prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
        .collect()
}
