//! Sends one hello and reads one answer.

use std::time::Duration;

use mtls_protocol::hello::{Answer, HelloFacts};
use mtls_protocol::outcome::{Ended, Stage};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout_at;

use super::answer::{Parsed, parse, without_choice};
use super::check::Hello;
use super::message::records;
use crate::connection::{Failure, Opened, Trace, Transport, open};

/// Sends a hello to a server. Without `sni`, the host is used if it is a DNS name; an empty one is omitted. The facts
/// are set as soon as something was sent, also if the attempt fails later.
pub async fn send_hello(
    (host, port): (&str, u16),
    hello: &Hello<'_>,
    sni: Option<&str>,
    limit: Duration,
    trace: &mut Trace,
) -> (Option<HelloFacts>, Result<(), Failure>) {
    let mut opened = match open(host, port, &Transport::Plain, limit, trace).await {
        Ok(opened) => opened,
        Err(failure) => return (None, Err(failure)),
    };
    let name = match sni {
        None => Some(host).filter(|host| host.parse::<std::net::IpAddr>().is_err()),
        Some(name) => Some(name).filter(|name| !name.is_empty()),
    };
    let mut received = Vec::new();
    let outcome = exchange(&mut opened, &records(hello, name), limit, &mut received).await;
    trace.spent.first_byte = opened.stream.tapped().first_byte();
    match outcome {
        Ok(facts) => (Some(facts), Ok(())),
        Err(failure) => {
            let answer = match (&failure.alert, received.is_empty()) {
                (Some(_), _) => Answer::Alert,
                (None, true) => Answer::Nothing,
                (None, false) => Answer::OtherBytes,
            };
            (Some(without_choice(answer)), Err(failure))
        }
    }
}

async fn exchange(
    Opened { stream, deadline }: &mut Opened,
    hello: &[u8],
    limit: Duration,
    received: &mut Vec<u8>,
) -> Result<HelloFacts, Failure> {
    let late = |_| Failure::timeout(Stage::Tls, limit, "an answer to the hello");
    let lost = |error: &std::io::Error| Failure::from_io(Stage::Tls, error);
    timeout_at(*deadline, stream.write_all(hello)).await.map_err(late)?.map_err(|error| lost(&error))?;
    let mut chunk = [0; 4096];
    loop {
        let read = timeout_at(*deadline, stream.read(&mut chunk)).await.map_err(late)?;
        let count = read.map_err(|error| lost(&error))?;
        received.extend_from_slice(&chunk[..count]);
        match parse(received) {
            Parsed::Hello(facts) => return Ok(facts),
            Parsed::Alert(alert) => return Err(Failure::from_alert(Stage::Tls, alert)),
            Parsed::Other => return Err(Failure::new(Stage::Tls, Ended::Error, "the answer is no TLS hello")),
            Parsed::Incomplete if count == 0 || received.len() > MAX_ANSWER => {
                let message = format!("the server closed the stream after {} bytes of an answer", received.len());
                return Err(Failure::new(Stage::Tls, Ended::Eof, message));
            }
            Parsed::Incomplete => {}
        }
    }
}

const MAX_ANSWER: usize = 1 << 18;
