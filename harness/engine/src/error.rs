//! What can go wrong with a request to the container engine.
//!
//! An error says what was requested and, when no answer came, for how long it was awaited. Whether to try again is not decided here.

use std::time::Duration;

use mtls_core::duration::spell_duration;

#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error("no container engine answers{at}; start one, or let `cargo xtask provision` do it on Debian")]
    Unreachable {
        /// ` at DOCKER_HOST=…`, or nothing for the default socket.
        at: String,
        #[source]
        source: Box<EngineError>,
    },
    /// The engine answered, with an HTTP status that is an error.
    #[error("container engine refuses to {what}: {message} (status {status})")]
    Refused { what: String, status: u16, message: String },
    /// The connection, the answer or the body of the request is broken.
    #[error("container engine cannot {what}")]
    Request {
        what: String,
        #[source]
        source: bollard::errors::Error,
    },
    #[error("container engine did not {what} within {}", spell_duration(*.limit))]
    TimedOut { what: String, limit: Duration },
    /// A program in a container ended with an exit code that is not 0; `output` is its last lines.
    #[error("`{command}` in {container} ended with {code}: {output}")]
    Failed { command: String, container: String, code: i64, output: String },
    /// A program in a container ended well without all of its input having reached it.
    #[error("the input of `{command}` in {container} broke off")]
    Input {
        command: String,
        container: String,
        #[source]
        source: std::io::Error,
    },
}

impl EngineError {
    pub(crate) fn of(what: String, source: bollard::errors::Error) -> Self {
        match source {
            bollard::errors::Error::DockerResponseServerError { status_code, message } => {
                Self::Refused { what, status: status_code, message }
            }
            source => Self::Request { what, source },
        }
    }

    /// Whether the engine answered that it has no such object (status 404).
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Refused { status: 404, .. })
    }

    /// The last error of the chain of sources, which names the cause.
    pub fn root_cause(&self) -> String {
        let mut cause: &dyn std::error::Error = self;
        while let Some(source) = cause.source() {
            cause = source;
        }
        cause.to_string()
    }
}

/// `None` for an object that the engine does not have.
pub(crate) fn if_present<T>(answer: Result<T, EngineError>) -> Result<Option<T>, EngineError> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is_absent() => Ok(None),
        Err(error) => Err(error),
    }
}
