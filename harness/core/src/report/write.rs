//! Writes the reports of a run directory from its log, without a cluster.

use std::path::{Path, PathBuf};

use super::{
    Detail, JudgedRun, PublicRecord, RenderError, Report, RunComparison, Unusable, html, json, junit, summary,
};
use crate::{
    evidence::{file, log, record},
    verdict::Judgement,
};

/// Why reports cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error(transparent)]
    Read(#[from] log::ReadError),
    #[error(transparent)]
    Render(#[from] RenderError),
    #[error("the run in {} cannot be compared", path.display())]
    Baseline {
        path: PathBuf,
        #[source]
        source: Unusable,
    },
    #[error("{} cannot be replaced; check the free space and the rights of its folder", path.display())]
    Write {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
}

/// Reads the record, judges it, and writes `report.json`, `junit.xml`, `summary.md` and `report.html` beside it.
///
/// Each file is replaced in one step; when one fails, those before it are already new.
///
/// # Errors
/// When the log cannot be read or a report cannot be written.
pub fn write_all(run_dir: &Path) -> Result<(Report, Judgement), WriteError> {
    let (report, judgement) = read(run_dir)?;
    write(&report, run_dir)?;
    Ok((report, judgement))
}

/// As [`write_all`]; the formats for people also say what is new since the run in `baseline`.
///
/// # Errors
/// When a log cannot be read, one of the records is damaged or partial, or a report cannot be written.
pub fn write_all_against(run_dir: &Path, baseline: &Path) -> Result<(Report, Judgement), WriteError> {
    let judged = |directory: &Path| -> Result<JudgedRun, WriteError> {
        let unusable = |source| WriteError::Baseline { path: directory.to_owned(), source };
        JudgedRun::of(&record::read(directory)?).map_err(unusable)
    };
    let comparison = RunComparison::of(&judged(baseline)?, &judged(run_dir)?, Detail::Demanded);
    let (report, judgement) = read(run_dir)?;
    let report = report.against(comparison.baseline());
    write(&report, run_dir)?;
    Ok((report, judgement))
}

fn write(report: &Report, run_dir: &Path) -> Result<(), WriteError> {
    for (name, render) in RENDERERS {
        let mut bytes = Vec::new();
        render(report, &mut bytes)?;
        let path = run_dir.join(name);
        file::replace(&path, &bytes).map_err(|source| WriteError::Write { path, source })?;
    }
    Ok(())
}

/// Reads and judges a run without writing anything.
///
/// # Errors
/// When the log cannot be read.
pub fn read(run_dir: &Path) -> Result<(Report, Judgement), WriteError> {
    let record = record::read(run_dir)?;
    Ok(Report::of(&PublicRecord::of(&record)))
}

type Renderer = fn(&Report, &mut dyn std::io::Write) -> Result<(), RenderError>;

const RENDERERS: [(&str, Renderer); 4] =
    [("report.json", json), ("junit.xml", junit), ("summary.md", summary), ("report.html", html)];
