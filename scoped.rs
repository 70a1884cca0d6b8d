//! CLIENT-03, CLIENT-04, CLIENT-11: the seed's client as a library.

use std::sync::Arc;
use std::time::Duration;

use mtls_client::connection::{Ended, Stage};
use mtls_client::{Environment, Error, MtlsClient};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::support::mount::Mount;
use crate::support::pki::{CLIENT_ID, Ca, SERVER_ID};
use crate::support::server::{Server, closed, one_sided, silent};

fn url(port: u16) -> String {
    format!("https://localhost:{port}/whoami")
}

#[tokio::test]
async fn json_comes_back_and_the_connection_is_reused_until_the_end_of_the_scope() {
    let ca = Ca::new("root");
    let server = Server::start(&Mount::new(&ca.server(), &ca.pem())).await;
    let mount = Mount::new(&ca.client(), &ca.pem());
    let client = MtlsClient::from_environment(&mount.environment()).unwrap();

    let first = client.get_json(&url(server.bound.mtls.port())).await.unwrap();
    assert_eq!(first.body["peer"]["spiffe_id"], CLIENT_ID);
    assert_eq!(first.tls.unwrap().peer.unwrap().spiffe_id.as_deref(), Some(SERVER_ID));
    let second = client.get_json(&url(server.bound.mtls.port())).await.unwrap();
    assert_eq!(second.body["remote"], first.body["remote"], "one connection");
    client.close().await;
    server.stop().await;
}

#[tokio::test]
async fn the_expected_identity_is_checked_in_place_of_the_name() {
    let ca = Ca::new("root");
    let server = Server::start(&Mount::new(&ca.server(), &ca.pem())).await;
    let mount = Mount::new(&ca.client(), &ca.pem());
    let client = |id| MtlsClient::from_environment(&mount.environment()).unwrap().expecting(id);
    assert!(client(SERVER_ID).get_json(&url(server.bound.mtls.port())).await.is_ok());
    let Err(Error::Exchange(failure)) = client(CLIENT_ID).get_json(&url(server.bound.mtls.port())).await else {
        panic!("somebody else was believed")
    };
    assert_eq!(failure.reason, Some("wrong-id"));
    assert!(server.requests().len() == 1);
}

#[tokio::test]
async fn a_server_that_does_not_ask_who_we_are_is_refused() {
    let ca = Ca::new("root");
    let pair = ca.server();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(pair.key_der));
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(pair.leaf_der)], key)
        .unwrap();
    let port = one_sided(Arc::new(config)).await;
    let mount = Mount::new(&ca.client(), &ca.pem());
    let client = MtlsClient::from_environment(&mount.environment()).unwrap();
    assert!(matches!(client.get_json(&url(port)).await, Err(Error::ClientNotAsked)));
}

#[tokio::test]
async fn errors_name_the_stage() {
    let ca = Ca::new("root");
    let server = Server::start(&Mount::new(&ca.server(), &ca.pem())).await;
    let mount = Mount::new(&ca.client(), &ca.pem());
    let client =
        MtlsClient::from_environment(&mount.environment()).unwrap().with_limit(Duration::from_millis(300));

    let refused = client.get_json(&url(closed().await)).await.unwrap_err();
    assert_eq!((refused.stage(), refused.ended()), (Stage::Tcp, Ended::Refused), "{refused}");
    let hanging = client.get_json(&url(silent().await)).await.unwrap_err();
    assert_eq!((hanging.stage(), hanging.ended()), (Stage::Tls, Ended::Timeout), "{hanging}");
    let missing = format!("https://localhost:{}/nothing", server.bound.mtls.port());
    assert!(matches!(client.get_json(&missing).await, Err(Error::HttpStatus(404))));
    let plaintext = format!("http://localhost:{}/whoami", server.bound.http.port());
    assert!(matches!(client.get_json(&plaintext).await, Err(Error::BadUrl { .. })), "never plaintext");
}

#[tokio::test]
async fn without_a_source_there_is_no_client() {
    let nothing = Environment::from_lookup(|_| None);
    assert!(matches!(MtlsClient::from_environment(&nothing), Err(Error::NoSource { .. })));
}

#[tokio::test]
async fn a_rotated_certificate_is_used_for_the_next_connection() {
    let ca = Ca::new("root");
    let server = Server::start(&Mount::new(&ca.server(), &ca.pem())).await;
    let mount = Mount::new(&ca.client(), &ca.pem());
    let client = MtlsClient::from_environment(&mount.environment()).unwrap().expecting(SERVER_ID);
    let mut serials = Vec::new();
    for host in ["localhost", "127.0.0.1"] {
        // Another host is another connection.
        let url = format!("https://{host}:{}/whoami", server.bound.mtls.port());
        serials.push(client.get_json(&url).await.unwrap().body["peer"]["serial"].clone());
        mount.swap(&ca.client(), &ca.pem());
    }
    assert_ne!(serials[0], serials[1]);
}
