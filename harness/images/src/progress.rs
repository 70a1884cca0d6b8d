//! Progress events of a build. The caller renders them.

use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;

/// Receives a build's events, in order.
pub trait Progress: Send {
    /// Handles one event.
    fn report(&mut self, event: &Event);
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The component that is being built.
    pub component: String,
    /// The current phase.
    pub phase: Phase,
    /// The state of that phase.
    pub state: State,
}

/// A phase of a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Layers and image configurations are written.
    Assemble,
    /// The source is compiled, or packages are installed.
    Build,
    /// The node image is loaded into the engine.
    Load,
    /// Every image is imported into the node's containerd.
    Preload,
    /// An image is pulled from a registry.
    Pull,
    /// Another build holds the lock of the cache; this one waits.
    Wait,
}

/// The state of a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing to do: the result is in the cache.
    Cached,
    /// It is finished, after this duration.
    Finished(Duration),
    /// It has started.
    Started,
}

impl std::fmt::Display for Phase {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.pad(match self {
            Self::Assemble => "assemble",
            Self::Build => "build",
            Self::Load => "load",
            Self::Preload => "preload",
            Self::Pull => "pull",
            Self::Wait => "wait",
        })
    }
}

/// Sends events from concurrent lanes.
#[derive(Clone)]
pub(super) struct ProgressSender(pub(super) UnboundedSender<Event>);

impl ProgressSender {
    pub(super) fn send(&self, component: &str, phase: Phase, state: State) {
        let event = Event { component: component.to_owned(), phase, state };
        // The receiver lives as long as the build; without a receiver the event is discarded.
        let _ = self.0.send(event);
    }

    /// Reports the start and the end of a piece of work; a failure is reported by its error alone.
    pub(super) async fn around<T, E>(
        &self,
        component: &str,
        phase: Phase,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let start = std::time::Instant::now();
        self.send(component, phase, State::Started);
        let done = work.await?;
        self.send(component, phase, State::Finished(start.elapsed()));
        Ok(done)
    }
}
