//! `cargo xtask export RUN FILE` and `cargo xtask import FILE`: a run as one file, and back.

use std::{fs, path::PathBuf, process::ExitCode};

use anyhow::{Context as _, Result, bail};
use mtls_core::{
    evidence::{event::Event, log, record},
    store::{Index, IndexEntry, Limits, export, import},
    verdict::{Exit, judge_record},
};

use super::located::find;
use crate::paths;

#[derive(Debug, clap::Args)]
pub(crate) struct Export {
    /// A run directory, the id of a run under target/e2e, or `latest`.
    #[arg(value_name = "RUN")]
    run: String,
    /// The archive to write, which must not exist: `run.tar`.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Import {
    /// An archive that `export` wrote.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Folder of the store that the run is entered in.
    #[arg(long, value_name = "DIR", default_value_os_t = paths::store())]
    store: PathBuf,
}

/// Writes the archive.
pub(crate) fn write(arguments: &Export) -> Result<ExitCode> {
    let directory = find(&arguments.run)?;
    if arguments.file.extension().is_none_or(|end| end != "tar") {
        eprintln!("error: {} does not end in .tar, by which other commands know an archive", arguments.file.display());
        return Ok(ExitCode::from(Exit::Usage.code()));
    }
    let record = record::read(&directory)?;
    let files = export(&directory, &id(&record)?, &arguments.file)?;
    say!("{files} files of {} in {}", directory.display(), arguments.file.display());
    Ok(ExitCode::SUCCESS)
}

/// Unpacks an archive below target/e2e and enters the run. Ends with 3 when its record has flaws, which are named.
pub(crate) fn read(arguments: &Import) -> Result<ExitCode> {
    let runs = paths::runs();
    fs::create_dir_all(runs.root()).with_context(|| format!("create {}", runs.root().display()))?;
    let unpacked = tempfile::tempdir_in(runs.root()).context("make a folder to unpack the archive in")?;
    import(&arguments.file, unpacked.path(), Limits::default())?;
    let record = record::read(unpacked.path())?;
    let folder = runs.root().join(id(&record)?);
    if folder.exists() {
        let same = |name| fs::read(folder.join(name)).ok() == fs::read(unpacked.path().join(name)).ok();
        if !same(log::FILE_NAME) {
            bail!("{} has another record of that id; move it away first", folder.display());
        }
        say!("{} is there already", folder.display());
    } else {
        fs::rename(unpacked.path(), &folder).with_context(|| format!("create {}", folder.display()))?;
        say!("imported into {}", folder.display());
    }
    Index::append(&arguments.store, &IndexEntry::of(&judge_record(&record), &folder))?;
    for flaw in &record.flaws {
        say!("! {flaw}");
    }
    Ok(if record.flaws.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(Exit::Broken.code()) })
}

/// The id of the run, which becomes the name of a folder.
fn id(record: &record::Record) -> Result<String> {
    let id = record.entries.iter().find_map(|entry| match &entry.event {
        Event::RunStarted { run, .. } => Some(run.clone()),
        _ => None,
    });
    let id = id.context("the record does not say which run it is of: its first event is missing")?;
    let is_name = id.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter));
    if !is_name || id.is_empty() || id.starts_with('.') || id.len() > 100 {
        bail!("`{id}` is no id of a run: it cannot be the name of a folder");
    }
    Ok(id)
}
