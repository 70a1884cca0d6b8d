//! The JSON Schema of `report.json`, published as `reports/report.schema.json`.

use schemars::schema_for;
use serde_json::Value;

use super::Report;

/// The schema of report version 1.
#[must_use]
pub fn schema() -> Value {
    let mut schema = schema_for!(Report);
    schema.insert("title".to_owned(), Value::from("Report of an mTLS conformance run"));
    schema.to_value()
}
