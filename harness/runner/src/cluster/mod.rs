//! Kubernetes nodes as containers: create, find, diagnose, remove.
//!
//! Input: a node image and a name. Output: a [`Cluster`] whose API server answers, with its kubeconfig in a file.
//! testcontainers starts the nodes; `mtls_engine` does what testcontainers cannot (internal networks, exec with standard
//! input, lookup by label). The nodes follow kind's node contract, so that `kindest/node` runs here.
//!
//! It deliberately knows no product of the stack and applies no object to the cluster.

mod create;
mod diagnose;
mod kubeadm;
mod kubeconfig;
mod labels;
mod network;
mod node;
mod overlay;
mod sweep;

pub use create::{Cluster, ClusterError, ClusterRequest};
pub use diagnose::diagnose;
pub use labels::{CLUSTER, DEADLINE, RUN};
pub use mtls_engine::{Engine, EngineError, Executed};
pub use sweep::{Removed, Scope, find, sweep};
