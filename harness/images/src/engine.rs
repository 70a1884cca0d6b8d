//! The container engine operations that images need: query, load, and run one builder container.
//!
//! `DOCKER_HOST` is honoured. Every call has a timeout. Nodes and clusters are not created here.

use std::pin::pin;
use std::time::Duration;

use bollard::Docker;
use bollard::container::LogOutput;
use bollard::errors::Error;
use bollard::exec::{CreateExecOptions, StartExecResults};
use bollard::query_parameters::{ImportImageOptionsBuilder, ListImagesOptionsBuilder, RemoveImageOptionsBuilder};
use futures::future::Either;
use futures::{Stream, StreamExt as _};
use tokio::io::AsyncWriteExt as _;

use super::archive::{self, Built};
use super::error::BuildError;
use super::stream;

/// Timeout of a query that the engine answers from memory.
const QUESTION: Duration = Duration::from_secs(20);
/// Timeout of an operation that moves gigabytes.
const BULK: Duration = Duration::from_mins(30);
/// Maximum length of a program's output in an error, in bytes.
const SHOWN: usize = 4000;

/// A connection to the engine.
#[derive(Clone)]
pub(super) struct Engine(pub(super) Docker);

impl Engine {
    /// Connects and checks that the engine answers.
    pub(super) async fn connect() -> Result<Self, BuildError> {
        let docker = Docker::connect_with_defaults().map_err(BuildError::engine("connect"))?.with_timeout(BULK);
        let answer = limited("ping", QUESTION, docker.ping()).await?;
        answer.map_err(BuildError::engine("ping it"))?;
        Ok(Self(docker))
    }

    /// Whether the engine has an image.
    pub(super) async fn has(&self, reference: &str) -> Result<bool, BuildError> {
        let answer = limited("image inspection", QUESTION, self.0.inspect_image(reference)).await?;
        match answer {
            Ok(_) => Ok(true),
            Err(Error::DockerResponseServerError { status_code: 404, .. }) => Ok(false),
            Err(source) => Err(BuildError::engine(format!("inspect {reference}"))(source)),
        }
    }

    /// Loads images into the engine.
    pub(super) async fn load(&self, images: Vec<Built>) -> Result<(), BuildError> {
        let action = format!("load {}", names(&images));
        let options = ImportImageOptionsBuilder::default().quiet(true).build();
        let body = archive_stream(images);
        let answers = self.0.import_image_stream(options, body, None);
        let drain = async {
            let mut answers = pin!(answers);
            while let Some(answer) = answers.next().await {
                answer?;
            }
            Ok(())
        };
        limited(&action, BULK, drain).await?.map_err(BuildError::engine(action))
    }

    /// Runs a program in a container and returns its output.
    pub(super) async fn exec<S>(
        &self,
        container: &str,
        command: &[&str],
        input: Option<S>,
        limit: Duration,
    ) -> Result<String, BuildError>
    where
        S: Stream<Item = std::io::Result<bytes::Bytes>> + Send,
    {
        let action = format!("run `{}` in {container}", command.join(" "));
        let run = self.exec_unlimited(container, command, input);
        let (code, printed) = limited(&action, limit, run).await?.map_err(BuildError::engine(&action))?;
        if code == Some(0) {
            return Ok(printed);
        }
        Err(BuildError::Command {
            component: "node".to_owned(),
            command: command.join(" "),
            outcome: match code {
                Some(code) => format!("ended with status {code} in container {container}"),
                None => format!("did not end in container {container}"),
            },
            tail: last(&printed, SHOWN).to_owned(),
        })
    }

    async fn exec_unlimited<S>(
        &self,
        container: &str,
        command: &[&str],
        input: Option<S>,
    ) -> Result<(Option<i64>, String), Error>
    where
        S: Stream<Item = std::io::Result<bytes::Bytes>> + Send,
    {
        let options = CreateExecOptions {
            cmd: Some(command.to_vec()),
            attach_stdin: Some(input.is_some()),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            ..CreateExecOptions::default()
        };
        let exec = self.0.create_exec(container, options).await?;
        let StartExecResults::Attached { mut output, input: mut stdin } = self.0.start_exec(&exec.id, None).await?
        else {
            return Ok((None, String::new()));
        };
        let feed = async {
            if let Some(input) = input {
                let mut input = pin!(input);
                while let Some(chunk) = input.next().await {
                    stdin.write_all(&chunk?).await?;
                }
            }
            stdin.shutdown().await
        };
        let read = async {
            let mut printed = String::new();
            while let Some(Ok(line)) = output.next().await {
                let (LogOutput::StdOut { message }
                | LogOutput::StdErr { message }
                | LogOutput::StdIn { message }
                | LogOutput::Console { message }) = line;
                printed.push_str(&String::from_utf8_lossy(&message));
            }
            printed
        };
        // A program that exits early reads no more input, so the end of its output is decisive.
        let (delivered, printed) = match futures::future::select(pin!(feed), pin!(read)).await {
            Either::Left((delivered, read)) => (delivered, read.await),
            Either::Right((printed, _)) => (Ok(()), printed),
        };
        let code = self.0.inspect_exec(&exec.id).await?.exit_code;
        match delivered {
            Err(error) if code == Some(0) => Err(error.into()),
            _ => Ok((code, printed)),
        }
    }

    /// Removes images of a name, by tag or digest, except the kept ones. Images in use stay.
    pub(super) async fn forget_images(&self, name: &str, kept: &[String]) {
        let filters = [("reference", vec![name])].into();
        let options = ListImagesOptionsBuilder::default().filters(&filters).build();
        let Ok(Ok(images)) = limited("image list", QUESTION, self.0.list_images(Some(options))).await else {
            return;
        };
        let names = images.iter().flat_map(|image| image.repo_tags.iter().chain(&image.repo_digests));
        for known in names.filter(|known| known.starts_with(name)) {
            if !kept.contains(known) {
                let options = RemoveImageOptionsBuilder::default().build();
                // Best-effort cleanup: the engine refuses to remove an image that a container uses.
                let _ = self.0.remove_image(known, Some(options), None).await;
            }
        }
    }
}

/// Applies a timeout to a call.
pub(super) async fn limited<T>(action: &str, limit: Duration, work: impl Future<Output = T>) -> Result<T, BuildError> {
    tokio::time::timeout(limit, work).await.map_err(|_| BuildError::EngineSilent {
        action: action.to_owned(),
        limit: limit.as_secs(),
        last_seen: "no answer".to_owned(),
    })
}

/// Images as one docker-archive, written while it is read.
pub(super) fn archive_stream(images: Vec<Built>) -> impl Stream<Item = std::io::Result<bytes::Bytes>> + Send + 'static {
    let (mut writer, stream) = stream::writer();
    // The stream's end or error reports how this task ended, so its handle is not needed.
    drop(tokio::task::spawn_blocking(move || {
        if let Err(error) = archive::write(&images, &mut writer) {
            writer.fail(error);
        }
    }));
    stream
}

fn names(images: &[Built]) -> String {
    match images {
        [one] => one.reference.clone(),
        many => format!("{} images", many.len()),
    }
}

fn last(text: &str, limit: usize) -> &str {
    let mut start = text.len().saturating_sub(limit);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    &text[start..]
}
