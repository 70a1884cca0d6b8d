//! Hand-written hellos, and the answers of real servers.

use serde_json::{Value, json};

use crate::support::hostile::{Hostile, case};
use crate::support::mount::Mount;
use crate::support::pki::Ca;
use crate::support::server::{Server, closed, resetting};
use crate::support::{attempt, base64};

async fn say(port: u16, hello: Value) -> Value {
    attempt(port, json!({"protocol": "hello", "tls": "off", "timeout_ms": 500, "hello": hello})).await
}

#[tokio::test]
async fn a_server_chooses_among_what_is_offered() {
    let ca = Ca::new("root");
    let server = Server::start(&Mount::new(&ca.server(), &ca.pem())).await;
    let ecdsa = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256";
    for (hello, answer, version, cipher) in [
        (json!({}), "server-hello", "TLSv1.3", Value::Null),
        (json!({"versions": ["1.2"]}), "server-hello", "TLSv1.2", Value::Null),
        (json!({"versions": ["1.2"], "ciphers": ["0xc02b"]}), "server-hello", "TLSv1.2", json!(ecdsa)),
        (json!({"groups": ["secp256r1"]}), "server-hello", "TLSv1.3", Value::Null),
        (json!({"groups": ["secp384r1"], "versions": ["1.3"]}), "hello-retry-request", "TLSv1.3", Value::Null),
        (json!({"fragment": 11, "sni": "proxy-api", "alpn": ["http/1.1"]}), "server-hello", "TLSv1.3", Value::Null),
    ] {
        let result = say(server.bound.mtls.port(), hello.clone()).await;
        assert_eq!((&result["ended"], &result["stage"]), (&json!("answered"), &json!("done")), "{hello}: {result}");
        let said = &result["hello"];
        assert_eq!((&said["answer"], &said["version"]), (&json!(answer), &json!(version)), "{hello}: {result}");
        assert!(cipher.is_null() || said["cipher"] == cipher, "{hello}: {result}");
    }
}

#[tokio::test]
async fn what_is_too_old_weak_or_incomplete_gets_an_alert_on_the_same_port() {
    let ca = Ca::new("root");
    let server = Server::start(&Mount::new(&ca.server(), &ca.pem())).await;
    for (hello, alert) in [
        // This server checks signature algorithms before the version.
        (json!({"versions": ["1.0"]}), "handshake_failure"),
        (json!({"versions": ["1.0"], "signature_algorithms": ["ecdsa_secp256r1_sha256"]}), "protocol_version"),
        (json!({"versions": ["1.1", "1.0"], "signature_algorithms": ["0x0403"]}), "protocol_version"),
        (json!({"versions": ["1.2"], "ciphers": ["TLS_RSA_WITH_RC4_128_SHA"]}), "handshake_failure"),
        (json!({"groups": ["ffdhe2048"]}), "handshake_failure"),
        // In 1.3 this alert comes after the ServerHello, encrypted.
        (json!({"versions": ["1.2"], "alpn": ["h2"]}), "no_application_protocol"),
        (json!({"raw": base64(b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03")}), "decode_error"),
    ] {
        let result = say(server.bound.mtls.port(), hello.clone()).await;
        assert_eq!(
            (&result["ended"], &result["stage"]),
            (&json!("alert-received"), &json!("tls")),
            "{hello}: {result}"
        );
        assert_eq!(result["alert"]["name"], alert, "{hello}: {result}");
        let nothing_chosen = json!({"answer": "alert", "version": null, "cipher": null});
        assert_eq!(result["hello"], nothing_chosen, "{hello}: {result}");
    }
    for omitted in ["key_share", "signature_algorithms", "supported_groups"] {
        let result = say(server.bound.mtls.port(), json!({"versions": ["1.3"], "omit": [omitted]})).await;
        assert_eq!(result["ended"], "alert-received", "{omitted}: {result}");
    }
}

#[tokio::test]
async fn servers_that_do_not_speak_tls_are_described() {
    let cases = json!([
        {"id": "plaintext", "mode": "plaintext"}, {"id": "silent", "mode": "silent"}, {"id": "close", "mode": "close"},
        case("tls", &Ca::new("root").server()),
    ]);
    let hostile = Hostile::start(cases).await;
    for (port, ended, answer) in [
        (hostile.port("tls"), &["answered"][..], "server-hello"),
        (hostile.port("plaintext"), &["error"], "other-bytes"),
        (hostile.port("silent"), &["timeout"], "nothing"),
        (hostile.port("close"), &["eof", "reset"], "nothing"),
        (resetting().await, &["reset"], "nothing"),
    ] {
        let result = say(port, json!({})).await;
        assert!(ended.contains(&result["ended"].as_str().unwrap()), "{result}");
        assert_eq!(result["hello"]["answer"], answer, "{result}");
    }
    let refused = say(closed().await, json!({})).await;
    assert_eq!((&refused["ended"], &refused["hello"]), (&json!("refused"), &Value::Null), "{refused}");
}

#[test]
fn a_hello_that_cannot_be_said_is_explained() {
    let base = json!({"id": "a", "host": "h", "port": 1, "protocol": "hello"});
    for (fields, expected) in [
        (json!({}), "needs the field hello"),
        (json!({"hello": {"raw": "AA==", "fragment": 3}}), "no other field is allowed"),
        (json!({"hello": {"fragment": 0}}), "hello.fragment"),
        (json!({"hello": {}, "then": [{"how": "fresh"}]}), "then: a hello"),
        (json!({"hello": {}, "protocol": "http"}), "belongs to protocol `hello`"),
        (json!({"hello": {"ciphers": ["TLS_NO_SUCH"]}}), "`TLS_NO_SUCH` is no cipher"),
        (json!({"hello": {"omit": ["server_hello"]}}), "unknown variant"),
    ] {
        let mut attempt = base.clone();
        crate::support::lay_over(&mut attempt, fields);
        let error = match serde_json::from_value::<mtls_protocol::attempts::AttemptsJob>(json!({"attempts": [attempt]}))
        {
            Err(error) => error.to_string(),
            Ok(job) => mtls_probe::attempts::check(&job).unwrap_err(),
        };
        assert!(error.contains(expected), "{error}");
    }
}
