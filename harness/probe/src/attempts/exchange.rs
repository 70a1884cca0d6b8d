//! One request and its answer, on a connection that can be reused.
//!
//! After a TLS handshake a probe reads for half a second before it writes. In TLS 1.3 the server verifies the client
//! certificate after the client considers the handshake finished; a request written too early sometimes turns the
//! server's alert into a reset.

use std::time::Duration;

use mtls_protocol::attempts::{Attempt, Protocol, Switch};
use mtls_protocol::outcome::{Ended, Stage};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};

use crate::connection::{
    Failure, HttpConnection, MAX_BODY, Opened, Prepared, Tap, Trace, alert, open_prepared, request,
};

/// The answer of a server.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) stage: Stage,
    pub(super) http_status: Option<u16>,
    pub(super) body: Option<Value>,
}

/// An open connection that has answered.
#[derive(Debug)]
pub(super) enum OpenConnection {
    Http(HttpConnection),
    Line(Box<Tap>),
}

impl OpenConnection {
    /// Sends a request, on a new or used connection.
    pub(super) async fn ask(
        &mut self,
        attempt: &Attempt,
        deadline: Instant,
        trace: &mut Trace,
    ) -> Result<Reply, Failure> {
        let limit = limit(attempt);
        match self {
            Self::Http(connection) => ask_http(connection, attempt, deadline, limit, trace).await,
            Self::Line(stream) => ask_line(stream, attempt, deadline, limit, trace).await,
        }
    }

    /// Closes in an orderly way. An error is ignored, because the answer has arrived.
    pub(super) async fn close(self) {
        match self {
            Self::Http(connection) => connection.close().await,
            Self::Line(mut stream) => {
                let _ = tokio::time::timeout(SHUTDOWN_TIMEOUT, stream.shutdown()).await;
            }
        }
    }
}

/// Opens a connection and sends one request. `None` instead of the connection when the server sent first.
pub(super) async fn exchange(
    attempt: &Attempt,
    prepared: &Prepared,
    trace: &mut Trace,
) -> Result<(Reply, Option<OpenConnection>), Failure> {
    let limit = limit(attempt);
    let mut opened = open_prepared(&attempt.host, attempt.port, prepared, limit, trace).await?;
    if attempt.tls == Switch::On
        && let Some(unasked) = read_first(&mut opened).await?
    {
        return Ok((Reply { stage: Stage::App, http_status: None, body: Some(body_value(&unasked)) }, None));
    }
    let mut connection = match attempt.protocol {
        // Hello attempts are handled elsewhere.
        Protocol::Hello | Protocol::Http => OpenConnection::Http(HttpConnection::start(opened.stream).await?),
        Protocol::Tcp => OpenConnection::Line(Box::new(opened.stream)),
    };
    let reply = connection.ask(attempt, opened.deadline, trace).await?;
    Ok((reply, Some(connection)))
}

pub(super) fn limit(attempt: &Attempt) -> Duration {
    Duration::from_millis(attempt.timeout_ms)
}

/// Reads before writing. `None` when the server sends nothing, as expected.
async fn read_first(opened: &mut Opened) -> Result<Option<Vec<u8>>, Failure> {
    let until = (Instant::now() + READ_FIRST_FOR).min(opened.deadline);
    let mut bytes = vec![0; MAX_BODY];
    match timeout_at(until, opened.stream.read(&mut bytes)).await {
        Err(_) => Ok(None),
        Ok(Ok(0)) => Err(Failure::new(Stage::Tls, Ended::Eof, "the server closed the stream after the handshake")),
        Ok(Ok(count)) => {
            bytes.truncate(count);
            Ok(Some(bytes))
        }
        Ok(Err(error)) => Err(Failure::from_io(Stage::Tls, &error)),
    }
}

async fn ask_http(
    connection: &mut HttpConnection,
    attempt: &Attempt,
    deadline: Instant,
    limit: Duration,
    trace: &mut Trace,
) -> Result<Reply, Failure> {
    let request = request(&attempt.host, attempt.port, &attempt.path, &attempt.headers)?;
    let answer = connection.send(request, deadline, limit).await;
    trace.spent.first_byte = connection.tapped().first_byte();
    let answer = answer?;
    Ok(Reply { stage: Stage::Done, http_status: Some(answer.status), body: Some(body_value(&answer.body)) })
}

/// Sends one line and reads one.
async fn ask_line(
    stream: &mut Tap,
    attempt: &Attempt,
    deadline: Instant,
    limit: Duration,
    trace: &mut Trace,
) -> Result<Reply, Failure> {
    let tapped = stream.tapped();
    tapped.next_exchange();
    let line = format!("probe {}\n", attempt.id.replace(['\r', '\n'], " "));
    let answer = timeout_at(deadline, async {
        stream.write_all(line.as_bytes()).await?;
        stream.flush().await?;
        read_line(stream).await
    })
    .await;
    trace.spent.first_byte = tapped.first_byte();
    let bytes = match answer {
        Err(_) => return Err(Failure::timeout(Stage::App, limit, "a line")),
        Ok(Err(error)) => return Err(tapped.explain(Stage::App, &error.to_string())),
        Ok(Ok(bytes)) => bytes,
    };
    if bytes.is_empty() || alert::from_record(&bytes).is_some() {
        return Err(tapped.explain(Stage::App, "no answer"));
    }
    Ok(Reply { stage: Stage::Done, http_status: None, body: Some(body_value(&bytes)) })
}

/// The JSON value if the text is JSON, otherwise the text.
fn body_value(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(bytes).into_owned()))
}

async fn read_line(stream: &mut Tap) -> std::io::Result<Vec<u8>> {
    let mut line = Vec::new();
    let mut chunk = [0; 1024];
    while line.len() < MAX_BODY {
        let count = stream.read(&mut chunk).await?;
        line.extend_from_slice(&chunk[..count]);
        if count == 0 || chunk[..count].contains(&b'\n') {
            break;
        }
    }
    Ok(line)
}

const SHUTDOWN_TIMEOUT: Duration = Duration::from_millis(200);
const READ_FIRST_FOR: Duration = Duration::from_millis(500);
