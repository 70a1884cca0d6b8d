//! The labels of every object that the harness creates in the engine, to find and remove it after a crash.

use std::{collections::HashMap, time::Duration};

use jiff::Timestamp;

/// Name of the cluster. This is kind's own label, so that kind's tools find these nodes.
pub const CLUSTER: &str = "io.x-k8s.kind.cluster";
/// `control-plane` or `worker`.
pub(super) const ROLE: &str = "io.x-k8s.kind.role";
/// Id of the run that created the object.
pub const RUN: &str = "mtls-e2e.run";
/// RFC 3339 instant after which anyone may remove the object.
pub const DEADLINE: &str = "mtls-e2e.deadline";

/// The labels of an object of `cluster`, created by `run`, that may be removed after `lifetime`.
pub(super) fn labels(cluster: &str, run: &str, lifetime: Duration) -> HashMap<String, String> {
    let deadline = Timestamp::now() + lifetime;
    HashMap::from([
        (CLUSTER.to_owned(), cluster.to_owned()),
        (RUN.to_owned(), run.to_owned()),
        (DEADLINE.to_owned(), deadline.to_string()),
    ])
}
