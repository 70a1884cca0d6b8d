//! Statements of in-toto (Statement v1) about what was examined: every test with its result, and what is proven.
//!
//! Input: an examination and the subjects. Output: JSON. A statement is read only to learn its type: what it must say is computed anew.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{judged::Examination, rules::VERSION};
use crate::{
    evidence::{digest::sha256, lock, plan::Plan},
    support::Support,
    verdict::{Mark, Verdict},
};

/// The end of a statement's file name.
pub const SUFFIX: &str = ".statement.json";
/// The first and the second statement.
pub const TEST_RESULT: &str = "https://in-toto.io/attestation/test-result/v0.1";
pub const SVR: &str = "https://in-toto.io/attestation/svr/v0.2";
/// Verifiers refuse more.
pub const MOST_SUBJECTS: usize = 1023;

const STATEMENT: &str = "https://in-toto.io/Statement/v1";
const VERIFIER: &str = "urn:mtls-conformance:verifier";
/// The beginning of every property: a verifier of several tools tells by it whose claim it is.
const PROPERTY: &str = "MTLS_CONFORMANCE";

/// What a statement is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Subject {
    pub name: String,
    pub digest: BTreeMap<String, String>,
}

impl Subject {
    /// A subject by its SHA-256 in hex.
    #[must_use]
    pub fn new(name: &str, sha256: &str) -> Self {
        Self { name: name.to_owned(), digest: BTreeMap::from([("sha256".to_owned(), sha256.to_owned())]) }
    }
}

/// Every check by its result, as the test-result predicate divides them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tests {
    pub passed: Vec<String>,
    pub warned: Vec<String>,
    pub failed: Vec<String>,
}

impl Tests {
    /// The division of a run's checks. What does not apply is in neither list.
    #[must_use]
    pub fn of(examined: &Examination<'_>) -> Self {
        let mut tests = Self::default();
        let demanded: BTreeSet<String> = demanded(examined);
        let proven = examined.proven_checks();
        for check in &examined.run.judgement.checks {
            let is_demanded = check.requirements.iter().any(|id| demanded.contains(id));
            let list = match check.verdict {
                Verdict::Fail | Verdict::Broken | Verdict::Unknown | Verdict::Vacuous => &mut tests.failed,
                Verdict::Pass if is_demanded && !proven.contains(check.id.as_str()) => &mut tests.failed,
                Verdict::Finding | Verdict::Waived => &mut tests.warned,
                Verdict::Pass if check.marks.contains(&Mark::Flaky) => &mut tests.warned,
                Verdict::Pass => &mut tests.passed,
                Verdict::NotApplicable => continue,
            };
            list.push(check.id.clone());
        }
        let ended = examined.run.judgement.support.iter().flat_map(Support::ended);
        tests.warned.extend(ended.map(|one| format!("support/{}", one.name())));
        tests
    }

    /// `PASSED`, `WARNED` or `FAILED`.
    #[must_use]
    pub fn result(&self) -> &'static str {
        match (self.failed.is_empty(), self.warned.is_empty()) {
            (false, _) => "FAILED",
            (true, false) => "WARNED",
            (true, true) => "PASSED",
        }
    }
}

/// The core requirements that must be seen to fail, whatever a profile says of the others.
fn demanded(examined: &Examination<'_>) -> BTreeSet<String> {
    if examined.profile.sabotage == super::profile::Sabotage::Optional {
        return BTreeSet::new();
    }
    let plan = examined.run.plan();
    let demanded = plan.requirements.into_iter().filter(|one| examined.profile.demands(&one.id, one.level));
    demanded.map(|one| one.id).collect()
}

/// The requirements that passed and whose checks a sabotage turned red, in the order of the catalogue.
#[must_use]
pub fn proven(examined: &Examination<'_>) -> Vec<String> {
    let seen = examined.proven_checks();
    let passed = examined.run.judgement.requirements.iter().filter(|one| one.verdict == Verdict::Pass);
    let covered = passed.filter(|one| examined.profile.covers(&one.id, one.level));
    let proven = covered.filter(|one| one.checks.iter().any(|check| seen.contains(check.as_str())));
    proven.map(|one| one.id.clone()).collect()
}

/// The first statement: every test with its result.
#[must_use]
pub fn test_result(examined: &Examination<'_>, subjects: &[Subject]) -> Vec<u8> {
    let tests = Tests::of(examined);
    let plan = examined.run.plan();
    let digest = |sha256: &str| json!({"sha256": sha256});
    let named = |name: &str, sha256: &str| json!({"name": name, "digest": digest(sha256)});
    let mut version = named("harness", &sha256(VERSION.as_bytes()));
    version["annotations"] = json!({"version": VERSION});
    let configuration = [
        named(&format!("mtls-conformance/{}", examined.profile.name), &bare(&lock::digest(&plan))),
        named("catalogue", &catalogue_digest(&plan)),
        named("scenarios", &scenario_digest(&plan)),
        version,
        named(&format!("profile/{}", examined.profile.name), &examined.profile.digest()),
    ];
    let predicate = json!({
        "result": tests.result(),
        "configuration": configuration,
        "passedTests": tests.passed,
        "warnedTests": tests.warned,
        "failedTests": tests.failed,
    });
    statement(TEST_RESULT, subjects, &predicate)
}

/// The second statement: what is proven, and nothing else.
#[must_use]
pub fn svr(examined: &Examination<'_>, subjects: &[Subject]) -> Vec<u8> {
    let profile = examined.profile;
    let mut properties = vec![format!("{PROPERTY}_PROFILE_{}", profile.name)];
    properties.extend(proven(examined).into_iter().map(|id| format!("{PROPERTY}_{id}")));
    let policy = json!({"name": format!("mtls-conformance/{}", profile.name), "digest": {"sha256": profile.digest()}});
    let predicate = json!({
        "verifier": {"id": format!("{VERIFIER}:{VERSION}"), "policies": [policy]},
        "timeCreated": examined.created.to_string(),
        "properties": properties,
    });
    statement(SVR, subjects, &predicate)
}

/// The type that a statement says it has.
///
/// # Errors
/// When it is no statement.
pub fn predicate_type(statement: &[u8]) -> Result<String, String> {
    #[derive(Deserialize)]
    struct Typed {
        #[serde(rename = "_type")]
        of: String,
        #[serde(rename = "predicateType")]
        predicate: String,
    }
    let typed: Typed = serde_json::from_slice(statement).map_err(|error| error.to_string())?;
    if typed.of == STATEMENT {
        Ok(typed.predicate)
    } else {
        Err(format!("it is a `{}`, not a `{STATEMENT}`", typed.of))
    }
}

/// SHA-256 of the requirements of a plan, in hex.
#[must_use]
pub fn catalogue_digest(plan: &Plan) -> String {
    sha256(&serde_json::to_vec(&plan.requirements).unwrap_or_default())
}

/// SHA-256 of the scenarios and sabotages of a plan, in hex.
#[must_use]
pub fn scenario_digest(plan: &Plan) -> String {
    sha256(&serde_json::to_vec(&(&plan.scenarios, &plan.sabotages)).unwrap_or_default())
}

fn bare(digest: &str) -> String {
    digest.strip_prefix("sha256:").unwrap_or(digest).to_owned()
}

fn statement(predicate_type: &str, subjects: &[Subject], predicate: &Value) -> Vec<u8> {
    let statement = json!({
        "_type": STATEMENT,
        "subject": subjects,
        "predicateType": predicate_type,
        "predicate": predicate,
    });
    // A statement is texts and lists of them, which are always JSON.
    let mut text = serde_json::to_vec_pretty(&statement).unwrap_or_default();
    text.push(b'\n');
    text
}
