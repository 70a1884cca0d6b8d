//! Debian root file systems, and single files from Debian packages, by mmdebstrap.
//!
//! The output is a tar that is used as a layer unchanged. Timestamps are clamped, so equal packages give equal bytes.
//!
//! Not here: the choice of the mirror, which is read from the host, see `apt`.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use super::apt;
use super::command::Tool;
use super::error::BuildError;
use super::layer::{self, EPOCH};
use super::output::{Facts, Output};
use super::stack::{Component, DebianDefaults, DebianSource, RootfsSource};

/// The tar of the root file system, in the component's folder.
pub(super) const ROOTFS: &str = "rootfs.tar";

/// Installs packages into a root file system.
pub(super) async fn rootfs(
    component: &Component,
    source: &RootfsSource,
    defaults: &DebianDefaults,
    directory: &Path,
    logs: &Path,
) -> Result<Facts, BuildError> {
    let tar = directory.join(ROOTFS);
    let mut tool = Tool::new(&component.id, "mmdebstrap", logs)
        .arg("--variant=minbase")
        .arg(format!("--include={}", source.packages.join(",")));
    for pattern in &defaults.exclude {
        tool = tool.arg(format!("--dpkgopt=path-exclude={pattern}"));
    }
    // Documentation is removed, licences stay.
    tool = tool.arg("--dpkgopt=path-exclude=/usr/share/doc/*").arg("--dpkgopt=path-include=/usr/share/doc/*/copyright");
    for command in &source.customize {
        tool = tool.arg(format!("--customize-hook={command}"));
    }
    debootstrap(tool, defaults, &tar).await?;
    let layer = layer::adopt(&tar)?;
    Ok(Facts { outputs: Vec::new(), layer: Some(layer), detail: installed(&tar)? })
}

/// Extracts files from a package and checks its version.
pub(super) async fn files(
    component: &Component,
    source: &DebianSource,
    defaults: &DebianDefaults,
    directory: &Path,
    logs: &Path,
) -> Result<Facts, BuildError> {
    let tar = directory.join("package.tar");
    let tool = Tool::new(&component.id, "mmdebstrap", logs)
        .arg("--variant=extract")
        .arg("--aptopt=APT::Install-Recommends \"false\"")
        .arg(format!("--include={}", source.package))
        // Nothing is installed, so dpkg has no version; apt knows the selected one.
        .arg(format!(
            "--extract-hook=mkdir -p \"$1/{NOTES}\" && APT_CONFIG=\"$MMDEBSTRAP_APT_CONFIG\" apt-cache policy {0} > \"$1/{NOTES}/{0}\"",
            source.package
        ));
    debootstrap(tool, defaults, &tar).await?;

    let policy = extract(&tar, &format!("{NOTES}/{}", source.package))?.unwrap_or_default();
    let version = candidate(&String::from_utf8_lossy(&policy)).to_owned();
    if !version.starts_with(&component.version) {
        return Err(BuildError::Content {
            component: component.id.clone(),
            problem: format!(
                "{} in {} is version `{version}`, but stack.yaml requires {}",
                source.package, defaults.suite, component.version
            ),
            fix: "set the version that the mirror has, in the component and in its image's tag".to_owned(),
        });
    }
    let mut outputs = Vec::new();
    for (name, path) in &source.files {
        let content = extract(&tar, path)?.ok_or_else(|| BuildError::Content {
            component: component.id.clone(),
            problem: format!("{} {version} has no file {path}", source.package),
            fix: "correct the path in stack.yaml".to_owned(),
        })?;
        let place = directory.join(name);
        fs::write(&place, content).map_err(BuildError::file(format!("write {}", place.display())))?;
        outputs.push(Output::of(name, &place)?);
    }
    fs::remove_file(&tar).map_err(BuildError::file(format!("remove {}", tar.display())))?;
    Ok(Facts { outputs, layer: None, detail: vec![format!("{} {version}", source.package)] })
}

/// The folder in the tar where the version selected by apt is recorded.
const NOTES: &str = "var/lib/extracted";

/// The version that `apt-cache policy` would install; empty when there is none.
fn candidate(policy: &str) -> &str {
    policy.lines().find_map(|line| line.trim().strip_prefix("Candidate: ")).unwrap_or_default()
}

async fn debootstrap(tool: Tool, defaults: &DebianDefaults, tar: &Path) -> Result<(), BuildError> {
    let sources = apt::sources(&defaults.suite)?;
    let settings = sources.settings.iter().map(|setting| format!("--aptopt={setting}"));
    tool.arg("--skip=output/dev")
        .arg("--aptopt=Acquire::Languages \"none\"")
        .args(settings)
        .arg(&defaults.suite)
        .arg(tar.to_string_lossy())
        .args(&sources.entries)
        .env("SOURCE_DATE_EPOCH", &EPOCH.to_string())
        .run()
        .await
}

/// The packages and versions in a root file system, for the report.
fn installed(tar: &Path) -> Result<Vec<String>, BuildError> {
    let status = extract(tar, "var/lib/dpkg/status")?.unwrap_or_default();
    let status = String::from_utf8_lossy(&status);
    Ok(status
        .split("\n\n")
        .filter_map(|stanza| {
            let field = |name: &str| stanza.lines().find_map(|line| line.strip_prefix(name));
            Some(format!("{} {}", field("Package: ")?, field("Version: ")?))
        })
        .collect())
}

/// The content of one regular file.
fn extract(tar: &Path, path_in_tar: &str) -> Result<Option<Vec<u8>>, BuildError> {
    let fail = |source| BuildError::File { action: format!("read {path_in_tar} in {}", tar.display()), source };
    let mut archive = tar::Archive::new(File::open(tar).map_err(fail)?);
    for entry in archive.entries().map_err(fail)? {
        let mut entry = entry.map_err(fail)?;
        let path = entry.path().map_err(fail)?;
        if path.strip_prefix(".").unwrap_or(&path) == Path::new(path_in_tar) {
            let mut content = Vec::new();
            entry.read_to_end(&mut content).map_err(fail)?;
            return Ok(Some(content));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_candidate_is_read_from_apt_policy() {
        let policy = "prometheus:\n  Installed: (none)\n  Candidate: 2.53.3+ds1-1\n  Version table:\n";
        assert_eq!(candidate(policy), "2.53.3+ds1-1");
        assert_eq!(candidate(""), "");
    }
}
