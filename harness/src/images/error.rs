//! What can go wrong while images are made, told so that the reader knows what to do.

use std::io;

use super::stack::StackError;

/// Why the stack could not be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A tool failed.
    #[error("{component}: `{command}` {outcome}; the last lines of its output:\n{tail}")]
    Command {
        /// What was being built.
        component: String,
        /// The command line.
        command: String,
        /// How it ended.
        outcome: String,
        /// The last 40 lines of what it printed.
        tail: String,
    },
    /// What was built is not what was declared.
    #[error("{component}: {problem}; {fix}")]
    Content {
        /// What was being built.
        component: String,
        /// What is wrong.
        problem: String,
        /// What to do.
        fix: String,
    },
    /// The container engine refused or went away.
    #[error("container engine: cannot {action}")]
    Engine {
        /// What was asked of it.
        action: String,
        /// Its answer.
        #[source]
        source: bollard::errors::Error,
    },
    /// The container engine did not answer in time.
    #[error("container engine: {action} took longer than {limit} s; last seen: {last_seen}")]
    EngineSilent {
        /// What was awaited.
        action: String,
        /// The limit in seconds.
        limit: u64,
        /// The last answer.
        last_seen: String,
    },
    /// A file could not be read or written.
    #[error("cannot {action}")]
    File {
        /// What was tried, with the path.
        action: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// Something the build needs is missing. One line each, with the fix.
    #[error("images cannot be built here:\n{}", .0.join("\n"))]
    Missing(Vec<String>),
    /// The declaration is unusable.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// The registry's image is not the one that was recorded.
    #[error(
        "{image} is not what stack.yaml demands: recorded is {recorded}, the registry has {found}; \
         if the tag was moved on purpose, empty the recorded digest and pull again"
    )]
    WrongDigest {
        /// The name the registry was asked for.
        image: String,
        /// What stack.yaml says.
        recorded: String,
        /// What the tag leads to now.
        found: String,
    },
}

impl BuildError {
    /// For `map_err`: names what was tried on a file.
    pub(super) fn file(action: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let action = action.into();
        move |source| Self::File { action, source }
    }

    /// For `map_err`: names what was asked of the engine.
    pub(super) fn engine(action: impl Into<String>) -> impl FnOnce(bollard::errors::Error) -> Self {
        let action = action.into();
        move |source| Self::Engine { action, source }
    }
}
