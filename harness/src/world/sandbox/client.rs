//! A place of its own for one story about the client: a folder, and processes that live and die with the sandboxes.
//!
//! Input: arguments, variables and a job for the client program. Output: what it wrote, line by line with the instant, and how
//! it ended. The client under test is wrong in the ways the run asks for; servers and agents, which are the same program, never.

use std::{
    io,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, Command},
    task::JoinHandle,
};

use super::{Sandboxes, Volume};
use crate::{
    wait::{Check, WaitError, until},
    world::Unsupported,
};

/// The story's folder; it goes with the sandbox.
#[derive(Debug)]
pub struct Sandbox<'a> {
    sandboxes: &'a Sandboxes,
    folder: PathBuf,
}

/// Variables of a client under test.
pub type Variables = Vec<(&'static str, String)>;

/// A process of the client program that runs.
#[derive(Debug)]
pub struct Running {
    child: Child,
    /// Open, it tells servers, agents and streams to go on.
    stdin: Option<ChildStdin>,
    lines: Arc<Mutex<Vec<Line>>>,
    stdout: JoinHandle<String>,
    stderr: JoinHandle<String>,
    started: Instant,
}

/// A line of standard output that is JSON, and when it came.
#[derive(Clone, Debug)]
pub struct Line {
    pub at: Instant,
    pub value: Value,
}

/// A process that is over.
#[derive(Clone, Debug)]
pub struct ProcessOutput {
    pub lines: Vec<Value>,
    pub stdout: String,
    pub stderr: String,
    /// None when it had to be ended.
    pub code: Option<i32>,
    pub took: Duration,
}

#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    #[error(transparent)]
    Unsupported(#[from] Unsupported),
    #[error("{what} for a story about the client")]
    Io {
        what: &'static str,
        #[source]
        source: io::Error,
    },
    #[error(transparent)]
    Wait(#[from] WaitError),
}

/// Of the first line of a server or an agent.
const START_LIMIT: Duration = Duration::from_secs(10);
const POLL_INTERVAL: Duration = Duration::from_millis(10);
/// More than this of one stream is a program gone mad.
const MOST: u64 = 4 << 20;

impl Sandboxes {
    /// A folder that nobody else has.
    pub(in crate::world) fn sandbox(&self, story: &str) -> Result<Sandbox<'_>, SandboxError> {
        let place = self.guard.folder().join("rigs");
        let failed = |source| SandboxError::Io { what: "make a folder", source };
        std::fs::create_dir_all(&place).map_err(failed)?;
        for number in 0.. {
            let folder = place.join(format!("{story}-{number}"));
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

    /// Files that change as a kubelet's do.
    pub fn volume(&self, name: &str, files: &[(&str, &[u8])]) -> Result<Volume, SandboxError> {
        Volume::create(&self.folder.join(name), files)
            .map_err(|source| SandboxError::Io { what: "make a volume", source })
    }

    /// Starts the client under test in exactly this environment.
    pub async fn start(&self, arguments: &[&str], variables: &Variables, job: &str) -> Result<Running, SandboxError> {
        let mut command = self.sandboxes.client_under_test();
        command.envs(variables.iter().map(|(name, value)| (*name, value)));
        Running::start(command, arguments, job).await
    }

    /// Starts a server or an agent, and returns its first line with it: by then it listens.
    pub async fn helper(&self, command: &str, job: &str) -> Result<(Running, Value), SandboxError> {
        let running = Running::start(self.sandboxes.client(), &[command], job).await?;
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
        // What stays goes with the folder of all sandboxes.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Running {
    async fn start(mut command: Command, arguments: &[&str], job: &str) -> Result<Self, SandboxError> {
        let failed = |source| SandboxError::Io { what: "run the client program", source };
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let started = Instant::now();
        let mut child = command.spawn().map_err(failed)?;
        let lines = Arc::default();
        let stdout = tokio::spawn(read_lines(child.stdout.take(), Arc::clone(&lines)));
        let stderr = tokio::spawn(read_text(child.stderr.take()));
        let mut stdin = child.stdin.take();
        if let Some(input) = stdin.as_mut().filter(|_| !job.is_empty()) {
            // A program that refuses its arguments does not read; its exit code says so.
            let _ = input.write_all(format!("{job}\n").as_bytes()).await;
        }
        Ok(Self { child, stdin, lines, stdout, stderr, started })
    }

    /// What it has written so far.
    pub fn lines(&self) -> Vec<Line> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks it to stop, as a kubelet does.
    pub async fn terminate(&self) -> Result<(), SandboxError> {
        let failed = |source| SandboxError::Io { what: "stop the client program", source };
        let Some(id) = self.child.id() else { return Ok(()) };
        // A program that is over already needs no signal.
        Command::new("sh")
            .args(["-c", r#"kill -TERM "$1""#, "kill", &id.to_string()])
            .stderr(Stdio::null())
            .status()
            .await
            .map_err(failed)?;
        Ok(())
    }

    /// Closes its standard input, and waits until it is over; after `limit` it is ended.
    pub async fn end(mut self, limit: Duration) -> Result<ProcessOutput, SandboxError> {
        let failed = |source| SandboxError::Io { what: "wait for the client program", source };
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
        let lines =
            self.lines.lock().unwrap_or_else(PoisonError::into_inner).iter().map(|line| line.value.clone()).collect();
        Ok(ProcessOutput { lines, stdout, stderr, code, took })
    }
}

async fn read_lines(output: Option<impl AsyncRead + Unpin>, lines: Arc<Mutex<Vec<Line>>>) -> String {
    let mut text = String::new();
    let Some(output) = output else { return text };
    let mut output = BufReader::new(output.take(MOST)).lines();
    while let Ok(Some(line)) = output.next_line().await {
        if let Ok(value) = serde_json::from_str(&line) {
            lines.lock().unwrap_or_else(PoisonError::into_inner).push(Line { at: Instant::now(), value });
        }
        text.push_str(&line);
        text.push('\n');
    }
    text
}

async fn read_text(output: Option<impl AsyncRead + Unpin>) -> String {
    let mut bytes = Vec::new();
    if let Some(output) = output {
        // What could be read is what there is to search.
        let _ = output.take(MOST).read_to_end(&mut bytes).await;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
