//! The plan as tables, so that the views can give names to cells: written when a run is made, compared when it is checked.

use std::path::Path;

use bedside_core::plan::{CellIndex, Plan, PlannedBenchmark, PlannedItem, PlannedMetric, Role};
use bedside_core::{CellKey, Digest};
use rusqlite::{CachedStatement, Connection, OptionalExtension, ToSql, params};

use crate::blobs;
use crate::error::{Broken, Fail, StoreError};

/// A table made from the plan.
struct Table {
    name: &'static str,
    columns: &'static [&'static str],
}

const BENCHMARK: Table =
    Table { name: "plan_benchmark", columns: &["position", "id", "version", "title", "task", "headline"] };
const ITEM: Table = Table { name: "plan_item", columns: &["benchmark", "position", "id", "cluster", "template"] };
const PROMPT: Table = Table { name: "plan_prompt", columns: &["benchmark", "position", "id"] };
const SYSTEM: Table = Table { name: "plan_system", columns: &["position", "name", "provider", "model", "role"] };
const CELL: Table = Table { name: "planned", columns: &["cell", "benchmark", "epoch", "item", "prompt", "system"] };

impl Table {
    fn insert<'a>(&self, conn: &'a Connection) -> rusqlite::Result<CachedStatement<'a>> {
        let marks = vec!["?"; self.columns.len()].join(", ");
        conn.prepare_cached(&format!("INSERT INTO {} VALUES ({marks})", self.name))
    }

    fn find<'a>(&self, conn: &'a Connection) -> rusqlite::Result<CachedStatement<'a>> {
        let row = self.columns.iter().map(|column| format!("{column} IS ?")).collect::<Vec<_>>().join(" AND ");
        conn.prepare_cached(&format!("SELECT 1 FROM {} WHERE {row}", self.name))
    }
}

/// Writes the tables. The blobs of the plan are in the file already.
pub(crate) fn write(conn: &Connection, path: &Path, plan: &Plan) -> Result<(), StoreError> {
    let doing = "writing the plan to";
    let digests = rows(conn, path, plan, |table, row| {
        table.insert(conn).and_then(|mut insert| insert.execute(row)).map(|_| ()).fail(path, doing)
    })?;
    // In the order of the table: a million rows at random places would be written many times over. Sorted by the start of the key and
    // the number of the cell, 12 bytes a cell; the whole key is made again when its row is written.
    let keys = plan.cells().map(|cell| key(plan, &digests, cell));
    let mut order: Vec<(u64, u32)> =
        (0..).zip(keys).filter(|(_, key)| plan.holds(key)).map(|(number, key)| (first_bytes(key), number)).collect();
    order.sort_unstable();
    let places = plan.places();
    let mut insert = CELL.insert(conn).fail(path, doing)?;
    for (_, number) in order {
        let Some(cell) = places.cell(u64::from(number)) else { continue };
        let key = key(plan, &digests, cell);
        insert
            .execute(params![key.0.bytes(), cell.benchmark, cell.epoch, cell.item, cell.prompt, cell.system])
            .fail(path, doing)?;
    }
    Ok(())
}

fn key(plan: &Plan, digests: &[Vec<Digest>], cell: CellIndex) -> CellKey {
    plan.key(cell, digests[cell.benchmark][cell.item])
}

/// As SQLite sorts them.
fn first_bytes(key: CellKey) -> u64 {
    key.0.bytes().first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

/// Compares the tables with the plan, and looks for the blobs that the plan names.
pub(crate) fn verify(conn: &Connection, path: &Path, plan: &Plan) -> Result<(), StoreError> {
    let doing = "checking";
    let found = |table: &Table, row: &[&dyn ToSql]| -> Result<bool, StoreError> {
        let found =
            table.find(conn).and_then(|mut find| find.query_row(row, |_| Ok(())).optional()).fail(path, doing)?;
        Ok(found.is_some())
    };
    let mut expected = [(BENCHMARK.name, 0), (ITEM.name, 0), (PROMPT.name, 0), (SYSTEM.name, 0), (CELL.name, 0)];
    let mut expect =
        |name| expected.iter_mut().filter(|(table, _)| *table == name).for_each(|(_, rows)| *rows += 1_usize);
    let digests = rows(conn, path, plan, |table, row| {
        expect(table.name);
        if found(table, row)? { Ok(()) } else { Err(StoreError::broken(path, Broken::Table(table.name))) }
    })?;
    for cell in plan.cells() {
        let key = key(plan, &digests, cell);
        if !plan.holds(&key) {
            continue;
        }
        expect(CELL.name);
        let row = params![key.0.bytes(), cell.benchmark, cell.epoch, cell.item, cell.prompt, cell.system];
        if !found(&CELL, row)? {
            return Err(StoreError::broken(path, Broken::Planned(key)));
        }
    }
    for (name, rows) in expected {
        let count: usize =
            conn.query_row(&format!("SELECT count(*) FROM {name}"), [], |row| row.get(0)).fail(path, doing)?;
        if count != rows {
            return Err(StoreError::broken(path, Broken::Table(name)));
        }
    }
    let holds = |digest: &Digest| match blobs::find(conn, path, digest)? {
        Some(_) => Ok(()),
        None => Err(StoreError::broken(path, Broken::NoBlob { digest: *digest })),
    };
    for benchmark in &plan.benchmarks {
        holds(&benchmark.manifest)?;
        blobs::each(conn, path, &benchmark.index, ITEMS, |item: PlannedItem| holds(&item.blob))?;
    }
    Ok(())
}

const ITEMS: &str = "the list of items";

/// Calls `see` with every item of a benchmark, as many as the plan says.
fn each_item(
    conn: &Connection,
    path: &Path,
    benchmark: &PlannedBenchmark,
    mut see: impl FnMut(usize, PlannedItem) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut listed = 0;
    blobs::each(conn, path, &benchmark.index, &format!("{ITEMS} of {}", benchmark.id), |item| {
        listed += 1;
        see(listed - 1, item)
    })?;
    if listed as u64 == benchmark.selected {
        return Ok(());
    }
    let what = format!("all items of {}: {listed} are listed, {} are planned", benchmark.id, benchmark.selected);
    Err(StoreError::missing(path, what))
}

/// The rows of every table but that of cells. Gives the digests of the items, for the keys of cells.
fn rows(
    conn: &Connection,
    path: &Path,
    plan: &Plan,
    mut see: impl FnMut(&'static Table, &[&dyn ToSql]) -> Result<(), StoreError>,
) -> Result<Vec<Vec<Digest>>, StoreError> {
    let mut all = Vec::with_capacity(plan.benchmarks.len());
    for (position, benchmark) in plan.benchmarks.iter().enumerate() {
        let headline = benchmark.metrics.get(benchmark.primary).map(PlannedMetric::name).unwrap_or_default();
        see(&BENCHMARK, params![position, benchmark.id, benchmark.version, benchmark.title, benchmark.task, headline])?;
        for (at, prompt) in benchmark.prompts.iter().enumerate() {
            see(&PROMPT, params![position, at, prompt.id])?;
        }
        let mut digests = Vec::new();
        each_item(conn, path, benchmark, |at, item| {
            digests.push(item.digest);
            see(&ITEM, params![position, at, item.id, item.cluster, item.template])
        })?;
        all.push(digests);
    }
    for (position, system) in plan.systems.iter().enumerate() {
        let role = match system.role {
            Role::Subject => "subject",
            Role::Floor => "floor",
        };
        see(&SYSTEM, params![position, system.name, system.provider, system.model, role])?;
    }
    Ok(all)
}
