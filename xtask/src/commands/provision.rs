//! `cargo xtask provision`: on Debian, as root, installs and starts what `doctor` finds missing.
//!
//! Doing it twice changes nothing. It never touches a running engine.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use harness::images::{self, Finding};

/// Debian package → the program that shows it is there.
const PACKAGES: [(&str, &str); 3] = [("docker.io", "dockerd"), ("mmdebstrap", "mmdebstrap"), ("iptables", "iptables")];
/// Where the engine's output goes when it is started here.
const LOG: &str = "/var/log/mtls-e2e-dockerd.log";
/// Its process id.
const PID: &str = "/run/mtls-e2e-dockerd.pid";
/// How long it may take to answer.
const ENGINE_LIMIT: Duration = Duration::from_mins(1);
/// Below this, a second node's systemd fails.
const INOTIFY_INSTANCES: u32 = 1024;
/// The setting for it.
const INOTIFY: &str = "/proc/sys/fs/inotify/max_user_instances";

/// Arguments of `provision`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

/// Runs the command.
pub(crate) async fn run(_args: Args) -> anyhow::Result<ExitCode> {
    install()?;
    raise_inotify()?;
    start_engine().await?;
    Ok(ExitCode::SUCCESS)
}

fn say(text: &str) {
    // Progress that cannot be written must not end the work.
    let _ = writeln!(std::io::stderr().lock(), "provision: {text}");
}

fn install() -> anyhow::Result<()> {
    let missing: Vec<&str> =
        PACKAGES.iter().filter(|(_, program)| !on_path(program)).map(|(package, _)| *package).collect();
    if missing.is_empty() {
        say("nothing to install");
        return Ok(());
    }
    if !on_path("apt-get") {
        bail!("this is not a Debian system; install {} by hand", missing.join(", "));
    }
    say(&format!("installing {}", missing.join(", ")));
    apt(&["update"])?;
    let mut install = vec!["install", "--yes", "--no-install-recommends"];
    install.extend(missing);
    apt(&install)
}

fn apt(args: &[&str]) -> anyhow::Result<()> {
    // Installing the engine would start it as a service where there is an init; either way it is awaited below.
    let status = Command::new("apt-get")
        .args(args)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdout(Stdio::null())
        .status()
        .context("cannot start apt-get")?;
    if !status.success() {
        bail!("`apt-get {}` ended with {status}; it must run as root", args.join(" "));
    }
    Ok(())
}

fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/sbin"].map(Into::into))
        .any(|directory| directory.join(program).is_file())
}

fn raise_inotify() -> anyhow::Result<()> {
    let now: u32 = fs::read_to_string(INOTIFY)
        .with_context(|| format!("cannot read {INOTIFY}"))?
        .trim()
        .parse()
        .with_context(|| format!("{INOTIFY} holds no number"))?;
    if now < INOTIFY_INSTANCES {
        fs::write(INOTIFY, INOTIFY_INSTANCES.to_string())
            .with_context(|| format!("cannot raise {INOTIFY} from {now}; it must run as root"))?;
        say(&format!("raised {INOTIFY} from {now} to {INOTIFY_INSTANCES}"));
    }
    Ok(())
}

async fn start_engine() -> anyhow::Result<()> {
    if engine().await?.is_ok() {
        say("the container engine answers");
        return Ok(());
    }
    if std::env::var_os("DOCKER_HOST").is_some() {
        bail!("DOCKER_HOST is set and does not answer; start that engine, or unset it");
    }
    say(&format!("starting dockerd; its log is {LOG}"));
    let log = File::options()
        .create(true)
        .append(true)
        .open(LOG)
        .with_context(|| format!("cannot write {LOG}; it must run as root"))?;
    let mut child = Command::new("dockerd")
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        // A group of its own: Ctrl-C here must not end it.
        .process_group(0)
        .spawn()
        .context("cannot start dockerd")?;
    fs::write(PID, child.id().to_string()).with_context(|| format!("cannot write {PID}"))?;

    let start = Instant::now();
    loop {
        let Err(problem) = engine().await? else {
            say("the container engine answers");
            return Ok(());
        };
        if let Some(status) = child.try_wait()? {
            bail!("dockerd ended with {status}; the last lines of {LOG}:\n{}", tail(Path::new(LOG)));
        }
        if start.elapsed() > ENGINE_LIMIT {
            bail!(
                "dockerd did not answer within {} s ({problem}); the last lines of {LOG}:\n{}",
                ENGINE_LIMIT.as_secs(),
                tail(Path::new(LOG))
            );
        }
    }
}

/// What `doctor` says about the engine.
async fn engine() -> anyhow::Result<Result<(), String>> {
    let checks = images::check_all(&super::images::request()?).await?;
    let engine = checks.into_iter().find(|check| check.name == "container engine");
    Ok(match engine.map(|check| check.finding) {
        Some(Finding::Lacking { problem, .. }) => Err(problem),
        Some(Finding::Good(_)) | None => Ok(()),
    })
}

fn tail(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
