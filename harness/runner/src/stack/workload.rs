//! The reference workload and the reference clients: their locations and programs.

use mtls_core::scenario::model::{Answers, Participant, Reload, ServerPort, Verify, WorkloadFaults};

use mtls_kubernetes::Reference;

/// Namespace of clients outside the mesh.
pub const OUTSIDE: &str = "mtls-e2e-outside";
/// Packages of this workspace, named like their programs.
pub const CLIENT_PACKAGE: &str = "mtls-client";
pub const PROBE_PACKAGE: &str = "mtls-probe";
pub const SERVER_PACKAGE: &str = "reference-workload";
/// Its subcommand that serves the workload of the reference document.
pub const SERVER_COMMAND: &str = "proxy-api";
/// Environment variables of its ports (`fixtures/workload/README.md`).
pub const PORT_VARIABLES: [(&str, ServerPort); 4] = [
    ("HTTP_PORT", ServerPort::Http),
    ("METRICS_PORT", ServerPort::Metrics),
    ("MTLS_PORT", ServerPort::AppMtls),
    ("TCP_PORT", ServerPort::Tcp),
];
/// Environment variables of its address and, with the names of the reference document, of its identity files.
pub const LISTEN_VARIABLE: &str = "LISTEN";
pub const FILE_VARIABLES: [(&str, &str); 3] =
    [("MTLS_CERT_PATH", "tls.crt"), ("MTLS_KEY_PATH", "tls.key"), ("MTLS_CA_PATH", "ca.crt")];

/// The variable with the client's faults (`fixtures/client/README.md`).
pub const FAULTS_VARIABLE: &str = "MTLS_CLIENT_FAULTS";
/// The variables that misconfigure a workload (`fixtures/workload/README.md`).
pub const ANSWERS_VARIABLE: &str = "ANSWERS";
pub const RELOAD_VARIABLE: &str = "RELOAD";
pub const VERIFY_VARIABLE: &str = "VERIFY";
/// All of them.
pub const FAULT_VARIABLES: [&str; 3] = [ANSWERS_VARIABLE, RELOAD_VARIABLE, VERIFY_VARIABLE];
/// A variable with its value.
pub type Variable = (&'static str, &'static str);
/// The variable with the Workload API's address for the client.
pub const SOCKET_VARIABLE: &str = "SPIFFE_ENDPOINT_SOCKET";

/// The variables for these faults (`fixtures/workload/README.md`); empty for a healthy workload.
pub fn fault_variables(faults: &WorkloadFaults) -> Vec<Variable> {
    let mut variables = Vec::new();
    if faults.verify == Verify::AcceptAnything {
        variables.push((VERIFY_VARIABLE, "accept-anything"));
    }
    if faults.reload == Reload::Never {
        variables.push((RELOAD_VARIABLE, "never"));
    }
    if faults.answers == Answers::Most {
        variables.push((ANSWERS_VARIABLE, "most"));
    }
    variables
}

/// A program that calls: in a client's pod, in a sandbox, or as a participant of a loopback world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// The reference client, which is examined. Only it has the faults of a run.
    Client,
    /// What the harness examines with.
    Probe,
}

impl Tool {
    /// The program that has this subcommand, the first of the arguments.
    pub fn of(arguments: &[&str]) -> Self {
        let is_probes = arguments.first().is_some_and(|command| PROBE_COMMANDS.contains(command));
        if is_probes { Self::Probe } else { Self::Client }
    }

    /// Its path in the image of the clients.
    pub fn path(self) -> &'static str {
        match self {
            Self::Client => "/usr/local/bin/mtls-client",
            Self::Probe => "/usr/local/bin/mtls-probe",
        }
    }
}

/// The subcommands of the probe (`harness/probe/README.md`).
const PROBE_COMMANDS: [&str; 3] = ["attempts", "fake-agent", "serve"];

/// The Service port for a port of the reference workload.
pub fn port(column: ServerPort) -> u16 {
    match column {
        ServerPort::Http => 8080,
        ServerPort::Metrics => 9090,
        ServerPort::AppMtls => 8443,
        ServerPort::Tcp => 9000,
    }
}

/// The Deployment of a participant, whether it is a server or a caller.
pub fn deployment(member: &Participant) -> Reference {
    let name = member.workload.as_deref().or(member.client.as_deref()).unwrap_or_default();
    Reference::new("apps/v1", "Deployment", Some(&member.namespace), name)
}

/// The DNS name of a server inside the cluster.
pub fn host(member: &Participant) -> String {
    format!("{}.{}.svc.cluster.local", member.workload.as_deref().unwrap_or_default(), member.namespace)
}
