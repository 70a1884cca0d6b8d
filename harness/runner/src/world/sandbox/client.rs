//! A sandbox for one case about the client: a folder, and processes that end with the sandboxes.
//!
//! Input: arguments, environment variables and a job for a program. Output: its output lines with their
//! instants, and its exit code. Only the client under test gets the faults of the run; servers and agents are the probe.

use std::{
    io,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};

use mtls_engine::wait::{Check, WaitError, until};
use parking_lot::Mutex;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, Command},
    task::JoinHandle,
};

use super::{Sandboxes, Volume};
use crate::{stack::workload::Tool, world::Unsupported};

/// The folder of one case; dropping the sandbox removes it.
#[derive(Debug)]
pub struct Sandbox<'a> {
    sandboxes: &'a Sandboxes,
    folder: PathBuf,
}

/// Environment variables of a client under test.
pub type Variables = Vec<(&'static str, String)>;

/// A running process of the client or the probe.
#[derive(Debug)]
pub struct Running {
    child: Child,
    /// Servers, agents and streams run until this is closed.
    stdin: Option<ChildStdin>,
    lines: Arc<Mutex<Vec<Line>>>,
    stdout: JoinHandle<String>,
    stderr: JoinHandle<String>,
    started: Instant,
}

/// A JSON line of standard output, and the instant at which it was read.
#[derive(Clone, Debug)]
pub struct Line {
    pub at: Instant,
    pub value: Value,
}

/// The output of an ended process.
#[derive(Clone, Debug)]
pub struct ProcessOutput {
    pub lines: Vec<Value>,
    pub stdout: String,
    pub stderr: String,
    /// `None` when it was killed at its limit.
    pub code: Option<i32>,
    pub took: Duration,
}

#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    #[error(transparent)]
    Unsupported(#[from] Unsupported),
    #[error("{what} for a case about the client")]
    Io {
        what: &'static str,
        #[source]
        source: io::Error,
    },
    #[error(transparent)]
    Wait(#[from] WaitError),
}

/// Limit for the first line of a server or an agent.
const START_LIMIT: Duration = Duration::from_secs(10);
const POLL_INTERVAL: Duration = Duration::from_millis(10);
/// Maximum output that is read from one stream, in bytes.
const MAX_OUTPUT: u64 = 4 << 20;

impl Sandboxes {
    /// Creates a sandbox with a new folder.
    pub(in crate::world) fn sandbox(&self, case: &str) -> Result<Sandbox<'_>, SandboxError> {
        let parent = self.guard.folder().join("cases");
        let failed = |source| SandboxError::Io { what: "make a folder", source };
        std::fs::create_dir_all(&parent).map_err(failed)?;
        for number in 0.. {
            let folder = parent.join(format!("{case}-{number}"));
            match std::fs::create_dir(&folder) {
                Ok(()) => return Ok(Sandbox { sandboxes: self, folder }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failed(error)),
            }
        }
        Err(failed(io::ErrorKind::AlreadyExists.into()))
    }
}

impl Sandbox<'_> {
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Creates a volume whose files change as those of a kubelet do.
    pub fn volume(&self, name: &str, files: &[(&str, &[u8])]) -> Result<Volume, SandboxError> {
        Volume::create(&self.folder.join(name), files)
            .map_err(|source| SandboxError::Io { what: "make a volume", source })
    }

    /// Starts the client under test with these environment variables only.
    pub async fn start(&self, arguments: &[&str], variables: &Variables, job: &str) -> Result<Running, SandboxError> {
        let mut command = self.sandboxes.command(Tool::Client);
        command.envs(variables.iter().map(|(name, value)| (*name, value)));
        Running::start(command, arguments, job).await
    }

    /// Starts a server or an agent and waits for its first line, which it writes when it listens.
    pub async fn helper(&self, command: &str, job: &str) -> Result<(Running, Value), SandboxError> {
        let running = Running::start(self.sandboxes.command(Tool::Probe), &[command], job).await?;
        let what = format!("the first line of `{command}`");
        let first = until(&what, START_LIMIT, POLL_INTERVAL, async || {
            running
                .lines()
                .into_iter()
                .next()
                .map_or(Check::NotYet("nothing".to_owned()), |line| Check::Ready(line.value))
        });
        let first = first.await?;
        Ok((running, first))
    }
}

impl Drop for Sandbox<'_> {
    fn drop(&mut self) {
        // The end of all sandboxes removes a folder that stays here.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Running {
    async fn start(mut command: Command, arguments: &[&str], job: &str) -> Result<Self, SandboxError> {
        let failed = |source| SandboxError::Io { what: "run a program", source };
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let started = Instant::now();
        let mut child = command.spawn().map_err(failed)?;
        let lines = Arc::default();
        let stdout = tokio::spawn(read_lines(child.stdout.take(), Arc::clone(&lines)));
        let stderr = tokio::spawn(read_text(child.stderr.take()));
        let mut stdin = child.stdin.take();
        if let Some(input) = stdin.as_mut().filter(|_| !job.is_empty()) {
            // A program that refuses its arguments does not read its input; its exit code reports that.
            let _ = input.write_all(format!("{job}\n").as_bytes()).await;
        }
        Ok(Self { child, stdin, lines, stdout, stderr, started })
    }

    /// The JSON lines so far.
    pub fn lines(&self) -> Vec<Line> {
        self.lines.lock().clone()
    }

    /// Sends SIGTERM, as a kubelet does.
    pub async fn terminate(&self) -> Result<(), SandboxError> {
        let failed = |source| SandboxError::Io { what: "stop a program", source };
        let Some(id) = self.child.id() else { return Ok(()) };
        // The result of `kill` does not matter: an ended program needs no signal.
        Command::new("sh")
            .args(["-c", r#"kill -TERM "$1""#, "kill", &id.to_string()])
            .stderr(Stdio::null())
            .status()
            .await
            .map_err(failed)?;
        Ok(())
    }

    /// Closes its standard input and waits for its end; kills it after `limit`.
    pub async fn end(mut self, limit: Duration) -> Result<ProcessOutput, SandboxError> {
        let failed = |source| SandboxError::Io { what: "wait for a program", source };
        drop(self.stdin.take());
        let code = if let Ok(status) = tokio::time::timeout(limit, self.child.wait()).await {
            status.map_err(failed)?.code()
        } else {
            self.child.kill().await.map_err(failed)?;
            None
        };
        let took = self.started.elapsed();
        let broken = |error| failed(io::Error::other(error));
        let (stdout, stderr) = (self.stdout.await.map_err(broken)?, self.stderr.await.map_err(broken)?);
        let lines = self.lines.lock().iter().map(|line| line.value.clone()).collect();
        Ok(ProcessOutput { lines, stdout, stderr, code, took })
    }
}

async fn read_lines(output: Option<impl AsyncRead + Unpin>, lines: Arc<Mutex<Vec<Line>>>) -> String {
    let mut text = String::new();
    let Some(output) = output else { return text };
    let mut output = BufReader::new(output.take(MAX_OUTPUT)).lines();
    while let Ok(Some(line)) = output.next_line().await {
        if let Ok(value) = serde_json::from_str(&line) {
            lines.lock().push(Line { at: Instant::now(), value });
        }
        text.push_str(&line);
        text.push('\n');
    }
    text
}

async fn read_text(output: Option<impl AsyncRead + Unpin>) -> String {
    let mut bytes = Vec::new();
    if let Some(output) = output {
        // After a read error the text so far is used.
        let _ = output.take(MAX_OUTPUT).read_to_end(&mut bytes).await;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
