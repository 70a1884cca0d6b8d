//! From the report of one attempt to an outcome and facts.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::cross_check::LogView;
use crate::expectation::outcome::Outcome;

/// The outcome of an attempt in the caller's view; `peer` is the identity that the server or its sidecar saw, if known.
pub fn classify(report: &Value, peer: Option<&str>) -> Outcome {
    let ended = report["ended"].as_str().unwrap_or_default();
    let stage = report["stage"].as_str().unwrap_or_default();
    let reason = || report["reason"].as_str().or(report["error"].as_str()).unwrap_or("no reason given").to_owned();
    match ended {
        "answered" if report["hello"].is_object() => Outcome::Negotiated(negotiated(report).to_owned()),
        "answered" => answered(report, peer),
        // The server answered a TLS hello with other bytes: it speaks no TLS on this port.
        "error" if report["hello"]["answer"] == "other-bytes" => Outcome::ClientRejectedServer("not-tls".to_owned()),
        "alert-received" => Outcome::TlsAlert(report["alert"]["name"].as_str().unwrap_or("unnamed").to_owned()),
        "alert-sent" => Outcome::ClientRejectedServer(reason()),
        "reset" => Outcome::Reset,
        "eof" => Outcome::ClosedEarly,
        "refused" => Outcome::ConnectRefused,
        "timeout" if matches!(stage, "resolve" | "tcp") => Outcome::ConnectTimeout,
        "timeout" => Outcome::Hang,
        "dns-fail" => Outcome::DnsFail,
        "no-identity" => Outcome::NoIdentity,
        _ => Outcome::HarnessError,
    }
}

/// An HTTP answer is not yet an acceptance: it can be a denial, and an answer in plaintext is no mTLS session.
fn answered(report: &Value, peer: Option<&str>) -> Outcome {
    let status = report["http_status"].as_u64().and_then(|status| u16::try_from(status).ok());
    match status {
        Some(502..=504) => return Outcome::ProxyError(status.map_or_else(String::new, |status| status.to_string())),
        Some(status @ 400..) => return Outcome::HttpDenied(status),
        _ => {}
    }
    if !report["tls"].is_null() || peer.is_some() { Outcome::Established } else { Outcome::PlaintextAccepted }
}

fn negotiated(report: &Value) -> &str {
    let version = report["hello"]["version"].as_str().unwrap_or("none");
    version.strip_prefix("TLSv").unwrap_or(version)
}

/// Facts of one attempt, with the server's and its sidecar's view beside the caller's. `expiry` is that of the caller's
/// own certificate, if the harness issued one for the attempt.
pub fn facts(report: &Value, log: Option<&LogView>, expiry: Option<Timestamp>) -> Value {
    let body = &report["body"];
    let echoed = body["peer"]["spiffe_id"].as_str().or(body["xfcc_peer"].as_str());
    let logged = log.and_then(|view| view.peer.as_deref());
    let peer = echoed.or(logged);
    // A healthy server reports no faults of its own.
    let weak = body["served_by"]["weak"].as_array().filter(|ways| !ways.is_empty());
    let mut facts = json!({
        "outcome": classify(report, peer),
        "attempt": report["id"],
        "stage": report["stage"],
        "http-status": report["http_status"],
        "alert": report["alert"],
        "error": report["error"],
        "tls": tls(report),
        "own": {"not-after": expiry, "expired": expiry.and_then(|expiry| expired(report, expiry))},
        "peer": {"spiffe": report["tls"]["peer"]["spiffe_id"], "serial": report["tls"]["peer"]["serial"], "not-after": report["tls"]["peer"]["not_after"]},
        "server": {"saw": {"spiffe": peer, "tls": body["tls"], "xfcc": body["xfcc"]}, "weak": weak},
        "ms": report["ms"]["total"],
        "handshake-ms": report["ms"]["tls"],
    });
    if let Some(view) = log {
        facts["log"] = json!({"peer": view.peer, "flags": view.flags, "tls": view.tls, "reason": view.reason, "code": view.code, "by": view.by});
    }
    // Both views name the caller independently. With the app's own mTLS inside the mesh there are two sessions of one
    // caller.
    if let (Some(echoed), Some(logged)) = (echoed, logged)
        && echoed != logged
    {
        facts["disagreement"] = json!(format!("the server saw {echoed}, its sidecar logged {logged}"));
    }
    prune(facts)
}

/// A session's parameters, or what a server chose in answer to a hello.
fn tls(report: &Value) -> Value {
    let (tls, hello) = (&report["tls"], &report["hello"]);
    if hello.is_object() {
        return json!({"version": hello["version"], "cipher": hello["cipher"], "answer": hello["answer"]});
    }
    json!({"version": tls["version"], "cipher": tls["cipher"], "handshake": tls["handshake"], "alpn": tls["alpn"]})
}

/// Whether the caller's certificate had expired: `true` when the exchange began after that, `false` when it ended
/// before. In between it is unknown; the certificate is still valid in the second of its `notAfter` (RFC 5280 section
/// 4.1.2.5).
fn expired(report: &Value, expiry: Timestamp) -> Option<bool> {
    let began: Timestamp = report["started"].as_str()?.parse().ok()?;
    let took = Duration::try_from_secs_f64(report["ms"]["total"].as_f64()? / 1000.0).ok()?;
    if began > expiry + Duration::from_secs(1) {
        Some(true)
    } else if began + took < expiry {
        Some(false)
    } else {
        None
    }
}

/// Drops null and empty values, so that a path exists only where something was observed.
fn prune(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map
                .into_iter()
                .map(|(key, value)| (key, prune(value)))
                .filter(|(_, value)| !value.is_null() && value != &json!({}))
                .collect();
            Value::Object(kept)
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_of_the_callers_view() {
        let cases = [
            (json!({"ended": "answered", "http_status": 200, "tls": {"version": "TLSv1.3"}}), "established"),
            (
                json!({"ended": "answered", "http_status": 200, "body": {"xfcc_peer": "spiffe://a/ns/b/sa/c"}}),
                "established",
            ),
            (json!({"ended": "answered", "http_status": 200, "body": {"xfcc_peer": null}}), "plaintext-accepted"),
            (json!({"ended": "answered", "http_status": 403}), "http-denied(403)"),
            (json!({"ended": "answered", "http_status": 503}), "proxy-error(503)"),
            (json!({"ended": "answered", "body": {"listener": "tcp"}}), "plaintext-accepted"),
            (json!({"ended": "alert-received", "alert": {"name": "unknown_ca"}}), "tls-alert(unknown_ca)"),
            (json!({"ended": "alert-sent", "reason": "expired"}), "client-rejected-server(expired)"),
            (json!({"ended": "reset"}), "reset"),
            (json!({"ended": "timeout", "stage": "tcp"}), "connect-timeout"),
            (json!({"ended": "timeout", "stage": "app"}), "hang"),
            (
                json!({"ended": "answered", "hello": {"answer": "server-hello", "version": "TLSv1.2"}}),
                "negotiated(1.2)",
            ),
            (
                json!({"ended": "answered", "hello": {"answer": "hello-retry-request", "version": "TLSv1.3"}}),
                "negotiated(1.3)",
            ),
            (json!({"ended": "timeout", "stage": "tls", "hello": {"answer": "nothing"}}), "hang"),
            (json!({"ended": "error", "hello": {"answer": "other-bytes"}}), "client-rejected-server(not-tls)"),
            (json!({"ended": "error"}), "harness-error"),
            (json!({}), "harness-error"),
        ];
        for (report, expected) in cases {
            assert_eq!(facts(&report, None, None)["outcome"], expected, "{report}");
        }
    }

    #[test]
    fn an_expiry_is_seen_only_when_it_is_certain() {
        let expiry: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        let seen = |started: &str, total: f64| {
            let report = json!({"ended": "reset", "started": started, "ms": {"total": total}});
            facts(&report, None, Some(expiry))["own"]["expired"].clone()
        };
        assert_eq!(seen("2026-11-24T11:59:58Z", 600.0), false);
        assert_eq!(seen("2026-11-24T11:59:58Z", 2600.0), Value::Null);
        assert_eq!(seen("2026-11-24T12:00:00.5Z", 600.0), Value::Null);
        assert_eq!(seen("2026-11-24T12:00:01.5Z", 600.0), true);
        assert_eq!(facts(&json!({"ended": "reset"}), None, None).get("own"), None);
    }

    #[test]
    fn views_that_disagree_are_recorded() {
        let report = json!({"ended": "answered", "http_status": 200, "body": {"xfcc_peer": "spiffe://a"}});
        let view = LogView { peer: Some("spiffe://b".to_owned()), ..LogView::default() };
        assert!(facts(&report, Some(&view), None)["disagreement"].is_string());
        let view = LogView { peer: Some("spiffe://a".to_owned()), ..LogView::default() };
        assert!(facts(&report, Some(&view), None)["disagreement"].is_null());
    }
}
