//! Every scenario as a trial of `cargo test`: `cargo test --test e2e -- --list`, and filters as ever.
//!
//! Needs a world, and says so where it has none: `MTLS_E2E_ENV=kind` takes the world that `cargo xtask up` left, or makes
//! one and removes it, named by `MTLS_E2E_NAME` (`mtls-e2e`). The scenarios run first, in one session as under
//! `cargo xtask e2e`; each trial then tells what the record says about its scenario. Ends with the judgement's exit code.
//! It builds no images: that takes half an hour, which nobody expects of a test.

use std::{
    error::Error,
    io::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use harness::{
    catalogue,
    cluster::{Engine, Scope, find},
    evidence::event::{Entry, Event},
    images::{self, BuildRequest},
    report::{Color, Style, table, write_all},
    run::{Runs, SessionRequest, put_away, run_id, session, stop_on_interrupt},
    scenario::{self, model::Scenario},
    stack,
    verdict::{Exit, Judgement, Verdict},
    world::Choice,
};
use libtest_mimic::{Arguments, Completion, Failed, Trial};

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
    let wanted = wanted(&arguments, &scenarios);
    match std::env::var("MTLS_E2E_ENV").as_deref() {
        _ if arguments.list || wanted.is_empty() => conclude(&arguments, &scenarios, &Seen::Nothing, Exit::Conformant),
        Err(_) | Ok("") => conclude(&arguments, &scenarios, &Seen::Nothing, Exit::Conformant),
        Ok("kind") => match examine(wanted) {
            Ok((judgement, exit)) => conclude(&arguments, &scenarios, &Seen::Run(Arc::new(judgement)), exit),
            Err(error) => {
                say(&format!("error: {error}"));
                ExitCode::from(Exit::Broken.code())
            }
        },
        Ok(other) => {
            say(&format!("error: MTLS_E2E_ENV={other} is not known; it is `kind` or not set"));
            ExitCode::from(Exit::Usage.code())
        }
    }
}

/// What the trials have to tell.
enum Seen {
    Nothing,
    Run(Arc<Judgement>),
}

/// Shows the trials. The exit code is the judgement's: a failed trial never makes it better than that.
fn conclude(arguments: &Arguments, scenarios: &[Scenario], seen: &Seen, exit: Exit) -> ExitCode {
    let trials = scenarios.iter().map(|scenario| {
        let id = scenario.id.clone();
        match seen {
            Seen::Nothing => Trial::ignorable_test(id, || Ok(Completion::ignored_with(NO_WORLD))),
            Seen::Run(judgement) => {
                let judgement = Arc::clone(judgement);
                Trial::ignorable_test(id.clone(), move || told(&judgement, &id))
            }
        }
    });
    let conclusion = libtest_mimic::run(arguments, trials.collect());
    match exit {
        Exit::Conformant => conclusion.exit_code(),
        other => ExitCode::from(other.code()),
    }
}

/// What became of one scenario.
fn told(judgement: &Judgement, id: &str) -> Result<Completion, Failed> {
    let checks: Vec<_> = judgement.checks.iter().filter(|check| check.scenario == id).collect();
    let verdict = harness::verdict::worst(checks.iter().map(|check| check.verdict));
    let lines: Vec<String> = checks
        .iter()
        .filter(|check| check.verdict == verdict || !check.verdict.is_green())
        .map(|check| format!("{} {}: {}", check.verdict.word(), check.id, check.reason))
        .collect();
    match verdict {
        Verdict::NotApplicable => Ok(Completion::ignored_with(lines.first().cloned().unwrap_or_default())),
        verdict if verdict.is_green() => Ok(Completion::Completed),
        _ => Err(Failed::from(lines.join("\n"))),
    }
}

/// The scenarios that the arguments leave over.
fn wanted(arguments: &Arguments, scenarios: &[Scenario]) -> Vec<Scenario> {
    let is_wanted = |scenario: &&Scenario| {
        let trial = Trial::test(scenario.id.clone(), || Ok(()));
        !arguments.is_filtered_out(&trial) && !arguments.is_ignored(&trial)
    };
    scenarios.iter().filter(is_wanted).cloned().collect()
}

/// Runs them, shows the table, and leaves the engine as it was.
#[tokio::main]
async fn examine(scenarios: Vec<Scenario>) -> Result<(Judgement, Exit), Box<dyn Error>> {
    let name = std::env::var("MTLS_E2E_NAME").unwrap_or_else(|_| "mtls-e2e".to_owned());
    let engine = Engine::connect().await?;
    let cache = images::default_cache_directory().ok_or("no cache directory: set HOME")?;
    let built = images::current(&BuildRequest { workspace: workspace(), cache })
        .ok_or("the stack's images are not built, or not of this workspace; `cargo xtask images build` makes them")?;
    let runs = Runs::new(workspace().join("target/e2e"));
    let _hold = runs.hold(&name)?;
    let was_there = !find(&engine, &Scope::Cluster(name.clone())).await?.is_empty();
    let run = run_id(jiff::Timestamp::now(), std::process::id());
    let directory = runs.open(&run, None)?;
    let catalogue = catalogue::load(&workspace().join("scenarios/requirements.yaml"))?;
    let request = SessionRequest {
        scenarios,
        catalogue: &catalogue,
        choice: Choice::Kind { engine: engine.clone(), why: "MTLS_E2E_ENV=kind".to_owned() },
        name: name.clone(),
        node_image: built.node_image.clone(),
        nodes: 1,
        trees: &workspace().join("fixtures/infra"),
        infra: None,
        kubeconfig: runs.kubeconfig(&name),
        run,
        directory: &directory,
        arguments: std::env::args().skip(1).collect(),
        facts: stack::origins(&built),
    };
    let recorded = session(request, stop_on_interrupt(leave_now), Box::new(progress)).await;
    let (report, judgement) = write_all(&directory)?;
    let page = directory.join("report.html").display().to_string();
    say(&table(&report, Style { width: 100, color: Color::Plain, report: &page }));
    let left = put_away(&engine, &name, was_there).await?;
    for object in &left {
        say(&format!("left behind: {object}; `cargo xtask clean` removes it"));
    }
    if let Err(error) = &recorded {
        say(&format!("error: {error}"));
    }
    let exit = match judgement.exit {
        Exit::Conformant if recorded.is_err() || !left.is_empty() => Exit::Broken,
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

/// A closed terminal must not end a run that others wait for.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

fn workspace() -> PathBuf {
    // The manifest of this package lies one folder below the workspace.
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_owned()
}

/// The second interrupt.
#[expect(clippy::exit, reason = "the user asked twice")]
fn leave_now() {
    say("stopped at once; `cargo xtask clean` removes what is left");
    std::process::exit(130)
}

const NO_WORLD: &str = "needs a world: cargo xtask up, then MTLS_E2E_ENV=kind";
