//! `cargo xtask e2e`: the whole pipeline, from scenario files to reports.

mod entering;
mod repeat;
mod resume;
mod selection;

use std::{collections::BTreeSet, path::PathBuf, process::ExitCode, sync::Arc};

use anyhow::{Context, Result};
use harness::{
    run::{Afterwards, Keep, Record, SessionRequest, Site, Stop, What, Where, session, stop_on_interrupt},
    stack::Known,
    world::{Wanted, choose},
};
use mtls_core::{
    duration::milliseconds,
    evidence::event::Entry,
    scenario::{self, effects::Allowance, model::Isolation},
    verdict::{Exit, Judgement},
};
use mtls_images::{BuildRequest, StackName, default_cache_directory};

use self::{
    entering::{Earlier, Entering},
    repeat::Repeat,
    selection::{Loaded, load},
};
use super::{node_image::WorldArguments, scenarios::Directories, source};
use crate::{
    clock::Clock,
    paths,
    terminal::{Terminal, seconds},
};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The world to run in.
    #[arg(long, value_enum, default_value_t = Env::Auto)]
    env: Env,
    #[command(flatten)]
    allow: Allow,
    /// Install and start what this machine lacks first (Debian, as root).
    #[arg(long)]
    provision: bool,
    /// Only scenarios whose id contains this, or matches it with `*`.
    #[arg(long, value_name = "PATTERN")]
    only: Option<String>,
    /// Only scenarios that change nothing (`isolation: shared`).
    #[arg(long)]
    read_only: bool,
    /// Leave out scenarios with this tag.
    #[arg(long, value_name = "TAG")]
    without_tag: Option<String>,
    /// Only scenarios with evidence for a core requirement, one from the reference document on mutual TLS.
    #[arg(long)]
    core: bool,
    /// Only scenarios that a certificate with this profile of scenarios/profiles.yaml rests on.
    #[arg(long, value_name = "NAME", conflicts_with = "core")]
    profile: Option<String>,
    /// Only scenarios that prove this requirement.
    #[arg(long, value_name = "ID")]
    req: Option<String>,
    /// Whether a world that this run creates is kept. One that `up` created is always kept.
    #[arg(long, value_enum, default_value_t = KeepWorld::Never)]
    keep: KeepWorld,
    /// Directory for this run's record and reports, which must not exist or be empty.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    world: WorldArguments,
    /// Misconfigure the reference client to see which checks detect it: fault names of fixtures/client/README.md.
    /// Loopback only. Such a run never ends with exit code 0.
    #[arg(long, value_name = "FAULTS", value_delimiter = ',')]
    client_faults: Vec<String>,
    /// Known failures that owners accept until a day: they are `waived`, not red, and never a pass.
    #[arg(long, value_name = "FILE")]
    waivers: Option<PathBuf>,
    #[command(flatten)]
    earlier: Earlier,
    /// Repeat the run this often, each with a record of its own, and list the checks whose verdicts differ between
    /// runs.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    repeat: Option<u32>,
    /// Like `--only`, repeated until something deviates, at most `--repeat` times (50).
    #[arg(long, value_name = "PATTERN", conflicts_with = "only")]
    hunt: Option<String>,
    #[command(flatten)]
    shown: super::report::Shown,
    #[command(flatten)]
    directories: Directories,
}

#[derive(Clone, Copy, clap::ValueEnum)]
pub(super) enum Env {
    /// `kind` when an engine answers, else `loopback`.
    Auto,
    /// A Kubernetes cluster in containers, created by the harness.
    Kind,
    /// The cluster of KUBECONFIG: only read, unless `--allow-issue` or `--allow-probes` is given.
    Existing,
    /// Local processes, without a cluster.
    Loopback,
}

/// What a run may do in the cluster of `--env existing` besides reading.
#[derive(clap::Args)]
struct Allow {
    /// Let the issuer of an existing cluster sign certificates: `CertificateRequests` are created and deleted.
    #[arg(long)]
    allow_issue: bool,
    /// Let programs run in pods of an existing cluster, with the identities of those pods, and call its workloads.
    #[arg(long)]
    allow_probes: bool,
}

impl Allow {
    fn allowances(&self) -> BTreeSet<Allowance> {
        let is_allowed = |allowance: &Allowance| match allowance {
            Allowance::Issue => self.allow_issue,
            Allowance::Probes => self.allow_probes,
        };
        Allowance::ALL.into_iter().filter(is_allowed).collect()
    }
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum KeepWorld {
    Never,
    Failed,
    Always,
}

impl From<KeepWorld> for Keep {
    fn from(keep: KeepWorld) -> Self {
        match keep {
            KeepWorld::Never => Self::Never,
            KeepWorld::Failed => Self::Failed,
            KeepWorld::Always => Self::Always,
        }
    }
}

pub(crate) fn run(arguments: &Arguments, clock: &Clock) -> Result<ExitCode> {
    let Some(loaded) = load(arguments) else { return Ok(ExitCode::from(Exit::Usage.code())) };
    paths::runtime()?.block_on(examine(arguments, loaded, Broken::default(), clock))
}

/// Runs the scenarios, then the trials of the matching sabotages. Scenarios without a matching sabotage are left out.
/// Sabotages that the runs to `resume` have proven are not tried again.
pub(crate) fn prove(arguments: &Arguments, patterns: &[String], resume: &[String], clock: &Clock) -> Result<ExitCode> {
    let Some(mut loaded) = load(arguments) else { return Ok(ExitCode::from(Exit::Usage.code())) };
    let mut tries = match scenario::select_trials(&loaded.selected, patterns) {
        Ok(tries) => tries,
        Err(error) => {
            eprintln!("error: {error}");
            return Ok(ExitCode::from(Exit::Usage.code()));
        }
    };
    if !resume.is_empty() {
        let proven = resume::proven(resume, &loaded.selected, &loaded.catalogue, arguments.env, &tries)?;
        say!("{} of {} sabotages are proven by {} and not tried again", proven.len(), tries.len(), resume.join(", "));
        tries.retain(|trial| !proven.contains(trial));
        if tries.is_empty() {
            return Ok(ExitCode::from(Exit::Conformant.code()));
        }
    }
    loaded.selected.retain(|one| one.sabotages.iter().any(|sabotage| tries.contains(&sabotage.trial_id(&one.id))));
    paths::runtime()?.block_on(examine(arguments, loaded, Broken { tries, ..Broken::default() }, clock))
}

/// Runs the read-only scenarios, then again under each matching change of the library.
pub(crate) fn wild(arguments: &Arguments, patterns: &[String], clock: &Clock) -> Result<ExitCode> {
    let Some(mut loaded) = load(arguments) else { return Ok(ExitCode::from(Exit::Usage.code())) };
    let library = std::mem::take(&mut loaded.library);
    let wild: Vec<_> = library
        .entries()
        .filter(|(name, _)| patterns.is_empty() || patterns.iter().any(|pattern| scenario::fits(pattern, name)))
        .collect();
    loaded.selected.retain(|one| one.isolation == Isolation::Shared);
    if wild.is_empty() || loaded.selected.is_empty() {
        eprintln!("error: no change of the library matches, or there is no read-only scenario");
        return Ok(ExitCode::from(Exit::Usage.code()));
    }
    paths::runtime()?.block_on(examine(arguments, loaded, Broken { wild, ..Broken::default() }, clock))
}

/// The faults that a run introduces on purpose.
#[derive(Default)]
struct Broken<'a> {
    tries: BTreeSet<String>,
    wild: Vec<(&'a str, &'a scenario::library::Entry)>,
}

async fn examine(arguments: &Arguments, mut loaded: Loaded, broken: Broken<'_>, clock: &Clock) -> Result<ExitCode> {
    // Before the run, which becomes `latest` itself.
    let baseline = arguments.earlier.baseline()?;
    let allowed = arguments.allow.allowances();
    if let (Some(allowance), false) = (allowed.first(), matches!(arguments.env, Env::Existing)) {
        eprintln!("error: {} is for --env existing: other worlds are the harness's own", allowance.option());
        return Ok(ExitCode::from(Exit::Usage.code()));
    }
    if arguments.provision {
        super::provision::run(super::provision::Args {}).await?;
        clock.end("provision");
    }
    if !arguments.client_faults.is_empty() && !matches!(arguments.env, Env::Loopback) {
        eprintln!(
            "error: --client-faults is for --env loopback: elsewhere the client is part of the system under test"
        );
        return Ok(ExitCode::from(Exit::Usage.code()));
    }
    let cache = default_cache_directory().context("no cache directory: set HOME")?;
    let build =
        BuildRequest { workspace: paths::workspace().to_owned(), cache, stack: arguments.world.versions.stack.clone() };
    let stack = mtls_images::declared(&build)?;
    let choice = choose(wanted(arguments.env, allowed), &build).await?;
    if let (Some(programs), false) = (choice.programs(), arguments.client_faults.is_empty())
        && let Err(error) = programs.know(&arguments.client_faults).await
    {
        eprintln!("error: --client-faults: {error}");
        return Ok(ExitCode::from(Exit::Usage.code()));
    }
    let entering = arguments.earlier.entering(baseline.as_ref());
    if let Err(why) = arguments.earlier.narrow(choice.name(), &mut loaded.selected)? {
        eprintln!("error: {why}");
        return Ok(ExitCode::from(Exit::Usage.code()));
    }
    if arguments.world.versions.stack != StackName::default() && choice.engine().is_none() {
        eprintln!("error: --stack is for worlds that the harness creates: use --env kind");
        return Ok(ExitCode::from(Exit::Usage.code()));
    }
    clock.end(choice.found());
    let name = arguments.world.name.clone();
    let site = Site::take(&choice, &name, &paths::runs()).await?;
    let image = arguments.world.image(choice.engine()).await?;
    clock.end("node image");
    let trees = paths::trees();
    let known = Known::new(stack, image.as_ref().and_then(|image| image.built.as_ref()));
    let nodes = arguments.world.request(image.as_ref());
    // What git does not know is not recorded, and then nothing can be certified from the record.
    let is_shipped = arguments.directories.own.is_empty();
    let source = is_shipped.then(|| source::here(arguments.world.infra.as_deref(), &paths::scenarios()).ok()).flatten();
    let facts = image.map(|image| image.facts).unwrap_or_default();
    let facts = facts.into_iter().chain(source.as_ref().map(source::fact)).collect();
    let record = Record::open(&paths::runs(), arguments.out.as_deref(), &known, facts)?;
    let request = SessionRequest {
        what: What {
            tries: broken.tries,
            wild: broken.wild,
            client_faults: arguments.client_faults.clone(),
            waivers: loaded.waivers.as_ref(),
            ..What::only(loaded.selected, &loaded.known, &loaded.catalogue)
        },
        place: Where { choice, trees: &trees, infra: arguments.world.infra.as_deref(), nodes },
        record,
    };
    let stop = stop_on_interrupt({
        let name = name.clone();
        move || leave_now(&name)
    });
    let exit = match Repeat::of(arguments.repeat, arguments.hunt.as_deref()) {
        None => one(request, stop, arguments.shown, entering).await.map_or(Exit::Broken, |judgement| judgement.exit),
        Some(wanted) => repeat::run(&request, wanted, &stop, entering).await?,
    };
    clock.end("run and report");
    let afterwards = site.leave(arguments.keep.into(), exit).await?;
    if afterwards == Afterwards::Stays {
        say!("the world {name} stays; `cargo xtask down --name {name}` removes it");
    }
    for object in afterwards.left() {
        eprintln!("left behind: {object}; `cargo xtask clean` removes it");
    }
    clock.end("world put away");
    say!("{} from start to end", seconds(milliseconds(clock.stop())));
    Ok(ExitCode::from(afterwards.exit(exit).code()))
}

fn wanted(env: Env, allowed: BTreeSet<Allowance>) -> Wanted {
    match env {
        Env::Auto => Wanted::Auto,
        Env::Kind => Wanted::Kind,
        Env::Existing => Wanted::Existing(allowed),
        Env::Loopback => Wanted::Loopback,
    }
}

/// Runs, judges and reports. `None` for an incomplete record, which is a harness error: it is judged for display, but
/// not for the exit code.
async fn one(
    request: SessionRequest<'_>,
    stop: Stop,
    shown: super::report::Shown,
    entering: Entering<'_>,
) -> Option<Judgement> {
    let directory = request.record.directory.clone();
    let terminal = Arc::new(Terminal::new());
    let listener = {
        let terminal = Arc::clone(&terminal);
        Box::new(move |entry: &Entry| terminal.show(entry))
    };
    let recorded = session(request, stop, listener).await;
    let concluded = super::report::conclude(&directory, entering.baseline, shown);
    if let Ok(judgement) = &concluded {
        entering.enter(judgement, &directory);
    }
    match (recorded, concluded) {
        (Ok(()), Ok(judgement)) => Some(judgement),
        (recorded, concluded) => {
            recorded.err().into_iter().for_each(|error| eprintln!("error: {error}"));
            concluded.err().into_iter().for_each(|error| eprintln!("error: {error:#}"));
            None
        }
    }
}

/// The second interrupt: stops without cleaning up, and prints how to do it later.
#[expect(clippy::exit, reason = "the user asked twice")]
pub(crate) fn leave_now(name: &str) {
    eprintln!("\nstopped at once; `cargo xtask down --name {name}` removes what is left");
    std::process::exit(Exit::Interrupted.code().into())
}
