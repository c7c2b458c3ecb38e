//! The plan as tables, so that the views can give names to cells: written when a run is made, compared when it is checked.

use std::path::Path;

use bedside_core::CellKey;
use bedside_core::plan::{CellIndex, Plan, PlannedItem, PlannedMetric, Role};
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
    let items = lists(conn, path, plan)?;
    rows(plan, &items, |table, row| {
        table.insert(conn).and_then(|mut insert| insert.execute(row)).map(|_| ()).fail(path, doing)
    })?;
    // In the order of the table: a million rows at random places would be written many times over.
    let mut cells: Vec<(CellKey, [usize; 4], u32)> = keys(plan, &items)
        .map(|(key, cell)| (key, [cell.benchmark, cell.item, cell.prompt, cell.system], cell.epoch))
        .collect();
    cells.sort_unstable();
    let mut insert = CELL.insert(conn).fail(path, doing)?;
    for (key, [benchmark, item, prompt, system], epoch) in cells {
        insert.execute(params![key.0.bytes(), benchmark, epoch, item, prompt, system]).fail(path, doing)?;
    }
    Ok(())
}

/// Compares the tables with the plan, and looks for the blobs that the plan names.
pub(crate) fn verify(conn: &Connection, path: &Path, plan: &Plan) -> Result<(), StoreError> {
    let doing = "checking";
    let items = lists(conn, path, plan)?;
    let found = |table: &Table, row: &[&dyn ToSql]| -> Result<bool, StoreError> {
        let found =
            table.find(conn).and_then(|mut find| find.query_row(row, |_| Ok(())).optional()).fail(path, doing)?;
        Ok(found.is_some())
    };
    let mut expected = [(BENCHMARK.name, 0), (ITEM.name, 0), (PROMPT.name, 0), (SYSTEM.name, 0), (CELL.name, 0)];
    let mut expect =
        |name| expected.iter_mut().filter(|(table, _)| *table == name).for_each(|(_, rows)| *rows += 1_usize);
    rows(plan, &items, |table, row| {
        expect(table.name);
        if found(table, row)? { Ok(()) } else { Err(StoreError::broken(path, Broken::Table(table.name))) }
    })?;
    for (key, cell) in keys(plan, &items) {
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
    let named = plan.benchmarks.iter().map(|benchmark| benchmark.manifest);
    for digest in named.chain(items.iter().flatten().map(|item| item.blob)) {
        if blobs::find(conn, path, &digest)?.is_none() {
            return Err(StoreError::broken(path, Broken::NoBlob { digest }));
        }
    }
    Ok(())
}

/// The items of each benchmark, as many as the plan says.
fn lists(conn: &Connection, path: &Path, plan: &Plan) -> Result<Vec<Vec<PlannedItem>>, StoreError> {
    let list = |benchmark: &bedside_core::plan::PlannedBenchmark| {
        let items: Vec<PlannedItem> =
            blobs::json(conn, path, &benchmark.index, &format!("the list of items of {}", benchmark.id))?;
        if items.len() as u64 == benchmark.selected {
            Ok(items)
        } else {
            let what = format!(
                "all items of {}: {} are listed, {} are planned",
                benchmark.id,
                items.len(),
                benchmark.selected
            );
            Err(StoreError::missing(path, what))
        }
    };
    plan.benchmarks.iter().map(list).collect()
}

/// The cells of the plan with their keys.
fn keys<'a>(plan: &'a Plan, items: &'a [Vec<PlannedItem>]) -> impl Iterator<Item = (CellKey, CellIndex)> + 'a {
    plan.cells().map(|cell| (plan.key(cell, items[cell.benchmark][cell.item].digest), cell))
}

/// The rows of every table but that of cells.
fn rows(
    plan: &Plan,
    items: &[Vec<PlannedItem>],
    mut see: impl FnMut(&'static Table, &[&dyn ToSql]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    for (position, (benchmark, items)) in plan.benchmarks.iter().zip(items).enumerate() {
        let headline = benchmark.metrics.get(benchmark.primary).map(PlannedMetric::name).unwrap_or_default();
        see(&BENCHMARK, params![position, benchmark.id, benchmark.version, benchmark.title, benchmark.task, headline])?;
        for (at, prompt) in benchmark.prompts.iter().enumerate() {
            see(&PROMPT, params![position, at, prompt.id])?;
        }
        for (at, item) in items.iter().enumerate() {
            see(&ITEM, params![position, at, item.id, item.cluster, item.template])?;
        }
    }
    for (position, system) in plan.systems.iter().enumerate() {
        let role = match system.role {
            Role::Subject => "subject",
            Role::Floor => "floor",
        };
        see(&SYSTEM, params![position, system.name, system.provider, system.model, role])?;
    }
    Ok(())
}
