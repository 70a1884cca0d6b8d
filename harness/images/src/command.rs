//! Runs a tool; writes all its output to a log file and keeps the last lines for the error.
//!
//! Tools get no terminal and no input. Dropping a build kills its tools.

use std::collections::VecDeque;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Command;
use tokio::sync::mpsc;

use super::error::BuildError;

/// Number of output lines of a failed tool that the error contains.
const TAIL_LINES: usize = 40;

/// A tool to run for a component.
pub(super) struct Tool {
    component: String,
    command: Command,
    shown: String,
    log: PathBuf,
}

impl Tool {
    pub(super) fn new(component: &str, program: &str, log_directory: &Path) -> Self {
        Self {
            component: component.to_owned(),
            command: Command::new(program),
            shown: program.to_owned(),
            log: log_directory.join(format!("{component}.log")),
        }
    }

    pub(super) fn arg(mut self, arg: impl AsRef<str>) -> Self {
        self.command.arg(arg.as_ref());
        self.shown.push(' ');
        self.shown.push_str(&quoted(arg.as_ref()));
        self
    }

    pub(super) fn args<S: AsRef<str>>(self, args: impl IntoIterator<Item = S>) -> Self {
        args.into_iter().fold(self, Self::arg)
    }

    pub(super) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self.shown = format!("{name}={} {}", quoted(value), self.shown);
        self
    }

    pub(super) fn directory(mut self, directory: &Path) -> Self {
        self.command.current_dir(directory);
        self
    }

    /// Runs the tool until it exits.
    pub(super) async fn run(mut self) -> Result<(), BuildError> {
        let mut log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.log)
            .map_err(BuildError::file(format!("write {}", self.log.display())))?;
        let mut child = self
            .command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(BuildError::file(format!("start `{}`", self.shown)))?;

        let (sender, mut lines) = mpsc::unbounded_channel();
        let readers =
            futures::future::join(forward(child.stdout.take(), sender.clone()), forward(child.stderr.take(), sender));
        let keep = async {
            let mut tail = Tail::default();
            while let Some(line) = lines.recv().await {
                // A log that cannot be written must not fail the build; the error has its own copy of the last lines.
                let _ = writeln!(log, "{line}");
                tail.push(line);
            }
            tail
        };
        let (_, tail) = futures::future::join(readers, keep).await;
        let status = child.wait().await.map_err(BuildError::file(format!("await `{}`", self.shown)))?;
        if status.success() {
            return Ok(());
        }
        Err(BuildError::Command {
            component: self.component,
            command: self.shown,
            outcome: format!("ended with {status}"),
            tail: tail.to_string(),
        })
    }
}

/// The last lines of an output.
#[derive(Default)]
struct Tail(VecDeque<String>);

impl Tail {
    fn push(&mut self, line: String) {
        if self.0.len() == TAIL_LINES {
            self.0.pop_front();
        }
        self.0.push_back(line);
    }
}

impl std::fmt::Display for Tail {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|line| writeln!(formatter, "  {line}"))
    }
}

async fn forward(stream: Option<impl AsyncRead + Unpin>, lines: mpsc::UnboundedSender<String>) {
    let Some(stream) = stream else { return };
    let mut reader = BufReader::new(stream);
    let mut line = Vec::new();
    while let Ok(read) = reader.read_until(b'\n', &mut line).await {
        if read == 0 {
            return;
        }
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        line.clear();
        if lines.send(text).is_err() {
            return;
        }
    }
}

/// Quoted for a shell, so that the command in an error can be run by hand.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_failure_shows_component_command_and_the_last_lines() {
        let logs = tempfile::tempdir().unwrap();
        let error = Tool::new("etcd", "sh", logs.path())
            .args(["-c", "(seq 1 100; echo no space left) >&2; exit 3"])
            .run()
            .await
            .unwrap_err();
        let BuildError::Command { component, command, outcome, tail } = error else {
            panic!("expected a command error");
        };
        assert_eq!(component, "etcd");
        assert!(command.starts_with("sh -c '(seq 1 100"), "{command}");
        assert!(outcome.contains('3'), "{outcome}");
        assert_eq!(tail.lines().count(), TAIL_LINES);
        assert!(tail.contains("no space left"), "{tail}");
        assert!(!tail.lines().any(|line| line.trim() == "60"), "{tail}");
        let log = std::fs::read_to_string(logs.path().join("etcd.log")).unwrap();
        assert_eq!(log.lines().count(), 101);
    }

    #[tokio::test]
    async fn a_tool_that_does_not_exist_is_named() {
        let logs = tempfile::tempdir().unwrap();
        let error = Tool::new("x", "no-such-tool", logs.path()).run().await.unwrap_err();
        assert_eq!(error.to_string(), "cannot start `no-such-tool`");
    }
}
