//! A Kubernetes API server as we use it: apply, get, watch until, exec, logs, and GET through its service proxy.
//!
//! Objects are dynamic: which products they belong to is the business of `stack`. Secrets are read whole only by the
//! typed certificate code; nothing here logs an object.

mod access;
mod apply;
mod client;
mod exec;
mod manifest;
mod merge;
mod ready;
mod selector;
mod wait;

pub use access::{Access, Exception, NotAllowed};
pub use apply::{Applied, Inverse};
pub use client::{Kube, KubeError, Reference};
pub use exec::{Output, Running, spell_code};
pub use manifest::{ManifestError, documents, kind_rank, rank};
pub use merge::{MergeError, merge_kubeconfig, unmerge_kubeconfig};
pub use ready::readiness;
pub use selector::selects;
