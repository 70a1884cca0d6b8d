//! The container engine at `DOCKER_HOST` or at its default socket.

use std::time::Duration;

use bollard::{
    Docker,
    container::LogOutput,
    exec::{CreateExecOptions, StartExecResults},
};
use futures::StreamExt;
use mtls_core::duration::spell_duration;
use tokio::io::AsyncWriteExt;

/// A connection to the engine, which has answered a ping.
#[derive(Clone, Debug)]
pub struct Engine {
    pub docker: Docker,
}

/// The output and the exit code of a command in a node.
#[derive(Clone, Debug)]
pub struct Executed {
    pub code: i64,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error("no container engine answers{at}; start one, or let `cargo xtask provision` do it on Debian")]
    Unreachable {
        at: String,
        #[source]
        source: bollard::errors::Error,
    },
    #[error("container engine request failed: {what}")]
    Request {
        what: String,
        #[source]
        source: bollard::errors::Error,
    },
    #[error("`{command}` in {container} did not end within {}", spell_duration(*.limit))]
    TimedOut { command: String, container: String, limit: Duration },
    #[error("`{command}` in {container} ended with {code}: {stderr}")]
    Failed { command: String, container: String, code: i64, stderr: String },
}

impl Engine {
    /// Connects to the engine and pings it.
    ///
    /// # Errors
    ///
    /// [`EngineError::Unreachable`] when nothing answers within five seconds.
    pub async fn connect() -> Result<Self, EngineError> {
        let at = std::env::var("DOCKER_HOST").map(|host| format!(" at DOCKER_HOST={host}")).unwrap_or_default();
        let unreachable = |source| EngineError::Unreachable { at: at.clone(), source };
        let docker = Docker::connect_with_defaults().map_err(unreachable)?;
        match tokio::time::timeout(Duration::from_secs(5), docker.ping()).await {
            Ok(Ok(_)) => Ok(Self { docker }),
            Ok(Err(source)) => Err(unreachable(source)),
            Err(_) => Err(unreachable(bollard::errors::Error::RequestTimeoutError)),
        }
    }

    /// The version of the engine, for the report.
    pub async fn version(&self) -> Result<String, EngineError> {
        let version = self.docker.version().await.map_err(|source| request("version", source))?;
        Ok(version.version.unwrap_or_else(|| "unknown".to_owned()))
    }

    /// Whether the engine has the image. It would try to pull a missing image at start, and fail with an error of a
    /// registry.
    pub async fn has_image(&self, image: &str) -> Result<bool, EngineError> {
        match self.docker.inspect_image(image).await {
            Ok(_) => Ok(true),
            Err(bollard::errors::Error::DockerResponseServerError { status_code: 404, .. }) => Ok(false),
            Err(source) => Err(request(format!("inspect image {image}"), source)),
        }
    }

    /// Runs a program in a container with `stdin` as its input, and waits for its end for at most `limit`.
    pub async fn exec(
        &self,
        container: &str,
        command: &[&str],
        stdin: &[u8],
        limit: Duration,
    ) -> Result<Executed, EngineError> {
        let shown = command.join(" ");
        tokio::time::timeout(limit, self.exec_unbounded(container, command, stdin, &shown))
            .await
            .unwrap_or_else(|_| Err(EngineError::TimedOut { command: shown, container: container.to_owned(), limit }))
    }

    /// Like [`Engine::exec`], but any exit code except 0 is an error that quotes the last lines of standard error.
    pub async fn must(
        &self,
        container: &str,
        command: &[&str],
        stdin: &[u8],
        limit: Duration,
    ) -> Result<Vec<u8>, EngineError> {
        let done = self.exec(container, command, stdin, limit).await?;
        if done.code == 0 {
            return Ok(done.stdout);
        }
        let stderr = if done.stderr.trim().is_empty() {
            String::from_utf8_lossy(&done.stdout).into_owned()
        } else {
            done.stderr
        };
        Err(EngineError::Failed {
            command: command.join(" "),
            container: container.to_owned(),
            code: done.code,
            stderr: last_lines(&stderr, 20),
        })
    }

    async fn exec_unbounded(
        &self,
        container: &str,
        command: &[&str],
        stdin: &[u8],
        shown: &str,
    ) -> Result<Executed, EngineError> {
        let failed = |source| request(format!("exec `{shown}` in {container}"), source);
        let options = CreateExecOptions {
            attach_stdin: Some(!stdin.is_empty()),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            cmd: Some(command.to_vec()),
            ..CreateExecOptions::default()
        };
        let exec = self.docker.create_exec(container, options).await.map_err(failed)?;
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        if let StartExecResults::Attached { mut output, mut input } =
            self.docker.start_exec(&exec.id, None).await.map_err(failed)?
        {
            let write = async {
                // A program may end without reading its input, which breaks the pipe; its exit code is the better
                // error.
                let _ = input.write_all(stdin).await;
                let _ = input.shutdown().await;
            };
            let read = async {
                while let Some(chunk) = output.next().await {
                    match chunk.map_err(failed)? {
                        LogOutput::StdErr { message } => stderr.extend_from_slice(&message),
                        LogOutput::StdOut { message } | LogOutput::Console { message } => {
                            stdout.extend_from_slice(&message);
                        }
                        LogOutput::StdIn { .. } => {}
                    }
                }
                Ok::<_, EngineError>(())
            };
            let ((), read) = tokio::join!(write, read);
            read?;
        }
        let code = self.docker.inspect_exec(&exec.id).await.map_err(failed)?.exit_code.unwrap_or(-1);
        Ok(Executed { code, stdout, stderr: String::from_utf8_lossy(&stderr).into_owned() })
    }
}

pub fn request(what: impl Into<String>, source: bollard::errors::Error) -> EngineError {
    EngineError::Request { what: what.into(), source }
}

pub fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}
