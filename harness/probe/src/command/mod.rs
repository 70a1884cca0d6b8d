//! The subcommands. Standard output has JSON lines and nothing else.

mod attempts;
mod fake_agent;
mod output;
mod serve;

pub(crate) use attempts::attempts;
pub(crate) use fake_agent::fake_agent;
pub(crate) use serve::serve;

/// Why a subcommand could not do its job; determines the exit code.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    /// Exit 70.
    #[error("internal error, please report it: {0}")]
    Ours(#[from] anyhow::Error),
    /// Exit 2.
    #[error("{0}")]
    Usage(String),
}

/// Resolves at SIGTERM or SIGINT.
pub(crate) async fn stop_signal() -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
