//! What the inbound listener of a proxy enforces: the mode of a port, and who gets in.
//!
//! Input: the listener `virtualInbound` as istiod pushed it, from its own dump (camel case) or from the proxy's (snake
//! case). It is the other half of a prediction: the same questions, answered from what the proxy was told.
//!
//! Not here: how to get a listener, and whether the proxy has accepted it.

mod rbac;
mod value;

use serde_json::Value;

use self::{
    rbac::{Filter, filters},
    value::{get, list},
};
use crate::{
    authorization::{Access, Caller, Request, Traffic, Truth},
    name::Name,
    peer::Mode,
    unknown::{Answer, Unknown},
};

/// The inbound listener of a proxy.
#[derive(Clone, Debug)]
pub struct Inbound {
    /// The pod, for messages.
    pod: Name,
    chains: Vec<Chain>,
}

#[derive(Clone, Debug)]
struct Chain {
    /// `None` for any port that no other chain names.
    port: Option<u16>,
    /// `tls`, `raw_buffer`, or nothing for both.
    transport: Option<String>,
    /// The proxy ends TLS here, with the identity of the mesh.
    is_mtls: bool,
    is_http: bool,
    filters: Vec<Filter>,
}

/// The chain that refuses connections to the proxy's own port.
const BLACKHOLE: &str = "virtualInbound-blackhole";

impl Inbound {
    /// Reads a listener.
    ///
    /// # Errors
    ///
    /// When the value has no filter chains.
    pub fn read(pod: &Name, listener: &Value) -> Answer<Self> {
        let chains: Vec<Chain> = list(get(listener, "filter_chains"))
            .iter()
            .filter(|chain| chain["name"] != BLACKHOLE)
            .map(|chain| {
                let matched = get(chain, "filter_chain_match");
                let names: Vec<&str> =
                    list(&chain["filters"]).iter().filter_map(|filter| filter["name"].as_str()).collect();
                Chain {
                    port: get(matched, "destination_port").as_u64().and_then(|port| u16::try_from(port).ok()),
                    transport: get(matched, "transport_protocol").as_str().map(str::to_owned),
                    is_mtls: get(chain, "transport_socket").is_object(),
                    is_http: names.iter().any(|name| name.ends_with("http_connection_manager")),
                    filters: filters(chain),
                }
            })
            .collect();
        if chains.is_empty() {
            return Err(vec![Unknown::new(pod, "virtualInbound", "the listener has no filter chains")]);
        }
        Ok(Self { pod: pod.clone(), chains })
    }

    /// Ports with chains of their own.
    pub fn ports(&self) -> Vec<u16> {
        let mut ports: Vec<u16> = self.chains.iter().filter_map(|chain| chain.port).collect();
        ports.sort_unstable();
        ports.dedup();
        ports
    }

    fn chains_of(&self, port: u16) -> impl Iterator<Item = &Chain> {
        let own = self.chains.iter().any(|chain| chain.port == Some(port)).then_some(port);
        self.chains.iter().filter(move |chain| chain.port == own)
    }

    /// The mode of a port.
    ///
    /// # Errors
    ///
    /// When the chains of the port are those of no mode.
    pub fn mode(&self, port: u16) -> Answer<Mode> {
        let mut chains = self.chains_of(port).peekable();
        let has_chains = chains.peek().is_some();
        let (mut mtls, mut plain) = (false, false);
        for chain in chains {
            mtls |= chain.is_mtls;
            plain |= !chain.is_mtls && chain.transport.as_deref() != Some("tls");
        }
        match (mtls, plain) {
            (true, false) => Ok(Mode::Strict),
            (true, true) => Ok(Mode::Permissive),
            (false, true) => Ok(Mode::Disable),
            (false, false) => {
                let why = if has_chains { "its chains are of no mode" } else { "it has no chain" };
                Err(vec![Unknown::new(&self.pod, format!("virtualInbound, port {port}"), why)])
            }
        }
    }

    /// Whether a caller gets in. Who has no certificate needs a chain for plaintext, who has one a chain of mutual TLS.
    ///
    /// # Errors
    ///
    /// What could still change the answer and is not known.
    pub fn access(&self, caller: &Caller, request: &Request) -> Answer<Access> {
        let is_identified = !caller.principals.is_empty();
        let sees_requests = request.traffic != Traffic::Connection;
        let fits = |chain: &&Chain| {
            chain.is_mtls == is_identified && (is_identified || chain.transport.as_deref() != Some("tls"))
        };
        let mut fitting: Vec<&Chain> = self.chains_of(request.port).filter(fits).collect();
        fitting.sort_by_key(|chain| chain.is_http != sees_requests);
        let Some(chain) = fitting.first() else { return Ok(Access::Denied) };
        let seen =
            if chain.is_http { request.clone() } else { Request { port: request.port, traffic: Traffic::Connection } };
        let mut unknown = Vec::new();
        for filter in &chain.filters {
            match filter.denies(&self.pod, caller, &seen) {
                Truth::True => return Ok(Access::Denied),
                Truth::Unknown(why) => unknown.extend(why),
                Truth::False => {}
            }
        }
        if unknown.is_empty() { Ok(Access::Allowed) } else { Err(unknown) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod() -> Name {
        Name { kind: "Pod".to_owned(), namespace: "retail".to_owned(), name: "api-0".to_owned() }
    }

    fn inbound(chains: &Value) -> Inbound {
        Inbound::read(&pod(), &json!({ "filterChains": chains })).unwrap()
    }

    #[test]
    fn chains_of_a_port_show_its_mode() {
        let tls =
            json!({"filterChainMatch": {"destinationPort": 1, "transportProtocol": "tls"}, "transportSocket": {}});
        let plain = json!({"filterChainMatch": {"destinationPort": 1, "transportProtocol": "raw_buffer"}});
        let passed = json!({"filterChainMatch": {"destinationPort": 1, "transportProtocol": "tls"}});
        let other = json!({"filter_chain_match": {"transport_protocol": "tls"}, "transport_socket": {}});
        for (chains, port, expected) in [
            (json!([tls]), 1, Mode::Strict),
            (json!([tls, plain, passed]), 1, Mode::Permissive),
            (json!([plain, passed]), 1, Mode::Disable),
            (json!([plain, other]), 2, Mode::Strict),
        ] {
            assert_eq!(inbound(&chains).mode(port).unwrap(), expected, "{chains}");
        }
        assert!(inbound(&json!([passed])).mode(1).is_err());
        assert!(inbound(&json!([plain])).mode(2).is_err());
        assert!(Inbound::read(&pod(), &json!({})).is_err());
    }

    #[test]
    fn filters_decide_in_their_chain() {
        let client = json!({"authenticated": {"principalName": {"exact": "spiffe://m/ns/retail/sa/client"}}});
        let rules = |action: &str, id: &Value| {
            let permission = json!({"andRules": {"rules": [{"orRules": {"rules": [{"destinationPort": 1}]}}]}});
            json!({"name": "envoy.filters.network.rbac", "typedConfig": {"rules": {
                "action": action, "policies": {"p": {"permissions": [permission], "principals": [{"andIds": {"ids": [id]}}]}},
            }}})
        };
        let tls = |filter: &Value| json!([{"filterChainMatch": {"transportProtocol": "tls"}, "transportSocket": {}, "filters": [filter]}]);
        let caller = |name: &str| Caller { principals: vec![format!("m/ns/retail/sa/{name}")] };
        let connection = |port| Request { port, traffic: Traffic::Connection };
        let allow = inbound(&tls(&rules("ALLOW", &client)));
        assert_eq!(allow.access(&caller("client"), &connection(1)).unwrap(), Access::Allowed);
        assert_eq!(allow.access(&caller("client"), &connection(2)).unwrap(), Access::Denied);
        assert_eq!(allow.access(&caller("other"), &connection(1)).unwrap(), Access::Denied);
        assert_eq!(allow.access(&Caller::default(), &connection(1)).unwrap(), Access::Denied, "no chain for plaintext");
        let deny = inbound(&tls(&rules("DENY", &client)));
        assert_eq!(deny.access(&caller("client"), &connection(1)).unwrap(), Access::Denied);
        assert_eq!(deny.access(&caller("other"), &connection(1)).unwrap(), Access::Allowed);
        let unknown = inbound(&tls(&rules("DENY", &json!({"directRemoteIp": {"addressPrefix": "10.0.0.0"}}))));
        assert_eq!(unknown.access(&caller("client"), &connection(1)).unwrap_err()[0].field, "direct_remote_ip");
        let log = inbound(&tls(&rules("LOG", &client)));
        assert_eq!(log.access(&caller("client"), &connection(1)).unwrap(), Access::Allowed);
    }
}
