//! What a run has to do with the store of runs: it is entered when it ends, and `--last-failed` asks what was red before.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result};
use mtls_core::{
    evidence::record,
    scenario::model::Scenario,
    store::{Index, IndexEntry},
    verdict::{Judgement, Verdict, judge_record},
};

use crate::{
    commands::located::{Located, find},
    paths,
};

/// Options about earlier runs, and about where this one is entered.
#[derive(clap::Args)]
pub(super) struct Earlier {
    /// Only scenarios that were red in the last run in a world of the same kind.
    #[arg(long)]
    last_failed: bool,
    /// Show in the reports what is new since this run: a run directory, an id, `latest`, or an archive.
    #[arg(long, value_name = "RUN")]
    baseline: Option<String>,
    /// Folder of the store, in whose index every run is entered.
    #[arg(long, value_name = "DIR", default_value_os_t = paths::store())]
    store: PathBuf,
    /// The nightly run that this one is a part of.
    #[arg(long, value_name = "ID", hide = true)]
    night: Option<String>,
}

/// The record of a baseline, which stays what it is when `latest` moves on.
pub(super) struct Baseline {
    path: PathBuf,
    #[expect(dead_code, reason = "an archive is unpacked as long as this lives")]
    found: Located,
}

impl Earlier {
    pub(super) fn baseline(&self) -> Result<Option<Baseline>> {
        let Some(run) = &self.baseline else { return Ok(None) };
        let found = find(run)?;
        let path = found.canonicalize().with_context(|| format!("find {}", found.display()))?;
        Ok(Some(Baseline { path, found }))
    }

    pub(super) fn entering<'a>(&'a self, baseline: Option<&'a Baseline>) -> Entering<'a> {
        let baseline = baseline.map(|baseline| baseline.path.as_path());
        Entering { store: &self.store, night: self.night.as_deref(), baseline }
    }

    /// With `--last-failed`, keeps the scenarios that were red in the last run of such a world. `Err` has what to say
    /// when none is left.
    pub(super) fn narrow(&self, world: &str, scenarios: &mut Vec<Scenario>) -> Result<Result<(), String>> {
        if self.last_failed { keep_last_failed(&self.store, world, scenarios) } else { Ok(Ok(())) }
    }
}

/// Where runs are entered, and the nightly run that they are parts of.
#[derive(Clone, Copy)]
pub(super) struct Entering<'a> {
    pub(super) store: &'a Path,
    pub(super) night: Option<&'a str>,
    /// The record that reports say what is new since.
    pub(super) baseline: Option<&'a Path>,
}

impl Entering<'_> {
    /// Enters a run. A store that cannot be written is said, and changes no exit code: the record is whole without it.
    pub(super) fn enter(&self, judgement: &Judgement, directory: &Path) {
        let folder = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
        let mut entry = IndexEntry::of(judgement, &folder);
        entry.commit = commit();
        entry.night = self.night.map(str::to_owned);
        if let Err(error) = Index::append(self.store, &entry) {
            eprintln!("! this run is not in the store: {:#}", anyhow::Error::from(error));
        }
    }
}

fn keep_last_failed(store: &Path, world: &str, scenarios: &mut Vec<Scenario>) -> Result<Result<(), String>> {
    let index = Index::read(store)?;
    for damaged in &index.damaged {
        eprintln!("! {damaged}");
    }
    let Some(last) = index.last_in(world) else {
        let store = store.display();
        return Ok(Err(format!("--last-failed: no run in a world `{world}` is in the store {store}")));
    };
    let record = record::read(&last.path).with_context(|| format!("read the last run, {}", last.run))?;
    let red = red(&judge_record(&record));
    scenarios.retain(|scenario| red.contains(&scenario.id));
    if scenarios.is_empty() {
        return Ok(Err(format!("--last-failed: nothing that is selected was red in {}", last.run)));
    }
    say!("{} scenarios were red in {}", scenarios.len(), last.run);
    Ok(Ok(()))
}

/// The scenarios that need another run. A finding is as recorded, and does not.
fn red(judgement: &Judgement) -> BTreeSet<String> {
    let is_red = |verdict: Verdict| !verdict.is_green() && verdict != Verdict::Finding;
    judgement.scenarios.iter().filter(|one| is_red(one.verdict)).map(|one| one.id.clone()).collect()
}

/// The commit of the working copy; `None` outside of one.
fn commit() -> Option<String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(paths::workspace())
        .args(["rev-parse", "HEAD"])
        .env_remove("GIT_DIR")
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}
