//! `--repeat` and `--hunt`: the same run several times, each with a record of its own, and their combined result.

use std::fs;

use anyhow::{Context as _, Result};
use harness::run::{SessionRequest, Stop};
use mtls_core::{
    report::{runs_summary, runs_table},
    verdict::{Exit, Judgement, Repeated, deviations},
};

use super::{entering::Entering, one};
use crate::{commands::report::Shown, paths};

/// The number of runs, and whether the first deviation ends them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    Hunt { at_most: u32 },
    Times(u32),
}

/// The default number of runs of a hunt that finds nothing.
const HUNT: u32 = 50;

impl Repeat {
    /// `None` for a single run.
    pub(super) fn of(times: Option<u32>, hunt: Option<&str>) -> Option<Self> {
        match (hunt, times) {
            (Some(_), times) => Some(Self::Hunt { at_most: times.unwrap_or(HUNT) }),
            (None, times) => times.map(Self::Times),
        }
    }
}

/// Runs `1/`, `2/`, … in the folder of the record, and writes `summary.md` beside them.
pub(super) async fn run(
    request: &SessionRequest<'_>,
    repeat: Repeat,
    stop: &Stop,
    entering: Entering<'_>,
) -> Result<Exit> {
    let (times, hunts) = match repeat {
        Repeat::Hunt { at_most } => (at_most, true),
        Repeat::Times(times) => (times, false),
    };
    let base = &request.record.directory;
    let mut seen: Vec<Judgement> = Vec::new();
    for number in 1..=times {
        say!("\n{number} of {times}");
        let record = request.record.numbered(&paths::runs(), number)?;
        let directory = record.directory.clone();
        let request = SessionRequest { record, ..request.clone() };
        let Some(judgement) = one(request, stop.clone(), Shown::ATTENTION, entering).await else {
            return Ok(Exit::Broken);
        };
        let deviating = deviations(seen.first().unwrap_or(&judgement), &judgement);
        seen.push(judgement);
        if hunts && !deviating.is_empty() {
            say!("\nfound in run {number}; its record is {}", directory.display());
            for line in &deviating {
                say!("  {line}");
            }
            break;
        }
        if stop.is_asked() {
            break;
        }
    }
    let repeated = Repeated::of(&seen);
    let summary = base.join("summary.md");
    fs::write(&summary, runs_summary(&repeated)).with_context(|| format!("write {}", summary.display()))?;
    say!("\n{}", runs_table(&repeated).trim_end());
    say!("exit code {} ({})\nruns: {}", repeated.exit.code(), repeated.exit.meaning(), base.display());
    Ok(repeated.exit)
}
