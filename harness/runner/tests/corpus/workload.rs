//! The reference workload, on ports that the system chooses.

use std::time::Duration;

use mtls_pki::{LEAF_LIFETIME, Leaf};
use serde_json::Value;
use tokio::process::Child;

use super::{Bench, SERVER, programs};

/// A running workload, which ends when it is dropped.
pub(crate) struct Workload {
    listening: Value,
    _files: tempfile::TempDir,
    _child: Child,
}

impl Workload {
    /// Starts the workload. `verify` is a value of its variable `VERIFY`.
    pub(crate) async fn start(bench: &Bench, verify: &str) -> Self {
        let files = server_files(bench);
        let mut command = programs::started("reference-workload", "proxy-api");
        for name in ["HTTP_PORT", "MTLS_PORT", "TCP_PORT", "METRICS_PORT"] {
            command.env(name, "0");
        }
        let file = |name: &str| files.path().join(name);
        command
            .env("LISTEN", "127.0.0.1")
            .env("VERIFY", verify)
            .env("MTLS_CERT_PATH", file("tls.crt"))
            .env("MTLS_KEY_PATH", file("tls.key"))
            .env("MTLS_CA_PATH", file("ca.crt"))
            .stderr(std::process::Stdio::inherit());
        let mut child = command.spawn().unwrap();
        let mut lines = programs::lines(&mut child);
        let listening = async {
            loop {
                let line: Value = serde_json::from_str(&lines.next_line().await.unwrap().expect("it listens")).unwrap();
                if line["event"] == "listening" {
                    return line;
                }
            }
        };
        let listening = tokio::time::timeout(Duration::from_secs(20), listening).await.expect("it listens in time");
        // The rest of its log must be read, or the pipe fills up.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { listening, _files: files, _child: child }
    }

    /// The port named `http` or `mtls`.
    pub(crate) fn port(&self, name: &str) -> u16 {
        self.listening[name].as_str().unwrap().rsplit(':').next().unwrap().parse().unwrap()
    }
}

/// `tls.crt`, `tls.key` and `ca.crt` of a valid server.
pub(crate) fn server_files(bench: &Bench) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let leaf = Leaf { spiffe: SERVER, dns: &["localhost".to_owned()], lifetime: LEAF_LIFETIME };
    let material = bench.authority.issue(&leaf).unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("tls.crt", &material.chain);
    write("tls.key", material.key());
    write("ca.crt", &bench.authority.root_pem());
    folder
}
