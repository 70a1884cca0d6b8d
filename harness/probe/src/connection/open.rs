//! Resolves, connects and performs the handshake; each step has its own ending, and all share one deadline.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mtls_protocol::outcome::{Ended, Handshake, Stage, TlsFacts};
use rustls::{CipherSuite, HandshakeKind, ProtocolVersion};
use tokio::net::TcpStream;
use tokio::time::timeout_at;
use tokio_rustls::TlsConnector;

use super::failure::Failure;
use super::plan::{Configured, Prepared, Sessions, Transport};
use super::tap::{Socket, Tap};
use super::trace::{Trace, milliseconds, peer};

/// A connection without any written bytes.
#[derive(Debug)]
pub struct Opened {
    pub stream: Tap,
    /// The deadline of the whole attempt.
    pub deadline: tokio::time::Instant,
}

/// Opens a connection; `trace` has the observations, also of a failed attempt.
///
/// # Errors
/// A [`Failure`] that names the failed stage.
pub async fn open(
    host: &str,
    port: u16,
    transport: &Transport,
    limit: Duration,
    trace: &mut Trace,
) -> Result<Opened, Failure> {
    open_prepared(host, port, &transport.prepare(host, Sessions::Never)?, limit, trace).await
}

/// As [`open`], with a transport that was prepared before and may be reused.
///
/// # Errors
/// As [`open`].
pub async fn open_prepared(
    host: &str,
    port: u16,
    Prepared(configured): &Prepared,
    limit: Duration,
    trace: &mut Trace,
) -> Result<Opened, Failure> {
    let deadline = tokio::time::Instant::from_std(trace.clock) + limit;
    let tcp = connect(host, port, deadline, limit, trace).await?;
    let socket = match configured {
        None => Socket::Plain(tcp),
        Some(configured) => shake_hands(tcp, configured, deadline, limit, trace).await?,
    };
    Ok(Opened { stream: Tap::new(socket), deadline })
}

async fn connect(
    host: &str,
    port: u16,
    deadline: tokio::time::Instant,
    limit: Duration,
    trace: &mut Trace,
) -> Result<TcpStream, Failure> {
    let clock = Instant::now();
    let addresses: Vec<_> = timeout_at(deadline, tokio::net::lookup_host((host, port)))
        .await
        .map_err(|_| Failure::timeout(Stage::Resolve, limit, "an address"))?
        .map_err(|error| Failure::new(Stage::Resolve, Ended::DnsFail, format!("`{host}`: {error}")))?
        .collect();
    trace.spent.resolve = Some(milliseconds(clock.elapsed()));

    let clock = Instant::now();
    let mut last = Failure::new(Stage::Resolve, Ended::DnsFail, format!("`{host}` has no address"));
    for address in addresses {
        trace.remote = Some(address);
        match timeout_at(deadline, TcpStream::connect(address)).await {
            Err(_) => return Err(Failure::timeout(Stage::Tcp, limit, "a connection")),
            Ok(Err(error)) => last = Failure::from_io(Stage::Tcp, &error),
            Ok(Ok(tcp)) => {
                trace.spent.tcp = Some(milliseconds(clock.elapsed()));
                trace.local = tcp.local_addr().ok();
                // Small writes should not be delayed; a failure only costs latency.
                let _ = tcp.set_nodelay(true);
                return Ok(tcp);
            }
        }
    }
    Err(last)
}

async fn shake_hands(
    tcp: TcpStream,
    configured: &Configured,
    deadline: tokio::time::Instant,
    limit: Duration,
    trace: &mut Trace,
) -> Result<Socket, Failure> {
    let Configured { config, name, record, own } = configured;
    record.forget();
    let clock = Instant::now();
    let connecting = TlsConnector::from(Arc::clone(config)).connect(name.clone(), tcp);
    let outcome = timeout_at(deadline, connecting).await;
    trace.spent.tls = Some(milliseconds(clock.elapsed()));

    let chain = record.chain();
    let mut facts = TlsFacts {
        version: None,
        cipher: None,
        alpn: None,
        handshake: None,
        client_certificate_requested: record.certificate_requested(),
        peer: peer(&chain),
        own: own.clone(),
    };
    let stream = match outcome {
        Ok(Ok(stream)) => stream,
        failed => {
            trace.tls = facts.peer.is_some().then_some(facts);
            return Err(match failed {
                Ok(Err(error)) => Failure::from_io(Stage::Tls, &error),
                _ => Failure::timeout(Stage::Tls, limit, "the end of the handshake"),
            });
        }
    };
    let (_, session) = stream.get_ref();
    // A resumed session has no certificate message: the peer is that of the first session.
    facts.peer = facts.peer.or_else(|| session.peer_certificates().and_then(peer));
    facts.version = session.protocol_version().map(version_name).map(str::to_owned);
    facts.cipher = session.negotiated_cipher_suite().map(|suite| cipher_name(suite.suite()));
    facts.alpn = session.alpn_protocol().map(|protocol| String::from_utf8_lossy(protocol).into_owned());
    facts.handshake = session.handshake_kind().map(handshake);
    trace.tls = Some(facts);
    Ok(Socket::Tls(Box::new(stream)))
}

pub(crate) fn handshake(kind: HandshakeKind) -> Handshake {
    match kind {
        HandshakeKind::Full | HandshakeKind::FullWithHelloRetryRequest => Handshake::Full,
        HandshakeKind::Resumed => Handshake::Resumed,
    }
}

pub(crate) fn version_name(version: ProtocolVersion) -> &'static str {
    match version {
        ProtocolVersion::TLSv1_2 => "TLSv1.2",
        ProtocolVersion::TLSv1_3 => "TLSv1.3",
        _ => "other",
    }
}

/// rustls names 1.3 suites `TLS13_…`; IANA does not.
pub(crate) fn cipher_name(suite: CipherSuite) -> String {
    match suite.as_str() {
        Some(name) => name.replacen("TLS13_", "TLS_", 1),
        None => format!("0x{:04x}", u16::from(suite)),
    }
}
