//! The reference workload and the reference clients: where they run and which program speaks for them.

use crate::{
    kubernetes::Reference,
    scenario::model::{Answers, CastMember, Column, Reload, Verify, WorkloadFaults},
};

/// Namespace of callers that are not in the mesh.
pub const OUTSIDE: &str = "mtls-e2e-outside";
/// The program that the harness runs inside a client's pod.
pub const CLIENT_PROGRAM: &str = "/usr/local/bin/mtls-client";

/// Packages of this workspace, named as their programs.
pub const CLIENT_PACKAGE: &str = "mtls-client";
pub const SERVER_PACKAGE: &str = "reference-workload";
/// Its command that plays the seed's workload.
pub const SERVER_COMMAND: &str = "proxy-api";
/// Variables with its ports (`fixtures/workload/README.md`).
pub const PORT_VARIABLES: [(&str, Column); 4] = [
    ("HTTP_PORT", Column::Http),
    ("METRICS_PORT", Column::Metrics),
    ("MTLS_PORT", Column::OwnTls),
    ("TCP_PORT", Column::Tcp),
];
/// Variables with its address and, as the seed names them, the files of its identity.
pub const LISTEN_VARIABLE: &str = "LISTEN";
pub const FILE_VARIABLES: [(&str, &str); 3] =
    [("MTLS_CERT_PATH", "tls.crt"), ("MTLS_KEY_PATH", "tls.key"), ("MTLS_CA_PATH", "ca.crt")];

/// How the client is made wrong on purpose (`fixtures/client/README.md`).
pub const FAULTS_VARIABLE: &str = "MTLS_CLIENT_FAULTS";
/// How a workload is made wrong on purpose (`fixtures/workload/README.md`).
pub const ANSWERS_VARIABLE: &str = "ANSWERS";
pub const RELOAD_VARIABLE: &str = "RELOAD";
pub const VERIFY_VARIABLE: &str = "VERIFY";
/// All of them.
pub const FAULT_VARIABLES: [&str; 3] = [ANSWERS_VARIABLE, RELOAD_VARIABLE, VERIFY_VARIABLE];
/// One of them with its value.
pub type Variable = (&'static str, &'static str);
/// Where the client finds a Workload API.
pub const SOCKET_VARIABLE: &str = "SPIFFE_ENDPOINT_SOCKET";

/// The variables that make a workload wrong as asked (`fixtures/workload/README.md`); none where it is sound.
pub fn fault_variables(weak: &WorkloadFaults) -> Vec<Variable> {
    let mut variables = Vec::new();
    if weak.verify == Verify::AcceptAnything {
        variables.push((VERIFY_VARIABLE, "accept-anything"));
    }
    if weak.reload == Reload::Never {
        variables.push((RELOAD_VARIABLE, "never"));
    }
    if weak.answers == Answers::Most {
        variables.push((ANSWERS_VARIABLE, "most"));
    }
    variables
}

/// Service port of a column of a handshake grid.
pub fn port(column: Column) -> u16 {
    match column {
        Column::Http => 8080,
        Column::Metrics => 9090,
        Column::OwnTls => 8443,
        Column::Tcp => 9000,
    }
}

/// The Deployment behind a cast member, whether it plays a server or a caller.
pub fn deployment(member: &CastMember) -> Reference {
    let name = member.workload.as_deref().or(member.client.as_deref()).unwrap_or_default();
    Reference::new("apps/v1", "Deployment", Some(&member.namespace), name)
}

/// The DNS name of a server inside the cluster.
pub fn host(member: &CastMember) -> String {
    format!("{}.{}.svc.cluster.local", member.workload.as_deref().unwrap_or_default(), member.namespace)
}
