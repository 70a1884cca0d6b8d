//! Runs programs in pods through the API server, with an argument list and standard input, without a shell.

use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api,
    api::{AttachParams, AttachedProcess},
};
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::client::{Kube, KubeError, request};

/// The output and the exit code of a program.
#[derive(Clone, Debug)]
pub struct Output {
    pub stdout: String,
    pub stderr: String,
    /// `None` when the connection ended before the program's status arrived.
    pub code: Option<i32>,
}

/// How a program ended, for messages: `with exit code 3`.
pub fn spell_code(code: Option<i32>) -> String {
    code.map_or_else(|| "without an exit code".to_owned(), |code| format!("with exit code {code}"))
}

/// A running program. Dropping it closes the connection.
pub struct Running {
    pub(super) process: AttachedProcess,
    stdin: Option<Box<dyn AsyncWrite + Send + Unpin>>,
    pub pod: String,
    pub command: String,
}

impl Kube {
    /// Runs a program to its end.
    ///
    /// # Errors
    ///
    /// When it cannot be started or does not end within `limit`. An exit code other than 0 is not an error.
    pub async fn exec(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        command: &[&str],
        stdin: &[u8],
        limit: Duration,
    ) -> Result<Output, KubeError> {
        let run = async {
            let running = self.spawn(namespace, pod, container, command, stdin).await?;
            running.finish().await
        };
        match tokio::time::timeout(limit, run).await {
            Ok(result) => result,
            Err(_) => Err(KubeError::Slow { what: format!("`{}` in {namespace}/{pod}", command.join(" ")), limit }),
        }
    }

    /// Starts a program and writes `stdin` to it. The caller reads its output.
    ///
    /// # Errors
    ///
    /// When the API server refuses, for instance because the pod does not exist.
    pub async fn spawn(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        command: &[&str],
        stdin: &[u8],
    ) -> Result<Running, KubeError> {
        let api: Api<Pod> = Api::namespaced(self.client.clone(), namespace);
        let parameters = AttachParams {
            container: Some(container.to_owned()),
            stdin: !stdin.is_empty(),
            max_stdout_buf_size: Some(1 << 20),
            ..AttachParams::default()
        };
        let shown = command.join(" ");
        let attached = api.exec(pod, command.iter().copied(), &parameters).await;
        let mut process = attached.map_err(|source| request(format!("exec `{shown}` in {namespace}/{pod}"), source))?;
        let mut input = process.stdin();
        if let Some(input) = input.as_mut() {
            let lost = |error: std::io::Error| KubeError::Exec {
                command: shown.clone(),
                pod: format!("{namespace}/{pod}"),
                problem: format!("standard input: {error}"),
            };
            input.write_all(stdin).await.map_err(lost)?;
            input.flush().await.map_err(lost)?;
        }
        let stdin = input.map(|input| -> Box<dyn AsyncWrite + Send + Unpin> { Box::new(input) });
        Ok(Running { process, stdin, pod: format!("{namespace}/{pod}"), command: shown })
    }
}

impl Running {
    /// The program's output, readable while it runs. `None` after the first call.
    pub fn stdout(&mut self) -> Option<impl tokio::io::AsyncRead + Unpin + use<>> {
        self.process.stdout()
    }

    /// Writes to the program's standard input.
    ///
    /// # Errors
    ///
    /// When it has none, or the connection is broken.
    pub async fn say(&mut self, words: &[u8]) -> std::io::Result<()> {
        let input = self.stdin.as_mut().ok_or(std::io::ErrorKind::NotConnected)?;
        input.write_all(words).await?;
        input.flush().await
    }

    /// Closes its standard input and reads its output until the program ends.
    ///
    /// # Errors
    ///
    /// When the connection breaks.
    pub async fn finish(mut self) -> Result<Output, KubeError> {
        self.stdin = None;
        let (mut stdout, mut stderr) = (String::new(), String::new());
        let (mut out, mut err) = (self.process.stdout(), self.process.stderr());
        let read_out = async {
            if let Some(stream) = out.as_mut() { stream.read_to_string(&mut stdout).await.map(|_| ()) } else { Ok(()) }
        };
        let read_err = async {
            if let Some(stream) = err.as_mut() { stream.read_to_string(&mut stderr).await.map(|_| ()) } else { Ok(()) }
        };
        let (first, second) = tokio::join!(read_out, read_err);
        first.and(second).map_err(|error| KubeError::Exec {
            command: self.command.clone(),
            pod: self.pod.clone(),
            problem: error.to_string(),
        })?;
        let status = match self.process.take_status() {
            Some(status) => status.await,
            None => None,
        };
        let code = status.as_ref().and_then(|status| match status.status {
            Some(ref word) if word == "Success" => Some(0),
            _ => status.details.as_ref().and_then(|details| details.causes.as_ref()).and_then(|causes| {
                causes
                    .iter()
                    .find(|cause| cause.reason.as_deref() == Some("ExitCode"))
                    .and_then(|cause| cause.message.as_deref())
                    .and_then(|message| message.parse().ok())
            }),
        });
        if code.is_none()
            && let Some(message) = status.and_then(|status| status.message)
        {
            return Err(KubeError::Exec { command: self.command, pod: self.pod, problem: message });
        }
        Ok(Output { stdout, stderr, code })
    }
}
