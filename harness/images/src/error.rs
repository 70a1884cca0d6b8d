//! Errors of building and pulling images, each with advice for the reader.

use std::io;

use mtls_engine::EngineError;

use super::stack::StackError;

/// The reason why the stack could not be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A tool failed.
    #[error("{component}: `{command}` {outcome}; the last lines of its output:\n{tail}")]
    Command {
        /// The component or image that was being built.
        component: String,
        /// The command line.
        command: String,
        /// How the command ended.
        outcome: String,
        /// The last 40 lines of its output.
        tail: String,
    },
    /// The result differs from the declaration.
    #[error("{component}: {problem}; {fix}")]
    Content {
        /// The component or image that was being built.
        component: String,
        /// What is wrong.
        problem: String,
        /// How to fix it.
        fix: String,
    },
    /// The container engine refused a request, the connection broke, or no answer came in time.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A file could not be read or written.
    #[error("cannot {action}")]
    File {
        /// The attempted operation, with the path.
        action: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// Unmet preconditions of the build: one line each, with the fix.
    #[error("images cannot be built here:\n{}", .0.join("\n"))]
    Missing(Vec<String>),
    /// The declaration is unusable.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// The registry's image differs from the recorded one.
    #[error(
        "{image} differs from stack.yaml: recorded is {recorded}, the registry has {found}; \
         if the tag was moved on purpose, clear the recorded digest and pull again"
    )]
    WrongDigest {
        /// The requested name.
        image: String,
        /// The digest that stack.yaml records.
        recorded: String,
        /// The digest that the tag refers to now.
        found: String,
    },
}

impl BuildError {
    /// For `map_err`: names the attempted file operation.
    pub(super) fn file(action: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let action = action.into();
        move |source| Self::File { action, source }
    }
}
