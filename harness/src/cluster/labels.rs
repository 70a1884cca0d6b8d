//! The labels that every object of ours carries in the engine, so that it can be found and removed after a crash.

use std::{collections::HashMap, time::Duration};

use jiff::Timestamp;

/// Name of the cluster; the label the original kind uses, so that its tools see our nodes.
pub const CLUSTER: &str = "io.x-k8s.kind.cluster";
/// `control-plane` or `worker`.
pub(super) const ROLE: &str = "io.x-k8s.kind.role";
/// Id of the run that created the object.
pub const RUN: &str = "mtls-e2e.run";
/// RFC 3339 instant after which anyone may remove the object.
pub const DEADLINE: &str = "mtls-e2e.deadline";

/// Labels of an object of `cluster`, made by `run`, not needed after `lifetime`.
pub(super) fn labels(cluster: &str, run: &str, lifetime: Duration) -> HashMap<String, String> {
    let deadline = Timestamp::now() + lifetime;
    HashMap::from([
        (CLUSTER.to_owned(), cluster.to_owned()),
        (RUN.to_owned(), run.to_owned()),
        (DEADLINE.to_owned(), deadline.to_string()),
    ])
}
