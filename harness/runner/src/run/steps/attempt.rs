//! One attempt of a probe as a job for the reference client. Pure.

use std::{collections::BTreeMap, time::Duration};

use mtls_core::{
    duration::milliseconds,
    expectation::matching::parse_duration,
    scenario::{
        model::{Participant, ServerPort},
        wire::{Hello, How, Then, WireOptions},
    },
};
use serde_json::{Value, json};

use crate::world::Address;

/// A client, a server and the port that the client calls.
pub(super) struct Call<'a> {
    pub(super) client: &'a Participant,
    pub(super) server: &'a Participant,
    pub(super) column: ServerPort,
    pub(super) address: Address,
    /// The `identity` of the client's job when the scenario gives the client its own certificate.
    pub(super) identity: Option<&'a Value>,
}

/// Time limit of one exchange.
pub(super) const EXCHANGE: Duration = Duration::from_secs(5);

impl Call<'_> {
    pub(super) fn job(&self, id: &str) -> Value {
        let plain = WireOptions::default();
        let wire = self.client.wire.as_ref().unwrap_or(&plain);
        if wire.is_lone() { self.hello_only(id, wire) } else { self.exchange(id, wire) }
    }

    /// A client behind a sidecar sends plaintext and the sidecar makes the TLS session, except to the port where the
    /// application ends TLS. A client with its own identity or TLS options makes the session itself, with the ALPN of a
    /// sidecar (`istio`) where a sidecar listens.
    fn exchange(&self, id: &str, wire: &WireOptions) -> Value {
        let own_tls = self.column == ServerPort::AppMtls;
        let no_identity = || json!({"source": "none"});
        let any_peer = || json!({"mode": "record-only"});
        let (tls, identity, verify) = match self.identity {
            Some(identity) => ("on", identity.clone(), any_peer()),
            None if own_tls && (self.client.sidecar || wire.files) => {
                ("on", json!({"source": "files"}), json!({"mode": "spiffe", "id": self.server.spiffe()}))
            }
            None if wire.is_tls() => ("on", no_identity(), any_peer()),
            None => ("off", no_identity(), any_peer()),
        };
        let usual = if tls == "on" && !own_tls { vec!["istio".to_owned()] } else { Vec::new() };
        let mut headers: BTreeMap<&str, &str> =
            wire.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        headers.insert(REQUEST_ID, id);
        let mut job = self.addressed(id, if self.column == ServerPort::Tcp { "tcp" } else { "http" });
        let fields = json!({
            "tls": tls, "tls_versions": wire.tls, "alpn": wire.alpn.as_ref().unwrap_or(&usual), "sni": wire.sni,
            "identity": identity, "verify": verify,
            "path": if self.column == ServerPort::Metrics { "/metrics" } else { "/whoami" }, "headers": headers,
        });
        extend(&mut job, fields);
        if let Some(then) = &wire.then {
            extend(&mut job, json!({"then": [follow_up(then)]}));
        }
        job
    }

    fn hello_only(&self, id: &str, wire: &WireOptions) -> Value {
        let mut job = self.addressed(id, "hello");
        // An empty hello is a client that connects and sends nothing.
        let silence = Hello { raw: Some(String::new()), ..Hello::default() };
        extend(&mut job, json!({"hello": hello(wire.hello.as_ref().unwrap_or(&silence))}));
        job
    }

    fn addressed(&self, id: &str, protocol: &str) -> Value {
        json!({
            "id": id, "host": self.address.host, "port": self.address.port, "protocol": protocol,
            "timeout_ms": milliseconds(EXCHANGE),
        })
    }
}

/// How long a client waits between its exchanges.
pub(super) fn pause_of(client: &Participant) -> Duration {
    let then = client.wire.as_ref().and_then(|wire| wire.then.as_ref());
    // The loader has checked that it is a duration.
    then.and_then(|then| then.after.as_deref()).and_then(parse_duration).unwrap_or_default()
}

const REQUEST_ID: &str = "x-request-id-e2e";

fn follow_up(then: &Then) -> Value {
    let after = then.after.as_deref().and_then(parse_duration).unwrap_or_default();
    let how = match then.how {
        How::Fresh => "fresh",
        How::Resumed => "resumed",
        How::SameConnection => "same-connection",
    };
    json!({"how": how, "after_ms": milliseconds(after)})
}

/// The `hello` of the client's job, whose words have `_` where scenarios have `-`.
fn hello(hello: &Hello) -> Value {
    if let Some(raw) = &hello.raw {
        return json!({"raw": raw});
    }
    let omitted = hello.omit.iter().map(|extension| json!(extension).as_str().unwrap_or_default().replace('-', "_"));
    json!({
        "versions": hello.versions, "ciphers": hello.ciphers, "groups": hello.groups,
        "signature_algorithms": hello.signature_algorithms, "alpn": hello.alpn, "sni": hello.sni,
        "fragment": hello.fragment, "omit": omitted.collect::<Vec<_>>(),
    })
}

fn extend(job: &mut Value, fields: Value) {
    if let (Value::Object(job), Value::Object(fields)) = (job, fields) {
        job.extend(fields);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(client: Value, column: ServerPort, identity: Option<&Value>) -> Value {
        let client: Participant = serde_json::from_value(client).unwrap();
        let server = serde_json::from_value(json!({"workload": "proxy-api", "namespace": "prod"})).unwrap();
        let address = Address { host: "proxy-api.prod".to_owned(), port: 1 };
        Call { client: &client, server: &server, column, address, identity }.job("a")
    }

    fn outside(wire: &Value) -> Value {
        json!({"client": "plain", "namespace": "outside", "sidecar": false, "wire": wire})
    }

    #[test]
    fn defaults_depend_on_the_sidecar_and_the_port() {
        let inside = json!({"client": "client", "namespace": "prod"});
        assert_eq!(job(inside.clone(), ServerPort::Http, None)["tls"], "off");
        let own = job(inside, ServerPort::AppMtls, None);
        assert_eq!(
            (&own["tls"], &own["identity"]["source"], &own["alpn"]),
            (&json!("on"), &json!("files"), &json!([]))
        );
        let made = json!({"source": "inline"});
        let held =
            job(json!({"client": "plain", "namespace": "outside", "sidecar": false}), ServerPort::Tcp, Some(&made));
        assert_eq!((&held["protocol"], &held["alpn"], &held["identity"]), (&json!("tcp"), &json!(["istio"]), &made));
        assert_eq!((&held["sni"], &held["tls_versions"], held.get("then")), (&Value::Null, &json!([]), None));
    }

    #[test]
    fn wire_options_override_the_defaults() {
        let wire = json!({
            "tls": ["1.2"], "alpn": [], "sni": "", "headers": {"x-forwarded-client-cert": "URI=spiffe://forged"},
            "then": {"how": "same-connection", "after": "3s"}
        });
        let job = job(outside(&wire), ServerPort::Http, None);
        assert_eq!(job["tls"], "on");
        assert_eq!(job["identity"], json!({"source": "none"}));
        assert_eq!(job["tls_versions"], json!(["1.2"]));
        assert_eq!((&job["alpn"], &job["sni"]), (&json!([]), &json!("")));
        let headers = json!({"x-forwarded-client-cert": "URI=spiffe://forged", "x-request-id-e2e": "a"});
        assert_eq!(job["headers"], headers);
        assert_eq!(job["then"], json!([{"how": "same-connection", "after_ms": 3000}]));
    }

    #[test]
    fn a_hello_without_an_exchange_is_its_own_protocol() {
        let wire = json!({"hello": {"versions": ["1.1"], "ciphers": ["0x009c"], "omit": ["key-share"]}});
        let described = job(outside(&wire), ServerPort::Tcp, None);
        assert_eq!(described["protocol"], "hello");
        assert_eq!(
            (&described["hello"]["versions"], &described["hello"]["ciphers"]),
            (&json!(["1.1"]), &json!(["0x009c"]))
        );
        assert_eq!(described["hello"]["omit"], json!(["key_share"]));
        assert_eq!(described.get("tls"), None);
        let raw = job(outside(&json!({"hello": {"raw": "FgMB"}})), ServerPort::Http, None);
        assert_eq!(raw["hello"], json!({"raw": "FgMB"}));
        let silent = job(outside(&json!({"says": "nothing"})), ServerPort::Http, None);
        assert_eq!((&silent["protocol"], &silent["hello"]), (&json!("hello"), &json!({"raw": ""})));
    }
}
