//! Programs in containers: their input, their output and their exit code.
//!
//! The time limit is the caller's, for only it knows the program, and covers the whole of it. What output means is not known here.

use std::io;
use std::pin::{Pin, pin};
use std::time::Duration;

use bollard::Docker;
use bollard::container::LogOutput;
use bollard::errors::Error;
use bollard::exec::{CreateExecOptions, StartExecResults};
use bytes::Bytes;
use futures::future::Either;
use futures::{Stream, StreamExt as _};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use super::client::Engine;
use super::error::EngineError;

/// The output and the exit code of a program in a container.
#[derive(Clone, Debug)]
pub struct Executed {
    /// -1 when the engine does not know one: the program has not ended, although its output has.
    pub code: i64,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

/// Lines of a program's output in an error.
const SHOWN: usize = 20;

impl Engine {
    /// Runs a program in a container with `stdin` as its input, and waits for its end for at most `limit`. It may end without reading all.
    pub async fn exec(
        &self,
        container: &str,
        command: &[&str],
        stdin: &[u8],
        limit: Duration,
    ) -> Result<Executed, EngineError> {
        self.run(container, command, Input::Bytes(stdin), limit).await
    }

    /// Like [`Engine::exec`], but any exit code except 0 is an error that quotes the last lines of standard error.
    pub async fn must(
        &self,
        container: &str,
        command: &[&str],
        stdin: &[u8],
        limit: Duration,
    ) -> Result<Vec<u8>, EngineError> {
        let done = self.run(container, command, Input::Bytes(stdin), limit).await?;
        successful(container, command, done)
    }

    /// Like [`Engine::must`], with an input that is made while the program reads it.
    ///
    /// # Errors
    ///
    /// Also [`EngineError::Input`] when the input breaks off and the program ends with 0 nevertheless.
    pub async fn must_read(
        &self,
        container: &str,
        command: &[&str],
        input: impl Stream<Item = io::Result<Bytes>> + Send,
        limit: Duration,
    ) -> Result<Vec<u8>, EngineError> {
        let done = self.run(container, command, Input::Stream(Box::pin(input)), limit).await?;
        successful(container, command, done)
    }

    async fn run(
        &self,
        container: &str,
        command: &[&str],
        input: Input<'_>,
        limit: Duration,
    ) -> Result<Executed, EngineError> {
        let shown = command.join(" ");
        let what = format!("run `{shown}` in {container} to its end");
        let work = async |docker: &Docker| converse(docker, container, command, input).await;
        let (done, delivered) = self.request(what, limit, work).await?;
        match delivered {
            // The exit code of a program that failed is the better error.
            Err(source) if done.code == 0 => {
                Err(EngineError::Input { command: shown, container: container.to_owned(), source })
            }
            _ => Ok(done),
        }
    }
}

enum Input<'a> {
    Bytes(&'a [u8]),
    Stream(Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send + 'a>>),
}

/// The program's end, and whether its input reached it.
async fn converse(
    docker: &Docker,
    container: &str,
    command: &[&str],
    mut input: Input<'_>,
) -> Result<(Executed, io::Result<()>), Error> {
    let options = CreateExecOptions {
        attach_stdin: Some(!matches!(input, Input::Bytes([]))),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        cmd: Some(command.to_vec()),
        ..CreateExecOptions::default()
    };
    let exec = docker.create_exec(container, options).await?;
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut delivered = Ok(());
    if let StartExecResults::Attached { mut output, input: mut stdin } = docker.start_exec(&exec.id, None).await? {
        let read = async {
            while let Some(chunk) = output.next().await {
                match chunk? {
                    LogOutput::StdErr { message } => stderr.extend_from_slice(&message),
                    LogOutput::StdOut { message } | LogOutput::Console { message } => {
                        stdout.extend_from_slice(&message);
                    }
                    LogOutput::StdIn { .. } => {}
                }
            }
            Ok::<_, Error>(())
        };
        let write = feed(&mut input, &mut stdin);
        // A program that has ended reads no more input, so the end of its output is decisive.
        delivered = match futures::future::select(pin!(write), pin!(read)).await {
            Either::Left((written, read)) => {
                read.await?;
                written
            }
            Either::Right((read, _)) => read.map(Ok)?,
        };
    }
    let code = docker.inspect_exec(&exec.id).await?.exit_code.unwrap_or(-1);
    Ok((Executed { code, stdout, stderr: String::from_utf8_lossy(&stderr).into_owned() }, delivered))
}

/// Writes the input and closes it.
async fn feed(input: &mut Input<'_>, stdin: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
    match input {
        Input::Bytes(bytes) => {
            // A program may end well without reading its input, which breaks the pipe.
            let _ = stdin.write_all(bytes).await;
            let _ = stdin.shutdown().await;
            Ok(())
        }
        Input::Stream(chunks) => {
            while let Some(chunk) = chunks.next().await {
                stdin.write_all(&chunk?).await?;
            }
            stdin.shutdown().await
        }
    }
}

fn successful(container: &str, command: &[&str], done: Executed) -> Result<Vec<u8>, EngineError> {
    if done.code == 0 {
        return Ok(done.stdout);
    }
    let output = if done.stderr.trim().is_empty() { String::from_utf8_lossy(&done.stdout).into() } else { done.stderr };
    Err(EngineError::Failed {
        command: command.join(" "),
        container: container.to_owned(),
        code: done.code,
        output: last_lines(&output, SHOWN),
    })
}

pub fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}
