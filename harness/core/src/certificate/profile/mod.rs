//! Profiles: which requirements a certificate is about, what of them must be proven, and for how long it holds.
//!
//! Input: `scenarios/profiles.yaml`. Output: checked [`Profile`]s, or every problem of the file with its line. Whether a run meets a
//! profile is not known here.

mod written;

use std::{
    collections::BTreeSet,
    io,
    path::{Path, PathBuf},
};

use serde::Serialize;

use crate::{
    catalogue::Catalogue,
    evidence::{digest::sha256, plan::Level},
    scenario::{self, model::Scenario},
    yaml::{Node, Problems},
};

pub use written::{schema, schema_text};

/// The name of the file below the scenarios.
pub const FILE_NAME: &str = "profiles.yaml";

/// What a certificate with this profile states.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// Lower-case letters, digits and dashes.
    pub name: String,
    /// One sentence.
    pub says: String,
    /// The levels whose requirements it covers.
    pub levels: BTreeSet<Level>,
    /// Requirements that it covers beside them, and demands.
    pub requirements: BTreeSet<String>,
    /// Tags of scenarios that are not run.
    pub without_tags: BTreeSet<String>,
    pub sabotage: Sabotage,
    /// Days after which the certificate is no longer valid.
    pub valid_days: u16,
}

/// Whether checks must have been seen to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sabotage {
    /// Each check that is evidence for a demanded requirement.
    Demanded,
    /// What was not seen to fail is not claimed.
    Optional,
}

/// Why profiles cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    #[error("cannot read the profiles {}", path.display())]
    Unreadable {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error(transparent)]
    Wrong(#[from] Problems),
    #[error("no profile is named `{wanted}`; {FILE_NAME} has {}", known.join(", "))]
    Unknown { wanted: String, known: Vec<String> },
}

impl Profile {
    /// Whether the profile is about the requirement.
    #[must_use]
    pub fn covers(&self, id: &str, level: Level) -> bool {
        self.levels.contains(&level) || self.requirements.contains(id)
    }

    /// Whether it must be examined and pass: what it names, and what it covers of the core.
    #[must_use]
    pub fn demands(&self, id: &str, level: Level) -> bool {
        self.requirements.contains(id) || (level == Level::Core && self.levels.contains(&level))
    }

    /// Leaves the scenarios and sabotages that a certificate with this profile rests on.
    pub fn narrow(&self, scenarios: &mut Vec<Scenario>, catalogue: &Catalogue) {
        scenarios.retain(|scenario| !scenario.tags.iter().any(|tag| self.without_tags.contains(tag)));
        scenario::only_proving(scenarios, catalogue, &|id| {
            catalogue.get(id).is_some_and(|requirement| self.covers(id, requirement.level))
        });
    }

    /// SHA-256 of everything that the profile says, in hex.
    #[must_use]
    pub fn digest(&self) -> String {
        sha256(&serde_json::to_vec(self).unwrap_or_default())
    }

    /// Whether a profile that this program brings has the same name and says something else.
    #[must_use]
    pub fn differs_from_shipped(&self) -> bool {
        shipped().iter().any(|one| one.name == self.name && one != self)
    }
}

/// Loads the profiles of a folder of scenarios.
///
/// # Errors
/// Every problem of the file.
pub fn load_all(scenarios: &Path, catalogue: &Catalogue) -> Result<Vec<Profile>, ProfileError> {
    let path = scenarios.join(FILE_NAME);
    let text = std::fs::read_to_string(&path).map_err(|source| ProfileError::Unreadable { path, source })?;
    let shown = Path::new(scenarios.file_name().unwrap_or_default()).join(FILE_NAME);
    written::read(&text, Some(catalogue)).map_err(|problems| Problems::of(&shown, &text, problems).into())
}

/// The profile with this name.
///
/// # Errors
/// When there is none, with those that there are.
pub fn named(profiles: Vec<Profile>, wanted: &str) -> Result<Profile, ProfileError> {
    let known = profiles.iter().map(|profile| profile.name.clone()).collect();
    let found = profiles.into_iter().find(|profile| profile.name == wanted);
    found.ok_or_else(|| ProfileError::Unknown { wanted: wanted.to_owned(), known })
}

/// The profile in a claim.
///
/// # Errors
/// What is wrong with it, in one line.
pub fn of_claim(node: &Node) -> Result<Profile, String> {
    written::item(node).map_err(|problem| problem.message)
}

/// The profiles that this program brings.
fn shipped() -> Vec<Profile> {
    written::read(include_str!("../../../../../scenarios/profiles.yaml"), None).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(name: &str) -> Profile {
        named(shipped(), name).unwrap()
    }

    #[test]
    fn the_shipped_profiles_are_core_and_extended() {
        let names: Vec<String> = shipped().into_iter().map(|profile| profile.name).collect();
        assert_eq!(names, ["core", "extended"]);
        assert!(profile("core").covers("A-01", Level::Core) && !profile("core").covers("A-01", Level::Extended));
        assert!(profile("extended").covers("A-01", Level::Extended));
        assert!(
            !profile("extended").demands("A-01", Level::Extended) && profile("extended").demands("A-01", Level::Core)
        );
    }

    #[test]
    fn a_requirement_that_is_named_is_covered_and_demanded() {
        let named = Profile { requirements: ["A-01".to_owned()].into(), ..profile("core") };
        assert!(named.covers("A-01", Level::Hardening) && named.demands("A-01", Level::Hardening));
        assert!(!named.covers("A-02", Level::Hardening));
    }

    #[test]
    fn a_profile_with_a_known_name_and_another_content_is_noticed() {
        let weaker = Profile { sabotage: Sabotage::Optional, ..profile("core") };
        assert!(weaker.differs_from_shipped() && !profile("core").differs_from_shipped());
        assert_ne!(weaker.digest(), profile("core").digest());
        assert!(!Profile { name: "team".to_owned(), ..weaker }.differs_from_shipped());
    }

    #[test]
    fn an_unknown_profile_is_an_error_with_the_known_ones() {
        let error = named(shipped(), "cor").unwrap_err().to_string();
        assert_eq!(error, "no profile is named `cor`; profiles.yaml has core, extended");
    }
}
