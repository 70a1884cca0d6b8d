//! A client of a Kubernetes API server: apply, get, wait, exec, logs, and GET through the service proxy.
//!
//! Objects are dynamic; `stack` knows their products. Only the typed certificate code reads the data of a Secret, and
//! nothing here logs an object.

mod access;
mod apply;
mod client;
mod exec;
mod manifest;
mod merge;
mod ready;
mod selector;
mod wait;

pub use kube::api::DynamicObject;

pub use access::{Access, Exception, NotAllowed};
pub use apply::{Applied, Inverse};
pub use client::{Kube, KubeError, Reference};
pub use exec::{Output, Running, spell_code};
pub use manifest::{ManifestError, documents, kind_rank, rank};
pub use merge::{MergeError, merge_kubeconfig, unmerge_kubeconfig};
pub use ready::readiness;
pub use selector::selects;
