//! Which world a run takes, and why, in one line.

use std::{collections::BTreeSet, path::PathBuf};

use super::loopback::{ProgramError, Programs};
use crate::{
    cluster::{Engine, EngineError},
    images::BuildRequest,
    scenario::effects::Allowance,
};

/// What the user asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    Auto,
    /// With what the user allows beside reading.
    Existing(BTreeSet<Allowance>),
    Kind,
    Loopback,
}

#[derive(Clone, Debug)]
pub enum Choice {
    Existing {
        kubeconfig: PathBuf,
        allowed: BTreeSet<Allowance>,
        why: String,
    },
    /// With the reference client as a program of this machine.
    Kind {
        engine: Engine,
        client: PathBuf,
        why: String,
    },
    Loopback {
        programs: Programs,
        why: String,
    },
}

#[derive(Debug, thiserror::Error)]
pub enum ChoiceError {
    #[error("no world can be had here: {engine}; and loopback, which needs no engine: {loopback}")]
    NoWorld { engine: EngineError, loopback: Box<ProgramError> },
    #[error("prepare the programs of this workspace")]
    Program(#[from] ProgramError),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error("--env existing needs KUBECONFIG to name the cluster to look at")]
    NoKubeconfig,
}

/// Decides; `auto` takes `kind` when an engine answers, else `loopback`.
///
/// # Errors
///
/// When what was asked for cannot be had, with the way to get it.
pub async fn choose(wanted: Wanted, build: &BuildRequest) -> Result<Choice, ChoiceError> {
    match wanted {
        Wanted::Loopback => {
            Ok(Choice::Loopback { programs: Programs::prepare(build).await?, why: "asked for".to_owned() })
        }
        Wanted::Existing(allowed) => {
            let kubeconfig = std::env::var_os("KUBECONFIG")
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
                .ok_or(ChoiceError::NoKubeconfig)?;
            Ok(Choice::Existing { kubeconfig, allowed, why: "asked for".to_owned() })
        }
        Wanted::Kind => {
            let engine = Engine::connect().await?;
            Ok(Choice::Kind { engine, client: client(build).await?, why: "asked for".to_owned() })
        }
        Wanted::Auto => match Engine::connect().await {
            Ok(engine) => {
                let version = engine.version().await?;
                Ok(Choice::Kind { engine, client: client(build).await?, why: format!("engine {version} answers") })
            }
            Err(engine) => match Programs::prepare(build).await {
                Ok(programs) => Ok(Choice::Loopback { programs, why: format!("no container engine: {engine}") }),
                Err(loopback) => Err(ChoiceError::NoWorld { engine, loopback: Box::new(loopback) }),
            },
        },
    }
}

async fn client(build: &BuildRequest) -> Result<PathBuf, ProgramError> {
    Ok(Programs::without_sidecars(&build.workspace).await?.client)
}
