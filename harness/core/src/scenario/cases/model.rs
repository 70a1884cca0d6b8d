//! A case file as everybody else sees it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::expectation::outcome::Outcome;
use mtls_pki::forge::Side;

#[derive(Clone, Debug, Serialize)]
pub struct CaseFile {
    /// Its name under `scenarios/cases/` without suffix.
    pub id: String,
    pub title: String,
    /// Who presents the certificates.
    pub presented_by: Side,
    /// In the order of the file.
    pub cases: Vec<Case>,
}

/// One certificate and what must become of who presents it.
#[derive(Clone, Debug, Serialize)]
pub struct Case {
    pub id: String,
    pub group: String,
    /// What is wrong with the certificate, in a few words.
    pub description: String,
    /// The forge's word for it.
    pub flaw: String,
    pub standard: Standard,
    pub severity: Severity,
    /// The positive control: it must get in before and after. Cases that get in need none.
    pub control: Option<String>,
    pub ideal: Ideal,
    /// How a refusal may look: the ideal answer first.
    pub refusals: Vec<Outcome>,
    pub expect: BTreeMap<TargetKind, Expect>,
    pub deviation: Option<Deviation>,
    pub requirements: Vec<String>,
    /// Line in its file, from 1.
    #[serde(skip)]
    pub line: usize,
}

/// Who demands it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Standard {
    /// Such as `RFC 5280` or `X509-SVID`; `local policy` where no standard applies.
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub section: Option<String>,
    pub level: Level,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Only a local policy asks for it.
    Local,
    Must,
    Should,
}

/// What goes wrong when a target does the opposite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// A peer that must be refused gets data.
    Critical,
    /// A good peer is cut off.
    High,
    /// A wrong or missing alert.
    Medium,
    /// Pedantry about encoding.
    Low,
}

/// What the standard, read well, leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ideal {
    Accept,
    /// The standard does not care: what is measured is written down.
    Any,
    Refuse,
}

/// What a kind of target does, as measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Expect {
    Accept,
    Refuse,
}

/// A program that examines certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TargetKind {
    /// The reference client, which believes one SPIFFE ID.
    Client,
    /// A proxy that trusts a CA bundle and matches names.
    Envoy,
    /// The reference workload's own TLS, with its check of the leaf.
    Rustls,
    /// A proxy that is served by the Workload API: SPIFFE validator and name match.
    Sidecar,
}

/// Why some targets do not do what the standard says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Deviation {
    pub reason: String,
    /// Requirements that keep such certificates from being issued or used.
    pub compensated_by: Vec<String>,
}

impl Case {
    /// Whether this kind of target does not do what the standard says.
    pub fn deviates(&self, kind: TargetKind) -> bool {
        match (&self.ideal, self.expect.get(&kind)) {
            (Ideal::Any, _) | (_, None) => false,
            (Ideal::Accept, Some(expect)) => *expect == Expect::Refuse,
            (Ideal::Refuse, Some(expect)) => *expect == Expect::Accept,
        }
    }

    /// The ideal answer in one word.
    pub fn ideal_word(&self) -> String {
        match self.ideal {
            Ideal::Accept => "accept".to_owned(),
            Ideal::Any => "any".to_owned(),
            Ideal::Refuse => self.refusals.first().map(Outcome::to_string).unwrap_or_default(),
        }
    }
}

impl CaseFile {
    pub fn case(&self, id: &str) -> Option<&Case> {
        self.cases.iter().find(|case| case.id == id)
    }
}

impl Expect {
    #[must_use]
    pub fn opposite(self) -> Self {
        match self {
            Self::Accept => Self::Refuse,
            Self::Refuse => Self::Accept,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Refuse => "refuse",
        }
    }
}

impl TargetKind {
    pub fn word(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Envoy => "envoy",
            Self::Rustls => "rustls",
            Self::Sidecar => "sidecar",
        }
    }
}

impl Standard {
    /// As reports show it: `RFC 5280 §6.1.3`.
    pub fn cite(&self) -> String {
        match &self.section {
            Some(section) => format!("{} §{section}", self.name),
            None => self.name.clone(),
        }
    }
}

impl Level {
    pub fn word(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Must => "must",
            Self::Should => "should",
        }
    }
}

impl Severity {
    pub fn word(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}
