//! Checks a certificate of somebody else: everything in it is computed again from its records.
//!
//! Input: the files, and the signer's public key. Output: one [`Step`] per question, in the order in which answers make sense. Pure: no
//! cluster, no network, no clock. Whether the day of the certificate has passed is for the reader, who has a clock.

use std::io;

use super::{
    bundle::{self, Bundle},
    claim::{self, Claim},
    content::{ContentError, STATEMENTS, content, proof_folder, record_files},
    files::Files,
    judged::{Examination, Judged},
    key::PublicKey,
    manifest,
    rules::VERSION,
    statement::{self, catalogue_digest, predicate_type, scenario_digest},
};
use crate::{
    evidence::{lock, log, plan::Plan, record::Record},
    verdict::Exit,
};

/// The answer to one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub name: &'static str,
    pub answer: Answer,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is as it should be; what was looked at.
    Holds(String),
    /// Each thing that is not, by its file.
    Fails(Vec<String>),
    /// It could not be looked at, and why.
    Unchecked(String),
}

/// The exit code of these steps: what fails is broken, and what nobody could look at proves nothing.
#[must_use]
pub fn exit(steps: &[Step]) -> Exit {
    let has = |wanted: fn(&Answer) -> bool| steps.iter().any(|step| wanted(&step.answer));
    if steps.is_empty() || has(|answer| matches!(answer, Answer::Fails(_))) {
        Exit::Broken
    } else if has(|answer| matches!(answer, Answer::Unchecked(_))) {
        Exit::NothingProven
    } else {
        Exit::Conformant
    }
}

/// Checks a certificate. After a failure, what would rest on it is left out.
#[must_use]
pub fn verify(files: &Files, key: Option<&PublicKey>) -> Vec<Step> {
    let mut steps = vec![step("manifest", manifest::differences(files), format!("{} files", files.len()))];
    if exit(&steps) != Exit::Conformant {
        return steps;
    }
    let claim = match Claim::read(files.get(claim::FILE_NAME).unwrap_or_default()) {
        Ok(claim) => claim,
        Err(why) => {
            steps.push(step("claim", vec![format!("{}: {why}", claim::FILE_NAME)], String::new()));
            return steps;
        }
    };
    let other = format!(
        "{}: this certificate was made by version {}, this is {VERSION}: check it with the version that made it",
        claim::FILE_NAME,
        claim.version
    );
    steps.push(step("version", if claim.version == VERSION { Vec::new() } else { vec![other] }, VERSION.to_owned()));
    steps.push(predicates(files));
    steps.push(signatures(files, &claim, key));
    if claim.version != VERSION {
        return steps;
    }
    steps.extend(recomputed(files, &claim));
    steps
}

fn step(name: &'static str, wrong: Vec<String>, looked_at: String) -> Step {
    Step { name, answer: if wrong.is_empty() { Answer::Holds(looked_at) } else { Answer::Fails(wrong) } }
}

/// Whether both statements are of types that this program knows.
fn predicates(files: &Files) -> Step {
    let mut wrong = Vec::new();
    for (name, wanted, _) in STATEMENTS {
        let path = format!("{name}{}", statement::SUFFIX);
        match files.get(&path).map(predicate_type) {
            None => wrong.push(format!("{path} is missing")),
            Some(Ok(found)) if found == wanted => {}
            Some(Ok(found)) => wrong.push(format!("{path}: its predicate is `{found}`; this program knows `{wanted}`")),
            Some(Err(why)) => wrong.push(format!("{path}: {why}")),
        }
    }
    step("statements", wrong, STATEMENTS.map(|(name, ..)| name).join(" and "))
}

/// Whether the key signed what stands in the statements.
fn signatures(files: &Files, claim: &Claim, key: Option<&PublicKey>) -> Step {
    let name = "signature";
    let mut wrong = Vec::new();
    for (statement, _, _) in STATEMENTS {
        let path = format!("{statement}{}", bundle::SUFFIX);
        match (files.get(&path), &claim.signer) {
            (None, None) => {}
            (None, Some(_)) => wrong.push(format!("{path} is missing, and {} names a signer", claim::FILE_NAME)),
            (Some(_), None) => wrong.push(format!("{path}: {} says that nobody signed", claim::FILE_NAME)),
            (Some(text), Some(signer)) => {
                let payload = files.get(&format!("{statement}{}", statement::SUFFIX)).unwrap_or_default();
                wrong.extend(signature(text, payload, signer, key).err().map(|why| format!("{path}: {why}")));
            }
        }
    }
    match (&claim.signer, key) {
        _ if !wrong.is_empty() => step(name, wrong, String::new()),
        (None, None) => Step { name, answer: Answer::Unchecked("nobody signed this certificate".to_owned()) },
        (None, Some(_)) => {
            step(name, vec![format!("{}: nobody signed this certificate", claim::FILE_NAME)], String::new())
        }
        (Some(signer), None) => {
            Step { name, answer: Answer::Unchecked(format!("give the public key {signer} as --key")) }
        }
        (Some(signer), Some(_)) => step(name, Vec::new(), format!("by the key {signer}")),
    }
}

fn signature(text: &[u8], payload: &[u8], signer: &str, key: Option<&PublicKey>) -> Result<(), String> {
    let bundle = Bundle::read(text).map_err(|error| error.to_string())?;
    if bundle.hint() != signer {
        return Err(format!("the key {} signed it, and {} names {signer}", bundle.hint(), claim::FILE_NAME));
    }
    let inside = bundle.statement().map_err(|error| error.to_string())?;
    predicate_type(&inside)?;
    key.map_or(Ok(()), |key| bundle.verify(key)).map_err(|error| error.to_string())?;
    if inside == payload { Ok(()) } else { Err("it signs another statement than the one beside it".to_owned()) }
}

/// Everything again, from the records.
fn recomputed(files: &Files, claim: &Claim) -> Vec<Step> {
    let records = match records(files) {
        Ok(records) => records,
        Err(why) => return vec![step("records", vec![why], String::new())],
    };
    let flaws: Vec<String> = records
        .iter()
        .flat_map(|(folder, _, record)| {
            record.flaws.iter().map(move |flaw| format!("{folder}{}: {flaw}", log::FILE_NAME))
        })
        .collect();
    let events: usize = records.iter().map(|(_, _, record)| record.entries.len()).sum();
    let mut steps =
        vec![step("records", flaws, format!("{} with {events} events, each after the other", records.len()))];
    let judged: Vec<Judged> = records.iter().map(|(_, _, record)| Judged::of(record.clone())).collect();
    let Some((run, proofs)) = judged.split_first() else { return steps };
    let plan = run.plan();
    let unlike: Vec<String> = records
        .iter()
        .filter(|(_, _, record)| record.lock.is_none())
        .map(|(folder, ..)| format!("{folder}{} is missing", lock::FILE_NAME))
        .collect();
    steps.push(step("plan", unlike, lock::digest(&plan)));
    steps.push(configuration(files, &plan));

    let Claim { created, profile, unsupported, .. } = claim;
    let examined = Examination { profile, run, proofs, created: *created, unsupported: *unsupported };
    let (of_run, of_proofs) =
        (&records[0].1, records[1..].iter().map(|(_, files, _)| files.clone()).collect::<Vec<_>>());
    let expected = match content(&examined, of_run, &of_proofs, claim.signer.as_deref()) {
        Ok(expected) => expected,
        Err(ContentError::Refused(refusals)) => {
            steps.push(step("rules", refusals.iter().map(ToString::to_string).collect(), String::new()));
            return steps;
        }
        Err(error @ ContentError::Render(_)) => {
            steps.push(step("rules", vec![error.to_string()], String::new()));
            return steps;
        }
    };
    steps.push(step("rules", Vec::new(), format!("nothing speaks against the profile {}", profile.name)));
    let differs = |path: &str| match (expected.get(path), files.get(path)) {
        (Some(wanted), Some(found)) if wanted == found => None,
        (Some(_), Some(_)) => Some(format!("{path} is not what the records lead to")),
        (Some(_), None) => Some(format!("{path} is missing")),
        (None, _) => Some(format!("{path} belongs to no certificate")),
    };
    let verdicts = ["report.json", "report.html"].into_iter().filter_map(differs).collect();
    steps.push(step("verdicts", verdicts, format!("{} again from the record", run.judgement.checks.len())));
    steps.push(step("claim", differs(claim::FILE_NAME).into_iter().collect(), claim::FILE_NAME.to_owned()));
    let mut rest: Vec<String> = expected.iter().chain(files.iter()).map(|(path, _)| path.to_owned()).collect();
    rest.sort();
    rest.dedup();
    let looked_at = ["report.json", "report.html", claim::FILE_NAME];
    rest.retain(|path| !looked_at.contains(&path.as_str()) && !is_signature(path));
    let wrong = rest.iter().filter_map(|path| differs(path)).collect();
    steps.push(step("files", wrong, format!("{} as the records lead to them", rest.len())));
    steps
}

fn is_signature(path: &str) -> bool {
    STATEMENTS.iter().any(|(name, ..)| path == format!("{name}{}", bundle::SUFFIX))
}

/// The run and the proofs, each with its folder and its files.
fn records(files: &Files) -> Result<Vec<(String, Files, Record)>, String> {
    let mut records = Vec::new();
    let mut folder = String::new();
    loop {
        let file = |name: &str| {
            let bytes = files.get(&format!("{folder}{name}"));
            bytes.map(<[u8]>::to_vec).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
        };
        match record_files(&file) {
            Ok((of_record, record)) => records.push((folder.clone(), of_record, record)),
            Err(_) if records.is_empty() => return Err(format!("{} is missing", log::FILE_NAME)),
            Err(_) => return Ok(records),
        }
        folder = proof_folder(records.len());
    }
}

/// Whether the digests that the first statement names are those of the plan.
fn configuration(files: &Files, plan: &Plan) -> Step {
    let path = format!("{}{}", STATEMENTS[0].0, statement::SUFFIX);
    let statement: serde_json::Value = serde_json::from_slice(files.get(&path).unwrap_or_default()).unwrap_or_default();
    let named = statement["predicate"]["configuration"].as_array().cloned().unwrap_or_default();
    let digest = |name: &str| {
        let item = named.iter().find(|item| item["name"] == name);
        item.and_then(|item| item["digest"]["sha256"].as_str()).unwrap_or_default().to_owned()
    };
    let wanted = [("catalogue", catalogue_digest(plan)), ("scenarios", scenario_digest(plan))];
    let wrong = wanted.iter().filter(|(name, wanted)| digest(name) != *wanted);
    let wrong = wrong.map(|(name, _)| format!("{path}: the digest of the {name} is not that of the record")).collect();
    step("catalogue", wrong, format!("{} requirements, {} scenarios", plan.requirements.len(), plan.scenarios.len()))
}
