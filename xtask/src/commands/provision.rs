//! `cargo xtask provision`: on Debian, as root, installs and starts what `doctor` finds missing, and the browser of the tests.
//!
//! Running it again changes nothing, and it never touches an engine that answers. Prerequisites without a Debian
//! package (a new Go) are listed at the end, as `doctor` does.

mod engine;
mod quiet;

use std::fs;
use std::io::Write as _;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context as _, bail};
use harness::stack::envoy;
use mtls_images::{Check, Finding, StackName};

use engine::Program;

/// Check → the packages that satisfy it.
const PACKAGES: [(&str, &[&str]); 5] = [
    ("chromium", &["chromium"]),
    ("container engine", &["docker.io", "iptables"]),
    ("mmdebstrap", &["mmdebstrap"]),
    ("pip", &["python3-pip"]),
    ("promtool", &["prometheus", "prometheus-alertmanager"]),
];
/// Below this, a second node's systemd fails.
const INOTIFY_INSTANCES: u32 = 1024;
/// The setting for it.
const INOTIFY: &str = "/proc/sys/fs/inotify/max_user_instances";

/// Arguments of `provision`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

/// Runs the command.
pub(crate) async fn run(_args: Args) -> anyhow::Result<ExitCode> {
    install(&lacking().await?)?;
    raise_inotify()?;
    engine::ensure().await?;
    let fetched =
        mtls_images::program(&super::images::request(&StackName::default())?, envoy::COMPONENT, envoy::PROGRAM).await;
    say(&match &fetched {
        Ok(_) => "the loopback world has its sidecars' program".to_owned(),
        Err(error) => format!("the loopback world has no sidecars: {error}"),
    });
    let left = lacking().await?;
    for check in &left {
        if let Finding::Unsupported { problem, fix } = &check.finding {
            say(&format!("{} is still missing: {problem}; {fix}", check.name));
        }
    }
    Ok(if left.is_empty() && fetched.is_ok() { ExitCode::SUCCESS } else { ExitCode::from(super::doctor::ENVIRONMENT) })
}

/// Prints progress on standard error.
fn say(text: &str) {
    // Progress that cannot be written must not end the work.
    let _ = writeln!(std::io::stderr().lock(), "provision: {text}");
}

async fn lacking() -> anyhow::Result<Vec<Check>> {
    let mut checks = checks().await?;
    checks.retain(|check| matches!(check.finding, Finding::Unsupported { .. }));
    Ok(checks)
}

/// What `doctor` looks at, and what only tests need.
async fn checks() -> anyhow::Result<Vec<Check>> {
    let mut checks = super::doctor::checks().await?;
    checks.push(browser());
    Ok(checks)
}

/// The browser of the report's tests. No run needs it, so `doctor` does not ask for it.
fn browser() -> Check {
    let finding = match BROWSERS.into_iter().find(|name| on_path(name)) {
        Some(name) => Finding::Good(name.to_owned()),
        None => Finding::Unsupported {
            problem: "no `chromium`; the report cannot be tested in a browser".to_owned(),
            fix: "install it: `apt-get install chromium`".to_owned(),
        },
    };
    Check { name: "chromium", finding }
}

/// Names under which distributions install it.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

fn install(lacking: &[Check]) -> anyhow::Result<()> {
    let missing = packages(lacking, engine::program());
    if missing.is_empty() {
        say("nothing to install");
        return Ok(());
    }
    if !on_path("apt-get") {
        bail!("this is not a Debian system; install {} by hand", missing.join(", "));
    }
    say(&format!("installing {}", missing.join(", ")));
    apt(&["update"])?;
    let (programs, rest): (Vec<&str>, Vec<&str>) = missing.into_iter().partition(|package| quiet::is_quiet(package));
    if !rest.is_empty() {
        apt(&[&["install", "--yes", "--no-install-recommends"], rest.as_slice()].concat())?;
    }
    if programs.is_empty() { Ok(()) } else { quiet::install(&programs) }
}

/// An engine that is installed but not running needs no package.
fn packages(lacking: &[Check], engine: Program) -> Vec<&'static str> {
    let wanted = |name: &str| {
        lacking.iter().any(|check| check.name == name) && !(name == "container engine" && engine == Program::Installed)
    };
    PACKAGES.iter().filter(|(name, _)| wanted(name)).flat_map(|(_, packages)| *packages).copied().collect()
}

fn apt(args: &[&str]) -> anyhow::Result<()> {
    let output = Command::new("apt-get")
        .args(args)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .output()
        .context("cannot start apt-get")?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        bail!("`apt-get {}` ended with {}; it must run as root\n{}", args.join(" "), output.status, stderr.trim());
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
        .with_context(|| format!("{INOTIFY} is not a number"))?;
    if now < INOTIFY_INSTANCES {
        fs::write(INOTIFY, INOTIFY_INSTANCES.to_string())
            .with_context(|| format!("cannot raise {INOTIFY} from {now}; it must run as root"))?;
        say(&format!("raised {INOTIFY} from {now} to {INOTIFY_INSTANCES}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_missing_is_installed() {
        let lack = |name| Check { name, finding: Finding::Unsupported { problem: String::new(), fix: String::new() } };
        let lacking = [lack("container engine"), lack("go"), lack("pip")];
        assert_eq!(packages(&lacking, Program::Absent), ["docker.io", "iptables", "python3-pip"]);
        assert_eq!(packages(&lacking, Program::Installed), ["python3-pip"]);
        assert!(packages(&[], Program::Absent).is_empty());
    }

    #[test]
    fn every_package_belongs_to_something_that_is_looked_at() {
        let named: Vec<&str> = PACKAGES.iter().map(|(name, _)| *name).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let checks = runtime.block_on(checks()).unwrap();
        assert!(named.iter().all(|name| checks.iter().any(|check| check.name == *name)), "{checks:?}");
    }
}
