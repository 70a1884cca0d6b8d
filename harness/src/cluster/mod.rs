//! Kubernetes nodes as containers: create, find again, diagnose, remove.
//!
//! Input: a node image and a name. Output: a [`Cluster`] whose API server answers at a kubeconfig written to a file.
//! Containers are started through testcontainers; bollard does what it cannot (networks without a way out, exec
//! with standard input, lookup by label). Compatible with kind's node contract, so that `kindest/node` runs here.
//!
//! Deliberately knows no product of the stack and applies no object to the cluster.

mod create;
mod diagnose;
mod engine;
mod kubeadm;
mod kubeconfig;
mod labels;
mod network;
mod node;
mod overlay;
mod sweep;

pub use create::{Cluster, ClusterError, ClusterRequest};
pub use diagnose::diagnose;
pub use engine::{Engine, EngineError, Executed};
pub use labels::{CLUSTER, DEADLINE, RUN};
pub use sweep::{Removed, Scope, find, sweep};
