//! Debian's `docker-registry` on a free loopback port, for the duration of a selftest.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use mtls_engine::wait::{Check, until};
use tokio::process::{Child, Command};

use super::SelftestError;

/// The program.
pub(super) const PROGRAM: &str = "docker-registry";
/// Timeout of its start.
const LIMIT: Duration = Duration::from_secs(30);

/// A running registry; dropping it kills the process.
pub(crate) struct Registry {
    child: Child,
    address: String,
    folder: PathBuf,
}

impl Registry {
    /// Starts a registry that stores its data in `folder`. `None` when the program is not installed.
    pub(crate) async fn start(folder: &Path) -> Result<Option<Self>, SelftestError> {
        let fail = |error: std::io::Error| SelftestError::Registry(error.to_string());
        if folder.exists() {
            std::fs::remove_dir_all(folder).map_err(fail)?;
        }
        std::fs::create_dir_all(folder).map_err(fail)?;
        // The port is free at this moment; a later conflict cannot be excluded.
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|socket| socket.local_addr()).map_err(fail)?;
        let address = port.to_string();
        let config = folder.join("config.yml");
        let text = serde_json::json!({
            "version": "0.1",
            "log": {"level": "warn"},
            "storage": {"filesystem": {"rootdirectory": folder.join("data")}},
            "http": {"addr": address},
        });
        std::fs::write(&config, text.to_string()).map_err(fail)?;
        let started = Command::new(PROGRAM)
            .arg("serve")
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(folder.join("log")).map_err(fail)?)
            .kill_on_drop(true)
            .spawn();
        let child = match started {
            Ok(child) => child,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(fail(error)),
        };
        let registry = Self { child, address, folder: folder.to_owned() };
        registry.serves().await?;
        Ok(Some(registry))
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Stops the registry and removes its data.
    pub(crate) async fn stop(mut self) {
        // Errors are ignored: the child dies with this process, and the next run empties the folder.
        let _ = self.child.kill().await;
        let _ = std::fs::remove_dir_all(&self.folder);
    }

    async fn serves(&self) -> Result<(), SelftestError> {
        let look = async || match tokio::net::TcpStream::connect(&self.address).await {
            Ok(_) => Check::Ready(()),
            Err(error) => Check::NotYet(error.to_string()),
        };
        until("the registry", LIMIT, Duration::from_millis(50), look).await.map_err(|error| {
            let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            SelftestError::Registry(format!("{error}\n{log}"))
        })
    }
}
