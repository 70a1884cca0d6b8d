//! A case file as authors write it: shape only.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::api_version::ApiVersion;

use super::model::{Deviation, Expect, Severity, Standard, TargetKind};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Document {
    #[expect(dead_code, reason = "read only to refuse other versions")]
    pub(super) api_version: ApiVersion,
    #[expect(dead_code, reason = "read only to refuse other kinds")]
    pub(super) kind: Kind,
    pub(super) metadata: Metadata,
    #[serde(rename = "presented-by")]
    pub(super) presented_by: PresentedBy,
    #[serde(default)]
    #[expect(dead_code, reason = "cases are decoded one by one, so that one slip does not hide the next")]
    pub(super) cases: Vec<Case>,
}

#[derive(Debug, Deserialize)]
pub(super) enum Kind {
    Cases,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Metadata {
    pub(super) id: String,
    pub(super) title: String,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum PresentedBy {
    Client,
    Server,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Case {
    pub(super) id: String,
    pub(super) group: String,
    pub(super) description: String,
    /// Default: the id.
    pub(super) flaw: Option<String>,
    pub(super) standard: Standard,
    pub(super) severity: Severity,
    pub(super) control: Option<String>,
    /// `accept`, `any`, or the answer of a good refusal.
    pub(super) ideal: String,
    #[serde(default)]
    pub(super) tolerated: Vec<String>,
    pub(super) expect: BTreeMap<TargetKind, Expect>,
    pub(super) deviation: Option<Deviation>,
    #[serde(default)]
    pub(super) requirements: Vec<String>,
}
