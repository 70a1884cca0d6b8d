//! `cargo xtask judge RUN`: computes every verdict of a run again from its record, and compares it with the report.
//!
//! Needs no cluster, no scenarios and no network. Writes `report.json` only if it is missing: a differing one is kept.

use std::{fs, io, path::PathBuf, process::ExitCode};

use anyhow::{Context as _, Result};
use harness::traffic::{Rejoined, rejoin};
use mtls_core::{
    evidence::{
        event::Event,
        file,
        record::{self, Record},
        store,
    },
    report::{PublicRecord, Report, differences, json, table},
    verdict::Exit,
};

use super::report::{Shown, style};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A run directory, the id of a run under target/e2e, `latest`, or an archive.
    #[arg(value_name = "RUN", default_value = "latest")]
    run: String,
    /// Show what the verdicts would be with the waivers of this file in the place of those of the record. Writes
    /// nothing and compares nothing.
    #[arg(long, value_name = "FILE")]
    waivers: Option<PathBuf>,
}

/// What joining every recorded ledger again from its two logs shows.
pub(super) struct Ledgers {
    /// Number of ledgers that are as their logs.
    pub(super) same: usize,
    /// Number of those that are not, and how they differ.
    pub(super) unlike: usize,
    pub(super) differences: Vec<String>,
}

/// Joins the ledgers of a record again; `file` reads a file of it by its name.
pub(super) fn ledgers(record: &Record, file: &dyn Fn(&str) -> Option<Vec<u8>>) -> Ledgers {
    let mut ledgers = Ledgers { same: 0, unlike: 0, differences: Vec::new() };
    for entry in &record.entries {
        let Event::Observed { check, sample, .. } = &entry.event else { continue };
        let log = |digest: &str| String::from_utf8(file(&store::relative_path(digest))?).ok();
        match rejoin(&sample.facts, log) {
            None => {}
            Some(Rejoined::Same) => ledgers.same += 1,
            Some(Rejoined::Differs(how)) => {
                ledgers.unlike += 1;
                ledgers.differences.extend(how.iter().map(|line| format!("{check}: {line}")));
            }
        }
    }
    ledgers
}

/// The exit code of the record if the report matches it, otherwise the one for a broken run.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let directory = super::located::find(&arguments.run)?;
    let record = record::read(&directory).with_context(|| format!("judge {}", directory.display()))?;
    if let Some(file) = &arguments.waivers {
        let Some(waivers) = super::lint::waivers(file) else { return Ok(ExitCode::from(Exit::Usage.code())) };
        let (report, judgement) = Report::with_waivers(&PublicRecord::of(&record), &waivers.list);
        say!("{}", table(&report, style(&directory.join("report.html").display().to_string(), Shown::ATTENTION)));
        say!("with the waivers of {}: the record and its reports stay as they are", file.display());
        return Ok(ExitCode::from(judgement.exit.code()));
    }
    let (report, judgement) = Report::of(&PublicRecord::of(&record));
    let mut bytes = Vec::new();
    json(&report, &mut bytes)?;
    let path = directory.join("report.json");
    for problem in &report.problems {
        say!("! {problem}");
    }
    let Ledgers { same, unlike, differences: lines } = ledgers(&record, &|name| fs::read(directory.join(name)).ok());
    for line in &lines {
        say!("≠ {line}");
    }
    if same > 0 {
        say!("{same} ledgers joined again from the logs of both ends: identical");
    }
    let exit = match fs::read(&path) {
        _ if unlike > 0 => {
            say!("{unlike} ledgers differ from their logs");
            Exit::Broken
        }
        Ok(stored) => match differences(&stored, &bytes).as_slice() {
            [] => {
                say!("{} verdicts from the record: report.json is the same, byte for byte", report.checks.len());
                judgement.exit
            }
            differing => {
                for line in differing {
                    say!("≠ {line}");
                }
                say!("report.json differs from the record; `cargo xtask report` rewrites it");
                Exit::Broken
            }
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            file::replace(&path, &bytes).with_context(|| format!("write {}", path.display()))?;
            say!("{} verdicts from the record: there was no report.json, and now there is", report.checks.len());
            judgement.exit
        }
        Err(error) => return Err(error).with_context(|| format!("read {}", path.display())),
    };
    say!("exit code {} ({})", exit.code(), exit.meaning());
    Ok(ExitCode::from(exit.code()))
}
