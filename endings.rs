//! Every ending that does not need a certificate to be wrong.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::mount::Mount;
use crate::support::pki::Ca;
use crate::support::server::{Server, closed, listener, resetting, silent};
use crate::support::{attempt, inline};

fn plain(more: Value) -> Value {
    let mut fields = json!({"tls": "off"});
    for (key, value) in more.as_object().unwrap() {
        fields[key] = value.clone();
    }
    fields
}

#[tokio::test]
async fn a_reset_on_plaintext_is_a_reset_every_time() {
    let port = resetting().await;
    for protocol in ["http", "tcp"] {
        for _ in 0..20 {
            let result = attempt(port, plain(json!({"protocol": protocol}))).await;
            assert_eq!(result["ended"], "reset", "{result}");
        }
    }
}

#[tokio::test]
async fn a_silent_listener_ends_in_a_timeout_that_names_the_stage() {
    let port = silent().await;
    for (fields, stage) in [
        (plain(json!({"timeout_ms": 300})), "http"),
        (plain(json!({"timeout_ms": 300, "protocol": "tcp"})), "app"),
        (json!({"timeout_ms": 300}), "tls"),
    ] {
        let clock = Instant::now();
        let result = attempt(port, fields).await;
        assert_eq!((&result["ended"], &result["stage"]), (&json!("timeout"), &json!(stage)), "{result}");
        assert!(clock.elapsed() < Duration::from_millis(1_300));
    }
}

#[tokio::test]
async fn nobody_listening_and_nobody_known_are_told_apart() {
    let refused = attempt(closed().await, plain(json!({}))).await;
    assert_eq!((&refused["stage"], &refused["ended"]), (&json!("tcp"), &json!("refused")), "{refused}");

    let unknown = attempt(1, plain(json!({"host": "no-such-host.invalid"}))).await;
    assert_eq!((&unknown["stage"], &unknown["ended"]), (&json!("resolve"), &json!("dns-fail")), "{unknown}");
}

#[tokio::test]
async fn an_alert_in_answer_to_plaintext_is_read_as_one() {
    let ca = Ca::new("root");
    let server = Server::start(&Mount::new(&ca.server(), &ca.pem())).await;
    for protocol in ["http", "tcp"] {
        let result = attempt(server.bound.mtls.port(), plain(json!({"protocol": protocol}))).await;
        assert_eq!(result["ended"], "alert-received", "{result}");
        assert_eq!(result["alert"]["direction"], "received");
        // The TLS library calls bytes that are no TLS record at all a decode error.
        assert_eq!((&result["alert"]["name"], &result["alert"]["code"]), (&json!("decode_error"), &json!(50)));
    }
}

#[tokio::test]
async fn an_orderly_close_without_an_answer_is_an_end_of_stream() {
    let port = listener(|mut stream| async move {
        let mut bytes = [0; 4096];
        let _ = tokio::io::AsyncReadExt::read(&mut stream, &mut bytes).await;
    })
    .await;
    for protocol in ["http", "tcp"] {
        let result = attempt(port, plain(json!({"protocol": protocol}))).await;
        assert_eq!(result["ended"], "eof", "{result}");
    }
}

#[tokio::test]
async fn a_tls_answer_has_every_fact_of_the_contract() {
    let ca = Ca::new("root");
    let server = Server::start(&Mount::new(&ca.server(), &ca.pem())).await;
    let fields = json!({"identity": inline(&ca.client(), &ca), "headers": {"x-request-id-e2e": "r-1"}});
    let result = attempt(server.bound.mtls.port(), fields).await;

    assert_eq!((&result["stage"], &result["ended"], &result["http_status"]), (&json!("done"), &json!("answered"), &json!(200)));
    let tls = &result["tls"];
    assert_eq!((&tls["version"], &tls["handshake"]), (&json!("TLSv1.3"), &json!("full")));
    assert!(tls["cipher"].as_str().unwrap().starts_with("TLS_"), "{tls}");
    assert_eq!(tls["peer"]["spiffe_id"], crate::support::pki::SERVER_ID);
    assert_eq!(tls["peer"]["serial"], server.own_serial().unwrap());
    assert_eq!(tls["peer"]["chain"].as_array().unwrap().len(), 1);
    assert_eq!(tls["own"]["spiffe_id"], crate::support::pki::CLIENT_ID);
    assert_eq!(result["body"]["peer"]["serial"], tls["own"]["serial"]);
    assert_eq!(result["body"]["request_id"], "r-1");
    assert_eq!(result["body"]["served_by"]["own_serial"], tls["peer"]["serial"]);
    for stage in ["resolve", "tcp", "tls", "first_byte", "total"] {
        assert!(result["ms"][stage].is_f64(), "{stage}: {result}");
    }
    assert_eq!(result["body"]["remote"].as_str().unwrap().rsplit(':').next(), result["local"].as_str().unwrap().rsplit(':').next());
}

#[tokio::test]
async fn sessions_are_never_resumed() {
    let ca = Ca::new("root");
    let server = Server::start(&Mount::new(&ca.server(), &ca.pem())).await;
    let client = ca.client();
    for versions in [json!(["1.2"]), json!(["1.3"])] {
        for _ in 0..2 {
            let fields = json!({"identity": inline(&client, &ca), "tls_versions": versions});
            let result = attempt(server.bound.mtls.port(), fields).await;
            assert_eq!(result["tls"]["handshake"], "full", "{result}");
            assert_eq!(result["body"]["tls"]["handshake"], "full", "{result}");
        }
    }
}
