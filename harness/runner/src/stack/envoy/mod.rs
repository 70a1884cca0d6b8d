//! Stock Envoy, configured as istiod would configure it, without an istiod.
//!
//! Input: the sidecars with their addresses, and the policies in force. Output: files for one Envoy that serves as all
//! sidecars. The templates in `fixtures/envoy` are the configuration of istiod 1.31; the folder's README lists every
//! difference. Pure except for [`Files::write`]. Not here: starting Envoy, certificates, and pod-only configuration.

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

use mtls_core::duration::spell_duration;
use mtls_kubernetes::DynamicObject;
use tokio::process::Command;

pub use drift::{Difference, drift};
pub use files::{Changed, Files, render};
pub use held::{SidecarCertificates, held};
pub use inbound::inbound_listener;
pub use mode::{Mode, effective_mode};
pub use policy::{Action, Policies, TrafficLevel};
pub use proxy::COLUMN as PROXY_COLUMN;
pub use pushed::{Pushed, PushedError, pushed};

/// All sidecars of one Envoy.
#[derive(Clone, Debug)]
pub struct Sidecars<'a> {
    pub sidecars: Vec<Sidecar>,
    pub policies: &'a [DynamicObject],
    pub trust_domain: &'a str,
    pub admin: SocketAddr,
    /// An absolute path, which all files need.
    pub folder: &'a Path,
    /// Added to every port that policies name.
    pub shift: u16,
}

/// The sidecar of one pod, or a stand-alone proxy.
#[derive(Clone, Debug)]
pub struct Sidecar {
    /// The service account, which is also the value of the pod's `app` label.
    pub account: String,
    pub namespace: String,
    /// The folder with `tls.crt`, `tls.key` and `ca.crt`.
    pub certificates: PathBuf,
    pub validator: Validator,
    pub role: Role,
}

/// The direction of connections through a sidecar.
#[derive(Clone, Debug)]
pub enum Role {
    /// Clients connect to the first address, the application listens on the second.
    Server { sidecar: Ipv4Addr, application: Ipv4Addr },
    /// No sidecar: clients connect to a proxy with a CA bundle on the first address, with the same application behind
    /// it.
    Proxy { proxy: Ipv4Addr, application: Ipv4Addr },
    /// Connects from `address`, and listens for its application once per server.
    Caller { address: Ipv4Addr, towards: Vec<UpstreamTarget> },
}

/// One server as a caller's sidecar is configured for it.
#[derive(Clone, Debug)]
pub struct UpstreamTarget {
    pub account: String,
    pub namespace: String,
    /// The address to which the caller's application connects.
    pub listener: Ipv4Addr,
    /// The address of the server's sidecar.
    pub server: Ipv4Addr,
}

/// The validator of a peer's chain.
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

/// The component in the declaration of the stack.
pub const COMPONENT: &str = "envoy";
pub const PROGRAM: &str = "envoy";
/// Envoy's access log, relative to the folder.
pub const ACCESS_LOG: &str = "access.log";
const VERSION_LIMIT: Duration = Duration::from_secs(10);

/// Arguments of an Envoy whose files are in `folder`.
pub fn arguments(folder: &Path) -> Vec<String> {
    let bootstrap = folder.join(files::BOOTSTRAP).display().to_string();
    // A refusal must be in the log when the client's result is evaluated; connections accepted under an old policy
    // must not outlive a change.
    let fixed = "--disable-hot-restart --concurrency 1 --log-level warning --component-log-level misc:error --file-flush-interval-msec 50 --drain-time-s 1 \
                 --drain-strategy immediate";
    ["-c".to_owned(), bootstrap].into_iter().chain(fixed.split_whitespace().map(str::to_owned)).collect()
}

/// The version that the program prints, or why there is none.
pub async fn version(program: &Path) -> String {
    let asked = Command::new(program).arg("--version").kill_on_drop(true).output();
    match tokio::time::timeout(VERSION_LIMIT, asked).await {
        Ok(Ok(output)) => {
            let text = String::from_utf8_lossy(&output.stdout);
            text.split_whitespace().last().unwrap_or("unknown: it prints no version").to_owned()
        }
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer within {}", spell_duration(VERSION_LIMIT)),
    }
}

/// The release in `<commit>/1.39.3/Clean/RELEASE/BoringSSL`; `None` for any other text.
pub fn release(version: &str) -> Option<&str> {
    let (_, rest) = version.split_once('/')?;
    rest.split('/').next().filter(|release| release.starts_with(|first: char| first.is_ascii_digit()))
}
