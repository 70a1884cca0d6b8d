//! Which world a run takes, and why, in one line.

use std::path::PathBuf;

use crate::cluster::{Engine, EngineError};

/// What the user asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    Auto,
    Existing,
    Kind,
    Loopback,
}

#[derive(Debug)]
pub enum Choice {
    Existing { kubeconfig: PathBuf, why: String },
    Kind { engine: Engine, why: String },
}

#[derive(Debug, thiserror::Error)]
pub enum ChoiceError {
    #[error("the loopback world is not part of this version; use `--env kind` on a machine with a container engine")]
    NoLoopback,
    #[error("no world can be had here: {0}")]
    NoWorld(#[source] EngineError),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error("--env existing needs KUBECONFIG to name the cluster to look at")]
    NoKubeconfig,
}

/// Decides; `auto` takes `kind` when an engine answers.
///
/// # Errors
///
/// When what was asked for cannot be had, with the way to get it.
pub async fn choose(wanted: Wanted) -> Result<Choice, ChoiceError> {
    match wanted {
        Wanted::Loopback => Err(ChoiceError::NoLoopback),
        Wanted::Existing => {
            let kubeconfig = std::env::var_os("KUBECONFIG")
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
                .ok_or(ChoiceError::NoKubeconfig)?;
            Ok(Choice::Existing { kubeconfig, why: "asked for".to_owned() })
        }
        Wanted::Kind => Ok(Choice::Kind { engine: Engine::connect().await?, why: "asked for".to_owned() }),
        Wanted::Auto => match Engine::connect().await {
            Ok(engine) => {
                let version = engine.version().await?;
                Ok(Choice::Kind { engine, why: format!("engine {version} answers") })
            }
            Err(error) => Err(ChoiceError::NoWorld(error)),
        },
    }
}
