//! Runs attempts: the first exchange, and the follow-ups of the job.
//!
//! All exchanges of one attempt present what the first presented, so that a certificate can be offered again after it has
//! expired. Sessions are resumed within one attempt only, and only on request.

use std::sync::Arc;
use std::time::Duration;

use mtls_protocol::attempts::{Attempt, AttemptsJob, How, Protocol};
use mtls_protocol::outcome::{AttemptResult, Ended, Stage};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::exchange::{OpenConnection, Reply, exchange, limit};
use super::transport::transport;
use crate::connection::{Failure, Prepared, Sessions, Trace, Transport};
use crate::hello::{Hello, send_hello};

/// Runs all attempts of a job; sends results as the attempts end.
///
/// # Errors
/// Only when an internal task panicked.
pub async fn run_attempts(
    job: AttemptsJob,
    results: mpsc::Sender<AttemptResult>,
) -> Result<(), tokio::task::JoinError> {
    let slots = Arc::new(Semaphore::new(job.parallel.clamp(1, MAX_PARALLEL)));
    let mut tasks = JoinSet::new();
    for attempt in job.attempts {
        // The semaphore is never closed, so acquiring succeeds.
        let Ok(slot) = Arc::clone(&slots).acquire_owned().await else {
            break;
        };
        let results = results.clone();
        tasks.spawn(async move {
            run_one(attempt, &results).await;
            drop(slot);
        });
        while let Some(ended) = tasks.try_join_next() {
            ended?;
        }
    }
    while let Some(ended) = tasks.join_next().await {
        ended?;
    }
    Ok(())
}

/// Runs one attempt with its follow-ups; the results include all failures, the first exchange first.
pub async fn run_attempt(attempt: Attempt) -> Vec<AttemptResult> {
    let (sender, mut receiver) = mpsc::channel(attempt.then.len() + 1);
    run_one(attempt, &sender).await;
    drop(sender);
    let mut results = Vec::new();
    while let Some(result) = receiver.recv().await {
        results.push(result);
    }
    results
}

async fn run_one(attempt: Attempt, results: &mpsc::Sender<AttemptResult>) {
    if attempt.protocol == Protocol::Hello {
        // Without a receiver the result is discarded. The same applies below.
        let _ = results.send(hello_result(&attempt).await).await;
        return;
    }
    let mut state = AttemptState { transport: None, resuming: None, first: None };
    let resumes = attempt.then.iter().any(|follow_up| follow_up.how == How::Resumed);
    let sessions = if resumes { Sessions::Stored } else { Sessions::Never };
    let mut trace = Trace::start();
    let outcome = state.first(&attempt, sessions, &mut trace).await;
    let _ = results.send(result(attempt.id.clone(), trace, outcome)).await;

    for (index, follow_up) in attempt.then.iter().enumerate() {
        sleep(Duration::from_millis(follow_up.after_ms)).await;
        let mut trace = Trace::start();
        let outcome = match follow_up.how {
            How::Fresh => state.repeat(&attempt, Sessions::Never, &mut trace).await,
            How::Resumed => state.repeat(&attempt, Sessions::Stored, &mut trace).await,
            How::SameConnection => state.on_first_connection(&attempt, &mut trace).await,
        };
        let _ = results.send(result(format!("{}/{}", attempt.id, index + 1), trace, outcome)).await;
    }
    if let Some((connection, _)) = state.first {
        connection.close().await;
    }
}

async fn hello_result(attempt: &Attempt) -> AttemptResult {
    let mut trace = Trace::start();
    let job = attempt.hello.clone().unwrap_or_default();
    let sni = job.sni.as_deref().or(attempt.sni.as_deref());
    let place = (attempt.host.as_str(), attempt.port);
    let (facts, outcome) = match Hello::of(&job) {
        Ok(hello) => send_hello(place, &hello, sni, limit(attempt), &mut trace).await,
        Err(problem) => (None, Err(Failure::new(Stage::Config, Ended::Error, problem))),
    };
    let reply = outcome.map(|()| Reply { stage: Stage::Done, http_status: None, body: None });
    let mut result = result(attempt.id.clone(), trace, reply);
    result.hello = facts;
    result
}

/// The line of one exchange.
fn result(id: String, mut trace: Trace, outcome: Result<Reply, Failure>) -> AttemptResult {
    trace.finish();
    let mut result = AttemptResult {
        id,
        stage: Stage::Done,
        ended: Ended::Answered,
        alert: None,
        reason: None,
        error: None,
        http_status: None,
        body: None,
        tls: trace.tls,
        hello: None,
        local: trace.local,
        remote: trace.remote,
        started: trace.started,
        ms: trace.spent,
    };
    match outcome {
        Ok(reply) => {
            result.stage = reply.stage;
            result.http_status = reply.http_status;
            result.body = reply.body;
        }
        Err(failure) => {
            result.stage = failure.stage;
            result.ended = failure.ended;
            result.error = Some(format!("{}: {}", failure.stage, failure.message));
            result.alert = failure.alert;
            result.reason = failure.reason.map(str::to_owned);
        }
    }
    result
}

/// The state that the exchanges of one attempt share.
struct AttemptState {
    transport: Option<Transport>,
    /// The one configuration that stores sessions; sessions are not shared between configurations.
    resuming: Option<Prepared>,
    first: Option<(OpenConnection, Trace)>,
}

impl AttemptState {
    async fn first(&mut self, attempt: &Attempt, sessions: Sessions, trace: &mut Trace) -> Result<Reply, Failure> {
        let (reply, connection) = self.open(attempt, sessions, trace).await?;
        self.first = connection.map(|connection| (connection, trace.clone()));
        if attempt.then.is_empty()
            && let Some((connection, _)) = self.first.take()
        {
            connection.close().await;
        }
        Ok(reply)
    }

    async fn repeat(&mut self, attempt: &Attempt, sessions: Sessions, trace: &mut Trace) -> Result<Reply, Failure> {
        let (reply, connection) = self.open(attempt, sessions, trace).await?;
        if let Some(connection) = connection {
            connection.close().await;
        }
        Ok(reply)
    }

    async fn on_first_connection(&mut self, attempt: &Attempt, trace: &mut Trace) -> Result<Reply, Failure> {
        let Some((connection, first_trace)) = &mut self.first else {
            return Err(Failure::new(Stage::Config, Ended::Error, "no connection to use again"));
        };
        (trace.local, trace.remote, trace.tls) = (first_trace.local, first_trace.remote, first_trace.tls.clone());
        connection.ask(attempt, Instant::now() + limit(attempt), trace).await
    }

    async fn open(
        &mut self,
        attempt: &Attempt,
        sessions: Sessions,
        trace: &mut Trace,
    ) -> Result<(Reply, Option<OpenConnection>), Failure> {
        let transport = match &mut self.transport {
            Some(prepared) => prepared,
            none => none.insert(transport(attempt)?),
        };
        let fresh;
        let prepared = match (sessions, &mut self.resuming) {
            (Sessions::Stored, Some(prepared)) => &*prepared,
            (Sessions::Stored, none) => none.insert(transport.prepare(&attempt.host, sessions)?),
            (Sessions::Never, _) => {
                fresh = transport.prepare(&attempt.host, sessions)?;
                &fresh
            }
        };
        exchange(attempt, prepared, trace).await
    }
}

const MAX_PARALLEL: usize = 256;
