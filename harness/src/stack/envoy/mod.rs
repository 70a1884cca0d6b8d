//! Stock Envoy as istiod would configure it, without an istiod.
//!
//! Input: who has a sidecar and where, and the policies that hold. Output: files for one Envoy that is everybody's sidecar.
//! The templates in `fixtures/envoy` are what istiod 1.31 pushes; the folder's README lists every difference. Pure but for
//! [`Files::write`]. Not here: starting Envoy, certificates, and anything that only matters inside a pod.

#[cfg(test)]
mod accepted;
mod drift;
mod files;
mod held;
mod inbound;
mod mode;
mod outbound;
mod policy;
mod proxy;
mod pushed;
mod resource;
mod template;

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use kube::api::DynamicObject;
use tokio::process::Command;

use crate::duration::spell_duration;

pub use drift::{Difference, drift};
pub use files::{Changed, Files, render};
pub use held::{SidecarCertificates, held};
pub use inbound::inbound_listener;
pub use mode::{Mode, effective_mode};
pub use policy::{Action, Policies, Seen};
pub use proxy::COLUMN as PROXY_COLUMN;
pub use pushed::{Pushed, PushedError, pushed};

/// Everything that one Envoy stands for.
#[derive(Clone, Debug)]
pub struct Sidecars<'a> {
    pub sidecars: Vec<Sidecar>,
    pub policies: &'a [DynamicObject],
    pub trust_domain: &'a str,
    pub admin: SocketAddr,
    /// Absolute, for every file.
    pub folder: &'a Path,
    /// Added to every port that policies name.
    pub shift: u16,
}

/// The sidecar of one pod, or a proxy that stands beside it.
#[derive(Clone, Debug)]
pub struct Sidecar {
    /// Service account, and the value of the pod's `app` label.
    pub account: String,
    pub namespace: String,
    /// The folder with `tls.crt`, `tls.key` and `ca.crt`.
    pub certificates: PathBuf,
    pub validator: Validator,
    pub role: Role,
}

/// Which way connections go through it.
#[derive(Clone, Debug)]
pub enum Role {
    /// Callers find it at the first address, it finds its application at the second.
    Server { sidecar: Ipv4Addr, application: Ipv4Addr },
    /// No sidecar: callers find a proxy with a CA bundle at the first address, and behind it the same application.
    Proxy { proxy: Ipv4Addr, application: Ipv4Addr },
    /// It calls from `address`, and listens for its application once per server.
    Caller { address: Ipv4Addr, towards: Vec<UpstreamTarget> },
}

/// One server as a caller's sidecar knows it.
#[derive(Clone, Debug)]
pub struct UpstreamTarget {
    pub account: String,
    pub namespace: String,
    /// Where the caller's application finds it.
    pub listener: Ipv4Addr,
    /// Where the server's sidecar is.
    pub server: Ipv4Addr,
}

/// Who decides about a peer's chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validator {
    /// Envoy's SPIFFE validator, as SPIRE delivers the bundle (SPIRE `pkg/agent/endpoints/sdsv3/handler.go`).
    Spiffe,
    /// A plain CA file, as istiod's own CA would deliver it.
    TrustedCa,
}

#[derive(Debug, thiserror::Error)]
pub enum EnvoyError {
    #[error("{policy}: {problem}; only istiod understands it, use --env kind")]
    Policy { policy: String, problem: String },
    #[error("template {name} is not usable: {problem}")]
    Template { name: &'static str, problem: String },
    #[error("write {path}")]
    Write {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
}

/// Where the stack's declaration has it.
pub const COMPONENT: &str = "envoy";
pub const PROGRAM: &str = "envoy";
/// Its own record of connections and requests, below the folder.
pub const ACCESS_LOG: &str = "access.log";
const VERSION_LIMIT: Duration = Duration::from_secs(10);

/// Arguments of an Envoy whose files lie in `folder`.
pub fn arguments(folder: &Path) -> Vec<String> {
    let bootstrap = folder.join(files::BOOTSTRAP).display().to_string();
    // What was refused must be in the log when its caller is asked about it; a policy that has changed must not live on in
    // connections of the old one.
    let fixed = "--disable-hot-restart --concurrency 1 --log-level warning --component-log-level misc:error --file-flush-interval-msec 50 --drain-time-s 1 \
                 --drain-strategy immediate";
    ["-c".to_owned(), bootstrap].into_iter().chain(fixed.split_whitespace().map(str::to_owned)).collect()
}

/// What the program says it is, or why it does not say.
pub async fn version(program: &Path) -> String {
    let asked = Command::new(program).arg("--version").kill_on_drop(true).output();
    match tokio::time::timeout(VERSION_LIMIT, asked).await {
        Ok(Ok(output)) => {
            let text = String::from_utf8_lossy(&output.stdout);
            text.split_whitespace().last().unwrap_or("it says nothing").to_owned()
        }
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer within {}", spell_duration(VERSION_LIMIT)),
    }
}

/// The release that it says it is, of `<commit>/1.39.3/Clean/RELEASE/BoringSSL`; nothing of any other answer.
pub fn release(version: &str) -> Option<&str> {
    let (_, rest) = version.split_once('/')?;
    rest.split('/').next().filter(|release| release.starts_with(|first: char| first.is_ascii_digit()))
}
