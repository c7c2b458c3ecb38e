//! The published JSON schemas, generated from the types that parse. `BEDSIDE_UPDATE=1` writes them again.

use std::path::Path;

use bedside_core::item::ItemLine;
use bedside_core::manifest::Manifest;
use bedside_core::recorded::RecordedLine;
use schemars::{JsonSchema, SchemaGenerator};

fn schema<T: JsonSchema>(id: &str) -> String {
    let mut schema = SchemaGenerator::default().into_root_schema_for::<T>();
    schema.insert("$id".to_owned(), id.into());
    format!("{}\n", serde_json::to_string_pretty(&schema).unwrap())
}

#[test]
fn the_published_schemas_are_those_of_the_types() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/schema");
    let schemas = [
        ("benchmark", schema::<Manifest>("bedside.benchmark/1")),
        ("item", schema::<ItemLine>("bedside.item/1")),
        ("recorded", schema::<RecordedLine>("bedside.recorded/1")),
    ];
    for (name, text) in schemas {
        let path = folder.join(format!("{name}.schema.json"));
        if std::env::var_os("BEDSIDE_UPDATE").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, &text).unwrap();
        }
        let published = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            published == text,
            "{} differs from the types: run this test with BEDSIDE_UPDATE=1 and look at the diff",
            path.display()
        );
    }
}

/// Every key of a recipe has its row in the reference page.
#[test]
fn every_key_is_documented() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/recipes.md");
    let page = std::fs::read_to_string(page).unwrap();
    let schema = SchemaGenerator::default().into_root_schema_for::<Manifest>().to_value();
    let tables = [
        ("SourceTable", "### `[source]`"),
        ("SourceFile", "### `[[source.file]]`"),
        ("MapTable", "### `[source.map]`"),
        ("JoinTable", "### `[source.map.join.NAME]`"),
        ("RecordedTable", "### `[[recorded]]`"),
    ];
    for (table, heading) in tables {
        let section = page.split(heading).nth(1).unwrap().split("\n#").next().unwrap();
        for key in schema["$defs"][table]["properties"].as_object().unwrap().keys() {
            assert!(section.contains(&format!("\n| `{key}` |")), "{heading} lacks `{key}`");
        }
    }
    for name in bedside_recipes::embedded::names() {
        assert!(page.contains(&format!("\n| `{name}` |")), "{name}");
    }
}
