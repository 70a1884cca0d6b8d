//! Certificate entries of any bytes, and the answers of real servers.

use serde_json::{Value, json};

use crate::support::hostile::{Hostile, case};
use crate::support::mount::Mount;
use crate::support::pki::{CLIENT_ID, Ca};
use crate::support::server::{Server, closed};
use crate::support::{attempt, raw};

#[tokio::test]
async fn sound_bytes_are_served_and_every_other_gets_an_alert() {
    let ca = Ca::new("root");
    let server = Server::start(&Mount::new(&ca.server(), &ca.pem())).await;
    let (pair, other) = (ca.client(), ca.client());
    let half = &pair.leaf_der[..pair.leaf_der.len() / 2];
    let pem = pair.chain.as_bytes();
    let huge = vec![0x30; 70_000];
    let ask = |identity: Value| attempt(server.bound.mtls.port(), json!({"identity": identity}));

    let sound = ask(raw(&[&pair.leaf_der], &pair.key_der)).await;
    assert_eq!(sound["http_status"], 200, "{sound}");
    assert_eq!(sound["tls"]["own"]["spiffe_id"], CLIENT_ID, "{sound}");

    for (row, identity, alert) in [
        ("truncated", raw(&[half], &pair.key_der), "bad_certificate"),
        ("an empty entry", raw(&[b""], &pair.key_der), "bad_certificate"),
        ("PEM for DER", raw(&[pem], &pair.key_der), "bad_certificate"),
        ("a key of another", raw(&[&pair.leaf_der], &other.key_der), "decrypt_error"),
        ("no entry", raw(&[], &pair.key_der), "certificate_required"),
    ] {
        let result = ask(identity).await;
        assert_eq!(result["ended"], "alert-received", "{row}: {result}");
        assert_eq!((&result["stage"], &result["alert"]["name"]), (&json!("tls"), &json!(alert)), "{row}: {result}");
        assert_eq!(result["tls"]["client_certificate_requested"], true, "{row}: {result}");
    }
    // Too large for the message: the kind of refusal is up to the server, but it must not serve.
    let result = ask(raw(&[&huge], &pair.key_der)).await;
    assert!(["alert-received", "reset", "eof"].contains(&result["ended"].as_str().unwrap()), "{result}");
}

#[tokio::test]
async fn exactly_the_given_entries_go_out() {
    let ca = Ca::new("root");
    let pair = ca.client();
    let mut hostile = Hostile::start(json!([case("a", &ca.server())])).await;
    for (chain, spiffe_id) in [
        (vec![&pair.leaf_der[..], b"second"], json!(CLIENT_ID)),
        (vec![&b"not a certificate"[..], &pair.leaf_der], Value::Null),
    ] {
        let result = attempt(hostile.port("a"), json!({"identity": raw(&chain, &pair.key_der)})).await;
        assert_eq!(result["http_status"], 200, "{result}");
        assert_eq!(result["tls"]["own"]["spiffe_id"], spiffe_id, "{result}");
        let line = hostile.line().await;
        assert_eq!(line["peer"]["spiffe_id"], spiffe_id, "{line}");
    }
    let result = attempt(hostile.port("a"), json!({"identity": raw(&[], &pair.key_der)})).await;
    let line = hostile.line().await;
    assert_eq!((&line["peer"], &line["client_certificate_requested"]), (&Value::Null, &json!(true)), "{result} {line}");
}

#[tokio::test]
async fn a_key_that_cannot_be_loaded_is_a_config_error_without_its_bytes() {
    let pair = Ca::new("root").client();
    let result = attempt(closed().await, json!({"identity": raw(&[&pair.leaf_der], b"secret bytes")})).await;
    assert_eq!((&result["stage"], &result["ended"]), (&json!("config"), &json!("error")), "{result}");
    let error = result["error"].as_str().unwrap();
    assert!(error.contains("private key") && !error.contains("secret"), "{error}");
}

#[test]
fn what_is_not_base64_is_not_a_job() {
    for field in ["chain", "key"] {
        let mut identity = raw(&[b"a"], b"b");
        identity[field] = if field == "chain" { json!(["%%%secret"]) } else { json!("%%%secret") };
        let error = serde_json::from_value::<mtls_protocol::attempts::Identity>(identity).unwrap_err().to_string();
        assert!(error.contains("not base64") && !error.contains("secret"), "{error}");
    }
}
