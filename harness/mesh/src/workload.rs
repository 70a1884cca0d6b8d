//! A pod, as far as the mesh is concerned with it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    name::Name,
    object::{Object, ObjectError},
};

/// The proxy of a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sidecar {
    /// An ordinary container.
    Container,
    /// An init container that keeps running (`restartPolicy: Always`).
    Native,
    /// None.
    Absent,
}

/// A pod.
#[derive(Clone, Debug, PartialEq)]
pub struct Pod {
    pub name: Name,
    pub labels: BTreeMap<String, String>,
    pub annotations: BTreeMap<String, String>,
    pub account: String,
    pub sidecar: Sidecar,
    /// The pod uses the network of its node, where nothing is redirected to a proxy.
    pub host_network: bool,
    /// The pod has ended (`Succeeded` or `Failed`) and serves nobody.
    pub has_ended: bool,
    /// Declared ports of all containers but the proxy: number, name, and the container.
    pub ports: Vec<(u16, Option<String>, String)>,
    /// The arguments of the init container that redirects traffic; `None` where a CNI plugin does it.
    pub(crate) redirection: Option<Vec<String>>,
}

/// The name of the proxy's container (`pkg/kube/inject/inject.go`).
const PROXY: &str = "istio-proxy";
/// Init containers that redirect traffic, or that check that a CNI plugin has done so.
const REDIRECTORS: [&str; 2] = ["istio-init", "istio-validation"];

impl Pod {
    /// Reads a pod.
    ///
    /// # Errors
    ///
    /// When the value is no object.
    pub fn read(value: &Value) -> Result<Self, ObjectError> {
        let object = Object::read(value)?;
        let spec = &object.spec;
        let containers = |key: &str| spec[key].as_array().map(Vec::as_slice).unwrap_or_default().iter();
        let is_proxy = |container: &&Value| container["name"] == PROXY;
        let sidecar = if containers("containers").any(|container| is_proxy(&container)) {
            Sidecar::Container
        } else if containers("initContainers").any(|one| is_proxy(&one) && one["restartPolicy"] == "Always") {
            Sidecar::Native
        } else {
            Sidecar::Absent
        };
        let ports = containers("containers")
            .chain(containers("initContainers").filter(|one| one["restartPolicy"] == "Always"))
            .filter(|container| !is_proxy(container))
            .flat_map(|container| {
                let owner = container["name"].as_str().unwrap_or_default();
                let ports = container["ports"].as_array().map(Vec::as_slice).unwrap_or_default();
                ports.iter().filter(|port| matches!(port["protocol"].as_str(), None | Some("TCP"))).filter_map(|port| {
                    let number = u16::try_from(port["containerPort"].as_u64()?).ok()?;
                    Some((number, port["name"].as_str().map(str::to_owned), owner.to_owned()))
                })
            })
            .collect();
        let redirection = containers("initContainers")
            .find(|container| REDIRECTORS.iter().any(|name| container["name"] == *name))
            .map(|container| {
                let words =
                    ["command", "args"].into_iter().flat_map(|key| container[key].as_array().into_iter().flatten());
                words.filter_map(|word| word.as_str().map(str::to_owned)).collect()
            });
        Ok(Self {
            account: spec["serviceAccountName"].as_str().unwrap_or("default").to_owned(),
            sidecar,
            host_network: spec["hostNetwork"] == true,
            has_ended: matches!(object.status["phase"].as_str(), Some("Succeeded" | "Failed")),
            ports,
            redirection,
            name: object.name,
            labels: object.labels,
            annotations: object.annotations,
        })
    }

    /// The SPIFFE ID that the mesh gives this pod, without its scheme.
    pub fn principal(&self, trust_domain: &str) -> String {
        format!("{trust_domain}/ns/{}/sa/{}", self.name.namespace, self.account)
    }
}
