//! The line of a connection, filled step by step.

use std::net::SocketAddr;

use mtls_protocol::outcome::Ended;
use mtls_protocol::serve::{ClientCertificate, ConnectionEnded, ConnectionLine, Session};
use rustls::ServerConnection;
use rustls::pki_types::CertificateDer;

use crate::certificate::LeafFacts;
use crate::connection::{Failure, cipher_name, handshake, version_name};

pub(super) fn started(id: &str, remote: SocketAddr) -> ConnectionLine {
    ConnectionLine {
        id: id.to_owned(),
        remote,
        // The ending if nothing else happens before the stop request.
        ended: ConnectionEnded::Timeout,
        alert: None,
        tls: None,
        peer: None,
        client_certificate_requested: false,
        request_bytes: 0,
        error: None,
    }
}

/// Records why a connection ended; `served` is not overwritten.
pub(super) fn fail(line: &mut ConnectionLine, failure: Failure) {
    line.alert = failure.alert;
    if line.ended == ConnectionEnded::Served {
        return;
    }
    line.error = Some(failure.message);
    line.ended = match failure.ended {
        Ended::AlertReceived => ConnectionEnded::AlertReceived,
        Ended::Eof => ConnectionEnded::Eof,
        Ended::Reset => ConnectionEnded::Reset,
        Ended::Timeout => ConnectionEnded::Timeout,
        Ended::AlertSent | Ended::Answered | Ended::DnsFail | Ended::Error | Ended::Refused => ConnectionEnded::Error,
    };
}

pub(super) fn session(connection: &ServerConnection) -> Session {
    Session {
        version: connection.protocol_version().map(version_name).map(str::to_owned),
        cipher: connection.negotiated_cipher_suite().map(|suite| cipher_name(suite.suite())),
        handshake: connection.handshake_kind().map(handshake),
    }
}

pub(super) fn client(leaf: &CertificateDer<'_>) -> ClientCertificate {
    match LeafFacts::read(leaf) {
        Ok(facts) => ClientCertificate { spiffe_id: facts.spiffe_id, serial: Some(facts.serial), uris: facts.uris },
        Err(_) => ClientCertificate { spiffe_id: None, serial: None, uris: Vec::new() },
    }
}
