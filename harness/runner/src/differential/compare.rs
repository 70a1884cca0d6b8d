//! Prediction and push, pod by pod and port by port.

use std::collections::BTreeMap;

use mtls_mesh::{
    Access, Answer, AuthorizationPolicy, Caller, Inbound, Mesh, Mode, Object, PeerAuthentication, Pod, Request,
    Traffic, access, effective_mode,
};
use serde_json::Value;

use super::{
    DifferentialError,
    names::{NAMESPACES, PORTS, TRUST_DOMAIN},
    world::Pushed,
};

/// A question with two answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    pub pod: String,
    pub question: String,
    pub predicted: String,
    pub pushed: String,
}

/// The sum of comparisons.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Policy sets: pods times batches.
    pub sets: usize,
    /// Questions with the same answer.
    pub agreements: usize,
    pub disagreements: Vec<Disagreement>,
    /// Questions without a prediction, by the name of the field that is not understood.
    pub unknown: BTreeMap<String, usize>,
}

impl Tally {
    pub(super) fn add(&mut self, other: Self) {
        self.sets += other.sets;
        self.agreements += other.agreements;
        self.disagreements.extend(other.disagreements);
        for (field, count) in other.unknown {
            *self.unknown.entry(field).or_default() += count;
        }
    }

    fn compare(&mut self, pod: &str, question: &str, predicted: Answer<String>, pushed: Answer<String>) {
        match (predicted, pushed) {
            (Ok(predicted), Ok(pushed)) if predicted == pushed => self.agreements += 1,
            (Ok(predicted), pushed) => {
                let pushed = pushed.unwrap_or_else(|unknown| format!("unknown: {}", listed(&unknown)));
                let (pod, question) = (pod.to_owned(), question.to_owned());
                self.disagreements.push(Disagreement { pod, question, predicted, pushed });
            }
            (Err(unknown), _) => {
                for one in unknown {
                    *self.unknown.entry(kind_of(&one.field)).or_default() += 1;
                }
            }
        }
    }
}

/// The last part of a field's path.
fn kind_of(field: &str) -> String {
    let last = field.rsplit('.').next().unwrap_or(field);
    last.split('[').next().unwrap_or(last).to_owned()
}

fn listed(unknown: &[mtls_mesh::Unknown]) -> String {
    unknown.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Compares every pod of a batch.
pub(super) fn compare(pushed: &[Pushed], policies: &[Value]) -> Result<Tally, DifferentialError> {
    let mesh = Mesh { trust_domain: TRUST_DOMAIN.to_owned(), ..Mesh::default() };
    let unreadable = |what: &str, why: String| DifferentialError::Unreadable(what.to_owned(), why);
    let (mut peers, mut authorizations) = (Vec::new(), Vec::new());
    for policy in policies {
        let object = Object::read(policy).map_err(|error| unreadable("a policy", error.to_string()))?;
        let name = object.name.to_string();
        if object.name.kind == "PeerAuthentication" {
            peers.push(PeerAuthentication::read(object).map_err(|why| unreadable(&name, listed(&why)))?);
        } else {
            authorizations.push(AuthorizationPolicy::read(object).map_err(|why| unreadable(&name, listed(&why)))?);
        }
    }
    let mut tally = Tally::default();
    for one in pushed {
        let pod = Pod::read(&one.pod).map_err(|error| unreadable("a pod", error.to_string()))?;
        let inbound = Inbound::read(&pod.name, &one.listener).map_err(|why| unreadable("a listener", listed(&why)))?;
        tally.sets += 1;
        for port in PORTS {
            compare_port(&mut tally, &pod, port, &inbound, &peers, &authorizations, &mesh);
        }
    }
    Ok(tally)
}

fn compare_port(
    tally: &mut Tally,
    pod: &Pod,
    port: u16,
    inbound: &Inbound,
    peers: &[PeerAuthentication],
    authorizations: &[AuthorizationPolicy],
    mesh: &Mesh,
) {
    let name = format!("{}/{}", pod.name.namespace, pod.name.name);
    let effective = effective_mode(pod, port, peers, mesh);
    let predicted = format!("{} by {}", effective.mode, effective.decided_by);
    let mode = inbound.mode(port).map(|mode| {
        // Who decided is not in the listener; it is shown with a disagreement.
        if mode == effective.mode { predicted.clone() } else { mode.to_string() }
    });
    tally.compare(&name, &format!("mode of port {port}"), Ok(predicted), mode);
    for (who, caller) in callers() {
        let is_identified = !caller.principals.is_empty();
        if is_identified && effective.mode == Mode::Disable {
            continue;
        }
        for (what, request) in requests(port) {
            let predicted = if !is_identified && effective.mode == Mode::Strict {
                Ok(Access::Denied)
            } else {
                access(pod, &caller, &request, authorizations, mesh).map(|decision| decision.access)
            };
            let spell = |access: Access| match access {
                Access::Allowed => "allowed".to_owned(),
                Access::Denied => "denied".to_owned(),
            };
            let question = format!("{who}, {what} at port {port}");
            tally.compare(&name, &question, predicted.map(spell), inbound.access(&caller, &request).map(spell));
        }
    }
}

fn callers() -> Vec<(&'static str, Caller)> {
    let of = |trust_domain: &str, namespace: &str, account: &str| Caller {
        principals: vec![format!("{trust_domain}/ns/{namespace}/sa/{account}")],
    };
    vec![
        ("plaintext", Caller::default()),
        ("client", of(TRUST_DOMAIN, NAMESPACES[0], "client")),
        ("server", of(TRUST_DOMAIN, NAMESPACES[1], "server")),
        ("somebody else", of(TRUST_DOMAIN, "elsewhere", "client")),
        ("another trust domain", of("other.test", NAMESPACES[0], "client")),
    ]
}

/// What the protocol of a port lets its proxy see.
fn requests(port: u16) -> Vec<(&'static str, Request)> {
    let request = |method: &str, path: &str| Request {
        port,
        traffic: Traffic::Request { method: method.to_owned(), path: path.to_owned() },
    };
    let connection = ("a connection", Request { port, traffic: Traffic::Connection });
    let asked = [
        ("GET /metrics", request("GET", "/metrics")),
        ("POST /api/x", request("POST", "/api/x")),
        ("DELETE /admin", request("DELETE", "/admin")),
    ];
    match port {
        8080 => asked.into(),
        9000 => vec![connection],
        _ => asked.into_iter().chain([connection]).collect(),
    }
}
