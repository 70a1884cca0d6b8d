//! Reading what the client writes while it runs, and telling it to stop.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    sync::Notify,
    task::JoinHandle,
};

use crate::world::ClientSession;

/// Somebody who reads; dropping it ends the conversation, and with it the client.
pub(super) struct Reading {
    heard: Arc<Mutex<ReceivedLog>>,
    enough: Arc<Notify>,
    task: JoinHandle<()>,
}

/// What was read so far.
#[derive(Clone, Debug, Default)]
pub(super) struct ReceivedLog {
    /// Every line as it came.
    pub(super) text: String,
    pub(super) answered: bool,
    pub(super) last_error: String,
    /// Why nothing more will come.
    pub(super) ended: Option<String>,
}

/// What the client understands.
const STOP: &[u8] = b"stop\n";

impl Reading {
    pub(super) fn of(conversation: ClientSession) -> Self {
        let (heard, enough) = (Arc::new(Mutex::default()), Arc::new(Notify::new()));
        let task = tokio::spawn(read(conversation, Arc::clone(&heard), Arc::clone(&enough)));
        Self { heard, enough, task }
    }

    /// What a caller makes of what was read so far; it is long, and is not copied for a glance.
    pub(super) fn heard<T>(&self, make: impl FnOnce(&ReceivedLog) -> T) -> T {
        make(&lock(&self.heard))
    }

    pub(super) fn tell_to_stop(&self) {
        self.enough.notify_one();
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn read(conversation: ClientSession, heard: Arc<Mutex<ReceivedLog>>, enough: Arc<Notify>) {
    let ClientSession { stdout, mut guard } = conversation;
    let mut lines = BufReader::new(stdout).lines();
    let why = loop {
        tokio::select! {
            line = lines.next_line() => match line {
                Ok(Some(line)) => note(&mut lock(&heard), &line),
                Ok(None) => break "the client ended".to_owned(),
                Err(error) => break format!("the connection to the client broke: {error}"),
            },
            () = enough.notified() => {
                if let Err(error) = guard.say(STOP).await {
                    break format!("the client cannot be told to stop: {error}");
                }
            }
        }
    };
    lock(&heard).ended.get_or_insert(why);
}

fn note(heard: &mut ReceivedLog, line: &str) {
    heard.text.push_str(line);
    heard.text.push('\n');
    // Only the first answer and the last error are of interest while it goes on.
    if !heard.answered
        && let Ok(value) = serde_json::from_str::<Value>(line)
    {
        heard.answered = value["ended"] == "ok";
        heard.last_error = value["error"].to_string();
    }
}

fn lock(heard: &Mutex<ReceivedLog>) -> std::sync::MutexGuard<'_, ReceivedLog> {
    heard.lock().unwrap_or_else(PoisonError::into_inner)
}
