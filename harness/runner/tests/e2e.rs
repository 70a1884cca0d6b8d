//! Every scenario as a test of `cargo test`: `cargo test --test e2e -- --list`, with the usual filters.
//!
//! By default the scenarios run in the loopback world, if its Envoy has been fetched; otherwise a message says that
//! nothing was run. With `MTLS_E2E_ENV=kind` they use the world that `cargo xtask up` left, or make one and remove it;
//! `MTLS_E2E_NAME` names it (default `mtls-e2e`). Scenarios that need more than the world offers are ignored, with the
//! reason. All scenarios run first, in one session as under `cargo xtask e2e`; each test then reports the verdict of
//! its scenario. The exit code is the judgement's. As a test it builds no images and fetches nothing.

use std::{
    error::Error,
    io::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use harness::{
    cluster::Engine,
    run::{Keep, Record, Runs, SessionRequest, Site, What, Where, session, stop_on_interrupt},
    stack,
    world::{Choice, KindRequest, loopback::Programs},
};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use mtls_core::{
    catalogue,
    evidence::event::{Entry, Event},
    report::{Color, Rows, Style, table, write_all},
    scenario::{self, model::Scenario},
    verdict::{Exit, Judgement, Verdict},
};
use mtls_images::BuildRequest;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let scenarios = match scenario::load_all(&workspace().join("scenarios")) {
        Ok(scenarios) => scenarios,
        Err(errors) => {
            for error in &errors {
                say(error.render().trim_end());
            }
            return ExitCode::from(Exit::Usage.code());
        }
    };
    let selected = selected(&arguments, &scenarios);
    if arguments.list || selected.is_empty() {
        return conclude(&arguments, &scenarios, &Outcome::Nothing(""), Exit::Conformant);
    }
    let world = match std::env::var("MTLS_E2E_ENV").as_deref() {
        Ok("kind") => World::Kind,
        Ok("loopback") => World::Loopback,
        Err(_) | Ok("") if has_envoy() => World::Loopback,
        Err(_) | Ok("") => {
            say(&format!("not run: {NO_WORLD}"));
            return conclude(&arguments, &scenarios, &Outcome::Nothing(NO_WORLD), Exit::Conformant);
        }
        Ok(other) => {
            say(&format!("error: MTLS_E2E_ENV={other} is not known; it is `kind`, `loopback` or not set"));
            return ExitCode::from(Exit::Usage.code());
        }
    };
    match examine(selected, &scenarios, world) {
        Ok((judgement, exit)) => conclude(&arguments, &scenarios, &Outcome::Run(Arc::new(judgement)), exit),
        Err(error) => {
            say(&format!("error: {error}"));
            ExitCode::from(Exit::Broken.code())
        }
    }
}

/// Where the scenarios run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum World {
    Kind,
    Loopback,
}

/// The result that the tests report.
enum Outcome {
    /// Nothing was run, for this reason.
    Nothing(&'static str),
    Run(Arc<Judgement>),
}

/// Reports the tests. The exit code is the judgement's; a failed test never improves it.
fn conclude(arguments: &Arguments, scenarios: &[Scenario], outcome: &Outcome, exit: Exit) -> ExitCode {
    let trials = scenarios.iter().map(|scenario| {
        let id = scenario.id.clone();
        let trial = match outcome {
            Outcome::Nothing(why) => {
                let why = *why;
                Trial::ignorable_test(id, move || Ok(Completion::ignored_with(why)))
            }
            Outcome::Run(judgement) => {
                let judgement = Arc::clone(judgement);
                Trial::ignorable_test(id.clone(), move || completion(&judgement, &id))
            }
        };
        trial.with_ignored_flag(is_nightly(scenario))
    });
    let conclusion = libtest_mimic::run(arguments, trials.collect());
    match exit {
        Exit::Conformant => conclusion.exit_code(),
        other => ExitCode::from(other.code()),
    }
}

/// The result of one scenario.
fn completion(judgement: &Judgement, id: &str) -> Result<Completion, Failed> {
    let checks: Vec<_> = judgement.checks.iter().filter(|check| check.scenario == id).collect();
    let verdict = mtls_core::verdict::worst(checks.iter().map(|check| check.verdict));
    let lines: Vec<String> = checks
        .iter()
        .filter(|check| check.verdict == verdict || !check.verdict.is_green())
        .map(|check| format!("{} {}: {}", check.verdict.word(), check.id, check.reason))
        .collect();
    match verdict {
        Verdict::NotApplicable => Ok(Completion::ignored_with(lines.first().cloned().unwrap_or_default())),
        // A recorded violation: the report shows it, and the test passes.
        Verdict::Finding => Ok(Completion::Completed),
        verdict if verdict.is_green() => Ok(Completion::Completed),
        _ => Err(Failed::from(lines.join("\n"))),
    }
}

/// Whether the scenario takes minutes or needs a machine of its own: `cargo xtask nightly` or `--include-ignored` runs
/// it.
fn is_nightly(scenario: &Scenario) -> bool {
    scenario.tags.iter().any(|tag| tag == "nightly")
}

/// The scenarios that the arguments select.
fn selected(arguments: &Arguments, scenarios: &[Scenario]) -> Vec<Scenario> {
    let is_selected = |scenario: &&Scenario| {
        let trial = Trial::test(scenario.id.clone(), || Ok(())).with_ignored_flag(is_nightly(scenario));
        !arguments.is_filtered_out(&trial) && !arguments.is_ignored(&trial)
    };
    scenarios.iter().filter(is_selected).cloned().collect()
}

/// Runs the scenarios, shows the table, and cleans up.
#[tokio::main]
async fn examine(
    scenarios: Vec<Scenario>,
    known: &[Scenario],
    world: World,
) -> Result<(Judgement, Exit), Box<dyn Error>> {
    let name = std::env::var("MTLS_E2E_NAME").unwrap_or_else(|_| "mtls-e2e".to_owned());
    let stack_request = stack_request().ok_or("no cache directory: set HOME")?;
    let runs = Runs::new(workspace().join("target/e2e"));
    let (choice, built) = match world {
        World::Loopback => {
            let programs = Programs::prepare(&stack_request).await?;
            (Choice::Loopback { programs, why: "cargo test".to_owned() }, None)
        }
        World::Kind => {
            let engine = Engine::connect().await?;
            let built = mtls_images::current(&stack_request).ok_or(
                "the stack's images are not built, or not of this workspace; `cargo xtask images build` makes them",
            )?;
            let callers = Programs::without_sidecars(&workspace()).await?.callers;
            (Choice::Kind { engine, callers, why: "MTLS_E2E_ENV=kind".to_owned() }, Some(built))
        }
    };
    let site = Site::take(&choice, &name, &runs).await?;
    let catalogue = catalogue::load(&workspace().join("scenarios/requirements.yaml"))?;
    let trees = workspace().join("fixtures/infra");
    let versions = stack::Known::new(mtls_images::declared(&stack_request)?, built.as_ref());
    let facts = built.as_ref().map(stack::origins).unwrap_or_default();
    let record = Record::open(&runs, None, &versions, facts)?;
    let directory = record.directory.clone();
    let request = SessionRequest {
        what: What::only(scenarios, known, &catalogue),
        place: Where {
            choice,
            trees: &trees,
            infra: None,
            nodes: KindRequest {
                node_image: built.as_ref().map(|built| built.node_image.clone()).unwrap_or_default(),
                stack: mtls_images::StackName::default(),
                nodes: 1,
                kubeconfig: runs.kubeconfig(&name),
                name,
            },
        },
        record,
    };
    let recorded = session(request, stop_on_interrupt(leave_now), Box::new(progress)).await;
    let (report, judgement) = write_all(&directory)?;
    let page = directory.join("report.html").display().to_string();
    say(&table(&report, Style { width: 100, color: Color::Plain, rows: Rows::NotGreen, report: &page }));
    let afterwards = site.leave(Keep::Never, judgement.exit).await?;
    for object in afterwards.left() {
        say(&format!("left behind: {object}; `cargo xtask clean` removes it"));
    }
    if let Err(error) = &recorded {
        say(&format!("error: {error}"));
    }
    let exit = match afterwards.exit(judgement.exit) {
        Exit::Conformant if recorded.is_err() => Exit::Broken,
        exit => exit,
    };
    Ok((judgement, exit))
}

fn progress(entry: &Entry) {
    match &entry.event {
        Event::PhaseEnded { phase, took_ms, .. } => say(&format!("  {phase}: {took_ms} ms")),
        Event::ScenarioEnded { scenario, took_ms, .. } => say(&format!("  {scenario}: {took_ms} ms")),
        _ => {}
    }
}

/// Writes a line to stderr. Errors are ignored: a closed terminal must not end the run.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Whether the loopback world can start without fetching anything.
fn has_envoy() -> bool {
    stack_request().is_some_and(|request| {
        mtls_images::cached_program(&request, stack::envoy::COMPONENT, stack::envoy::PROGRAM).is_some()
    })
}

fn stack_request() -> Option<BuildRequest> {
    Some(BuildRequest::current(workspace(), mtls_images::default_cache_directory()?))
}

fn workspace() -> PathBuf {
    // The manifest of this package lies one folder below the workspace.
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace exists")
}

/// Ends the process at the second interrupt.
#[expect(clippy::exit, reason = "the user asked twice")]
fn leave_now() {
    say("stopped at once; `cargo xtask clean` removes what is left");
    std::process::exit(130)
}

const NO_WORLD: &str = "no Envoy in the cache for the loopback world: `cargo xtask e2e --env loopback` fetches it, once; \
                        or `cargo xtask up`, then MTLS_E2E_ENV=kind";
