//! How a container gets the privileges that containerd and the kubelet need in it.
//!
//! `privileged` first. An engine on a host that lacks `CAP_SYS_RESOURCE` refuses that, and gets the settings that `privileged` consists of
//! one by one, without that capability. What a kind of container needs beyond is set by its maker.

use std::error::Error;

use bollard::models::HostConfig;

use super::client::Engine;
use super::error::EngineError;

/// The settings of a container on its host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Privileges {
    /// `privileged`.
    Whole,
    /// Every capability but `SYS_RESOURCE`, no filter of system calls, no masked path.
    Listed,
}

/// What an engine says that cannot give a container all capabilities.
const REFUSAL: &str = "unable to apply caps";

impl Privileges {
    /// Adds the settings to those of a container.
    pub fn apply(self, host: &mut HostConfig) {
        match self {
            Self::Whole => host.privileged = Some(true),
            Self::Listed => {
                host.cap_add = Some(vec!["ALL".to_owned()]);
                host.cap_drop = Some(vec!["SYS_RESOURCE".to_owned()]);
                host.security_opt = Some(vec!["seccomp=unconfined".to_owned(), "apparmor=unconfined".to_owned()]);
                host.masked_paths = Some(Vec::new());
                host.readonly_paths = Some(Vec::new());
            }
        }
    }
}

impl Engine {
    /// Starts the container `name` with the privileges that the engine can give. A refused container is removed before the second attempt.
    pub async fn with_privileges<T, E>(
        &self,
        name: &str,
        mut start: impl AsyncFnMut(Privileges) -> Result<T, E>,
    ) -> Result<T, E>
    where
        E: Error + From<EngineError> + 'static,
    {
        match start(Privileges::Whole).await {
            Err(error) if is_refusal(&error) => {
                self.remove_container(name).await?;
                start(Privileges::Listed).await
            }
            done => done,
        }
    }
}

/// Whether an error, or one of its causes, is the engine's refusal of capabilities.
fn is_refusal(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(current) = cause {
        if current.to_string().contains(REFUSAL) {
            return true;
        }
        cause = current.source();
    }
    false
}
