//! Starts the container engine: with the machine's init if there is one, else as a process of its own.

use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};
use mtls_engine::wait::{Check, until};
use mtls_images::{Finding, check_engine};

use super::{on_path, say};

/// The log of an engine that is started here.
const LOG: &str = "/var/log/mtls-e2e/dockerd.log";
/// The process id of an engine that is started here; `kill` it to stop the engine.
const PID: &str = "/run/mtls-e2e/dockerd.pid";
/// Exists when systemd runs the machine.
const SYSTEMD: &str = "/run/systemd/system";
/// Timeout of the engine's first answer.
const LIMIT: Duration = Duration::from_secs(60);

/// Whether a program is installed on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Program {
    Absent,
    Installed,
}

/// The engine's own program.
pub(super) fn program() -> Program {
    if on_path("dockerd") { Program::Installed } else { Program::Absent }
}

/// Does nothing if an engine answers; otherwise starts one and waits until it answers.
pub(super) async fn ensure() -> anyhow::Result<()> {
    if let Finding::Good(_) = check_engine().await.finding {
        say("the container engine answers");
        return Ok(());
    }
    if std::env::var_os("DOCKER_HOST").is_some() {
        bail!("DOCKER_HOST is set and does not answer; start that engine, or unset it");
    }
    let mut started = start()?;
    let look = async || {
        let problem = match check_engine().await.finding {
            Finding::Good(_) => return Check::Ready(()),
            Finding::Unsupported { problem, .. } => problem,
        };
        match started.as_mut().map(Child::try_wait) {
            Some(Ok(Some(status))) => Check::Permanent(format!("dockerd ended with {status}")),
            Some(Ok(None) | Err(_)) | None => Check::NotYet(problem),
        }
    };
    if let Err(error) = until("the container engine's answer", LIMIT, Duration::from_millis(500), look).await {
        bail!("{error}{}", tail(Path::new(LOG)));
    }
    say("the container engine answers");
    Ok(())
}

/// The child, if the engine is a child process.
fn start() -> anyhow::Result<Option<Child>> {
    if Path::new(SYSTEMD).is_dir() {
        say("starting the docker service");
        let status = Command::new("systemctl").args(["start", "docker"]).status().context("cannot start systemctl")?;
        if !status.success() {
            bail!("`systemctl start docker` ended with {status}; see `journalctl -u docker`");
        }
        return Ok(None);
    }
    if let Some(id) = running() {
        say(&format!("dockerd was started earlier as process {id} and does not answer yet; its log is {LOG}"));
        return Ok(None);
    }
    for file in [LOG, PID] {
        let folder = Path::new(file).parent().unwrap_or(Path::new("/"));
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot create {}; it must run as root", folder.display()))?;
    }
    say(&format!("starting dockerd; its log is {LOG}"));
    let log = File::options().create(true).append(true).open(LOG).with_context(|| format!("cannot write {LOG}"))?;
    let child = Command::new("dockerd")
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        // A process group of its own: Ctrl-C here must not end it.
        .process_group(0)
        .spawn()
        .context("cannot start dockerd")?;
    fs::write(PID, child.id().to_string()).with_context(|| format!("cannot write {PID}"))?;
    Ok(Some(child))
}

/// The process that an earlier call started, if it still is a dockerd.
fn running() -> Option<String> {
    let id = fs::read_to_string(PID).ok()?;
    let name = fs::read_to_string(format!("/proc/{}/comm", id.trim())).ok()?;
    (name.trim() == "dockerd").then(|| id.trim().to_owned())
}

fn tail(file: &Path) -> String {
    let Ok(text) = fs::read_to_string(file) else {
        return String::new();
    };
    let lines: Vec<&str> = text.lines().collect();
    let last = lines[lines.len().saturating_sub(20)..].join("\n");
    format!("\nthe last lines of {}:\n{last}", file.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_log_is_quoted() {
        let file = std::env::temp_dir().join(format!("mtls-e2e-tail-{}", std::process::id()));
        fs::write(&file, (0..30).map(|line| format!("line {line}\n")).collect::<Vec<_>>().concat()).unwrap();
        let shown = tail(&file);
        fs::remove_file(&file).unwrap();
        assert!(shown.contains("line 10\n") && shown.ends_with("line 29") && !shown.contains("line 9\n"), "{shown}");
        assert_eq!(tail(&file), "");
    }
}
