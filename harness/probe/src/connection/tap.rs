//! A stream that records its traffic, because HTTP libraries do not report these facts.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Instant;

use mtls_protocol::outcome::{Ended, Stage};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::alert;
use super::failure::Failure;

/// A connected stream, encrypted or not.
#[derive(Debug)]
pub enum Socket {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A [`Socket`] with a record of its traffic.
#[derive(Debug)]
pub struct Tap {
    inner: Socket,
    tapped: Tapped,
}

/// The record of a stream, shared with the code that explains an ending.
#[derive(Clone, Debug, Default)]
pub struct Tapped(Arc<Mutex<Traffic>>);

#[derive(Debug, Default)]
struct Traffic {
    head: Vec<u8>,
    first_byte: Option<Instant>,
    last_write: Option<Instant>,
    ending: Option<Ending>,
}

#[derive(Clone, Debug)]
enum Ending {
    EndOfStream,
    Failed(Failure),
}

impl Tap {
    #[must_use]
    pub fn new(inner: Socket) -> Self {
        Self { inner, tapped: Tapped::default() }
    }

    #[must_use]
    pub fn tapped(&self) -> Tapped {
        self.tapped.clone()
    }
}

impl Tapped {
    /// Clears bytes and instants of the previous exchange; an ending is permanent.
    pub fn next_exchange(&self) {
        let mut traffic = self.lock();
        traffic.head.clear();
        traffic.first_byte = None;
        traffic.last_write = None;
    }

    /// Milliseconds from the last write before the answer to its first byte.
    #[must_use]
    pub fn first_byte(&self) -> Option<f64> {
        let traffic = self.lock();
        let waited = traffic.first_byte?.saturating_duration_since(traffic.last_write?);
        Some(super::trace::milliseconds(waited))
    }

    /// The best explanation of a failed exchange: an unencrypted alert, then the socket's error, then the
    /// error of the HTTP library.
    #[must_use]
    pub fn explain(&self, stage: Stage, otherwise: &str) -> Failure {
        let traffic = self.lock();
        if let Some(alert) = alert::from_record(&traffic.head) {
            return Failure::from_alert(stage, alert);
        }
        match &traffic.ending {
            // An alert concerns the session, independent of the current operation.
            Some(Ending::Failed(failure)) if failure.alert.is_some() => {
                Failure { stage: Stage::Tls, ..failure.clone() }
            }
            Some(Ending::Failed(failure)) => Failure { stage, ..failure.clone() },
            Some(Ending::EndOfStream) => {
                let bytes = traffic.head.len();
                Failure::new(
                    stage,
                    Ended::Eof,
                    format!("the server closed the stream after {bytes} bytes of an answer"),
                )
            }
            None => Failure::new(stage, Ended::Error, otherwise),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Traffic> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_failure(&self, error: &io::Error) {
        let mut traffic = self.lock();
        let failure = Failure::from_io(Stage::App, error);
        // An alert is more specific than the broken pipe before it.
        let better = failure.alert.is_some() || !matches!(traffic.ending, Some(Ending::Failed(_)));
        if better {
            traffic.ending = Some(Ending::Failed(failure));
        }
    }

    fn note_read(&self, bytes: &[u8]) {
        let mut traffic = self.lock();
        if bytes.is_empty() {
            traffic.ending.get_or_insert(Ending::EndOfStream);
            return;
        }
        traffic.first_byte.get_or_insert_with(Instant::now);
        let room = HEAD.saturating_sub(traffic.head.len()).min(bytes.len());
        traffic.head.extend_from_slice(&bytes[..room]);
    }

    fn note_written(&self) {
        let mut traffic = self.lock();
        if traffic.first_byte.is_none() {
            traffic.last_write = Some(Instant::now());
        }
    }
}

impl AsyncRead for Tap {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let asked = buffer.remaining() > 0;
        let polled = match &mut self.inner {
            Socket::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Socket::Tls(stream) => Pin::new(stream.as_mut()).poll_read(cx, buffer),
        };
        match &polled {
            Poll::Ready(Ok(())) if asked => self.tapped.note_read(&buffer.filled()[before..]),
            Poll::Ready(Err(error)) => self.tapped.note_failure(error),
            _ => {}
        }
        polled
    }
}

impl AsyncWrite for Tap {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = match &mut self.inner {
            Socket::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Socket::Tls(stream) => Pin::new(stream.as_mut()).poll_write(cx, bytes),
        };
        match &polled {
            Poll::Ready(Ok(_)) => self.tapped.note_written(),
            Poll::Ready(Err(error)) => self.tapped.note_failure(error),
            Poll::Pending => {}
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.inner {
            Socket::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Socket::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.inner {
            Socket::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Socket::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(cx),
        }
    }
}

/// Enough to recognise an alert record or to quote an answer that is not HTTP, in bytes.
const HEAD: usize = 512;
