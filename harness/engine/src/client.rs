//! The connection to the container engine at `DOCKER_HOST` or at its default socket.
//!
//! Its handle is private: whatever asks the engine for something goes through `Engine::request`, or `Engine::stream` for an answer that is
//! read in pieces, and both have a time limit. What can be asked for stands in `container`, `exec`, `image` and `network`.

use std::time::Duration;

use bollard::Docker;
use bollard::errors::Error;
use futures::{Stream, StreamExt as _};
use tokio::time::{Instant, timeout, timeout_at};

use super::error::EngineError;

/// A connection to the engine, which has answered a ping.
#[derive(Clone, Debug)]
pub struct Engine {
    docker: Docker,
    pub(crate) limits: Limits,
}

/// How long each kind of request may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) ping: Duration,
    /// What the engine answers from memory.
    pub(crate) question: Duration,
    /// To create, start, stop or remove one object: gigabytes of files go with a container of a node.
    pub(crate) change: Duration,
    /// What a registry answers without sending an image.
    pub(crate) registry: Duration,
    pub(crate) pull: Duration,
    /// What moves gigabytes between the engine and this process, or within the engine.
    pub(crate) bulk: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            ping: Duration::from_secs(10),
            question: Duration::from_secs(30),
            change: Duration::from_mins(5),
            registry: Duration::from_mins(1),
            pull: Duration::from_mins(20),
            bulk: Duration::from_mins(30),
        }
    }
}

/// Bollard's own limit counts up to the first byte of an answer and would end a longer limit of ours.
const NEVER_FIRST: Duration = Duration::from_hours(24);

impl Engine {
    /// Connects to the engine and pings it.
    ///
    /// # Errors
    ///
    /// [`EngineError::Unreachable`] when nothing answers within ten seconds.
    pub async fn connect() -> Result<Self, EngineError> {
        let at = std::env::var("DOCKER_HOST").map(|host| format!(" at DOCKER_HOST={host}")).unwrap_or_default();
        Self::answering(Docker::connect_with_defaults(), at, Limits::default()).await
    }

    /// Like [`Engine::connect`], but with other limits and at `uri`.
    #[cfg(test)]
    pub(crate) async fn connect_to(uri: &str, limits: Limits) -> Result<Self, EngineError> {
        Self::answering(Docker::connect_with_host(uri), format!(" at {uri}"), limits).await
    }

    async fn answering(docker: Result<Docker, Error>, at: String, limits: Limits) -> Result<Self, EngineError> {
        let unreachable = |source| EngineError::Unreachable { at: at.clone(), source: Box::new(source) };
        let docker = docker.map_err(|source| unreachable(EngineError::of("be connected to".to_owned(), source)))?;
        let engine = Self { docker: docker.with_timeout(NEVER_FIRST), limits };
        engine.request("answer a ping", limits.ping, async |docker| docker.ping().await).await.map_err(unreachable)?;
        Ok(engine)
    }

    /// The version of the engine, for the report.
    pub async fn version(&self) -> Result<String, EngineError> {
        let version =
            self.request("tell its version", self.limits.question, async |docker| docker.version().await).await?;
        Ok(version.version.unwrap_or_else(|| "unknown".to_owned()))
    }

    /// Sends a request and waits for its whole answer, for at most `limit`. `what` is what the engine is to do: a verb and its object.
    pub(crate) async fn request<T>(
        &self,
        what: impl Into<String>,
        limit: Duration,
        work: impl AsyncFnOnce(&Docker) -> Result<T, Error>,
    ) -> Result<T, EngineError> {
        let what = what.into();
        // Boxed, because the settings of a container are kilobytes, and lie in the future of every caller otherwise.
        match timeout(limit, Box::pin(work(&self.docker))).await {
            Ok(answer) => answer.map_err(|source| EngineError::of(what, source)),
            Err(_) => Err(EngineError::TimedOut { what, limit }),
        }
    }

    /// An answer in pieces, the last of which comes within `limit` of the first call; otherwise an error ends it.
    pub(crate) fn stream<'a, T, S>(
        &'a self,
        what: impl Into<String>,
        limit: Duration,
        work: impl FnOnce(&'a Docker) -> S,
    ) -> impl Stream<Item = Result<T, EngineError>> + Send + 'a
    where
        T: Send + 'a,
        S: Stream<Item = Result<T, Error>> + Send + 'a,
    {
        let what = what.into();
        let pieces = Box::pin(work(&self.docker));
        futures::stream::unfold(Some((pieces, None)), move |state| {
            let what = what.clone();
            async move {
                let (mut pieces, deadline) = state?;
                let deadline = deadline.unwrap_or_else(|| Instant::now() + limit);
                match timeout_at(deadline, pieces.next()).await {
                    Ok(None) => None,
                    Ok(Some(Ok(piece))) => Some((Ok(piece), Some((pieces, Some(deadline))))),
                    Ok(Some(Err(source))) => Some((Err(EngineError::of(what, source)), None)),
                    Err(_) => Some((Err(EngineError::TimedOut { what, limit }), None)),
                }
            }
        })
    }

    /// Reads an answer in pieces that say nothing but whether all is well, to its end and within `limit`.
    pub(crate) async fn drain<'a, T, S>(
        &'a self,
        what: impl Into<String>,
        limit: Duration,
        work: impl FnOnce(&'a Docker) -> S,
    ) -> Result<(), EngineError>
    where
        T: Send + 'a,
        S: Stream<Item = Result<T, Error>> + Send + 'a,
    {
        let mut pieces = std::pin::pin!(self.stream(what, limit, work));
        while let Some(piece) = pieces.next().await {
            piece?;
        }
        Ok(())
    }
}
