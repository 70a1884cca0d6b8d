//! The hostile server: its effect on clients, and its records.

use mtls_probe::serve::Serving;
use mtls_protocol::serve::ServeJob;
use serde_json::{Value, json};

use crate::support::hostile::{Hostile, case};
use crate::support::pki::{CLIENT_ID, Ca, SERVER_ID, SERVER_NAME, expired, leaf};
use crate::support::{attempt, base64, inline, lay_over};

fn by_id() -> Value {
    json!({"mode": "spiffe", "id": SERVER_ID})
}

#[tokio::test]
async fn a_client_that_refuses_has_sent_nothing() {
    let ca = Ca::new("root");
    let mut damaged = case("damaged", &ca.server());
    damaged["chain"] = json!([base64(&ca.server().leaf_der[..99])]);
    let mut mismatched = case("mismatched", &ca.server());
    mismatched["key"] = json!(base64(&ca.server().key_der));
    let cases = json!([
        case("sound", &ca.server()),
        case("expired", &ca.sign(&expired(leaf(&[SERVER_ID], &[SERVER_NAME])))),
        damaged,
        mismatched,
        {"id": "plaintext", "mode": "plaintext"},
    ]);
    let mut hostile = Hostile::start(cases).await;
    for (id, alert, reason) in [
        ("expired", "certificate_expired", "expired"),
        ("damaged", "bad_certificate", "bad-encoding"),
        ("mismatched", "decrypt_error", "bad-signature"),
        ("plaintext", "decode_error", "not-tls"),
    ] {
        let fields = json!({"identity": inline(&ca.client(), &ca), "verify": by_id()});
        let result = attempt(hostile.port(id), fields).await;
        assert_eq!((&result["ended"], &result["reason"]), (&json!("alert-sent"), &json!(reason)), "{id}: {result}");
        let line = hostile.line().await;
        assert_eq!((&line["id"], &line["ended"]), (&json!(id), &json!("alert-received")), "{line}");
        assert_eq!((&line["request_bytes"], &line["alert"]["name"]), (&json!(0), &json!(alert)), "{line}");
        assert_eq!(line["peer"], Value::Null, "{line}");
    }
    let fields = json!({"identity": inline(&ca.client(), &ca), "verify": by_id()});
    let result = attempt(hostile.port("sound"), fields).await;
    assert_eq!(result["body"], json!({"listener": "hostile", "id": "sound"}), "{result}");
    let line = hostile.line().await;
    assert_eq!((&line["ended"], &line["peer"]["spiffe_id"]), (&json!("served"), &json!(CLIENT_ID)), "{line}");
    assert!(line["request_bytes"].as_u64().unwrap() > 20, "{line}");
    assert_eq!(line["tls"]["version"], "TLSv1.3");
}

#[tokio::test]
async fn every_other_mode_ends_as_it_is_called() {
    let cases = json!([
        {"id": "silent", "mode": "silent"}, {"id": "close", "mode": "close"},
        {"id": "half-hello", "mode": "half-hello"}, {"id": "plaintext", "mode": "plaintext"},
    ]);
    let mut hostile = Hostile::start(cases).await;
    for (id, tls, client, server, bytes) in [
        ("silent", "on", &["timeout"][..], "eof", false),
        ("silent", "off", &["timeout"], "eof", true),
        ("half-hello", "on", &["timeout"], "eof", false),
        ("close", "on", &["eof", "reset"], "eof", false),
        ("plaintext", "off", &["answered"], "served", true),
    ] {
        let result = attempt(hostile.port(id), json!({"tls": tls, "timeout_ms": 300})).await;
        assert!(client.contains(&result["ended"].as_str().unwrap()), "{id}: {result}");
        let line = hostile.line().await;
        assert_eq!((&line["id"], &line["ended"]), (&json!(id), &json!(server)), "{line}");
        assert_eq!(line["request_bytes"].as_u64().unwrap() > 0, bytes, "{line}");
    }
}

#[tokio::test]
async fn clients_are_judged_only_by_a_given_ca() {
    let (ca, other) = (Ca::new("root"), Ca::new("other"));
    let mut judging = case("judging", &ca.server());
    lay_over(&mut judging, json!({"client_ca": ca.pem(), "tls_versions": ["1.2"]}));
    let mut mute = case("mute", &ca.server());
    mute["request_certificate"] = json!(false);
    let mut hostile = Hostile::start(json!([judging, mute])).await;

    let result = attempt(hostile.port("judging"), json!({"identity": inline(&other.client(), &other)})).await;
    assert_eq!(result["ended"], "alert-received", "{result}");
    let line = hostile.line().await;
    assert_eq!((&line["ended"], &line["alert"]["direction"]), (&json!("error"), &json!("sent")), "{line}");
    assert_eq!(line["peer"]["spiffe_id"], CLIENT_ID, "who was refused is on record: {line}");

    for (id, asked) in [("judging", true), ("mute", false)] {
        let result = attempt(hostile.port(id), json!({"identity": inline(&ca.client(), &ca)})).await;
        assert_eq!(result["http_status"], 200, "{result}");
        assert_eq!(result["tls"]["client_certificate_requested"], asked, "{result}");
        let line = hostile.line().await;
        assert_eq!(line["client_certificate_requested"], asked, "{line}");
    }
}

#[tokio::test]
async fn a_mute_server_shakes_hands_and_never_answers() {
    let ca = Ca::new("root");
    let mut mute = case("mute", &ca.server());
    mute["mute"] = json!(true);
    let mut hostile = Hostile::start(json!([mute])).await;
    let job = json!({"identity": inline(&ca.client(), &ca), "timeout_ms": 900});
    let result = attempt(hostile.port("mute"), job).await;
    assert_eq!((&result["ended"], &result["stage"]), (&json!("timeout"), &json!("http")), "{result}");
    assert!(hostile.line().await["request_bytes"].as_u64().unwrap() > 0);
}

#[tokio::test]
async fn a_connection_that_is_open_at_the_end_has_its_line() {
    let mut hostile = Hostile::start(json!([{"id": "silent", "mode": "silent"}])).await;
    let stream = tokio::net::TcpStream::connect(("127.0.0.1", hostile.port("silent"))).await.unwrap();
    // It is accepted by the time the second one, which ends by itself, has its line.
    drop(tokio::net::TcpStream::connect(("127.0.0.1", hostile.port("silent"))).await.unwrap());
    assert_eq!(hostile.line().await["ended"], "eof");
    hostile.stop();
    assert_eq!(hostile.line().await["ended"], "timeout");
    drop(stream);
}

#[tokio::test]
async fn a_case_that_cannot_be_served_is_named() {
    let pair = Ca::new("root").server();
    let mut keyless = case("a", &pair);
    keyless["key"] = Value::Null;
    let mut unjudged = case("a", &pair);
    lay_over(&mut unjudged, json!({"client_ca": "nonsense"}));
    for (cases, expected) in [
        (json!([]), "at least one"),
        (json!([{"id": "a", "mode": "close"}, {"id": "a", "mode": "silent"}]), "`a` is used twice"),
        (json!([keyless]), "case `a`: mode `tls` needs a key"),
        (json!([unjudged]), "case `a`: the CA certificates"),
        (json!([{"id": "a", "mode": "silent", "key": base64(b"x")}]), "belong to mode `tls`"),
    ] {
        let job: ServeJob = serde_json::from_value(json!({"listen": "127.0.0.1", "cases": cases})).unwrap();
        let error = Serving::bind(&job).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
