//! Rows of the handshake matrix as the workload's own TLS port judges them (column T5).

use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, KeyUsagePurpose};
use serde_json::{Value, json};

use crate::support::mount::Mount;
use crate::support::pki::{CLIENT_ID, Ca, Pair, expired, leaf, not_yet_valid};
use crate::support::server::Server;
use crate::support::{attempt, inline};

fn sound() -> CertificateParams {
    leaf(&[CLIENT_ID], &[])
}

fn with(change: impl FnOnce(&mut CertificateParams)) -> CertificateParams {
    let mut params = sound();
    change(&mut params);
    params
}

/// Name of the row, who signs, the leaf, the alert.
fn rows() -> Vec<(&'static str, &'static str, CertificateParams, &'static str)> {
    use ExtendedKeyUsagePurpose::{EmailProtection, ServerAuth};
    use KeyUsagePurpose::{DigitalSignature, KeyCertSign, KeyEncipherment};
    vec![
        ("HM-05 other CA", "other", sound(), "unknown_ca"),
        ("HM-07 expired", "ours", expired(sound()), "certificate_expired"),
        ("HM-08 not yet valid", "ours", not_yet_valid(sound()), "certificate_expired"),
        ("HM-09 foreign trust domain", "ours", leaf(&["spiffe://evil.mesh/ns/a/sa/b"], &[]), "access_denied"),
        ("HM-10 look-alike", "ours", leaf(&["spiffe://x0tta6bl4.mesh.evil.com/ns/a/sa/b"], &[]), "access_denied"),
        ("no path", "ours", leaf(&["spiffe://x0tta6bl4.mesh"], &[]), "access_denied"),
        ("not a SPIFFE ID", "ours", leaf(&["https://x0tta6bl4.mesh/ns/a/sa/b"], &[]), "access_denied"),
        ("HM-14 server only", "ours", with(|leaf| leaf.extended_key_usages = vec![ServerAuth]), "unsupported_certificate"),
        ("HM-16 mail only", "ours", with(|leaf| leaf.extended_key_usages = vec![EmailProtection]), "unsupported_certificate"),
        ("HM-17 no signatures", "ours", with(|leaf| leaf.key_usages = vec![KeyEncipherment]), "access_denied"),
        ("CA key usage", "ours", with(|leaf| leaf.key_usages = vec![DigitalSignature, KeyCertSign]), "access_denied"),
        ("HM-22 no SAN", "ours", leaf(&[], &[]), "access_denied"),
        ("HM-22 DNS only", "ours", leaf(&[], &["client.svc"]), "access_denied"),
        ("HM-23 two URIs", "ours", leaf(&[CLIENT_ID, "spiffe://evil.mesh/a"], &[]), "access_denied"),
    ]
}

fn assert_refused(row: &str, result: &Value, alert: &str) {
    assert_eq!(result["ended"], "alert-received", "{row}: {result}");
    assert_eq!((&result["stage"], &result["alert"]["name"]), (&json!("tls"), &json!(alert)), "{row}: {result}");
}

#[tokio::test]
async fn refused_callers_get_their_alert_in_both_versions() {
    let (ca, other) = (Ca::new("root"), Ca::new("other"));
    let server = Server::start(&Mount::new(&ca.server(), &ca.pem())).await;
    for (row, signer, params, alert) in rows() {
        let pair = if signer == "ours" { ca.sign(&params) } else { other.sign(&params) };
        for version in ["1.3", "1.2"] {
            let fields = json!({"identity": inline(&pair, &ca), "tls_versions": [version]});
            assert_refused(row, &attempt(server.bound.mtls.port(), fields).await, alert);
        }
    }
    assert_eq!(server.requests(), Vec::<Value>::new(), "nobody was served");
}

#[tokio::test]
async fn a_caller_without_a_certificate_is_told_that_one_is_required() {
    let ca = Ca::new("root");
    let server = Server::start(&Mount::new(&ca.server(), &ca.pem())).await;
    for version in ["1.3", "1.2"] {
        let result = attempt(server.bound.mtls.port(), json!({"tls_versions": [version]})).await;
        assert_refused("HM-03", &result, "certificate_required");
    }
}

#[tokio::test]
async fn reading_first_makes_the_ending_the_same_every_time() {
    let (ca, other) = (Ca::new("root"), Ca::new("other"));
    let server = Server::start(&Mount::new(&ca.server(), &ca.pem())).await;
    let pair = other.client();
    for _ in 0..20 {
        let fields = json!({"identity": inline(&pair, &ca), "tls_versions": ["1.3"]});
        assert_refused("HM-05", &attempt(server.bound.mtls.port(), fields).await, "unknown_ca");
    }
}

#[tokio::test]
async fn sound_callers_are_served_whatever_they_leave_out() {
    let ca = Ca::new("root");
    let server = Server::start(&Mount::new(&ca.server(), &ca.pem())).await;
    let pairs: Vec<Pair> = [
        sound(),
        with(|leaf| leaf.extended_key_usages.clear()),
        with(|leaf| leaf.key_usages.clear()),
        leaf(&[CLIENT_ID], &["also-a-name.svc"]),
    ]
    .iter()
    .map(|params| ca.sign(params))
    .collect();
    for pair in &pairs {
        for alpn in [json!([]), json!(["http/1.1"]), json!(["istio-http/1.1", "istio"])] {
            let fields = json!({"identity": inline(pair, &ca), "alpn": alpn, "sni": ""});
            let result = attempt(server.bound.mtls.port(), fields).await;
            assert_eq!(result["body"]["peer"]["spiffe_id"], CLIENT_ID, "{result}");
        }
    }
}

#[tokio::test]
async fn both_roots_of_a_bundle_admit_callers() {
    let (old, new) = (Ca::new("old"), Ca::new("new"));
    let bundle = format!("{}{}", old.pem(), new.pem());
    let server = Server::start(&Mount::new(&old.server(), &bundle)).await;
    for ca in [&old, &new] {
        let result = attempt(server.bound.mtls.port(), json!({"identity": inline(&ca.client(), ca)})).await;
        assert_eq!(result["http_status"], 200, "{result}");
    }
}
