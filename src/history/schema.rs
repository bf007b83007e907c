//! Checks that the published JSON Schema of a history matches the types.

use std::fs;
use std::path::Path;

use schemars::generate::SchemaSettings;

use super::History;

/// Path of the published schema, relative to the package.
const PUBLISHED: &str = "examples/history.schema.json";

#[test]
fn published_schema_is_that_of_the_types() {
    let generator = SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator();
    let schema = generator.into_root_schema_for::<History>();
    let generated = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PUBLISHED);
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        fs::write(&path, &generated).unwrap();
    }
    assert!(
        fs::read_to_string(&path).unwrap_or_default() == generated,
        "{PUBLISHED} is not the schema of the types: UPDATE_SCHEMA=1 cargo test --lib schema updates it"
    );
}
