//! The part of SARIF 2.1.0 that the linter's log uses, as types. Section numbers are those of the standard.

use std::collections::BTreeMap;

use serde::Serialize;

/// §3.13.3: the schema of the version.
pub(super) const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// §3.13.2
pub(super) const VERSION: &str = "2.1.0";

/// §3.13
#[derive(Debug, Serialize)]
pub(super) struct SarifLog {
    #[serde(rename = "$schema")]
    pub schema: String,
    pub version: String,
    pub runs: Vec<Run>,
}

/// §3.14
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Run {
    pub tool: Tool,
    /// §3.14.17: what columns count.
    pub column_kind: String,
    pub results: Vec<SarifResult>,
}

/// §3.18
#[derive(Debug, Serialize)]
pub(super) struct Tool {
    pub driver: Driver,
}

/// §3.19
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Driver {
    pub name: String,
    pub semantic_version: String,
    pub rules: Vec<ReportingDescriptor>,
}

/// §3.49: a rule.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReportingDescriptor {
    pub id: String,
    pub short_description: Message,
    pub help: Message,
    pub default_configuration: Configuration,
}

/// §3.50
#[derive(Debug, Serialize)]
pub(super) struct Configuration {
    pub level: Level,
}

/// §3.27
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SarifResult {
    pub rule_id: String,
    pub rule_index: usize,
    pub level: Level,
    pub message: Message,
    pub locations: Vec<Location>,
    pub partial_fingerprints: BTreeMap<String, String>,
}

/// §3.27.10: every problem of the linter ends it with exit code 2.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Level {
    Error,
}

/// §3.11
#[derive(Debug, Serialize)]
pub(super) struct Message {
    pub text: String,
}

/// §3.28
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Location {
    pub physical_location: PhysicalLocation,
}

/// §3.29
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PhysicalLocation {
    pub artifact_location: ArtifactLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
}

/// §3.4
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ArtifactLocation {
    pub uri: String,
    /// Absent for an absolute URI.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri_base_id: Option<String>,
}

impl ArtifactLocation {
    pub(super) fn of(uri: &str) -> Self {
        let is_relative = !uri.starts_with("file:");
        Self { uri: uri.to_owned(), uri_base_id: is_relative.then(|| "%SRCROOT%".to_owned()) }
    }
}

/// §3.30: from 1; the end column is that after the last character.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Region {
    pub start_line: usize,
    pub start_column: usize,
    pub end_line: usize,
    pub end_column: usize,
}

impl ReportingDescriptor {
    pub(super) fn of(word: &str, explanation: &str) -> Self {
        let help = format!("{explanation} The table of rules in scenarios/README.md says more of `{word}`.");
        Self {
            id: word.to_owned(),
            short_description: Message { text: explanation.to_owned() },
            help: Message { text: help },
            default_configuration: Configuration { level: Level::Error },
        }
    }
}
