//! What a build tells while it runs. Rendering is the caller's business.

use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;

/// Receives a build's events, in order.
pub trait Progress: Send {
    /// One thing happened.
    fn report(&mut self, event: &Event);
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What is being built.
    pub component: String,
    /// What is being done to it.
    pub phase: Phase,
    /// How far that is.
    pub state: State,
}

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Layers and image configurations are written.
    Assemble,
    /// The source is compiled, or packages are installed.
    Build,
    /// The node image is handed to the engine.
    Load,
    /// Every image is imported into the node's containerd.
    Preload,
    /// An image comes from a registry.
    Pull,
    /// Another build has the cache; this one waits.
    Wait,
}

/// How far a phase is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing to do: it is in the cache.
    Cached,
    /// It is done.
    Finished(Duration),
    /// It began.
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

/// Sends events from lanes that run side by side.
#[derive(Clone)]
pub(super) struct ProgressSender(pub(super) UnboundedSender<Event>);

impl ProgressSender {
    pub(super) fn tell(&self, component: &str, phase: Phase, state: State) {
        let event = Event { component: component.to_owned(), phase, state };
        // The receiver lives as long as the build; when it is gone nobody is left to tell.
        let _ = self.0.send(event);
    }

    /// Tells start and end around a piece of work; a failure is told by its error alone.
    pub(super) async fn around<T, E>(
        &self,
        component: &str,
        phase: Phase,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let start = std::time::Instant::now();
        self.tell(component, phase, State::Started);
        let done = work.await?;
        self.tell(component, phase, State::Finished(start.elapsed()));
        Ok(done)
    }
}
