//! Chooses the world of a run and says why, in one line.

use std::{collections::BTreeSet, path::PathBuf};

use mtls_core::scenario::effects::Allowance;
use mtls_images::BuildRequest;

use super::{
    existing, kind,
    loopback::{self, ProgramError, Programs},
    sandbox::Callers,
};
use crate::cluster::{Engine, EngineError};

/// The world that the user requested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    Auto,
    /// An existing cluster, with the effects that the user allows beside reading.
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
    /// `callers` are programs on this host.
    Kind {
        engine: Engine,
        callers: Callers,
        why: String,
    },
    Loopback {
        programs: Programs,
        why: String,
    },
}

#[derive(Debug, thiserror::Error)]
pub enum ChoiceError {
    #[error("no world is available on this host: {engine}; nor the loopback world, which needs no engine: {loopback}")]
    NoWorld { engine: EngineError, loopback: Box<ProgramError> },
    #[error("the programs of this workspace cannot be prepared")]
    Program(#[from] ProgramError),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error("--env existing needs KUBECONFIG to name a cluster")]
    NoKubeconfig,
}

/// Chooses the world. [`Wanted::Auto`] takes `kind` when a container engine answers, else `loopback`.
///
/// # Errors
///
/// When the requested world is not available, with advice.
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
            Ok(Choice::Kind { engine, callers: callers(build).await?, why: "asked for".to_owned() })
        }
        Wanted::Auto => match Engine::connect().await {
            Ok(engine) => {
                let version = engine.version().await?;
                Ok(Choice::Kind { engine, callers: callers(build).await?, why: format!("engine {version} answers") })
            }
            Err(engine) => match Programs::prepare(build).await {
                Ok(programs) => Ok(Choice::Loopback { programs, why: format!("no container engine: {engine}") }),
                Err(loopback) => Err(ChoiceError::NoWorld { engine, loopback: Box::new(loopback) }),
            },
        },
    }
}

impl Choice {
    /// The kind of world.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Existing { .. } => existing::NAME,
            Self::Kind { .. } => kind::NAME,
            Self::Loopback { .. } => loopback::NAME,
        }
    }

    /// Why it was chosen, and what is known of it before it is used.
    pub fn detail(&self) -> String {
        match self {
            Self::Existing { kubeconfig, allowed, why } => {
                format!("{}; {why}; {}", kubeconfig.display(), existing::in_short(allowed))
            }
            Self::Kind { why, .. } | Self::Loopback { why, .. } => why.clone(),
        }
    }

    /// What choosing it took, for a list of phases.
    pub fn found(&self) -> &'static str {
        match self {
            Self::Existing { .. } => "cluster found",
            Self::Kind { .. } => "container engine, client and probe",
            Self::Loopback { .. } => "workload, client, probe and sidecar programs",
        }
    }

    /// The engine of a world that the harness makes in containers.
    pub fn engine(&self) -> Option<&Engine> {
        match self {
            Self::Kind { engine, .. } => Some(engine),
            Self::Existing { .. } | Self::Loopback { .. } => None,
        }
    }

    /// The programs of a world without a cluster.
    pub fn programs(&self) -> Option<&Programs> {
        match self {
            Self::Loopback { programs, .. } => Some(programs),
            Self::Existing { .. } | Self::Kind { .. } => None,
        }
    }

    /// Whether two runs could use the same world.
    pub fn is_shared(&self) -> bool {
        match self {
            Self::Existing { .. } | Self::Kind { .. } => true,
            Self::Loopback { .. } => false,
        }
    }
}

async fn callers(build: &BuildRequest) -> Result<Callers, ProgramError> {
    Ok(Programs::without_sidecars(&build.workspace).await?.callers)
}
