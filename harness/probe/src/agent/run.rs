//! Listens on the socket and answers calls until a stop is requested.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use mtls_protocol::agent::{AgentJob, CallAnswer, CallLine};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::answers::{response, says};
use super::wire::{
    ACK, DATA, END_HEADERS, END_STREAM, Frame, HEADERS, PING, PREFACE, SETTINGS, frame, headers, message, read_frame,
};

/// A bound socket that does not accept yet.
#[derive(Debug)]
pub struct Agent {
    job: Arc<AgentJob>,
    listener: UnixListener,
}

impl Agent {
    /// Binds the socket.
    ///
    /// # Errors
    /// When the path exists or cannot be created.
    pub fn bind(job: AgentJob) -> io::Result<Self> {
        let listener = UnixListener::bind(&job.socket)?;
        Ok(Self { job: Arc::new(job), listener })
    }

    /// Answers until `stop` resolves, ten minutes at most.
    pub async fn run(self, stop: impl Future<Output = ()>, lines: mpsc::Sender<CallLine>) {
        let calls = Arc::new(AtomicUsize::new(0));
        let mut connections = JoinSet::new();
        let accepting = async {
            loop {
                // A peer that gave up before it was accepted needs no answer.
                let Ok((stream, _)) = self.listener.accept().await else { continue };
                connections.spawn(serve(stream, Arc::clone(&self.job), Arc::clone(&calls), lines.clone()));
            }
        };
        let serving = async {
            tokio::select! {
                () = accepting => {}
                () = stop => {}
            }
        };
        // Ends on a stop request or at the timeout.
        let _ = tokio::time::timeout(MAX_DURATION, serving).await;
    }
}

/// Serves one connection: acknowledges settings and pings, answers calls, ignores everything else.
async fn serve(mut stream: UnixStream, job: Arc<AgentJob>, calls: Arc<AtomicUsize>, lines: mpsc::Sender<CallLine>) {
    let mut preface = [0; PREFACE];
    // A client that only tests whether the socket accepts sends nothing.
    if stream.read_exact(&mut preface).await.is_err() || stream.write_all(&frame(SETTINGS, 0, 0, &[])).await.is_err() {
        return;
    }
    while let Ok(Frame { kind, flags, stream: id, payload }) = read_frame(&mut stream).await {
        let answer = match (kind, flags & ACK) {
            (SETTINGS, 0) => frame(SETTINGS, ACK, 0, &[]),
            (PING, 0) => frame(PING, ACK, 0, &payload),
            (HEADERS, _) => {
                let call = calls.fetch_add(1, Ordering::Relaxed);
                let says = says(&job, call);
                // Without a receiver the line is discarded.
                let _ = lines.send(CallLine { call, says, at: Timestamp::now() }).await;
                answer(&job, says, id)
            }
            _ => continue,
        };
        if stream.write_all(&answer).await.is_err() {
            return;
        }
    }
}

fn answer(job: &AgentJob, says: CallAnswer, id: u32) -> Vec<u8> {
    let refuse = |status: &str, why: &str| {
        let fields = [("content-type", "application/grpc"), ("grpc-status", status), ("grpc-message", why)];
        frame(HEADERS, END_HEADERS | END_STREAM, id, &headers(&fields))
    };
    match (says, &job.svid) {
        (CallAnswer::Denied, _) => refuse("7", "no identity issued"),
        (CallAnswer::Svid, Some(svid)) => {
            let mut bytes = frame(HEADERS, END_HEADERS, id, &headers(&[("content-type", "application/grpc")]));
            bytes.extend(frame(DATA, 0, id, &message(&response(svid))));
            bytes
        }
        (CallAnswer::Svid | CallAnswer::Unavailable, _) => refuse("14", "the agent is starting"),
    }
}

const MAX_DURATION: Duration = Duration::from_mins(10);
