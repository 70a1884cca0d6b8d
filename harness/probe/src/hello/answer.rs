//! The first answer of a server to a hello.

use mtls_protocol::hello::{Answer, HelloFacts};
use mtls_protocol::outcome::Alert;

use super::registry::cipher_name;
use crate::connection::alert;

/// The result of parsing the bytes received so far.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Parsed {
    Alert(Alert),
    Hello(HelloFacts),
    /// Too few bytes to decide.
    Incomplete,
    Other,
}

pub(super) fn without_choice(answer: Answer) -> HelloFacts {
    HelloFacts { answer, version: None, cipher: None }
}

/// Parses the received bytes; records may be incomplete, and a message may span several records.
pub(super) fn parse(bytes: &[u8]) -> Parsed {
    match bytes {
        [ALERT, 3, ..] if bytes.len() < 7 => Parsed::Incomplete,
        [ALERT, 3, ..] => alert::from_record(bytes).map_or(Parsed::Other, Parsed::Alert),
        [HANDSHAKE, 3, ..] => match message(bytes) {
            None => Parsed::Incomplete,
            Some((SERVER_HELLO, body)) => chosen(&body).map_or(Parsed::Other, Parsed::Hello),
            Some(_) => Parsed::Other,
        },
        [] | [ALERT | HANDSHAKE] => Parsed::Incomplete,
        _ => Parsed::Other,
    }
}

/// The first handshake message, once it is complete.
fn message(mut bytes: &[u8]) -> Option<(u8, Vec<u8>)> {
    let mut payload = Vec::new();
    while let [HANDSHAKE, 3, _, high, low, rest @ ..] = bytes {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        payload.extend_from_slice(rest.get(..length)?);
        if let [kind, top, middle, bottom, body @ ..] = payload.as_slice() {
            let whole = u32::from_be_bytes([0, *top, *middle, *bottom]) as usize;
            if let Some(body) = body.get(..whole) {
                return Some((*kind, body.to_vec()));
            }
        }
        bytes = &rest[length..];
    }
    None
}

/// Version and cipher of a `ServerHello`; `None` when it is truncated.
fn chosen(body: &[u8]) -> Option<HelloFacts> {
    let legacy = u16::from_be_bytes(body.get(..2)?.try_into().ok()?);
    let random = body.get(2..34)?;
    let rest = body.get(35 + usize::from(*body.get(34)?)..)?;
    let cipher = u16::from_be_bytes(rest.get(..2)?.try_into().ok()?);
    let selected = rest.get(5..).and_then(supported_version).unwrap_or(legacy);
    let answer = if random == RETRY { Answer::HelloRetryRequest } else { Answer::ServerHello };
    Some(HelloFacts { answer, version: Some(version(selected).to_owned()), cipher: Some(cipher_name(cipher)) })
}

/// TLS 1.3 carries its version in an extension.
fn supported_version(mut extensions: &[u8]) -> Option<u16> {
    while let [a, b, high, low, rest @ ..] = extensions {
        let (content, next) = rest.split_at_checked(usize::from(u16::from_be_bytes([*high, *low])))?;
        if [*a, *b] == [0, 43] {
            return Some(u16::from_be_bytes(content.try_into().ok()?));
        }
        extensions = next;
    }
    None
}

fn version(number: u16) -> &'static str {
    match number {
        0x0300 => "SSLv3",
        0x0301 => "TLSv1.0",
        0x0302 => "TLSv1.1",
        0x0303 => "TLSv1.2",
        0x0304 => "TLSv1.3",
        _ => "other",
    }
}

const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const SERVER_HELLO: u8 = 2;

/// The random value that marks a retry request: RFC 8446 section 4.1.3.
const RETRY: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11,
    0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn server_hello(random: [u8; 32], extensions: &[u8]) -> Vec<u8> {
        let length = u8::try_from(extensions.len()).unwrap();
        let body = [&[3, 3][..], &random, &[0, 0xc0, 0x2b, 0, 0, length], extensions].concat();
        let size = u8::try_from(body.len()).unwrap();
        [&[22, 3, 3, 0, size + 4, 2, 0, 0, size][..], &body].concat()
    }

    #[test]
    fn a_hello_is_understood_once_it_is_whole() {
        let bytes = server_hello([7; 32], &[]);
        for cut in 1..bytes.len() {
            assert_eq!(parse(&bytes[..cut]), Parsed::Incomplete, "{cut}");
        }
        let Parsed::Hello(facts) = parse(&bytes) else { panic!("not parsed") };
        assert_eq!((facts.answer, facts.version.as_deref()), (Answer::ServerHello, Some("TLSv1.2")));
        assert_eq!(facts.cipher.as_deref(), Some("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"));
    }

    #[test]
    fn a_message_may_be_spread_over_records() {
        let bytes = server_hello([7; 32], &[]);
        let split: Vec<u8> = bytes[5..]
            .chunks(9)
            .flat_map(|part| [&[22, 3, 3, 0, u8::try_from(part.len()).unwrap()][..], part].concat())
            .collect();
        assert_eq!(parse(&split), parse(&bytes));
    }

    #[test]
    fn the_real_version_and_a_retry_are_seen() {
        let Parsed::Hello(facts) = parse(&server_hello(RETRY, &[0, 43, 0, 2, 3, 4])) else { panic!("not parsed") };
        assert_eq!((facts.answer, facts.version.as_deref()), (Answer::HelloRetryRequest, Some("TLSv1.3")));
    }

    #[test]
    fn alerts_and_strangers_are_told_apart() {
        assert!(matches!(parse(&[21, 3, 1, 0, 2, 2, 70]), Parsed::Alert(alert) if alert.name == "protocol_version"));
        assert_eq!(parse(b"HTTP/1.1 400"), Parsed::Other);
        assert_eq!(parse(&[]), Parsed::Incomplete);
    }
}
