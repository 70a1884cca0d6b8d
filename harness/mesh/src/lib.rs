//! What an Istio mesh enforces, predicted from its objects.
//!
//! Input: Kubernetes objects as JSON (pods, Services, `PeerAuthentication`, `AuthorizationPolicy`, `DestinationRule`) and
//! the settings of the mesh. Output: per port the effective mode and the object that decided it, whether a port reaches
//! the proxy at all, what an authorization policy answers to a class of callers, and how clients connect to a server.
//!
//! The rules are those of istiod 1.31 (sidecar mode); each file names the upstream files that it follows. What is not
//! understood is an [`Unknown`] that names the object and the field: it is never an answer.
//!
//! Not here: requests to a cluster, a verdict, ambient mode, gateways, and `EnvoyFilter` or `Sidecar` objects, which can
//! change everything below.

mod authorization;
mod destination;
mod interception;
mod name;
mod object;
mod peer;
mod protocol;
mod pushed;
mod unknown;
mod workload;

pub use authorization::{Access, Action, AuthorizationPolicy, Caller, Decision, Request, Traffic, access};
pub use destination::{ClientMode, ClientTls, Destination, DestinationRule, client_tls};
pub use interception::{Interception, Kept, interception};
pub use name::Name;
pub use object::{Created, Object, ObjectError};
pub use peer::{Decider, Effective, Level, Mode, PassedOver, PeerAuthentication, Reason, effective_mode};
pub use protocol::{Protocol, ServicePort, protocol_of};
pub use pushed::Inbound;
pub use unknown::{Answer, Unknown};
pub use workload::{Pod, Sidecar};

/// The settings of a mesh that decide how its objects are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mesh {
    /// `meshConfig.rootNamespace`; its policies concern every namespace.
    pub root_namespace: String,
    /// `meshConfig.trustDomain`.
    pub trust_domain: String,
    /// `meshConfig.trustDomainAliases`.
    pub aliases: Vec<String>,
    /// The suffix of host names, such as `cluster.local`.
    pub cluster_domain: String,
}

impl Default for Mesh {
    /// What istiod assumes without any setting.
    fn default() -> Self {
        Self {
            root_namespace: "istio-system".to_owned(),
            trust_domain: "cluster.local".to_owned(),
            aliases: Vec::new(),
            cluster_domain: "cluster.local".to_owned(),
        }
    }
}
