//! Packages whose services must not run: Debian starts installed services, and the ports of Prometheus belong to the
//! user.
//!
//! Only newly installed packages are affected. A service that the user runs on purpose is not touched.

use std::{
    fs,
    io::ErrorKind,
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, bail};

use super::{apt, on_path, say};

/// Packages of which only the programs are needed, and the services they would start.
const SERVICES: [(&str, &str); 2] =
    [("prometheus", "prometheus.service"), ("prometheus-alertmanager", "prometheus-alertmanager.service")];
/// Debian's maintainer scripts run it before they start a service (`invoke-rc.d(8)`); 101 means no.
const POLICY: &str = "/usr/sbin/policy-rc.d";
const NO: &str = "#!/bin/sh\nexit 101\n";

/// Whether a package is installed for its programs alone.
pub(super) fn is_quiet(package: &str) -> bool {
    SERVICES.iter().any(|(name, _)| *name == package)
}

/// Installs packages without starting their services, now or at the next boot.
pub(super) fn install(packages: &[&str]) -> anyhow::Result<()> {
    let fresh: Vec<&str> = packages.iter().copied().filter(|package| !on_path(package)).collect();
    {
        let _policy = Policy::forbid(Path::new(POLICY))?;
        apt(&[&["install", "--yes", "--no-install-recommends"], packages].concat())?;
    }
    for (_, service) in SERVICES.iter().filter(|(package, _)| fresh.contains(package)) {
        disable(service)?;
        say(&format!("{service} is installed and stays off"));
    }
    Ok(())
}

/// Also works if systemd is not running: it only removes links.
fn disable(service: &str) -> anyhow::Result<()> {
    if !on_path("systemctl") {
        // Without systemd the links are not read, and the policy has kept the service from starting.
        return Ok(());
    }
    let output = Command::new("systemctl")
        .args(["disable", service])
        .stdin(Stdio::null())
        .output()
        .context("cannot start systemctl")?;
    if !output.status.success() {
        bail!("`systemctl disable {service}` failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

/// Forbids services to start while it exists. A policy of the user's is kept and honoured.
struct Policy(Option<PathBuf>);

impl Policy {
    fn forbid(path: &Path) -> anyhow::Result<Self> {
        let made = fs::OpenOptions::new().write(true).create_new(true).mode(0o755).open(path);
        match made {
            Ok(file) => {
                let policy = Self(Some(path.to_owned()));
                // The umask of this process may have removed the executable bits.
                file.set_permissions(fs::Permissions::from_mode(0o755))
                    .and_then(|()| fs::write(path, NO))
                    .with_context(|| format!("cannot write {}", path.display()))?;
                Ok(policy)
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(Self(None)),
            Err(error) => Err(error).with_context(|| format!("cannot write {}; it must run as root", path.display())),
        }
    }
}

impl Drop for Policy {
    fn drop(&mut self) {
        if let Some(path) = &self.0
            && let Err(error) = fs::remove_file(path)
        {
            say(&format!("cannot remove {}: {error}; it keeps services from starting", path.display()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_goes_and_a_users_policy_stays() {
        let path = std::env::temp_dir().join(format!("mtls-e2e-policy-{}", std::process::id()));
        let policy = Policy::forbid(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o755);
        // Read by a shell, not executed: a concurrent test that forks may hold the file open for writing (ETXTBSY).
        assert_eq!(Command::new("sh").arg(&path).status().unwrap().code(), Some(101));
        drop(policy);
        assert!(!path.exists());
        fs::write(&path, "theirs").unwrap();
        drop(Policy::forbid(&path).unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), "theirs");
        fs::remove_file(&path).unwrap();
    }

    #[test]
    fn the_engine_is_not_quiet() {
        assert!(is_quiet("prometheus") && !is_quiet("docker.io"));
    }
}
