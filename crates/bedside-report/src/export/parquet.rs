//! The flat table as Parquet: typed, compressed, group by group, so that memory does not grow with the run.

use std::io::Write;
use std::sync::Arc;

use bedside_core::Plan;
use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;

use super::cell::{Cells, ExportedCell};
use super::flat::{COLUMNS, Value, row};
use super::{Exported, metric_names};
use crate::error::ReportError;
use crate::limits;

/// A column of the group that is being gathered. A level is 1 where there is a value, and 0 where there is none.
struct Column {
    values: Values,
    levels: Vec<i16>,
}

enum Values {
    Text(Vec<ByteArray>),
    Number(Vec<f64>),
    Count(Vec<i64>),
    Flag(Vec<bool>),
}

/// Writes the table.
pub(super) fn write<W: Write + Send>(cells: &mut Cells<'_>, plan: &Plan, out: &mut W) -> Result<Exported, ReportError> {
    let metrics = metric_names(plan);
    let schema = Arc::new(schema(&metrics)?);
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut writer = SerializedFileWriter::new(out, Arc::clone(&schema), Arc::new(properties))?;
    let mut group = Group::new(&metrics);
    let exported = cells.for_each(true, |cell| {
        group.add(cell, &metrics);
        if group.is_full() {
            group.write(&mut writer)?;
            group = Group::new(&metrics);
        }
        Ok(true)
    })?;
    if group.rows > 0 {
        group.write(&mut writer)?;
    }
    writer.close()?;
    Ok(exported)
}

/// The kind of each column before the metrics, which are numbers.
fn kind(name: &str) -> Values {
    match name {
        "epoch" | "prompt_tokens" | "completion_tokens" | "possibly_billed_twice" => Values::Count(Vec::new()),
        "parsed" | "refused" => Values::Flag(Vec::new()),
        _ => Values::Text(Vec::new()),
    }
}

fn schema(metrics: &[String]) -> Result<Type, ParquetError> {
    let field = |name: &str, values: &Values| {
        let (physical, logical) = match values {
            Values::Text(_) => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            Values::Number(_) => (Physical::DOUBLE, None),
            Values::Count(_) => (Physical::INT64, None),
            Values::Flag(_) => (Physical::BOOLEAN, None),
        };
        Type::primitive_type_builder(name, physical)
            .with_repetition(Repetition::OPTIONAL)
            .with_logical_type(logical)
            .build()
            .map(Arc::new)
    };
    let fixed = COLUMNS.iter().map(|name| field(name, &kind(name)));
    let scores = metrics.iter().map(|name| field(name, &Values::Number(Vec::new())));
    Type::group_type_builder("cell").with_fields(fixed.chain(scores).collect::<Result<_, _>>()?).build()
}

/// Rows that are gathered before they are written.
struct Group {
    columns: Vec<Column>,
    rows: usize,
    bytes: usize,
}

impl Group {
    fn new(metrics: &[String]) -> Self {
        let fixed = COLUMNS.iter().map(|name| kind(name));
        let scores = metrics.iter().map(|_| Values::Number(Vec::new()));
        let columns = fixed.chain(scores).map(|values| Column { values, levels: Vec::new() }).collect();
        Self { columns, rows: 0, bytes: 0 }
    }

    fn is_full(&self) -> bool {
        self.rows >= limits::GROUP_ROWS || self.bytes >= limits::GROUP_BYTES
    }

    fn add(&mut self, cell: ExportedCell, metrics: &[String]) {
        self.rows += 1;
        for (column, value) in self.columns.iter_mut().zip(row(cell, metrics)) {
            let known = match (&mut column.values, value) {
                (Values::Text(values), Value::Text(Some(text))) => {
                    self.bytes += text.len();
                    values.push(ByteArray::from(text.into_bytes()));
                    true
                }
                (Values::Number(values), Value::Number(Some(number))) => {
                    values.push(number);
                    true
                }
                (Values::Count(values), Value::Count(Some(count))) => {
                    values.push(count);
                    true
                }
                (Values::Flag(values), Value::Flag(Some(flag))) => {
                    values.push(flag);
                    true
                }
                _ => false,
            };
            column.levels.push(i16::from(known));
        }
    }

    fn write<W: Write + Send>(&self, writer: &mut SerializedFileWriter<W>) -> Result<(), ParquetError> {
        let mut group = writer.next_row_group()?;
        let mut columns = self.columns.iter();
        while let (Some(mut into), Some(column)) = (group.next_column()?, columns.next()) {
            let levels = Some(column.levels.as_slice());
            match (into.untyped(), &column.values) {
                (ColumnWriter::ByteArrayColumnWriter(into), Values::Text(values)) => {
                    into.write_batch(values, levels, None)?;
                }
                (ColumnWriter::DoubleColumnWriter(into), Values::Number(values)) => {
                    into.write_batch(values, levels, None)?;
                }
                (ColumnWriter::Int64ColumnWriter(into), Values::Count(values)) => {
                    into.write_batch(values, levels, None)?;
                }
                (ColumnWriter::BoolColumnWriter(into), Values::Flag(values)) => {
                    into.write_batch(values, levels, None)?;
                }
                _ => return Err(ParquetError::General("a column of another type".to_owned())),
            }
            into.close()?;
        }
        group.close()?;
        Ok(())
    }
}
