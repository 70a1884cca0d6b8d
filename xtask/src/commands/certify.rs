//! `cargo xtask certify`: runs and proves what a profile demands, and writes a certificate about it.
//!
//! The stages are commands of this program with a record each, like those of `nightly`; an interrupted command goes on with the same
//! `--out`. Whether there is a certificate is decided by `mtls_core::certificate` from the records alone.

mod key;
mod records;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use anyhow::{Context as _, Result, bail};
use harness::run::stop_on_interrupt;
use mtls_core::{
    catalogue,
    certificate::{
        content::{ContentError, content, sign},
        files::Files,
        judged::{Examination, Judged, Unsupported},
        manifest,
        profile::{self, Profile},
        refusal::Refusal,
        rules::{Here, refusals, refusals_here},
    },
    evidence::digest::sha256,
    verdict::Exit,
};

use self::{
    key::{Signer, Signing},
    records::Records,
};
use super::{
    node_image::{Source, Versions},
    source,
    stages::{Estimate, Record, Stage, StageLog, run_stages},
};
use crate::paths;

#[derive(Clone, clap::Args)]
pub(crate) struct Arguments {
    /// Profile of scenarios/profiles.yaml: what is run, proven and claimed.
    #[arg(long, value_name = "NAME", default_value = "core")]
    profile: String,
    #[command(flatten)]
    signer: Signer,
    /// Folder for the records and the certificate. With that of an interrupted command, it goes on from there.
    #[arg(long, value_name = "DIR", default_value = "target/e2e/certify")]
    out: PathBuf,
    /// Certify this run, and make no world: a directory, or an id under target/e2e.
    #[arg(long, value_name = "RUN")]
    run: Option<String>,
    /// The proofs of the sabotages of `--run`, the oldest first.
    #[arg(long, value_name = "RUNS", value_delimiter = ',', requires = "run")]
    proof: Vec<String>,
    /// A version past its end of support is a finding on the first page instead of a reason against a certificate.
    #[arg(long)]
    allow_unsupported: bool,
    /// Name of the world, which is created and removed.
    #[arg(long, default_value = "certify", value_parser = paths::world_name, conflicts_with = "run")]
    name: String,
    /// Install and start what this machine lacks first (Debian, as root).
    #[arg(long, conflicts_with = "run")]
    provision: bool,
    /// Use this tree instead of fixtures/infra/mtls.
    #[arg(long, value_name = "DIR")]
    infra: Option<PathBuf>,
    #[command(flatten)]
    images: Source,
    #[command(flatten)]
    versions: Versions,
}

/// The stages whose records are certified.
const RUN: &str = "run";
const PROOF: &str = "proof";
/// The folder of a certificate.
const CERTIFICATE: &str = "certificate";

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    // Stages have a working directory of their own.
    let infra = arguments.infra.as_ref().map(std::path::absolute).transpose().context("find the tree")?;
    let out = std::path::absolute(&arguments.out).context("find the folder")?;
    let arguments = &Arguments { out, infra, ..arguments.clone() };
    let Some(profile) = wanted(&arguments.profile)? else { return Ok(ExitCode::from(Exit::Usage.code())) };
    let folder = arguments.out.join(CERTIFICATE);
    if folder.exists() {
        bail!("{} is there already; a certificate is never overwritten: choose another --out", folder.display());
    }
    // Before anything takes hours: what would make all of it worthless.
    let signing = arguments.signer.open()?;
    let here = here(arguments);
    let too_early = here.refusals();
    if !too_early.is_empty() {
        return Ok(refused(&too_early));
    }
    fs::create_dir_all(&arguments.out).with_context(|| format!("create {}", arguments.out.display()))?;
    let records = match &arguments.run {
        Some(run) => Records::named(run, &arguments.proof)?,
        None => match made(arguments, &profile)? {
            Ok(records) => records,
            Err(exit) => return Ok(ExitCode::from(exit.code())),
        },
    };
    certify(arguments, &profile, signing, &records, here)
}

/// The profile; `None` after printing why there is none.
fn wanted(name: &str) -> Result<Option<Profile>> {
    let scenarios = paths::scenarios();
    let catalogue = catalogue::load(&scenarios.join("requirements.yaml")).context("load the requirements")?;
    match profile::load_all(&scenarios, &catalogue).and_then(|known| profile::named(known, name)) {
        Ok(profile) => Ok(Some(profile)),
        Err(profile::ProfileError::Wrong(problems)) => {
            eprint!("{}", problems.render());
            Ok(None)
        }
        Err(error) => {
            eprintln!("error: {error}");
            Ok(None)
        }
    }
}

/// What this machine knows. Problems of the linter are printed.
fn here(arguments: &Arguments) -> Here {
    let scenarios = paths::scenarios();
    let infra = arguments.infra.clone().unwrap_or_else(paths::trees);
    let source = source::here(arguments.infra.as_deref(), &scenarios);
    let source = source.inspect_err(|error| eprintln!("error: {error:#}")).ok();
    Here {
        source,
        problems: super::lint::linted(&super::scenarios::Directories::default(), &infra).problems,
        earlier: Vec::new(),
    }
}

/// Makes the world, runs and proves; the records, or the exit code that ends the command.
fn made(arguments: &Arguments, profile: &Profile) -> Result<Result<Records, Exit>> {
    // Ctrl-C reaches the stage as well: it stops in order, and this command then stops too.
    let runtime = paths::runtime()?;
    let _entered = runtime.enter();
    let name = arguments.name.clone();
    let _stop = stop_on_interrupt(move || super::e2e::leave_now(&name));
    let mut stage_log = StageLog::open(&arguments.out)?;
    let stages = stages(arguments, profile);
    let is_finished = |log: &StageLog| [RUN, PROOF].iter().all(|stage| log.ended_well(stage));
    if !is_finished(&stage_log) {
        let parent = arguments.out.parent().filter(|parent| !parent.as_os_str().is_empty());
        let estimate = Estimate::of(&[paths::runs().root(), parent.unwrap_or(Path::new("."))]);
        // What failed is not certified, so it needs no proof; the judge says what it was.
        run_stages(&stages[..stages.len() - 1], &mut stage_log, &estimate)?;
        if stage_log.ended_well(RUN) {
            run_stages(&stages[stages.len() - 1..], &mut stage_log, &estimate)?;
        }
        // The world is removed whatever happened; the records stay.
        let program = std::env::current_exe().context("find this program")?;
        let down = Command::new(program).args(["down", "--name", &arguments.name]).status();
        if !down.context("remove the world")?.success() {
            eprintln!("the world {} is not removed; `cargo xtask clean` does it", arguments.name);
        }
    }
    let interrupted = stage_log.stages().any(|stage| stage.exit == Exit::Interrupted);
    if interrupted && !is_finished(&stage_log) {
        say!("interrupted; the same command goes on from {}", arguments.out.display());
        return Ok(Err(Exit::Interrupted));
    }
    let records = Records::of_stages(&stage_log.records(RUN), &stage_log.records(PROOF));
    if records.is_none() {
        eprintln!("error: there is no record of a run in {}", arguments.out.display());
    }
    Ok(records.ok_or_else(|| Exit::of_runs(stage_log.stages().map(|stage| stage.exit))))
}

fn stages(arguments: &Arguments, profile: &Profile) -> Vec<Stage> {
    let mut stages = Vec::new();
    if arguments.provision {
        stages.push(Stage::new("provision", "provision", Record::None));
    }
    let stack = arguments.versions.stack.to_string();
    let mut options = vec!["--stack".to_owned(), stack.clone()];
    if let Some(infra) = &arguments.infra {
        options.extend(["--infra".to_owned(), infra.display().to_string()]);
    }
    let mut add = |name, text: &str, record, more: &[&[String]]| {
        let mut stage = Stage::new(name, text, record);
        stage.words.extend(more.iter().flat_map(|words| words.iter().cloned()));
        stages.push(stage);
    };
    let (name, profile) = (&arguments.name, &profile.name);
    // The stages after `up` use the same images, which are then the ones used last.
    add("images", &format!("images --stack {stack} get"), Record::None, &[&arguments.images.words()]);
    add("up", &format!("up --name {name}"), Record::None, &[&options, &arguments.images.words()]);
    add(RUN, &format!("e2e --env kind --name {name} --profile {profile}"), Record::Anew, &[&options]);
    add(PROOF, &format!("prove --env kind --name {name} --profile {profile}"), Record::Resumed, &[&options]);
    stages
}

/// Decides, and writes the certificate.
fn certify(
    arguments: &Arguments,
    profile: &Profile,
    signing: Signing,
    records: &Records,
    here: Here,
) -> Result<ExitCode> {
    let folder = &arguments.out.join(CERTIFICATE);
    let unsupported = if arguments.allow_unsupported { Unsupported::Warned } else { Unsupported::Refused };
    let (run_files, run) = Records::read(&records.run)?;
    let (proof_files, proofs): (Vec<Files>, Vec<Judged>) =
        records.proofs.iter().map(|proof| Records::read(proof)).collect::<Result<Vec<_>>>()?.into_iter().unzip();
    let earlier =
        records.earlier.iter().map(|run| Records::read(run).map(|(_, judged)| judged)).collect::<Result<_>>()?;
    let here = Here { earlier, ..here };
    let created = jiff::Timestamp::now();
    // Whole seconds: nobody needs more, and every reader of RFC 3339 reads them.
    let created = jiff::Timestamp::from_second(created.as_second())?;
    let examined = Examination { profile, run: &run, proofs: &proofs, created, unsupported };
    let mut against = refusals_here(&examined, &here);
    against.extend(refusals(&examined));
    against.sort_by_key(|refusal| refusal.reason);
    against.dedup();
    if !against.is_empty() {
        return Ok(refused(&against));
    }
    let key = signing.key()?;
    let signer = key.as_ref().map(|key| key.public().hint());
    let mut files = match content(&examined, &run_files, &proof_files, signer.as_deref()) {
        Ok(files) => files,
        Err(ContentError::Refused(refusals)) => return Ok(refused(&refusals)),
        Err(error @ ContentError::Render(_)) => return Err(error.into()),
    };
    if let Some(key) = &key {
        sign(&mut files, key)?;
    }
    written(&files, folder)?;
    if let Some(key) = &key {
        let path = arguments.out.join("certificate.pub");
        fs::write(&path, key.public().text()).with_context(|| format!("write {}", path.display()))?;
        say!("public key: {}\nname of the key: {}", path.display(), key.public().hint());
    }
    let digest = sha256(files.get(manifest::FILE_NAME).unwrap_or_default());
    say!("certificate: {}\nprofile: {}\nsha256 of {}: {digest}", folder.display(), profile.name, manifest::FILE_NAME);
    if key.is_none() {
        say!(
            "nobody signed it: `cosign attest-blob --statement` signs a *.statement.json; keep what it writes outside the folder"
        );
    }
    Ok(ExitCode::from(Exit::Conformant.code()))
}

/// Prints the reasons and what helps; the exit code of the worst.
fn refused(refusals: &[Refusal]) -> ExitCode {
    for refusal in refusals {
        say!("✗ {refusal}");
    }
    let mut shown = std::collections::BTreeSet::new();
    for reason in refusals.iter().map(|refusal| refusal.reason).filter(|reason| shown.insert(*reason)) {
        say!("  {}: {}", reason.word(), reason.advice());
    }
    let exit = Exit::of_runs(refusals.iter().map(|refusal| refusal.reason.exit()));
    say!("no certificate, for {} reasons\nexit code {} ({})", refusals.len(), exit.code(), exit.meaning());
    ExitCode::from(exit.code())
}

/// Writes the folder so that it is there whole or not at all.
fn written(files: &Files, folder: &Path) -> Result<()> {
    let partial = folder.with_file_name(format!("{CERTIFICATE}.{}.partial", std::process::id()));
    for (path, bytes) in files.iter() {
        let path = partial.join(path);
        let write = fs::create_dir_all(path.parent().unwrap_or(&partial)).and_then(|()| fs::write(&path, bytes));
        write.with_context(|| format!("write {}", path.display()))?;
    }
    fs::rename(&partial, folder).with_context(|| format!("create {}", folder.display()))
}

#[cfg(test)]
mod tests;
