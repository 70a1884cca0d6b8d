//! Being asked to stop: once means finish cleanly, twice means now.

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

/// Cloned into everything that should end early.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    /// A stop that nobody will ever ask for.
    pub fn never() -> Self {
        Self(watch::channel(false).1)
    }

    pub fn is_asked(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns when somebody asks; waits for ever when nobody can.
    pub async fn asked(&mut self) {
        if self.0.wait_for(|asked| *asked).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Listens for interrupts (SIGINT, SIGTERM): the first asks the run to stop, the second calls `at_once`.
///
/// Must be called inside the runtime.
pub fn stop_on_interrupt(at_once: impl Fn() + Send + 'static) -> Stop {
    let (ask, asked) = watch::channel(false);
    tokio::spawn(async move {
        // Without a handler the signal ends the process, which is what it would do anyway.
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
