//! The published schema of the results is the one of the types that write them. `BEDSIDE_UPDATE=1` rewrites it.

use std::path::Path;

use bedside_report::RunDocument;

#[test]
fn the_published_schema_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/schema/run.schema.json");
    let schema = schemars::schema_for!(RunDocument);
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is plain data");
    text.push('\n');
    if std::env::var_os("BEDSIDE_UPDATE").is_some() {
        std::fs::write(&path, &text).expect("the schema can be written");
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(published == text, "{} is not current: run this test with BEDSIDE_UPDATE=1", path.display());
}
