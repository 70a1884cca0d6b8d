//! The observations of one connection, recorded step by step, so that a failure keeps the earlier ones.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use mtls_protocol::outcome::{PeerFacts, Spent, TlsFacts};
use rustls::pki_types::CertificateDer;

use crate::certificate::{self, LeafFacts};

/// The observations of one connection.
#[derive(Clone, Debug)]
pub struct Trace {
    pub started: Timestamp,
    pub clock: Instant,
    pub local: Option<SocketAddr>,
    pub remote: Option<SocketAddr>,
    pub tls: Option<TlsFacts>,
    pub spent: Spent,
}

impl Trace {
    /// A trace that starts now.
    #[must_use]
    pub fn start() -> Self {
        Self {
            started: Timestamp::now(),
            clock: Instant::now(),
            local: None,
            remote: None,
            tls: None,
            spent: Spent::default(),
        }
    }

    /// Records the total duration.
    pub fn finish(&mut self) {
        self.spent.total = milliseconds(self.clock.elapsed());
    }
}

/// The facts of a presented chain; for a leaf that cannot be parsed, only its PEM.
pub(super) fn peer(chain: &[CertificateDer<'_>]) -> Option<PeerFacts> {
    let leaf = LeafFacts::read(chain.first()?).ok();
    let leaf = leaf.as_ref();
    Some(PeerFacts {
        spiffe_id: leaf.and_then(|leaf| leaf.spiffe_id.clone()),
        uris: leaf.map(|leaf| leaf.uris.clone()).unwrap_or_default(),
        dns: leaf.map(|leaf| leaf.dns.clone()).unwrap_or_default(),
        serial: leaf.map(|leaf| leaf.serial.clone()),
        not_before: leaf.map(|leaf| leaf.not_before),
        not_after: leaf.map(|leaf| leaf.not_after),
        issuer: leaf.map(|leaf| leaf.issuer.clone()),
        chain: chain.iter().map(certificate::to_pem).collect(),
    })
}

/// Milliseconds with three decimal places.
#[must_use]
pub fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1_000_000.0).round() / 1_000.0
}
