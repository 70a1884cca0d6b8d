//! Requests to stop a run: the first ends it cleanly, the second ends it at once.

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

/// A handle that observes a request to stop. Clones observe the same request.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    /// A handle that never receives a request.
    pub fn never() -> Self {
        Self(watch::channel(false).1)
    }

    /// A handle, and where a test requests the stop.
    #[cfg(test)]
    pub(super) fn on_request() -> (watch::Sender<bool>, Self) {
        let (ask, asked) = watch::channel(false);
        (ask, Self(asked))
    }

    pub fn is_asked(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits for a request; for ever when none can come.
    pub async fn asked(&mut self) {
        if self.0.wait_for(|asked| *asked).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Handles SIGINT and SIGTERM: the first requests a stop, every later one calls `at_once`.
///
/// It must be called inside the Tokio runtime.
pub fn stop_on_interrupt(at_once: impl Fn() + Send + 'static) -> Stop {
    let (ask, asked) = watch::channel(false);
    tokio::spawn(async move {
        // Without a handler the signal ends the process, as by default.
        let Ok(mut terminated) = signal(SignalKind::terminate()) else { return };
        let mut first = true;
        loop {
            tokio::select! {
                received = tokio::signal::ctrl_c() => if received.is_err() { return },
                received = terminated.recv() => if received.is_none() { return },
            }
            if first {
                ask.send_replace(true);
                first = false;
            } else {
                at_once();
            }
        }
    });
    Stop(asked)
}
