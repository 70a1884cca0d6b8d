//! The world of one command, from its choice to its removal: locked, and removed at the end if this command made it.
//!
//! It does not make the world: `session` does, or `world::up` for a command that runs nothing.

use mtls_core::verdict::Exit;

use super::folder::{Hold, Runs, RunsError};
use crate::{
    cluster::{Engine, EngineError, Scope, find, sweep},
    world::Choice,
};

/// A world that this process has locked, unless it belongs to a single run.
#[derive(Debug)]
pub struct Site {
    /// The engine of a world in containers.
    engine: Option<Engine>,
    name: String,
    origin: Origin,
    _hold: Option<Hold>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// It was there, or is no world in containers.
    Found,
    /// There was none: what is there at the end is of this command.
    Ours,
}

/// Whether a world that the command made is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    Never,
    /// After a run that is not conformant.
    Failed,
    Always,
}

/// What became of the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Afterwards {
    /// It is no world in containers, and nothing of it remains or was made.
    None,
    Removed,
    /// It was removed but for these objects, as `KIND NAME`.
    LeftBehind(Vec<String>),
    Stays,
}

#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    #[error(transparent)]
    Runs(#[from] RunsError),
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl Site {
    /// Locks the chosen world. A loopback world belongs to its run; other worlds have a name, which two runs must not
    /// share.
    ///
    /// # Errors
    ///
    /// When another process holds the lock, or the engine does not answer.
    pub async fn take(choice: &Choice, name: &str, runs: &Runs) -> Result<Self, SiteError> {
        if let Some(engine) = choice.engine() {
            return Self::in_containers(engine, name, runs).await;
        }
        let hold = choice.is_shared().then(|| runs.hold(name)).transpose()?;
        Ok(Self { engine: None, name: name.to_owned(), origin: Origin::Found, _hold: hold })
    }

    /// Locks the world `name` of the engine, which need not exist.
    ///
    /// # Errors
    ///
    /// As for [`Self::take`].
    pub async fn in_containers(engine: &Engine, name: &str, runs: &Runs) -> Result<Self, SiteError> {
        let hold = runs.hold(name)?;
        let is_there = !find(engine, &Scope::Cluster(name.to_owned())).await?.is_empty();
        let origin = if is_there { Origin::Found } else { Origin::Ours };
        Ok(Self { engine: Some(engine.clone()), name: name.to_owned(), origin, _hold: Some(hold) })
    }

    /// Removes a world that this command made, unless it is to be kept after a run that ended like this.
    ///
    /// # Errors
    ///
    /// When the engine does not answer.
    pub async fn leave(&self, keep: Keep, exit: Exit) -> Result<Afterwards, SiteError> {
        if self.engine.is_none() {
            return Ok(Afterwards::None);
        }
        if stays(self.origin, keep, exit) { Ok(Afterwards::Stays) } else { self.remove().await }
    }

    /// Removes the world, whoever made it.
    ///
    /// # Errors
    ///
    /// When the engine does not answer.
    pub async fn remove(&self) -> Result<Afterwards, SiteError> {
        let Some(engine) = &self.engine else { return Ok(Afterwards::None) };
        let scope = Scope::Cluster(self.name.clone());
        sweep(engine, &scope).await?;
        let left = find(engine, &scope).await?;
        Ok(match left.as_slice() {
            [] => Afterwards::Removed,
            left => {
                Afterwards::LeftBehind(left.iter().map(|object| format!("{} {}", object.kind, object.name)).collect())
            }
        })
    }
}

impl Afterwards {
    /// The objects that are still there.
    pub fn left(&self) -> &[String] {
        match self {
            Self::None | Self::Removed | Self::Stays => &[],
            Self::LeftBehind(objects) => objects,
        }
    }

    /// The exit code of a command whose run ended with `exit`: a run that left something behind is not conformant.
    #[must_use]
    pub fn exit(&self, exit: Exit) -> Exit {
        if exit == Exit::Conformant && !self.left().is_empty() { Exit::Broken } else { exit }
    }
}

fn stays(origin: Origin, keep: Keep, exit: Exit) -> bool {
    origin == Origin::Found
        || match keep {
            Keep::Never => false,
            Keep::Failed => exit != Exit::Conformant,
            Keep::Always => true,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_world_of_this_command_is_removed() {
        for exit in [Exit::Conformant, Exit::ProductFailed, Exit::Interrupted] {
            for keep in [Keep::Never, Keep::Failed, Keep::Always] {
                assert!(stays(Origin::Found, keep, exit));
            }
            assert!(!stays(Origin::Ours, Keep::Never, exit));
            assert!(stays(Origin::Ours, Keep::Always, exit));
            assert_eq!(stays(Origin::Ours, Keep::Failed, exit), exit != Exit::Conformant);
        }
    }

    #[test]
    fn what_is_left_behind_makes_a_conformant_run_broken_and_no_other_better() {
        let left = Afterwards::LeftBehind(vec!["container a".to_owned()]);
        assert_eq!(left.exit(Exit::Conformant), Exit::Broken);
        assert_eq!(left.exit(Exit::ProductFailed), Exit::ProductFailed);
        assert_eq!(Afterwards::Removed.exit(Exit::Conformant), Exit::Conformant);
    }
}
