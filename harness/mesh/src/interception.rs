//! Whether connections to a port of a pod reach its proxy (`tools/istio-iptables/pkg/capture/run.go`, and
//! `manifests/charts/istio-control/istio-discovery/files/injection-template.yaml`).
//!
//! A port that does not is answered by the application itself: no policy and no metric of the mesh sees it. The running
//! pod says what was redirected in the arguments of its init container; where a CNI plugin redirects, its annotations do.

use std::fmt;

use crate::{
    unknown::{Answer, Unknown},
    workload::{Pod, Sidecar},
};

/// What becomes of a connection to a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Interception {
    /// The proxy gets it.
    Redirected,
    /// The application gets it.
    Kept(Kept),
    /// A port of the proxy itself, which answers without a policy.
    Proxy,
}

/// Why a port is kept from the proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// The pod has no proxy.
    NoSidecar,
    /// The pod uses the network of its node.
    HostNetwork,
    /// The list of redirected ports lacks it. The list is an allow-list: nothing else is redirected.
    NotIncluded { list: String },
    /// The list of excluded ports has it.
    Excluded { list: String },
    /// `interceptionMode: NONE`.
    NotRedirected,
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSidecar => f.write_str("the pod has no sidecar"),
            Self::HostNetwork => f.write_str("the pod uses the network of its node (hostNetwork)"),
            Self::NotIncluded { list } => write!(f, "only the ports `{list}` are redirected (includeInboundPorts)"),
            Self::Excluded { list } => write!(f, "the port is in the list `{list}` (excludeInboundPorts)"),
            Self::NotRedirected => f.write_str("nothing is redirected (interceptionMode NONE)"),
        }
    }
}

/// Ports of the proxy that are never redirected: readiness and metrics.
const OF_THE_PROXY: [u16; 3] = [15_020, 15_021, 15_090];
/// Ports at which the proxy and its agent listen themselves.
const LISTENERS: [u16; 6] = [15_000, 15_001, 15_004, 15_006, 15_008, 15_053];

const INCLUDE: &str = "traffic.sidecar.istio.io/includeInboundPorts";
const EXCLUDE: &str = "traffic.sidecar.istio.io/excludeInboundPorts";
const INTERFACES: &str = "traffic.sidecar.istio.io/excludeInterfaces";
const MODE: &str = "sidecar.istio.io/interceptionMode";

/// What becomes of a TCP connection to a port of a pod.
///
/// # Errors
///
/// When the pod says something about redirection that is not understood.
pub fn interception(pod: &Pod, port: u16) -> Answer<Interception> {
    if pod.host_network {
        return Ok(Interception::Kept(Kept::HostNetwork));
    }
    if pod.sidecar == Sidecar::Absent {
        return Ok(Interception::Kept(Kept::NoSidecar));
    }
    if OF_THE_PROXY.contains(&port) || LISTENERS.contains(&port) {
        return Ok(Interception::Proxy);
    }
    let rules = Rules::of(pod)?;
    if rules.mode == "NONE" {
        return Ok(Interception::Kept(Kept::NotRedirected));
    }
    if rules.include != "*" {
        let is_included = list(pod, "includeInboundPorts", &rules.include)?.contains(&port);
        return Ok(if is_included {
            Interception::Redirected
        } else {
            Interception::Kept(Kept::NotIncluded { list: rules.include })
        });
    }
    if list(pod, "excludeInboundPorts", &rules.exclude)?.contains(&port) {
        return Ok(Interception::Kept(Kept::Excluded { list: rules.exclude }));
    }
    Ok(Interception::Redirected)
}

/// How the pod's traffic is redirected.
struct Rules {
    include: String,
    exclude: String,
    mode: String,
}

impl Rules {
    fn of(pod: &Pod) -> Answer<Self> {
        let annotation = |key: &str| pod.annotations.get(key).cloned();
        let (arguments, interfaces) = match &pod.redirection {
            Some(arguments) => (Some(arguments), flag(arguments, &["-c", "--exclude-interfaces"])),
            None => (None, annotation(INTERFACES)),
        };
        if let Some(interfaces) = interfaces.filter(|list| !list.is_empty()) {
            let why = format!("traffic of the interfaces `{interfaces}` is not redirected");
            return Err(vec![Unknown::new(&pod.name, format!("metadata.annotations.{INTERFACES}"), why)]);
        }
        Ok(match arguments {
            Some(arguments) => Self {
                include: flag(arguments, &["-b", "--istio-inbound-ports"]).unwrap_or_default(),
                exclude: flag(arguments, &["-d", "--istio-local-exclude-ports"]).unwrap_or_default(),
                mode: flag(arguments, &["-m", "--istio-inbound-interception-mode"]).unwrap_or_default(),
            },
            None => Self {
                include: annotation(INCLUDE).unwrap_or_else(|| "*".to_owned()),
                exclude: annotation(EXCLUDE).unwrap_or_default(),
                mode: annotation(MODE).unwrap_or_else(|| "REDIRECT".to_owned()),
            },
        })
    }
}

/// The value of a flag, as the next argument or after `=`.
fn flag(arguments: &[String], names: &[&str]) -> Option<String> {
    arguments.iter().enumerate().find_map(|(index, argument)| {
        names.iter().find_map(|name| match argument.strip_prefix(name)? {
            "" => arguments.get(index + 1).cloned(),
            rest => rest.strip_prefix('=').map(str::to_owned),
        })
    })
}

fn list(pod: &Pod, field: &str, text: &str) -> Answer<Vec<u16>> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let why = format!("`{part}` is no port number");
            part.parse().map_err(|_| vec![Unknown::new(&pod.name, field, why)])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn pod(annotations: &Value, spec: Value) -> Pod {
        let mut spec = spec;
        spec["containers"] = json!([{"name": "api"}, {"name": "istio-proxy"}]);
        Pod::read(&json!({
            "kind": "Pod", "metadata": {"name": "api-0", "namespace": "n", "annotations": annotations}, "spec": spec,
        }))
        .unwrap()
    }

    fn redirected(include: &str, exclude: &str) -> Value {
        json!({"initContainers": [{
            "name": "istio-init", "args": ["istio-iptables", "-m", "REDIRECT", "-b", include, "-d", exclude],
        }]})
    }

    #[test]
    fn the_arguments_of_the_init_container_decide() {
        let all = "15090,15021,15020";
        for (include, exclude, port, expected) in [
            ("*", all, 8080, Interception::Redirected),
            ("*", "15090,9099", 9099, Interception::Kept(Kept::Excluded { list: "15090,9099".to_owned() })),
            ("8080,8443", all, 8080, Interception::Redirected),
            ("8080,8443", all, 9099, Interception::Kept(Kept::NotIncluded { list: "8080,8443".to_owned() })),
            ("", all, 8080, Interception::Kept(Kept::NotIncluded { list: String::new() })),
            // An allow-list is not cut by the list of excluded ports.
            ("8080", "8080", 8080, Interception::Redirected),
            ("*", all, 15_021, Interception::Proxy),
        ] {
            // The annotation is what somebody wrote after the pod was made; it changes nothing any more.
            let pod = pod(&json!({INCLUDE: "1"}), redirected(include, exclude));
            assert_eq!(interception(&pod, port).unwrap(), expected, "{include} {exclude} {port}");
        }
    }

    #[test]
    fn without_an_init_container_the_annotations_decide() {
        let plain = |annotations| interception(&pod(&annotations, json!({})), 9099).unwrap();
        assert_eq!(plain(json!({})), Interception::Redirected);
        let include = Interception::Kept(Kept::NotIncluded { list: "8080".to_owned() });
        assert_eq!(plain(json!({INCLUDE: "8080"})), include);
        assert_eq!(plain(json!({MODE: "NONE"})), Interception::Kept(Kept::NotRedirected));
    }

    #[test]
    fn a_pod_without_proxy_or_on_the_network_of_its_node_is_open() {
        let of = |spec| {
            let pod = json!({"kind": "Pod", "metadata": {"name": "p", "namespace": "n"}, "spec": spec});
            interception(&Pod::read(&pod).unwrap(), 80).unwrap()
        };
        assert_eq!(of(json!({"containers": [{"name": "a"}]})), Interception::Kept(Kept::NoSidecar));
        let native = json!({
            "containers": [{"name": "a"}], "initContainers": [{"name": "istio-proxy", "restartPolicy": "Always"}],
        });
        assert_eq!(of(native), Interception::Redirected);
        let ended = json!({"containers": [{"name": "a"}], "initContainers": [{"name": "istio-proxy"}]});
        assert_eq!(of(ended), Interception::Kept(Kept::NoSidecar), "an init container that ends is no proxy");
        let host = json!({"hostNetwork": true, "containers": [{"name": "istio-proxy"}]});
        assert_eq!(of(host), Interception::Kept(Kept::HostNetwork));
    }

    #[test]
    fn what_is_not_understood_is_named() {
        let interfaces = pod(&json!({INTERFACES: "eth1"}), json!({}));
        assert!(interception(&interfaces, 80).unwrap_err()[0].why.contains("eth1"));
        let words = pod(&json!({INCLUDE: "http"}), json!({}));
        assert_eq!(interception(&words, 80).unwrap_err()[0].field, "includeInboundPorts");
    }
}
