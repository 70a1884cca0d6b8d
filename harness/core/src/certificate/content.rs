//! The files of a certificate, computed from records alone: for whoever makes one, and again for whoever checks one.
//!
//! Pure. The records stand in it whole: the run at the top, each record of sabotages below `proof/`.

use std::io;

use super::{
    bundle::{self, Bundle},
    claim,
    files::{Files, MOST_BYTES},
    guide,
    judged::{Examination, Judged},
    key::{KeyError, SigningKey},
    manifest,
    refusal::{Reason, Refusal},
    rules,
    statement::{self, MOST_SUBJECTS, Subject},
};
use crate::{
    evidence::{
        digest::sha256,
        lock, log,
        record::{self, Record},
        secret, store,
    },
    report::{RenderError, html, json},
};

/// The folder of a record of sabotages, from 1.
#[must_use]
pub fn proof_folder(number: usize) -> String {
    format!("proof/{number}/")
}

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    #[error("there is no certificate, for {} reasons", .0.len())]
    Refused(Vec<Refusal>),
    #[error(transparent)]
    Render(#[from] RenderError),
}

/// The names of the two statements, and what writes them.
pub(super) const STATEMENTS: [(&str, &str, Writer); 2] =
    [("test-result", statement::TEST_RESULT, statement::test_result), ("svr", statement::SVR, statement::svr)];

pub(super) type Writer = fn(&Examination<'_>, &[Subject]) -> Vec<u8>;

/// Reads the files of a record, and the record from them: the log, the lock and the evidence that the log names.
///
/// # Errors
/// When there is no log. What else is missing is a flaw of the record.
pub fn record_files(file: &dyn Fn(&str) -> io::Result<Vec<u8>>) -> io::Result<(Files, Record)> {
    let record = record::read_with(file)?;
    let mut files = Files::default();
    let evidence = record.evidence().map(store::relative_path);
    for path in [log::FILE_NAME, lock::FILE_NAME].into_iter().map(str::to_owned).chain(evidence) {
        if let Ok(bytes) = file(&path) {
            files.put(path, bytes);
        }
    }
    Ok((files, record))
}

/// Every file of a certificate but the signatures. `signer` is the name of the key that will sign it.
///
/// # Errors
/// Every reason against it.
pub fn content(
    examined: &Examination<'_>,
    run: &Files,
    proofs: &[Files],
    signer: Option<&str>,
) -> Result<Files, ContentError> {
    let refusals = rules::refusals(examined);
    if !refusals.is_empty() {
        return Err(ContentError::Refused(refusals));
    }
    let mut files = run.clone();
    for (index, proof) in proofs.iter().enumerate() {
        for (path, bytes) in proof.iter() {
            files.put(format!("{}{path}", proof_folder(index + 1)), bytes.to_vec());
        }
    }
    for (path, bytes) in reports(examined.run)? {
        files.put(path, bytes);
    }
    files.put(claim::FILE_NAME, claim::text(examined, signer).into_bytes());
    files.put(guide::FILE_NAME, guide::text(&examined.profile.name).into_bytes());
    let manifest = manifest::text(&files);
    files.put(manifest::FILE_NAME, manifest.into_bytes());
    let subjects = subjects(examined, &files);
    for (name, _, write) in STATEMENTS {
        files.put(format!("{name}{}", statement::SUFFIX), write(examined, &subjects));
    }
    let refusals = unfit(&files, subjects.len());
    if refusals.is_empty() { Ok(files) } else { Err(ContentError::Refused(refusals)) }
}

/// Signs both statements.
///
/// # Errors
/// When the machine gives no random numbers.
pub fn sign(files: &mut Files, key: &SigningKey) -> Result<(), KeyError> {
    for (name, _, _) in STATEMENTS {
        let statement = files.get(&format!("{name}{}", statement::SUFFIX)).unwrap_or_default().to_vec();
        files.put(format!("{name}{}", bundle::SUFFIX), Bundle::sign(&statement, key)?.text());
    }
    Ok(())
}

fn reports(run: &Judged) -> Result<[(&'static str, Vec<u8>); 2], RenderError> {
    let (mut data, mut page) = (Vec::new(), Vec::new());
    json(&run.report, &mut data)?;
    html(&run.report, &mut page)?;
    Ok([("report.json", data), ("report.html", page)])
}

/// What the statements are about: the certificate's own files, every image under test, and the trees.
fn subjects(examined: &Examination<'_>, files: &Files) -> Vec<Subject> {
    let own = [manifest::FILE_NAME, "report.json", log::FILE_NAME];
    let mut subjects: Vec<Subject> =
        own.iter().filter_map(|path| Some(Subject::new(path, &sha256(files.get(path)?)))).collect();
    let images = examined.run.images();
    subjects.extend(images.iter().filter_map(|image| Some(Subject::new(&image.name, image.sha256.as_ref()?))));
    let trees = examined.run.source().map(|source| source.infrastructure);
    subjects
        .extend(trees.iter().filter_map(|trees| Some(Subject::new("infrastructure", trees.strip_prefix("sha256:")?))));
    subjects
}

/// Reasons in the finished files.
fn unfit(files: &Files, subjects: usize) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    if subjects > MOST_SUBJECTS {
        refusals.push(Refusal::new(Reason::TooLarge, format!("{subjects} subjects, at most {MOST_SUBJECTS}")));
    }
    for (path, bytes) in files.iter() {
        if bytes.len() as u64 > MOST_BYTES {
            refusals.push(Refusal::new(Reason::TooLarge, format!("{path} has {} bytes", bytes.len())));
        }
        if secret::is_secret_file(bytes) {
            refusals.push(Refusal::new(Reason::Secret, path));
        }
    }
    refusals
}
