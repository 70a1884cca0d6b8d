//! Programs of Go modules, built by the host's `go`.
//!
//! Module versions are those of go.mod and go.sum beside `stack.yaml`, enforced by `-mod=readonly`. `GOPROXY`,
//! `GOFLAGS` and the caches are the user's.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::command::Tool;
use super::error::BuildError;
use super::output::{Facts, Output};
use super::stack::{Cgo, Component, GoBuild, GoSource};

/// The toolchain's version, part of the key of everything built with it.
pub(super) fn version() -> Option<String> {
    let output = Command::new("go").args(["env", "GOVERSION"]).output().ok()?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (output.status.success() && !version.is_empty()).then_some(version)
}

/// Builds every program of a component.
pub(super) async fn build(
    component: &Component,
    source: &GoSource,
    stack: &Path,
    directory: &Path,
    logs: &Path,
) -> Result<Facts, BuildError> {
    let module = stack.join(&source.directory);
    let mut outputs = Vec::new();
    for build in &source.builds {
        compile(component, build, &module, directory, logs).await?;
        for name in build.programs.keys() {
            outputs.push(Output::of(name, &directory.join(name))?);
        }
    }
    if !source.module_files.is_empty() {
        let root = module_directory(component, source, &module)?;
        for (name, path) in &source.module_files {
            let (from, to) = (root.join(path), directory.join(name));
            let content = fs::read(&from).map_err(BuildError::file(format!("read {}", from.display())))?;
            fs::write(&to, content).map_err(BuildError::file(format!("write {}", to.display())))?;
            outputs.push(Output::of(name, &to)?);
        }
    }
    Ok(Facts { outputs, layer: None, detail: vec![format!("{} {}", source.module, component.version)] })
}

async fn compile(
    component: &Component,
    build: &GoBuild,
    module: &Path,
    directory: &Path,
    logs: &Path,
) -> Result<(), BuildError> {
    // One command builds all programs, because they share most of their packages. With several programs, go names each
    // file after the last element of its package.
    let staging = directory.join("staging");
    fs::create_dir_all(&staging).map_err(BuildError::file(format!("create {}", staging.display())))?;
    let single = build.programs.len() == 1;
    let target = match build.programs.keys().next() {
        Some(name) if single => staging.join(name),
        _ => staging.join(""),
    };
    let mut tool = Tool::new(&component.id, "go", logs)
        .args(["build", "-mod=readonly", "-trimpath", "-buildvcs=false"])
        .directory(module)
        .env(
            "CGO_ENABLED",
            match build.cgo {
                Cgo::Disabled => "0",
                Cgo::Enabled => "1",
            },
        );
    if !build.tags.is_empty() {
        tool = tool.arg("-tags").arg(build.tags.join(","));
    }
    tool.arg("-ldflags")
        .arg(linker_flags(component, build))
        .arg("-o")
        .arg(target.to_string_lossy())
        .args(build.programs.values())
        .run()
        .await?;
    for (name, package) in &build.programs {
        let file = if single { name } else { last_element(package) };
        let (from, to) = (staging.join(file), directory.join(name));
        fs::rename(&from, &to).map_err(BuildError::file(format!("move {} to {}", from.display(), to.display())))?;
    }
    fs::remove_dir_all(&staging).map_err(BuildError::file(format!("remove {}", staging.display())))
}

fn linker_flags(component: &Component, build: &GoBuild) -> String {
    let mut flags = vec!["-s".to_owned(), "-w".to_owned()];
    flags.extend(build.linker.iter().cloned());
    for (name, value) in &build.variables {
        let value = value.replace("{version}", &component.version);
        flags.push(format!("-X {name}={value}"));
    }
    flags.join(" ")
}

fn last_element(package: &str) -> &str {
    package.rsplit('/').next().unwrap_or(package)
}

/// The folder where go stores the files of the upstream module.
fn module_directory(component: &Component, source: &GoSource, module: &Path) -> Result<PathBuf, BuildError> {
    let args = ["list", "-mod=readonly", "-m", "-f", "{{.Dir}}", &source.module];
    let output =
        Command::new("go").args(args).current_dir(module).output().map_err(BuildError::file("start `go list`"))?;
    if output.status.success() {
        return Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    }
    Err(BuildError::Command {
        component: component.id.clone(),
        command: format!("go {}", args.join(" ")),
        outcome: format!("ended with {}", output.status),
        tail: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::Source;

    #[test]
    fn linker_variables_carry_the_components_version() {
        let component = Component {
            id: "x".to_owned(),
            version: "v1.2.3".to_owned(),
            note: None,
            source: Source::Go(GoSource {
                directory: "x".to_owned(),
                module: "example.test/x".to_owned(),
                builds: Vec::new(),
                module_files: std::collections::BTreeMap::default(),
            }),
        };
        let build = GoBuild {
            programs: std::collections::BTreeMap::default(),
            cgo: Cgo::Disabled,
            tags: Vec::new(),
            linker: vec!["-extldflags".to_owned(), "-static".to_owned()],
            variables: [("p.Version".to_owned(), "module-{version}".to_owned())].into(),
        };
        assert_eq!(linker_flags(&component, &build), "-s -w -extldflags -static -X p.Version=module-v1.2.3");
    }
}
