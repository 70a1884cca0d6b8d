//! Records as a certificate reads them: judged again, with what they say about images and sources.
//!
//! Pure. Whether what they say is enough is decided in `refusal`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use regex::Regex;
use serde_json::Value;

use super::{
    profile::Profile,
    source::{self, Source},
};
use crate::{
    evidence::{event::RunStatus, plan::Plan, record::Record},
    report::{PublicRecord, Report},
    verdict::{Judgement, Proof, SabotageVerdict},
};

/// A record with its judgement.
#[derive(Clone, Debug)]
pub struct Judged {
    pub record: Record,
    pub report: Report,
    pub judgement: Judgement,
}

/// Everything that a certificate is decided from.
#[derive(Clone, Copy, Debug)]
pub struct Examination<'a> {
    pub profile: &'a Profile,
    /// The run without sabotage.
    pub run: &'a Judged,
    /// The records of the sabotages, the oldest first.
    pub proofs: &'a [Judged],
    /// The instant of the certificate.
    pub created: Timestamp,
    pub unsupported: Unsupported,
}

/// What a version past its end of support does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsupported {
    /// There is no certificate.
    Refused,
    /// It is a warned finding on the first page.
    Warned,
}

/// An image under test, as it ran.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Image {
    pub name: String,
    /// SHA-256 in hex; `None` for an image that ran without one.
    pub sha256: Option<String>,
}

static SHA256: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("sha256:([0-9a-f]{64})$").ok());

impl Judged {
    #[must_use]
    pub fn of(record: Record) -> Self {
        let (report, judgement) = Report::of(&PublicRecord::of(&record));
        Self { record, report, judgement }
    }

    /// The plan; that of a record without one is empty.
    #[must_use]
    pub fn plan(&self) -> Plan {
        self.record.plan().cloned().unwrap_or_default()
    }

    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.judgement.status == RunStatus::Complete
    }

    /// The source that it was made from, if it says so.
    #[must_use]
    pub fn source(&self) -> Option<Source> {
        serde_json::from_value(self.report.environment.get(source::TOPIC)?.clone()).ok()
    }

    /// The images that ran, in order.
    #[must_use]
    pub fn images(&self) -> BTreeSet<Image> {
        let images = self.report.environment.get("images").and_then(Value::as_array);
        images
            .into_iter()
            .flatten()
            .map(|image| Image {
                name: image["name"].as_str().unwrap_or_default().to_owned(),
                sha256: image["running"].as_str().and_then(sha256_at_end),
            })
            .collect()
    }

    /// The digests of the images that the world was made from, in hex; none when the record does not know them.
    #[must_use]
    pub fn declared_images(&self) -> BTreeSet<String> {
        let mut digests = BTreeSet::new();
        if let Some(origins) = self.report.environment.get("image-origins") {
            collect(origins, &mut digests);
        }
        digests
    }

    /// The last day, in UTC, until which somebody answers for a waived check: that of the first of its waivers to end.
    #[must_use]
    pub fn waived_until(&self, check: &str) -> Option<Date> {
        let answering = self.judgement.waivers.iter().filter(|waiver| waiver.waived.iter().any(|id| id == check));
        answering.map(|waiver| waiver.until).min()
    }

    /// The name of the version set, or of the world where there is none.
    #[must_use]
    pub fn stack(&self) -> &str {
        let stack = self.report.environment.get("stack").and_then(|stack| stack["name"].as_str());
        stack.unwrap_or(&self.judgement.run.world)
    }
}

impl Examination<'_> {
    /// The day of the certificate, in UTC.
    #[must_use]
    pub fn day(&self) -> Date {
        self.created.to_zoned(TimeZone::UTC).date()
    }

    /// The result of each sabotage that was tried: one that went unnoticed in any record counts, then one that is proven.
    #[must_use]
    pub fn trials(&self) -> BTreeMap<&str, &SabotageVerdict> {
        let tried = self.proofs.iter().flat_map(|proof| &proof.judgement.sabotages);
        let mut trials: BTreeMap<&str, &SabotageVerdict> = BTreeMap::new();
        for trial in tried.filter(|trial| trial.proof != Proof::NotTried) {
            let known = trials.entry(&trial.id).or_insert(trial);
            if rank(trial.proof) >= rank(known.proof) {
                *known = trial;
            }
        }
        trials
    }

    /// The checks that a proven sabotage turned red.
    #[must_use]
    pub fn proven_checks(&self) -> BTreeSet<&str> {
        let proven = self.trials().into_values().filter(|trial| trial.proof == Proof::Proven);
        proven.flat_map(|trial| &trial.red).map(|trial| trial.check.as_str()).collect()
    }
}

/// Whose result counts. A trial that the harness could not make decides nothing.
const fn rank(proof: Proof) -> u8 {
    match proof {
        Proof::NotTried | Proof::NotApplicable => 0,
        Proof::Unconfirmed => 1,
        Proof::Proven => 2,
        Proof::WrongReason => 3,
        Proof::Toothless => 4,
    }
}

fn sha256_at_end(text: &str) -> Option<String> {
    Some(SHA256.as_ref()?.captures(text)?[1].to_owned())
}

/// Every value of a key `digest`, at any depth.
fn collect(value: &Value, digests: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, digests)),
        Value::Object(fields) => {
            for (key, item) in fields {
                match item.as_str() {
                    Some(text) if key == "digest" => digests.extend(sha256_at_end(text)),
                    _ => collect(item, digests),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
