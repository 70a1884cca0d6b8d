//! Files from a Python wheel, downloaded by the host's `pip`. Nothing is installed, and no code of the wheel is run.

use std::fs;
use std::path::Path;

use super::command::Tool;
use super::error::BuildError;
use super::output::{Facts, Output};
use super::stack::{Component, WheelSource};

/// Downloads the wheel and extracts its files.
pub(super) async fn fetch(
    component: &Component,
    source: &WheelSource,
    directory: &Path,
    logs: &Path,
) -> Result<Facts, BuildError> {
    let download = directory.join("download");
    let requirement = format!("{}=={}", source.distribution, component.version);
    Tool::new(&component.id, "python3", logs)
        .args(["-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--disable-pip-version-check"])
        .args(["--no-input", "--dest"])
        .arg(download.to_string_lossy())
        .arg(&requirement)
        .run()
        .await?;
    let wheel = fs::read_dir(&download)
        .and_then(|mut entries| entries.next().transpose())
        .map_err(BuildError::file(format!("read {}", download.display())))?
        .ok_or_else(|| BuildError::Content {
            component: component.id.clone(),
            problem: format!("pip downloaded nothing for {requirement}"),
            fix: "see its log in the cache's logs folder".to_owned(),
        })?
        .path();
    let unpacked = directory.join("unpacked");
    Tool::new(&component.id, "python3", logs)
        .args(["-m", "zipfile", "-e"])
        .arg(wheel.to_string_lossy())
        .arg(unpacked.to_string_lossy())
        .run()
        .await?;
    let mut outputs = Vec::new();
    for (name, path) in &source.files {
        let (from, to) = (unpacked.join(path), directory.join(name));
        fs::rename(&from, &to).map_err(BuildError::file(format!("take {path} out of {}", wheel.display())))?;
        outputs.push(Output::of(name, &to)?);
    }
    for leftover in [&download, &unpacked] {
        fs::remove_dir_all(leftover).map_err(BuildError::file(format!("remove {}", leftover.display())))?;
    }
    Ok(Facts { outputs, layer: None, detail: vec![requirement] })
}
