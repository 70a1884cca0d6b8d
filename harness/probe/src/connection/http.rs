//! HTTP/1.1 over an opened connection, one request at a time.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{HOST, HeaderName, HeaderValue, USER_AGENT};
use hyper_util::rt::TokioIo;
use mtls_protocol::outcome::{Ended, Stage};
use tokio::task::JoinHandle;
use tokio::time::timeout_at;

use super::failure::Failure;
use super::tap::{Tap, Tapped};

/// An HTTP connection. Dropping it closes the socket at once; [`close`](Self::close) shuts the session down first.
#[derive(Debug)]
pub struct HttpConnection {
    sender: SendRequest<Full<Bytes>>,
    driver: Driver,
    tapped: Tapped,
}

/// The task that moves bytes; it ends with the connection that owns it.
#[derive(Debug)]
struct Driver(JoinHandle<Result<(), hyper::Error>>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A complete HTTP answer.
#[derive(Clone, Debug)]
pub struct HttpAnswer {
    pub status: u16,
    /// At most [`MAX_BODY`] bytes.
    pub body: Bytes,
}

impl HttpConnection {
    /// Starts HTTP on a stream; sends nothing yet.
    ///
    /// # Errors
    /// When the HTTP library refuses the stream.
    pub async fn start(stream: Tap) -> Result<Self, Failure> {
        let tapped = stream.tapped();
        let (sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| Failure::new(Stage::Http, Ended::Error, error.to_string()))?;
        Ok(Self { sender, driver: Driver(tokio::spawn(connection)), tapped })
    }

    /// The record of the bytes on the stream.
    #[must_use]
    pub fn tapped(&self) -> &Tapped {
        &self.tapped
    }

    /// Sends one request and reads the whole answer. Never retries.
    ///
    /// # Errors
    /// A [`Failure`] in stage `http`, or `tls` when the server sent an alert.
    pub async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
        deadline: tokio::time::Instant,
        limit: Duration,
    ) -> Result<HttpAnswer, Failure> {
        self.tapped.next_exchange();
        let exchange = async {
            self.sender.ready().await?;
            let answer = self.sender.send_request(request).await?;
            let status = answer.status().as_u16();
            let mut body = answer.into_body();
            let mut kept = Vec::new();
            while let Some(frame) = body.frame().await {
                if let Ok(data) = frame?.into_data() {
                    let room = MAX_BODY.saturating_sub(kept.len()).min(data.len());
                    kept.extend_from_slice(&data[..room]);
                }
            }
            Ok::<_, hyper::Error>((status, Bytes::from(kept)))
        };
        match timeout_at(deadline, exchange).await {
            Err(_) => Err(Failure::timeout(Stage::Http, limit, "a whole answer")),
            Ok(Err(error)) => Err(self.tapped.explain(Stage::Http, &explain(&error))),
            Ok(Ok((status, body))) => Ok(HttpAnswer { status, body }),
        }
    }

    /// Closes in an orderly way, within a fifth of a second.
    pub async fn close(self) {
        let Self { sender, mut driver, .. } = self;
        drop(sender);
        // Dropping the driver ends it in any case.
        let _ = tokio::time::timeout(SHUTDOWN_TIMEOUT, &mut driver.0).await;
    }
}

/// A GET with a Host header unless `headers` contains one.
///
/// # Errors
/// When the path or a header cannot be sent.
pub fn request(
    host: &str,
    port: u16,
    path: &str,
    headers: &BTreeMap<String, String>,
) -> Result<Request<Full<Bytes>>, Failure> {
    let unusable = |message: String| Failure::new(Stage::Config, Ended::Error, message);
    let mut request =
        Request::get(path).body(Full::default()).map_err(|error| unusable(format!("path `{path}`: {error}")))?;
    let own = request.headers_mut();
    let authority = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
    let authority = HeaderValue::from_str(&authority).map_err(|error| unusable(format!("host `{host}`: {error}")))?;
    own.insert(HOST, authority);
    own.insert(USER_AGENT, HeaderValue::from_static("mtls-probe"));
    for (name, value) in headers {
        let parsed = HeaderName::try_from(name).map_err(|error| unusable(format!("header `{name}`: {error}")))?;
        let value = HeaderValue::from_str(value).map_err(|error| unusable(format!("header `{name}`: {error}")))?;
        own.insert(parsed, value);
    }
    Ok(request)
}

fn explain(error: &hyper::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        source = inner.source();
    }
    text
}

/// Bodies are stored up to this size, in bytes, and read to their end.
pub const MAX_BODY: usize = 16 * 1024;

const SHUTDOWN_TIMEOUT: Duration = Duration::from_millis(200);
