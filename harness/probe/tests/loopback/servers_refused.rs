//! Which servers a probe refuses that is told to verify, and that it then sends nothing.

use serde_json::{Value, json};

use crate::support::mount::Mount;
use crate::support::pki::{CLIENT_ID, Ca, Pair, SERVER_ID, SERVER_NAME, expired, leaf, not_yet_valid};
use crate::support::server::{Server, listener};
use crate::support::{attempt, inline};

async fn refused(own: &Ca, servers: &Ca, server: &Pair, verify: Value, alert: &str, reason: &str) {
    let server = Server::start(&Mount::new(server, &servers.pem())).await;
    let fields = json!({"identity": inline(&own.client(), own), "verify": verify});
    let result = attempt(server.bound.mtls.port(), fields).await;
    assert_eq!(result["ended"], "alert-sent", "{reason}: {result}");
    assert_eq!((&result["stage"], &result["reason"]), (&json!("tls"), &json!(reason)), "{result}");
    assert_eq!(result["alert"]["name"], alert, "{result}");
    assert_eq!(result["alert"]["direction"], "sent");
    assert!(result["tls"]["peer"]["serial"].is_string(), "the refused certificate is on record: {result}");
    assert_eq!(server.requests(), Vec::<Value>::new(), "no byte of a request was sent");
}

fn by_name() -> Value {
    json!({"mode": "chain", "name": SERVER_NAME})
}

fn by_id() -> Value {
    json!({"mode": "spiffe", "id": SERVER_ID})
}

#[tokio::test]
async fn bad_servers_have_distinct_reasons() {
    let ca = Ca::new("root");
    let other = Ca::new("other");
    let sound = || leaf(&[SERVER_ID], &[SERVER_NAME]);
    for verify in [by_name(), by_id()] {
        refused(&ca, &ca, &ca.sign(&expired(sound())), verify.clone(), "certificate_expired", "expired").await;
        refused(&ca, &ca, &ca.sign(&not_yet_valid(sound())), verify.clone(), "certificate_expired", "not-yet-valid")
            .await;
        refused(&ca, &other, &other.sign(&sound()), verify, "unknown_ca", "unknown-issuer").await;
    }
    let stranger = ca.sign(&leaf(&[CLIENT_ID], &["other.svc"]));
    refused(&ca, &ca, &stranger, by_name(), "bad_certificate", "wrong-name").await;
    refused(&ca, &ca, &stranger, by_id(), "access_denied", "wrong-id").await;
    let ambiguous = ca.sign(&leaf(&[SERVER_ID, CLIENT_ID], &[SERVER_NAME]));
    refused(&ca, &ca, &ambiguous, by_id(), "access_denied", "wrong-id").await;
}

#[tokio::test]
async fn the_right_server_is_believed_by_name_and_by_id() {
    let ca = Ca::new("root");
    let server = Server::start(&Mount::new(&ca.server(), &ca.pem())).await;
    for verify in [by_name(), by_id()] {
        let fields = json!({"identity": inline(&ca.client(), &ca), "verify": verify});
        let result = attempt(server.bound.mtls.port(), fields).await;
        assert_eq!(result["http_status"], 200, "{result}");
    }
}

#[tokio::test]
async fn a_plaintext_server_is_not_spoken_to() {
    let port = listener(|mut stream| async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let mut hello = [0; 4096];
        let _ = stream.read(&mut hello).await;
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await;
        let _ = stream.read(&mut hello).await;
    })
    .await;
    let result = attempt(port, json!({})).await;
    assert_eq!((&result["ended"], &result["reason"]), (&json!("alert-sent"), &json!("not-tls")), "{result}");
}

#[tokio::test]
async fn both_roots_of_a_bundle_are_believed() {
    let (old, new) = (Ca::new("old"), Ca::new("new"));
    let bundle = format!("{}{}", old.pem(), new.pem());
    let client = old.client();
    for servers in [&old, &new] {
        let server = Server::start(&Mount::new(&servers.server(), &bundle)).await;
        let identity = json!({"source": "inline", "cert": client.chain, "key": client.key, "ca": bundle});
        let fields = json!({"identity": identity, "verify": by_id()});
        let result = attempt(server.bound.mtls.port(), fields).await;
        assert_eq!(result["http_status"], 200, "{result}");
    }
}

#[tokio::test]
async fn verifying_without_roots_is_a_config_error_and_opens_nothing() {
    let result = attempt(1, json!({"verify": by_id()})).await;
    assert_eq!((&result["stage"], &result["ended"]), (&json!("config"), &json!("error")), "{result}");
    assert!(result["error"].as_str().unwrap().contains("verify.ca"), "{result}");
}
