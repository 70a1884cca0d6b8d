//! `cargo xtask verify DIR`: checks a certificate. Needs no cluster and no network.
//!
//! One line per step. What a step means is in `mtls_core::certificate::verify`; two need more than the files: ledgers are joined again from
//! the logs of both ends, and only a clock knows whether a certificate is still valid.

use std::{
    fs,
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
        steps.push(ledgers(folder));
        steps.push(validity(&files, today));
    }
    steps
}

/// Joins every ledger again.
fn ledgers(folder: &Path) -> Step {
    let proofs = (1..).map(|number| folder.join(proof_folder(number)));
    let records =
        std::iter::once(folder.to_owned()).chain(proofs.take_while(|proof| proof.join(log::FILE_NAME).exists()));
    let mut wrong = Vec::new();
    let mut count = 0;
    for directory in records {
        count += 1;
        let unlike = record::read(&directory).map(|record| super::judge::ledgers(&record, &directory));
        match unlike {
            Ok(0) => {}
            Ok(unlike) => wrong.push(format!("{}: {unlike} ledgers differ from their logs", directory.display())),
            Err(error) => wrong.push(error.to_string()),
        }
    }
    let answer = if wrong.is_empty() {
        Answer::Holds(format!("of {count} records, as their logs"))
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
