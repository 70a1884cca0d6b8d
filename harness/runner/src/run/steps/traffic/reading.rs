//! Reads the output of the client while it runs, and asks it to stop.

use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    sync::Notify,
    task::JoinHandle,
};

use crate::world::ClientSession;

/// A task that reads the client's output. Dropping it ends the session and the client.
pub(super) struct Reading {
    log: Arc<Mutex<ReceivedLog>>,
    stop: Arc<Notify>,
    task: JoinHandle<()>,
}

/// The output so far.
#[derive(Clone, Debug, Default)]
pub(super) struct ReceivedLog {
    /// Every line, unchanged.
    pub(super) text: String,
    pub(super) answered: bool,
    pub(super) last_error: String,
    /// Why the output has ended; `None` while it goes on.
    pub(super) ended: Option<String>,
}

/// The line on standard input that stops the client.
const STOP: &[u8] = b"stop\n";

impl Reading {
    pub(super) fn of(session: ClientSession) -> Self {
        let (log, stop) = (Arc::new(Mutex::default()), Arc::new(Notify::new()));
        let task = tokio::spawn(read(session, Arc::clone(&log), Arc::clone(&stop)));
        Self { log, stop, task }
    }

    /// Calls `make` with the output so far, which is too long to copy.
    pub(super) fn heard<T>(&self, make: impl FnOnce(&ReceivedLog) -> T) -> T {
        make(&self.log.lock())
    }

    pub(super) fn tell_to_stop(&self) {
        self.stop.notify_one();
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn read(session: ClientSession, log: Arc<Mutex<ReceivedLog>>, stop: Arc<Notify>) {
    let ClientSession { stdout, mut guard } = session;
    let mut lines = BufReader::new(stdout).lines();
    let why = loop {
        tokio::select! {
            line = lines.next_line() => match line {
                Ok(Some(line)) => note(&mut log.lock(), &line),
                Ok(None) => break "the client ended".to_owned(),
                Err(error) => break format!("the connection to the client broke: {error}"),
            },
            () = stop.notified() => {
                if let Err(error) = guard.say(STOP).await {
                    break format!("the client cannot be stopped: {error}");
                }
            }
        }
    };
    log.lock().ended.get_or_insert(why);
}

fn note(log: &mut ReceivedLog, line: &str) {
    log.text.push_str(line);
    log.text.push('\n');
    // Only the first answer and the last error matter while the stream runs.
    if !log.answered
        && let Ok(value) = serde_json::from_str::<Value>(line)
    {
        log.answered = value["ended"] == "ok";
        log.last_error = value["error"].to_string();
    }
}
