//! One cell of a probe as a job: for the probe, or for the reference client. Pure.
//!
//! The reference client calls where it is the one that is examined: on the port of the server's own TLS, in the identity
//! of its pod's files, believing the server by its SPIFFE ID. Every other attempt is the probe's, which has no files.

use std::{collections::BTreeMap, time::Duration};

use mtls_core::{
    duration::milliseconds,
    expectation::matching::parse_duration,
    scenario::{
        model::{Participant, ServerPort},
        wire::{self, Then, WireOptions},
    },
};
use mtls_protocol::{
    Encoded,
    attempts::{Attempt, FollowUp, Identity, Protocol, Switch},
    client::Call,
    hello::{HelloJob, Omitted},
};

use crate::{run::error::StepError, world::Address};

/// A client, a server and the port that the client calls.
pub(super) struct CellCall<'a> {
    pub(super) client: &'a Participant,
    pub(super) server: &'a Participant,
    pub(super) column: ServerPort,
    pub(super) address: Address,
    /// What the client presents when the scenario gives it its own certificate.
    pub(super) identity: Option<&'a Identity>,
}

/// What one cell asks of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    Client(Call),
    Probe(Box<Attempt>),
}

/// Time limit of one exchange.
pub(super) const EXCHANGE: Duration = Duration::from_secs(5);
/// How long the reference client listens before its request, as the probe does: a server of TLS 1.3 judges the client's
/// certificate after the client's handshake, and a request written by then may turn its alert into a reset.
const LISTEN: Duration = Duration::from_millis(500);

impl CellCall<'_> {
    /// # Errors
    ///
    /// For a wire option that the reference client does not have, or that is not base64.
    pub(super) fn ask(&self, id: &str) -> Result<Ask, StepError> {
        let plain = WireOptions::default();
        let wire = self.client.wire.as_ref().unwrap_or(&plain);
        if wire.is_lone() {
            return Ok(Ask::Probe(Box::new(self.hello_only(id, wire)?)));
        }
        let is_clients = self.column == ServerPort::AppMtls && (self.client.sidecar || wire.files);
        if is_clients && self.identity.is_none() {
            return self.call(id, wire).map(Ask::Client);
        }
        Ok(Ask::Probe(Box::new(self.attempt(id, wire))))
    }

    fn call(&self, id: &str, wire: &WireOptions) -> Result<Call, StepError> {
        if wire.then.is_some() || wire.sni.is_some() {
            return Err(StepError(format!(
                "{id}: the reference client has neither `then` nor `sni`: give the caller an `identity`, or another port"
            )));
        }
        let mut call = Call::new(id, format!("https://{}:{}/whoami", self.address.host, self.address.port));
        call.expect_id = Some(self.server.spiffe());
        call.alpn = wire.alpn.clone().unwrap_or_default();
        call.tls_versions.clone_from(&wire.tls);
        call.headers = headers(wire, id);
        call.listen_ms = milliseconds(LISTEN);
        call.timeout_ms = milliseconds(EXCHANGE);
        Ok(call)
    }

    /// A client behind a sidecar sends plaintext and the sidecar makes the TLS session. A client with its own identity
    /// or TLS options makes the session itself, with the ALPN of a sidecar (`istio`) where a sidecar listens.
    fn attempt(&self, id: &str, wire: &WireOptions) -> Attempt {
        let own_tls = self.column == ServerPort::AppMtls;
        let uses_tls = self.identity.is_some() || wire.is_tls();
        let usual = if uses_tls && !own_tls { vec!["istio".to_owned()] } else { Vec::new() };
        let mut attempt =
            self.addressed(id, if self.column == ServerPort::Tcp { Protocol::Tcp } else { Protocol::Http });
        attempt.tls = if uses_tls { Switch::On } else { Switch::Off };
        attempt.tls_versions.clone_from(&wire.tls);
        attempt.alpn = wire.alpn.clone().unwrap_or(usual);
        attempt.sni.clone_from(&wire.sni);
        attempt.identity = self.identity.cloned().unwrap_or_default();
        let path = if self.column == ServerPort::Metrics { "/metrics" } else { "/whoami" };
        path.clone_into(&mut attempt.path);
        attempt.headers = headers(wire, id);
        attempt.then = wire.then.iter().map(follow_up).collect();
        attempt
    }

    fn hello_only(&self, id: &str, wire: &WireOptions) -> Result<Attempt, StepError> {
        let mut attempt = self.addressed(id, Protocol::Hello);
        // An empty hello is a client that connects and sends nothing.
        let silence = || HelloJob { raw: Some(Encoded::default()), ..HelloJob::default() };
        attempt.hello = Some(wire.hello.as_ref().map_or_else(|| Ok(silence()), hello)?);
        Ok(attempt)
    }

    fn addressed(&self, id: &str, protocol: Protocol) -> Attempt {
        let mut attempt = Attempt::new(id, &self.address.host, self.address.port, protocol);
        attempt.timeout_ms = milliseconds(EXCHANGE);
        attempt
    }
}

/// How long a client waits between its exchanges.
pub(super) fn pause_of(client: &Participant) -> Duration {
    let then = client.wire.as_ref().and_then(|wire| wire.then.as_ref());
    // The loader has checked that it is a duration.
    then.and_then(|then| then.after.as_deref()).and_then(parse_duration).unwrap_or_default()
}

const REQUEST_ID: &str = "x-request-id-e2e";

fn headers(wire: &WireOptions, id: &str) -> BTreeMap<String, String> {
    let mut headers = wire.headers.clone();
    headers.insert(REQUEST_ID.to_owned(), id.to_owned());
    headers
}

fn follow_up(then: &Then) -> FollowUp {
    let after = then.after.as_deref().and_then(parse_duration).unwrap_or_default();
    FollowUp { how: then.how, after_ms: milliseconds(after) }
}

fn hello(hello: &wire::Hello) -> Result<HelloJob, StepError> {
    let raw = hello.raw.clone().map(Encoded::try_from).transpose();
    Ok(HelloJob {
        raw: raw.map_err(|problem| StepError(format!("hello.raw: {problem}")))?,
        versions: hello.versions.clone(),
        ciphers: hello.ciphers.clone(),
        groups: hello.groups.clone(),
        signature_algorithms: hello.signature_algorithms.clone(),
        alpn: hello.alpn.clone(),
        sni: hello.sni.clone(),
        fragment: hello.fragment,
        omit: hello.omit.iter().map(|extension| Omitted::from(*extension)).collect(),
    })
}

#[cfg(test)]
mod tests {
    use mtls_protocol::attempts::{How, TlsVersion, Verify};
    use serde_json::{Value, json};

    use super::*;

    fn ask(client: Value, column: ServerPort, identity: Option<&Identity>) -> Result<Ask, StepError> {
        let client: Participant = serde_json::from_value(client).unwrap();
        let server = serde_json::from_value(json!({"workload": "proxy-api", "namespace": "prod"})).unwrap();
        let address = Address { host: "proxy-api.prod".to_owned(), port: 1 };
        CellCall { client: &client, server: &server, column, address, identity }.ask("a")
    }

    fn attempt(client: Value, column: ServerPort, identity: Option<&Identity>) -> Attempt {
        match ask(client, column, identity).unwrap() {
            Ask::Probe(attempt) => *attempt,
            Ask::Client(call) => panic!("{call:?}"),
        }
    }

    fn outside(wire: &Value) -> Value {
        json!({"client": "plain", "namespace": "outside", "sidecar": false, "wire": wire})
    }

    #[test]
    fn defaults_depend_on_the_sidecar_and_the_port() {
        let inside = json!({"client": "client", "namespace": "prod"});
        assert_eq!(attempt(inside, ServerPort::Http, None).tls, Switch::Off);
        let made = Identity::Inline { cert: "c".to_owned(), key: "k".to_owned().into(), ca: "r".to_owned() };
        let plain = json!({"client": "plain", "namespace": "outside", "sidecar": false});
        let held = attempt(plain, ServerPort::Tcp, Some(&made));
        assert_eq!((held.protocol, &held.identity, held.verify), (Protocol::Tcp, &made, Verify::RecordOnly));
        assert_eq!(held.alpn, ["istio"]);
        assert!(held.sni.is_none() && held.tls_versions.is_empty() && held.then.is_empty());
    }

    #[test]
    fn the_reference_client_calls_in_the_identity_of_its_files() {
        let inside = json!({"client": "client", "namespace": "prod", "wire": {"headers": {"a": "b"}}});
        let Ask::Client(call) = ask(inside, ServerPort::AppMtls, None).unwrap() else { panic!("not the client") };
        assert_eq!(call.url, "https://proxy-api.prod:1/whoami");
        assert!(call.expect_id.is_some_and(|id| id.ends_with("/ns/prod/sa/proxy-api")));
        assert_eq!(call.headers.keys().collect::<Vec<_>>(), ["a", "x-request-id-e2e"]);
        assert_eq!((call.listen_ms, call.alpn.len()), (500, 0));
        let files = outside(&json!({"files": true, "then": {"how": "fresh"}}));
        assert!(ask(files, ServerPort::AppMtls, None).unwrap_err().0.contains("`then`"));
        let made =
            attempt(json!({"client": "client", "namespace": "prod"}), ServerPort::AppMtls, Some(&Identity::None));
        assert_eq!((made.tls, made.alpn.len()), (Switch::On, 0), "another identity is the probe's");
    }

    #[test]
    fn wire_options_override_the_defaults() {
        let wire = json!({
            "tls": ["1.2"], "alpn": [], "sni": "", "headers": {"x-forwarded-client-cert": "URI=spiffe://forged"},
            "then": {"how": "same-connection", "after": "3s"}
        });
        let attempt = attempt(outside(&wire), ServerPort::Http, None);
        assert_eq!(
            (attempt.tls, attempt.identity, attempt.tls_versions),
            (Switch::On, Identity::None, vec![TlsVersion::Tls12])
        );
        assert_eq!((attempt.alpn.len(), attempt.sni.as_deref()), (0, Some("")));
        let headers = json!({"x-forwarded-client-cert": "URI=spiffe://forged", "x-request-id-e2e": "a"});
        assert_eq!(json!(attempt.headers), headers);
        assert_eq!(attempt.then, [FollowUp { how: How::SameConnection, after_ms: 3_000 }]);
    }

    #[test]
    fn a_hello_without_an_exchange_is_its_own_protocol() {
        let wire = json!({"hello": {"versions": ["1.1"], "ciphers": ["0x009c"], "omit": ["key-share"]}});
        let described = attempt(outside(&wire), ServerPort::Tcp, None);
        assert_eq!((described.protocol, described.tls), (Protocol::Hello, Switch::Off));
        let hello = json!({"versions": ["1.1"], "ciphers": ["0x009c"], "omit": ["key_share"]});
        assert_eq!(json!(described.hello), hello);
        let raw = attempt(outside(&json!({"hello": {"raw": "FgMB"}})), ServerPort::Http, None);
        assert_eq!(json!(raw.hello), json!({"raw": "FgMB"}));
        let silent = attempt(outside(&json!({"says": "nothing"})), ServerPort::Http, None);
        assert_eq!((silent.protocol, json!(silent.hello)), (Protocol::Hello, json!({"raw": ""})));
        assert!(ask(outside(&json!({"hello": {"raw": "%"}})), ServerPort::Http, None).is_err());
    }
}
