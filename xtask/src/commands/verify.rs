//! `cargo xtask verify DIR`: checks a certificate. Needs no cluster and no network.
//!
//! One line per step. What a step means is in `mtls_core::certificate::verify`; two need more than the files: ledgers are joined again from
//! the logs of both ends, and only a clock knows whether a certificate is still valid.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, Result};
use jiff::{civil::Date, tz::TimeZone};
use mtls_core::{
    certificate::{
        claim,
        content::proof_folder,
        files::Files,
        key::PublicKey,
        verify::{Answer, Step, exit, verify},
    },
    evidence::{log, record},
    verdict::Exit,
    yaml::Node,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The folder of a certificate.
    #[arg(value_name = "DIR")]
    certificate: PathBuf,
    /// The public key of its signer, in PEM. Without it nothing shows who made the certificate, and the exit code is 4.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let key = arguments.key.as_deref().map(public_key).transpose()?;
    let steps = checked(&arguments.certificate, key.as_ref(), jiff::Timestamp::now().to_zoned(TimeZone::UTC).date());
    for step in &steps {
        say!("{}", line(step));
    }
    let exit = exit(&steps);
    say!("exit code {} ({})", exit.code(), exit.meaning());
    Ok(ExitCode::from(exit.code()))
}

fn public_key(path: &Path) -> Result<PublicKey> {
    let text = fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    PublicKey::read(&text).with_context(|| format!("{} is no key to verify with", path.display()))
}

pub(super) fn checked(folder: &Path, key: Option<&PublicKey>, today: Date) -> Vec<Step> {
    let files = match Files::read(folder) {
        Ok(files) => files,
        Err(wrong) => return vec![Step { name: "folder", answer: Answer::Fails(wrong) }],
    };
    let mut steps = verify(&files, key);
    if exit(&steps) != Exit::Broken {
        steps.push(ledgers(&files));
        steps.push(validity(&files, today));
    }
    steps
}

/// Joins every ledger again.
fn ledgers(files: &Files) -> Step {
    let mut wrong = Vec::new();
    let (mut records, mut same) = (0, 0);
    let mut folder = String::new();
    loop {
        let file = |name: &str| files.get(&format!("{folder}{name}")).map(<[u8]>::to_vec);
        let read = |name: &str| file(name).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound));
        let Ok(record) = record::read_with(&read) else { break };
        let found = super::judge::ledgers(&record, &file);
        same += found.same;
        wrong.extend(found.differences.iter().map(|line| format!("{folder}{}: {line}", log::FILE_NAME)));
        records += 1;
        folder = proof_folder(records);
    }
    let answer = if wrong.is_empty() {
        Answer::Holds(format!("{same} in {records} records, as the logs of both ends"))
    } else {
        Answer::Fails(wrong)
    };
    Step { name: "ledgers", answer }
}

fn validity(files: &Files, today: Date) -> Step {
    let text = String::from_utf8_lossy(files.get(claim::FILE_NAME).unwrap_or_default()).into_owned();
    let until = Node::parse(&text).ok().and_then(|node| node.get("validUntil")?.text()?.parse::<Date>().ok());
    let answer = match until {
        None => Answer::Fails(vec![format!("{} has no validUntil", claim::FILE_NAME)]),
        Some(until) if until < today => Answer::Unchecked(format!("no longer: it was valid until {until}")),
        Some(until) => Answer::Holds(format!("until {until}")),
    };
    Step { name: "validity", answer }
}

/// One line, and one more for each thing that is wrong beyond the first.
fn line(step: &Step) -> String {
    let (symbol, text) = match &step.answer {
        Answer::Holds(what) => ('✓', what.clone()),
        Answer::Unchecked(why) => ('?', why.clone()),
        Answer::Fails(wrong) => ('✗', wrong.join(&format!("\n{:14}", ""))),
    };
    format!("{symbol} {:<12}{text}", step.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_is_a_line_and_each_failure_has_its_own() {
        let step = |answer| line(&Step { name: "records", answer });
        assert_eq!(step(Answer::Holds("2".to_owned())), "✓ records     2");
        assert_eq!(step(Answer::Unchecked("no key".to_owned())), "? records     no key");
        let wrong = Answer::Fails(vec!["a".to_owned(), "b".to_owned()]);
        assert_eq!(step(wrong), "✗ records     a\n              b");
    }

    #[test]
    fn a_folder_that_is_not_there_or_empty_is_broken() {
        let folder = tempfile::tempdir().unwrap();
        let today = "2026-11-30".parse().unwrap();
        for path in [folder.path().join("nowhere"), folder.path().to_owned()] {
            let steps = checked(&path, None, today);
            assert_eq!((steps.len(), exit(&steps)), (1, Exit::Broken));
        }
    }
}
