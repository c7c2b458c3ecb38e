//! The published schemas are those of the types that write them. `BEDSIDE_UPDATE=1` rewrites them.

use std::path::Path;

use bedside_report::{ExportedCell, MergeDocument, RescoreDocument, RunDocument, VerifyDocument};
use schemars::{JsonSchema, schema_for};

#[test]
fn the_published_schemas_are_current() {
    is_current::<RunDocument>("run");
    is_current::<ExportedCell>("cell");
    is_current::<MergeDocument>("merge");
    is_current::<RescoreDocument>("rescore");
    is_current::<VerifyDocument>("verify");
}

fn is_current<T: JsonSchema>(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../docs/reference/schema/{name}.schema.json"));
    let schema = schema_for!(T);
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is plain data");
    text.push('\n');
    if std::env::var_os("BEDSIDE_UPDATE").is_some() {
        std::fs::write(&path, &text).expect("the schema can be written");
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(published == text, "{} is not current: run this test with BEDSIDE_UPDATE=1", path.display());
}
