//! How a client's proxy connects to a server: `DestinationRule` (`pilot/pkg/model/push_context.go`, `destinationRule`;
//! `pilot/pkg/model/destination_rule.go`; `pilot/pkg/networking/core/cluster_tls.go`).
//!
//! The first namespace with a rule for the host decides: the client's, the server's, the root namespace. There the most
//! specific host counts, and of several rules for one host the oldest that has a `trafficPolicy`. A rule without `tls`
//! leaves automatic mutual TLS alone. Settings of a port replace those of the rule as a whole.
//!
//! Not here: subsets, which are reached through a `VirtualService` only; rules with a `workloadSelector` are unknown.

use serde_json::Value;

use crate::{
    Mesh,
    name::Name,
    object::{Object, strings},
    unknown::{Answer, Unknown},
};

/// The TLS mode of a client's connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientMode {
    /// No rule says anything: the mutual TLS of the mesh where the server has a proxy, plaintext elsewhere.
    Automatic,
    /// The mutual TLS of the mesh, asked for.
    IstioMutual,
    /// Plaintext.
    Disable,
    /// TLS without a certificate of the mesh.
    Simple,
    /// TLS with a certificate of the rule's own.
    Mutual,
}

impl ClientMode {
    /// Whether clients present their identity of the mesh.
    pub fn is_of_the_mesh(self) -> bool {
        matches!(self, Self::Automatic | Self::IstioMutual)
    }
}

/// The mode, and the rule that set it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientTls {
    pub mode: ClientMode,
    pub decided_by: Option<Name>,
}

/// A port of a Service, as a client sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    pub namespace: String,
    pub service: String,
    /// The port of the Service, not of the pod.
    pub port: u16,
}

/// A `DestinationRule` of any served version.
#[derive(Clone, Debug)]
pub struct DestinationRule {
    object: Object,
    /// Complete: a short name is in the rule's own namespace.
    host: String,
    exported_to: Vec<String>,
}

impl DestinationRule {
    /// Reads a rule.
    ///
    /// # Errors
    ///
    /// When its host or its visibility is not understood.
    pub fn read(object: Object, mesh: &Mesh) -> Answer<Self> {
        let one = |problem: Unknown| vec![problem];
        let host = object.spec["host"].as_str().unwrap_or_default();
        if host.is_empty() {
            return Err(vec![Unknown::new(&object.name, "spec.host", "is missing")]);
        }
        // `pkg/config/resource` and `ResolveShortnameToFQDN`: a name without dots is of the rule's own namespace.
        let host = if host.contains(['.', '*']) {
            host.to_owned()
        } else {
            format!("{host}.{}.svc.{}", object.name.namespace, mesh.cluster_domain)
        };
        let exported_to = strings(&object.name, &object.spec["exportTo"], "spec.exportTo").map_err(one)?;
        Ok(Self { object, host, exported_to })
    }

    pub fn name(&self) -> &Name {
        &self.object.name
    }

    /// The ports for which it sets a mode, `None` for all, with the mode. Harmless and harmful ones.
    pub fn modes(&self) -> Vec<(Option<u16>, String)> {
        let policy = &self.object.spec["trafficPolicy"];
        let mode = |value: &Value| value["tls"]["mode"].as_str().map(str::to_owned);
        let ports = policy["portLevelSettings"].as_array().into_iter().flatten();
        let whole = mode(policy).map(|mode| (None, mode));
        whole.into_iter().chain(ports.filter_map(|one| Some((port_of(one), mode(one)?)))).collect()
    }

    /// Whether it is about this host, and how specific it is: the length of the part that is no wildcard.
    fn fits(&self, host: &str) -> Option<usize> {
        match self.host.strip_prefix('*') {
            None => (self.host == host).then_some(usize::MAX),
            Some(suffix) => host.ends_with(suffix).then_some(suffix.len()),
        }
    }

    fn is_visible_from(&self, namespace: &str) -> bool {
        let own = self.object.name.namespace == namespace;
        self.exported_to.is_empty()
            || self.exported_to.iter().any(|one| one == "*" || one == namespace || (one == "." && own))
    }
}

fn port_of(settings: &Value) -> Option<u16> {
    u16::try_from(settings["port"]["number"].as_u64()?).ok()
}

/// How proxies of a namespace connect to a port of a Service.
///
/// # Errors
///
/// When the rule that decides is for some workloads of the namespace only, or its mode is not understood.
pub fn client_tls(
    client_namespace: &str,
    to: &Destination,
    rules: &[DestinationRule],
    mesh: &Mesh,
) -> Answer<ClientTls> {
    let host = format!("{}.{}.svc.{}", to.service, to.namespace, mesh.cluster_domain);
    let mut namespaces = vec![client_namespace, to.namespace.as_str(), mesh.root_namespace.as_str()];
    if client_namespace == mesh.root_namespace {
        // Only what the root namespace keeps to itself comes first there.
        namespaces.remove(0);
    }
    for namespace in namespaces {
        let fitting = rules.iter().filter(|rule| {
            rule.object.name.namespace == namespace
                && rule.is_visible_from(client_namespace)
                && rule.fits(&host).is_some()
        });
        let mut fitting: Vec<&DestinationRule> = fitting.collect();
        let Some(most) = fitting.iter().filter_map(|rule| rule.fits(&host)).max() else { continue };
        fitting.retain(|rule| rule.fits(&host) == Some(most));
        fitting.sort_by(|one, other| one.object.age_order().cmp(&other.object.age_order()));
        if let Some(rule) = fitting.iter().find(|rule| !rule.object.spec["workloadSelector"].is_null()) {
            let why = "only some clients of the namespace are concerned";
            return Err(vec![Unknown::new(rule.name(), "spec.workloadSelector", why)]);
        }
        let Some(rule) = fitting.into_iter().find(|rule| rule.object.spec["trafficPolicy"].is_object()) else {
            break;
        };
        return of_rule(rule, to.port);
    }
    Ok(ClientTls { mode: ClientMode::Automatic, decided_by: None })
}

fn of_rule(rule: &DestinationRule, port: u16) -> Answer<ClientTls> {
    let policy = &rule.object.spec["trafficPolicy"];
    let ports = policy["portLevelSettings"].as_array().into_iter().flatten();
    let own = ports.into_iter().find(|settings| port_of(settings) == Some(port));
    let tls = own.map_or(&policy["tls"], |settings| &settings["tls"]);
    let name = rule.name();
    let mode = match (tls, &tls["mode"]) {
        (Value::Null, _) => return Ok(ClientTls { mode: ClientMode::Automatic, decided_by: None }),
        // The first value of the enum: `tls: {}` disables TLS.
        (_, Value::Null) => ClientMode::Disable,
        (_, mode) => match mode.as_str() {
            Some("DISABLE") => ClientMode::Disable,
            Some("SIMPLE") => ClientMode::Simple,
            Some("MUTUAL") => ClientMode::Mutual,
            Some("ISTIO_MUTUAL") => ClientMode::IstioMutual,
            _ => return Err(vec![Unknown::new(name, "spec.trafficPolicy.tls.mode", format!("{mode} is no mode"))]),
        },
    };
    Ok(ClientTls { mode, decided_by: Some(name.clone()) })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rule(namespace: &str, name: &str, spec: &Value) -> DestinationRule {
        let value =
            json!({"kind": "DestinationRule", "metadata": {"namespace": namespace, "name": name}, "spec": spec});
        DestinationRule::read(Object::read(&value).unwrap(), &Mesh::default()).unwrap()
    }

    fn mode(rules: &[DestinationRule], client: &str, port: u16) -> String {
        let to = Destination { namespace: "retail".to_owned(), service: "api".to_owned(), port };
        match client_tls(client, &to, rules, &Mesh::default()) {
            Ok(tls) => format!("{:?} by {}", tls.mode, tls.decided_by.map_or("nobody".to_owned(), |name| name.name)),
            Err(unknown) => format!("unknown: {}", unknown[0].field),
        }
    }

    #[test]
    fn the_nearest_rule_for_the_most_specific_host_decides() {
        let tls = |host: &str, mode: &str| json!({"host": host, "trafficPolicy": {"tls": {"mode": mode}}});
        let full = "api.retail.svc.cluster.local";
        let server = rule("retail", "server", &tls(full, "DISABLE"));
        let client = rule("web", "client", &tls(full, "SIMPLE"));
        let root = rule("istio-system", "root", &tls("*.local", "ISTIO_MUTUAL"));
        let broad = rule("retail", "broad", &tls("*.retail.svc.cluster.local", "SIMPLE"));
        let private = rule(
            "retail",
            "private",
            &json!({"host": full, "exportTo": ["."], "trafficPolicy": {"tls": {"mode": "DISABLE"}}}),
        );
        let pool = rule("retail", "pool", &json!({"host": "api", "trafficPolicy": {"connectionPool": {}}}));
        let selected = rule("web", "selected", &json!({"host": full, "workloadSelector": {"matchLabels": {"a": "b"}}}));
        for (rules, client_namespace, expected) in [
            (vec![], "web", "Automatic by nobody"),
            (vec![&server], "web", "Disable by server"),
            (vec![&server, &client], "web", "Simple by client"),
            (vec![&server, &client], "else", "Disable by server"),
            (vec![&root], "web", "IstioMutual by root"),
            (vec![&root, &broad], "web", "Simple by broad"),
            (vec![&broad, &server], "web", "Disable by server"),
            (vec![&private], "web", "Automatic by nobody"),
            (vec![&private], "retail", "Disable by private"),
            (vec![&pool, &root], "web", "Automatic by nobody"),
            (vec![&selected], "web", "unknown: spec.workloadSelector"),
        ] {
            let rules: Vec<DestinationRule> = rules.into_iter().cloned().collect();
            assert_eq!(mode(&rules, client_namespace, 8080), expected, "{client_namespace} {rules:?}");
        }
    }

    #[test]
    fn settings_of_a_port_replace_those_of_the_rule() {
        let settings = json!([{"port": {"number": 9000}, "tls": {"mode": "DISABLE"}}, {"port": {"number": 9090}}]);
        let rules = [rule(
            "retail",
            "r",
            &json!({
                "host": "api", "trafficPolicy": {"tls": {"mode": "ISTIO_MUTUAL"}, "portLevelSettings": settings},
            }),
        )];
        assert_eq!(mode(&rules, "web", 8080), "IstioMutual by r");
        assert_eq!(mode(&rules, "web", 9000), "Disable by r");
        assert_eq!(mode(&rules, "web", 9090), "Automatic by nobody");
    }

    #[test]
    fn an_empty_mode_is_plaintext() {
        let rules = [rule("retail", "r", &json!({"host": "api", "trafficPolicy": {"tls": {}}}))];
        assert_eq!(mode(&rules, "web", 8080), "Disable by r");
        let rules = [rule("retail", "r", &json!({"host": "api", "trafficPolicy": {"tls": {"mode": "X"}}}))];
        assert_eq!(mode(&rules, "web", 8080), "unknown: spec.trafficPolicy.tls.mode");
    }
}
