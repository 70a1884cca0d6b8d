//! Measures the highest rate of a stream without losses of the harness: both ends on this machine, optimised as in
//! the images, with certificates that change meanwhile.

use std::{
    fs,
    path::Path,
    process::{Command, ExitCode},
};

use anyhow::{Context as _, Result, bail};
use mtls_core::evidence::{event::Event, record};
use serde_json::Value;

use crate::paths;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Requests per second.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=500))]
    rate: u32,
    /// Duration, rounded down to a multiple of the 2.5 s between renewals.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(5..=60))]
    seconds: u32,
}

/// The kinds of streams, measured one after the other.
const KINDS: [&str; 3] = ["pooled", "fresh", "mixed"];

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let folder = paths::workspace().join("target/bench-traffic");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(["build", "--package", "mtls-client", "--package", "mtls-probe", "--package", "reference-workload"])
        .current_dir(paths::workspace());
    let built = optimised(&mut command, &folder).status().context("run cargo")?;
    if !built.success() {
        bail!("the reference programs and the probe do not build");
    }
    say!(
        "{:>8}  {:>5}  {:>7}  {:>6}  {:>6}  {:>4}  {:>4}  {:>5}  {:>8}  {:>7}",
        "",
        "asked",
        "offered",
        "sent",
        "ok",
        "lost",
        "shed",
        "late",
        "worst",
        "CPU"
    );
    let mut exit = ExitCode::SUCCESS;
    for kind in KINDS {
        let before = children_seconds()?;
        let facts = measure(arguments, kind, &folder)?;
        let cpu = children_seconds()? - before;
        let number = |path: &str| facts.pointer(path).map_or_else(|| "-".to_owned(), Value::to_string);
        say!(
            "{kind:>8}  {:>5}  {:>7}  {:>6}  {:>6}  {:>4}  {:>4}  {:>5}  {:>5} ms  {cpu:>5.1} s",
            number("/rate/asked"),
            number("/rate/offered"),
            number("/sent"),
            number("/ok"),
            number("/lost"),
            number("/shed"),
            number("/late/count"),
            number("/late/worst-ms"),
        );
        if number("/shed") != "0" || !facts["doubt"].is_null() {
            say!("          losses caused by the harness: {}", number("/doubt"));
            exit = ExitCode::FAILURE;
        }
    }
    Ok(exit)
}

/// The ledger of one stream, as recorded by the run.
fn measure(arguments: &Arguments, kind: &str, folder: &Path) -> Result<Value> {
    let (scenarios, out) = (folder.join("scenarios"), folder.join("run"));
    for old in [&scenarios, &out] {
        if old.exists() {
            fs::remove_dir_all(old).with_context(|| format!("remove {}", old.display()))?;
        }
    }
    fs::create_dir_all(scenarios.join("bench"))?;
    fs::copy(paths::scenarios().join("requirements.yaml"), scenarios.join("requirements.yaml"))?;
    fs::write(scenarios.join("bench/traffic.yaml"), scenario(arguments, kind))?;
    let mut command = Command::new(std::env::current_exe().context("find this program")?);
    command.args(["e2e", "--env", "loopback", "--scenarios"]).arg(&scenarios).arg("--out").arg(&out);
    let output = optimised(&mut command, folder).output().context("run the stream")?;
    ledger(&out).with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())
}

/// cargo builds the programs of a loopback world and reads these variables.
fn optimised<'a>(command: &'a mut Command, folder: &Path) -> &'a mut Command {
    command.env("CARGO_TARGET_DIR", folder.join("target")).env("CARGO_PROFILE_DEV_OPT_LEVEL", "3")
}

fn scenario(arguments: &Arguments, kind: &str) -> String {
    let Arguments { rate, seconds } = arguments;
    format!(
        "\
apiVersion: mtls-e2e/v1alpha2
kind: Scenario
metadata: {{id: bench/traffic, title: A fast stream, owner: pki}}
proves: [ROT-05]
needs: {{features: [leaf-files], budget: 3m}}
isolation: namespace
participants:
  server: {{workload: bench-api, namespace: bench, sidecar: false}}
  caller: {{client: bench-client, namespace: bench, sidecar: false}}
steps:
- traffic: {{start: {{id: flow, from: caller, to: server, port: app-mtls, connections: {kind}, rate-per-second: {rate}, at-most: 90s}}}}
- id: renewed
  rotate: {{of: server, trigger: reissue, times: {}}}
  expect: {{renewals: '>= 1'}}
  timeout: 2m
- id: flow
  requirements: [ROT-05]
  traffic: {{stop: flow}}
  expect: {{lost: 0, failed: 0, duplicated: 0, unattributed: 0}}
",
        seconds * 2 / 5
    )
}

fn ledger(run: &Path) -> Result<Value> {
    let record = record::read(run)?;
    let found = record.entries.into_iter().find_map(|entry| match entry.event {
        Event::Observed { sample, .. } if sample.facts["stream"].is_object() => Some(sample.facts),
        _ => None,
    });
    found.context("the run has no ledger")
}

/// Processor time of finished child processes, including theirs (proc(5): cutime and cstime, in hundredths of a
/// second).
fn children_seconds() -> Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat").context("read /proc/self/stat")?;
    let fields: Vec<&str> =
        stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().collect()).unwrap_or_default();
    let ticks = |index: usize| fields.get(index).and_then(|text| text.parse::<u32>().ok()).unwrap_or_default();
    Ok(f64::from(ticks(13) + ticks(14)) / 100.0)
}
