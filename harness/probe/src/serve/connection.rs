//! Serves one connection.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use mtls_protocol::outcome::{Ended, Stage};
use mtls_protocol::serve::{ConnectionEnded, ConnectionLine};
use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::case::{Ready, TlsCase};
use super::record::{client, fail, session, started};
use super::verifier::ClientRecord;
use super::wire::{application_bytes, is_tls};
use crate::connection::{Failure, alert};

/// A connection with its line, filled step by step, so that a stop keeps the observations so far.
pub(super) struct Connection {
    pub(super) line: ConnectionLine,
    record: Arc<ClientRecord>,
}

impl Connection {
    pub(super) fn new(id: &str, remote: SocketAddr) -> Self {
        Self { line: started(id, remote), record: Arc::default() }
    }

    /// Serves until the client closes or nothing arrives within the timeout.
    pub(super) async fn serve(&mut self, ready: &Ready, mut stream: TcpStream) {
        match ready {
            Ready::Close => fail(&mut self.line, Failure::new(Stage::App, Ended::Eof, "closed at once, as configured")),
            Ready::Silent => self.plaintext(&mut stream, AnswerMode::Mute).await,
            Ready::Plaintext => self.plaintext(&mut stream, AnswerMode::Http).await,
            Ready::HalfHello => match stream.write_all(&PARTIAL_HEADER).await {
                Ok(()) => self.plaintext(&mut stream, AnswerMode::Mute).await,
                Err(error) => fail(&mut self.line, Failure::from_io(Stage::App, &error)),
            },
            Ready::Tls(case) => self.encrypted(case, stream).await,
        }
    }

    /// The line, also of a connection that is still open.
    pub(super) fn into_line(mut self) -> ConnectionLine {
        self.line.client_certificate_requested = self.record.certificate_requested();
        self.line.peer = self.line.peer.take().or_else(|| self.record.certificate());
        self.line
    }

    async fn encrypted(&mut self, case: &TlsCase, stream: TcpStream) {
        let config = match case.configure(&self.record) {
            Ok(config) => config,
            Err(error) => return fail(&mut self.line, Failure::new(Stage::Config, Ended::Error, error.to_string())),
        };
        let mut stream = match timeout(IDLE_TIMEOUT, TlsAcceptor::from(config).accept(stream).into_fallible()).await {
            Err(_) => {
                return fail(&mut self.line, Failure::timeout(Stage::Tls, IDLE_TIMEOUT, "the end of the handshake"));
            }
            Ok(Err((error, stream))) => {
                fail(&mut self.line, Failure::from_io(Stage::Tls, &error));
                return linger(stream).await;
            }
            Ok(Ok(stream)) => stream,
        };
        let (_, shaken) = stream.get_ref();
        self.line.tls = Some(session(shaken));
        self.line.peer = shaken.peer_certificates().and_then(|chain| chain.first()).map(client);
        let mode = if case.mute { AnswerMode::Mute } else { AnswerMode::Http };
        self.read_requests(&mut stream, mode, |line, bytes| line.request_bytes += bytes.len() as u64).await;
    }

    async fn plaintext(&mut self, stream: &mut TcpStream, mode: AnswerMode) {
        let mut all = Vec::new();
        self.read_requests(stream, mode, |line, bytes| {
            let room = MAX_STORED.saturating_sub(all.len()).min(bytes.len());
            all.extend_from_slice(&bytes[..room]);
            line.request_bytes = application_bytes(&all);
        })
        .await;
    }

    async fn read_requests<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        mode: AnswerMode,
        mut count: impl FnMut(&mut ConnectionLine, &[u8]),
    ) {
        let mut pending = Vec::new();
        let mut chunk = [0; 4096];
        loop {
            let read = match timeout(IDLE_TIMEOUT, stream.read(&mut chunk)).await {
                Err(_) => return fail(&mut self.line, Failure::timeout(Stage::App, IDLE_TIMEOUT, "another byte")),
                Ok(Err(error)) => return fail(&mut self.line, Failure::from_io(Stage::App, &error)),
                Ok(Ok(0)) => {
                    return fail(
                        &mut self.line,
                        Failure::new(Stage::App, Ended::Eof, "the client closed the connection"),
                    );
                }
                Ok(Ok(read)) => read,
            };
            count(&mut self.line, &chunk[..read]);
            if let Some(alert) = alert::from_record(&chunk[..read]) {
                return fail(&mut self.line, Failure::from_alert(Stage::App, alert));
            }
            if mode == AnswerMode::Mute {
                continue;
            }
            pending.extend_from_slice(&chunk[..read]);
            let whole = pending.windows(4).any(|window| window == b"\r\n\r\n");
            if !whole && !is_tls(&pending) && pending.len() < MAX_STORED {
                continue;
            }
            if let Err(error) = self.answer(stream).await {
                return fail(&mut self.line, Failure::from_io(Stage::App, &error));
            }
            if !is_tls(&pending) {
                self.line.ended = ConnectionEnded::Served;
            }
            pending.clear();
        }
    }

    async fn answer<S: AsyncWrite + Unpin>(&self, stream: &mut S) -> io::Result<()> {
        let body = json!({"listener": "hostile", "id": self.line.id}).to_string();
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json";
        stream.write_all(format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).as_bytes()).await?;
        stream.flush().await
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AnswerMode {
    /// Answers requests.
    Http,
    /// Only reads.
    Mute,
}

/// Closing with unread bytes resets the connection and may discard the alert that was just sent.
async fn linger(mut stream: TcpStream) {
    let read_on = async {
        stream.shutdown().await?;
        let mut sink = [0; 1024];
        while stream.read(&mut sink).await? > 0 {}
        Ok::<_, io::Error>(())
    };
    // The client may be gone or stay connected; both are fine.
    let _ = timeout(LINGER, read_on).await;
}

/// Type and version of a handshake record, without its length.
const PARTIAL_HEADER: [u8; 3] = [22, 3, 3];
const LINGER: Duration = Duration::from_millis(300);
const MAX_STORED: usize = 1 << 20;
const IDLE_TIMEOUT: Duration = Duration::from_mins(2);
