//! The transport of an attempt: what it presents, and how it verifies the server.

use std::sync::Arc;

use mtls_protocol::attempts::{Attempt, Identity, Switch, TlsVersion, Verify};
use mtls_protocol::outcome::{Ended, Stage};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{RootCertStore, SupportedProtocolVersion};

use crate::connection::{Credentials, Failure, ServerCheck, Sni, Tls, Transport};
use crate::material::{self, BadMaterial};

/// The transport of all exchanges of an attempt.
///
/// # Errors
/// When the material is unusable, or the server must be verified and there are no roots.
pub(super) fn transport(attempt: &Attempt) -> Result<Transport, Failure> {
    if attempt.tls == Switch::Off {
        return Ok(Transport::Plain);
    }
    let (credentials, own_roots) = presented(&attempt.identity).map_err(|error| config(&error))?;
    let (check, ca) = match &attempt.verify {
        Verify::Anything => (ServerCheck::Anything, None),
        Verify::RecordOnly => (ServerCheck::RecordOnly, None),
        Verify::Chain { name, ca } => {
            let parsed = ServerName::try_from(name.clone())
                .map_err(|_| config(&format!("verify.name `{name}` is neither a DNS name nor an IP address")))?;
            (ServerCheck::Name(parsed), ca.as_deref())
        }
        Verify::Spiffe { id, ca } => (ServerCheck::SpiffeId(id.clone()), ca.as_deref()),
    };
    let roots = match (ca, own_roots, &check) {
        (Some(pem), _, _) => material::roots(pem).map_err(|error| config(&error))?,
        (None, Some(roots), _) => roots,
        (None, None, ServerCheck::Anything | ServerCheck::RecordOnly) => Arc::new(RootCertStore::empty()),
        (None, None, ServerCheck::Name(_) | ServerCheck::SpiffeId(_)) => {
            return Err(config(&"verify needs roots: give verify.ca or an identity that brings them"));
        }
    };
    Ok(Transport::Tls(Box::new(Tls {
        alpn: attempt.alpn.clone(),
        sni: match attempt.sni.as_deref() {
            None => Sni::FromHost,
            Some("") => Sni::Omitted,
            Some(name) => Sni::Named(name.to_owned()),
        },
        credentials,
        roots,
        check,
        versions: protocol_versions(&attempt.tls_versions),
    })))
}

/// These versions, or both when none is named.
pub(crate) fn protocol_versions(versions: &[TlsVersion]) -> Vec<&'static SupportedProtocolVersion> {
    let named = versions.iter().map(|version| match version {
        TlsVersion::Tls12 => &TLS12,
        TlsVersion::Tls13 => &TLS13,
    });
    if versions.is_empty() { vec![&TLS13, &TLS12] } else { named.collect() }
}

type Presented = (Option<Credentials>, Option<Arc<RootCertStore>>);

/// What is presented on request, and the roots that came with it.
fn presented(identity: &Identity) -> Result<Presented, BadMaterial> {
    Ok(match identity {
        Identity::None => (None, None),
        Identity::Inline { cert, key, ca } => {
            let chain = material::chain(cert)?;
            (Credentials::new(chain, material::signer_of_pem(key.text())?), Some(material::roots(ca)?))
        }
        Identity::Raw { chain, key, ca } => {
            let entries = chain.iter().map(|entry| CertificateDer::from(entry.0.clone())).collect();
            let roots = ca.as_deref().map(material::roots).transpose()?;
            (Credentials::new(entries, material::signer_of_pkcs8(key)?), roots)
        }
    })
}

fn config(problem: &dyn std::fmt::Display) -> Failure {
    Failure::new(Stage::Config, Ended::Error, problem.to_string())
}
